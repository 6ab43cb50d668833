// Theorem 15: the logarithm of the product of the layers' norms.

public import DenseLinearAlgebra
public import VerificationKit

/// Theorem 15: drift and diffusion of the sum of the layers' log-norms.
public enum NetworkLogDynamics: Claim {
  public static let source = Source.luo2025("Theorem 15")
  public static let statement = Statement(
    "dZ = (μ_Z + κ_Z − ½Σ‖λ⁽ˡ⁾‖²)dt + λ_Z dW,  μ_Z = Σμ⁽ˡ⁾,  κ_Z = Σκ⁽ˡ⁾,  λ_Z² = Σ‖λ⁽ˡ⁾‖²",
    meaning: """
      Drifts add over layers; under layer-wise noise so do squared diffusions. With one batch driving every layer \
      the exact λ_Z² has cross-layer terms, while Itô's correction in the drift of Z keeps the layers' own sum.
      """,
    hypotheses: [.stated("σ₁ of every layer simple"), LayerDynamics.regular, layerwise],
    differsFromPrint: "the exact cross-layer λ_Z² is given beside the layer-wise one")
  static let layerwise = Hypothesis.stated("noises of different layers are uncorrelated (Assumption 3)")

  /// The function under test: the layers' states, driven by one set of noise columns, to the network's coefficients.
  public typealias Subject = @Sendable ([LayerPoint]) throws -> NetworkCoefficients
  public static let subject: Subject = { try NetworkCoefficients(layers: $0) }
}

/// μ_Z, κ_Z and λ_Z² of the network, per unit of time t.
///
/// - Source: Theorem 15, arXiv 2506.18588.
public struct NetworkCoefficients: Sendable, Equatable {
  /// μ_Z = Σ μ⁽ˡ⁾, the sum of the layers' relative drifts.
  public let mu: Double
  /// κ_Z = Σ κ⁽ˡ⁾, the sum of the layers' relative noise curvatures.
  public let kappa: Double
  /// Σ‖λ⁽ˡ⁾‖²: the squared diffusion under Assumption 3, and in any case twice Itô's correction to the drift of Z.
  public let layerwiseLambdaSquared: Double
  /// λ_Z² with the cross-layer covariances: η w Σ_i (s_i − s̄)², s_i = Σ_ℓ ⟨J⁽ˡ⁾, g_i⁽ˡ⁾⟩/σ₁⁽ˡ⁾.
  public let exactLambdaSquared: Double
  /// Σ_ℓ of the layers' discrete-step terms in log K.
  public let logDiscreteStep: Double

  /// Coefficients that are known already, per unit of time.
  ///
  /// - Parameters:
  ///   - mu: μ_Z.
  ///   - kappa: κ_Z.
  ///   - layerwiseLambdaSquared: Σ‖λ⁽ˡ⁾‖².
  ///   - exactLambdaSquared: λ_Z² with the covariances between layers.
  ///   - logDiscreteStep: what discrete steps add to the drift of Z.
  public init(
    mu: Double, kappa: Double, layerwiseLambdaSquared: Double, exactLambdaSquared: Double, logDiscreteStep: Double
  ) {
    self.mu = mu
    self.kappa = kappa
    self.layerwiseLambdaSquared = layerwiseLambdaSquared
    self.exactLambdaSquared = exactLambdaSquared
    self.logDiscreteStep = logDiscreteStep
  }

  /// From each layer's projections of one common sample.
  ///
  /// - Parameters:
  ///   - projections: one a layer, over the same samples in the same order.
  ///   - noise: the model that all of them share.
  ///   - eta: the learning rate η; a step takes the time η.
  /// - Throws: `HypothesisViolation` if there is no layer, or if layers have samples of different sizes.
  public init(
    _ projections: [LayerProjections<Double>], noise: NoiseModel, learningRate eta: Double
  ) throws {
    let layers = projections.map { LayerCoefficients($0, learningRate: eta) }
    let counts = Set(projections.map(\.perSample.count))
    guard let count = counts.first, counts.count == 1 else {
      throw HypothesisViolation(
        field: "samples of the layers", value: "\(counts.sorted())", requirement: "one common sample for all layers")
    }
    var scores = (0..<count).map { i in projections.reduce(0.0) { $0 + $1.perSample[i] } }
    if noise.isCentred {
      let mean = scores.reduce(0, +) / Double(count)
      scores = scores.map { $0 - mean }
    }
    let weight = try noise.weight(sampleCount: count)
    self.init(
      mu: layers.reduce(0) { $0 + $1.mu }, kappa: layers.reduce(0) { $0 + $1.kappa },
      layerwiseLambdaSquared: layers.reduce(0) { $0 + $1.lambdaSquared },
      exactLambdaSquared: eta * weight * scores.reduce(0) { $0 + $1 * $1 },
      logDiscreteStep: layers.reduce(0) { $0 + $1.logDiscreteStep(learningRate: eta) })
  }

  init(layers: [LayerPoint]) throws {
    guard let first = layers.first else {
      throw HypothesisViolation(field: "layers", value: "none", requirement: "a network has at least one layer")
    }
    try HypothesisViolation.require(
      layers.allSatisfy { $0.noise == first.noise && $0.learningRate == first.learningRate }, field: "layers",
      value: "mixed", "one noise model and one learning rate for all layers")
    try self.init(
      try layers.map { try $0.projections() }, noise: first.noise, learningRate: first.learningRate)
  }

  /// Drift of Z in continuous time: μ_Z + κ_Z − ½Σ‖λ⁽ˡ⁾‖², whatever the correlation between layers.
  public var logDrift: Double { mu + kappa - layerwiseLambdaSquared / 2 }

  /// Drift of K = e^Z relative to K, with the exact diffusion: reduces to μ_Z + κ_Z under Assumption 3.
  public var relativeDrift: Double { logDrift + exactLambdaSquared / 2 }
}
