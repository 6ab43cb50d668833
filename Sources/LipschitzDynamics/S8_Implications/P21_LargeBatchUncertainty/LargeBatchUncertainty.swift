// Proposition 21: how the uncertainty of the Lipschitz constant depends on the batch size.

private import Glibc
public import VerificationKit

/// Proposition 21: the variance over sampling seeds falls like one over the batch size.
public enum LargeBatchUncertainty: Claim {
  public static let source = Source.luo2025("Proposition 21")
  public static let statement = Statement(
    "Var K(t) ≈ C₀/M,  C₀ = (E K)² ∫Λ² ds,  Λ² = η Σ_ℓ JᵀC⁽ˡ⁾J/σ₁²",
    meaning:
      "At a fixed learning rate and number of steps the variance over sampling seeds falls like one over the batch size.",
    hypotheses: [independence, fixedSteps, .stated("M is large")])
  static let independence = Hypothesis.stated("samples are drawn i.i.d., so with replacement from a finite data set")
  static let fixedSteps = Hypothesis.stated("the same learning rate and number of steps for every batch size")

  /// The function under test: C₀ and M to the variance.
  public typealias Subject = @Sendable (_ scale: Double, _ batchSize: Int) throws -> Double
  public static let subject: Subject = { try variance(scale: $0, batchSize: $1) }

  /// C₀/M.
  ///
  /// - Source: Proposition 21, arXiv 2506.18588. Differs from print: none.
  /// - Parameters:
  ///   - scale: C₀ ≥ 0, in the unit of K².
  ///   - batchSize: M ≥ 1.
  /// - Accuracy: the leading term; the next is smaller by O(1/M).
  /// - Throws: ``HypothesisViolation`` naming M or C₀.
  public static func variance(scale: Double, batchSize: Int) throws(HypothesisViolation) -> Double {
    try HypothesisViolation.require(batchSize >= 1, field: "batch size M", value: batchSize, "M ≥ 1")
    try HypothesisViolation.require(scale >= 0, field: "C₀", value: scale, "a variance is non-negative")
    return scale / Double(batchSize)
  }
}
