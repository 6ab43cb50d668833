// What SGD's discrete steps add to the drift of log K, and by which order it mends the theory's mean.

public import VerificationKit

/// The mean change of log K in one SGD step, to second order in η: Theorems 14 to 16 with the term that steps add.
public enum DiscreteStepCorrection: Claim {
  public static let source = Source.complement(to: "Theorem 14")
  public static let statement = Statement(
    "E ΔZ = η Σ_ℓ(μ + κ − ½‖λ‖²) + (η²/2) Σ_ℓ(gᵀHg/σ₁ − ⟨J, g⟩²/σ₁²) + O(η³)",
    meaning: """
      The SDE's drift misses a term of κ's own order in η, which does not shrink with the batch size: a step moves along \
      the gradient by a finite amount, and log K is curved. With it the mean of one step is right to a local error O(η³) \
      and, summed along SGD's own path to a fixed time, to O(η²); without it O(η²) and O(η).
      """,
    hypotheses: [perStep, .own("σ₁ of every layer simple"), .own("independent batches, drawn with replacement")],
    differsFromPrint:
      "not in the paper: what summing Theorems 14 to 16 over SGD's steps needs (Section 9, item 3, names the gap)")
  static let perStep = Hypothesis.own(
    "time advances in SGD steps of length η; in continuous time there is no such term")

  /// The function under test: every layer's coefficients and η to E ΔZ of one step.
  public typealias Subject = @Sendable (_ layers: [LayerCoefficients], _ learningRate: Double) -> Double
  public static let subject: Subject = { expectedLogChange($0, learningRate: $1) }

  /// E ΔZ of one SGD step.
  ///
  /// - Source: complement to Theorems 14 to 16, arXiv 2506.18588.
  /// - Hypotheses: batches with replacement; coefficients of the full data set at the step's start.
  /// - Accuracy: a local error O(η³).
  /// - Parameters:
  ///   - layers: coefficients per unit of time, one a layer.
  ///   - eta: the learning rate η.
  /// - Returns: dimensionless; a mean over batches.
  public static func expectedLogChange(_ layers: [LayerCoefficients], learningRate eta: Double) -> Double {
    layers.reduce(0) { $0 + eta * ($1.logDrift + $1.logDiscreteStep(learningRate: eta)) }
  }
}
