// Real SGD on the digits over a ladder of learning rates, with every step's martingale increment taken off.
//
// ΔZ fluctuates by O(η), and its mean is wanted to O(η³). With ξ = ḡ − g the control variate is
// −η⟨∇Z, ξ⟩ + (η²/2)(2D²Z[g, ξ] + D²Z[ξ, ξ] − E D²Z[ξ, ξ]). Its linear terms have mean zero because ḡ is unbiased, and
// none of it contains D²Z[g, g]: the discrete-step term stays on trial. E D²Z[ξ, ξ] contains the noise's curvature, so
// these ladders say nothing of κ, which LayerDynamics tests.

internal import DenseLinearAlgebra
private import Glibc
internal import NetworkTraining
internal import RandomStreams
internal import VerificationKit

/// One SGD step: where it started, and what it did to Z apart from its noise to second order.
struct SampledStep: Sendable {
  /// The full data set's coefficients at the start, one a layer.
  let layers: [LayerCoefficients]
  /// ΔZ minus the control variate: the same mean as ΔZ, without its noise to second order.
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
    // One name for all who look at these runs. Rungs share batches; a slope's interval takes them for independent, which
    // is cautious: errors that move together tilt the line less.
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

  /// Z along full-batch descent so fine that it stands for continuous time, with a claim's rate for steps of η along it.
  static func continuousTime(_ claimed: DiscreteStepCorrection.Subject) throws -> [Rung] {
    let population = try DigitsPopulation.shared.get()
    let (substeps, horizon) = (16, 0.8)
    return try [0.2, 0.1, 0.05, 0.025].map { eta in
      var network = youngNetwork(population)
      let origin = network.logNorm
      let step = eta / Double(substeps)
      var predicted = 0.0
      for _ in 0..<Int((horizon / step).rounded()) {
        let gradient = network.fullGradient(population.samples)
        let layers = try zip(network.weights, gradient.weights).map { theta, g in
          try LayerDynamics.subject(
            LayerPoint(
              weights: theta, gradient: g, sample: DenseGradients([0 * g]), noise: .factor, learningRate: eta))
        }
        predicted += claimed(layers, eta) / Double(substeps)
        network.parameters.add(-step, gradient)
      }
      let change = network.logNorm - origin
      return Rung(step: eta, error: abs(change - predicted))
    }
  }

  /// The full data set's quantities at one θ.
  private struct Point {
    let learningRate: Double
    let projections: [LayerProjections<Double>]
    /// g, by a pass over all samples that shares nothing with the projections.
    let gradient: NetworkParameters<Double>
    let logNorm: Double

    init(_ population: DigitsPopulation, _ network: MultilayerPerceptron<Double>, _ eta: Double) throws {
      learningRate = eta
      projections = try population.layers(at: network, batchSize: batchSize, learningRate: eta)
        .map { try $0.projections() }
      gradient = network.fullGradient(population.samples)
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
      let mean = network.gradient(.mean, of: workspace)
      var martingale = 0.0
      for (l, p) in projections.enumerated() {
        let g = gradient.weights[l]
        let xi = mean.weights[l] - g
        let hessian = try ResolventHessian(network.weights[l], at: p.triplet)
        let second = [g + xi, g - xi, xi].map { secondDerivative(hessian, p.triplet, $0) }
        martingale -= eta * slope(p.triplet, xi)
        // 2D²Z[g, ξ] by polarisation.
        martingale += eta * eta / 2 * ((second[0] - second[1]) / 2 + second[2] - (p.noiseCurvature - p.noise))
      }
      network.parameters.add(-eta, mean)
      let change = network.logNorm - logNorm
      return SampledStep(
        layers: projections.map { LayerCoefficients($0, learningRate: eta) }, change: change - martingale)
    }

    /// ⟨J, E⟩/σ₁.
    private func slope(_ triplet: TopSingularTriplet<Double>, _ direction: Matrix<Double>) -> Double {
      triplet.u.dot(direction * triplet.v) / triplet.sigma
    }

    /// D²(log σ₁)[E, E] = EᵀHE/σ₁ − ⟨J, E⟩²/σ₁².
    private func secondDerivative(
      _ hessian: ResolventHessian<Double>, _ triplet: TopSingularTriplet<Double>, _ direction: Matrix<Double>
    ) -> Double {
      let form = hessian.relativeForms(
        right: Matrix(columns: [direction * triplet.v]), left: Matrix(columns: [direction.transposedTimes(triplet.u)]))[
          0]
      let slope = slope(triplet, direction)
      return form - slope * slope
    }
  }
}
