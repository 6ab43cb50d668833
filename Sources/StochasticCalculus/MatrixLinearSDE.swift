// Continuous-time gradient descent on a quadratic loss, for a weight matrix: linear, so known exactly.

internal import Glibc

/// d vec θ = −A (vec θ − vec θ*) dt + √η Ω dB, θ an m × n matrix and B in R^r.
///
/// With A the Hessian of a quadratic loss and ΩΩᵀ the covariance of its gradient's noise this is continuous-time
/// SGD at learning rate η.
///
/// - Source: Definition 4, arXiv 2506.18588, with ∇L = A (θ − θ*).
public struct MatrixLinearSDE: ItoProcess {
  /// How A acts on θ − θ*.
  public enum Curvature: Sendable, Equatable {
    /// Each entry by its own number, shape [m, n], column-major; per unit of time.
    case entrywise([Double])
    /// Multiplication from the left by a matrix, shape [m, m], column-major; per unit of time.
    case left([Double])
  }

  /// m.
  public let rows: Int
  /// n.
  public let columns: Int
  /// A.
  public let curvature: Curvature
  /// θ*, shape [m, n], column-major.
  public let equilibrium: [Double]
  /// η.
  public let learningRate: Double
  /// Ω, shape [mn, r], column-major.
  public let noiseFactor: [Double]
  public let noiseDimension: Int
  private let scale: Double

  /// The equation with given curvature, equilibrium and noise.
  ///
  /// - Parameters:
  ///   - rows: m.
  ///   - columns: n.
  ///   - curvature: A, per unit of time.
  ///   - equilibrium: θ*, shape [m, n], column-major.
  ///   - learningRate: η ≥ 0.
  ///   - noiseFactor: Ω, shape [mn, r], column-major, r ≥ 1.
  /// - Throws: ``SimulationError`` naming the field whose length or value is wrong.
  public init(
    rows: Int, columns: Int, curvature: Curvature, equilibrium: [Double], learningRate: Double, noiseFactor: [Double]
  ) throws(SimulationError) {
    // The bound keeps every product of dimensions below within an Int.
    for (field, value) in [("rows", rows), ("columns", columns)] where value < 1 || value > 1 << 31 {
      throw .parameterOutOfRange(field: field, value: Double(value), allowed: "from 1 to 2147483648")
    }
    let dimension = rows * columns
    let (curvatureEntries, expected) =
      switch curvature {
      case .entrywise(let entries): (entries, dimension)
      case .left(let entries): (entries, rows * rows)
      }
    for (field, entries, expected) in [
      ("curvature", curvatureEntries, expected), ("equilibrium", equilibrium, dimension),
    ] where entries.count != expected {
      throw .wrongLength(field: field, expected: expected, actual: entries.count)
    }
    guard !noiseFactor.isEmpty && noiseFactor.count % dimension == 0 else {
      let columns = max(1, (noiseFactor.count + dimension - 1) / dimension)
      throw .wrongLength(field: "noiseFactor", expected: columns * dimension, actual: noiseFactor.count)
    }
    for (field, entries) in [
      ("curvature", curvatureEntries), ("equilibrium", equilibrium), ("noiseFactor", noiseFactor),
    ] {
      if let index = entries.firstIndex(where: { !$0.isFinite }) {
        throw .parameterOutOfRange(field: "\(field)[\(index)]", value: entries[index], allowed: "a finite number")
      }
    }
    guard learningRate >= 0 && learningRate.isFinite else {
      throw .parameterOutOfRange(field: "learningRate", value: learningRate, allowed: "finite and not negative")
    }
    (self.rows, self.columns, self.curvature, self.equilibrium) = (rows, columns, curvature, equilibrium)
    (self.learningRate, self.noiseFactor) = (learningRate, noiseFactor)
    noiseDimension = noiseFactor.count / dimension
    scale = learningRate.squareRoot()
  }

  public var stateDimension: Int { rows * columns }
  public var noiseStructure: NoiseStructure { .lowRankFactor }
  public var hasAdditiveNoise: Bool { true }

  public func drift(at t: Double, _ x: Span<Double>, into a: inout MutableSpan<Double>) {
    switch curvature {
    case .entrywise(let entries):
      for i in 0..<x.count { a[i] = -entries[i] * (x[i] - equilibrium[i]) }
    case .left(let matrix):
      for i in 0..<a.count { a[i] = 0 }
      // Column by column of θ, each a sum of columns of A: contiguous, and no buffer for θ - θ*.
      for column in 0..<columns {
        let offset = column * rows
        for k in 0..<rows {
          let distance = x[offset + k] - equilibrium[offset + k]
          for i in 0..<rows { a[offset + i] -= matrix[k * rows + i] * distance }
        }
      }
    }
  }

  public func addNoise(at t: Double, _ x: Span<Double>, _ increment: Span<Double>, to y: inout MutableSpan<Double>) {
    let d = y.count
    for j in 0..<increment.count {
      let weight = scale * increment[j]
      for i in 0..<d { y[i] += noiseFactor[j * d + i] * weight }
    }
  }

  /// E θ(t) = θ* + e^{−At} (θ₀ − θ*).
  ///
  /// - Accuracy: a left-multiplying A by Taylor series over ⌈‖A‖₁ t⌉ pieces of time, each series to its last
  ///   bit; the error grows like the number of pieces times u e^{‖A‖₁ t}, and like u alone for A ≥ 0.
  /// - Parameters:
  ///   - initial: θ₀, shape [m, n], column-major.
  ///   - t: time, not negative.
  /// - Returns: shape [m, n], column-major.
  public func mean(initial: [Double], at t: Double) -> [Double] {
    precondition(initial.count == stateDimension, "the initial state has m n entries")
    precondition(t >= 0 && t.isFinite, "the mean is known at times after the start")
    var distance = zip(initial, equilibrium).map { $0 - $1 }
    switch curvature {
    case .entrywise(let entries):
      for i in distance.indices { distance[i] *= exp(-entries[i] * t) }
    case .left(let matrix):
      let norm = (0..<rows).reduce(0.0) { norm, k in
        max(norm, (0..<rows).reduce(0.0) { $0 + abs(matrix[k * rows + $1]) })
      }
      precondition(norm * t < 1e9, "the mean is computed for times up to 10^9 over the norm of the curvature")
      let pieces = max(1, (norm * t).rounded(.up))
      for _ in 0..<Int(pieces) { distance = exponentialPiece(matrix, applied: distance, over: t / pieces) }
    }
    return zip(equilibrium, distance).map { $0 + $1 }
  }

  /// Var θᵢ(t) = η (ΩΩᵀ)ᵢᵢ (1 − e^{−2Aᵢt})/(2Aᵢ), for an entrywise curvature from a fixed initial state.
  ///
  /// - Returns: shape [m, n], column-major; `nil` for a left-multiplying curvature.
  public func variance(at t: Double) -> [Double]? {
    guard case .entrywise(let entries) = curvature else { return nil }
    let d = stateDimension
    return (0..<d).map { i in
      let power = (0..<noiseDimension).reduce(0.0) { $0 + noiseFactor[$1 * d + i] * noiseFactor[$1 * d + i] }
      let time = entries[i] == 0 ? t : -expm1(-2 * entries[i] * t) / (2 * entries[i])
      return learningRate * power * time
    }
  }

  /// e^{−Aδ} θ for ‖A‖δ ≤ 1, where 20 terms leave less than 1/20! = 4e-19 of the norm.
  private func exponentialPiece(_ matrix: [Double], applied theta: [Double], over delta: Double) -> [Double] {
    var sum = theta
    var term = theta
    for order in 1...20 {
      var next = [Double](repeating: 0, count: term.count)
      for column in 0..<columns {
        let offset = column * rows
        for k in 0..<rows {
          let weight = -delta / Double(order) * term[offset + k]
          for i in 0..<rows { next[offset + i] += matrix[k * rows + i] * weight }
        }
      }
      term = next
      for i in sum.indices { sum[i] += term[i] }
    }
    return sum
  }
}
