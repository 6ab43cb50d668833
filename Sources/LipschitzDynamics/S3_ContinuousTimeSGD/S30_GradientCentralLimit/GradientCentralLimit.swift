// Section 3's central limit theorem: how far a batch's mean gradient is from Gaussian.

public import VerificationKit

/// Section 3: the noise of a batch's mean gradient, times √M, tends to a Gaussian of covariance C.
public enum GradientCentralLimit: Claim {
  public static let source = Source.luo2025("Section 3")
  public static let statement = Statement(
    "√M(ḡ − g) → N(0, C) in law;  its k-th cumulant is κ_k/M^{k/2−1}: C, κ₃/√M, κ₄/M",
    meaning: """
      Along every direction the covariance is C at any batch size, the skewness falls like 1/√M and the excess kurtosis \
      like 1/M. Section 9, item 2 concedes that noise of small batches may be far from Gaussian. The paper goes from \
      here to Definition 4; a step's mean and covariance, which the SDE reproduces, do not depend on how Gaussian it is.
      """,
    hypotheses: [independence, finiteVariance, .stated("M → ∞ for the law; the cumulants are exact for every M")],
    differsFromPrint: "says how fast")
  static let independence = Hypothesis.stated("samples are drawn i.i.d., so with replacement from a finite data set")
  static let finiteVariance = Hypothesis.stated("C is finite (Equation 2), as it is for every finite data set")

  /// The function under test: cumulants of one sample's gradient along a direction, and M, to those of √M(ḡ − g).
  public typealias Subject = @Sendable (_ sample: Cumulants, _ batchSize: Int) throws -> Cumulants
  public static let subject: Subject = { try scaledMean(of: $0, batchSize: $1) }

  /// The cumulants of √M(ḡ − g).
  ///
  /// - Source: Section 3, arXiv 2506.18588. Differs from print: the rates.
  /// - Hypotheses: M independent samples of one law.
  /// - Parameters:
  ///   - sample: the cumulants of one sample's gradient along a direction.
  ///   - batchSize: M ≥ 1.
  /// - Accuracy: the variance is exact; two roundings for the third cumulant, one for the fourth.
  /// - Throws: `HypothesisViolation` naming the variance or the batch size.
  public static func scaledMean(
    of sample: Cumulants, batchSize: Int
  ) throws(HypothesisViolation) -> Cumulants {
    try HypothesisViolation.require(batchSize >= 1, field: "batch size M", value: batchSize, "M ≥ 1")
    try HypothesisViolation.require(
      sample.variance >= 0 && sample.variance.isFinite, field: "variance", value: sample.variance,
      "the theorem needs a finite variance")
    let m = Double(batchSize)
    return Cumulants(
      variance: sample.variance, third: sample.third / m.squareRoot(), fourth: sample.fourth / m)
  }
}

/// The second to fourth cumulants of a random number; the first is taken off.
public struct Cumulants: Sendable, Equatable {
  /// κ₂ = E(x − Ex)².
  public let variance: Double
  /// κ₃ = E(x − Ex)³.
  public let third: Double
  /// κ₄ = E(x − Ex)⁴ − 3κ₂².
  public let fourth: Double

  /// Cumulants that are known already.
  ///
  /// - Parameters:
  ///   - variance: κ₂.
  ///   - third: κ₃.
  ///   - fourth: κ₄.
  public init(variance: Double, third: Double, fourth: Double) {
    self.variance = variance
    self.third = third
    self.fourth = fourth
  }
}
