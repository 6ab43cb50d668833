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
public struct ErrorBudget: Sendable, Equatable, Codable {
  /// The kind of argument, which decides what "allowed" means.
  public let evidence: Evidence
  /// The fraction of the allowed error that was used, in [0, 1].
  public let fractionUsed: Double
  /// What was measured, for a person.
  public let summary: String
  /// For statistical evidence: uniform on [0, 1] if the claim is true.
  public let pValue: Double?
  /// Of a check that reads an order from a ladder of steps: the ladder, of several the one nearest to failing.
  public let ladder: Ladder?

  /// The room that a supporting check had and used.
  ///
  /// - Parameters:
  ///   - evidence: the kind of argument.
  ///   - fractionUsed: in [0, 1]; zero for equality in exact arithmetic.
  ///   - summary: what was measured, one line for a person.
  ///   - pValue: of a statistical check.
  ///   - ladder: of a check that reads an order from one.
  public init(
    _ evidence: Evidence, fractionUsed: Double, summary: String, pValue: Double? = nil, ladder: Ladder? = nil
  ) {
    self.evidence = evidence
    self.fractionUsed = fractionUsed
    self.summary = summary
    self.pValue = pValue
    self.ladder = ladder
  }
}

/// Where, and by how much, a claim is contradicted.
public struct Counterexample: Sendable, Equatable, Codable, CustomStringConvertible {
  /// The place: an entry, a direction, a parameter setting.
  public let place: String
  /// What the claim says there.
  public let claimed: String
  /// What the independent oracle found there.
  public let found: String
  /// Of a statistical check; nil otherwise.
  public let pValue: Double?
  /// Of a check that reads an order from a ladder of steps; nil otherwise.
  public let ladder: Ladder?

  /// A contradiction, with numbers in words for a person.
  ///
  /// - Parameters:
  ///   - place: an entry, a direction, a parameter setting.
  ///   - claimed: what the function under test says there.
  ///   - found: what the independent oracle says there.
  ///   - pValue: of a statistical check.
  ///   - ladder: of a check that reads an order from one.
  public init(at place: String, claimed: String, found: String, pValue: Double? = nil, ladder: Ladder? = nil) {
    self.place = place
    self.claimed = claimed
    self.found = found
    self.pValue = pValue
    self.ladder = ladder
  }

  public var description: String { "at \(place): claimed \(claimed), found \(found)" }
}

/// What a check returns. Inconclusive is never a pass.
public enum Verdict: Sendable, Equatable, Codable {
  /// Tested, and not contradicted within a stated budget.
  case supported(ErrorBudget)
  /// Contradicted beyond what round-off or chance allow.
  case refuted(Counterexample)
  /// Not tested: NaN, no effective sample, too little resolution or an unmet hypothesis. The reason, for a person.
  case inconclusive(String)

  /// The only end that counts for a claim; neither refuted nor inconclusive has it.
  public var isSupported: Bool { if case .supported = self { true } else { false } }
  /// The end that a mutant and a boundary must come to.
  public var isRefuted: Bool { if case .refuted = self { true } else { false } }

  /// The p-value of a statistical check, however it ended.
  public var pValue: Double? {
    switch self {
    case .supported(let budget): budget.pValue
    case .refuted(let counterexample): counterexample.pValue
    case .inconclusive: nil
    }
  }

  /// The ladder of steps that an order was read from, however the check ended.
  public var ladder: Ladder? {
    switch self {
    case .supported(let budget): budget.ladder
    case .refuted(let counterexample): counterexample.ladder
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
  /// What was wrong, by its mathematical name.
  public let field: String
  /// What it was, as text.
  public let value: String
  /// What it must be.
  public let requirement: String

  /// A refusal that names everything needed to mend the input.
  ///
  /// - Parameters:
  ///   - field: the quantity's mathematical name.
  ///   - value: what it was.
  ///   - requirement: what it must be, e.g. "at least two samples".
  public init(field: String, value: String, requirement: String) {
    self.field = field
    self.value = value
    self.requirement = requirement
  }

  public var description: String { "\(field) = \(value) violates the hypothesis: \(requirement)" }

  /// Lets an input pass if the condition holds.
  ///
  /// - Throws: a violation that names the field, the value and the requirement, if it does not.
  public static func require(
    _ condition: Bool, field: String, value: some CustomStringConvertible, _ requirement: String
  ) throws(HypothesisViolation) {
    guard condition else {
      throw HypothesisViolation(field: field, value: "\(value)", requirement: requirement)
    }
  }
}
