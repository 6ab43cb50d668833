// Section 8.5: mean and covariance of per-sample gradients when labels are replaced by uniformly random ones.

public import ExactArithmetic
public import VerificationKit

/// Section 8.5: corrupted labels mix two laws of gradients, and mean and covariance are those of the mixture.
public enum UniformLabelCorruption: Claim {
  public static let source = Source.luo2025("Section 8.5")
  public static let statement = Statement(
    "ḡ = (1 − p)ḡ_s + pḡ_n,  C = (1 − p)C_s + pC_n + p(1 − p)(ḡ_s − ḡ_n)(ḡ_s − ḡ_n)ᵀ",
    meaning: """
      A label kept with probability 1 − p, else uniform over all classes, gives the mixture's mean and covariance. C_n \
      has the spread over labels in it. For labels drawn anew at every visit this is exact; for labels drawn once, \
      the data set's own covariance is on average C − N⁻² Σᵢ Cov_label(gᵢ). Both are at parameters that do not depend on \
      the drawn labels: a run on labels drawn once learns them, and no N makes its gradients those of the mixture.
      """,
    hypotheses: [symmetricLoss, noiselessLabels, redrawn, .stated("the corruption does not depend on the sample")],
    differsFromPrint: """
      not Equation 26 with α = 1 − p, which rests on the first two hypotheses: ∇ of the uniform part is kept, and what \
      noise labels add to C is of first order in p, not (1 − p)²
      """)
  static let symmetricLoss = Hypothesis.assumed(
    "the loss is symmetric, so uniform labels add no gradient: assumed after the literature, for a negative log-likelihood, "
      + "which is not symmetric (for Equation 26; here pḡ_n is kept)")
  static let noiselessLabels = Hypothesis.assumed(
    "noise labels add no covariance of their own (for Equation 26's (1 − p)²; here they do)")
  static let redrawn = Hypothesis.unstated(
    "labels are drawn anew at every visit, so that the parameters do not depend on them; "
      + "labels corrupted once need the correction by Cov_label, and are learned")

  /// The function under test.
  public static let subject = LabelCorruption()
}

/// Mean and covariance of per-sample gradients under uniformly corrupted labels, in exact or floating arithmetic.
///
/// - Source: Section 8.5, arXiv 2506.18588. Differs from print: see ``UniformLabelCorruption/statement``.
/// - Hypotheses: the uniform label may be the true one; whether it is drawn is independent of the sample.
public struct LabelCorruption: Sendable {
  /// c₀ + c₁p + c₂p²: the shares of the two laws.
  typealias Polynomial = [Int]

  var signalInMean: Polynomial = [1, -1]
  var noiseInMean: Polynomial = [0, 1]
  var signalInCovariance: Polynomial = [1, -1]
  var noiseInCovariance: Polynomial = [0, 1]
  /// Of the difference of the two means.
  var differenceInCovariance: Polynomial = [0, 1, -1]
  /// Whether C_n counts the spread over labels beside that over samples.
  var includesLabelSpread = true
  /// The multiple of N⁻² Σᵢ Cov_label(gᵢ) that labels drawn once take off, as a function of N.
  var correction: @Sendable (_ samples: Int) -> Int = { _ in 1 }

  /// - Parameters:
  ///   - gradients: [sample][class][component], the gradient that each sample would have under each label.
  ///   - labels: the true label of each sample.
  ///   - p: the probability that a label is replaced, in [0, 1].
  /// - Returns: means [component] and covariances [component, component] of one sample's gradient.
  /// - Throws: `HypothesisViolation` naming what does not fit.
  public func statistics<F: Field & Comparable>(
    of gradients: [[[F]]], labels: [Int], probability p: F
  ) throws(HypothesisViolation) -> CorruptedGradients<F> {
    let count = gradients.count
    let classes = gradients.first?.count ?? 0
    try HypothesisViolation.require(count >= 1 && classes >= 1, field: "gradients", value: "none", "one at least")
    try HypothesisViolation.require(
      gradients.allSatisfy { $0.count == classes }, field: "gradients", value: "ragged", "every label for every sample")
    let components = gradients[0][0].count
    try HypothesisViolation.require(
      gradients.allSatisfy { $0.allSatisfy { $0.count == components } }, field: "gradients", value: "ragged",
      "as many components everywhere")
    try HypothesisViolation.require(p >= F(0) && p <= F(1), field: "p", value: "\(p)", "a probability")
    try HypothesisViolation.require(
      labels.count == count && labels.allSatisfy { (0..<classes).contains($0) }, field: "labels", value: labels,
      "one a sample, in 0 ..< \(classes)")
    func share(_ polynomial: Polynomial) -> F { polynomial.reversed().reduce(F(0)) { $0 * p + F($1) } }

    let signal = zip(gradients, labels).map { $0[$1] }
    let perSample = gradients.map { centre($0) }
    let (signalMean, noiseMean) = (centre(signal), centre(perSample))
    let between = outer(difference(signalMean, noiseMean))
    let noise = includesLabelSpread ? gradients.flatMap { $0 } : perSample
    let redrawn =
      times(share(signalInCovariance), covariance(signal)) + times(share(noiseInCovariance), covariance(noise))
      + times(share(differenceInCovariance), between)
    // One sample's own covariance over labels, which is a mixture as well: its signal has no spread.
    let (mix, cross) = (p, p * (F(1) - p))
    let own = gradients.indices.map { i in
      times(mix, covariance(gradients[i])) + times(cross, outer(difference(signal[i], perSample[i])))
    }
    let spread = own.dropFirst().reduce(own[0], +)
    return CorruptedGradients(
      mean: zip(signalMean, noiseMean).map { share(signalInMean) * $0 + share(noiseInMean) * $1 }, redrawn: redrawn,
      drawnOnce: redrawn - times(F(correction(count)) / F(count * count), spread))
  }

  private func centre<F: Field>(_ vectors: [[F]]) -> [F] { vectors[0].indices.map { j in vectors.map { $0[j] }.mean } }
  private func difference<F: Field>(_ a: [F], _ b: [F]) -> [F] { zip(a, b).map { $0 - $1 } }
  private func outer<F: Field>(_ x: [F]) -> FieldMatrix<F> {
    FieldMatrix(rows: x.count, columns: x.count) { x[$0] * x[$1] }
  }
  private func times<F: Field>(_ s: F, _ a: FieldMatrix<F>) -> FieldMatrix<F> { a.map { s * $0 } }
  private func covariance<F: Field>(_ vectors: [[F]]) -> FieldMatrix<F> {
    let mean = centre(vectors)
    let centred = vectors.map { difference($0, mean) }
    return FieldMatrix(rows: mean.count, columns: mean.count) { i, j in centred.map { $0[i] * $0[j] }.mean }
  }
}

/// Mean and covariance of one sample's gradient under corrupted labels; unit loss/parameter and its square.
public struct CorruptedGradients<F: Field>: Sendable {
  /// ḡ, the same whether labels are redrawn or not; length P.
  public let mean: [F]
  /// C for labels drawn anew at every visit.
  public let redrawn: FieldMatrix<F>
  /// The mean, over corruptions of the whole data set, of its covariance when labels are drawn once.
  public let drawnOnce: FieldMatrix<F>
}
