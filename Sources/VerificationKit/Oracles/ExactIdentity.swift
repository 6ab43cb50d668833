// Oracle: equality of exact values. No tolerance; and without cases no verdict.

/// One instance of an identity: what the claim says, and what the independent evaluation says.
public struct Identity<Value: Equatable & Sendable>: Sendable {
  /// Where the two sides are compared, e.g. an entry or a population; a counterexample repeats it.
  public let place: String
  /// What the function under test gives.
  public let claimed: Value
  /// What an evaluation that shares no code with it gives.
  public let expected: Value

  /// Two exact values to compare with `==`.
  ///
  /// - Parameters:
  ///   - place: for messages.
  ///   - claimed: from the function under test.
  ///   - expected: from an independent evaluation.
  public init(_ place: String, claimed: Value, expected: Value) {
    self.place = place
    self.claimed = claimed
    self.expected = expected
  }
}

extension Check {
  /// The claim's values equal independently computed ones, exactly.
  public static func exactIdentity<Value: Equatable & Sendable>(
    _ name: String, blindTo: [String: String] = [:],
    cases: @escaping @Sendable (Subject, Setting) throws -> [Identity<Value>]
  ) -> Check {
    Check(name, .exact, blindTo: blindTo) { subject, trial in
      let identities = try cases(subject, trial.setting)
      guard !identities.isEmpty else { return .inconclusive("no instance was examined") }
      for identity in identities where identity.claimed != identity.expected {
        return .refuted(
          Counterexample(at: identity.place, claimed: "\(identity.claimed)", found: "\(identity.expected)"))
      }
      return .supported(
        ErrorBudget(.exact, fractionUsed: 0, summary: "\(identities.count) instances equal in exact arithmetic"))
    }
  }
}
