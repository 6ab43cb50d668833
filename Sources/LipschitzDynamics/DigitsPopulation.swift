// A real network on real data, small enough that its whole population of gradients can be enumerated.
//
// The population is two hundred of the UCI digits and the network a smooth (tanh) perceptron some steps into its
// training, so that gradients, noise and curvature are all of one size and no ReLU kink spoils a Taylor expansion.

internal import DenseLinearAlgebra
private import Glibc
internal import NetworkTraining
internal import RandomStreams
internal import VerificationKit

/// Two hundred digits and a partly trained network: the "data set" of every check on real SGD.
struct DigitsPopulation: Sendable {
  let samples: Samples<Double>
  let network: MultilayerPerceptron<Double>

  var count: Int { samples.count }

  /// Loaded and trained once; a failure (a missing resource) is kept and reported by every check.
  static let shared = Result { try DigitsPopulation() }

  private init() throws {
    let digits = try DataSet.digits()
    samples = digits.subset(stride(from: 0, to: 9 * 200, by: 9).map { $0 % digits.count }).samples()
    let architecture = try Architecture(widths: [64, 16, 10], activation: .tanh)
    var network = MultilayerPerceptron<Double>(
      kaiming: architecture, stream: "DigitsPopulation/initial weights", seed: 1)
    // Full-batch descent: the fixture depends on no sampling at all.
    for _ in 0..<30 {
      let gradient = network.fullGradient(samples)
      network.parameters.add(-0.5, gradient)
    }
    self.network = network
  }

  /// The first n samples as a population of their own, with the same network.
  func first(_ n: Int) -> DigitsPopulation {
    DigitsPopulation(
      samples: Samples(
        inputs: samples.inputs.columns(0..<n), labels: Array(samples.labels[..<n]), classes: samples.classes),
      network: network)
  }

  private init(samples: Samples<Double>, network: MultilayerPerceptron<Double>) {
    self.samples = samples
    self.network = network
  }

  /// Every layer's gradients of all samples, at a point of the parameter space.
  func gradients(at network: MultilayerPerceptron<Double>) -> [RankOneGradients<Double>] {
    let workspace = Workspace<Double>(for: network.architecture, sampleCount: count)
    workspace.load(Array(0..<count), of: samples)
    network.forward(workspace)
    network.backward(workspace)
    return workspace.layers.map { RankOneGradients(deltas: $0.deltas, inputs: $0.inputs) }
  }

  /// The layers' states under SGD with batches of the given size, drawn with replacement.
  func layers(
    at network: MultilayerPerceptron<Double>, batchSize: Int, learningRate: Double
  ) -> [LayerPoint] {
    zip(network.weights, gradients(at: network)).map { weights, sample in
      LayerPoint(
        weights: weights, sample: sample, noise: .populationWithReplacement(batchSize: batchSize),
        learningRate: learningRate)
    }
  }

  /// Independent batches with replacement, a sampler a run.
  func samplers(_ runs: Int, batchSize: Int, _ stream: StreamName, _ seed: UInt64) throws -> [BatchSampler] {
    try (0..<runs).map { run in
      try BatchSampler(
        .withReplacement, batchSize: try BatchSize(batchSize), of: count, stream: stream.appending("run \(run)"),
        seed: seed)
    }
  }
}

/// Every possible SGD step with a batch of one, at a ladder of learning rates: exact means over all N batches.
struct EnumeratedSteps: Sendable {
  struct Rung: Sendable {
    let learningRate: Double
    /// Mean of K⁽ˡ⁾₁/K⁽ˡ⁾₀ − 1 and of its square, a layer each.
    let relativeChange: [Double]
    let relativeSquare: [Double]
    /// Mean of ΔZ and of ΔZ².
    let logChange: Double
    let logSquare: Double
  }

  let rungs: [Rung]

  static let shared = Result { try EnumeratedSteps(DigitsPopulation.shared.get()) }

  private init(_ population: DigitsPopulation) {
    let network = population.network
    let origin = network.layerLogNorms
    let gradients = population.gradients(at: network)
    let n = Double(population.count)
    rungs = (0..<7).map { rung in
      let eta = 0.004 / Double(1 << rung)
      var change = [Double](repeating: 0, count: origin.count)
      var square = change
      var (logChange, logSquare) = (0.0, 0.0)
      for i in 0..<population.count {
        var total = 0.0
        for l in origin.indices {
          var weights = network.weights[l]
          let (delta, input) = (gradients[l].deltas.column(i), gradients[l].inputs.column(i))
          weights -= delta.outer(eta * input)
          let log1 = (try? SingularValueDecomposition(weights).values[0]).map { log($0) } ?? .nan
          let relative = expm1(log1 - origin[l])
          change[l] += relative / n
          square[l] += relative * relative / n
          total += log1 - origin[l]
        }
        logChange += total / n
        logSquare += total * total / n
      }
      return Rung(
        learningRate: eta, relativeChange: change, relativeSquare: square, logChange: logChange, logSquare: logSquare)
    }
  }
}

/// Per-sample gradients of the digits network seen through two fixed directions, for checks on covariances.
enum RealGradients {
  static func projections() throws -> [[Double]] { try cached.get() }

  private static let cached = Result { () throws -> [[Double]] in
    let population = try DigitsPopulation.shared.get()
    let gradients = population.gradients(at: population.network)[0]
    let (m, n) = (gradients.deltas.rows, gradients.inputs.rows)
    let top = try TopSingularTriplet(population.network.weights[0])
    let uniform = Vector([Double](repeating: 1 / Double(n).squareRoot(), count: n))
    let alternating = Vector((0..<m).map { ($0 % 2 == 0 ? 1 : -1) / Double(m).squareRoot() })
    let first = gradients.timesRight(top.v).transposedTimes(top.u)
    let second = gradients.timesRight(uniform).transposedTimes(alternating)
    return (0..<gradients.count).map { [first[$0], second[$0]] }
  }
}
