// Real SGD on the digits over a ladder of learning rates, with the martingale increment of every step taken off.
//
// ΔZ fluctuates by O(η), and its mean is wanted to O(η³). The control variate is the Taylor polynomial of ΔZ in ḡ less
// its mean, −η⟨∇Z, ḡ − g⟩ + (η²/2)(D²Z[ḡ, ḡ] − E D²Z[ḡ, ḡ]). That mean contains the noise's curvature, so these ladders
// say nothing of κ (LayerDynamics tests it); the discrete-step term is on trial.

internal import DenseLinearAlgebra
private import Glibc
internal import NetworkTraining
internal import RandomStreams
internal import VerificationKit

/// One SGD step: where it started, and what it did to Z apart from its martingale increment.
struct SampledStep: Sendable {
  /// The full data set's coefficients at the start, one a layer.
  let layers: [LayerCoefficients]
  /// ΔZ minus its martingale increment: the same mean as ΔZ, to second order without its noise.
  let change: Double
}

/// Independent runs at one learning rate.
struct SampledRung: Sendable {
  let learningRate: Double
  let runs: [[SampledStep]]

  /// Mean of Σ(ΔZ − claimed) over runs, with its standard error.
  func error(_ claimed: DiscreteStepCorrection.Subject) -> Rung {
    var moments = VectorMoments(dimension: 1)
    for run in runs {
      moments.add([run.reduce(0.0) { $0 + $1.change - claimed($1.layers, learningRate) }])
    }
    return Rung(step: learningRate, error: abs(moments.mean[0]), standardError: moments.standardErrors[0])
  }
}

enum SampledDescent {
  static let batchSize = 32
  /// A network early in its training, where gradients are large and so is what discrete steps add.
  private static func youngNetwork(_ population: DigitsPopulation) -> MultilayerPerceptron<Double> {
    var network = MultilayerPerceptron<Double>(
      kaiming: population.network.architecture, scale: 0.5, stream: "DigitsPopulation/initial weights", seed: 1)
    for _ in 0..<6 { network.parameters.add(-0.5, network.fullGradient(population.samples)) }
    return network
  }
  private static let memo = Memo<String, [SampledRung]>()

  /// One step from the digits network with many batches; the same batches at every learning rate.
  static func oneStep(_ setting: Setting) throws -> [SampledRung] {
    let count = 4_000 * setting.tier.scale
    return try memo.value(for: "one \(setting.seed) \(count)") {
      try ladder(setting, [0.2, 0.14, 0.1, 0.07, 0.05], steps: { _ in 1 }, runs: count)
    }
  }

  /// Runs to a fixed time t = 0.8.
  static func toFixedTime(_ setting: Setting) throws -> [SampledRung] {
    let count = 48 * setting.tier.scale
    return try memo.value(for: "fixed \(setting.seed) \(count)") {
      try ladder(setting, [0.2, 0.1, 0.05, 0.025, 0.0125], steps: { Int((0.8 / $0).rounded()) }, runs: count)
    }
  }

  private static func ladder(
    _ setting: Setting, _ rates: [Double], steps: (Double) -> Int, runs: Int
  ) throws -> [SampledRung] {
    let population = try DigitsPopulation.shared.get()
    let initial = youngNetwork(population)
    // One name for checks and boundaries, which look at the same runs.
    let samplers = try population.samplers(
      runs, batchSize: batchSize, StreamName(DiscreteStepCorrection.slug, "batches"), setting.seed)
    return try rates.map { eta in
      let start = try Point(population, initial, eta)
      return SampledRung(
        learningRate: eta,
        runs: try samplers.map { sampler in
          var (network, point) = (initial, start)
          return try (0..<steps(eta)).map { k in
            if k > 0 { point = try Point(population, network, eta) }
            return try point.step(&network, sampler.batch(step: k), population)
          }
        })
    }
  }

  /// The full data set's quantities at one θ.
  private struct Point {
    let learningRate: Double
    let projections: [LayerProjections<Double>]
    /// E D²(log σ₁)[ḡ, ḡ] over batches: at the mean gradient, plus the noise's share.
    let expectedCurvature: [Double]
    let logNorm: Double

    init(_ population: DigitsPopulation, _ network: MultilayerPerceptron<Double>, _ eta: Double) throws {
      learningRate = eta
      let layers = population.layers(at: network, batchSize: batchSize, learningRate: eta)
      projections = try layers.map { try $0.projections() }
      expectedCurvature = projections.map {
        $0.gradientCurvature - $0.gradientSquared + $0.noiseCurvature - $0.noise
      }
      logNorm = projections.reduce(0) { $0 + log($1.triplet.sigma) }
    }

    func step(
      _ network: inout MultilayerPerceptron<Double>, _ batch: [Int], _ population: DigitsPopulation
    ) throws -> SampledStep {
      let workspace = Workspace<Double>(for: network.architecture, sampleCount: batch.count)
      workspace.load(batch, of: population.samples)
      network.forward(workspace)
      network.backward(workspace)
      let eta = learningRate
      let gradient = network.gradient(.mean, of: workspace)
      var martingale = 0.0
      for (l, p) in projections.enumerated() {
        let (u, v, sigma) = (p.triplet.u, p.triplet.v, p.triplet.sigma)
        let mean = gradient.weights[l]
        let (right, left) = (mean * v, mean.transposedTimes(u))
        let slope = u.dot(right) / sigma
        let curvature = try ResolventHessian(network.weights[l], at: p.triplet)
          .relativeForms(right: Matrix(columns: [right]), left: Matrix(columns: [left]))[0]
        martingale -= eta * (slope - p.gradient)
        martingale += eta * eta / 2 * (curvature - slope * slope - expectedCurvature[l])
      }
      network.parameters.add(-eta, gradient)
      let change = DigitsPopulation.logNorms(network).reduce(0, +) - logNorm
      return SampledStep(
        layers: projections.map { LayerCoefficients($0, learningRate: eta) }, change: change - martingale)
    }
  }
}
