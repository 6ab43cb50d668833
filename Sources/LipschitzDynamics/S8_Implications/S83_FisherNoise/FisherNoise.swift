// Section 8.3: gradient noise near a stationary point and the Fisher matrix.

public import ExactArithmetic
public import VerificationKit

/// Section 8.3: at a stationary point with residual gradients the noise is the empirical Fisher matrix over M.
public enum FisherNoise: Claim {
  public static let source = Source.luo2025("Section 8.3")
  public static let statement = Statement(
    "Σ = (F − ggᵀ)/M,  F = (1/N) Σᵢ gᵢgᵢᵀ;  so Σ → F/M as ‖g‖²/tr F → 0",
    meaning: """
      What separates the noise from F/M is the full gradient alone. It vanishes against F where the gradients of single \
      samples stay: at a stationary point that does not interpolate the data.
      """,
    hypotheses: [independence, residual, empirical],
    differsFromPrint: "exact at every point with the term −ggᵀ; says which Fisher matrix and which limit")
  static let independence = Hypothesis.stated("samples are drawn i.i.d., so with replacement from a finite data set")
  /// Question 3 of Section 8 asks for the regime in which the training loss vanishes, which is interpolation.
  static let residual = Hypothesis.contradicted(
    "the stationary point leaves residual gradients, ‖g‖²/tr F → 0; a training loss that approaches zero does not")
  static let empirical = Hypothesis.unstated("F is the empirical Fisher matrix, of the observed labels")

  /// The function under test, over any field.
  public static let subject = FisherCovariance()
}

/// F/M, the limit of a mini-batch gradient's covariance.
///
/// - Source: Section 8.3, arXiv 2506.18588.
/// - Hypotheses: i.i.d. sampling; the full gradient negligible beside the gradients of single samples.
/// - Accuracy: exceeds Σ by exactly ggᵀ/M.
public struct FisherCovariance: Sendable {
  /// What is averaged over the samples.
  enum Moment: Sendable { case second, central, ofMean }

  var moment = Moment.second
  /// The number that a sum over N samples is divided by.
  var divisor: @Sendable (_ population: Int, _ batchSize: Int) -> Int = { $0 * $1 }

  /// - Parameter gradients: gᵢ of every sample's own loss; N vectors of one length P.
  /// - Parameter batchSize: M.
  /// - Returns: shape [P, P]; unit (loss/parameter)²; symmetric positive semidefinite.
  /// - Throws: `HypothesisViolation` naming M, an empty data set, or gradients of different lengths.
  public func callAsFunction<F: Field>(
    of gradients: [[F]], batchSize: Int
  ) throws(HypothesisViolation) -> FieldMatrix<F> {
    let n = gradients.count
    try HypothesisViolation.require(n >= 1, field: "number of samples", value: n, "N ≥ 1")
    try HypothesisViolation.require(
      gradients.allSatisfy { $0.count == gradients[0].count }, field: "gradients", value: "ragged", "one length for all"
    )
    try HypothesisViolation.require(batchSize >= 1, field: "batch size M", value: batchSize, "M ≥ 1")
    let mean = gradients[0].indices.map { j in gradients.map { $0[j] }.mean }
    let vectors =
      switch moment {
      case .second: gradients
      case .central: gradients.map { g in zip(g, mean).map { $0 - $1 } }
      case .ofMean: gradients.map { _ in mean }
      }
    return FieldMatrix(rows: mean.count, columns: mean.count) { i, j in
      vectors.map { $0[i] * $0[j] }.sum / F(divisor(n, batchSize))
    }
  }
}
