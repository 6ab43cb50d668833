// lipdyn report: everything that was verified, as a site that needs nothing but a browser.

import ArgumentParser
import ArrayFiles
import Derivations
import DistributedWork
import Foundation
import LipschitzDynamics
import Report
import Reporting
import StochasticCalculus
import VerificationKit

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Write a site that shows what was verified, how, and what was not.",
    discussion: """
      Claims' verdicts come from --from (lipdyn verify --json), or from a quick verification run first. Derivations are \
      checked anew. What is not given is looked for in this folder (Proofs, Benchmarks/results, \
      Documentation/findings.md); what is not found is left out, and the page says how to get it.
      Example: lipdyn report --from results.json --output report
      """)

  @Option(help: "Results of lipdyn verify --json.") var from: String?
  @Option(
    parsing: .upToNextOption,
    help: "Folders with results of experiments: NAME/result.json and figure.svg, or NAME.json and NAME.svg.")
  var experiments: [String] = []
  @Option(help: "Folder of kept timings, DATE-TOPIC.txt.") var benchmarks: String?
  @Option(help: "Folder of derivation documents.") var proofs: String?
  @Option(help: "Markdown file of findings.") var findings: String?
  @Option(help: "The site's folder: a new one, an empty one, or an earlier report.") var output: String
  @Option(parsing: .unconditional, help: "Seed of the verification, if one is run.") var seed: UInt64 = 1
  @Option(parsing: .unconditional, help: "Claims or documents checked at once.") var threads = 2

  func run() throws {
    try UsageError.require(threads >= 1, "--threads \(threads): use at least 1")
    let folder = try ReportFolder(output)
    var inputs = ReportInputs(record: try record(), paper: try Paper.load())
    inputs.experiments = try experimentResults()
    inputs.benchmarks = try benchmarkLogs()
    if let path = try given(findings, "--findings", or: "Documentation/findings.md", isFolder: false) {
      inputs.findings = String(decoding: try FileBytes.read(path), as: UTF8.self)
      let pictures = URL(fileURLWithPath: path).deletingLastPathComponent().appendingPathComponent("figures").path
      for name in Self.names(in: pictures) where name.hasSuffix(".svg") {
        inputs.pictures[name] = try FileBytes.read("\(pictures)/\(name)")
      }
    }
    inputs.derivations = try derivations()
    let site = ReportSite(inputs) { dot in (try? Graphviz.svg(dot)).map { String(decoding: $0, as: UTF8.self) } }
    try folder.write(site)
    let bytes = site.files.values.reduce(0) { $0 + $1.count }
    print("\(site.files.count) files, \((Double(bytes) / 1e5).rounded() / 10) MB: open \(output)/index.html")
  }

  private func record() throws -> VerificationRecord {
    if let from { return try VerificationRecord(json: try FileBytes.read(from), origin: "--from \(from)") }
    let (claims, seed, progress) = (PaperClaims.all, self.seed, Progress())
    progress.done("verifying \(claims.count) claims, quick tier")
    let reports = parallelMap(claims.count, threads: threads) { index -> ClaimReport in
      claims[index].verify(seed: seed, tier: .quick) { progress.now($0) }
    }
    progress.clear()
    return VerificationRecord(
      reports, seed: seed, tier: .quick, machine: .current, date: Date().formatted(.iso8601))
  }

  /// A path that was given and must be there, or the usual one if it is.
  private func given(_ path: String?, _ option: String, or usual: String, isFolder: Bool) throws -> String? {
    var found: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: path ?? usual, isDirectory: &found)
    guard exists, found.boolValue == isFolder else {
      if let path {
        throw UsageError(
          "\(option) \(path): there is no such \(isFolder ? "folder" : "file"); leave it out, or correct it")
      }
      return nil
    }
    return path ?? usual
  }

  private static func names(in folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
  }

  private func experimentResults() throws -> [ExperimentResult] {
    var folders = try experiments.compactMap { try given($0, "--experiments", or: "", isFolder: true) }
    if folders.isEmpty {
      let kept = "Benchmarks/results"
      folders = Self.names(in: kept).filter { $0.hasSuffix("-experiments") }.suffix(1).map { "\(kept)/\($0)" }
    }
    var results: [ExperimentResult] = []
    for folder in folders {
      let before = results.count
      for name in [""] + Self.names(in: folder) {
        let (json, figure) =
          name.hasSuffix(".json") && name != "result.json"
          ? ("\(folder)/\(name)", "\(folder)/\(name.dropLast(5)).svg")
          : ("\(folder)/\(name)/result.json", "\(folder)/\(name)/figure.svg")
        guard FileManager.default.fileExists(atPath: json) else { continue }
        var result = try ExperimentResult(json: try FileBytes.read(json), origin: json)
        if FileManager.default.fileExists(atPath: figure) { result.figure = try FileBytes.read(figure) }
        results.append(result)
      }
      try UsageError.require(
        results.count > before || experiments.isEmpty,
        "--experiments \(folder): it has no result.json below it; write one with lipdyn experiment run")
    }
    return results
  }

  private func benchmarkLogs() throws -> [BenchmarkLog] {
    guard let folder = try given(benchmarks, "--benchmarks", or: "Benchmarks/results", isFolder: true) else {
      return []
    }
    let names = Self.names(in: folder).filter { $0.hasSuffix(".txt") }
    try UsageError.require(
      !names.isEmpty || benchmarks == nil, "--benchmarks \(folder): it has no .txt file; see Benchmarks/README.md")
    return try names.map {
      BenchmarkLog(name: $0, text: String(decoding: try FileBytes.read("\(folder)/\($0)"), as: UTF8.self))
    }
  }

  private func derivations() throws -> [DocumentOutcome] {
    guard let folder = try given(proofs, "--proofs", or: "Proofs", isFolder: true) else { return [] }
    let files = Self.names(in: folder).filter {
      $0.hasSuffix(".md") && PaperClaims.slugs.contains(String($0.dropLast(3)))
    }
    .map { "\(folder)/\($0)" }
    try UsageError.require(
      !files.isEmpty || proofs == nil, "--proofs \(folder): no document there is named as a claim; see lipdyn claims")
    let (library, documents, progress) = (Folder(of: files), try files.map(Folder.read), Progress())
    progress.done("checking \(documents.count) derivations")
    let outcomes = parallelMap(documents.count, threads: threads) { index -> DocumentOutcome in
      progress.now(documents[index].slug)
      return DerivationChecker(library: library).check(documents[index])
    }
    progress.clear()
    return outcomes
  }
}
