// Multilevel means against closed forms, their errors, and how their cost grows.

import Glibc
import RandomStreams
import StochasticCalculus
import Testing

@Suite struct MultilevelMonteCarloTests {
  let process = GeometricBrownianMotion(drift: 0.2, volatility: 0.5)

  private func estimate(
    _ scheme: ItoScheme, _ accuracy: Double, seed: UInt64 = 1, threads: Int = 2
  ) throws -> MultilevelMonteCarlo.Estimate {
    try MultilevelMonteCarlo(process, from: 1, horizon: 1, scheme: scheme, stream: "multilevel", seed: seed) { $0 * $0 }
      .estimate(to: accuracy, threads: threads)
  }

  /// E X(1)² = e^{2μ + λ²}, from independent streams: the errors have the size that was asked for, and no more.
  @Test(arguments: [ItoScheme.eulerMaruyama, .milstein, .platen, .weakOrderTwo])
  func errorsAreAsAskedFor(scheme: ItoScheme) throws {
    let (exact, accuracy) = (exp(0.65), 0.02)
    let errors = try (1...25).map { seed in
      let found = try estimate(scheme, accuracy, seed: UInt64(seed))
      #expect(found.standardError <= 1.01 * accuracy / 2.squareRoot() && found.biasBound <= accuracy / 2.squareRoot())
      return found.mean - exact
    }
    let root = (errors.reduce(0) { $0 + $1 * $1 } / 25).squareRoot()
    // The chi distribution with 25 degrees of freedom beyond 1.9 has probability 1e-6.
    #expect(root < 1.9 * accuracy, "\(root)")
    #expect(root > 0.2 * accuracy / 2.squareRoot(), "\(root)")
  }

  @Test func costGrowsLikeTheAccuracySquared() throws {
    let (coarse, fine) = (try estimate(.milstein, 0.004), try estimate(.milstein, 0.0005))
    // Eight times as accurate: 64 times the cost, up to levels that come in; plain Monte Carlo needs some 512 times.
    let ratio = fine.cost / coarse.cost
    #expect(ratio > 40 && ratio < 100, "\(ratio)")
    #expect(fine.plainCost / coarse.plainCost > 200)
    #expect(fine.cost < 0.2 * fine.plainCost, "\(fine.cost), \(fine.plainCost)")
    // Variances of differences fall like h² for strong order 1.
    let tail = fine.levels.dropFirst(2).map(\.variance)
    let rate = pow(tail[0] / tail[tail.count - 1], 1 / Double(tail.count - 1))
    #expect(rate > 3 && rate < 5, "\(tail)")
  }

  @Test func noDigitDependsOnThreads() throws {
    #expect(try estimate(.milstein, 0.02, threads: 1) == estimate(.milstein, 0.02, threads: 3))
    #expect(throws: SimulationError.self) { try estimate(.milstein, 0) }
    #expect(throws: SimulationError.self) {
      try MultilevelMonteCarlo(process, from: 1, horizon: -1, stream: "x", seed: 1)
    }
  }
}
