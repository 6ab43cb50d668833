// Complement to Theorem 14: what weight decay adds to the dynamics of the operator norms.

public import DenseLinearAlgebra
private import Glibc
public import VerificationKit

/// Complement to Theorem 14: weight decay lowers log K at a rate that depends on nothing but the number of layers.
public enum WeightDecayDrift: Claim {
  public static let source = Source.complement(to: "Theorem 14")
  public static let statement = Statement(
    "∇L → ∇L + wθ  ⇒  μ⁽ˡ⁾ → μ⁽ˡ⁾ − w,  μ_Z → μ_Z − Lw;  λ, κ and gᵀHg unchanged",
    meaning: """
      Decay is a drift of log K that no property of the network can change: ⟨J, θ⟩ = σ₁ and Hθ = 0. Where the gradient \
      vanishes a step of SGD multiplies every norm by exactly 1 − ηw. What does change of the discrete-step terms is \
      log K's −½η⟨J, g⟩²/σ₁² a layer, in which ⟨J, g⟩ gains wσ₁.
      """,
    hypotheses: [coupled, everyLayer],
    differsFromPrint: "not in the paper, which trains with weight decay and gives no term for it")
  static let coupled = Hypothesis.own("the decay wθ is part of the gradient, so a step subtracts ηwθ")
  static let everyLayer = Hypothesis.own("the L layers are those whose weights decay, all at the same rate w")

  /// The function under test: the decayed layers' weights, w and η to what the decay adds.
  public typealias Subject =
    @Sendable (_ weights: [Matrix<Double>], _ decay: Double, _ learningRate: Double) throws -> WeightDecayEffect
  public static let subject: Subject = { try effect(on: $0, decay: $1, learningRate: $2) }

  /// What decay at rate w adds to the network's dynamics.
  ///
  /// - Source: Theorem 14, arXiv 2506.18588, with the gradient ∇L + wθ.
  /// - Parameters:
  ///   - weights: θ⁽ˡ⁾ of the decayed layers. Their number counts; that none is zero is all that is asked of them.
  ///   - decay: w ≥ 0; the loss has the term (w/2)‖θ‖².
  ///   - learningRate: η, with ηw < 1.
  /// - Throws: `HypothesisViolation` naming a zero matrix, a negative w, or ηw ≥ 1.
  public static func effect(
    on weights: [Matrix<Double>], decay: Double, learningRate: Double
  ) throws(HypothesisViolation) -> WeightDecayEffect {
    for (layer, theta) in weights.enumerated() {
      try HypothesisViolation.require(
        theta.maximumMagnitude > 0, field: "layer \(layer)", value: "0", "a norm whose logarithm exists")
    }
    try HypothesisViolation.require(decay >= 0, field: "decay w", value: decay, "w ≥ 0")
    try HypothesisViolation.require(
      learningRate > 0 && learningRate * decay < 1, field: "learning rate η", value: learningRate,
      "0 < η < 1/w: a step beyond flips the weights' sign")
    let layers = Double(weights.count)
    return WeightDecayEffect(
      drift: -layers * decay, diffusion: 0, noiseCurvature: 0, gradientCurvature: 0,
      idleStep: layers * log1p(-learningRate * decay))
  }
}

/// What weight decay adds to a network's dynamics.
public struct WeightDecayEffect: Sendable, Equatable {
  /// Added to μ_Z; per unit of time, of which a step takes η.
  public var drift: Double
  /// Added to Σ‖λ⁽ˡ⁾‖².
  public var diffusion: Double
  /// Added to κ_Z.
  public var noiseCurvature: Double
  /// Added to Σ (η/2) gᵀHg/σ₁, what discrete steps add to the drift of K.
  public var gradientCurvature: Double
  /// The change of Z = Σ log K⁽ˡ⁾ in one step where the gradient vanishes.
  public var idleStep: Double

  /// An effect from its parts, all of them summed over the layers.
  ///
  /// - Parameters:
  ///   - drift: added to μ_Z; per unit of time.
  ///   - diffusion: added to Σ‖λ⁽ˡ⁾‖²; per unit of time.
  ///   - noiseCurvature: added to κ_Z; per unit of time.
  ///   - gradientCurvature: added to Σ (η/2) gᵀHg/σ₁; per unit of time.
  ///   - idleStep: the change of Z in one step without gradient; dimensionless.
  public init(
    drift: Double, diffusion: Double, noiseCurvature: Double, gradientCurvature: Double, idleStep: Double
  ) {
    self.drift = drift
    self.diffusion = diffusion
    self.noiseCurvature = noiseCurvature
    self.gradientCurvature = gradientCurvature
    self.idleStep = idleStep
  }
}
