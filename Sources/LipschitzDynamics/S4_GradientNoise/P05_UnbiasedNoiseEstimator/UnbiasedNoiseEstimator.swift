// Proposition 5: the covariance of a mini-batch gradient, estimated without bias from that one batch.

public import DenseLinearAlgebra
public import ExactArithmetic
public import VerificationKit

/// Proposition 5: one batch's sample covariance, over M, estimates the batch mean's covariance without bias.
public enum UnbiasedNoiseEstimator: Claim {
  public static let source = Source.luo2025("Proposition 5")
  public static let statement = Statement(
    "E[Σ̂] = Σ,  Σ̂ = 1/(M(M−1)) Σᵢ (gᵢ − ḡ)(gᵢ − ḡ)ᵀ = ΩΩᵀ",
    meaning:
      "The sample covariance of one batch's gradients, over M, estimates the batch mean's covariance without bias.",
    hypotheses: [independence, atLeastTwoSamples],
    differsFromPrint: "the factor 1 − M/N for batches of distinct samples is available")
  static let independence = Hypothesis.stated("samples are drawn i.i.d., so with replacement from a finite data set")
  static let atLeastTwoSamples = Hypothesis.stated("M ≥ 2, by the formula's own denominator")

  public static let subject = NoiseEstimator()
}

/// The estimator of Proposition 5, in exact or floating arithmetic.
///
/// Σ̂ = 1/(M(M−1)) Σᵢ (gᵢ − ḡ)(gᵢ − ḡ)ᵀ
///
/// - Source: Proposition 5, arXiv 2506.18588. Differs from print: the finite-population factor is available.
/// - Hypotheses: M ≥ 2; i.i.d. samples, or `withoutReplacement` with the population's size; gᵢ of each sample's own loss.
/// - Accuracy: two-pass, because E[g²] − E[g]² cancels; round-off ≤ c·M·u·max‖gᵢ‖².
public struct NoiseEstimator: Sendable {
  /// How the M samples were drawn.
  public enum Sampling: Sendable, Equatable {
    /// Independently of each other, so that a sample may come twice: Σ̂ as printed.
    case withReplacement
    /// M of N distinct samples: Σ̂ carries the factor 1 − M/N.
    case withoutReplacement(population: Int)
  }

  /// The number that the scatter matrix is divided by.
  var divisor: @Sendable (_ batchSize: Int) -> Int = { $0 * ($0 - 1) }
  /// The number of samples that the mean is divided by.
  var meanDivisor: @Sendable (_ batchSize: Int) -> Int = { $0 }
  var isCentred = true
  var finitePopulationFactor: @Sendable (_ batchSize: Int, _ population: Int) -> (Int, Int) = { ($1 - $0, $1) }

  /// - Parameter gradients: M vectors of one length P; unit loss/parameter.
  /// - Parameter sampling: how the M samples were drawn.
  /// - Returns: shape [P, P]; unit (loss/parameter)²; symmetric positive semidefinite of rank ≤ M − 1.
  /// - Throws: `HypothesisViolation` naming the batch size.
  public func covariance<F: Field>(
    of gradients: [[F]], sampling: Sampling = .withReplacement
  ) throws(HypothesisViolation) -> FieldMatrix<F> {
    let m = gradients.count
    try HypothesisViolation.require(m >= 2, field: "batch size M", value: m, "the estimate needs M ≥ 2 samples")
    let p = gradients[0].count
    var correction = F(1)
    if case .withoutReplacement(let n) = sampling {
      try HypothesisViolation.require(m <= n, field: "batch size M", value: m, "M ≤ N = \(n) without replacement")
      let (numerator, denominator) = finitePopulationFactor(m, n)
      correction = F(numerator) / F(denominator)
    }
    let mean = (0..<p).map { j in
      isCentred ? gradients.map { $0[j] }.sum / F(meanDivisor(m)) : F(0)
    }
    let centred = gradients.map { g in (0..<p).map { g[$0] - mean[$0] } }
    return FieldMatrix(rows: p, columns: p) { i, j in
      correction * centred.map { $0[i] * $0[j] }.sum / F(divisor(m))
    }
  }

  /// Ω with Σ̂ = ΩΩᵀ: the P x P matrix is never formed.
  ///
  /// - Parameter gradients: shape [P, M], one gradient a column.
  /// - Returns: shape [P, M]; unit loss/parameter.
  /// - Throws: `HypothesisViolation` naming the batch size.
  public func factor(of gradients: Matrix<Double>) throws(HypothesisViolation) -> Matrix<Double> {
    let m = gradients.columns
    try HypothesisViolation.require(m >= 2, field: "batch size M", value: m, "the estimate needs M ≥ 2 samples")
    let ones = Vector([Double](repeating: 1 / Double(meanDivisor(m)), count: m))
    let centred = isCentred ? gradients.subtractingFromColumns(gradients * ones) : gradients
    return centred / Double(divisor(m)).squareRoot()
  }
}
