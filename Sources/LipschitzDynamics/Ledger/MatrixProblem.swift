// A random instance of the matrix SDE of Definition 4, for simulation.

public import DenseLinearAlgebra
private import Glibc
internal import RandomStreams

/// θ(0), θ* and Ω with Gaussian entries from named streams.
public struct MatrixProblem: Sendable {
  /// Shape [m, n], entries of variance 1/n.
  public let start: Matrix<Double>
  /// Shape [m, n], entries of variance 1/n.
  public let equilibrium: Matrix<Double>
  /// Ω; shape [mn, r].
  public let factor: Matrix<Double>

  /// Draws an instance; equal arguments give equal digits.
  ///
  /// - Parameters:
  ///   - rows: m ≥ 1.
  ///   - columns: n ≥ 1.
  ///   - rank: r ≥ 1, the columns of Ω.
  ///   - noise: standard deviation of the entries of Ω.
  ///   - seed: of the three named streams.
  public init(rows: Int, columns: Int, rank: Int, noise: Double, seed: UInt64) {
    func gaussian(_ m: Int, _ n: Int, _ scale: Double, _ purpose: String) -> Matrix<Double> {
      let generator = RandomGenerator(stream: StreamName("simulate/matrix", purpose), seed: seed)
      return Matrix(rows: m, columns: n) { _, _ in scale * generator.gaussian() }
    }
    let scale = 1 / Double(columns).squareRoot()
    start = gaussian(rows, columns, scale, "start")
    equilibrium = gaussian(rows, columns, scale, "equilibrium")
    factor = gaussian(rows * columns, rank, noise, "factor")
  }

  /// log σ₁ of a state given column by column; NaN if it is not finite.
  public func logNorm(_ state: Span<Double>) -> Double {
    let theta = Matrix(rows: start.rows, columns: start.columns, columnMajor: state.indices.map { state[$0] })
    return (try? TopSingularTriplet(theta)).map { log($0.sigma) } ?? .nan
  }

  /// The coefficients of Theorem 14 at θ(0), for ∇L = a(θ − θ*).
  ///
  /// - Parameters:
  ///   - curvature: a, of the quadratic loss.
  ///   - learningRate: η; a step takes the time η.
  /// - Throws: `LinearAlgebraError` if σ₁ is not simple to working precision.
  public func initialPrediction(curvature: Double, learningRate: Double) throws -> LayerCoefficients {
    let columns = (0..<factor.columns).map {
      factor.column($0).unvec(rows: start.rows, columns: start.columns)
    }
    let point = LayerPoint(
      weights: start, gradient: curvature * (start - equilibrium), sample: DenseGradients(columns), noise: .factor,
      learningRate: learningRate)
    return try LayerDynamics.subject(point)
  }
}
