// Wrong means of one SGD step.

public import VerificationKit

extension DiscreteStepCorrection {
  public static let mutants: [Mutant<Subject>] = [
    changed("the continuous drift alone") { _, _ in 0 },
    changed("lost ½: η² for η²/2") { c, eta in 2 * c.logDiscreteStep(learningRate: eta) },
    changed("K's term in log K: −⟨J, g⟩²/σ₁² dropped") { c, _ in c.discreteStep },
    changed("the logarithm's share alone: gᵀHg dropped") { c, eta in
      c.logDiscreteStep(learningRate: eta) - c.discreteStep
    },
    changed("gᵀHg a fifth too large") { c, eta in c.logDiscreteStep(learningRate: eta) + c.discreteStep / 5 },
    changed("subtracted instead of added") { c, eta in -c.logDiscreteStep(learningRate: eta) },
    changed("shrunk with the batch size, as κ is") { c, eta in c.logDiscreteStep(learningRate: eta) / 32 },
  ]

  private static func changed(
    _ name: String, _ discrete: @escaping @Sendable (LayerCoefficients, Double) -> Double
  ) -> Mutant<Subject> {
    Mutant(name) { layers, eta in layers.reduce(0) { $0 + eta * ($1.logDrift + discrete($1, eta)) } }
  }
}
