// Wrong effects of weight decay.

internal import DenseLinearAlgebra
private import Glibc
public import VerificationKit

extension WeightDecayDrift {
  public static let mutants: [Mutant<Subject>] = [
    rate("growth: +w", { w, _, _ in w }),
    rate("−w for −Lw", { w, count, _ in -w / Double(count) }),
    rate("w² for w", { w, _, _ in -w * w }),
    rate("w/η for w", { w, _, eta in -w / eta }),
    rate("½w: the loss term's own factor kept", { w, _, _ in -w / 2 }),
    rate("biases counted as layers", { w, _, _ in -2 * w }),
    Mutant("w‖θ‖ for w: lost 1/σ₁") { weights, w, eta in
      var effect = try subject(weights, w, eta)
      let norms = try weights.map { try SingularValueDecomposition($0).values[0] }
      effect.drift = -w * norms.reduce(0, +)
      effect.idleStep = norms.reduce(0) { $0 + log1p(-eta * w * $1) }
      return effect
    },
    spoiled("decay's square in the diffusion") { effect, w, eta in effect.diffusion += eta * w * w },
    spoiled("decay's square in κ") { effect, w, eta in effect.noiseCurvature += eta / 2 * w * w },
    spoiled("Hθ = θ: decay in gᵀHg") { effect, w, eta in effect.gradientCurvature += eta / 2 * w * w },
    spoiled("a step to first order: −ηw for log(1 − ηw)") { effect, _, eta in effect.idleStep = eta * effect.drift },
  ]

  /// Faults that only the terms beside the drift show, and those that only the idle step shows.
  static let besideDrift = ["decay's square in the diffusion", "decay's square in κ", "Hθ = θ: decay in gᵀHg"]
  static let idleStepOnly = ["a step to first order: −ηw for log(1 − ηw)"]

  /// Another rate a layer, in the drift and in the step alike.
  private static func rate(
    _ name: String, _ rate: @escaping @Sendable (_ decay: Double, _ layers: Int, _ eta: Double) -> Double
  ) -> Mutant<Subject> {
    Mutant(name) { weights, w, eta in
      var effect = try subject(weights, w, eta)
      let (layers, wrong) = (Double(weights.count), rate(w, weights.count, eta))
      effect.drift = layers * wrong
      effect.idleStep = layers * log1p(eta * wrong)
      return effect
    }
  }

  private static func spoiled(
    _ name: String, _ change: @escaping @Sendable (inout WeightDecayEffect, Double, Double) -> Void
  ) -> Mutant<Subject> {
    Mutant(name) { weights, w, eta in
      var effect = try subject(weights, w, eta)
      change(&effect, w, eta)
      return effect
    }
  }
}
