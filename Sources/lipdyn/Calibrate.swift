// lipdyn calibrate: is the suite itself honest? Many seeds, no refutation, uniform p-values.

import ArgumentParser
import LipschitzDynamics
import Reporting
import StochasticCalculus
import VerificationKit

struct Calibrate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Verify over many seeds: nothing true may be refuted, and p-values must be uniform.",
    discussion: "Some twenty seconds a seed for all claims. Example: lipdyn calibrate LayerDynamics --seeds 30")

  @Argument(help: "Claims; all if none is named.")
  var claims: [String] = []

  @Option(parsing: .unconditional, help: "Number of seeds.") var seeds = 30
  @Option(help: "The first seed.") var firstSeed: UInt64 = 1
  @Option(help: "quick or full.") var tier: Tier = .quick
  @Option(parsing: .unconditional, help: "Seeds run at once.") var threads = 2
  @OptionGroup var output: JSONOutput

  private struct Record: Encodable {
    struct Row: Encodable {
      let check: String
      let seeds: Int
      let smallestP, ksStatistic, ksP: Double
    }

    let schema = 1
    let machine = VerificationRecord.Machine.current
    let tier: String
    let firstSeed: UInt64
    let seeds: Int
    /// One a statistical check, and all of them together.
    let checks: [Row]
    let notSupported: [String]
  }

  func run() throws {
    try UsageError.require(seeds >= 2 && seeds <= 100_000, "--seeds \(seeds): use from 2 to 100000")
    try UsageError.require(
      firstSeed <= UInt64.max - UInt64(seeds), "--first-seed \(firstSeed): leaves no room for \(seeds) seeds")
    try UsageError.require(threads >= 1, "--threads \(threads): use at least 1")
    let selected = try claims.isEmpty ? PaperClaims.all : claims.map(claim(named:))
    let (tier, firstSeed) = (self.tier, self.firstSeed)
    let progress = Progress()
    let runs = parallelMap(seeds, threads: threads) { index -> [ClaimReport] in
      let seed = firstSeed + UInt64(index)
      progress.now("seed \(seed)")
      return selected.map { $0.verify(seed: seed, tier: tier, includingMutants: false) }
    }
    progress.clear()
    var pValues: [String: [Double]] = [:]
    var failures: [String] = []
    for (index, reports) in runs.enumerated() {
      for report in reports {
        for check in report.checks {
          if let p = check.verdict.pValue { pValues["\(report.slug)/\(check.name)", default: []].append(p) }
          if !check.verdict.isSupported {
            failures.append("seed \(firstSeed + UInt64(index)), \(report.slug)/\(check.name): \(check.verdict.summary)")
          }
        }
      }
    }
    var table = TextTable([
      ("statistical check", .left), ("seeds", .right), ("smallest p", .right), ("KS D", .right), ("KS p", .right),
    ])
    var rows: [Record.Row] = []
    func row(_ name: String, _ values: [Double]) {
      guard let test = KolmogorovSmirnov(uniform: values) else { return }
      rows.append(
        Record.Row(
          check: name, seeds: values.count, smallestP: values.min() ?? 1, ksStatistic: test.statistic, ksP: test.pValue)
      )
      table.append([
        name, "\(values.count)", rounded(values.min() ?? 1), rounded(test.statistic), rounded(test.pValue),
      ])
    }
    for (name, values) in pValues.sorted(by: { $0.key < $1.key }) { row(name, values) }
    let all = pValues.values.flatMap { $0 }
    row("all together", all)
    for line in table.lines { print(line) }
    print(
      "\(seeds) seeds, \(runs.first?.reduce(0) { $0 + $1.checks.count } ?? 0) checks each: "
        + "\(failures.count) not supported")
    for failure in failures { print("  \(failure)") }
    try output.write(
      Record(tier: tier.rawValue, firstSeed: firstSeed, seeds: seeds, checks: rows, notSupported: failures))
    let pooled = KolmogorovSmirnov(uniform: all)
    // Uniformity itself is tested at the budget of one check.
    if !failures.isEmpty || (pooled.map { $0.pValue < FalseAlarms.perCheck } ?? false) { throw ExitCode(2) }
  }
}
