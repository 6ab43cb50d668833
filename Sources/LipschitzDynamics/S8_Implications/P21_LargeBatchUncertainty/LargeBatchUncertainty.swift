// Proposition 21: how the uncertainty of the Lipschitz constant depends on the batch size.

public import ExactArithmetic
public import VerificationKit

/// Proposition 21: the variance over sampling seeds falls like one over the batch size.
public enum LargeBatchUncertainty: Claim {
  public static let source = Source.luo2025("Proposition 21")
  public static let statement = Statement(
    "Var K(t) ≈ C₀/M,  C₀ = (E K)² ∫Λ² ds,  Λ² = η Σ_ℓ JᵀC⁽ˡ⁾J/σ₁²",
    meaning: """
      At a fixed learning rate and number of steps the variance over sampling seeds falls like one over the batch size, \
      times (N − M)/(N − 1) for batches of distinct samples. The power of M needs no more; the value of C₀ needs \
      Assumption 3 and Theorem 17's deterministic coefficients.
      """,
    hypotheses: [
      independence, fixedSteps, .stated("M is large"), NetworkLogDynamics.layerwise, LipschitzStatistics.deterministic,
    ],
    differsFromPrint: "the finite-population factor and the next order in 1/M are available")
  static let independence = Hypothesis.stated("samples are drawn i.i.d., so with replacement from a finite data set")
  static let fixedSteps = Hypothesis.stated("the same learning rate and number of steps for every batch size")

  /// The function under test.
  public static let subject = BatchVariance()
}

/// The variance over sampling seeds as a function of the batch size, in exact or floating arithmetic.
///
/// - Source: Proposition 21, arXiv 2506.18588. Differs from print: the finite-population factor; the next order.
/// - Hypotheses: the same learning rate and number of steps for every batch size.
public struct BatchVariance: Sendable {
  /// Draws with or without replacement, as for the estimator of Proposition 5.
  public typealias Sampling = NoiseEstimator.Sampling

  var divisor: @Sendable (_ batchSize: Int) -> Int = { $0 }
  var finitePopulationFactor: @Sendable (_ batchSize: Int, _ population: Int) -> (Int, Int) = { ($1 - $0, $1 - 1) }
  /// The multiples of k and of A/2 in the next order.
  var curvatureFactor = 2
  var spreadFactor = 1

  /// C₀ f/M with f = 1 for i.i.d. samples and f = (N − M)/(N − 1) for M distinct ones of N.
  ///
  /// - Parameters:
  ///   - scale: C₀ ≥ 0, in the unit of K².
  ///   - batchSize: M ≥ 1, and at most N if the samples are distinct.
  ///   - sampling: i.i.d., or M distinct ones of N.
  /// - Accuracy: the leading term; the next is smaller by O(1/M).
  /// - Throws: `HypothesisViolation` naming M.
  public func leading<F: Field>(
    scale: F, batchSize: Int, sampling: Sampling = .withReplacement
  ) throws(HypothesisViolation) -> F {
    try scale * share(batchSize, sampling)
  }

  /// (C₀ f/M)[1 + (2k + A/2) f/M] from Theorem 17, with C₀ of the noise-free path.
  ///
  /// - Parameters:
  ///   - scale: C₀ = K(0)² e^{2∫μ_Z} A, in the unit of K².
  ///   - curvature: k = ∫Mκ_Z, which does not depend on M.
  ///   - spread: A = ∫Λ².
  ///   - batchSize: M ≥ 1, and at most N if the samples are distinct.
  ///   - sampling: i.i.d., or M distinct ones of N.
  /// - Hypotheses: those of Theorem 17, among them deterministic coefficients.
  /// - Accuracy: the next term is smaller by O(1/M²).
  /// - Throws: `HypothesisViolation` naming M.
  public func secondOrder<F: Field>(
    scale: F, curvature: F, spread: F, batchSize: Int, sampling: Sampling = .withReplacement
  ) throws(HypothesisViolation) -> F {
    let share: F = try share(batchSize, sampling)
    return scale * share * (1 + (F(curvatureFactor) * curvature + F(spreadFactor) * spread / 2) * share)
  }

  private func share<F: Field>(_ batchSize: Int, _ sampling: Sampling) throws(HypothesisViolation) -> F {
    try HypothesisViolation.require(batchSize >= 1, field: "batch size M", value: batchSize, "M ≥ 1")
    let single = F(1) / F(divisor(batchSize))
    guard case .withoutReplacement(let population) = sampling else { return single }
    try HypothesisViolation.require(
      batchSize <= population && population >= 2, field: "batch size M", value: batchSize,
      "M ≤ N = \(population) without replacement, N ≥ 2")
    let (numerator, denominator) = finitePopulationFactor(batchSize, population)
    return single * F(numerator) / F(denominator)
  }
}
