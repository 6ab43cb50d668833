// Orders of convergence, on one set of Brownian paths looked at through a ladder of step sizes.

import Glibc
import RandomStreams
import StochasticCalculus
import Testing

@Suite struct ConvergenceTests {
  let process = GeometricBrownianMotion(drift: 0.4, volatility: 0.8)

  /// Strong order: the slope of log₂ E|X_h(T) − X(T)| against log₂ h, one for each of 40 independent batches of
  /// paths, so that their spread gives its interval; 0.05 is allowed for the curvature of so short a ladder.
  @Test(arguments: [(ItoScheme.eulerMaruyama, 0.5), (.milstein, 1.0), (.platen, 1), (.heun, 1), (.weakOrderTwo, 1)])
  func schemesHaveTheirStrongOrder(scheme: ItoScheme, order: Double) throws {
    let levels = Array(4...9)
    let batch = 250
    let slopes = try (0..<40).map { index in
      let paths = try BrownianPaths(
        "strong order", seed: 1, horizon: 1, paths: (index * batch)..<((index + 1) * batch), level: 9)
      let errors = levels.map { level in
        let approximate = paths.solve(process, from: 1, scheme: scheme, level: level)
        let sum = zip(paths.paths, approximate).reduce(0.0) { sum, pair in
          let noise = 0.8 * paths.value(path: pair.0, node: 1, level: 0)
          return sum + abs(pair.1 - process.solution(initial: 1, at: 1, noiseIntegral: noise))
        }
        return log2(sum / Double(batch))
      }
      return -slope(levels.map(Double.init), errors)
    }
    let (mean, halfWidth) = interval(slopes)
    #expect(halfWidth < 0.1, "the interval must be narrow enough to tell orders apart")
    #expect(abs(mean - order) < halfWidth + 0.05, "slope \(mean) ± \(halfWidth)")
  }

  /// Weak order: the bias of the mean and of the second moment is known exactly, without sampling.
  @Test func eulerMaruyamaHasWeakOrderOne() throws {
    let exactMean = process.mean(initial: 1, at: 1)
    let exactSquare = process.variance(initial: 1, at: 1) + exactMean * exactMean
    let levels = Array(6...12)
    var biases: (mean: [Double], square: [Double]) = ([], [])
    for level in levels {
      let grid = try UniformTimeGrid(end: 1, steps: 1 << level)
      let (mean, variance) = process.eulerMaruyamaMoments(initial: 1, on: grid, after: grid.steps)
      biases.mean.append(log2(abs(mean - exactMean)))
      biases.square.append(log2(abs(variance + mean * mean - exactSquare)))
    }
    let x = levels.map { -Double($0) }
    // The next term of the bias is O(h) relative: at most 2^-6 of the slope on this ladder.
    #expect(abs(slope(x, biases.mean) - 1) < 0.016)
    #expect(abs(slope(x, biases.square) - 1) < 0.016)
  }

  /// Moments of one step of an equation that is linear in X, without sampling: a step is a polynomial in ΔW of degree 2,
  /// and its square's mean is exact on the five nodes of Gauss's and Hermite's rule.
  private func moments(of scheme: ItoScheme, at t: Double, by h: Double, _ process: GeometricBrownianMotion) -> (
    mean: Double, square: Double
  ) {
    let nodes = [-2.856970013872806, -1.355626179974266, 0, 1.355626179974266, 2.856970013872806]
    let weights = [
      0.01125741132772069, 0.2220759220056126, 0.5333333333333333, 0.2220759220056126, 0.01125741132772069,
    ]
    var state = [Double](repeating: 1, count: 5)
    state.withUnsafeMutableBufferPointer { state in
      nodes.withUnsafeBufferPointer { noise in
        scheme.advance(
          state, process.coefficients(at: t), next: process.coefficients(at: t + h), noise: noise,
          scale: h.squareRoot(), by: h)
      }
    }
    return zip(weights, state).reduce((0, 0)) { ($0.0 + $1.0 * $1.1, $0.1 + $1.0 * $1.1 * $1.1) }
  }

  /// Weak order from the exact bias of the mean and of the second moment, drift and volatility moving with time.
  @Test(arguments: [(ItoScheme.eulerMaruyama, 1.0), (.milstein, 1), (.platen, 1), (.heun, 1), (.weakOrderTwo, 2)])
  func schemesHaveTheirWeakOrder(scheme: ItoScheme, order: Double) throws {
    let moving = GeometricBrownianMotion(
      drift: try TimeFunction(times: [0, 1], values: [0.9, 0.1]),
      volatility: try TimeFunction(times: [0, 1], values: [0.3, 0.8]))
    let (mean, variance) = (moving.mean(initial: 1, at: 1), moving.variance(initial: 1, at: 1))
    let levels = Array(9...14)
    let biases = levels.map { level in
      let steps = 1 << level
      let h = 1 / Double(steps)
      let all = (0..<steps).reduce((1.0, 1.0)) { product, k in
        let one = moments(of: scheme, at: Double(k) * h, by: h, moving)
        return (product.0 * one.mean, product.1 * one.square)
      }
      return (log2(abs(all.0 - mean)), log2(abs(all.1 - variance - mean * mean)))
    }
    let x = levels.map { -Double($0) }
    // The next term of the bias is O(√h) relative for the scheme that takes a difference over √h.
    #expect(abs(slope(x, biases.map(\.0)) - order) < 0.06, "\(biases)")
    #expect(abs(slope(x, biases.map(\.1)) - order) < 0.06, "\(biases)")
  }

  /// Heun's scheme solves the Stratonovich equation: dX = ½ X ∘ dW has E X(1) = e^{1/8}, the Itô equation 1.
  @Test func driftsAreConverted() throws {
    let plain = GeometricBrownianMotion(drift: 0, volatility: 0.5)
    let converted = StratonovichProcess(plain)
    #expect(converted.drift(at: 0, 2) == 0.25)
    #expect(converted.coefficients(at: 0).stratonovichDrift(2) == 0)
    let grid = try UniformTimeGrid(end: 1, steps: 64)
    let moments = try ScalarEnsemble(
      converted, from: 1, paths: 200_000, on: grid, scheme: .heun, stream: "stratonovich", seed: 1
    ).simulate(threads: 2).moments
    #expect(abs(moments.mean - exp(0.125)) < normalLimit * moments.standardErrorOfMean + 1e-4)
    #expect(abs(moments.mean - 1) > 50 * moments.standardErrorOfMean)
  }

  /// The sampled mean has just that bias: the closed form of the continuous process is refuted, that of the
  /// discretised one is not.
  @Test func ensemblesShowTheBias() throws {
    let grid = try UniformTimeGrid(end: 1, steps: 4)
    let process = GeometricBrownianMotion(drift: 1, volatility: 0.3)
    let ensemble = try ScalarEnsemble(process, from: 1, paths: 200_000, on: grid, stream: "bias", seed: 1)
    let moments = try ensemble.simulate(threads: 2).moments
    let (mean, variance) = process.eulerMaruyamaMoments(initial: 1, on: grid, after: 4)
    let error = (variance / 200_000).squareRoot()
    #expect(abs(moments.mean - mean) < normalLimit * error)
    #expect(abs(moments.mean - process.mean(initial: 1, at: 1)) > 20 * error)
  }
}
