// Ensembles of small perceptrons against the general network in double precision, over threads, and step by step.

import DenseLinearAlgebra
import Foundation
import NetworkTraining
import RandomStreams
import Testing

@Suite struct PerceptronEnsembleTests {
  private static func single(_ problem: Problem) -> (MultilayerPerceptron<Float>, Samples<Float>) {
    let architecture = problem.network.architecture
    let flat = problem.network.parameters.flattened.elements.map { Float($0) }
    return (
      MultilayerPerceptron(architecture, parameters: NetworkParameters(flattened: Vector(flat), architecture)),
      Samples(
        inputs: Matrix(
          rows: problem.samples.inputs.rows, columns: problem.samples.count,
          columnMajor: problem.samples.inputs.elements.map { Float($0) }), labels: problem.samples.labels,
        classes: problem.samples.classes)
    )
  }

  private static func distance<S: BLASScalar>(
    _ network: MultilayerPerceptron<S>, _ reference: MultilayerPerceptron<Double>
  ) -> Double {
    zip(network.parameters.flattened.elements, reference.parameters.flattened.elements).reduce(0) {
      max($0, abs(Double($1.0) - $1.1))
    }
  }

  private static func apply<S: BLASScalar>(
    _ rule: some WeightedSteps, _ steps: Int, run: Int, to start: MultilayerPerceptron<S>, _ samples: Samples<S>
  ) -> MultilayerPerceptron<S> {
    var network = start
    let workspace = Workspace<S>(for: start.architecture, sampleCount: rule.sampleCount)
    for k in 0..<steps {
      let step = rule.step(k, run: run)
      workspace.load(step.samples, of: samples)
      network.forward(workspace)
      network.backward(workspace)
      network.parameters.add(1, network.gradient(.weighted(Vector(step.weights.map { S(Double($0)) })), of: workspace))
    }
    return network
  }

  @Test(
    "Runs are those of the general network, to the round-off of single precision",
    arguments: [[64, 32, 10], [5, 17, 33, 3], [7, 2], [3, 8, 20]], Activation.allCases)
  func runsAreTheNetworks(widths: [Int], activation: Activation) throws {
    let problem = try Problem(widths, activation, samples: 29, seed: 3)
    let (network, samples) = Self.single(problem)
    // θ_0 of the reference is the rounded one.
    let exact = MultilayerPerceptron<Double>(
      problem.network.architecture,
      parameters: NetworkParameters(
        flattened: Vector(network.parameters.flattened.elements.map { Double($0) }), problem.network.architecture))
    let wide = Samples(
      inputs: Matrix<Double>(
        rows: widths[0], columns: 29, columnMajor: samples.inputs.elements.map { Double($0) }),
      labels: samples.labels, classes: samples.classes)
    let (rate, size, steps) = (try LearningRate(0.05), try BatchSize(13), 12)
    func compare(_ rule: some WeightedSteps) throws {
      let found = try PerceptronEnsemble(rule, from: network, on: samples).run(4..<6, recording: [0, steps]) {
        ($0.network, $0.meanLoss())
      }
      #expect(found[1][0].0 == network)
      let reference = Self.apply(rule, steps, run: 5, to: exact, wide)
      // What the same arithmetic with BLAS loses is the yardstick.
      let yardstick = Self.distance(Self.apply(rule, steps, run: 5, to: network, samples), reference)
      let error = Self.distance(found[1][1].0, reference)
      let largest = reference.parameters.flattened.elements.reduce(0) { max($0, abs($1)) }
      #expect(error <= 4 * yardstick + 8 * Double(Float.ulpOfOne) * largest, "\(error), and BLAS \(yardstick)")
      #expect(Self.distance(found[0][1].0, reference) > 1000 * error, "runs do not differ")
      let loss = found[1][1].0.evaluate(samples).loss
      #expect(abs(found[1][1].1 - loss) <= 64 * Double(Float.ulpOfOne) * (1 + loss))
    }
    try compare(
      StochasticVarianceAmplifiedSteps(
        learningRate: rate, batchSize: size, of: 29, stream: "tests/ensemble", seed: 1))
    try compare(
      StochasticVarianceAmplifiedSteps(
        learningRate: rate, batchSize: size, of: 29, amplification: 4, stream: "tests/ensemble", seed: 1))
    try compare(
      EulerMaruyamaSteps(
        learningRate: rate, batchSize: size, of: 29, substeps: 2, stream: "tests/ensemble", seed: 1))
  }

  @Test func resultsAreTheSameBitsForAnyNumberOfThreadsAndMayBeContinued() throws {
    let (network, samples) = Self.single(try Problem([9, 12, 4], .tanh, samples: 40, seed: 1))
    let rule = try StochasticVarianceAmplifiedSteps(
      learningRate: LearningRate(0.1), batchSize: BatchSize(16), of: 40, stream: "tests/ensemble", seed: 2)
    let ensemble = try PerceptronEnsemble(rule, from: network, on: samples)
    func ends(_ runs: Range<Int>, _ workers: Int) -> [MultilayerPerceptron<Float>] {
      ensemble.run(runs, recording: [50], workers: workers) { $0.network }.map { $0[0] }
    }
    let alone = ends(0..<300, 1)
    #expect(alone.count == 300 && alone[0] != alone[1])
    #expect(ends(0..<300, 2) == alone)
    #expect(ends(0..<300, 5) == alone)
    #expect(ends(7..<31, 2) == Array(alone[7..<31]))
    var reports: [Int] = []
    let stopped = ensemble.run(
      0..<300, recording: [50], progress: { reports.append($0) }, isCancelled: { !reports.isEmpty },
      observe: { $0.network })
    #expect(stopped.map { $0[0] } == Array(alone[..<stopped.count]) && reports == [stopped.count])
    #expect(stopped.count < 300)
  }

  @Test(arguments: [1, 2, 5])
  func amplifiedStepsHaveTheirMeanAndVariance(l: Int) throws {
    let (eta, size) = (0.3, 6)
    let rule = try StochasticVarianceAmplifiedSteps(
      learningRate: LearningRate(eta), batchSize: BatchSize(size), of: 50, amplification: l, stream: "tests/svag",
      seed: 1)
    let weights = rule.step(0, run: 0).weights.map { Double($0) }
    // Independent samples: Σw is the mean's factor, −η/l, and Σw² is the variance's, (η²/l)/M.
    let u = 64 * Double(Float.ulpOfOne)
    #expect(abs(weights.reduce(0, +) + eta / Double(l)) <= u)
    #expect(abs(weights.reduce(0) { $0 + $1 * $1 } - eta * eta / Double(l * size)) <= u)
  }

  @Test func diffusionStepsHaveTheirMeanAndVariance() throws {
    let (eta, size, n, k) = (0.3, 6, 50, 4)
    let rule = try EulerMaruyamaSteps(
      learningRate: LearningRate(eta), batchSize: BatchSize(size), of: n, substeps: k, stream: "tests/sde", seed: 1)
    let dt = eta / Double(k)
    let runs = 400
    var squares = 0.0
    for run in 0..<runs {
      let (samples, weights) = rule.step(3, run: run)
      #expect(samples == Array(0..<n))
      #expect(abs(weights.reduce(0) { $0 + Double($1) } + dt) <= 1e-2 * dt * 1e-3)
      squares += weights.reduce(0) { $0 + (Double($1) + dt / Double(n)) * (Double($1) + dt / Double(n)) }
    }
    // Σ(ξ − ξ̄)² over all runs is χ² with R(N − 1) degrees of freedom, of variance twice that.
    let degrees = Double(runs * (n - 1))
    let chi = squares / (eta * dt / Double(n * size))
    #expect(abs(chi - degrees) <= 5 * (2 * degrees).squareRoot())
  }

  @Test func theSecondOrderDriftIsTheModifiedLosss() throws {
    let problem = try Problem([5, 8, 3], .tanh, samples: 24, seed: 2)
    let (network, samples) = Self.single(problem)
    let gradient = problem.network.fullGradient(problem.samples)
    let curvature = problem.network.fullHessianVectorProduct(gradient, problem.samples)
    /// ‖Δθ/Δt + ∇L + (η/2)H∇L‖ of one step without noise to speak of.
    func error(_ eta: Double) throws -> Double {
      let rule = try EulerMaruyamaSteps(
        learningRate: LearningRate(eta), batchSize: BatchSize(Int(Int32.max)), of: 24, substeps: 1,
        driftOrder: .second, stream: "tests/drift", seed: 1)
      let end = try PerceptronEnsemble(rule, from: network, on: samples).run(0..<1, recording: [1]) { $0.network }[0][0]
      let change = zip(end.parameters.flattened.elements, problem.network.parameters.flattened.elements)
      let predicted = zip(gradient.flattened.elements, curvature.flattened.elements)
      return zip(change, predicted).reduce(0) {
        let rate = (Double($1.0.0) - $1.0.1) / eta
        let rest = rate + $1.1.0 + eta / 2 * $1.1.1
        return $0 + rest * rest
      }.squareRoot()
    }
    let (coarse, fine) = (try error(0.4), try error(0.2))
    #expect(abs(log2(coarse / fine) - 2) < 0.35, "\(coarse) and \(fine)")
    #expect(fine < 0.1 * 0.1 * curvature.flattened.norm)
  }

  @Test func aDivergedRunDoesNotLookAlive() throws {
    for activation in Activation.allCases {
      let (network, samples) = Self.single(try Problem([5, 8, 3], activation, samples: 24, seed: 2))
      let rule = try StochasticVarianceAmplifiedSteps(
        learningRate: LearningRate(1e38), batchSize: BatchSize(8), of: 24, stream: "tests/divergence", seed: 1)
      let losses = try PerceptronEnsemble(rule, from: network, on: samples).run(0..<3, recording: [40]) {
        ($0.meanLoss(), $0.network.evaluate(samples).loss)
      }
      for loss in losses { #expect(!loss[0].0.isFinite && !loss[0].1.isFinite) }
    }
  }

  @Test func misfitsAreRefused() throws {
    let (network, samples) = Self.single(try Problem([5, 8, 3], .relu, samples: 24, seed: 2))
    let (rate, size) = (try LearningRate(0.1), try BatchSize(8))
    let rule = try StochasticVarianceAmplifiedSteps(
      learningRate: rate, batchSize: size, of: 23, stream: "tests/misfit", seed: 1)
    #expect(throws: NetworkTrainingError.self) { try PerceptronEnsemble(rule, from: network, on: samples) }
    #expect(throws: NetworkTrainingError.self) {
      try StochasticVarianceAmplifiedSteps(
        learningRate: rate, batchSize: size, of: 24, amplification: 0, stream: "tests/misfit", seed: 1)
    }
    #expect(throws: NetworkTrainingError.self) {
      try EulerMaruyamaSteps(
        learningRate: rate, batchSize: size, of: 24, substeps: 0, stream: "tests/misfit", seed: 1)
    }
  }
}
