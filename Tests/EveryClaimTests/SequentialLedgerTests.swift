// The fast ledger against the theory's own functions on every sample's gradient, formed in full.

import DenseLinearAlgebra
import LipschitzDynamics
import NetworkTraining
import RandomStreams
import Testing
import VerificationKit

@Suite("Sequential ledger") struct SequentialLedgerTests {
  /// Layers wide and tall, above and below the order from which work is cut in halves.
  static let stacks = [
    ("conv(6,kernel=3,padding=1) relu maxpool(2) conv(9,kernel=3,stride=2,padding=1) tanh flatten linear(5)", 8, 8, 3),
    ("linear(132) relu linear(30) tanh linear(3)", 1, 1, 140),
    ("linear(40) tanh linear(20) relu linear(4)", 1, 1, 30),
  ]

  struct Batch<Scalar: NetworkScalar> {
    let network: SequentialNetwork<Scalar>
    let workspace: SequentialWorkspace<Scalar>

    init(_ stack: (String, Int, Int, Int), samples: Int = 70) throws {
      let input = SampleShape(height: stack.1, width: stack.2, channels: stack.3)
      let architecture = try SequentialArchitecture(input: input, parsing: stack.0)
      network = SequentialNetwork(kaiming: architecture, stream: "test/ledger", seed: 11)
      workspace = SequentialWorkspace(for: architecture, sampleCount: samples)
      let generator = RandomGenerator(stream: "test/ledger/data", seed: 12)
      let classes = architecture.classes
      workspace.load(
        inputs: Matrix(rows: input.count, columns: samples) { _, _ in Scalar(generator.gaussian()) },
        targets: Matrix(rows: classes, columns: samples) { i, j in j % classes == i ? 1 : 0 })
      network.run(workspace, .training(step: 0))
      network.backward(workspace)
    }

    func gradients(_ layer: Int, _ weight: Matrix<Scalar>) -> DenseGradients<Scalar> {
      let all = workspace.sampleGradients(ofLayer: layer)
      return DenseGradients(
        (0..<all.columns).map { j in
          Matrix(rows: weight.rows, columns: weight.columns, columnMajor: all.column(j).elements)
        })
    }
  }

  static let models: [NoiseModel] = [
    .batchEstimate, .independentSample(batchSize: 16), .populationWithReplacement(batchSize: 16),
    .populationWithoutReplacement(batchSize: 16),
  ]

  @Test("agrees with Theorem 14's and 15's own functions", arguments: 0..<stacks.count, models)
  func terms(_ k: Int, _ noise: NoiseModel) throws {
    let batch = try Batch<Double>(Self.stacks[k])
    let rate = try LearningRate(0.05)
    let ledger = try SequentialLedger(for: batch.workspace, noise: noise, learningRate: rate)
    let row = try ledger.row(batch.network, batch.workspace)
    let points = batch.network.linearUnits.map { layer, weight in
      LayerPoint(
        weights: weight, sample: batch.gradients(layer, weight), noise: noise, learningRate: rate.value)
    }
    for (layer, point) in zip(row.layers, points) {
      let (found, expected) = (try #require(layer.coefficients), try LayerDynamics.subject(point))
      for (a, b) in [
        (found.mu, expected.mu), (found.kappa, expected.kappa), (found.lambdaSquared, expected.lambdaSquared),
        (found.discreteStep, expected.discreteStep), (found.relativeGradientSquared, expected.relativeGradientSquared),
      ] {
        #expect(abs(a - b) < 1e-8 * max(abs(b), expected.kappa), "layer \(layer.layer): \(a), \(b)")
      }
    }
    let (found, expected) = (try #require(row.network), try NetworkLogDynamics.subject(points))
    #expect(abs(found.exactLambdaSquared - expected.exactLambdaSquared) < 1e-8 * expected.exactLambdaSquared)
    #expect(abs(found.logDrift - expected.logDrift) < 1e-8 * expected.kappa + 1e-8 * abs(expected.mu))
    #expect(abs(found.logDiscreteStep - expected.logDiscreteStep) < 1e-8 * expected.kappa + 1e-8 * abs(expected.mu))
    #expect(throws: HypothesisViolation.self) {
      try SequentialLedger(for: batch.workspace, noise: .factor, learningRate: rate)
    }
  }

  @Test("what a forward pass has kept says the same", arguments: 0..<stacks.count)
  func keptImages(_ k: Int) throws {
    let batch = try Batch<Double>(Self.stacks[k])
    let ledger = try SequentialLedger(for: batch.workspace, learningRate: LearningRate(0.05))
    // The batch's pass came before the ledger asked for anything.
    let without = try ledger.row(batch.network, batch.workspace)
    #expect(batch.network.linearUnits.allSatisfy { !batch.workspace.holdsImages(ofLayer: $0.layer) })
    batch.network.run(batch.workspace, .training(step: 0))
    batch.network.backward(batch.workspace)
    #expect(batch.network.linearUnits.contains { batch.workspace.holdsImages(ofLayer: $0.layer) })
    ledger.forget()
    let with = try ledger.row(batch.network, batch.workspace)
    for (a, b) in zip(without.layers, with.layers) {
      let (a, b) = (try #require(a.coefficients), try #require(b.coefficients))
      #expect(abs(a.kappa - b.kappa) < 1e-9 * b.kappa && abs(a.mu - b.mu) < 1e-9 * b.kappa)
      #expect(abs(a.discreteStep - b.discreteStep) < 1e-9 * b.kappa)
    }
  }

  @Test("single precision agrees with double to 1e-4", arguments: 0..<stacks.count)
  func precision(_ k: Int) throws {
    let (single, double) = (try Batch<Float>(Self.stacks[k]), try Batch<Double>(Self.stacks[k]))
    let rate = try LearningRate(0.05)
    let a = try SequentialLedger(for: single.workspace, learningRate: rate).row(single.network, single.workspace)
    let b = try SequentialLedger(for: double.workspace, learningRate: rate).row(double.network, double.workspace)
    for (x, y) in zip(a.layers, b.layers) {
      let (x, y) = (try #require(x.coefficients), try #require(y.coefficients))
      #expect(abs(x.kappa - y.kappa) < 1e-4 * y.kappa)
      #expect(abs(x.lambdaSquared - y.lambdaSquared) < 1e-4 * y.lambdaSquared)
      #expect(abs(x.mu - y.mu) < 1e-4 * max(abs(y.mu), y.lambdaSquared.squareRoot()))
    }
  }

  @Test("variances, Gram matrix and square root are those of the formed gradients", arguments: 0..<stacks.count)
  func moments(_ k: Int) throws {
    let batch = try Batch<Double>(Self.stacks[k])
    for (layer, weight) in batch.network.linearUnits {
      let moments = GradientMoments(for: batch.workspace, layer: layer)
      moments.update(batch.workspace)
      let sample = batch.gradients(layer, weight)
      let squares = sample.sumOfSquares(centred: true)
      let scale = squares.maximumMagnitude
      #expect((moments.sumOfSquares - squares).maximumMagnitude < 1e-12 * scale)
      #expect((moments.mean - sample.mean).maximumMagnitude < 1e-12 * sample.mean.maximumMagnitude)
      // Σ^½ = [vec(G_j − Ḡ)] Q: the trace is the sum of the eigenvalues, and a vector's form is that of its image.
      let root = try moments.squareRoot()
      #expect(abs(root.values.reduce(0, +) - moments.totalSumOfSquares) < 1e-10 * moments.totalSumOfSquares)
      let centred = sample.samples.map { $0 - sample.mean }
      let direction = root.vectors.column(0)
      let top = zip(centred, direction.elements).reduce(Matrix<Double>.zeros(weight.rows, weight.columns)) {
        $0 + $1.1 * $1.0
      }
      #expect(abs(top.inner(top) - root.values[0]) < 1e-9 * root.values[0])
    }
  }

  @Test("follows a run: a warm row is a cold row")
  func warm() throws {
    var batch = try Batch<Double>(Self.stacks[1])
    let rate = try LearningRate(0.05)
    let ledger = try SequentialLedger(for: batch.workspace, learningRate: rate)
    var network = batch.network
    for step in 0..<20 {
      network.forward(batch.workspace, .training(step: step))
      network.backward(batch.workspace)
      let warm = try ledger.row(network, batch.workspace)
      let cold = try SequentialLedger(for: batch.workspace, learningRate: rate).row(network, batch.workspace)
      for (a, b) in zip(warm.layers, cold.layers) {
        let (a, b) = (try #require(a.coefficients), try #require(b.coefficients))
        #expect(abs(a.kappa - b.kappa) < 1e-6 * b.kappa)
        #expect(abs(a.mu - b.mu) < 1e-6 * max(abs(b.mu), b.lambdaSquared.squareRoot()))
      }
      SequentialDescent(rate).descend(&network, batch.workspace, step: step)
    }
    batch = try Batch(Self.stacks[1])
    #expect(throws: HypothesisViolation.self) {
      try SequentialLedger(
        for: SequentialWorkspace<Double>(for: batch.network.architecture, sampleCount: 1), learningRate: rate)
    }
  }
}
