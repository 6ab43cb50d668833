// What the checker says of a step, a claim and a document.

public import SymbolicCalculus

/// Whether a step's reason does what it says.
public enum ReasonFinding: Hashable, Sendable {
  /// There is nothing to check: no reason, algebra, or words.
  case none
  case confirmed
  /// The step may be true, but not for this reason.
  case rejected(String)
  /// The reason could not be examined.
  case unexamined(String)
}

/// One step, examined.
public struct StepReport: Hashable, Sendable {
  /// Of the `have` it belongs to; nil for the claim's own chain.
  public var lemma: String?
  /// From 1 within its chain; 0 for a join between the chain's ends and the claim.
  public var number: Int
  public var statement: Statement
  public var reason: Reason?
  public var span: Range<Int>
  public var finding: Finding
  public var reasonFinding: ReasonFinding

  /// Whether the step counts as shown.
  public var isAccepted: Bool {
    if case .rejected = reasonFinding { return false }
    return finding.evidence != nil
  }
}

/// One claim, all its steps.
public struct ClaimOutcome: Hashable, Sendable {
  public var name: String
  public var section: String?
  public var statement: Statement
  public var span: Range<Int>
  public var steps: [StepReport]
  /// Why no step was looked at, if so.
  public var obstacle: String?

  public var isProved: Bool { obstacle == nil && !steps.isEmpty && steps.allSatisfy(\.isAccepted) }
  public var isRefuted: Bool {
    steps.contains { if case .refuted = $0.finding { true } else { false } }
  }
  /// The kind of evidence of the weakest step; nil unless every step holds.
  public var weakest: Evidence.Kind? {
    isProved ? steps.compactMap { $0.finding.evidence?.kind }.min() : nil
  }
}

/// One document, all its claims.
public struct DocumentOutcome: Hashable, Sendable {
  public var document: DerivationDocument
  public var claims: [ClaimOutcome]

  public var isProved: Bool {
    document.errors.isEmpty && !claims.isEmpty && claims.allSatisfy(\.isProved)
  }
  public var isRefuted: Bool { claims.contains(where: \.isRefuted) }
  public var weakest: Evidence.Kind? { isProved ? claims.compactMap(\.weakest).min() : nil }
}
