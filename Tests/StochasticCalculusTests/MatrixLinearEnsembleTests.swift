// Paths in blocks against paths one by one, and σ_1 of eight matrices at once against LAPACK's.

import DenseLinearAlgebra
import Glibc
import RandomStreams
import StochasticCalculus
import Testing

@Suite struct MatrixLinearEnsembleTests {
  enum Curvature: CaseIterable { case entrywise, symmetric, general }

  static func problem(
    _ m: Int, _ n: Int, rank: Int, _ kind: Curvature
  ) throws -> (process: MatrixLinearSDE, start: [Double]) {
    let generator = RandomGenerator(stream: "matrix ensemble/problem", seed: 3)
    func gaussian(_ count: Int) -> [Double] { (0..<count).map { _ in generator.gaussian() } }
    let matrix = Matrix(rows: m, columns: m, columnMajor: gaussian(m * m))
    let curvature: MatrixLinearSDE.Curvature =
      switch kind {
      case .entrywise: .entrywise(gaussian(m * n))
      case .symmetric: .left((matrix + matrix.transposed).elements)
      case .general: .left(matrix.elements)
      }
    return (
      try MatrixLinearSDE(
        rows: m, columns: n, curvature: curvature, equilibrium: gaussian(m * n), learningRate: 0.1,
        noiseFactor: gaussian(m * n * rank)), gaussian(m * n)
    )
  }

  static func sigma(_ state: Span<Double>, _ m: Int, _ n: Int) -> Double {
    let theta = Matrix(rows: m, columns: n, columnMajor: state.indices.map { state[$0] })
    return (try? SingularValueDecomposition(theta))?.values[0] ?? .nan
  }

  @Test(
    arguments: Curvature.allCases,
    [(1, 1, 1), (7, 5, 3), (5, 7, 3), (64, 32, 9), (33, 40, 2), (2, 1, 4), (13, 200, 1), (98, 97, 2)])
  fileprivate func samePathsAsOneByOne(kind: Curvature, shape: (Int, Int, Int)) throws {
    let (m, n, rank) = shape
    let (process, start) = try Self.problem(m, n, rank: rank, kind)
    let grid = try UniformTimeGrid(end: 0.05, steps: 5)
    let paths = m > 90 ? 3 : 37
    let recording = Recording(after: [0, 2, 2, 5])
    let blocks = try MatrixLinearEnsemble(process, from: start, paths: paths, on: grid, stream: "paths", seed: 1)
      .simulate(recording: recording)
    let single = try VectorEnsemble(process, from: start, paths: paths, on: grid, stream: "paths", seed: 1)
      .simulate(recording: recording) { _, x in Self.sigma(x, m, n) }
    for (a, b) in zip(blocks.terminal, single.terminal) { #expect(abs(a - b) <= 1e-13 * b) }
    for (a, b) in zip(blocks.summaries, single.summaries) {
      #expect(a.step == b.step && a.moments.count == b.moments.count)
      #expect(abs(a.moments.mean - b.moments.mean) <= 1e-13 * b.moments.mean)
      #expect(abs(a.moments.variance - b.moments.variance) <= 1e-11 * b.moments.variance + 1e-25)
    }
    #expect(Set(blocks.terminal).count == paths)
  }

  @Test func noBitDependsOnThreadsOrOtherPaths() throws {
    let (process, start) = try Self.problem(12, 9, rank: 4, .symmetric)
    let grid = try UniformTimeGrid(end: 1, steps: 20)
    func run(_ paths: Int, _ threads: Int) throws -> [Double] {
      try MatrixLinearEnsemble(process, from: start, paths: paths, on: grid, stream: "paths", seed: 1)
        .simulate(threads: threads).terminal
    }
    let reference = try run(150, 1)
    #expect(try run(150, 3) == reference)
    #expect(try run(41, 2) == Array(reference.prefix(41)))
  }

  /// Starts without a gap, of rank one, zero, near the ends of the range of numbers: each seen at step 0.
  @Test(arguments: ["identity", "rank one", "zero", "huge", "tiny", "diagonal", "graded"])
  func hardMatrices(name: String) throws {
    let (m, n) = (9, 6)
    let generator = RandomGenerator(stream: "matrix ensemble/hard", seed: 1)
    let column = (0..<m).map { _ in generator.gaussian() }
    let theta = Matrix<Double>(rows: m, columns: n) { i, j in
      switch name {
      case "identity": i == j ? 1 : 0
      case "rank one": column[i] * Double(j + 1)
      case "zero": 0
      case "huge": 1e300 * column[i] + (i == j ? 1e299 : 0)
      case "tiny": 0x1p-1030 * column[i] + (i == j ? 0x1p-1027 : 0)
      case "diagonal": i == j ? Double(j) : 0
      default: column[i] * pow(10, -3 * Double(j))
      }
    }
    let zeros = [Double](repeating: 0, count: m * n)
    let process = try MatrixLinearSDE(
      rows: m, columns: n, curvature: .entrywise(zeros), equilibrium: zeros, learningRate: 0, noiseFactor: zeros)
    let found = try MatrixLinearEnsemble(
      process, from: theta.elements, paths: 1, on: UniformTimeGrid(end: 1, steps: 1), stream: "hard", seed: 1
    ).simulate().terminal[0]
    // LAPACK's on a matrix within range.
    let scale = name == "tiny" ? 0x1p1000 : name == "huge" ? 0x1p-1000 : 1
    let exact = try SingularValueDecomposition(scale * theta).values[0] / scale
    #expect(abs(found - exact) <= 2e-15 * exact + (name == "tiny" ? 0x1p-1073 : 0), "\(found) \(exact)")
  }

  @Test func lostPathsAreReported() throws {
    let (process, start) = try Self.problem(4, 3, rank: 2, .entrywise)
    let grid = try UniformTimeGrid(end: 1e9, steps: 200)
    let result = try MatrixLinearEnsemble(process, from: start, paths: 40, on: grid, stream: "paths", seed: 1)
      .simulate()
    #expect(result.nonFinite?.count == 40)
    #expect(result.terminal.allSatisfy { $0.isNaN })
  }

  @Test func refusals() throws {
    let (process, start) = try Self.problem(4, 3, rank: 2, .entrywise)
    let grid = try UniformTimeGrid(end: 1, steps: 2)
    #expect(throws: SimulationError.wrongStateDimension(expected: 12, actual: 11)) {
      try MatrixLinearEnsemble(process, from: Array(start.dropLast()), paths: 4, on: grid, stream: "p", seed: 1)
    }
    #expect(throws: SimulationError.pathsOutOfRange(0)) {
      try MatrixLinearEnsemble(process, from: start, paths: 0, on: grid, stream: "p", seed: 1)
    }
    #expect(throws: SimulationError.recordedStepOutOfRange(3, steps: 2)) {
      try MatrixLinearEnsemble(process, from: start, paths: 1, on: grid, stream: "p", seed: 1)
        .simulate(recording: Recording(after: [3]))
    }
  }

  @Test(
    "adversarial: at every end of the range of numbers the same paths in other units", arguments: Curvature.allCases)
  fileprivate func units(kind: Curvature) throws {
    for (m, n) in [(6, 4), (1, 9), (9, 1), (1, 1), (20, 30)] {
      let (process, start) = try Self.problem(m, n, rank: 2, kind)
      let grid = try UniformTimeGrid(end: 0.05, steps: 5)
      func terminal(_ unit: Double) throws -> [Double] {
        let scaled = try MatrixLinearSDE(
          rows: m, columns: n, curvature: process.curvature, equilibrium: process.equilibrium.map { $0 * unit },
          learningRate: process.learningRate, noiseFactor: process.noiseFactor.map { $0 * unit })
        return try MatrixLinearEnsemble(
          scaled, from: start.map { $0 * unit }, paths: 11, on: grid, stream: "units", seed: 1
        ).simulate().terminal
      }
      let plain = try terminal(1)
      for exponent in [-1000, -600, -300, 300, 600, 1000] {
        let unit = Double(sign: .plus, exponent: exponent, significand: 1)
        for (a, b) in zip(plain, try terminal(unit)) {
          #expect(abs(b / unit - a) <= 1e-13 * a, "\(m) × \(n), 2^\(exponent): \(b / unit), not \(a)")
        }
      }
    }
  }
}
