// What an examination finds: evidence by kind and strength, a counterexample to read, or an honest "not decided".

/// Support for a statement that was not refuted.
public struct Evidence: Hashable, Sendable {
  /// From weakest to strongest.
  public enum Kind: String, Hashable, Sendable, Comparable, CaseIterable {
    /// Floating point or Monte Carlo.
    case sampled
    /// Rigorous enclosures at random points that satisfy the hypotheses.
    case enclosed
    /// Equality of normal forms, of exact numbers, or of residues with a stated failure probability.
    case exact

    public static func < (a: Kind, b: Kind) -> Bool {
      (allCases.firstIndex(of: a) ?? 0) < (allCases.firstIndex(of: b) ?? 0)
    }
  }

  public var kind: Kind
  /// One clause that says how strong: "to 96 bits at 12 points", "failure probability below 2^-84".
  public var strength: String
  /// Sizes at which it was established.
  public var sizes: [[String: Int]]
  /// −log₂ of the probability that a false identity passed; infinite for a proof, nil where it means nothing.
  public var failureBits: Double?

  public init(_ kind: Kind, _ strength: String, sizes: [[String: Int]] = [], failureBits: Double? = nil) {
    (self.kind, self.strength, self.sizes, self.failureBits) = (kind, strength, sizes, failureBits)
  }
}

/// A point at which a statement fails, though every hypothesis holds.
public struct Counterexample: Hashable, Sendable {
  public struct Value: Hashable, Sendable {
    public var name: String
    public var text: String
  }

  public var sizes: [String: Int]
  public var values: [Value]
  public var left: String
  public var right: String
  /// The first sub-terms in which the sides part.
  public var partsAt: Parting?
  /// How certain the refutation is.
  public var kind: Evidence.Kind

  public struct Parting: Hashable, Sendable {
    public var left: Expression?
    public var right: Expression?
    public var leftValue: String
    public var rightValue: String
  }
}

/// The outcome of examining one statement.
public enum Finding: Hashable, Sendable {
  case holds(Evidence)
  case refuted(Counterexample)
  case undecided(String)
  /// No point that satisfies the hypotheses was found: the statement says nothing, as far as one can see.
  case vacuous(String)

  public var evidence: Evidence? {
    if case .holds(let evidence) = self { return evidence }
    return nil
  }
}
