// lipdyn check, new-derivation: derivations of one's own, checked step by step.

import ArgumentParser
import ArrayFiles
import Derivations
import Foundation
import Reporting
import StochasticCalculus
import SymbolicCalculus

struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check derivations in Markdown documents, step by step.",
    discussion: """
      Exit status 0 only if every step of every document holds for the reason it gives; 2 if a step is refuted, 1 if one is \
      not decided or a document cannot be read.
      Examples: lipdyn check Proofs/*.md
                lipdyn check mine.md --details --watch
      """)

  @Argument(help: "Markdown documents with ```derivation blocks.")
  var files: [String]

  @Flag(help: "Print every step with its evidence.")
  var details = false

  @Option(parsing: .unconditional, help: "Seed of all random points; the same seed gives the same report.")
  var seed: UInt64 = 1

  @Option(parsing: .unconditional, help: "Documents checked at once.")
  var threads = 2

  func run() throws {
    let library = Folder(of: files)
    let (seed, files) = (self.seed, self.files)
    let progress = Progress()
    let outcomes = parallelMap(files.count, threads: threads) { index -> DocumentOutcome in
      let checker = DerivationChecker(library: library, seed: seed)
      checker.progress = { step in progress.now("\(files[index]): \(step.statement)") }
      return checker.check(library.read(files[index]))
    }
    progress.clear()
    for outcome in outcomes {
      for line in DerivationText.report(outcome, details: details) { print(line) }
    }
    if outcomes.contains(where: \.isRefuted) { throw ExitCode(2) }
    if !outcomes.allSatisfy(\.isProved) { throw ExitCode(1) }
  }
}

/// Documents beside those that are checked.
struct Folder: DerivationLibrary {
  private let folders: [String]

  init(of files: [String]) {
    var seen: Set<String> = []
    folders = files.map { ($0 as NSString).deletingLastPathComponent }.filter { seen.insert($0).inserted }
  }

  func read(_ path: String) -> DerivationDocument {
    let bytes = (try? FileBytes.read(path)) ?? []
    return DerivationDocument(DerivationSource(name: path, bytes: Array(bytes)))
  }

  func document(named name: String) -> DerivationDocument? {
    guard !name.contains("/") else { return nil }
    for folder in folders {
      for place in [folder, (folder as NSString).appendingPathComponent("..")] {
        let path = (place as NSString).appendingPathComponent(name + ".md")
        if FileManager.default.fileExists(atPath: path) { return read(path) }
      }
    }
    return nil
  }
}
