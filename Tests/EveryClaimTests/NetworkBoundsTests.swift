// Norms, bounds and shares of real networks against matrices that are formed in full.

import DenseLinearAlgebra
import Foundation
import LipschitzDynamics
import NetworkTraining
import RandomStreams
import Testing

@Suite("Network bounds and shares") struct NetworkBoundsTests {
  static func batch(_ stack: String, _ input: SampleShape, samples: Int = 12, seed: UInt64 = 3) throws -> (
    network: SequentialNetwork<Double>, workspace: SequentialWorkspace<Double>
  ) {
    let architecture = try SequentialArchitecture(input: input, parsing: stack)
    let network = SequentialNetwork<Double>(kaiming: architecture, stream: "test/bounds", seed: seed)
    let workspace = SequentialWorkspace<Double>(for: architecture, sampleCount: samples)
    let generator = RandomGenerator(stream: "test/bounds/data", seed: seed)
    workspace.load(
      inputs: Matrix(rows: input.count, columns: samples) { _, _ in generator.gaussian() },
      targets: Matrix(rows: architecture.classes, columns: samples) { i, j in j % architecture.classes == i ? 1 : 0 })
    return (network, workspace)
  }

  @Test(
    "a convolution's norm is that of its matrix, and not the reshaped kernel's",
    arguments: [
      ("conv(5,kernel=3,padding=1) flatten linear(3)", 6), ("conv(4,kernel=3,stride=2,padding=1) flatten linear(3)", 7),
      ("conv(3,kernel=5,stride=1,padding=0) flatten linear(3)", 8), ("conv(2,kernel=1) flatten linear(2)", 4),
    ])
  func convolution(_ stack: String, _ side: Int) throws {
    let input = SampleShape(height: side, width: side, channels: 2)
    let (network, _) = try Self.batch(stack, input)
    // Its columns are the images of unit images, less the bias.
    let room = SequentialWorkspace<Double>(for: network.architecture, sampleCount: input.count + 1)
    room.load(
      inputs: Matrix(rows: input.count, columns: input.count + 1) { $0 == $1 ? 1 : 0 },
      targets: Matrix(rows: network.architecture.classes, columns: input.count + 1) { i, _ in i == 0 ? 1 : 0 })
    network.run(room, .prediction)
    let images = room.inputs(ofLayer: 1)
    let bias = images.column(input.count)
    let matrix = Matrix(columns: (0..<input.count).map { images.column($0) - bias })
    let expected = try SingularValueDecomposition(matrix).values[0]
    let found = ConvolutionOperatorNorm<Double>(for: network.architecture, layer: 0).update(network, tolerance: 1e-7)
    #expect(abs(found.sigma - expected) < 1e-9 * expected, "\(found), \(expected)")
    let kernel = try TopSingularTriplet(network.linearUnits[0].weight).sigma
    if stack.contains("kernel=1") {
      #expect(abs(kernel - expected) < 1e-9 * expected)
    } else {
      #expect(abs(kernel - expected) > 1e-2 * expected)
    }
  }

  @Test("Jacobians are those of differences of the predictor's logits")
  func jacobians() throws {
    let input = SampleShape(height: 5, width: 5, channels: 1)
    let (network, workspace) = try Self.batch(
      "conv(4,padding=1) batch-norm tanh maxpool(2) dropout(0.5) flatten linear(6) sigmoid linear(3)", input)
    let inputs = workspace.inputs(ofLayer: 0)
    let found = try network.inputJacobianNorms(workspace)
    let h = 1e-5
    for j in [0, 7] {
      let room = SequentialWorkspace<Double>(for: network.architecture, sampleCount: 2 * input.count)
      room.load(
        inputs: Matrix(rows: input.count, columns: 2 * input.count) { i, k in
          inputs[i, j] + (k / 2 == i ? (k % 2 == 0 ? h : -h) : 0)
        }, targets: Matrix(rows: 3, columns: 2 * input.count) { i, _ in i == 0 ? 1 : 0 })
      network.run(room, .prediction)
      let z = room.logits
      let jacobian = Matrix(rows: 3, columns: input.count) { c, i in (z[c, 2 * i] - z[c, 2 * i + 1]) / (2 * h) }
      let expected = try SingularValueDecomposition(jacobian).values[0]
      #expect(abs(found[j] - expected) < 1e-7 * expected)
    }
  }

  @Test("the constant lies between its bounds, which move with the weights")
  func bracket() throws {
    let input = SampleShape(height: 8, width: 8, channels: 1)
    var (network, workspace) = try Self.batch(
      "conv(4,padding=1) batch-norm relu maxpool(2) flatten linear(8) leaky-relu(0.1) linear(3)", input)
    let tracker = LipschitzBracketTracker(sample: workspace)
    func now() throws -> LipschitzBracket {
      network.run(workspace, .training(step: 0))
      network.backward(workspace)
      let ledger = try SequentialLedger(for: workspace, learningRate: LearningRate(0.1))
      return try tracker.bracket(of: network, ledger.row(network, workspace))
    }
    let first = try now()
    #expect(first.logLowerBound < first.logProductBound && first.logProductBound <= first.logKernelProductBound)
    // Twice the last layer: twice every bound.
    let last = network.parameters.blocks.count - 1
    network.parameters.blocks[last].weight = 2 * network.parameters.blocks[last].weight
    let second = try now()
    for (a, b) in [
      (first.logLowerBound, second.logLowerBound), (first.logKernelProductBound, second.logKernelProductBound),
    ] { #expect(abs(b - a - 0.693147180559945) < 1e-6) }
    // The convolution's iteration goes on from its last vector.
    #expect(abs(second.logProductBound - first.logProductBound - 0.693147180559945) < 1e-3)
  }

  @Test("the diagonal's share is that of noise without covariances", arguments: [(5, 8), (8, 5), (6, 6), (1, 4)])
  func shares(_ m: Int, _ n: Int) throws {
    let generator = RandomGenerator(stream: "test/shares", seed: 5)
    let theta = Matrix<Double>(rows: m, columns: n) { _, _ in generator.gaussian() }
    let variances = Matrix<Double>(rows: m, columns: n) { _, _ in generator.gaussian() * generator.gaussian() }
      .map { abs($0) }
    // One column of noise a parameter.
    let columns = (0..<m * n).map { k in
      Matrix<Double>(rows: m, columns: n) { i, j in j * m + i == k ? variances[i, j].squareRoot() : 0 }
    }
    let expected = try LayerDynamics.subject(
      LayerPoint(
        weights: theta, gradient: theta, sample: DenseGradients(columns), noise: .factor, learningRate: 0.1))
    let found = try DiagonalNoise(weights: theta, variances: variances, at: TopSingularTriplet(theta))
    #expect(abs(0.05 * found.noiseCurvature - expected.kappa) < 1e-10 * expected.kappa)
    #expect(abs(0.1 * found.noise - expected.lambdaSquared) < 1e-10 * expected.lambdaSquared)
  }
}

@Suite("Terms of a regularised run") struct RunCoefficientsTests {
  static func run(_ regularizers: [String], rate: Double) throws -> (
    run: RegularizedDescent<Double>, room: SequentialWorkspace<Double>, noise: NoiseModel
  ) {
    let images = try ImageSet.digits().subset(Array(0..<200))
    var settings = RegularizedDescent<Double>.Settings(
      try SequentialArchitecture(input: SampleShape(64), parsing: "linear(12) tanh linear(10)"))
    settings.regularizers = try regularizers.map { try Regularizer($0) }
    settings.learningRate = rate
    // Every batch is the whole set: no noise but what is injected.
    (settings.sampling, settings.batchSize) = (.withoutReplacement, images.count)
    var run = try RegularizedDescent<Double>(settings, on: images, stream: "test/run")
    let room = SequentialWorkspace<Double>(for: settings.architecture, sampleCount: images.count)
    run.probe(run.independentDraw(images.count, at: 0), room, at: 0)
    return (run, room, TermSource.full.noise(.withoutReplacement, batchSize: images.count, population: images.count))
  }

  private func logNorm(_ network: SequentialNetwork<Double>) throws -> Double {
    try network.linearUnits.reduce(0) { $0 + log(try SingularValueDecomposition($1.weight).values[0]) }
  }

  @Test(
    "without noise a step moves Z by η times the drift, to third order",
    arguments: [[], ["weight-decay(0.3)"], ["gradient-scaling(alpha=0.4)", "weight-decay(0.2)"], ["mixup(alpha=0.3)"]])
  func drift(_ regularizers: [String]) throws {
    let errors = try [0.04, 0.02].map { rate in
      var (run, room, noise) = try Self.run(regularizers, rate: rate)
      let row = try SequentialLedger(for: room, noise: noise, learningRate: run.learningRate).row(run.network, room)
      let c = try #require(try RunCoefficients(row, of: run))
      #expect(c.kappa < 1e-12 && c.exactLambdaSquared < 1e-12)
      // The step's own draws, where a regulariser draws: the probe's.
      let before = try logNorm(run.network)
      SequentialDescent(run.learningRate, weightDecay: run.weightDecay, gradientScale: run.gradientScale)
        .descend(&run.network, room, step: 0)
      return abs(try logNorm(run.network) - before - rate * c.drift)
    }
    // 2³ up to the next order.
    #expect(errors[0] / errors[1] > 6.5 && errors[0] / errors[1] < 9.5, "\(errors)")
  }

  @Test("injected noise adds what isotropic noise adds to every layer")
  func injection() throws {
    let (run, room, noise) = try Self.run(["gradient-scaling(alpha=0.5,gaussian,s=0.3)"], rate: 0.05)
    let row = try SequentialLedger(for: room, noise: noise, learningRate: run.learningRate).row(run.network, room)
    let c = try #require(try RunCoefficients(row, of: run))
    let expected = try run.network.linearUnits.reduce((0.0, 0.0)) { sum, unit in
      let (m, n) = (unit.weight.rows, unit.weight.columns)
      let columns = (0..<m * n).map { k in
        Matrix<Double>(rows: m, columns: n) { i, j in j * m + i == k ? run.injectedDeviation : 0 }
      }
      let layer = try LayerDynamics.subject(
        LayerPoint(
          weights: unit.weight, gradient: unit.weight, sample: DenseGradients(columns), noise: .factor,
          learningRate: 0.05))
      return (sum.0 + layer.kappa, sum.1 + layer.lambdaSquared)
    }
    #expect(abs(c.kappa - expected.0) < 1e-9 * expected.0)
    #expect(abs(c.layerwiseLambdaSquared - expected.1) < 1e-9 * expected.1)
    #expect(abs(c.exactLambdaSquared - expected.1) < 1e-9 * expected.1)
  }
}
