// lipdyn calibrate: is the suite itself honest? Many seeds, no refutation, uniform p-values, every fault caught.

import ArgumentParser
import ArrayFiles
import DistributedWork
import Foundation
import LipschitzDynamics
import Reporting
import StochasticCalculus
import VerificationKit

struct Calibrate: SharedCommand {
  static let configuration = CommandConfiguration(
    abstract: "Verify over many seeds: nothing true may be refuted, and p-values must be uniform.",
    discussion: """
      Some thirteen seconds a seed for all claims on two threads, and twenty-one with --power, which runs every check on \
      every wrong version too and says how often each was caught.
      Examples: lipdyn calibrate LayerDynamics --seeds 30
                lipdyn calibrate --power --seeds 300 --folder calibration
      """)

  @Argument(help: "Claims; all if none is named.")
  var claims: [String] = []

  @Option(parsing: .unconditional, help: "Number of seeds.") var seeds = 30
  @Option(help: "The first seed.") var firstSeed: UInt64 = 1
  @Option(help: "quick or full.") var tier: Tier = .quick
  @Flag(help: "Also how often each wrong version is caught.") var power = false
  @Option(help: "Keep every seed's record in this folder; the same command then goes on where it was stopped.")
  var folder: String?
  @Option(parsing: .unconditional, help: "Seeds run at once.") var threads = 2
  @OptionGroup var output: JSONOutput

  private struct Record: Encodable {
    let schema = 2
    let machine = VerificationRecord.Machine.current
    let tier: String
    let firstSeed: UInt64
    let seeds: Int
    /// One a statistical check, and all of them together.
    let checks: [Calibration.Uniformity]
    let notSupported: [String]
    let power: [Calibration.Power]
    let notCaught: [String]
  }

  func run() throws {
    try UsageError.require(seeds >= 2 && seeds <= 100_000, "--seeds \(seeds): use from 2 to 100000")
    try UsageError.require(
      firstSeed <= UInt64.max - UInt64(seeds), "--first-seed \(firstSeed): leaves no room for \(seeds) seeds")
    try UsageError.require(threads >= 1, "--threads \(threads): use at least 1")
    let selected = try claims.isEmpty ? PaperClaims.all : claims.map(claim(named:))
    let (tier, firstSeed, power) = (self.tier, self.firstSeed, self.power)
    let records = try folder.map { try SeedFolder($0, of: selected, tier: tier, withPower: power) }
    let progress = Progress()
    let runs = try Ranks.sharing.map(seeds, threads: threads) { (index) throws -> SeedRecord in
      let seed = firstSeed + UInt64(index)
      if let kept = try records?.record(of: seed) { return kept }
      progress.now("seed \(seed)")
      let record = SeedRecord(
        selected.map { $0.verify(seed: seed, tier: tier, includingMutants: power) }, seed: seed, tier: tier)
      try records?.keep(record)
      return record
    }
    progress.clear()
    guard Ranks.isRoot else { return }
    let calibration = Calibration(runs)
    for line in calibration.lines(seeds: seeds) { print(line) }
    try output.write(
      Record(
        tier: tier.rawValue, firstSeed: firstSeed, seeds: seeds,
        checks: calibration.uniformity + (calibration.pooled.map { [$0] } ?? []),
        notSupported: calibration.notSupported, power: calibration.power, notCaught: calibration.notCaught))
    // A wrong version that slips through at one seed is counted, not a failure: rates are what --power measures.
    if !calibration.isHonest { throw ExitCode(2) }
  }
}

extension Calibration {
  fileprivate func lines(seeds: Int) -> [String] {
    var table = TextTable([
      ("statistical check", .left), ("seeds", .right), ("smallest p", .right), ("KS D", .right), ("KS p", .right),
    ])
    for row in uniformity + (pooled.map { [$0] } ?? []) {
      table.append([row.check, "\(row.seeds)", rounded(row.smallestP), rounded(row.ksStatistic), rounded(row.ksP)])
    }
    var lines = table.lines
    lines.append("\(seeds) seeds, \(checkCount / seeds) checks each: \(notSupported.count) not supported")
    lines += notSupported.map { "  \($0)" }
    if !power.isEmpty {
      let missed = power.filter { $0.caught < $0.seeds }
      lines.append(
        "\(power.count) wrong versions: \(power.count - missed.count) caught at every seed (rate ≥ "
          + "\(rounded(power.map(\.rateAtLeast).max() ?? 0)) at 95 %)")
      lines += missed.map { "  \($0.wrongVersion): \($0.caught) of \($0.seeds), rate ≥ \(rounded($0.rateAtLeast))" }
    }
    return lines
  }
}

/// The records of a calibration on disk, a file a seed.
private struct SeedFolder: Sendable {
  private let path: String
  private let tier: Tier
  private let checks: [String]
  private let withPower: Bool

  init(_ path: String, of claims: [any Claim.Type], tier: Tier, withPower: Bool) throws {
    (self.path, self.tier, self.withPower) = (path, tier, withPower)
    checks = claims.flatMap { $0.checkNames }
    do { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) } catch {
      throw UsageError("--folder \(path) cannot be made: \(error.localizedDescription); choose a folder of your own")
    }
  }

  private func file(_ seed: UInt64) -> String { "\(path)/seed-\(seed).json" }

  /// What an earlier run kept; nil if there is nothing.
  ///
  /// - Throws: if the file is damaged, or of another calibration.
  func record(of seed: UInt64) throws -> SeedRecord? {
    let file = self.file(seed)
    guard FileManager.default.fileExists(atPath: file) else { return nil }
    let record: SeedRecord
    do {
      let bytes = try FileBytes.read(file)
      try JSONNesting.requireShallow(bytes, file: file)
      record = try JSONDecoder().decode(SeedRecord.self, from: Data(bytes))
    } catch {
      throw UsageError("\(file) is no record of a seed; remove it, or name another --folder")
    }
    try UsageError.require(
      record.seed == seed && record.tier == tier && record.checks.map(\.name) == checks
        && record.wrongVersions.isEmpty != withPower,
      "\(file) is of other claims, another tier or another --power; name another --folder")
    return record
  }

  func keep(_ record: SeedRecord) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    try AtomicFile.write(Array(try encoder.encode(record)) + [10], to: file(record.seed))
  }
}

extension Claim {
  fileprivate static var checkNames: [String] { checks.map { "\(slug)/\($0.name)" } }
}
