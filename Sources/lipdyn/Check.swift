// lipdyn check, new-derivation: derivations of one's own, checked step by step.

import ArgumentParser
import ArrayFiles
import Derivations
import DistributedWork
import Foundation
import Reporting
import StochasticCalculus
import SymbolicCalculus

struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check derivations in Markdown documents, step by step.",
    discussion: """
      Exit status 0 only if every step of every document holds, and for the reason it gives; 2 if a step is refuted; 3 if \
      one is not decided or its reason fails; 1 if a document cannot be read.
      Examples: lipdyn check Proofs/*.md Proofs/examples/*.md
                lipdyn check mine.md --details --watch
      """)

  @Argument(help: "Markdown documents with ```derivation blocks; what they cite is looked for beside them.")
  var files: [String]

  @Flag(help: "Print every step with its evidence.")
  var details = false

  @OptionGroup var output: JSONOutput

  @Option(help: "Also write claims and proofs, as checked, to this .tex file.")
  var latex: String?

  @Flag(help: "Check again whenever a document changes; end with Ctrl-C.")
  var watch = false

  @Option(parsing: .unconditional, help: "Seed of all random points; the same seed gives the same report.")
  var seed: UInt64 = 1

  @Option(parsing: .unconditional, help: "Documents checked at once.")
  var threads = 2

  func run() throws {
    try UsageError.require(threads >= 1, "--threads \(threads): use at least 1")
    try UsageError.requireWritable([output.file, latex])
    var state = try stamps()
    let outcomes = try checkOnce()
    while watch {
      Thread.sleep(forTimeInterval: 0.5)
      guard let now = try? stamps(), now != state else { continue }
      state = now
      print("\u{2014} \(Date().formatted(date: .omitted, time: .standard)) \u{2014}")
      _ = try checkOnce()
    }
    if outcomes.contains(where: { !$0.document.errors.isEmpty }) { throw ExitCode(1) }
    if outcomes.contains(where: \.isRefuted) { throw ExitCode(2) }
    if !outcomes.allSatisfy(\.isProved) { throw ExitCode(3) }
  }

  private func checkOnce() throws -> [DocumentOutcome] {
    let library = Folder(of: files)
    let documents = try files.map(Folder.read)
    let seed = self.seed
    let progress = Progress()
    let outcomes = parallelMap(documents.count, threads: threads) { index -> DocumentOutcome in
      let checker = DerivationChecker(library: library, seed: seed)
      checker.progress = { progress.now("\(documents[index].slug): \($0.statement)") }
      return checker.check(documents[index])
    }
    progress.clear()
    for line in outcomes.flatMap({ DerivationText.report($0, details: details) }) { print(line) }
    if outcomes.count > 1 { print(DerivationText.summary(outcomes)) }
    // With --watch a pipe or a file would otherwise show a result only when the next ones have filled a buffer.
    fflush(nil)
    try output.write(Run(seed: seed, documents: outcomes.map(DerivationRecord.init)))
    if let latex { try AtomicFile.write(Array(DerivationLaTeX.article(outcomes).utf8), to: latex) }
    return outcomes
  }

  /// When each document was last written.
  private func stamps() throws -> [Date?] {
    files.map { (try? FileManager.default.attributesOfItem(atPath: $0))?[.modificationDate] as? Date }
  }

  private struct Run: Encodable {
    let schema = 1
    let seed: UInt64
    let machine = VerificationRecord.Machine.current
    let documents: [DerivationRecord]
  }
}

/// The documents beside those that are checked, and one folder above.
struct Folder: DerivationLibrary {
  private let folders: [String]

  init(of files: [String]) {
    var seen: Set<String> = []
    folders = files.map { file in file.lastIndex(of: "/").map { String(file[..<$0]) + "/" } ?? "" }
      .filter { seen.insert($0).inserted }
  }

  static func read(_ path: String) throws -> DerivationDocument {
    DerivationDocument(
      DerivationSource(name: path, bytes: try FileBytes.read(path, maximumBytes: DerivationSource.maximumBytes)))
  }

  func document(named name: String) -> DerivationDocument? {
    guard !name.contains("/") else { return nil }
    for folder in folders {
      for path in [folder + name + ".md", folder + "../" + name + ".md"]
      where FileManager.default.fileExists(atPath: path) {
        if let document = try? Self.read(path) { return document }
      }
    }
    return nil
  }
}

struct NewDerivation: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "new-derivation",
    abstract: "Write a small true derivation to change into your own.",
    discussion: "Example: lipdyn new-derivation MyLemma && lipdyn check MyLemma.md --watch")

  @Argument(help: "The document's name: letters and digits; NAME.md is written into this folder.")
  var name: String

  func run() throws {
    try UsageError.require(
      !name.isEmpty && name.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" },
      "NAME '\(name)': use letters, digits, '_' and '-'")
    let path = name + ".md"
    try UsageError.require(
      !FileManager.default.fileExists(atPath: path), "\(path) is there already: choose another name or remove it")
    try AtomicFile.write(Array(DerivationTemplate.text(title: name).utf8), to: path)
    print("wrote \(path); check it with: lipdyn check \(path)")
  }
}
