// lipdyn graph: what rests on what, with every verdict computed or read from a verification's JSON.

import ArgumentParser
import ArrayFiles
import DistributedWork
import Foundation
import LipschitzDynamics
import Reporting
import StochasticCalculus
import VerificationKit

struct Graph: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Draw which statement rests on which, coloured by verdict.",
    discussion: """
      Solid arrows: the statement uses it; dashed: its proof does. A dashed frame marks a claim that rests, directly or \
      through others, on one that holds only under a hypothesis or fails as stated.
      Verdicts come from --results (lipdyn verify --json), or from a verification run first.
      Example: lipdyn graph --output graph.svg
      """)

  @Option(help: "FILE.dot or FILE.svg; DOT on standard output if not given.") var output: String?
  @Option(help: "Take verdicts from this JSON file of lipdyn verify.") var results: String?
  @Option(parsing: .unconditional, help: "Seed of the verification, if one is run.") var seed: UInt64 = 1
  @Option(parsing: .unconditional, help: "Claims verified at once.") var threads = 2
  @OptionGroup var record: JSONOutput

  private struct Record: Encodable {
    struct Row: Encodable {
      let claim, number, verdict: String
      let statementUses, proofUses: [String]
      /// Claims below it that do not hold without condition.
      let inherits: [String]
    }

    let schema = 1
    let claims: [Row]
  }

  func run() throws {
    try UsageError.require(threads >= 1, "--threads \(threads): use at least 1")
    if let output {
      try UsageError.require(
        output.hasSuffix(".dot") || output.hasSuffix(".svg"), "--output \(output): the name must end in .dot or .svg")
    }
    try UsageError.requireWritable([output, record.file])
    let paper = try Paper.load()
    let graph = try dependencyGraph(paper, verdicts: try verdicts())
    try record.write(
      Record(
        claims: graph.nodes.map { node in
          Record.Row(
            claim: node.id, number: node.number, verdict: node.verdict, statementUses: node.statementUses,
            proofUses: node.proofUses, inherits: graph.conditions(of: node.id).map(\.id))
        }))
    let dot = graph.dot
    guard let output else { return print(dot, terminator: "") }
    let bytes = output.hasSuffix(".svg") ? try Graphviz.svg(dot) : Array(dot.utf8)
    try AtomicFile.write(bytes, to: output)
  }

  private func verdicts() throws -> [String: String] {
    if let results {
      do {
        let bytes = try FileBytes.read(results)
        try JSONNesting.requireShallow(bytes, file: results)
        let record = try JSONDecoder().decode(Verdicts.self, from: Data(bytes))
        try record.check(results)
        return Dictionary(record.claims.map { ($0.claim, $0.verdict) }) { first, _ in first }
      } catch let error as DecodingError {
        throw UsageError("--results \(results): no JSON of lipdyn verify (\(error.summary)); write one with --json")
      }
    }
    let (claims, seed, progress) = (PaperClaims.all, self.seed, Progress())
    let reports = parallelMap(claims.count, threads: threads) { index -> ClaimReport in
      claims[index].verify(seed: seed, tier: .quick) { progress.now($0) }
    }
    progress.clear()
    return Dictionary(uniqueKeysWithValues: reports.map { ($0.slug, $0.verdict.label) })
  }
}

/// What the graph needs of a verification's JSON, of whatever schema.
private struct Verdicts: Decodable {
  struct Claim: Decodable {
    let claim: String
    let verdict: String
  }

  let claims: [Claim]

  func check(_ file: String) throws {
    let known = [ClaimVerdict.holds, .holdsUnder([]), .failsAsStated([]), .refuted(""), .inconclusive("")].map(\.label)
    try UsageError.require(!claims.isEmpty, "--results \(file): it has no claims; write one with lipdyn verify --json")
    for row in claims {
      try UsageError.require(
        PaperClaims.named(row.claim) != nil, "--results \(file): '\(row.claim)' is no claim of this version")
      try UsageError.require(
        known.contains(row.verdict),
        "--results \(file): '\(row.verdict)' is no verdict; they are \(known.joined(separator: ", "))")
    }
    let missing = PaperClaims.slugs.count - Set(claims.map(\.claim)).count
    if missing > 0 { Progress.write("lipdyn: \(missing) claims are not in \(file): drawn as not run\n") }
  }
}

/// The paper's claims as a graph; a claim without a verdict is "not run".
func dependencyGraph(_ paper: Paper, verdicts: [String: String]) throws -> DependencyGraph {
  DependencyGraph(
    paper.statements.compactMap { statement in
      statement.claim.map {
        DependencyGraph.Node(
          id: $0, number: statement.number, verdict: verdicts[$0] ?? DependencyGraph.notRun,
          statementUses: statement.statementUses ?? [], proofUses: statement.proofUses ?? [])
      }
    })
}

/// The program `dot`, which lays graphs out better than anything written here would.
enum Graphviz {
  static func svg(_ source: String) throws -> [UInt8] {
    // A file, not a pipe to its input: writing to a `dot` that is not there would end this program by a signal.
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("lipdyn-\(UUID().uuidString).dot")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data(source.utf8).write(to: file)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["dot", "-Tsvg", file.path]
    let output = Pipe()
    (process.standardOutput, process.standardError) = (output, FileHandle.nullDevice)
    try process.run()
    let svg = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    try UsageError.require(
      process.terminationStatus == 0 && !svg.isEmpty,
      "Graphviz' dot failed or is not installed: apt install graphviz, or choose a name that ends in .dot")
    return Array(svg)
  }
}

extension DecodingError {
  /// The first line of what went wrong, without Foundation's nesting.
  var summary: String {
    switch self {
    case .keyNotFound(let key, _): "it has no \(key.stringValue)"
    case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
      context.debugDescription
    @unknown default: "it cannot be read"
    }
  }
}
