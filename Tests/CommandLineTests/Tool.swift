// Runs the built executable as its users do: a process with arguments, streams and an exit status.

import Foundation
import Testing

/// What one run of `lipdyn` left behind.
struct ToolRun {
  let status: Int32
  let output: String
  let errors: String

  /// Runs `lipdyn`, which the build puts beside the test bundle.
  init(_ arguments: String...) throws { try self.init(arguments: arguments) }

  /// Runs it with a directory as its working directory.
  init(in directory: TemporaryDirectory, _ arguments: String...) throws {
    try self.init(arguments: arguments, directory: directory.url)
  }

  /// - Parameters:
  ///   - ranks: processes that share the work, started by mpirun; nil for one without it.
  ///   - isRipe: asked often; once it is true the run is killed where it stands, as by a power cut.
  ///   - strike: what is done then to the process, or to mpirun.
  ///   - standardError: where errors go instead of ``errors``.
  ///   - addressSpace: what it may map, in MiB; then it may take half a minute, too.
  init(
    arguments: [String], directory workplace: URL? = nil, environment: [String: String]? = nil, ranks: Int? = nil,
    killedWhen isRipe: (() -> Bool)? = nil, by strike: (pid_t) -> Void = { kill($0, SIGKILL) },
    standardError: FileHandle? = nil, addressSpace: Int? = nil
  ) throws {
    let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let candidates = [URL(fileURLWithPath: tests), URL(fileURLWithPath: CommandLine.arguments[0])]
      .map { $0.deletingLastPathComponent().appendingPathComponent(ranks == nil ? "lipdyn" : "lipdyn-mpi") }
    let tool = try #require(candidates.first { FileManager.default.isExecutableFile(atPath: $0.path) })
    let process = Process()
    process.executableURL = tool
    process.arguments = arguments
    if let ranks {
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments =
        [
          // A thread of a test may have it blocked, which the process would inherit.
          "--default-signal=TERM", "OMPI_ALLOW_RUN_AS_ROOT=1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1", "mpirun",
          "--oversubscribe", "--bind-to",
          "none",
        ]
        + ["-n", "\(ranks)", tool.path] + arguments
    }
    if let addressSpace {
      process.executableURL = URL(fileURLWithPath: "/bin/sh")
      let limited = #"ulimit -c 0; ulimit -v "$0" || exit 125; exec timeout 30 "$@""#
      process.arguments = ["-c", limited, "\(addressSpace << 10)", tool.path] + arguments
    }
    if let environment {
      process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    }
    if let workplace { process.currentDirectoryURL = workplace }
    // Files, not pipes: a pipe that fills up would stop the process that nobody reads yet.
    let directory = try TemporaryDirectory()
    let (out, err) = (try directory.create("out"), try directory.create("err"))
    process.standardOutput = out.handle
    process.standardError = standardError ?? err.handle
    try process.run()
    while let isRipe, process.isRunning {
      usleep(2_000)
      guard isRipe() else { continue }
      strike(process.processIdentifier)
      break
    }
    process.waitUntilExit()
    status = process.terminationStatus
    output = try String(contentsOfFile: out.path, encoding: .utf8)
    errors = try String(contentsOfFile: err.path, encoding: .utf8)
    #expect(process.terminationReason == .exit || isRipe != nil, "lipdyn \(arguments) died of a signal: \(errors)")
  }

  /// One line on standard error, nothing on standard output, a status other than zero.
  func expectRefusal(naming words: String..., sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(status != 0, sourceLocation: sourceLocation)
    #expect(output == "", sourceLocation: sourceLocation)
    #expect(errors.hasPrefix("lipdyn: ") && errors.hasSuffix("\n"), "\(errors)", sourceLocation: sourceLocation)
    #expect(errors.split(separator: "\n").count == 1, "\(errors)", sourceLocation: sourceLocation)
    for word in words { #expect(errors.contains(word), "\(errors) lacks \(word)", sourceLocation: sourceLocation) }
  }
}

/// A directory that is removed with its owner.
final class TemporaryDirectory {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent("lipdyn-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func path(_ name: String) -> String { url.appendingPathComponent(name).path }

  func create(_ name: String) throws -> (path: String, handle: FileHandle) {
    let path = path(name)
    _ = FileManager.default.createFile(atPath: path, contents: nil)
    return (path, try #require(FileHandle(forWritingAtPath: path)))
  }

  var contents: [String] { (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? [] }
}
