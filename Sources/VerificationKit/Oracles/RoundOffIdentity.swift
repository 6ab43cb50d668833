// Oracle: two floating-point evaluations that may differ by round-off and by nothing else.

/// One instance of an identity between floating-point values.
public struct NumericIdentity: Sendable {
  /// Where the two sides are compared; a counterexample adds the entry's index.
  public let place: String
  /// What the function under test gives, entry by entry.
  public let claimed: [Double]
  /// What an independent evaluation gives; as many entries as ``claimed``.
  public let expected: [Double]
  /// The size of the numbers that were added up; differences are judged relative to it.
  public let magnitude: Double
  /// How many roundings may add up: the longest chain of operations of either side.
  public let operations: Int
  /// How much the problem amplifies a relative error of its data.
  public let condition: Double

  /// - Parameters:
  ///   - place: for messages.
  ///   - claimed: from the function under test.
  ///   - expected: from an independent evaluation; as many entries.
  ///   - magnitude: defaults to the largest expected magnitude.
  ///   - operations: length of the longest chain of floating-point operations.
  ///   - condition: condition number of the evaluation, ≥ 1.
  public init(
    _ place: String, claimed: [Double], expected: [Double], magnitude: Double? = nil, operations: Int,
    condition: Double = 1
  ) {
    self.place = place
    self.claimed = claimed
    self.expected = expected
    self.magnitude = magnitude ?? expected.reduce(0) { max($0, abs($1)) }
    self.operations = operations
    self.condition = condition
  }

  /// As the initialiser from lists, for one number.
  ///
  /// - Parameters:
  ///   - place: for messages.
  ///   - claimed: from the function under test.
  ///   - expected: from an independent evaluation; as many entries.
  ///   - magnitude: defaults to |expected|, which is too small where the number is a difference of larger ones.
  ///   - operations: length of the longest chain of floating-point operations.
  ///   - condition: condition number of the evaluation, ≥ 1.
  public init(
    _ place: String, claimed: Double, expected: Double, magnitude: Double? = nil, operations: Int, condition: Double = 1
  ) {
    self.init(
      place, claimed: [claimed], expected: [expected], magnitude: magnitude, operations: operations,
      condition: condition)
  }

  /// 4 n u κ · magnitude: a worst-case chain of n roundings on either side, amplified by the condition.
  var bound: Double { 4 * Double(operations) * (Double.ulpOfOne / 2) * max(1, condition) * magnitude }
}

extension Check {
  /// The claim's values equal independently computed ones up to a derived round-off bound.
  ///
  /// A condition number so large that the bound exceeds 10⁻³ of the magnitude leaves nothing to compare:
  /// inconclusive.
  public static func roundOffIdentity(
    _ name: String, blindTo: [String: String] = [:],
    cases: @escaping @Sendable (Subject, Setting) throws -> [NumericIdentity]
  ) -> Check {
    Check(name, .roundOff, blindTo: blindTo) { subject, trial in
      judgeRoundOff(try cases(subject, trial.setting))
    }
  }
}

/// The verdict on a list of numeric identities.
public func judgeRoundOff(_ identities: [NumericIdentity]) -> Verdict {
  var worst = (fraction: 0.0, place: "nowhere")
  var compared = 0
  for identity in identities {
    guard identity.claimed.count == identity.expected.count else {
      return .refuted(
        Counterexample(
          at: identity.place, claimed: "\(identity.claimed.count) values", found: "\(identity.expected.count) values"))
    }
    guard identity.magnitude.isFinite, identity.expected.allSatisfy(\.isFinite) else {
      return .inconclusive("\(identity.place): the expected value is not finite")
    }
    guard identity.bound <= 1e-3 * identity.magnitude else {
      return .inconclusive("\(identity.place): condition \(identity.condition) leaves no digits to compare")
    }
    for (index, (claimed, expected)) in zip(identity.claimed, identity.expected).enumerated() {
      let place = identity.claimed.count > 1 ? "\(identity.place), entry \(index)" : identity.place
      guard claimed.isFinite else { return .inconclusive("\(place): the claimed value is \(claimed)") }
      let difference = abs(claimed - expected)
      if difference > identity.bound {
        return .refuted(Counterexample(at: place, claimed: "\(claimed)", found: "\(expected)"))
      }
      if identity.bound > 0, difference / identity.bound > worst.fraction {
        worst = (difference / identity.bound, place)
      }
      compared += 1
    }
  }
  guard compared > 0 else { return .inconclusive("no value was compared") }
  return .supported(
    ErrorBudget(
      .roundOff, fractionUsed: worst.fraction,
      summary: "\(compared) values agree to round-off; closest to the bound: \(worst.place)"))
}
