// Oracle: equality of exact values. No tolerance; and without cases no verdict.

/// One instance of an identity: what the claim says, and what the independent evaluation says.
public struct Identity<Value: Equatable & Sendable>: Sendable {
  public let place: String
  public let claimed: Value
  public let expected: Value

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
