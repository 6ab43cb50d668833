// Theorem 14: how one layer's operator norm moves when its parameters follow the SDE of SGD.

public import DenseLinearAlgebra
public import VerificationKit

/// Theorem 14: drift and diffusion of one layer's operator norm under SGD.
public enum LayerDynamics: Claim {
  public static let source = Source.luo2025("Theorem 14")
  public static let statement = Statement(
    "dK/K = (μ + κ)dt + λᵀdB,  μ = −⟨J, ∇L⟩/σ₁,  λ = √η Σ^½J/σ₁,  κ = (η/2)⟨H, Σ⟩/σ₁ ≥ 0",
    meaning: """
      Gradient flow, gradient noise and the noise's curvature drive the operator norm. Summed over discrete SGD \
      steps the drift has one more term, (η/2) gᵀHg/σ₁, of κ's own order in η and independent of the batch size.
      """,
    hypotheses: [.stated("σ₁ simple along the path (Assumption 11)"), regular, continuousTime],
    differsFromPrint: "relative form, divided by K; one SGD step is η units of time")
  static let regular = Hypothesis.stated(
    "∇L and Σ^½ are globally Lipschitz and grow linearly (Definition 4); ReLU networks need localisation")
  static let continuousTime = Hypothesis.stated(
    "continuous time (Definition 4); summed over SGD steps the drift has one more term")

  /// The function under test: a layer's state to the coefficients of its dynamics.
  public typealias Subject = @Sendable (LayerPoint) throws -> LayerCoefficients
  public static let subject: Subject = { LayerCoefficients(try $0.projections(), learningRate: $0.learningRate) }
}

/// Everything the dynamics of one layer depend on at one instant.
public struct LayerPoint: Sendable {
  /// θ; shape [m, n].
  public let weights: Matrix<Double>
  /// ∇L of the drift; shape [m, n], unit loss/parameter.
  public let gradient: Matrix<Double>
  /// Gradients that represent the noise, through `noise`.
  public let sample: any LayerGradientSample<Double>
  /// What ``sample`` stands for: a batch, a population, or a factor Ω of Σ.
  public let noise: NoiseModel
  /// η; also the time that one step takes.
  public let learningRate: Double
  /// The covariance of `gradient` about ∇L, in units of Σ: 1 for the mean of the very batch that estimates the noise.
  public let gradientNoise: Double

  /// - Parameters:
  ///   - weights: θ; shape [m, n].
  ///   - gradient: the full-data gradient; the sample's own mean if omitted, which a `factor` does not have.
  ///   - sample: gradients that represent the noise.
  ///   - noise: what the sample stands for.
  ///   - learningRate: η; a step takes the time η.
  public init(
    weights: Matrix<Double>, gradient: Matrix<Double>? = nil, sample: any LayerGradientSample<Double>,
    noise: NoiseModel, learningRate: Double
  ) {
    precondition(gradient != nil || noise != .factor, "a noise factor has no mean: give the drift's gradient")
    self.weights = weights
    self.gradient = gradient ?? sample.mean
    gradientNoise = gradient == nil ? noise.noiseOfMean(sampleCount: sample.count) : 0
    self.sample = sample
    self.noise = noise
    self.learningRate = learningRate
  }

  /// Projections of drift and noise on the operator norm's derivatives.
  ///
  /// - Parameter triplet: the layer's top singular triplet, if it is known already.
  /// - Throws: `LinearAlgebraError` if σ₁ is not simple; `HypothesisViolation` if the sample is too small for the model.
  public func projections(at triplet: TopSingularTriplet<Double>? = nil) throws -> LayerProjections<Double> {
    try LayerProjections(
      weights: weights, gradient: gradient, gradientNoise: gradientNoise, sample: sample, noise: noise,
      triplet: try triplet ?? TopSingularTriplet(weights))
  }
}

/// μ, κ, λ of one layer, relative to its operator norm and per unit of time t (one SGD step is η).
///
/// - Source: Theorem 14, arXiv 2506.18588. Differs from print: divided by K.
public struct LayerCoefficients: Sendable, Equatable {
  /// Optimisation-induced drift −⟨J, ∇L⟩/σ₁.
  public let mu: Double
  /// Noise-curvature entropy production (η/2)⟨H, Σ⟩/σ₁ ≥ 0.
  public let kappa: Double
  /// Squared diffusion-modulation intensity η JᵀΣJ/σ₁².
  public let lambdaSquared: Double
  /// (η/2) gᵀHg/σ₁: what discrete steps add to the drift of K.
  public let discreteStep: Double
  /// ⟨J, g⟩²/σ₁², kept for the logarithm's own discrete-step term.
  public let relativeGradientSquared: Double

  /// Coefficients that are known already, all relative to σ₁ and per unit of time.
  ///
  /// - Parameters:
  ///   - mu: −⟨J, g⟩/σ₁.
  ///   - kappa: (η/2)⟨H, Σ⟩/σ₁.
  ///   - lambdaSquared: η JᵀΣJ/σ₁².
  ///   - discreteStep: (η/2) gᵀHg/σ₁.
  ///   - relativeGradientSquared: ⟨J, g⟩²/σ₁², without the factor η.
  public init(mu: Double, kappa: Double, lambdaSquared: Double, discreteStep: Double, relativeGradientSquared: Double) {
    self.mu = mu
    self.kappa = kappa
    self.lambdaSquared = lambdaSquared
    self.discreteStep = discreteStep
    self.relativeGradientSquared = relativeGradientSquared
  }

  /// Theorem 14's coefficients from what they are made of.
  ///
  /// - Parameters:
  ///   - p: the layer's projections.
  ///   - eta: η; a step takes the time η.
  public init(_ p: LayerProjections<Double>, learningRate eta: Double) {
    self.init(
      mu: -p.gradient, kappa: eta / 2 * p.noiseCurvature, lambdaSquared: eta * p.noise,
      discreteStep: eta / 2 * p.gradientCurvature, relativeGradientSquared: p.gradientSquared)
  }

  /// Drift of log K in continuous time: μ + κ − ½λ².
  public var logDrift: Double { mu + kappa - lambdaSquared / 2 }

  /// What discrete steps add to the drift of log K: (η/2)(gᵀHg/σ₁ − (⟨J, g⟩/σ₁)²).
  public func logDiscreteStep(learningRate eta: Double) -> Double {
    discreteStep - eta / 2 * relativeGradientSquared
  }
}

/// Gradient and noise seen through J/σ₁ and H/σ₁: everything but the learning rate.
public struct LayerProjections<Scalar: BLASScalar>: Sendable {
  /// σ₁, u₁ and v₁, on whose derivatives everything is projected.
  public let triplet: TopSingularTriplet<Scalar>
  /// ⟨J, ∇L⟩/σ₁.
  public let gradient: Scalar
  /// ⟨J, ∇L⟩²/σ₁², without bias: of a mean ḡ, E⟨J, ḡ⟩² has JᵀCov(ḡ)J in excess, which is taken off.
  public let gradientSquared: Scalar
  /// gᵀHg/σ₁, without bias: of a mean ḡ, E ḡᵀHḡ has ⟨H, Cov(ḡ)⟩ in excess, which is taken off.
  public let gradientCurvature: Scalar
  /// √(JᵀΣJ)/σ₁, kept unsquared because its square underflows first.
  public let noiseNorm: Scalar
  /// JᵀΣJ/σ₁².
  public var noise: Scalar { noiseNorm * noiseNorm }
  /// ⟨H, Σ⟩/σ₁.
  public let noiseCurvature: Scalar
  /// ⟨J, g_i⟩/σ₁ for every member of the sample: what couples layers.
  public let perSample: [Scalar]

  /// - Parameters:
  ///   - weights: shape [m, n].
  ///   - gradient: shape [m, n], the drift's gradient.
  ///   - gradientNoise: its covariance about ∇L, in units of Σ; 1 for the mean of a batch that is also `sample`.
  ///   - sample: gradients that represent the noise.
  ///   - noise: what the sample stands for.
  ///   - triplet: of these weights; simple.
  /// - Throws: `HypothesisViolation` or `LinearAlgebraError` naming what does not fit; a gap below round-off.
  @specialized(where Scalar == Double) @specialized(where Scalar == Float)
  public init(
    weights: Matrix<Scalar>, gradient: Matrix<Scalar>, gradientNoise: Double,
    sample: any LayerGradientSample<Scalar>, noise: NoiseModel,
    triplet: TopSingularTriplet<Scalar>
  ) throws {
    let hessian = try ResolventHessian(weights, at: triplet)
    let (sigma, u, v) = (triplet.sigma, triplet.u, triplet.v)
    let weight = Scalar(try noise.weight(sampleCount: sample.count))
    var right = sample.timesRight(v)
    var left = sample.timesLeft(u)
    let scores = right.transposedTimes(u).map { $0 / sigma }
    perSample = scores.elements
    if noise.isCentred {
      let ones = Vector([Scalar](repeating: 1 / Scalar(sample.count), count: sample.count))
      right = right.subtractingFromColumns(right * ones)
      left = left.subtractingFromColumns(left * ones)
    }
    let centred = right.transposedTimes(u).map { $0 / sigma }
    noiseNorm = weight.squareRoot() * centred.norm
    noiseCurvature = weight * hessian.relativeForms(right: right, left: left).reduce(0, +)
    let (gv, gu) = (gradient * v, gradient.transposedTimes(u))
    let projection = u.dot(gv) / sigma
    let curvature = hessian.relativeForms(right: Matrix(columns: [gv]), left: Matrix(columns: [gu]))[0]
    self.gradient = projection
    gradientSquared = projection * projection - Scalar(gradientNoise) * noiseNorm * noiseNorm
    gradientCurvature = curvature - Scalar(gradientNoise) * noiseCurvature
    self.triplet = hessian.triplet
  }
}

extension LayerPoint {
  /// ⟨H, Σ⟩/σ₁ by the Kronecker and the spectral form, from a full decomposition: a slow second opinion on κ.
  ///
  /// - Throws: `LinearAlgebraError` if σ₁ is not simple; `HypothesisViolation` if the sample is too small for the model.
  public func spectralNoiseCurvature() throws -> (kronecker: Double, spectral: Double) {
    let point = try SpectralPoint(weights)
    let weight = try noise.weight(sampleCount: sample.count)
    var right = sample.timesRight(point.svd.v(0))
    var left = sample.timesLeft(point.svd.u.column(0))
    if noise.isCentred {
      let ones = Vector([Double](repeating: 1 / Double(sample.count), count: sample.count))
      right = right.subtractingFromColumns(right * ones)
      left = left.subtractingFromColumns(left * ones)
    }
    let sum = point.relativeCurvature(right: right, left: left)
    return (weight * sum.kronecker, weight * sum.spectral)
  }
}
