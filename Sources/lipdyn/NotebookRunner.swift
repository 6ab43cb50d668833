// Runs the bash blocks of one notebook in a folder of its own.

import ArrayFiles
import Foundation
import Notebooks
import StochasticCalculus

/// What came of one block.
struct BlockOutcome {
  let block: Notebook.Block
  var output: [String] = []
  /// Why the block as such failed, whatever it printed.
  var failure: String?
  /// What is not as the notebook says, with its line counted from 1.
  var differences: [(line: Int, problem: String)] = []
  /// What should stand in the notebook; nil where nothing can be said.
  var promoted: [String]?

  /// The bytes of a figure that was drawn anew and differs from the one shown.
  var drawing: [UInt8]?

  var isPassed: Bool { failure == nil && differences.isEmpty }
  var line: Int { block.line }
}

/// A notebook that was run.
struct NotebookOutcome {
  let notebook: Notebook
  let blocks: [BlockOutcome]
  let seconds: Double

  var isPassed: Bool { blocks.allSatisfy(\.isPassed) }
}

/// Runs the blocks of notebooks.
struct NotebookRunner {
  /// Called before every block.
  var progress: @Sendable (String) -> Void = { _ in }

  static func read(_ path: String) throws -> Notebook {
    let bytes = try FileBytes.read(path, maximumBytes: 1 << 24)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw UsageError("\(path): not UTF-8 text; name a Markdown file")
    }
    return try Notebook(name: path, text: text)
  }

  /// Runs a notebook from its first block to its last; blocks share a folder and nothing else, as in Jupyter.
  func run(_ notebook: Notebook) throws -> NotebookOutcome {
    let start = Date()
    let workplace = try Workplace(for: notebook)
    var outcomes: [BlockOutcome] = []
    for block in notebook.blocks {
      var outcome = BlockOutcome(block: block)
      switch block {
      case .command(let command):
        progress("\(notebook.name):\(command.line)")
        try run(command, of: notebook, in: workplace, into: &outcome)
      case .excerpt(let excerpt):
        try compare(excerpt, of: notebook, into: &outcome)
      case .figure(let figure):
        compare(figure, of: notebook, in: workplace, into: &outcome)
      }
      outcomes.append(outcome)
    }
    return NotebookOutcome(notebook: notebook, blocks: outcomes, seconds: Date().timeIntervalSince(start))
  }

  private func run(
    _ command: Notebook.Command, of notebook: Notebook, in workplace: Workplace, into outcome: inout BlockOutcome
  ) throws {
    let result = try workplace.bash(command.script, timeout: command.options.timeout)
    outcome.output = result.output
    if result.isTimedOut {
      outcome.failure =
        "killed after \(rounded(command.options.timeout)) s; make the block shorter, or write <!-- check timeout=SECONDS -->"
    } else if result.status != command.options.exit {
      let errors = result.errors.isEmpty ? "" : ": \(result.errors.joined(separator: " | "))"
      outcome.failure = "exit status \(result.status), expected \(command.options.exit)\(errors)"
    }
    guard case .compare(let tolerance) = command.options.comparison else { return }
    guard let expected = command.expected else {
      if !result.output.isEmpty {
        outcome.differences = [
          (command.line, "prints \(result.output.count) lines, and no text block follows; let promote write it")
        ]
        outcome.promoted = result.output
      }
      return
    }
    let comparison = OutputComparison(
      expected: Array(notebook.lines[expected]), found: result.output, tolerance: tolerance)
    outcome.differences = comparison.differences.map { (expected.lowerBound + $0.line + 1, $0.problem) }
    outcome.promoted = comparison.promoted
  }

  private func compare(_ excerpt: Notebook.Excerpt, of notebook: Notebook, into outcome: inout BlockOutcome) throws {
    guard let bytes = try? FileBytes.read(notebook.path(excerpt.path), maximumBytes: 1 << 24) else {
      throw NotebookError(
        file: notebook.name, line: excerpt.line - 1,
        problem: "\(excerpt.path) cannot be read; give its path relative to this notebook")
    }
    let region = try SourceRegion.lines(
      of: excerpt.region, in: String(decoding: bytes, as: UTF8.self), file: excerpt.path)
    let quoted = Array(notebook.lines[excerpt.quoted])
    outcome.promoted = region
    guard quoted != region else { return }
    let index = zip(quoted, region).enumerated().first { $1.0 != $1.1 }?.offset ?? min(quoted.count, region.count)
    let (left, right) = (index < quoted.count ? quoted[index] : "", index < region.count ? region[index] : "")
    outcome.differences = [
      (
        excerpt.quoted.lowerBound + index + 1,
        "quotes '\(left)', region \(excerpt.region) of \(excerpt.path) has '\(right)'"
      )
    ]
  }
}

extension NotebookRunner {
  /// A figure must be drawn, and shown. How its curves are written down differs between drawing programs and their versions;
  /// what it shows is compared as text, where the notebook prints it.
  private func compare(
    _ figure: Notebook.Figure, of notebook: Notebook, in workplace: Workplace, into outcome: inout BlockOutcome
  ) {
    guard let drawn = workplace.file(figure.drawn), !drawn.isEmpty else {
      outcome.failure = "no block before this figure writes \(figure.drawn); draw it, or correct the name"
      return
    }
    let shown = try? FileBytes.read(notebook.path(figure.shown))
    if shown == nil {
      outcome.differences = [(figure.line, "shows \(figure.shown), which is not there; let promote write it")]
    }
    if shown != drawn { outcome.drawing = drawn }
  }
}

extension Notebook {
  /// A path that the notebook names, as seen from here.
  func path(_ path: String) -> String {
    path.hasPrefix("/") ? path : (name.lastIndex(of: "/").map { String(name[...$0]) } ?? "") + path
  }
}

/// A temporary folder in which relative paths mean what they mean in the notebook's own, and new files stay.
///
/// It holds copies of the files beside the notebook and links to the folders; one level above it are links to what the notebook
/// names as ../NAME.
private final class Workplace {
  private let root: URL
  private let folder: URL

  init(for notebook: Notebook) throws {
    let manager = FileManager.default
    root = manager.temporaryDirectory.appendingPathComponent("lipdyn-notebook-\(UUID().uuidString)")
    let home = URL(fileURLWithPath: notebook.name).standardized.deletingLastPathComponent()
    let name = home.lastPathComponent == "/" ? "notebook" : home.lastPathComponent
    folder = root.appendingPathComponent(name)
    try manager.createDirectory(at: folder, withIntermediateDirectories: true)
    // A figure is there only if a block draws it.
    let figures = notebook.blocks.compactMap { if case .figure(let figure) = $0 { figure.drawn } else { nil } }
    for entry in try manager.contentsOfDirectory(atPath: home.path)
    where !entry.hasPrefix(".") && !figures.contains(entry) {
      let source = home.appendingPathComponent(entry).resolvingSymlinksInPath()
      let target = folder.appendingPathComponent(entry)
      var isFolder: ObjCBool = false
      guard manager.fileExists(atPath: source.path, isDirectory: &isFolder) else { continue }
      if isFolder.boolValue {
        try manager.createSymbolicLink(at: target, withDestinationURL: source)
      } else {
        try manager.copyItem(at: source, to: target)
      }
    }
    let above = home.deletingLastPathComponent()
    let named = Set(notebook.lines.flatMap { $0.matches(of: #/\.\.\/([\w.-]+)/#).map { String($0.1) } })
    for entry in named.subtracting([name, "."]) {
      let source = above.appendingPathComponent(entry)
      guard manager.fileExists(atPath: source.path) else { continue }
      try manager.createSymbolicLink(at: root.appendingPathComponent(entry), withDestinationURL: source)
    }
  }

  deinit { try? FileManager.default.removeItem(at: root) }

  /// The bytes of a file in the folder.
  func file(_ name: String) -> [UInt8]? { try? FileBytes.read(folder.appendingPathComponent(name).path) }

  struct Result {
    var status: Int32 = 0
    var isTimedOut = false
    var output: [String] = []
    var errors: [String] = []
  }

  /// Runs a script by `bash -e -o pipefail`, with this very `lipdyn` first on its path.
  func bash(_ script: String, timeout: Double) throws -> Result {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = ["-e", "-o", "pipefail", "-c", script]
    process.currentDirectoryURL = folder
    var environment = ProcessInfo.processInfo.environment
    let tools = URL(fileURLWithPath: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
      .deletingLastPathComponent().path
    environment["PATH"] = tools + ":" + (environment["PATH"] ?? "/usr/bin:/bin")
    // Sorting and decimal points must not depend on the reader's language.
    environment["LC_ALL"] = "C.UTF-8"
    process.environment = environment
    // Files, not pipes: a pipe that fills up would stop a block that nobody reads yet.
    let streams = try ["out", "err"].map { name in
      let url = root.appendingPathComponent(".\(name)")
      _ = FileManager.default.createFile(atPath: url.path, contents: nil)
      return (url: url, handle: try FileHandle(forWritingTo: url))
    }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = streams[0].handle
    process.standardError = streams[1].handle
    try process.run()
    var result = Result()
    let deadline = Date().addingTimeInterval(timeout)
    while process.isRunning {
      if Date() > deadline, !result.isTimedOut {
        result.isTimedOut = true
        // The block and everything that it started.
        if kill(-process.processIdentifier, SIGKILL) != 0 { kill(process.processIdentifier, SIGKILL) }
      }
      usleep(2_000)
    }
    process.waitUntilExit()
    result.status = process.terminationStatus
    (result.output, result.errors) = (try Self.lines(streams[0].url), try Self.lines(streams[1].url))
    return result
  }

  private static func lines(_ url: URL) throws -> [String] {
    let text = String(decoding: try FileBytes.read(url.path, maximumBytes: 1 << 24), as: UTF8.self)
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map {
      String($0.reversed().drop { $0 == " " }.reversed())
    }
    while lines.last == "" { lines.removeLast() }
    return lines
  }
}
