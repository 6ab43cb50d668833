// Vector equations: every form of noise, against exact means and covariances.

import Glibc
import RandomStreams
import StochasticCalculus
import Testing

/// d independent geometric Brownian motions, dXᵢ = aᵢ Xᵢ dt + bᵢ Xᵢ dWᵢ.
private struct DiagonalGeometric: ItoProcess {
  let drifts: [Double]
  let volatilities: [Double]
  var stateDimension: Int { drifts.count }
  var noiseDimension: Int { drifts.count }
  var noiseStructure: NoiseStructure { .diagonal }

  func drift(at t: Double, _ x: Span<Double>, into a: inout MutableSpan<Double>) {
    for i in 0..<x.count { a[i] = drifts[i] * x[i] }
  }
  func diffusion(at t: Double, _ x: Span<Double>, into b: inout MutableSpan<Double>) {
    for i in 0..<x.count { b[i] = volatilities[i] * x[i] }
  }
  func diffusionDerivative(at t: Double, _ x: Span<Double>, into slope: inout MutableSpan<Double>) {
    for i in 0..<x.count { slope[i] = volatilities[i] }
  }
  func noiseInducedDrift(at t: Double, _ x: Span<Double>, into c: inout MutableSpan<Double>) {
    for i in 0..<x.count { c[i] = volatilities[i] * volatilities[i] * x[i] / 2 }
  }
}

/// Brownian motion through a constant 2 x 3 matrix.
private struct Correlated: ItoProcess {
  let matrix: [Double]
  var stateDimension: Int { 2 }
  var noiseDimension: Int { 3 }
  var noiseStructure: NoiseStructure { .general }

  func drift(at t: Double, _ x: Span<Double>, into a: inout MutableSpan<Double>) {
    for i in 0..<2 { a[i] = Double(i) }
  }
  func diffusion(at t: Double, _ x: Span<Double>, into b: inout MutableSpan<Double>) {
    for i in 0..<6 { b[i] = matrix[i] }
  }
}

@Suite struct VectorEnsembleTests {
  @Test(arguments: ItoScheme.allCases)
  func diagonalNoiseIsScalarNoise(scheme: ItoScheme) throws {
    // Path 0 with one dimension reads the same normals as path 0 of a scalar ensemble.
    let grid = try UniformTimeGrid(end: 1, steps: 100)
    let vector = try VectorEnsemble(
      DiagonalGeometric(drifts: [0.2], volatilities: [0.5]), from: [1.5], paths: 1, on: grid, scheme: scheme,
      stream: "diagonal", seed: 1)
    let scalar = try ScalarEnsemble(
      GeometricBrownianMotion(drift: 0.2, volatility: 0.5), from: 1.5, paths: 1, on: grid, scheme: scheme,
      stream: "diagonal", seed: 1)
    let state = try vector.terminalStates().states[0]
    #expect(isClose(state, try scalar.simulate().terminal[0], ulps: 400))
    #expect(state != 1.5)
  }

  @Test func diagonalNoiseHasItsMoments() throws {
    let grid = try UniformTimeGrid(end: 1, steps: 50)
    let (drifts, volatilities) = ([0.3, -0.5, 0], [0.2, 0.4, 0.6])
    let process = DiagonalGeometric(drifts: drifts, volatilities: volatilities)
    let ensemble = try VectorEnsemble(process, from: [1, 2, 3], paths: 20_000, on: grid, stream: "diagonal", seed: 2)
    let (states, nonFinite) = try ensemble.terminalStates(threads: 2)
    #expect(nonFinite == nil)
    for i in 0..<3 {
      let moments = RunningMoments((0..<20_000).map { states[3 * $0 + i] })
      let scalar = GeometricBrownianMotion(
        drift: try TimeFunction(constant: drifts[i]), volatility: try TimeFunction(constant: volatilities[i]))
      let (mean, variance) = scalar.eulerMaruyamaMoments(initial: Double(i + 1), on: grid, after: 50)
      #expect(abs(moments.mean - mean) < normalLimit * (variance / 20_000).squareRoot())
      #expect(abs(moments.variance - variance) < (normalLimit + 0.5) * moments.standardErrorOfVariance)
    }
  }

  @Test func generalNoiseHasItsCovariance() throws {
    let process = Correlated(matrix: [1, 2, -0.5, 0.5, 0, 3])
    let grid = try UniformTimeGrid(end: 2, steps: 7)
    let count = 50_000
    let ensemble = try VectorEnsemble(process, from: [0, 0], paths: count, on: grid, stream: "general", seed: 1)
    let states = try ensemble.terminalStates(threads: 2).states
    // BBᵀ T = [[1.25, 1.75], [1.75, 13.25]] · 2, mean (0, 2).
    let covariance = [[2.5, 3.5], [3.5, 26.5]]
    for (i, j) in [(0, 0), (0, 1), (1, 1)] {
      let product = (0..<count).reduce(0) { $0 + states[2 * $1 + i] * (states[2 * $1 + j] - 2 * Double(j)) }
      let centred = product / Double(count) - (i == 1 ? 2 * mean(states, 1, less: 2) : 0)
      let variance = covariance[i][i] * covariance[j][j] + covariance[i][j] * covariance[i][j]
      #expect(abs(centred - covariance[i][j]) < (normalLimit + 0.2) * (variance / Double(count)).squareRoot())
    }
  }

  private func mean(_ states: [Double], _ i: Int, less expected: Double) -> Double {
    let count = states.count / 2
    return (0..<count).reduce(0) { $0 + states[2 * $1 + i] - expected } / Double(count)
  }

  @Test func matrixEquationHasItsMeanAndVariance() throws {
    // Entrywise: the discretised process is normal with E = θ* + (1 − Ah)ⁿ(θ₀ − θ*) and a geometric variance.
    let curvature = [0.5, 1, 2, 0, 3, 0.1]
    let equilibrium = [1.0, -1, 0, 2, 0.5, 0]
    let factor = (0..<12).map { sin(Double($0) + 1) }
    let process = try MatrixLinearSDE(
      rows: 2, columns: 3, curvature: .entrywise(curvature), equilibrium: equilibrium, learningRate: 0.09,
      noiseFactor: factor)
    #expect(process.noiseDimension == 2)
    let grid = try UniformTimeGrid(end: 1.5, steps: 30)
    let initial = [3.0, 2, 1, 0, -1, -2]
    let count = 40_000
    let ensemble = try VectorEnsemble(process, from: initial, paths: count, on: grid, stream: "matrix", seed: 1)
    let states = try ensemble.terminalStates(threads: 2).states
    for i in 0..<6 {
      let moments = RunningMoments((0..<count).map { states[6 * $0 + i] })
      let q = 1 - curvature[i] * grid.step
      let mean = equilibrium[i] + (initial[i] - equilibrium[i]) * pow(q, 30)
      let power = factor[i] * factor[i] + factor[6 + i] * factor[6 + i]
      let variance = 0.09 * power * grid.step * (0..<30).reduce(0) { $0 + pow(q, 2 * Double($1)) }
      #expect(abs(moments.mean - mean) < normalLimit * (variance / Double(count)).squareRoot())
      #expect(abs(moments.variance / variance - 1) < (normalLimit + 0.3) * (2 / Double(count)).squareRoot())
      // First order in h = 0.05 away from the continuous process.
      let exact = process.mean(initial: initial, at: 1.5)[i]
      #expect(abs(mean - exact) < 0.15 * abs(initial[i] - equilibrium[i]) + 1e-12)
      let exactVariance = try #require(process.variance(at: 1.5))[i]
      #expect(abs(variance / exactVariance - 1) < 0.15)
    }
  }

  @Test func matrixMeanSolvesItsEquation() throws {
    // A left-multiplying curvature that is not symmetric: the noise-free scheme converges to the mean at order 1.
    let matrix = [1.0, 0.4, 0, -0.3, 0.7, 0.2, 0.5, 0, 2]
    let equilibrium = [0.1, 0.2, 0.3, 1, 1, 1]
    let initial = [1.0, 2, 3, -1, 0, 4]
    let process = try MatrixLinearSDE(
      rows: 3, columns: 2, curvature: .left(matrix), equilibrium: equilibrium, learningRate: 0,
      noiseFactor: [1, 1, 1, 1, 1, 1])
    let exact = process.mean(initial: initial, at: 2)
    var errors: [Double] = []
    for level in 6...10 {
      let grid = try UniformTimeGrid(end: 2, steps: 1 << level)
      let states = try VectorEnsemble(process, from: initial, paths: 1, on: grid, stream: "mean", seed: 1)
        .terminalStates().states
      errors.append(log2(zip(states, exact).reduce(0) { max($0, abs($1.0 - $1.1)) }))
    }
    #expect(abs(slope([-6, -7, -8, -9, -10], errors) - 1) < 0.03)
    // With a diagonal matrix it is the entrywise closed form.
    let diagonal = try MatrixLinearSDE(
      rows: 3, columns: 2, curvature: .left([1, 0, 0, 0, 2, 0, 0, 0, 30]), equilibrium: equilibrium, learningRate: 0,
      noiseFactor: [1, 1, 1, 1, 1, 1])
    let entrywise = try MatrixLinearSDE(
      rows: 3, columns: 2, curvature: .entrywise([1, 2, 30, 1, 2, 30]), equilibrium: equilibrium, learningRate: 0,
      noiseFactor: [1, 1, 1, 1, 1, 1])
    for (a, b) in zip(diagonal.mean(initial: initial, at: 1), entrywise.mean(initial: initial, at: 1)) {
      #expect(abs(a - b) < 1e-14)
    }
    #expect(diagonal.variance(at: 1) == nil)
  }

  @Test func noBitDependsOnThreads() throws {
    let grid = try UniformTimeGrid(end: 1, steps: 11)
    let ensemble = try VectorEnsemble(
      Correlated(matrix: [1, 2, -0.5, 0.5, 0, 3]), from: [0, 1], paths: 1001, on: grid, stream: "threads", seed: 1)
    let recording = Recording(after: [0, 11, 4], quantiles: [0.3])
    let results = try [1, 2, 3].map {
      try ensemble.simulate(threads: $0, recording: recording) { t, x in t + x[0] * x[1] }
    }
    #expect(results[1] == results[0] && results[2] == results[0])
    #expect(results[0].summaries.map(\.step) == [0, 11, 4])
    #expect(results[0].summaries[1].moments == results[0].moments)
    let states = try [1, 3].map { try ensemble.terminalStates(threads: $0).states }
    #expect(states[0] == states[1])
    #expect(results[0].terminal[7] == 1 + states[0][14] * states[0][15])
  }

  @Test func wrongInputIsRefused() throws {
    let grid = try UniformTimeGrid(end: 1, steps: 1)
    let process = Correlated(matrix: [1, 2, -0.5, 0.5, 0, 3])
    #expect(throws: SimulationError.schemeCannotTakeNoise(scheme: .milstein, noise: .general, additive: false)) {
      try VectorEnsemble(process, from: [0, 0], paths: 1, on: grid, scheme: .milstein, stream: "x", seed: 0)
    }
    #expect(throws: SimulationError.wrongStateDimension(expected: 2, actual: 1)) {
      try VectorEnsemble(process, from: [0], paths: 1, on: grid, stream: "x", seed: 0)
    }
    func matrix(_ curvature: [Double], _ equilibrium: [Double], _ rate: Double, _ factor: [Double]) throws {
      _ = try MatrixLinearSDE(
        rows: 1, columns: 2, curvature: .entrywise(curvature), equilibrium: equilibrium, learningRate: rate,
        noiseFactor: factor)
    }
    #expect(throws: SimulationError.wrongLength(field: "curvature", expected: 2, actual: 1)) {
      try matrix([1], [0, 0], 1, [1, 1])
    }
    #expect(throws: SimulationError.wrongLength(field: "noiseFactor", expected: 4, actual: 3)) {
      try matrix([1, 1], [0, 0], 1, [1, 1, 1])
    }
    #expect(throws: SimulationError.self) { try matrix([1, .nan], [0, 0], 1, [1, 1]) }
    #expect(throws: SimulationError.self) { try matrix([1, 1], [0, 0], -1, [1, 1]) }
  }
}
