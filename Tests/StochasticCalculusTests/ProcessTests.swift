// Closed forms of the scalar processes, against limits, identities and each other.

import Glibc
import RandomStreams
import StochasticCalculus
import Testing

@Suite struct ProcessTests {
  @Test func geometricMomentsFollowFromTheLogarithm() throws {
    // E K = e^{m + v/2} and Var K = e^{2m + v}(e^v - 1), with m, v from the other two closed forms.
    let process = GeometricBrownianMotion(
      drift: try TimeFunction(times: [0, 1, 2], values: [0.1, 0.7, -0.4]),
      volatility: try TimeFunction(times: [0, 1.5], values: [0.9, 0.2]))
    for t in [0.3, 1, 1.7, 4] {
      let m = process.logarithmMean(initial: 2.5, from: 0.1, at: t)
      let v = process.logarithmVariance(from: 0.1, at: t)
      #expect(isClose(process.mean(initial: 2.5, from: 0.1, at: t), exp(m + v / 2), ulps: 16))
      #expect(isClose(process.variance(initial: 2.5, from: 0.1, at: t), exp(2 * m + v) * expm1(v), ulps: 32))
    }
  }

  @Test func pathwiseSolutionSolvesTheEquation() throws {
    // On one path, Milstein with 2^12 steps against the solution: an error of order h.
    let process = GeometricBrownianMotion(drift: -0.3, volatility: 0.6)
    let paths = try BrownianPaths("pathwise", seed: 1, horizon: 1, paths: 0..<20, level: 12)
    let approximate = paths.solve(process, from: 2, scheme: .milstein, level: 12)
    for path in 0..<20 {
      let noise = 0.6 * paths.value(path: path, node: 1, level: 0)
      let exact = process.solution(initial: 2, at: 1, noiseIntegral: noise)
      #expect(abs(approximate[path] / exact - 1) < 0.002)
    }
  }

  @Test func discretisedMomentsAreThoseOfARecurrence() throws {
    // E X and E X² step by step, with the obvious formula.
    let drift = try TimeFunction(times: [0, 1], values: [0.5, -1])
    let process = GeometricBrownianMotion(drift: drift, volatility: 0.3)
    let grid = try UniformTimeGrid(end: 1, steps: 20)
    var (first, second) = (2.0, 4.0)
    for step in 0..<20 {
      let factor = 1 + drift(Double(step) / 20) / 20
      first *= factor
      second *= factor * factor + 0.09 / 20
    }
    let moments = process.eulerMaruyamaMoments(initial: 2, on: grid, after: 20)
    #expect(isClose(moments.mean, first, ulps: 40))
    #expect(abs(moments.variance - (second - first * first)) < 1e-13)
    // A drift of -1/h takes the mean to zero at once, not the variance.
    let vanishing = GeometricBrownianMotion(drift: -20, volatility: 2)
    let vanished = vanishing.eulerMaruyamaMoments(initial: 2, on: grid, after: 3)
    #expect(vanished.mean == 0)
    #expect(abs(vanished.variance - 4 * pow(0.2, 3)) < 1e-15)
  }

  @Test func ornsteinUhlenbeckMomentsAreConsistent() throws {
    let process = try OrnsteinUhlenbeck(rate: 1.5, mean: -1, volatility: 0.5)
    // Chapman-Kolmogorov: two steps are one.
    let half = process.variance(at: 0.4)
    #expect(isClose(process.variance(at: 0.8), half * exp(-2 * 1.5 * 0.4) + half, ulps: 8))
    let middle = process.mean(initial: 3, at: 0.4)
    #expect(isClose(process.mean(initial: 3, at: 0.8), process.mean(initial: middle, at: 0.4), ulps: 16))
    #expect(
      isClose(process.transition(from: middle, over: 0.4, normal: 0), process.mean(initial: 3, at: 0.8), ulps: 16))
    #expect(process.covariance(0.3, 0.9) == process.covariance(0.9, 0.3))
    // r -> 0 is Brownian motion, without cancellation on the way.
    #expect(abs(try OrnsteinUhlenbeck(rate: 1e-12, mean: 0, volatility: 2).variance(at: 3) - 12) < 1e-9)
    #expect(try OrnsteinUhlenbeck(rate: 0, mean: 0, volatility: 2).variance(at: 3) == 12)
    // The discretised moments by their recurrence.
    var (mean, variance) = (3.0, 0.0)
    for _ in 0..<25 {
      mean += 1.5 * (-1 - mean) * 0.1
      variance = variance * 0.85 * 0.85 + 0.25 * 0.1
    }
    let moments = process.eulerMaruyamaMoments(initial: 3, step: 0.1, after: 25)
    #expect(isClose(moments.mean, mean, ulps: 40))
    #expect(isClose(moments.variance, variance, ulps: 40))
  }
}
