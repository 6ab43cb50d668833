// Real SGD paths on the digits with the coefficients of the theory along them: ensembles, and all paths of two steps.

internal import DenseLinearAlgebra
internal import NetworkTraining
internal import RandomStreams
internal import VerificationKit

/// One SGD path: what log K did, and what the formula needs to predict it.
///
/// The coefficients come from the whole population's gradients, never from the step's own batch, which would make
/// the prediction a Taylor expansion of the observation. Only the noise term is what the batch realised.
struct RealPath: Sendable {
  let learningRate: Double
  /// Z(T) − Z(0), as it happened.
  var observed = 0.0
  private var continuous: [DynamicsIncrement] = []
  private var discreteSteps: [Double] = []

  init(learningRate: Double) { self.learningRate = learningRate }

  /// Increments whose drift has, or has not, what discrete steps add to it.
  func increments(includingDiscreteStep: Bool) -> [DynamicsIncrement] {
    zip(continuous, discreteSteps).map { item, extra in
      DynamicsIncrement(
        duration: item.duration, relativeDrift: item.relativeDrift + (includingDiscreteStep ? extra : 0),
        itoCorrection: item.itoCorrection, noise: item.noise)
    }
  }

  /// Adds the step that a batch takes from a network whose population quantities are given.
  mutating func append(_ state: PopulationState, batch: [RankOneGradients<Double>]) {
    let c = state.coefficients
    let noise = zip(state.projections, batch).reduce(0.0) { sum, item in
      let (p, layer) = item
      let score = layer.deltas.transposedTimes(p.triplet.u).dot(layer.inputs.transposedTimes(p.triplet.v))
      return sum - learningRate * (score / Double(layer.count) / p.triplet.sigma - p.gradient)
    }
    continuous.append(
      DynamicsIncrement(
        duration: learningRate, relativeDrift: c.mu + c.kappa, itoCorrection: c.layerwiseLambdaSquared / 2,
        noise: noise))
    discreteSteps.append(c.logDiscreteStep)
  }
}

/// The theory's quantities of the whole population at one point of the parameter space.
struct PopulationState: Sendable {
  let projections: [LayerProjections<Double>]
  let coefficients: NetworkCoefficients

  init(
    _ population: DigitsPopulation, at network: MultilayerPerceptron<Double>, batchSize: Int, learningRate: Double
  ) throws {
    let layers = population.layers(at: network, batchSize: batchSize, learningRate: learningRate)
    projections = try layers.map { try $0.projections() }
    coefficients = try NetworkCoefficients(
      projections, noise: .populationWithReplacement(batchSize: batchSize), learningRate: learningRate)
  }
}

enum RealPaths {
  private static let ensembles = Memo<String, [RealPath]>()

  /// Independent runs of 64 steps with batches of four, from one initial network.
  static func ensemble(_ setting: Setting) throws -> [RealPath] {
    let runs = 150 * setting.tier.scale
    return try ensembles.value(for: "\(setting.name) \(setting.seed) \(runs)") {
      try simulate(DigitsPopulation.shared.get(), runs, steps: 64, batchSize: 4, learningRate: 0.0125, setting)
    }
  }

  private static func simulate(
    _ population: DigitsPopulation, _ runs: Int, steps: Int, batchSize: Int, learningRate: Double, _ setting: Setting
  ) throws -> [RealPath] {
    let descent = StochasticGradientDescent(on: population.samples, learningRate: try LearningRate(learningRate))
    let samplers = try population.samplers(runs, batchSize: batchSize, setting.name.appending("batches"), setting.seed)
    let ensemble = SGDEnsemble(descent, from: population.network) { samplers[$0] }
    let results = ensemble.run(runs, steps: steps, workers: 1) { _ in
      (path: RealPath(learningRate: learningRate), failure: (any Error)?.none)
    } observe: { state, step in
      do {
        let here = try PopulationState(
          population, at: step.network, batchSize: batchSize, learningRate: learningRate)
        state.path.append(here, batch: step.layers.map { RankOneGradients(deltas: $0.deltas, inputs: $0.inputs) })
      } catch { state.failure = error }
    }
    let origin = population.network.logNorm
    return try results.map { result in
      if let failure = result.state.failure { throw failure }
      var path = result.state.path
      path.observed = result.network.logNorm - origin
      return path
    }
  }

  private static let enumerated = Memo<Int, [(eta: Double, paths: [RealPath])]>()

  /// All N² paths of two steps with one sample each, from a population of 20, over a ladder of learning rates.
  static func pairs() throws -> [(eta: Double, paths: [RealPath])] {
    let n = 20
    return try enumerated.value(for: n) {
      let population = try DigitsPopulation.shared.get().first(n)
      let origin = population.network.logNorm
      return try (0..<6).map { rung in
        let eta = 0.004 / Double(1 << rung)
        let start = try PopulationState(population, at: population.network, batchSize: 1, learningRate: eta)
        var paths: [RealPath] = []
        for i in 0..<n {
          let (middle, first) = population.stepped(population.network, sample: i, learningRate: eta)
          let state = try PopulationState(population, at: middle, batchSize: 1, learningRate: eta)
          for j in 0..<n {
            let (end, second) = population.stepped(middle, sample: j, learningRate: eta)
            var path = RealPath(learningRate: eta)
            path.append(start, batch: first)
            path.append(state, batch: second)
            path.observed = end.logNorm - origin
            paths.append(path)
          }
        }
        return (eta, paths)
      }
    }
  }
}

extension DigitsPopulation {
  /// One SGD step with a single sample, and that sample's gradients.
  func stepped(
    _ network: MultilayerPerceptron<Double>, sample: Int, learningRate: Double
  ) -> (MultilayerPerceptron<Double>, [RankOneGradients<Double>]) {
    let workspace = Workspace<Double>(for: network.architecture, sampleCount: 1)
    workspace.load([sample], of: samples)
    network.forward(workspace)
    network.backward(workspace)
    var moved = network
    moved.parameters.add(-learningRate, network.gradient(.mean, of: workspace))
    return (moved, workspace.layers.map { RankOneGradients(deltas: $0.deltas, inputs: $0.inputs) })
  }
}
