// Equation 2: the covariance of a mini-batch gradient from the population of per-sample gradients.

public import ExactArithmetic
public import NetworkTraining
public import VerificationKit

/// Equation 2: a batch mean's covariance is the per-sample covariance over M.
public enum BatchGradientNoise: Claim {
  public static let source = Source.luo2025("Equation 2")
  public static let statement = Statement(
    "Σ = Var[ḡ] = C/M;  for M distinct samples of N: (N − M)/(N − 1) · C/M",
    meaning: """
      Averaging independent draws divides the covariance by the batch size. Distinct samples average the noise better, \
      and a batch of all the data has none.
      """,
    hypotheses: [independence, uncoupled],
    differsFromPrint: "gives the covariance's value, and the finite-population factor for batches of distinct samples")
  static let independence = Hypothesis.stated("samples are drawn i.i.d., so with replacement from a finite data set")
  static let uncoupled = Hypothesis.unstated(
    "a sample's gradient depends on no other sample of its batch: no batch statistics, no mixup within the batch")

  public static let subject = BatchNoise()
}

/// The covariance of a batch's mean gradient, in exact or floating arithmetic.
///
/// Σ = f C/M with C = 1/N Σᵢ (gᵢ − g)(gᵢ − g)ᵀ; f = 1 with and (N − M)/(N − 1) without replacement.
///
/// - Source: Equation 2, arXiv 2506.18588. Differs from print: the factor f.
/// - Hypotheses: independent draws, or one uniform M-subset; gᵢ of each sample's own loss.
/// - Accuracy: two-pass; round-off ≤ c·N·u·max‖gᵢ‖²/M.
public struct BatchNoise: Sendable {
  /// What the population's scatter is divided by, for C.
  var populationDivisor: @Sendable (_ population: Int) -> Int = { $0 }
  var batchDivisor: @Sendable (_ batchSize: Int) -> Int = { $0 }
  var isCentred = true
  /// Numerator and denominator of f for batches of distinct samples.
  var finitePopulationFactor: @Sendable (_ batchSize: Int, _ population: Int) -> (Int, Int) = { ($1 - $0, $1 - 1) }

  /// - Parameters:
  ///   - population: N vectors of one length P; unit loss/parameter.
  ///   - batchSize: M; at most N unless samples may repeat.
  ///   - sampling: one batch of a shuffled epoch is a uniform subset, too.
  /// - Returns: shape [P, P]; unit (loss/parameter)²; symmetric positive semidefinite.
  /// - Throws: `HypothesisViolation` naming the population or the batch size.
  public func covariance<F: Field>(
    of population: [[F]], batchSize: Int, sampling: Sampling
  ) throws(HypothesisViolation) -> FieldMatrix<F> {
    let n = population.count
    try HypothesisViolation.require(n >= 1, field: "population N", value: n, "give at least one gradient")
    try HypothesisViolation.require(batchSize >= 1, field: "batch size M", value: batchSize, "M ≥ 1")
    let p = population[0].count
    try HypothesisViolation.require(
      population.allSatisfy { $0.count == p }, field: "gradients", value: "vectors of several lengths",
      "every gradient has the length P = \(p) of the first")
    var factor = F(1)
    if sampling != .withReplacement {
      try HypothesisViolation.require(
        batchSize <= n, field: "batch size M", value: batchSize, "M ≤ N = \(n) without replacement")
      // The only batch of a single sample is that sample.
      let (numerator, denominator) = n == 1 ? (0, 1) : finitePopulationFactor(batchSize, n)
      factor = F(numerator) / F(denominator)
    }
    let mean = (0..<p).map { j in isCentred ? population.map { $0[j] }.mean : F(0) }
    let centred = population.map { g in (0..<p).map { g[$0] - mean[$0] } }
    let scale = factor / F(populationDivisor(n)) / F(batchDivisor(batchSize))
    return FieldMatrix(rows: p, columns: p) { i, j in scale * centred.map { $0[i] * $0[j] }.sum }
  }
}
