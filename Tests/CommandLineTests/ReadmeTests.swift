// What the README and the guides tell people to type works: every command of theirs is run.

import ArrayFiles
import DenseLinearAlgebra
import Foundation
import Testing

@Suite("Commands in the documentation") struct ReadmeTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// Lines of ```bash blocks that begin with lipdyn, put together where a backslash ends them, without comments.
  private static func commands() throws -> [(file: String, words: [String])] {
    var found: [(String, [String])] = []
    let guides = try FileManager.default.contentsOfDirectory(atPath: root.path + "/Documentation").sorted()
      .filter { $0.hasSuffix(".md") }.map { "Documentation/" + $0 }
    for file in ["README.md", "CONTRIBUTING.md"] + guides {
      let text = try String(contentsOfFile: root.path + "/" + file, encoding: .utf8)
        .replacingOccurrences(of: "\\\n", with: " ")
      var isCode = false
      for line in text.split(separator: "\n") {
        if line.hasPrefix("```") {
          isCode = line == "```bash" || line == "```sh"
        } else if isCode, line.hasPrefix("lipdyn ") {
          let command = line.split(separator: "#")[0].split(separator: "|")[0].split(separator: "&")[0]
          found.append((file, command.split(separator: " ").map { $0.trimmingCharacters(in: ["'", "\""]) }))
        }
      }
    }
    return found
  }

  /// Options and subcommands must exist. What follows them is for the command to judge, and it is not run.
  @Test("every option and subcommand is there")
  func understood() throws {
    let commands = try Self.commands()
    #expect(commands.count > 25)
    for (file, words) in commands {
      // Help is asked for behind the words of the command, which must therefore exist.
      // A document's process is simulated by the default subcommand.
      let names = words.dropFirst().prefix { !$0.hasPrefix("-") && $0.allSatisfy { $0.isLowercase || $0 == "-" } }
      let isDocument = words.count > 2 && words[1] == "simulate" && words[2].hasSuffix(".md")
      let first = isDocument ? ["simulate", "document"] : Array(names)
      var known = ""
      for length in stride(from: first.count, through: 0, by: -1) where known.isEmpty {
        let run = try ToolRun(arguments: Array(first.prefix(length)) + ["--help"])
        if run.status == 0 { known = run.output }
      }
      for option in words where option.hasPrefix("--") {
        #expect(known.contains(option), "\(file): \(words.joined(separator: " ")): no \(option)")
      }
    }
  }

  /// How a command is run here. One that nothing is said of runs as it is printed.
  private enum Manner {
    /// With options behind its own, of which the last counts: seconds in place of minutes.
    case smaller([String])
    /// Refused, with these words: what it needs is not on a machine that has only just got the package.
    case refused([String], naming: [String])
    /// Not here: what runs it instead.
    case elsewhere(String)
  }

  private static let manners: [(beginning: String, manner: Manner)] = [
    ("train-network --network paper-mlp", .smaller(["--epochs", "1", "--every", "50"])),
    (
      "train-network --network paper-convnet --data cifar10",
      .refused([], naming: ["CIFAR-10 needs", "lipdyn data fetch cifar10"])
    ),
    ("variance", .smaller(["--runs", "50", "--samples", "60", "--time", "0.5", "--warm-up", "0"])),
    ("svag", .smaller(["--runs", "50", "--samples", "40", "--steps", "2", "--substeps", "8"])),
    ("data fetch", .refused(["--mirror", "."], naming: ["train-images-idx3-ubyte.gz", "--mirror"])),
    ("data check", .refused([], naming: ["holds none of mnist", "lipdyn data fetch"])),
    ("experiment run batch-size", .smaller(["--estimate"])),
    ("experiment run --all", .elsewhere("experiments of a file run in ExperimentCommandTests; these take ten minutes")),
    ("experiment run regularizers-cifar10", .refused([], naming: ["lipdyn data fetch cifar10"])),
    ("notebook", .elsewhere("NotebookCommandTests checks all of notebooks-md, and promotes a copy")),
    ("verify --json results.json", .smaller(["LogNormalMGF", "SpectralGapAmplification"])),
    ("fuzz", .smaller(["--inputs", "30"])),
    ("check MyLemma.md --watch", .elsewhere("it never ends; CheckTests watches a file for a while")),
  ]

  /// In the order of their files, in one folder a file, which holds what a reader of that line has by then.
  @Test("every command runs", arguments: try Set(Self.commands().map(\.file)).sorted())
  func runs(file: String) throws {
    let directory = try TemporaryDirectory()
    try FileManager.default.createSymbolicLink(
      atPath: directory.path("Proofs"), withDestinationPath: Self.root.path + "/Proofs")
    for (name, shape) in [
      ("W", [3, 5]), ("G", [4, 3, 5]), ("delta", [4, 3]), ("x", [4, 5]),
    ] {
      let count = shape.reduce(1, *)
      try NumericArray(shape: shape, (0..<count).map { sin(Double($0 * $0)) }).writeNPY(
        to: directory.path(name + ".npy"))
    }
    for (_, words) in try Self.commands().filter({ $0.file == file }) {
      let command = words.dropFirst().joined(separator: " ")
      let manner = Self.manners.first { command.hasPrefix($0.beginning) }?.manner ?? .smaller([])
      switch manner {
      case .smaller(let additions):
        let run = try ToolRun(arguments: words.dropFirst() + additions, directory: directory.url)
        #expect(run.status == 0 && !run.output.isEmpty, "\(file): \(command): \(run.errors)")
      case .refused(let additions, let names):
        let run = try ToolRun(arguments: words.dropFirst() + additions, directory: directory.url)
        #expect(run.status != 0)
        for name in names { #expect(run.errors.contains(name), "\(file): \(command): \(run.errors)") }
      case .elsewhere: break
      }
    }
  }

  @Test("nothing is said of a command that is no longer printed")
  func mannersAreUsed() throws {
    let commands = try Self.commands().map { $0.words.dropFirst().joined(separator: " ") }
    for (beginning, _) in Self.manners {
      #expect(commands.contains { $0.hasPrefix(beginning) }, "\(beginning)")
    }
  }
}
