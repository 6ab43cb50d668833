// lipdyn benchmark train: plain SGD steps of the paper's networks, as the peers time them.

import ArgumentParser
import ArrayFiles
import DenseLinearAlgebra
import NetworkTraining
import RandomStreams

/// The paper's networks on Gaussian data, or on the peers' weights and data from a file.
struct BenchmarkProblem {
  var network: SequentialNetwork<Float>
  let workspace: SequentialWorkspace<Float>

  enum Net: String, CaseIterable, ExpressibleByArgument { case mlp, cnn }

  init(_ net: Net, batch: Int) throws {
    try UsageError.require(batch >= 2 && batch <= 100_000, "--batch \(batch): use from 2 to 100000")
    let architecture = try net == .mlp ? SequentialArchitecture.paperMLP() : .paperConvNet()
    network = SequentialNetwork(kaiming: architecture, stream: "benchmark/train", seed: 1)
    workspace = SequentialWorkspace(for: architecture, sampleCount: batch)
    let generator = RandomGenerator(stream: "benchmark/data", seed: 1)
    workspace.withInputs { x in for k in x.indices { x[k] = Float(generator.gaussian()) } }
    workspace.withTargets { t in
      for k in t.indices { t[k] = 0 }
      for j in 0..<batch { t[j * architecture.classes + Int(generator.uniform(below: architecture.classes))] = 1 }
    }
  }

  /// One plain step.
  mutating func step(_ descent: SequentialDescent) {
    network.forward(workspace, .training(step: 0))
    network.backward(workspace)
    descent.descend(&network, workspace, step: 0)
  }
}

extension Benchmark {
  struct TrainStep: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "train", abstract: "Plain SGD steps of the paper's MLP or ConvNet in single precision.",
      discussion: "Example: lipdyn benchmark train --net mlp --batch 128")

    @Option var net: BenchmarkProblem.Net = .mlp
    @Option var batch = 128
    @Option var steps = 20
    @Option var threads = 2
    @Option var repeats = 5

    func run() throws {
      try UsageError.require(steps >= 1 && steps <= 1_000_000, "--steps \(steps): use from 1 to 1000000")
      TrainingThreads.limit(to: threads)
      var problem = try BenchmarkProblem(net, batch: batch)
      let descent = SequentialDescent(try LearningRate(0.01))
      let times = try BenchmarkTimes(repeats: repeats) { for _ in 0..<steps { problem.step(descent) } }
      print(
        times.json(
          job: "J4",
          parameters: "\"net\": \"\(net)\", \"batch\": \(batch), \"steps\": \(steps), \"threads\": \(threads)",
          work: Double(steps), unit: "steps", check: "\"loss\": \(problem.workspace.meanLoss)"))
    }
  }
}

/// Wall-clock seconds of repeated calls, after two to warm up.
struct BenchmarkTimes {
  let seconds: [Double]

  init(repeats: Int, _ body: () throws -> Void) throws {
    try UsageError.require(repeats >= 1 && repeats <= 10_000, "--repeats \(repeats): use from 1 to 10000")
    var times: [Double] = []
    for round in 0..<(repeats + 2) {
      let start = ContinuousClock.now
      try body()
      let elapsed = ContinuousClock.now - start
      if round >= 2 { times.append(elapsed / .seconds(1)) }
    }
    seconds = times.sorted()
  }

  var median: Double { seconds[seconds.count / 2] }

  func json(job: String, parameters: String, work: Double, unit: String, check: String) -> String {
    """
    {"job": "\(job)", "tool": "lipdyn", "params": {\(parameters)}, "seconds": \(median), "min_s": \(seconds[0]), \
    "max_s": \(seconds[seconds.count - 1]), "k": \(seconds.count), "throughput": \(work / median), \
    "unit": "\(unit)/s", "checksum": {\(check)}}
    """
  }
}
