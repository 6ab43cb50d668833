// The three possible ends of a check, and what each must carry so that a person can act on it.

/// How a check looks at a claim. Different kinds look in different ways, on top of the same numerical libraries.
public enum Evidence: String, Sendable, Codable, CaseIterable {
  /// Equality in exact arithmetic: no tolerance at all.
  case exact
  /// Two floating-point evaluations that differ only by round-off.
  case roundOff
  /// The slope of a Taylor remainder over a ladder of steps.
  case derivative
  /// Numerical integration with an error estimate.
  case quadrature
  /// A mean over independent random samples.
  case monteCarlo
  /// The order at which a discretisation error falls.
  case convergence
  /// Stochastic gradient descent of a real network on real data.
  case training

  /// How much a check of this kind can say at best, in words for a person.
  public var strength: String {
    switch self {
    case .exact: "equality in exact arithmetic on the instances examined, no tolerance"
    case .roundOff: "agreement within a derived bound on round-off"
    case .derivative: "Taylor remainders fall with the next power of the step: the derivative to some five digits"
    case .quadrature: "agreement within an integration's own error estimate"
    case .monteCarlo: "a mean over random samples, planned so that the nearest wrong version would be seen"
    case .convergence: "an error falls with the stated power, slope with a 99.9 % interval"
    case .training: "SGD of one small real network on real data: means, or orders in η"
    }
  }
}

/// How far a supported claim came to the limit that its check allows.
public struct ErrorBudget: Sendable, Equatable {
  public let evidence: Evidence
  /// The fraction of the allowed error that was used, in [0, 1].
  public let fractionUsed: Double
  /// What was measured, for a person.
  public let summary: String
  /// For statistical evidence: uniform on [0, 1] if the claim is true.
  public let pValue: Double?

  public init(_ evidence: Evidence, fractionUsed: Double, summary: String, pValue: Double? = nil) {
    self.evidence = evidence
    self.fractionUsed = fractionUsed
    self.summary = summary
    self.pValue = pValue
  }
}

/// Where, and by how much, a claim is contradicted.
public struct Counterexample: Sendable, Equatable, CustomStringConvertible {
  /// The place: an entry, a direction, a parameter setting.
  public let place: String
  /// What the claim says there.
  public let claimed: String
  /// What the independent oracle found there.
  public let found: String
  public let pValue: Double?

  public init(at place: String, claimed: String, found: String, pValue: Double? = nil) {
    self.place = place
    self.claimed = claimed
    self.found = found
    self.pValue = pValue
  }

  public var description: String { "at \(place): claimed \(claimed), found \(found)" }
}

/// What a check returns. Inconclusive is never a pass.
public enum Verdict: Sendable, Equatable {
  case supported(ErrorBudget)
  case refuted(Counterexample)
  case inconclusive(String)

  public var isSupported: Bool { if case .supported = self { true } else { false } }
  public var isRefuted: Bool { if case .refuted = self { true } else { false } }

  /// The p-value of a statistical check, however it ended.
  public var pValue: Double? {
    switch self {
    case .supported(let budget): budget.pValue
    case .refuted(let counterexample): counterexample.pValue
    case .inconclusive: nil
    }
  }

  /// One line for a person.
  public var summary: String {
    switch self {
    case .supported(let budget): budget.summary
    case .refuted(let counterexample): "refuted \(counterexample)"
    case .inconclusive(let reason): "inconclusive: \(reason)"
    }
  }
}

/// An input outside a claim's hypotheses. A check that meets one is inconclusive.
public struct HypothesisViolation: Error, Equatable, Sendable, CustomStringConvertible {
  public let field: String
  public let value: String
  public let requirement: String

  public init(field: String, value: String, requirement: String) {
    self.field = field
    self.value = value
    self.requirement = requirement
  }

  public var description: String { "\(field) = \(value) violates the hypothesis: \(requirement)" }

  /// Throws unless the condition holds.
  public static func require(
    _ condition: Bool, field: String, value: some CustomStringConvertible, _ requirement: String
  ) throws(HypothesisViolation) {
    guard condition else {
      throw HypothesisViolation(field: field, value: "\(value)", requirement: requirement)
    }
  }
}
