// lipdyn notebook: Markdown whose commands are run and whose outputs are compared.

import ArgumentParser
import ArrayFiles
import DistributedWork
import Foundation
import Notebooks
import Reporting
import StochasticCalculus

struct NotebookCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "notebook",
    abstract: "Run Markdown notebooks, and compare what they print with what they say.",
    discussion: """
      Every ```bash block is run with this lipdyn on its path, in a temporary folder in which relative paths mean what they \
      mean beside the notebook. The ```text block that comes next is what it prints, compared word by word and number by \
      number; numbers agree to 1e-9 unless a comment directly before it says how:
        <!-- check rtol=1e-6 atol=0.01 -->
            for numbers with a point or an exponent; atol for whole ones, too
        <!-- check mc sigma=5 -->
            means x ± s, in standard errors of both sides together
        <!-- check exact -->             every digit
        <!-- check exit=2 timeout=300 --> its status, and seconds (120)
        <!-- check skip -->              it must run; its output is not compared
      A line … stands for any lines, and … within a line for any words.
      A ```swift block quotes what stands between // region: first and // endregion of a file, and an image shows what a \
      block draws:
        <!-- source ../Tests/A.swift region=first -->
        <!-- figure norms.svg -->        before ![words](figures/norms.svg)
      Jupytext opens the same files in Jupyter.
      Example: lipdyn notebook check notebooks-md
      """,
    subcommands: [RunNotebooks.self, CheckNotebooks.self, PromoteNotebooks.self])
}

/// What the three have in common.
struct NotebookOptions: ParsableArguments {
  @Argument(help: "Notebooks, or folders of them.")
  var paths: [String]

  @OptionGroup var output: JSONOutput

  @Option(parsing: .unconditional, help: "Notebooks run at once.")
  var threads = 2

  /// Runs every notebook, and hands each over as soon as all before it are done.
  func outcomes() throws -> [NotebookOutcome] {
    try UsageError.require(threads >= 1, "--threads \(threads): use at least 1")
    // All are read before any is run: a fence without end is found at once.
    let notebooks = try files().map(NotebookRunner.read)
    let progress = Progress()
    let runner = NotebookRunner(progress: { progress.now($0) })
    let outcomes: [NotebookOutcome] = try parallelMap(notebooks.count, threads: threads) {
      try runner.run(notebooks[$0])
    }
    progress.clear()
    try output.write(Record(notebooks: outcomes.map(NotebookRecord.init)))
    return outcomes
  }

  private func files() throws -> [String] {
    try paths.flatMap { path -> [String] in
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
        throw UsageError("\(path): no such notebook; name a Markdown file or a folder of them")
      }
      guard isFolder.boolValue else { return [path] }
      let files = try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.hasSuffix(".md") }.sorted()
      try UsageError.require(!files.isEmpty, "\(path): no .md file in this folder; name another")
      return files.map { (path.hasSuffix("/") ? path : path + "/") + $0 }
    }
  }

  private struct Record: Encodable {
    let schema = 1
    let machine = VerificationRecord.Machine.current
    let notebooks: [NotebookRecord]
  }
}

private struct NotebookRecord: Encodable {
  struct Block: Encodable {
    let line: Int
    let passed: Bool
    let failure: String?
    let differences: [Difference]
    let output: [String]
  }
  struct Difference: Encodable {
    let line: Int
    let problem: String
  }

  let file: String
  let passed: Bool
  let seconds: Double
  let blocks: [Block]

  init(_ outcome: NotebookOutcome) {
    file = outcome.notebook.name
    passed = outcome.isPassed
    seconds = outcome.seconds
    blocks = outcome.blocks.map {
      Block(
        line: $0.line, passed: $0.isPassed, failure: $0.failure,
        differences: $0.differences.map { Difference(line: $0.line, problem: $0.problem) }, output: $0.output)
    }
  }
}

extension NotebookOutcome {
  /// A line for every failure, and for the first differences of every block: one wrong line tends to shift many.
  var complaints: [String] {
    blocks.flatMap { block in
      let shown = block.differences.prefix(10)
      let rest = block.differences.count - shown.count
      return (block.failure.map { ["\(notebook.name):\(block.line): \($0)"] } ?? [])
        + shown.map { "\(notebook.name):\($0.line): \($0.problem)" }
        + (rest > 0 ? ["\(notebook.name):\(block.line): and \(rest) more differences in this block"] : [])
    }
  }
}

struct RunNotebooks: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run the blocks of notebooks and print each with its output.",
    discussion: "Example: lipdyn notebook run notebooks-md/quickstart.md")

  @OptionGroup var options: NotebookOptions

  func run() throws {
    var isFailed = false
    for outcome in try options.outcomes() {
      for block in outcome.blocks {
        guard case .command(let command) = block.block else { continue }
        print("── \(outcome.notebook.name):\(command.line)")
        for line in command.script.split(separator: "\n", omittingEmptySubsequences: false) { print("$ \(line)") }
        for line in block.output { print(line) }
        guard let failure = block.failure else { continue }
        isFailed = true
        print("\(outcome.notebook.name):\(command.line): \(failure)")
      }
    }
    if isFailed { throw ExitCode(2) }
  }
}

struct CheckNotebooks: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Run notebooks, and compare their outputs and quotations.",
    discussion: """
      Exit status 0 only if everything is as the notebooks say; 2 if something differs; 1 if a notebook cannot be read.
      Example: lipdyn notebook check notebooks-md
      """)

  @OptionGroup var options: NotebookOptions

  func run() throws {
    let outcomes = try options.outcomes()
    for outcome in outcomes {
      for complaint in outcome.complaints { print(complaint) }
      let commands = outcome.blocks.count { if case .command = $0.block { true } else { false } }
      let excerpts = outcome.blocks.count { if case .excerpt = $0.block { true } else { false } }
      print(
        "\(outcome.notebook.name): \(outcome.isPassed ? "passed" : "FAILED"), \(commands) blocks run"
          + (excerpts == 0 ? "" : ", \(excerpts) quotations compared")
          + String(format: ", %.1f s", outcome.seconds))
    }
    let failed = outcomes.count { !$0.isPassed }
    if outcomes.count > 1 { print("\(outcomes.count - failed) of \(outcomes.count) notebooks passed") }
    if failed > 0 { throw ExitCode(2) }
  }
}

struct PromoteNotebooks: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "promote", abstract: "Run notebooks, and write what was found where it differs from what they say.",
    discussion: """
      Lines that agree stay as they are, with their …; the others are replaced and shown. Not a check: exit status 0 only if \
      nothing changed, 2 otherwise. A notebook with a block that fails is not touched.
      Example: lipdyn notebook promote notebooks-md/quickstart.md
      """)

  @OptionGroup var options: NotebookOptions

  func run() throws {
    let outcomes = try options.outcomes()
    var isChanged = false
    for outcome in outcomes {
      let name = outcome.notebook.name
      let failures = outcome.blocks.filter { $0.failure != nil }
      guard failures.isEmpty else {
        for block in failures { print("\(name):\(block.line): \(block.failure ?? "")") }
        print("\(name): not rewritten, because a block failed")
        isChanged = true
        continue
      }
      for complaint in outcome.complaints { print(complaint) }
      let figures = try outcome.promoteFigures()
      for figure in figures { print("\(name):\(figure.line): \(figure.shown) drawn anew") }
      let lines = outcome.promoted()
      if lines != outcome.notebook.lines { try AtomicFile.write(lines.joined(separator: "\n"), to: name) }
      let isSame = lines == outcome.notebook.lines && figures.isEmpty
      print("\(name): \(isSame ? "nothing to change" : "rewritten; read what changed before you keep it")")
      if !isSame { isChanged = true }
    }
    if isChanged { throw ExitCode(2) }
  }
}

extension NotebookOutcome {
  /// The notebook's lines with what was found in place of what differs.
  fileprivate func promoted() -> [String] {
    var lines = notebook.lines
    // From the end, so that earlier indices stay right.
    for outcome in blocks.reversed() where !outcome.differences.isEmpty {
      guard let promoted = outcome.promoted else { continue }
      switch outcome.block {
      case .figure: continue
      case .excerpt(let excerpt): lines.replaceSubrange(excerpt.quoted, with: promoted)
      case .command(let command):
        if let expected = command.expected {
          lines.replaceSubrange(expected, with: promoted)
        } else {
          let ticks = String(repeating: "`", count: max(3, 1 + (promoted.map(Self.backticks).max() ?? 0)))
          lines.insert(contentsOf: ["", "\(ticks)text"] + promoted + [ticks], at: command.end + 1)
        }
      }
    }
    return lines
  }

  /// Copies what was drawn to where it is shown.
  fileprivate func promoteFigures() throws -> [Notebook.Figure] {
    try blocks.compactMap { outcome in
      guard case .figure(let figure) = outcome.block, let drawing = outcome.drawing else { return nil }
      let path = notebook.path(figure.shown)
      if let slash = path.lastIndex(of: "/") {
        try FileManager.default.createDirectory(atPath: String(path[..<slash]), withIntermediateDirectories: true)
      }
      try AtomicFile.write(drawing, to: path)
      return figure
    }
  }

  private static func backticks(_ line: String) -> Int { line.prefix { $0 == "`" }.count }
}
