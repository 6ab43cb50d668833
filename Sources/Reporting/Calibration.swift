// What many seeds show of the suite itself: whether true things are refuted, p-values uniform, wrong versions caught.

public import VerificationKit

/// What a verification under one seed showed, without its words: the unit that a calibration collects and keeps.
public struct SeedRecord: Codable, Sendable {
  public struct Check: Codable, Sendable {
    /// "claim/check".
    public let name: String
    /// supported | refuted | inconclusive.
    public let outcome: String
    /// Of a statistical check.
    public let pValue: Double?
    /// What happened, if the check does not support the claim.
    public let summary: String?
  }

  /// A mutant, or a boundary without its hypothesis.
  public struct WrongVersion: Codable, Sendable {
    /// "claim: fault".
    public let name: String
    /// Whether it was caught as the claim's report demands: by every check that does not declare itself blind.
    public let isCaught: Bool
    /// The checks that let it pass, though they should see it.
    public let passed: [String]
  }

  public let schema: Int
  public let tier: Tier
  public let seed: UInt64
  public let checks: [Check]
  /// Empty if the run left wrong versions out.
  public let wrongVersions: [WrongVersion]

  public init(_ reports: [ClaimReport], seed: UInt64, tier: Tier) {
    schema = 1
    (self.seed, self.tier) = (seed, tier)
    checks = reports.flatMap { report in
      report.checks.map { check in
        Check(
          name: "\(report.slug)/\(check.name)", outcome: check.verdict.outcome, pValue: check.verdict.pValue,
          summary: check.verdict.isSupported ? nil : check.verdict.summary)
      }
    }
    wrongVersions = reports.flatMap { report in
      report.mutants.map { mutant in
        let passed = zip(report.checks, mutant.outcomes).compactMap { check, outcome in
          if case .survived = outcome { check.name } else { nil }
        }
        return WrongVersion(name: "\(report.slug): \(mutant.name)", isCaught: mutant.isKilled, passed: passed)
      }
        + report.boundaries.map { boundary in
          WrongVersion(name: "\(report.slug): \(boundary.name)", isCaught: boundary.isDemonstrated, passed: [])
        }
    }
  }
}

/// The records of many seeds, put together.
public struct Calibration: Sendable {
  /// The p-values of one statistical check, or of all, against the uniform law.
  public struct Uniformity: Codable, Sendable {
    public let check: String
    public let seeds: Int
    public let smallestP, ksStatistic, ksP: Double

    init?(_ check: String, _ values: [Double]) {
      guard let test = KolmogorovSmirnov(uniform: values) else { return nil }
      self.check = check
      (seeds, smallestP, ksStatistic, ksP) = (values.count, values.min() ?? 1, test.statistic, test.pValue)
    }
  }

  /// How often one wrong version was caught.
  public struct Power: Codable, Sendable {
    public let wrongVersion: String
    public let caught, seeds: Int
    /// At 95 % confidence the true rate is above this (Clopper and Pearson's bound).
    public let rateAtLeast: Double

    init(_ wrongVersion: String, caught: Int, seeds: Int) {
      (self.wrongVersion, self.caught, self.seeds) = (wrongVersion, caught, seeds)
      rateAtLeast = Distribution.binomialLowerBound(successes: caught, trials: seeds, confidence: 0.95)
    }
  }

  /// One a statistical check, in the order of their names.
  public let uniformity: [Uniformity]
  /// All p-values together; nil if no check is statistical.
  public let pooled: Uniformity?
  /// In words, every check of a true function that did not support it.
  public let notSupported: [String]
  /// One a wrong version, the least often caught first; empty if they were left out.
  public let power: [Power]
  /// In words, every wrong version that passed, with the seed.
  public let notCaught: [String]
  /// Of the true functions, all seeds together.
  public let checkCount: Int

  public init(_ seeds: [SeedRecord]) {
    var pValues: [String: [Double]] = [:]
    for check in seeds.flatMap(\.checks) { if let p = check.pValue { pValues[check.name, default: []].append(p) } }
    uniformity = pValues.sorted { $0.key < $1.key }.compactMap(Uniformity.init)
    pooled = Uniformity("all together", pValues.values.flatMap { $0 })
    checkCount = seeds.reduce(0) { $0 + $1.checks.count }
    notSupported = seeds.flatMap { seed in
      seed.checks.compactMap { check in check.summary.map { "seed \(seed.seed), \(check.name): \($0)" } }
    }
    notCaught = seeds.flatMap { seed in
      seed.wrongVersions.filter { !$0.isCaught }.map { wrong in
        "seed \(seed.seed), \(wrong.name)"
          + (wrong.passed.isEmpty ? "" : ", passed by \(wrong.passed.joined(separator: "; "))")
      }
    }
    var caught: [String: (caught: Int, seeds: Int)] = [:]
    for wrong in seeds.flatMap(\.wrongVersions) {
      caught[wrong.name, default: (0, 0)].seeds += 1
      if wrong.isCaught { caught[wrong.name, default: (0, 0)].caught += 1 }
    }
    power = caught.map { Power($0.key, caught: $0.value.caught, seeds: $0.value.seeds) }
      .sorted { ($0.rateAtLeast, $0.wrongVersion) < ($1.rateAtLeast, $1.wrongVersion) }
  }

  /// Whether nothing true was refuted or left open, and the p-values are uniform at the budget of one check.
  public var isHonest: Bool { notSupported.isEmpty && (pooled.map { $0.ksP >= FalseAlarms.perCheck } ?? true) }
}
