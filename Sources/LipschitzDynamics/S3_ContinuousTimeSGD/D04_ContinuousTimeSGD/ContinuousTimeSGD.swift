// Definition 4: the stochastic differential equation that stands for SGD.

public import ExactArithmetic
public import VerificationKit

/// Definition 4: an SDE whose expectations stay within O(η) of SGD's, and its variances within O(η²).
public enum ContinuousTimeSGD: Claim {
  public static let source = Source.luo2025("Definition 4")
  public static let statement = Statement(
    "dθ = −∇L dt + √η Σ^½ dB  ⇒  E φ(θ(kη)) − E φ(θ_k) = O(η) for smooth φ and fixed kη;  Var θ(kη) − Var θ_k = O(η²)",
    meaning: """
      One step is η units of time. Drift and diffusion reproduce a step's mean and covariance. At a fixed time \
      expectations then agree but for O(η), as they do for gradient flow without any noise; what tells the SDE from it \
      is the variance, itself of order η, which differs by O(η²) only. Under the drift −∇(L + (η/4)‖∇L‖²) means differ \
      by O(η²), too. The first order is proved for smooth L and Σ^½ with derivatives of polynomial growth (Li, Tai, E \
      2019); the stated Lipschitz conditions alone are not enough for that proof. B is adapted to its own filtration, \
      not to that of the batches: finitely many possible batches carry no Brownian motion.
      """,
    hypotheses: [
      LayerDynamics.regular, .stated("the samples of a batch are drawn i.i.d."), SGDUpdate.independence, smallSteps,
    ],
    differsFromPrint: """
      says in which sense and to which order the SDE stands for SGD; "adapted" is read with the filtration of B, for \
      SGD itself with that of the batches
      """)
  static let smallSteps = Hypothesis.stated(
    "η → 0, far below 2/λ_max of the loss's curvature (Section 9, item 3 concedes errors of discrete steps)")

  public static let subject = SDECoefficients()
}

/// Per-sample gradients gᵢ(θ) = aᵢθ − bᵢ of linear regression with one parameter.
public struct LinearGradients<F: Field>: Sendable {
  /// aᵢ, the samples' curvatures.
  public let slopes: [F]
  /// bᵢ, the samples' pulls: gᵢ vanishes at θ = bᵢ/aᵢ.
  public let offsets: [F]

  /// - Throws: `HypothesisViolation` if there is no sample, or if not every sample has both numbers.
  public init(slopes: [F], offsets: [F]) throws(HypothesisViolation) {
    try HypothesisViolation.require(
      !slopes.isEmpty && slopes.count == offsets.count, field: "slopes and offsets",
      value: "\(slopes.count) and \(offsets.count)", "one of each a sample, and at least one sample")
    self.slopes = slopes
    self.offsets = offsets
  }

  /// gᵢ(θ) of every sample.
  public func gradients(at theta: F) -> [F] { zip(slopes, offsets).map { $0 * theta - $1 } }
}

/// Drift and squared diffusion of Definition 4 for one parameter, in exact or floating arithmetic.
///
/// −g and η C/M with g = 1/N Σ gᵢ and C = 1/N Σ (gᵢ − g)².
///
/// - Source: Definition 4, arXiv 2506.18588.
/// - Hypotheses: independent batches of M i.i.d. samples; one step is η units of time.
/// - Accuracy: two-pass; round-off ≤ c·N·u·max |gᵢ| and c·N·u·(η/M)·max gᵢ².
public struct SDECoefficients: Sendable {
  var driftSign = -1
  /// The power of η in the drift.
  var driftPower = 0
  /// The power of η in the squared diffusion.
  var diffusionPower = 1
  var hasNoise = true
  var batchDivisor: @Sendable (_ batchSize: Int) -> Int = { $0 }
  var populationDivisor: @Sendable (_ population: Int) -> Int = { $0 }
  var isCentred = true
  /// Whether the noise is that at θ = 0 for every θ.
  var isNoiseFrozen = false
  /// Whether the equation is read in Stratonovich's sense, and the drift is Itô's.
  var isStratonovich = false

  /// - Parameters:
  ///   - theta: θ.
  ///   - population: the samples' gradients as functions of θ.
  ///   - learningRate: η, also the time that one step takes.
  ///   - batchSize: M ≥ 1.
  /// - Returns: drift per unit of time, and squared diffusion: variance per unit of time.
  /// - Throws: `HypothesisViolation` naming the batch size.
  public func coefficients<F: Field>(
    at theta: F, of population: LinearGradients<F>, learningRate: F, batchSize: Int
  ) throws(HypothesisViolation) -> (drift: F, squaredDiffusion: F) {
    try HypothesisViolation.require(batchSize >= 1, field: "batch size M", value: batchSize, "M ≥ 1")
    func power(_ exponent: Int) -> F { (0..<exponent).reduce(F(1)) { product, _ in product * learningRate } }
    func squaredDiffusion(_ theta: F) -> F {
      guard hasNoise else { return F(0) }
      let gradients = population.gradients(at: isNoiseFrozen ? F(0) : theta)
      let mean = isCentred ? gradients.mean : F(0)
      let scatter = gradients.map { ($0 - mean).squared }.sum
      return power(diffusionPower) * scatter / F(populationDivisor(gradients.count)) / F(batchDivisor(batchSize))
    }
    var drift = F(driftSign) * power(driftPower) * population.gradients(at: theta).mean
    if isStratonovich {
      // ½σσ′ = ¼(σ²)′, and a central difference is the derivative of a parabola.
      drift += (squaredDiffusion(theta + F(1)) - squaredDiffusion(theta - F(1))) / F(8)
    }
    return (drift, squaredDiffusion(theta))
  }
}
