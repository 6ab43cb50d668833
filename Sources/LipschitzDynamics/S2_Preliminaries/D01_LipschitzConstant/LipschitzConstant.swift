// Definition 1: the Lipschitz constant, where it can be computed exactly.

public import ExactArithmetic
public import VerificationKit

/// Definition 1: the least K with ‖f(a) − f(b)‖ ≤ K‖a − b‖, for a ReLU network on a line its steepest piece.
public enum LipschitzConstant: Claim {
  public static let source = Source.luo2025("Definition 1")
  public static let statement = Statement(
    "K = min {K : ‖f(a) − f(b)‖₂ ≤ K‖a − b‖₂ for all a, b} = max over pieces ‖Σ_{i active} wᵢvᵢ‖₂,  f(x) = Σᵢ vᵢ max(0, wᵢx + bᵢ)",
    meaning: """
      The Lipschitz constant is the least factor by which distances may grow anywhere. A continuous, piecewise linear \
      function of one variable attains it on its steepest piece.
      """,
    hypotheses: [everywhere, continuous],
    differsFromPrint: "the definition's least constant is computed, for networks with one input")
  static let everywhere = Hypothesis.stated("a and b range over the whole space, not over a sample or a region of it")
  static let continuous = Hypothesis.stated("f is continuous, as compositions of affine maps and ReLU are")

  /// The function under test: a network with one input to K², which is rational where the network is.
  public typealias Subject = @Sendable (LineNetwork<Rational>) throws -> Rational
  public static let subject: Subject = { squaredConstant(of: $0) }

  /// K², the largest squared slope over all pieces.
  ///
  /// - Source: Definition 1, arXiv 2506.18588. Differs from print: none; computed for one input and one hidden layer.
  /// - Accuracy: exact over the rationals; over floating-point numbers a piece as short as round-off may be missed.
  /// - Returns: K² in the squared unit of f over that of x; its root is the smallest of all Lipschitz constants.
  public static func squaredConstant<F: Field & Comparable>(of network: LineNetwork<F>) -> F {
    slopes(of: network).map { $0.dot($0) }.reduce(F(0)) { max($0, $1) }
  }

  /// The vector of slopes on every piece, from left to right.
  static func slopes<F: Field & Comparable>(
    of network: LineNetwork<F>, isActive: (_ weight: F, _ bias: F, _ x: F) -> Bool = { $0 * $2 + $1 > F(0) }
  ) -> [[F]] {
    network.insidePieces.map { x in
      network.weights.indices.filter { isActive(network.weights[$0], network.biases[$0], x) }
        .reduce([F](repeating: F(0), count: network.outputs[0].count)) { sum, unit in
          zip(sum, network.outputs[unit]).map { $0 + network.weights[unit] * $1 }
        }
    }
  }
}

/// A network of one input and one hidden layer of ReLU: x ↦ Σᵢ vᵢ max(0, wᵢx + bᵢ).
public struct LineNetwork<F: Field & Comparable>: Sendable {
  /// wᵢ, one a hidden unit.
  public let weights: [F]
  /// bᵢ, one a hidden unit: where its kink lies.
  public let biases: [F]
  /// vᵢ, vectors of one length: the columns of the output layer. Its bias moves no slope and is left out.
  public let outputs: [[F]]

  /// - Throws: `HypothesisViolation` if there is no unit, or if the parts do not fit each other.
  public init(weights: [F], biases: [F], outputs: [[F]]) throws(HypothesisViolation) {
    try HypothesisViolation.require(!weights.isEmpty, field: "hidden units", value: 0, "give at least one")
    try HypothesisViolation.require(
      biases.count == weights.count && outputs.count == weights.count
        && outputs.allSatisfy { $0.count == outputs[0].count },
      field: "biases and outputs", value: "\(biases.count) and \(outputs.count)",
      "one bias and one output vector for each of the \(weights.count) hidden units, all of one length")
    self.weights = weights
    self.biases = biases
    self.outputs = outputs
  }

  /// One point inside every linear piece, from left to right.
  var insidePieces: [F] {
    let kinks = zip(weights, biases).filter { $0.0 != F(0) }.map { F(0) - $1 / $0 }.sorted()
    guard let first = kinks.first, let last = kinks.last else { return [F(0)] }
    let middles = zip(kinks, kinks.dropFirst()).filter { $0.0 < $0.1 }.map { ($0 + $1) / F(2) }
    return [first - F(1)] + middles + [last + F(1)]
  }
}
