// Mixup: each sample of a batch is blended with another of the same batch, and so is its target.

internal import DenseLinearAlgebra
private import Glibc
public import RandomStreams

/// x̃_i = λx_i + (1 − λ)x_π(i) and t̃_i = λt_i + (1 − λ)t_π(i) with λ ~ Beta(α, α) and a uniform permutation π of the batch.
///
/// - Source: Zhang, Cisse, Dauphin, Lopez-Paz 2018 (arXiv 1710.09412).
public struct Mixup: Equatable, Sendable {
  /// How often λ is drawn.
  public enum Coefficients: String, CaseIterable, Sendable {
    /// One λ for all pairs of a batch, as in the authors' program.
    case perBatch = "per-batch"
    /// An own λ for each pair, independent of the others.
    case perPair = "per-pair"
  }

  /// α; small values leave most samples nearly unmixed.
  public let alpha: Double
  public let coefficients: Coefficients

  /// - Parameter alpha: positive and finite.
  /// - Parameter coefficients: one for a whole batch, or one a sample.
  /// - Throws: ``NetworkTrainingError/invalidValue(field:value:requirement:)``.
  public init(alpha: Double, _ coefficients: Coefficients = .perBatch) throws(NetworkTrainingError) {
    guard alpha > 0, alpha.isFinite else {
      throw .invalidValue(field: "mixup alpha", value: "\(alpha)", requirement: "positive and finite, such as 0.2")
    }
    (self.alpha, self.coefficients) = (alpha, coefficients)
  }

  /// The draws of a stream: a function of the step.
  public struct Sampler: Sendable {
    public let mixup: Mixup
    private let normals: CounterNormals
    private let uniforms: CounterUniforms

    public init(_ mixup: Mixup, stream: StreamName, seed: UInt64) {
      self.mixup = mixup
      normals = CounterNormals(stream.appending("mixup"), seed: seed)
      uniforms = CounterUniforms(stream.appending("mixup"), seed: seed)
    }

    /// λ of a pair, by its first partner's position; the same for all pairs of a step with one λ a batch.
    public func coefficient(step: Int, pair: Int) -> Double {
      let path = mixup.coefficients == .perBatch ? 0 : pair
      // G₁/(G₁ + G₂) with two gamma variables, by their logarithms: for small α both may be too small for a Double.
      let difference = logGamma(step, path, 1) - logGamma(step, path, 0)
      return 1 / (1 + exp(difference))
    }

    /// Writes π of a step, uniform over all permutations of 0 ..< count.
    ///
    /// - Parameters:
    ///   - permutation: overwritten; its count is the batch's size.
    ///   - scratch: as many numbers; left with anything.
    ///   - step: whose permutation is wanted; any order of steps gives the same.
    public func fillPermutation(_ permutation: inout [Int], scratch: inout [Double], step: Int) {
      let count = permutation.count
      precondition(scratch.count == count, "\(scratch.count) numbers of scratch for a permutation of \(count)")
      scratch.withUnsafeMutableBufferPointer {
        uniforms.fill($0, step: step, firstPath: 0, component: Component.permutation)
      }
      for i in 0..<count { permutation[i] = i }
      for i in 0..<max(count - 1, 0) {
        permutation.swapAt(i, min(i + Int(scratch[i] * Double(count - i)), count - 1))
      }
    }

    /// Component numbers of the streams, so that no two draws share one.
    private enum Component {
      static let permutation = 0
      /// Gamma variable g takes its boost at 1 + g and its attempt k at 3 + 2k + g.
      static func boost(_ g: Int) -> Int { 1 + g }
      static func attempt(_ k: Int, _ g: Int) -> Int { 3 + 2 * k + g }
    }

    /// The logarithm of a gamma variable of shape α.
    ///
    /// - Source: Marsaglia, Tsang 2000; below shape 1 by G_{α+1} U^{1/α}.
    private func logGamma(_ step: Int, _ path: Int, _ g: Int) -> Double {
      let alpha = mixup.alpha
      let d = (alpha < 1 ? alpha + 1 : alpha) - 1.0 / 3
      let c = 1 / (9 * d).squareRoot()
      var attempt = 0
      while true {
        let component = Component.attempt(attempt, g)
        attempt += 1
        let x = normals.normal(path: path, step: step, component: component)
        let root = 1 + c * x
        guard root > 0 else { continue }
        let v = root * root * root
        let u = 1 - uniforms.uniform(path: path, step: step, component: component)
        guard log(u) < 0.5 * x * x + d - d * v + d * log(v) else { continue }
        let boost =
          alpha < 1 ? log(1 - uniforms.uniform(path: path, step: step, component: Component.boost(g))) / alpha : 0
        return log(d) + log(v) + boost
      }
    }
  }

  /// Column i becomes λ_i times itself plus 1 − λ_i times column π(i) as it was.
  ///
  /// - Parameters:
  ///   - columns: shape [features, M], mixed in place along the cycles of π.
  ///   - coefficients: λ; shape [M].
  ///   - permutation: π, of 0 ..< M.
  ///   - column: one column of scratch.
  ///   - visited: M flags of scratch.
  @specialized(where Scalar == Double) @specialized(where Scalar == Float)
  static func mix<Scalar: BLASScalar>(
    _ columns: inout Matrix<Scalar>, coefficients: [Double], permutation: [Int], column: inout [Scalar],
    visited: inout [Bool]
  ) {
    let (rows, count) = (columns.rows, columns.columns)
    precondition(
      coefficients.count == count && permutation.count == count && visited.count == count && column.count >= rows,
      "mixing \(count) samples needs as many coefficients and partners")
    for i in 0..<count { visited[i] = false }
    columns.elements.withUnsafeMutableBufferPointer { x in
      column.withUnsafeMutableBufferPointer { first in
        for start in 0..<count where !visited[start] {
          for k in 0..<rows { first[k] = x[start * rows + k] }
          var i = start
          while !visited[i] {
            visited[i] = true
            let (own, partner) = (Scalar(coefficients[i]), permutation[i])
            let other = 1 - own
            if partner == start {
              for k in 0..<rows { x[i * rows + k] = own * x[i * rows + k] + other * first[k] }
            } else {
              for k in 0..<rows { x[i * rows + k] = own * x[i * rows + k] + other * x[partner * rows + k] }
            }
            i = partner
          }
        }
      }
    }
  }
}
