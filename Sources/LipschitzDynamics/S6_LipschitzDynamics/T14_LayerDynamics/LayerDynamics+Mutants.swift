// Wrong dynamics of one layer.

internal import DenseLinearAlgebra
public import VerificationKit

extension LayerDynamics {
  public static let mutants: [Mutant<Subject>] = [
    spoiled("lost ½ in κ") { c, _, _ in c.with(kappa: 2 * c.kappa) },
    spoiled("√η for η in κ") { c, eta, _ in c.with(kappa: c.kappa / eta.squareRoot()) },
    spoiled("η for √η in the diffusion") { c, eta, _ in c.with(lambdaSquared: c.lambdaSquared * eta) },
    spoiled("κ dropped from the drift") { c, _, _ in c.with(kappa: 0) },
    spoiled("gradient ascent: sign of μ") { c, _, _ in c.with(mu: -c.mu) },
    spoiled("absolute μ: lost 1/σ₁") { c, _, sigma in c.with(mu: c.mu * sigma) },
    spoiled("absolute κ: lost 1/σ₁") { c, _, sigma in c.with(kappa: c.kappa * sigma) },
    spoiled("λ for λ²") { c, _, _ in c.with(lambdaSquared: c.lambdaSquared.squareRoot()) },
    spoiled("Stratonovich drift for Itô's") { c, _, _ in c.with(kappa: c.kappa - c.lambdaSquared / 2) },
    spoiled("discrete-step term dropped") { c, _, _ in c.with(discreteStep: 0) },
    spoiled("discrete-step term without its ½") { c, _, _ in c.with(discreteStep: 2 * c.discreteStep) },
  ]

  private static func spoiled(
    _ name: String, _ change: @escaping @Sendable (LayerCoefficients, Double, Double) -> LayerCoefficients
  ) -> Mutant<Subject> {
    Mutant(name) { point in
      let p = try point.projections()
      return change(LayerCoefficients(p, learningRate: point.learningRate), point.learningRate, p.triplet.sigma)
    }
  }
}

extension LayerCoefficients {
  /// The same coefficients with some replaced: how mutants are made.
  func with(
    mu: Double? = nil, kappa: Double? = nil, lambdaSquared: Double? = nil, discreteStep: Double? = nil,
    relativeGradientSquared: Double? = nil
  ) -> LayerCoefficients {
    LayerCoefficients(
      mu: mu ?? self.mu, kappa: kappa ?? self.kappa, lambdaSquared: lambdaSquared ?? self.lambdaSquared,
      discreteStep: discreteStep ?? self.discreteStep,
      relativeGradientSquared: relativeGradientSquared ?? self.relativeGradientSquared)
  }
}
