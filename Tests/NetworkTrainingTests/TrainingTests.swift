// Training: it learns, it replays to the bit, and ensembles do not depend on threads.

import DenseLinearAlgebra
import NetworkTraining
import RandomStreams
import Testing

@Suite(.serialized) struct TrainingTests {
  static func setUp(_ text: String = "64-32-10", activation: Activation = .relu) throws -> (
    descent: StochasticGradientDescent<Double>, network: MultilayerPerceptron<Double>, samples: Samples<Double>
  ) {
    let samples = try DataSet.digits().samples()
    return (
      StochasticGradientDescent(on: samples, learningRate: try LearningRate(0.1)),
      MultilayerPerceptron(
        kaiming: try Architecture(parsing: text, activation: activation), stream: "tests/initial", seed: 1),
      samples
    )
  }

  static func batches(_ seed: UInt64, _ sampling: Sampling = .withReplacement) throws -> BatchSampler {
    try BatchSampler(sampling, batchSize: BatchSize(16), of: 1797, stream: "tests/batches", seed: seed)
  }

  @Test(arguments: Activation.allCases, Sampling.allCases)
  func digitsAreLearned(activation: Activation, sampling: Sampling) throws {
    var (descent, network, samples) = try Self.setUp(activation: activation)
    let before = network.evaluate(samples)
    descent.train(&network, batches: try Self.batches(1, sampling), steps: 0..<800)
    let after = network.evaluate(samples)
    #expect(before.accuracy < 0.3 && after.accuracy >= 0.9, "\(before) became \(after)")
  }

  @Test func runsReplayAndMayBeCut() throws {
    let (descent, initial, samples) = try Self.setUp()
    let source = try Self.batches(2, .epochShuffling)
    var (whole, cut, watched) = (initial, initial, initial)
    descent.train(&whole, batches: source, steps: 0..<300)
    descent.train(&cut, batches: source, steps: 0..<120)
    descent.train(&cut, batches: BatchOrder(recording: source, steps: 300), steps: 120..<300)
    #expect(cut == whole)
    var seen = 0
    descent.train(&watched, batches: source, steps: 0..<300) { step in
      #expect(step.index == seen && step.batch == source.batch(step: seen))
      if seen % 100 == 0 {
        let chosen = Samples(
          inputs: Matrix(columns: step.batch.map { samples.inputs.column($0) }),
          labels: step.batch.map { samples.labels[$0] }, classes: 10)
        #expect(step.layers[0].inputs == chosen.inputs)
        let reference = step.network.evaluate(chosen)
        #expect(abs(step.loss - reference.loss) <= 1000 * Double.ulpOfOne * reference.loss)
        #expect(step.accuracy == reference.accuracy)
      }
      seen += 1
    }
    #expect(watched == whole && seen == 300)
  }

  @Test func observersMayKeepWhatTheySeeAndMayStop() throws {
    struct Stop: Error {}
    let (descent, initial, _) = try Self.setUp()
    var network = initial
    var kept: [TrainingStep<Double>] = []
    #expect(throws: Stop.self) {
      try descent.train(&network, batches: try Self.batches(3), steps: 0..<100) { step in
        kept.append(step)
        if step.index == 10 { throw Stop() }
      }
    }
    #expect(kept.count == 11 && kept[0].network == initial && kept[10].network == network)
    #expect(kept[0].layers[0].inputs != kept[1].layers[0].inputs, "what was kept is not overwritten")
  }

  @Test func ensemblesDoNotDependOnThreads() throws {
    let (descent, initial, _) = try Self.setUp("64-8-10")
    let sources = try (0..<7).map { try Self.batches(UInt64($0)) }
    let ensemble = SGDEnsemble(descent, from: initial) { sources[$0] }
    let one = ensemble.trajectories(7, steps: 50, workers: 1) { $0.weights[0].frobeniusNorm }
    let four = ensemble.trajectories(7, steps: 50, workers: 4) { $0.weights[0].frobeniusNorm }
    #expect(one == four)
    #expect((one.rows, one.columns) == (51, 7))
    #expect(Set(one.row(0).elements).count == 1 && Set(one.row(50).elements).count == 7)

    let runs = ensemble.run(
      7, steps: 50, workers: 3, state: { [Double($0)] },
      observe: { state, step in state.append(step.network.weights[0].frobeniusNorm) })
    for (r, run) in runs.enumerated() {
      #expect(run.state == [Double(r)] + one.column(r).elements.dropLast())
      #expect(run.network.weights[0].frobeniusNorm == one[50, r])
      let alone = SGDEnsemble(descent, from: initial) { _ in sources[r] }
        .run(1, steps: 50, state: { $0 }, observe: { _, _ in })
      #expect(alone[0].network == run.network)
    }
    #expect(ensemble.run(0, steps: 5, state: { $0 }, observe: { _, _ in }).isEmpty)
  }
}
