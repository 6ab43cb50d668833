// The machine-readable result of a verification: what `lipdyn verify --json` writes.

public import VerificationKit

/// A whole run, in schema version 3.
public struct VerificationRecord: Codable, Sendable {
  /// Where the run took place, and on which libraries.
  public struct Machine: Codable, Sendable {
    public let system: String
    public let processor: String
    public let cores: Int
    /// Name to version.
    public let libraries: [String: String]

    public init(system: String, processor: String, cores: Int, libraries: [String: String]) {
      (self.system, self.processor, self.cores, self.libraries) = (system, processor, cores, libraries)
    }
  }

  public struct ClaimRow: Codable, Sendable {
    public let number: String
    public let claim: String
    /// holds | holds under H | fails as stated | refuted | inconclusive.
    public let verdict: String
    /// Why, or under which hypotheses.
    public let reason: String
    public let evidence: [String]
    public let checks: [CheckRow]
    public let mutants: [MutantRow]
    public let boundaries: [BoundaryRow]
    public let mutantsPlanted: Int
    public let mutantsKilled: Int
    /// Largest fraction of its allowed error that any check used; absent if none supports the claim.
    public let budgetUsed: Double?
    public let seconds: Double
  }

  public struct CheckRow: Codable, Sendable {
    public let name: String
    public let evidence: String
    /// What evidence of this kind can say at best.
    public let strength: String
    public let outcome: String
    public let summary: String
    public let pValue: Double?
    /// What an order was read from; absent for other checks, and in records of earlier versions.
    public let ladder: Ladder?
    public let seconds: Double
  }

  public struct MutantRow: Codable, Sendable {
    public let name: String
    public let killedBy: [String]
    public let blind: [String: String]
    public let survived: [String]
  }

  public struct BoundaryRow: Codable, Sendable {
    public let name: String
    public let droppedHypothesis: String
    public let stated: Bool
    public let counterexample: String
    public let remedy: String
  }

  public let schema: Int
  public let seed: UInt64
  public let tier: String
  /// When the run ended, in ISO 8601; absent in records of earlier versions.
  public let date: String?
  public let machine: Machine
  /// The probability that the run refutes anything true.
  public let falseAlarmBudget: Double
  public let claims: [ClaimRow]

  public init(_ reports: [ClaimReport], seed: UInt64, tier: Tier, machine: Machine, date: String? = nil) {
    (self.machine, self.date) = (machine, date)
    schema = 3
    self.seed = seed
    self.tier = tier.rawValue
    falseAlarmBudget = FalseAlarms.suiteBudget
    claims = reports.map(ClaimRow.init)
  }
}

extension VerificationRecord.ClaimRow {
  init(_ report: ClaimReport) {
    number = report.source.number
    claim = report.slug
    verdict = report.verdict.label
    reason = report.verdict.description
    evidence = report.evidence.map(\.rawValue)
    checks = report.checks.map { check in
      VerificationRecord.CheckRow(
        name: check.name, evidence: check.evidence.rawValue, strength: check.evidence.strength,
        outcome: check.verdict.outcome, summary: check.verdict.summary, pValue: check.verdict.pValue,
        ladder: check.verdict.ladder, seconds: check.seconds)
    }
    mutants = report.mutants.map { mutant in
      var row = (killed: [String](), blind: [String: String](), survived: [String]())
      for (check, outcome) in zip(report.checks, mutant.outcomes) {
        switch outcome {
        case .killed: row.killed.append(check.name)
        case .blind(let reason): row.blind[check.name] = reason
        case .survived: row.survived.append(check.name)
        }
      }
      return VerificationRecord.MutantRow(
        name: mutant.name, killedBy: row.killed, blind: row.blind, survived: row.survived)
    }
    boundaries = report.boundaries.map { boundary in
      VerificationRecord.BoundaryRow(
        name: boundary.name, droppedHypothesis: boundary.dropped.text, stated: boundary.dropped.isStated,
        counterexample: boundary.verdict.summary, remedy: boundary.remedy)
    }
    mutantsPlanted = report.mutantsPlanted
    mutantsKilled = report.mutantsKilled
    budgetUsed = report.budgetUsed
    seconds = report.seconds
  }
}

extension Verdict {
  /// One word: supported, refuted or inconclusive.
  public var outcome: String {
    switch self {
    case .supported: "supported"
    case .refuted: "refuted"
    case .inconclusive: "inconclusive"
    }
  }
}
