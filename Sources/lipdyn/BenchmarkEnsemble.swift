// lipdyn benchmark ensemble: many SGD runs of one small perceptron in one call, as the peer times them.

import ArgumentParser
import Foundation
import NetworkTraining
import RandomStreams

extension Benchmark {
  struct Ensemble: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "ensemble",
      abstract: "SGD runs of a 64-32-10 perceptron on the digits from one initial network, in single precision.",
      discussion: "Example: lipdyn benchmark ensemble --runs 512")

    @Option var runs = 512
    @Option var steps = 1_000
    @Option var batch = 16
    @Option var threads = 2
    @Option var repeats = 3
    @Option var activation: Activation = .relu
    @Option var learningRate = 0.05
    @Option(help: "kernel, or blas: one general network a run, as lipdyn variance has it.") var engine = "kernel"

    func run() throws {
      try UsageError.require((1...1_000_000).contains(runs), "--runs \(runs): use from 1 to 1000000")
      try UsageError.require((1...10_000_000).contains(steps), "--steps \(steps): use from 1 to 10000000")
      try UsageError.require(threads >= 1, "--threads \(threads): use at least 1")
      try UsageError.require(["kernel", "blas"].contains(engine), "--engine \(engine): use kernel or blas")
      let samples = try DataSet.digits().samples(as: Float.self)
      let (rate, size) = (try LearningRate(learningRate), try BatchSize(batch))
      let network = MultilayerPerceptron<Float>(
        kaiming: try Architecture(widths: [64, 32, 10], activation: activation), stream: "benchmark/ensemble", seed: 1)
      var losses: [Double] = []
      let before = clock()
      let times = try BenchmarkTimes(repeats: repeats) {
        if engine == "kernel" {
          let rule = try StochasticVarianceAmplifiedSteps(
            learningRate: rate, batchSize: size, of: samples.count, stream: "benchmark/batches", seed: 1)
          losses = try PerceptronEnsemble(rule, from: network, on: samples).run(
            0..<runs, recording: [steps], workers: threads
          ) { $0.meanLoss() }.map { $0[0] }
        } else {
          let samplers = try (0..<runs).map { run in
            try BatchSampler(
              .withReplacement, batchSize: size, of: samples.count, stream: StreamName("benchmark/batches", "\(run)"),
              seed: 1)
          }
          let ensemble = SGDEnsemble(StochasticGradientDescent(on: samples, learningRate: rate), from: network) {
            samplers[$0]
          }
          losses = ensemble.run(runs, steps: steps, workers: threads, state: { _ in }, observe: { _, _ in }).map {
            $0.network.evaluate(samples).loss
          }
        }
      }
      print(
        times.json(
          job: "ensemble",
          parameters:
            "\"runs\": \(runs), \"steps\": \(steps), \"batch\": \(batch), \"activation\": \"\(activation)\", "
            + "\"threads\": \(threads), \"engine\": \"\(engine)\"",
          work: Double(runs) * Double(steps), unit: "steps",
          check:
            "\"cpu_s\": \(Double(clock() - before) / Double(CLOCKS_PER_SEC) / Double(repeats + 2)), "
            + "\"mean_loss\": \(losses.reduce(0, +) / Double(runs))"))
    }
  }
}
