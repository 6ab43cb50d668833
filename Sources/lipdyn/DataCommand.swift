// lipdyn data: fetch the full-size data sets, list them, and check a folder of them.

public import ArgumentParser
import ArrayFiles
import Foundation
import NetworkTraining
import RemoteFiles
import Reporting

extension PublishedDataSet: ExpressibleByArgument {}

extension PublishedDataSet.File {
  var digest: FileDigest { FileDigest(bytes: bytes, md5: md5, sha256: sha256) }
}

struct DataCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data", abstract: "Fetch, list and check the full-size data sets: MNIST, Fashion-MNIST, CIFAR.",
    discussion: """
      Each set has a folder of its own inside a data folder, which is that of --output or of the command, else the one \
      that the environment variable LIPDYN_DATA names, else ./data.
      Example: lipdyn data fetch mnist && lipdyn data check
      """,
    subcommands: [Fetch.self, List.self, CheckFolder.self])

  static var defaultFolder: String { ProcessInfo.processInfo.environment["LIPDYN_DATA"] ?? "data" }

  static func megabytes(_ bytes: Int) -> String {
    bytes < 1_000_000 ? "\((bytes + 999) / 1000) kB" : String(format: "%.1f MB", Double(bytes) / 1e6)
  }

  struct Fetch: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Fetch a data set from its mirror or from a folder, resuming what broke off.",
      discussion: """
        A file gets its name only when its length, SHA-256 and MD5 are the published ones. Interrupted, it stays as \
        FILE.part, and the same command goes on from there.
        Example: lipdyn data fetch cifar10 --output ~/data
        """)

    @Argument(help: "mnist, fashion-mnist, cifar10 or cifar100.") var set: PublishedDataSet
    @Option(help: "Take the files from this address or folder instead.") var mirror: String?
    @Option(help: "The data folder; the set gets a folder inside it.") var output: String?

    func run() throws {
      let folder = "\(output ?? DataCommand.defaultFolder)/\(set.rawValue)"
      let base = try address()
      do {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      } catch { throw UsageError("\(folder): cannot be made (\(error.localizedDescription)); choose another --output") }
      Interrupt.watch()
      let progress = Progress()
      defer { progress.clear() }
      for file in set.files {
        let path = "\(folder)/\(file.name)"
        let outcome: Download.Outcome
        do {
          outcome = try Download(base + file.name, to: path, published: file.digest).run { received in
            progress.now("\(file.name): \(DataCommand.megabytes(received)) of \(DataCommand.megabytes(file.bytes))")
            return !Interrupt.isRequested
          }
        } catch { throw ended(by: error, progress) }
        progress.clear()
        switch outcome {
        case .alreadyThere: print("\(path): already there, digests as published")
        case .fetched(let resumed):
          print(
            "\(path): \(DataCommand.megabytes(file.bytes))"
              + (resumed > 0 ? ", resumed at byte \(resumed)" : "") + ", digests as published")
        }
      }
      print("licence: \(set.licence)\ncite: \(set.citation)")
    }

    /// An interruption was asked for: it is told, and gets the exit status that shells expect.
    private func ended(by error: RemoteFileError, _ progress: Reporting.Progress) -> any Error {
      guard case .interrupted = error else { return error }
      progress.done("lipdyn: \(error)")
      return ExitCode(130)
    }

    /// The mirror as an address that a file's name completes.
    private func address() throws -> String {
      let text = mirror ?? set.mirror
      let slashed = text.hasSuffix("/") ? text : text + "/"
      if let colon = text.range(of: "://") {
        let scheme = text[..<colon.lowerBound].lowercased()
        try UsageError.require(
          ["http", "https", "file"].contains(scheme), "--mirror \(text): use http, https, file or a folder")
        return slashed
      }
      var isDirectory: ObjCBool = false
      try UsageError.require(
        FileManager.default.fileExists(atPath: text, isDirectory: &isDirectory) && isDirectory.boolValue,
        "--mirror \(text): no such folder; an address starts with https://, http:// or file://")
      return URL(fileURLWithPath: slashed, isDirectory: true).absoluteString
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the data sets: what is there, sizes, licences, citations.",
      discussion: "Example: lipdyn data list --folder ~/data")

    @Option(help: "The data folder to look into.") var folder: String?
    @OptionGroup var output: JSONOutput

    private struct Record: Encodable {
      struct Row: Encodable {
        let set: String
        let isEmbedded: Bool
        let bytesToFetch: Int
        /// Which splits are in the folder.
        let there: [String]
        let licence, citation: String
      }

      let schema = 1
      let folder: String
      let sets: [Row]
    }

    func run() throws {
      let folder = folder ?? DataCommand.defaultFolder
      var rows: [Record.Row] = []
      var table = TextTable([("set", .left), ("to fetch", .right), ("there", .left), ("licence", .left)])
      let embedded = [try DataSet.digits(), try DataSet.mnist5k()]
      for (id, set) in zip(["digits", "mnist5k"], embedded) {
        table.append([id, "–", "embedded (\(set.count) images)", set.licence])
        rows.append(
          .init(
            set: id, isEmbedded: true, bytesToFetch: 0, there: ["train"], licence: set.licence, citation: set.citation))
      }
      for set in PublishedDataSet.allCases {
        let splits = set.splits(in: "\(folder)/\(set.rawValue)")
        table.append([
          set.rawValue, DataCommand.megabytes(set.files.reduce(0) { $0 + $1.bytes }),
          splits.isEmpty ? "no" : splits.map(\.rawValue).joined(separator: ", "), set.licence,
        ])
        rows.append(
          .init(
            set: set.rawValue, isEmbedded: false, bytesToFetch: set.files.reduce(0) { $0 + $1.bytes },
            there: splits.map(\.rawValue), licence: set.licence, citation: set.citation))
      }
      for line in table.lines { print(line) }
      print("looked into \(folder)")
      for (id, citation) in [("digits", embedded[0].citation), ("mnist5k", embedded[1].citation)]
        + PublishedDataSet.allCases.map({ ($0.rawValue, $0.citation) })
      { print("\(id): \(citation)") }
      try output.write(Record(folder: folder, sets: rows))
    }
  }

  struct CheckFolder: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "check",
      abstract: "Check the data sets of a folder: published digests, SHA256SUMS, and every image and label read.",
      discussion: """
        Exit status 0 only if something is there and all of it is sound.
        Example: lipdyn data check ~/data
        """)

    @Argument(help: "The data folder.") var folder: String?
    @OptionGroup var output: JSONOutput

    private struct Record: Encodable {
      struct Row: Encodable {
        let isSound: Bool
        let text: String
      }

      let schema = 1
      let folder: String
      let checks: [Row]
    }

    func run() throws {
      let folder = folder ?? DataCommand.defaultFolder
      var rows: [Record.Row] = []
      func report(_ subject: String, _ examine: () throws -> String) {
        do { rows.append(.init(isSound: true, text: "\(subject): \(try examine())")) } catch {
          rows.append(.init(isSound: false, text: "\(error)"))
        }
        print((rows.last?.isSound == true ? "ok    " : "FAIL  ") + (rows.last?.text ?? ""))
      }
      for (path, sha256) in try listed(in: folder) {
        report(path) {
          let found = try FileDigest(of: "\(folder)/\(path)").sha256
          guard found == sha256 else {
            throw RemoteFileError.wrongDigest(
              file: "\(folder)/\(path)", kind: "SHA-256", found: found, expected: sha256, remedy: "fetch it again")
          }
          return "SHA-256 as listed"
        }
      }
      for set in PublishedDataSet.allCases {
        let place = "\(folder)/\(set.rawValue)"
        for file in set.files where FileManager.default.fileExists(atPath: "\(place)/\(file.name)") {
          report("\(place)/\(file.name)") {
            try FileDigest(of: "\(place)/\(file.name)").require(
              file.digest, of: "\(place)/\(file.name)", remedy: "remove it and fetch it again")
            return "length, SHA-256 and MD5 as published"
          }
        }
        for split in set.splits(in: place) {
          report("\(place)") {
            let images = try set.images(in: place, split: split)
            return "\(images.name), \(images.count) images of \(images.height) x \(images.width) x \(images.channels), "
              + "\(images.classes) classes"
          }
        }
      }
      try UsageError.require(
        !rows.isEmpty,
        "\(folder): holds none of \(PublishedDataSet.allCases.map(\.rawValue).joined(separator: ", ")); "
          + "run lipdyn data fetch, or name another folder")
      try output.write(Record(folder: folder, checks: rows))
      let failures = rows.count { !$0.isSound }
      if failures > 0 { throw UsageError("\(failures) of \(rows.count) checks of \(folder) failed") }
    }

    /// The lines of a `SHA256SUMS` file, as sha256sum writes it, if there is one.
    private func listed(in folder: String) throws -> [(path: String, sha256: String)] {
      let file = "\(folder)/SHA256SUMS"
      guard FileManager.default.fileExists(atPath: file) else { return [] }
      let text = String(decoding: try FileBytes.read(file, maximumBytes: 1 << 20), as: UTF8.self)
      return try text.split(separator: "\n").enumerated().map { number, line in
        let digest = line.prefix { $0.isHexDigit }
        let path = line.dropFirst(digest.count + 2)
        try UsageError.require(
          digest.count == 64 && !path.isEmpty && !path.hasPrefix("/") && !path.split(separator: "/").contains(".."),
          "\(file): line \(number + 1) is no SHA-256 with a path inside the folder; make it again by sha256sum")
        return (path.hasPrefix("./") ? String(path.dropFirst(2)) : String(path), digest.lowercased())
      }
    }
  }
}
