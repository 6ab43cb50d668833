// The noise-free path and its products against one sample at a time, finite differences, and descent by hand.

import DenseLinearAlgebra
import Foundation
import LipschitzDynamics
import NetworkTraining
import RandomStreams
import Testing
import VerificationKit

@Suite("Descent path")
struct DescentPathTests {
  private static let populations: [NoiseModel] = [
    .populationWithReplacement(batchSize: 1), .populationWithReplacement(batchSize: 7),
    .populationWithoutReplacement(batchSize: 7), .populationWithoutReplacement(batchSize: 40),
  ]

  /// Three layers and Gaussian data with arbitrary labels; biases are not zero.
  private let network: MultilayerPerceptron<Double>
  private let samples: Samples<Double>
  private let learningRate: LearningRate

  init() throws {
    BLASThreads.limit(to: 1)
    let architecture = try Architecture(widths: [4, 6, 5, 3], activation: .tanh)
    var network = MultilayerPerceptron<Double>(kaiming: architecture, stream: "descent/weights", seed: 1)
    let generator = RandomGenerator(stream: "descent/biases", seed: 1)
    for l in network.parameters.biases.indices {
      network.parameters.biases[l] = Vector(network.parameters.biases[l].elements.map { _ in generator.gaussian() / 4 })
    }
    self.network = network
    samples = Self.gaussianSamples(40)
    learningRate = try LearningRate(0.3)
  }

  private static func gaussianSamples(_ count: Int) -> Samples<Double> {
    let generator = RandomGenerator(stream: "descent/samples", seed: 1)
    let inputs = Matrix<Double>(rows: 4, columns: count) { _, _ in generator.gaussian() }
    return Samples(inputs: inputs, labels: (0..<count).map { _ in generator.uniform(below: 3) }, classes: 3)
  }

  /// A unit vector of the parameter space, biases included.
  private func direction(_ stream: StreamName) -> NetworkParameters<Double> {
    let generator = RandomGenerator(stream: stream, seed: 1)
    let entries = Vector((0..<network.parameters.count).map { _ in generator.gaussian() })
    return NetworkParameters(flattened: entries.normalized, network.architecture)
  }

  private func path(_ noise: NoiseModel = .populationWithReplacement(batchSize: 1), steps: Int = 6) throws
    -> NetworkDescentPath
  {
    try NetworkDescentPath(from: network, on: samples, noise: noise, learningRate: learningRate, steps: steps)
  }

  @Test("the smallest gap is that of full decompositions, and a spread as wide as it is a rotation of one")
  func gap() throws {
    let path = try path()
    for step in [0, 6] {
      let gaps = try path.network(at: step).weights.map { weights in
        let values = try SingularValueDecomposition(weights).values
        return 1 - values[1] / values[0]
      }
      #expect(abs(try path.relativeGap(at: step) - (gaps.min() ?? 0)) < 1e-10)
    }
    let regime = try SpreadOfLogNorm.Regime(
      sampling: .withReplacement, batchSize: BatchSize(4, .withReplacement, of: 40), learningRate: learningRate,
      steps: [3, 6])
    let predictions = try SpreadOfLogNorm.predict(network, samples, regime)
    let smallest = try (0...6).map { try path.relativeGap(at: $0) }.min() ?? 0
    let last = try #require(predictions.last)
    #expect(abs((last.relativeGap ?? 0) - smallest) < 1e-12)
    #expect(abs(last.rotation * smallest - last.linearResponse.squareRoot()) < 1e-12)
  }

  private func workspace(
    _ batch: [Int], of samples: Samples<Double>, at network: MultilayerPerceptron<Double>
  ) -> Workspace<Double> {
    let workspace = Workspace<Double>(for: network.architecture, sampleCount: batch.count)
    workspace.load(batch, of: samples)
    network.forward(workspace)
    network.backward(workspace)
    return workspace
  }

  /// ⟨gᵢ, p⟩ by layers, from a batch of that sample alone.
  private func slopes(
    of sample: Int, along p: NetworkParameters<Double>, _ samples: Samples<Double>,
    at network: MultilayerPerceptron<Double>
  ) -> [Double] {
    let gradient = network.gradient(.mean, of: workspace([sample], of: samples, at: network))
    return p.weights.indices.map { gradient.weights[$0].inner(p.weights[$0]) + gradient.biases[$0].dot(p.biases[$0]) }
  }

  // 300 samples do not fit into one block of the pass over the data.
  @Test("slopes of every sample are those of a batch of one", arguments: [1, 40, 300])
  func slopesOfBatchesOfOne(_ count: Int) {
    let (samples, p) = (Self.gaussianSamples(count), direction("descent/direction"))
    let all = network.perSampleSlopes(along: p, samples)
    #expect(all.map(\.count) == [count, count, count])
    for i in 0..<count {
      for (claimed, expected) in zip(all.map { $0[i] }, slopes(of: i, along: p, samples, at: network)) {
        #expect(abs(claimed - expected) < 1e-13)
      }
    }
  }

  @Test("slopes of a sample are differences of its own loss, for every layer's weights and biases apart")
  func slopesOfLosses() {
    func loss(_ i: Int, _ network: MultilayerPerceptron<Double>) -> Double {
      let logits = network.logits(Matrix(columns: [samples.inputs.column(i)])).column(0).elements
      return log(logits.reduce(0) { $0 + exp($1) }) - logits[samples.labels[i]]
    }
    let (p, h) = (direction("descent/direction"), 1e-4)
    for l in network.weights.indices {
      for isBias in [false, true] {
        var part = NetworkParameters<Double>(zerosFor: network.architecture)
        if isBias { part.biases[l] = p.biases[l] } else { part.weights[l] = p.weights[l] }
        let claimed = network.perSampleSlopes(along: part, samples)
        var (ahead, behind) = (network, network)
        ahead.parameters.add(h, part)
        behind.parameters.add(-h, part)
        for i in 0..<samples.count {
          #expect(abs(claimed[l][i] - (loss(i, ahead) - loss(i, behind)) / (2 * h)) < 1e-8)
          #expect(claimed.indices.allSatisfy { $0 == l || claimed[$0][i] == 0 })
        }
      }
    }
  }

  @Test("λ² and μ along the path are the scatter and the mean of the images' own slopes of Z", arguments: populations)
  func coefficients(_ noise: NoiseModel) throws {
    let path = try path(noise)
    let found = try path.coefficients()
    #expect(found.count == 6)
    let weight = learningRate.value * (try noise.weight(sampleCount: samples.count))
    func scatter(_ x: [Double]) -> Double {
      let mean = x.reduce(0, +) / Double(x.count)
      return x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    }
    for (k, c) in found.enumerated() {
      let slopes = path.network(at: k).perSampleSlopes(along: try path.gradient(at: k), samples)
      let whole = slopes.dropFirst().reduce(slopes[0]) { zip($0, $1).map(+) }
      // A batch of all samples has no noise.
      #expect(
        noise == .populationWithoutReplacement(batchSize: 40) ? c.exactLambdaSquared == 0 : c.exactLambdaSquared > 0)
      #expect(abs(c.exactLambdaSquared - weight * scatter(whole)) <= 1e-12 * c.exactLambdaSquared)
      #expect(
        abs(c.layerwiseLambdaSquared - weight * slopes.reduce(0) { $0 + scatter($1) })
          <= 1e-12 * c.layerwiseLambdaSquared)
      #expect(abs(c.mu + whole.reduce(0, +) / Double(whole.count)) <= 1e-12 * abs(c.mu))
    }
  }

  @Test("response: noise from one sample at a time, curvature from differences of the gradient", arguments: populations)
  func response(_ noise: NoiseModel) throws {
    let (path, p, h) = (try path(noise), direction("descent/direction"), 1e-4)
    for k in [0, 5] {
      let (found, network) = (try path.response(to: p, at: k), path.network(at: k))
      var (ahead, behind) = (network, network)
      ahead.parameters.add(h, p)
      behind.parameters.add(-h, p)
      var difference = ahead.fullGradient(samples)
      difference.add(-1, behind.fullGradient(samples))
      difference.scale(by: 1 / (2 * h))
      difference.add(-1, found.curvature)
      #expect(difference.norm < 1e-7 * found.curvature.norm)
      let scores = (0..<samples.count).map { slopes(of: $0, along: p, samples, at: network).reduce(0, +) }
      let mean = scores.reduce(0, +) / Double(scores.count)
      let scatter = scores.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      #expect(abs(found.noise - (try noise.weight(sampleCount: 40)) * scatter) <= 1e-12 * found.noise)
    }
  }

  @Test("points and log-norms are those of full-batch descent, step by step")
  func points() throws {
    let path = try path()
    var moving = network
    for k in 0...6 {
      var distance = path.network(at: k).parameters
      distance.add(-1, moving.parameters)
      #expect(distance.norm < 1e-13)
      let norms = try moving.weights.map { try SingularValueDecomposition($0).values[0] }
      #expect(abs(try path.logNorm(at: k) - norms.reduce(0) { $0 + log($1) }) < 1e-13)
      // One gradient over all samples at once, by hand.
      let gradient = moving.gradient(.mean, of: workspace(Array(0..<samples.count), of: samples, at: moving))
      moving.parameters.add(-learningRate.value, gradient)
    }
    #expect(path.network(at: 0) == network)
  }

  @Test("∇Z is the slope of the log-norm, and nothing for biases")
  func gradient() throws {
    let (path, p, h) = (try path(), direction("descent/direction"), 1e-5)
    func logNorm(_ s: Double) throws -> Double {
      var moved = path.network(at: 3)
      moved.parameters.add(s, p)
      return try moved.weights.reduce(0) { try $0 + log(SingularValueDecomposition($1).values[0]) }
    }
    let gradient = try path.gradient(at: 3)
    #expect(abs(gradient.dot(p) - (try logNorm(h) - logNorm(-h)) / (2 * h)) < 1e-8)
    #expect(gradient.biases.allSatisfy { $0.norm == 0 })
  }

  @Test(
    "noise that is not a population's is refused",
    arguments: [NoiseModel.batchEstimate, .batchEstimateWithoutReplacement(population: 400), .factor])
  func refusesNoise(_ noise: NoiseModel) {
    #expect {
      try path(noise)
    } throws: {
      ($0 as? HypothesisViolation)?.field == "noise"
    }
  }

  @Test("a path without a step is refused", arguments: [0, -1])
  func refusesSteps(_ steps: Int) {
    #expect {
      try path(steps: steps)
    } throws: {
      ($0 as? HypothesisViolation)?.field == "steps T"
    }
  }

  @Test("batches that do not exist, and a descent that leaves the finite numbers, are refused")
  func refusesOthers() throws {
    #expect(throws: HypothesisViolation.self) { try path(.populationWithoutReplacement(batchSize: 41)) }
    #expect(throws: HypothesisViolation.self) { try path(.populationWithReplacement(batchSize: 0)) }
    // The activation is unbounded, so that steps this large overflow.
    let relu = MultilayerPerceptron<Double>(
      kaiming: try Architecture(widths: [4, 6, 5, 3]), stream: "descent/weights", seed: 1)
    #expect(throws: HypothesisViolation.self) {
      try NetworkDescentPath(
        from: relu, on: samples, noise: .populationWithReplacement(batchSize: 1),
        learningRate: try LearningRate(1e200), steps: 4)
    }
  }
}
