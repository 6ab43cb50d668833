// Proposition 8: a network's Lipschitz constant is at most the product of its layers' constants.

public import DenseLinearAlgebra
public import VerificationKit

/// Proposition 8: the product of the layers' constants bounds the network's.
public enum LipschitzProductBound: Claim {
  public static let source = Source.luo2025("Proposition 8")
  public static let statement = Statement(
    "Lip(f) ≤ Π A⁽ˡ⁾K⁽ˡ⁾,  K⁽ˡ⁾ = ‖θ⁽ˡ⁾‖",
    meaning:
      "Composition multiplies Lipschitz constants; the bound is attained when the layers' top directions line up.",
    hypotheses: [noSkip, contractive])
  static let noSkip = Hypothesis.stated("a feed-forward network without skip connections")
  static let contractive = Hypothesis.stated("A⁽ˡ⁾ bounds the slope of the layer's activation; 1 for ReLU and tanh")

  /// The function under test: layers to a bound of the network's Lipschitz constant.
  public typealias Subject = @Sendable ([BoundedLayer]) throws -> Double
  public static let subject: Subject = { try bound(of: $0) }

  /// Π A⁽ˡ⁾σ₁(θ⁽ˡ⁾).
  ///
  /// - Source: Proposition 8, arXiv 2506.18588. Differs from print: none.
  /// - Parameter layers: input first; the last layer's activation constant counts too (1 if it has none).
  /// - Returns: a bound of ‖f(a) − f(b)‖/‖a − b‖ over all a ≠ b; the product over no layers is 1, the identity's constant.
  /// - Throws: `LinearAlgebraError` on empty or non-finite weights.
  public static func bound(of layers: [BoundedLayer]) throws(LinearAlgebraError) -> Double {
    var product = 1.0
    for layer in layers { product *= layer.activationConstant * (try TopSingularTriplet(layer.weights)).sigma }
    return product
  }
}

/// A dense layer with the Lipschitz constant of the activation that follows it.
public struct BoundedLayer: Sendable {
  /// θ; shape [m, n].
  public let weights: Matrix<Double>
  /// A ≥ 0.
  public let activationConstant: Double

  /// A layer for the product bound.
  ///
  /// - Parameters:
  ///   - weights: θ, shape [m, n].
  ///   - activationConstant: A ≥ 0; 1 for ReLU, tanh and no activation, ¼ for the sigmoid.
  public init(_ weights: Matrix<Double>, activationConstant: Double = 1) {
    self.weights = weights
    self.activationConstant = activationConstant
  }
}
