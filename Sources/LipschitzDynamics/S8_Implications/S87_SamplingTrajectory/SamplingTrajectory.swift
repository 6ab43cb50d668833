// Section 8.7: how much two runs differ that differ in nothing but the seed of their mini-batches.

public import ExactArithmetic
public import VerificationKit

/// Section 8.7: runs that differ only in the sampling seed agree as the batch grows.
public enum SamplingTrajectory: Claim {
  public static let source = Source.luo2025("Section 8.7")
  public static let statement = Statement(
    "E(K_a − K_b)² = 2 Var K ≈ 2C₀/M → 0 as M → ∞",
    meaning: """
      Two independent runs from one initialisation differ, in the mean square, by twice the variance over seeds, which \
      falls like one over the batch size; so does any smooth function of K, such as log K, with a C₀ of its own.
      """,
    hypotheses: [large, fixedHorizon, LargeBatchUncertainty.independence, LargeBatchUncertainty.fixedSteps],
    differsFromPrint: "gives the constant: 2C₀, because both runs vary")
  static let large = Hypothesis.stated("M is large")
  static let fixedHorizon = Hypothesis.unstated(
    "a horizon fixed before M grows; C₀ depends on it, and where differences are amplified it outgrows M")

  /// The function under test.
  public static let subject = SeedDisagreement()
}

/// The mean squared difference of two runs that differ in their sampling seed, in exact or floating arithmetic.
///
/// 2C₀/M
///
/// - Source: Section 8.7, arXiv 2506.18588. Differs from print: the constant 2.
/// - Hypotheses: independent runs; M large; a fixed horizon.
/// - Accuracy: the leading term; the next is smaller by O(1/M).
public struct SeedDisagreement: Sendable {
  var factor = 2
  var divisor: @Sendable (_ batchSize: Int) -> Int = { $0 }

  /// - Parameters:
  ///   - scale: C₀ ≥ 0, the variance over seeds times M; the square of the observable's unit.
  ///   - batchSize: M ≥ 1.
  /// - Returns: E(K_a − K_b)², in the unit of C₀.
  /// - Throws: `HypothesisViolation` naming M.
  public func squaredDifference<F: Field>(scale: F, batchSize: Int) throws(HypothesisViolation) -> F {
    try HypothesisViolation.require(batchSize >= 1, field: "batch size M", value: batchSize, "M ≥ 1")
    return F(factor) * scale / F(divisor(batchSize))
  }
}
