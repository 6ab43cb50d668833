// lipdyn benchmark matrix-sde: paths of a linear matrix equation with σ_1 after every step, as the peers time them.

import ArgumentParser
import DenseLinearAlgebra
import Foundation
import RandomStreams
import StochasticCalculus

extension Benchmark {
  struct MatrixSDE: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "matrix-sde",
      abstract: "d vec θ = −vec(Aθ − C)dt + √η B dW with σ₁(θ) at every step of every path, in double precision.")

    @Option var rows = 64
    @Option var columns = 32
    @Option var rank = 128
    @Option var paths = 64
    @Option var steps = 1_000
    @Option var step = 0.01
    @Option var learningRate = 0.1
    @Option var threads = 2
    @Option var repeats = 5

    func run() throws {
      for (name, value) in [("rows", rows), ("columns", columns), ("rank", rank), ("paths", paths), ("steps", steps)] {
        try UsageError.require((1...1_000_000).contains(value), "--\(name) \(value): use from 1 to 1000000")
      }
      try UsageError.require(threads >= 1, "--threads \(threads): use at least 1")
      let generator = RandomGenerator(stream: "benchmark/matrix-sde/problem", seed: 1)
      func gaussian(_ m: Int, _ n: Int, _ scale: Double) -> Matrix<Double> {
        Matrix(rows: m, columns: n) { _, _ in scale * generator.gaussian() }
      }
      // A symmetric curvature with eigenvalues from 0.2 to 2, as a Hessian is.
      let basis = try QRDecomposition(gaussian(rows, rows, 1)).q
      let scaled = Matrix<Double>(rows: rows, columns: rows) { i, j in
        basis[i, j] * (0.2 + 1.8 * Double(j) / Double(max(1, rows - 1)))
      }
      let product = Matrix.product(scaled, .asIs, basis, .transposed)
      let curvature = 0.5 * (product + product.transposed)
      let process = try MatrixLinearSDE(
        rows: rows, columns: columns, curvature: .left(curvature.elements),
        equilibrium: gaussian(rows, columns, 1 / Double(columns).squareRoot()).elements, learningRate: learningRate,
        noiseFactor: gaussian(rows * columns, rank, 1 / Double(rank).squareRoot()).elements)
      let ensemble = try MatrixLinearEnsemble(
        process, from: gaussian(rows, columns, 0.1).elements, paths: paths,
        on: UniformTimeGrid(end: step * Double(steps), steps: steps), stream: "benchmark/matrix-sde", seed: 1)
      var result: EnsembleResult?
      let times = try BenchmarkTimes(repeats: repeats) {
        result = try ensemble.simulate(threads: threads, recording: Recording(after: Array(1...steps)))
      }
      guard let result else { return }
      let mean = result.summaries.reduce(0) { $0 + $1.moments.mean } / Double(steps)
      print(
        times.json(
          job: "J2",
          parameters:
            "\"m\": \(rows), \"n\": \(columns), \"r\": \(rank), \"paths\": \(paths), \"steps\": \(steps), "
            + "\"h\": \(step), \"eta\": \(learningRate), \"threads\": \(threads)",
          work: Double(paths) * Double(steps), unit: "path-steps",
          check: "\"mean_sigma1_end\": \(result.moments.mean), \"mean_sigma1_all\": \(mean)"))
    }
  }
}
