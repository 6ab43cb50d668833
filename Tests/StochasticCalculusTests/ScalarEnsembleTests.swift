// Ensembles: moments against closed forms, the same bits on any number of threads, and what can go wrong.

import CGSL
import Glibc
import RandomStreams
import StochasticCalculus
import Synchronization
import Testing

@Suite struct ScalarEnsembleTests {
  @Test(arguments: ItoScheme.allCases)
  func noBitDependsOnThreads(scheme: ItoScheme) throws {
    let process = GeometricBrownianMotion(
      drift: try TimeFunction(times: [0, 1], values: [0.3, -0.2]), volatility: 0.5)
    let grid = try UniformTimeGrid(end: 1, steps: 30)
    let ensemble = try ScalarEnsemble(
      process, from: 1, paths: 10_007, on: grid, scheme: scheme, stream: "threads", seed: 1)
    let recording = Recording.evenly(5, of: grid, quantiles: [0.05, 0.5])
    let results = try [1, 2, 3].map { try ensemble.simulate(threads: $0, recording: recording) }
    #expect(results[0].nonFinite == nil)
    for result in results[1...] {
      #expect(result.terminal.map(\.bitPattern) == results[0].terminal.map(\.bitPattern))
      #expect(result == results[0])
    }
    // A path is the same in a smaller ensemble.
    let few = try ScalarEnsemble(process, from: 1, paths: 13, on: grid, scheme: scheme, stream: "threads", seed: 1)
    #expect(try few.simulate().terminal == Array(results[0].terminal.prefix(13)))
  }

  @Test func pathsReadTheirDocumentedNormals() throws {
    // Path i at step k by hand, from normal (i, k) alone, in the second chunk and a last, short one.
    let process = GeometricBrownianMotion(drift: 0.3, volatility: 0.5)
    let grid = try UniformTimeGrid(end: 1, steps: 20)
    let normals = CounterNormals("addresses", seed: 1)
    for scheme in [ItoScheme.eulerMaruyama, .milstein] {
      let ensemble = try ScalarEnsemble(
        process, from: 2, paths: 2100, on: grid, scheme: scheme, stream: "addresses", seed: 1)
      let terminal = try ensemble.simulate().terminal
      for path in [0, 1, 1023, 1024, 1501, 2099] {
        var x = 2.0
        for step in 0..<20 {
          let increment = normals.normal(path: path, step: step) * 0.05.squareRoot()
          let correction = scheme == .milstein ? 0.125 * (increment * increment - 0.05) : 0
          x *= 1 + 0.3 * 0.05 + 0.5 * increment + correction
        }
        #expect(isClose(terminal[path], x, ulps: 100))
      }
    }
  }

  @Test func geometricBrownianMotionHasItsMoments() throws {
    let process = GeometricBrownianMotion(
      drift: try TimeFunction(times: [0, 0.5, 2], values: [0.5, -0.5, 0.2]),
      volatility: try TimeFunction(times: [0, 2], values: [0.1, 0.5]))
    let grid = try UniformTimeGrid(end: 2, steps: 200)
    let ensemble = try ScalarEnsemble(process, from: 3, paths: 200_000, on: grid, stream: "moments", seed: 1)
    let result = try ensemble.simulate(threads: 2, recording: Recording(after: [0, 50, 200]))
    for summary in result.summaries[1...] {
      let (mean, variance) = process.eulerMaruyamaMoments(initial: 3, on: grid, after: summary.step)
      #expect(abs(summary.moments.mean - mean) < normalLimit * (variance / 200_000).squareRoot())
      // The error of the variance is estimated too; 0.4 is for that.
      #expect(
        abs(summary.moments.variance - variance) < (normalLimit + 0.4) * summary.moments.standardErrorOfVariance)
      // And the discretised moments approach those of Theorem 17: h = 0.01, coefficients below 1.
      #expect(abs(mean / process.mean(initial: 3, at: summary.time) - 1) < 0.01)
      #expect(abs(variance / process.variance(initial: 3, at: summary.time) - 1) < 0.05)
    }
    #expect(result.summaries[0].moments.mean == 3)
    #expect(result.summaries[0].moments.variance == 0)
    #expect(result.summaries[2].moments == result.moments)
  }

  @Test func quantilesOfTheLogarithmAreNormal() throws {
    // Milstein with small steps: the discretisation error of log K, below h = 1/400, against its sampling error.
    let process = GeometricBrownianMotion(drift: 0.1, volatility: 0.4)
    let grid = try UniformTimeGrid(end: 1, steps: 400)
    let ensemble = try ScalarEnsemble(
      process, from: 2, paths: 100_000, on: grid, scheme: .milstein, stream: "quantiles", seed: 5)
    let probabilities = [0.01, 0.25, 0.5, 0.9]
    let recording = Recording(after: [400], quantiles: probabilities)
    let summary = try ensemble.simulate(threads: 2, recording: recording).summaries[0]
    let mean = process.logarithmMean(initial: 2, at: 1)
    let deviation = process.logarithmVariance(at: 1).squareRoot()
    for quantile in summary.quantiles {
      let z = gsl_cdf_ugaussian_Pinv(quantile.probability)
      let expected = exp(mean + deviation * z)
      // Asymptotic standard error of a quantile, √(p(1−p)/n)/density.
      let density = gsl_ran_ugaussian_pdf(z) / deviation / expected
      let p = quantile.probability
      let error = (p * (1 - p) / 100_000).squareRoot() / density
      #expect(abs(quantile.value - expected) < normalLimit * error + expected / 400)
      #expect(abs(quantile.standardError / error - 1) < 0.3)
    }
  }

  @Test func ornsteinUhlenbeckReachesItsStationaryLaw() throws {
    let process = try OrnsteinUhlenbeck(rate: 2, mean: 1, volatility: 0.7)
    let grid = try UniformTimeGrid(end: 8, steps: 160)
    let ensemble = try ScalarEnsemble(process, from: 5, paths: 100_000, on: grid, stream: "stationary", seed: 1)
    let moments = try ensemble.simulate(threads: 2).moments
    let (mean, variance) = process.eulerMaruyamaMoments(initial: 5, step: grid.step, after: 160)
    #expect(abs(moments.mean - mean) < normalLimit * (variance / 1e5).squareRoot())
    // (n - 1) s²/σ² is chi-squared, since the discretised process is normal too.
    let statistic = moments.variance / variance * (1e5 - 1)
    #expect(min(gsl_cdf_chisq_P(statistic, 1e5 - 1), gsl_cdf_chisq_Q(statistic, 1e5 - 1)) > 0.5e-9)
    // σ²/(2r) · 1/(1 − rh/2): the discretised stationary variance, to what is left of the start, e^{-32}.
    let stationary = try #require(process.stationaryVariance)
    #expect(isClose(variance, stationary / (1 - 2 * grid.step / 2), ulps: 1000))
    #expect(try OrnsteinUhlenbeck(rate: 0, mean: 0, volatility: 1).stationaryVariance == nil)
  }

  @Test func divergenceIsReported() throws {
    struct Explosion: ScalarItoProcess {
      func drift(at t: Double, _ x: Double) -> Double { x * x * x }
      func diffusion(at t: Double, _ x: Double) -> Double { 1 }
      func diffusionDerivative(at t: Double, _ x: Double) -> Double { 0 }
    }
    let grid = try UniformTimeGrid(end: 10, steps: 100)
    let ensemble = try ScalarEnsemble(Explosion(), from: 0, paths: 2000, on: grid, stream: "explosion", seed: 1)
    let result = try ensemble.simulate(recording: Recording(after: [100], quantiles: [0.5]))
    let report = try #require(result.nonFinite)
    #expect(report.count == result.terminal.count { !$0.isFinite })
    #expect(report.first == result.terminal.firstIndex { !$0.isFinite })
    #expect(result.moments.mean.isNaN && result.moments.variance.isNaN)
    #expect(result.summaries[0].moments.mean.isNaN)
  }

  @Test func runsAreWatchedAndCancelled() throws {
    let grid = try UniformTimeGrid(end: 1, steps: 10)
    let process = GeometricBrownianMotion(drift: 0, volatility: 1)
    let ensemble = try ScalarEnsemble(process, from: 1, paths: 50_000, on: grid, stream: "cancel", seed: 1)
    let seen = Mutex<[Int]>([])
    let watching = EnsembleControl(progress: { completed, total in
      seen.withLock { $0.append(completed + total - 50_000) }
    })
    _ = try ensemble.simulate(threads: 3, control: watching)
    let counts = seen.withLock { $0 }
    #expect(counts == counts.sorted() && counts.last == 50_000)
    let cancelling = EnsembleControl(isCancelled: { true })
    #expect(throws: SimulationError.cancelled(completedPaths: 0)) {
      try ensemble.simulate(threads: 2, control: cancelling)
    }
  }

  @Test func wrongInputIsRefused() throws {
    let process = GeometricBrownianMotion(drift: 0, volatility: 1)
    let grid = try UniformTimeGrid(end: 1, steps: 10)
    #expect(throws: SimulationError.stepsOutOfRange(0)) { try UniformTimeGrid(end: 1, steps: 0) }
    #expect(throws: SimulationError.emptyInterval(start: 1, end: 1)) { try UniformTimeGrid(start: 1, end: 1, steps: 2) }
    #expect(throws: SimulationError.self) { try UniformTimeGrid(end: .nan, steps: 2) }
    #expect(throws: SimulationError.pathsOutOfRange(0)) {
      try ScalarEnsemble(process, from: 1, paths: 0, on: grid, stream: "x", seed: 0)
    }
    #expect(throws: SimulationError.nonFiniteInitialValue(index: 0, value: .infinity)) {
      try ScalarEnsemble(process, from: .infinity, paths: 1, on: grid, stream: "x", seed: 0)
    }
    let ensemble = try ScalarEnsemble(process, from: 1, paths: 1, on: grid, stream: "x", seed: 0)
    #expect(throws: SimulationError.threadsOutOfRange(0)) { try ensemble.simulate(threads: 0) }
    #expect(throws: SimulationError.recordedStepOutOfRange(11, steps: 10)) {
      try ensemble.simulate(recording: Recording(after: [11]))
    }
    #expect(throws: SimulationError.probabilityOutOfRange(1)) {
      try ensemble.simulate(recording: Recording(after: [1], quantiles: [1]))
    }
    #expect(throws: SimulationError.parameterOutOfRange(field: "rate", value: .infinity, allowed: "a finite number")) {
      try OrnsteinUhlenbeck(rate: .infinity, mean: 0, volatility: 1)
    }
    #expect("\(SimulationError.stepsOutOfRange(0))" == "steps is 0; give a number from 1 to 4294967295")
  }
}
