// Lemma 19: moments of an exponentiated Gaussian.

private import Glibc
public import VerificationKit

/// Lemma 19: the moment-generating function of a Gaussian.
public enum LogNormalMGF: Claim {
  public static let source = Source.luo2025("Lemma 19")
  public static let statement = Statement(
    "Z ~ N(m, v)  ⇒  E e^{sZ} = e^{sm + s²v/2}",
    meaning: "Completing the square; s = 1 and s = 2 give the mean and the second moment of K = e^Z.",
    hypotheses: [gaussian])
  static let gaussian = Hypothesis.stated("Z is Gaussian")

  /// The function under test: (s, m, v) to E e^{sZ}.
  public typealias Subject = @Sendable (_ s: Double, _ mean: Double, _ variance: Double) throws -> Double
  public static let subject: Subject = { try momentGeneratingFunction($0, mean: $1, variance: $2) }

  /// E e^{sZ} for Z ~ N(m, v).
  ///
  /// - Source: Lemma 19, arXiv 2506.18588. Differs from print: none.
  /// - Parameters:
  ///   - s: any real number.
  ///   - mean: m.
  ///   - variance: v ≥ 0.
  /// - Accuracy: relative error |sm + s²v/2|·u; overflows to +∞ beyond 709.
  /// - Throws: `HypothesisViolation` if v is negative or not finite.
  public static func momentGeneratingFunction(
    _ s: Double, mean: Double, variance: Double
  ) throws(HypothesisViolation) -> Double {
    try HypothesisViolation.require(
      variance >= 0 && variance.isFinite, field: "variance", value: variance, "a variance is finite and non-negative")
    return exp(s * mean + s * s * variance / 2)
  }
}
