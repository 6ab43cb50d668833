// --json, the same for every command that prints results.

import ArgumentParser
import ArrayFiles
import Foundation

/// Where the results go as JSON, beside the text or in its place.
struct JSONOutput: ParsableArguments {
  @Option(help: "Also write the results as JSON to this file; - for standard output, in place of the text.")
  var json: String?

  /// The file to be written, if it is one.
  var file: String? { json == "-" ? nil : json }

  /// Before any work is done: a file that cannot be written is refused, and for `-` the text gives way.
  func validate() throws {
    if json == "-" { StandardOutput.reserve() } else { try UsageError.requireWritable([file]) }
  }

  /// Writes a record, if JSON is wanted. Its fields are described in Documentation/command-line.md.
  func write(_ record: @autoclosure () throws -> some Encodable) throws {
    guard let json else { return }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let bytes: [UInt8]
    do {
      bytes = Array(try encoder.encode(try record())) + [10]
    } catch EncodingError.invalidValue(let value, let context) {
      throw UsageError(
        "--json \(json): \(context.codingPath.map(\.stringValue).joined(separator: ".")) is \(value), which JSON cannot say"
      )
    }
    if json == "-" { StandardOutput.write(bytes) } else { try AtomicFile.write(bytes, to: json) }
  }
}

/// Standard output for one writer alone: what else is printed goes nowhere.
private enum StandardOutput {
  private static let descriptor: Int32 = {
    fflush(nil)
    let kept = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0)
    let nowhere = open("/dev/null", O_WRONLY)
    dup2(nowhere, STDOUT_FILENO)
    close(nowhere)
    return kept
  }()

  static func reserve() { _ = descriptor }

  static func write(_ bytes: [UInt8]) {
    FileHandle(fileDescriptor: descriptor, closeOnDealloc: false).write(Data(bytes))
  }
}
