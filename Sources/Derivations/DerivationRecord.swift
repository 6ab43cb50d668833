// A checked document for programs: what `lipdyn check --json` writes.

internal import SymbolicCalculus

/// One document's outcome, in schema version 1.
public struct DerivationRecord: Codable, Sendable {
  public struct EvidenceRow: Codable, Sendable {
    /// exact | enclosed | sampled.
    public let kind: String
    public let strength: String
    public let sizes: [[String: Int]]
    /// −log₂ of the probability that a false identity passed; absent where nothing was left to chance or it means nothing.
    public let failureBits: Double?
  }

  public struct CounterexampleRow: Codable, Sendable {
    public let certainty: String
    public let sizes: [String: Int]
    public let values: [String: String]
    public let left: String
    public let right: String
    public let partsAtLeft: String?
    public let partsAtRight: String?
  }

  public struct StepRow: Codable, Sendable {
    public let line: Int
    /// Name of the `have`, if the step is in one.
    public let lemma: String?
    /// From 1; 0 for what joins a chain's end to the claim.
    public let number: Int
    public let statement: String
    public let latex: String
    public let reason: String?
    /// holds | refuted | not decided | vacuous.
    public let outcome: String
    /// confirmed | rejected | not examined; absent if there is nothing to examine.
    public let reasonOutcome: String?
    /// Why it is not decided, or vacuous, or why the reason fails.
    public let remark: String?
    public let evidence: EvidenceRow?
    public let counterexample: CounterexampleRow?
  }

  public struct ClaimRow: Codable, Sendable {
    public let name: String
    public let section: String?
    public let line: Int
    public let statement: String
    public let latex: String
    /// holds | refuted | not shown.
    public let verdict: String
    public let weakest: String?
    public let steps: [StepRow]
  }

  public let file: String
  /// holds | refuted | not shown | unreadable.
  public let verdict: String
  public let weakest: String?
  public let errors: [String]
  public let claims: [ClaimRow]

  public init(_ outcome: DocumentOutcome) {
    let source = outcome.document.source
    file = source.name
    weakest = outcome.weakest?.rawValue
    errors = outcome.document.renderedErrors
    verdict =
      !errors.isEmpty ? "unreadable" : outcome.isProved ? "holds" : outcome.isRefuted ? "refuted" : "not shown"
    claims = outcome.claims.map { claim in
      ClaimRow(
        name: claim.name, section: claim.section, line: source.position(of: claim.span.lowerBound).line,
        statement: claim.statement.description, latex: claim.statement.latex,
        verdict: claim.isProved ? "holds" : claim.isRefuted ? "refuted" : "not shown",
        weakest: claim.weakest?.rawValue, steps: claim.steps.map { StepRow($0, source) })
    }
  }
}

extension DerivationRecord.StepRow {
  init(_ step: StepReport, _ source: DerivationSource) {
    line = source.position(of: step.span.lowerBound).line
    (lemma, number) = (step.lemma, step.number)
    (statement, latex) = (step.statement.description, step.statement.latex)
    reason = step.reason?.description
    var remark: String?
    var evidence: DerivationRecord.EvidenceRow?
    var counterexample: DerivationRecord.CounterexampleRow?
    switch step.finding {
    case .holds(let found):
      outcome = "holds"
      evidence = .init(
        kind: found.kind.rawValue, strength: found.strength, sizes: found.sizes,
        failureBits: found.failureBits.flatMap { $0.isFinite ? $0 : nil })
    case .refuted(let example):
      outcome = "refuted"
      counterexample = .init(
        certainty: example.kind.rawValue, sizes: example.sizes,
        values: Dictionary(example.values.map { ($0.name, $0.text) }) { first, _ in first }, left: example.left,
        right: example.right, partsAtLeft: example.partsAt?.left?.description,
        partsAtRight: example.partsAt?.right?.description)
    case .undecided(let why): (outcome, remark) = ("not decided", why)
    case .vacuous(let why): (outcome, remark) = ("vacuous", why)
    }
    switch step.reasonFinding {
    case .none: reasonOutcome = nil
    case .confirmed: reasonOutcome = "confirmed"
    case .rejected(let why): (reasonOutcome, remark) = ("rejected", remark ?? why)
    case .unexamined(let why): (reasonOutcome, remark) = ("not examined", remark ?? why)
    }
    (self.remark, self.evidence, self.counterexample) = (remark, evidence, counterexample)
  }
}

extension Reason: CustomStringConvertible {
  /// As the language writes it, after `by`.
  public var description: String {
    switch self {
    case .algebra: "algebra"
    case .definition: "definition"
    case .assumption: "assumption"
    case .differentiation: "differentiation"
    case .ito: "ito"
    case .isserlis: "isserlis"
    case .cite(let document, let name): "cite " + (document.map { $0 + "." } ?? "") + name
    case .words(let words): "\"\(words)\""
    }
  }
}
