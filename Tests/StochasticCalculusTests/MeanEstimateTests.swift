// Means with less variance: right, with right standard errors, and as much better as theory says.

import Glibc
import RandomStreams
import StochasticCalculus
import Testing

@Suite struct MeanEstimateTests {
  private func normals(_ count: Int, _ name: String, seed: UInt64 = 1) -> [Double] {
    let generator = RandomGenerator(stream: StreamName("mean estimate", name), seed: seed)
    return (0..<count).map { _ in generator.gaussian() }
  }

  /// Against the normal equations of a regression on two controls, written out.
  @Test func interceptOfARegression() throws {
    let (x, y) = (normals(50, "x"), normals(50, "y"))
    let values = (0..<50).map { 3 + 2 * x[$0] - y[$0] + 0.1 * sin(Double($0)) }
    let found = try MeanEstimate(values, controls: [x, y])
    // Minimises Σ (v − a − b x − c y)²; Cramer's rule.
    func sum(_ f: (Int) -> Double) -> Double { (0..<50).reduce(0) { $0 + f($1) } }
    let m: [[Double]] = [
      [50, sum { x[$0] }, sum { y[$0] }],
      [sum { x[$0] }, sum { x[$0] * x[$0] }, sum { x[$0] * y[$0] }],
      [sum { y[$0] }, sum { x[$0] * y[$0] }, sum { y[$0] * y[$0] }],
    ]
    let right = [sum { values[$0] }, sum { values[$0] * x[$0] }, sum { values[$0] * y[$0] }]
    func determinant(_ a: [[Double]]) -> Double {
      a[0][0] * (a[1][1] * a[2][2] - a[1][2] * a[2][1]) - a[0][1] * (a[1][0] * a[2][2] - a[1][2] * a[2][0])
        + a[0][2] * (a[1][0] * a[2][1] - a[1][1] * a[2][0])
    }
    func solution(_ k: Int) -> Double {
      var replaced = m
      for i in 0..<3 { replaced[i][k] = right[i] }
      return determinant(replaced) / determinant(m)
    }
    #expect(abs(found.mean - solution(0)) < 1e-12)
    #expect(abs(found.coefficients[0] - solution(1)) < 1e-12 && abs(found.coefficients[1] - solution(2)) < 1e-12)
    let power = sum { i in pow(values[i] - solution(0) - solution(1) * x[i] - solution(2) * y[i], 2) } / 47
    let inverse = (m[1][1] * m[2][2] - m[1][2] * m[2][1]) / determinant(m)
    #expect(abs(found.standardError / (power * inverse).squareRoot() - 1) < 1e-10)
    // A control given twice, and one that is constant, say nothing new.
    let again = try MeanEstimate(values, controls: [x, y, x, [Double](repeating: 0, count: 50)])
    #expect(abs(again.mean - found.mean) < 1e-12)
  }

  /// E e^{W/2} = e^{1/8}: errors over their standard errors have variance one, and the gains are those of the Hermite series.
  @Test func gainsAndStandardErrors() throws {
    let (repetitions, n) = (300, 4_000)
    var scores = [[Double]](repeating: [], count: 4)
    var variances = [[Double]](repeating: [], count: 4)
    for seed in 1...repetitions {
      let w = normals(n, "w", seed: UInt64(seed))
      let (up, down) = (w.map { exp($0 / 2) }, w.map { exp(-$0 / 2) })
      let squares = w.map { $0 * $0 - 1 }
      let estimates = [
        MeanEstimate(up), MeanEstimate(up, mirrored: down), try MeanEstimate(up, controls: [w, squares]),
        try MeanEstimate(zip(up, down).map { ($0 + $1) / 2 }, controls: [squares]),
      ]
      for (k, estimate) in estimates.enumerated() {
        scores[k].append((estimate.mean - exp(0.125)) / estimate.standardError)
        variances[k].append(estimate.variance)
      }
    }
    // e^{aW − a²/2} = Σ aʲ Hⱼ(W)/j!: of e^{a²} Σ_{j ≥ 1} a^{2j}/j! the terms that are left.
    let q = 0.25
    let left = [exp(q) - 1, cosh(q) - 1, exp(q) - 1 - q - q * q / 2, cosh(q) - 1 - q * q / 2].map { exp(q) * $0 }
    for k in 0..<4 {
      let (score, variance) = (RunningMoments(scores[k]), RunningMoments(variances[k]))
      // The skewness of what is left moves studentised means by order n^(-1/2), a tenth here.
      #expect(abs(score.mean) < 0.15 + 4 / Double(repetitions).squareRoot(), "\(k): \(score.mean)")
      #expect(abs(score.standardDeviation - 1) < 0.2, "\(k): \(score.standardDeviation)")
      #expect(
        abs(variance.mean - left[k]) < 5 * variance.standardErrorOfMean + 0.02 * left[k], "\(k): \(variance.mean)")
    }
  }

  @Test(arguments: ItoScheme.allCases)
  func mirroredPathsAreDrivenByTheOppositeNoise(scheme: ItoScheme) throws {
    let process = try OrnsteinUhlenbeck(rate: 1.5, mean: 0.3, volatility: 0.7)
    let grid = try UniformTimeGrid(end: 1, steps: 16)
    func run(_ isMirrored: Bool) throws -> [Double] {
      try ScalarEnsemble(
        process, from: 1, paths: 20, on: grid, scheme: scheme, isMirrored: isMirrored, stream: "mirror", seed: 1
      ).simulate().terminal
    }
    let still = try OrnsteinUhlenbeck(rate: 1.5, mean: 0.3, volatility: 0)
    let middle = try ScalarEnsemble(still, from: 1, paths: 1, on: grid, scheme: scheme, stream: "mirror", seed: 1)
      .simulate().terminal[0]
    // A linear equation with additive noise is symmetric about its noiseless path.
    for (a, b) in zip(try run(false), try run(true)) {
      #expect(abs((a + b) / 2 - middle) < 1e-14)
      #expect(a != b)
    }
  }

  @Test(arguments: [ItoScheme.eulerMaruyama, .weakOrderTwo])
  func mirroredVectors(scheme: ItoScheme) throws {
    let process = try MatrixLinearSDE(
      rows: 2, columns: 1, curvature: .left([1, 0.5, -0.5, 2]), equilibrium: [0.3, -1], learningRate: 0.5,
      noiseFactor: [1, 0.2, -0.4, 0.7])
    let still = try MatrixLinearSDE(
      rows: 2, columns: 1, curvature: .left([1, 0.5, -0.5, 2]), equilibrium: [0.3, -1], learningRate: 0,
      noiseFactor: [1, 0.2, -0.4, 0.7])
    let grid = try UniformTimeGrid(end: 1, steps: 8)
    func run(_ process: MatrixLinearSDE, _ isMirrored: Bool) throws -> [Double] {
      try VectorEnsemble(
        process, from: [1, 2], paths: 3, on: grid, scheme: scheme, isMirrored: isMirrored, stream: "mirror", seed: 1
      ).terminalStates().states
    }
    let (up, down, middle) = (try run(process, false), try run(process, true), try run(still, false))
    for i in up.indices {
      #expect(abs((up[i] + down[i]) / 2 - middle[i]) < 1e-13)
      #expect(up[i] != down[i])
    }
  }
}
