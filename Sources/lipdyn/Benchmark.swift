// lipdyn benchmark: times one job inside the process, so that peers can be timed the same way in the same run.

import ArgumentParser
import Foundation
import RandomStreams
import StochasticCalculus

struct Benchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Time a job in this process; prints one JSON line.",
    discussion: "Example: lipdyn benchmark gbm --paths 100000", shouldDisplay: false,
    subcommands: [
      GBM.self, MatrixSDE.self, TrainStep.self, NoiseStep.self, Ensemble.self, Sigma1.self, Hessian.self, Replay.self,
      Sharing.self, Stream.self,
    ])

  struct GBM: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "gbm",
      abstract: "Euler–Maruyama of geometric Brownian motion: terminal values, mean and variance of K and log K.",
      discussion: "Example: lipdyn benchmark gbm --paths 100000 --steps 1000 --threads 1")

    @Option var paths = 100_000
    @Option var steps = 1_000
    @Option var threads = 2
    @Option var repeats = 5

    func run() throws {
      try UsageError.require(repeats >= 1 && repeats <= 10_000, "--repeats \(repeats): use from 1 to 10000")
      let process = GeometricBrownianMotion(drift: 0.03, volatility: 0.3)
      let grid = try UniformTimeGrid(end: 1, steps: steps)
      let exact = process.eulerMaruyamaMoments(initial: 1, on: grid, after: steps)
      var times: [Double] = []
      var zOfMean = 0.0
      for round in 0..<(repeats + 2) {
        let start = ContinuousClock.now
        let result = try ScalarEnsemble(
          process, from: 1, paths: paths, on: grid, stream: "benchmark/gbm", seed: UInt64(round)
        ).simulate(threads: threads)
        let logarithms = RunningMoments(result.terminal.map { log($0) })
        let elapsed = ContinuousClock.now - start
        zOfMean = (result.moments.mean - exact.mean) / result.moments.standardErrorOfMean
        // Two warm-up rounds, as the peers have.
        if round >= 2 && logarithms.mean.isFinite { times.append(elapsed / .seconds(1)) }
      }
      times.sort()
      let median = times[times.count / 2]
      print(
        """
        {"job": "J1", "tool": "lipdyn", "paths": \(paths), "steps": \(steps), "threads": \(threads), \
        "seconds": \(median), "min_s": \(times[0]), "path_steps_per_second": \(Double(paths) * Double(steps) / median), \
        "z_mean_K": \(zOfMean)}
        """)
    }
  }
}
