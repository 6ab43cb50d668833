// What the README and the guides tell people to type exists: every command of theirs is understood as it stands.

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

  /// The quick ones are run, in a folder of their own beside links to the repository.
  @Test(
    "quick commands of the README run",
    arguments: [
      "simulate matrix --rows 16", "simulate Proofs", "simulate gbm --paths 5000", "simulate ou --multilevel",
      "simulate gbm --variance-reduction", "train --data digits", "experiment list", "data list",
    ])
  func quickOnes(beginning: String) throws {
    let match = try Self.commands().first {
      $0.file == "README.md" && $0.words.dropFirst().joined(separator: " ").hasPrefix(beginning)
    }
    let words = try #require(match?.words, "the README has no `lipdyn \(beginning)…`")
    let directory = try TemporaryDirectory()
    try FileManager.default.createSymbolicLink(
      atPath: directory.path("Proofs"), withDestinationPath: Self.root.path + "/Proofs")
    let run = try ToolRun(arguments: Array(words.dropFirst()), directory: directory.url)
    #expect(run.status == 0 && !run.output.isEmpty, "\(words.joined(separator: " ")): \(run.errors)")
  }
}
