// Lemma 13 as dense matrices: the Hessians of all simple singular values of many small matrices.

public import DenseLinearAlgebra
internal import DistributedWork
private import Glibc
internal import StochasticCalculus
internal import VerificationKit

/// The mn x mn Hessian of σ_k with respect to vec θ, for every chosen k of every matrix of a batch.
///
/// With L = Σ_{i≠k} d_i u_iu_iᵀ, R = Σ_{j≠k} d_j v_jv_jᵀ, P = Σ_{l≠k} c_l u_lv_lᵀ, d_i = σ_k/(σ_k²−σ_i²),
/// c_l = σ_l/(σ_k²−σ_l²), and σ_i := 0 beyond min(m, n):
/// H[(a,b),(c,d)] = v_b (v_d L_ac + u_c P_ad) + u_a (u_c R_bd + v_d P_cb).
///
/// - Source: Lemma 13, arXiv 2506.18588; every k: arXiv 2506.03764.
/// - Accuracy: u·σ_1/min_i|σ_k − σ_i| relative to the largest entry. Only distances from σ_k itself are divided by: other
///   singular values may be equal or zero, where automatic differentiation of a decomposition gives NaN.
public struct SingularValueHessians: Sendable {
  /// Matrices of the batch, and their common shape.
  public let count: Int
  /// m, of every matrix.
  public let rows: Int
  /// n, of every matrix.
  public let columns: Int
  /// The chosen k, zero-based.
  public let indices: [Int]
  /// All singular values; shape [count, min(m, n)].
  public private(set) var values: [Double]
  /// The Hessians laid end to end, k fastest: `count * indices.count` symmetric matrices of order mn, vec column-major.
  public private(set) var elements: [Double]

  /// mn, the order of one Hessian.
  public var order: Int { rows * columns }

  /// - Parameters:
  ///   - thetas: shapes [m, n], all equal.
  ///   - indices: the k wanted, zero-based, each below min(m, n); all of them if nil.
  ///   - threads: how many threads at most share the matrices. Limit BLAS to one thread if there are several.
  /// - Throws: `LinearAlgebraError`: `singularValueNotSimple` naming the first matrix and k whose σ_k
  ///   is zero, or equal to another, to working precision; an error on shapes or non-finite entries; a
  ///   `HypothesisViolation` on an index that does not exist.
  public init(_ thetas: [Matrix<Double>], indices: [Int]? = nil, threads: Int = 1) throws {
    guard let first = thetas.first else { throw LinearAlgebraError.empty(operation: Self.name, operand: "the batch") }
    let (m, n) = (first.rows, first.columns)
    if let odd = thetas.first(where: { $0.rows != m || $0.columns != n }) {
      throw LinearAlgebraError.shapeMismatch(operation: Self.name, found: odd.shape, expected: first.shape)
    }
    let rank = min(m, n)
    let chosen = indices ?? Array(0..<rank)
    if let bad = chosen.first(where: { !(0..<rank).contains($0) }) {
      try HypothesisViolation.require(false, field: "k", value: bad, "0 ≤ k < min(m, n) = \(rank)")
    }
    (count, rows, columns, self.indices) = (thetas.count, m, n, chosen)
    let size = m * n * m * n
    // Uninitialised memory: every entry is written exactly once.
    var failures = [LinearAlgebraError?](repeating: nil, count: thetas.count)
    var spectra = [Double](repeating: 0, count: thetas.count * rank)
    elements = failures.withUnsafeMutableBufferPointer { failures in
      spectra.withUnsafeMutableBufferPointer { spectra in
        let (failures, spectra) = (Shared(failures), Shared(spectra))
        return [Double](unsafeUninitializedCapacity: thetas.count * chosen.count * size) { storage, filled in
          Self.preferLargePages(storage)
          let storage = Shared(storage)
          parallelFor(thetas.count, threads: threads) { t in
            let mine = storage.slice(t, chosen.count * size)
            do throws(LinearAlgebraError) {
              try Self.fill(mine, spectrum: spectra.slice(t, rank), thetas[t], chosen, number: t)
            } catch {
              failures.buffer[t] = error
              mine.initialize(repeating: .nan)
            }
          }
          filled = storage.buffer.count
        }
      }
    }
    values = spectra
    if let failure = failures.lazy.compactMap({ $0 }).first { throw failure }
  }

  /// The Hessian of the `k`-th of ``indices`` for matrix `t`; shape [mn, mn].
  public func hessian(of t: Int, _ k: Int) -> Matrix<Double> {
    precondition((0..<count).contains(t) && indices.indices.contains(k), "no Hessian \(k) of matrix \(t)")
    let size = order * order
    let start = (t * indices.count + k) * size
    return Matrix(rows: order, columns: order, columnMajor: Array(elements[start..<start + size]))
  }

  /// Millions of fresh entries in small pages would cost more than their arithmetic.
  private static func preferLargePages(_ storage: UnsafeMutableBufferPointer<Double>) {
    #if os(Linux)
      let page = 2 << 20
      guard let base = storage.baseAddress else { return }
      let (start, bytes) = (UInt(bitPattern: base), storage.count * MemoryLayout<Double>.stride)
      let aligned = (start + UInt(page) - 1) & ~UInt(page - 1)
      let length = (bytes - min(bytes, Int(aligned - start))) / page * page
      // A wish: the kernel may refuse it.
      if length > 0 { madvise(UnsafeMutableRawPointer(bitPattern: aligned), length, MADV_HUGEPAGE) }
    #endif
  }

  private static let name = "Hessians of singular values"

  private static func fill(
    _ target: UnsafeMutableBufferPointer<Double>, spectrum: UnsafeMutableBufferPointer<Double>,
    _ theta: Matrix<Double>, _ indices: [Int], number: Int
  ) throws(LinearAlgebraError) {
    let svd = try SingularValueDecomposition(theta, .full)
    let sigma = svd.values.elements
    _ = spectrum.initialize(from: sigma)
    let size = theta.count * theta.count
    for (place, k) in indices.enumerated() {
      let nearest = sigma.indices.filter { $0 != k }.map { sigma[$0] }.min { abs($0 - sigma[k]) < abs($1 - sigma[k]) }
      let resolution = TopSingularTriplet<Double>.minimumRelativeGap * sigma[0]
      guard sigma[k] > resolution, abs(sigma[k] - (nearest ?? 0)) >= resolution else {
        throw .singularValueNotSimple(
          matrix: number, k: k, sigma: sigma[k], nearest: nearest ?? 0, resolution: resolution)
      }
      fill(UnsafeMutableBufferPointer(rebasing: target[place * size..<(place + 1) * size]), svd, k)
    }
  }

  /// One Hessian: three small products, and two multiplications and additions an entry.
  private static func fill(
    _ target: UnsafeMutableBufferPointer<Double>, _ svd: SingularValueDecomposition<Double>, _ k: Int
  ) {
    let (m, n, rank) = (svd.u.rows, svd.vTransposed.rows, svd.values.count)
    let sigma = svd.values[k]
    // Differences first, because they are exact where they are small; no square, which could leave the range of numbers.
    let square = (0..<max(m, n)).map { i in
      i == k ? 0 : sigma / (sigma - svd.sigma(i)) / (sigma + svd.sigma(i))
    }
    var left = svd.u
    var right = svd.vTransposed
    var both = svd.u.columns(0..<rank)
    for i in 0..<m { for a in 0..<m { left[a, i] *= square[i] } }
    for j in 0..<n { for b in 0..<n { right[j, b] *= square[j] } }
    for l in 0..<rank {
      let weight = square[l] * (svd.sigma(l) / sigma)
      for a in 0..<m { both[a, l] *= weight }
    }
    let far = Matrix.product(left, .asIs, svd.u, .transposed)
    let near = Matrix.product(svd.vTransposed, .transposed, right)
    let leading = Matrix<Double>(rows: rank, columns: n) { svd.vTransposed[$0, $1] }
    let cross = both * leading
    let (u, v) = (svd.u.column(k).elements, svd.v(k).elements)
    assemble(
      target, u: u, v: v, left: far.elements, right: near.elements, cross: cross.elements)
  }

  private static func assemble(
    _ target: UnsafeMutableBufferPointer<Double>, u: [Double], v: [Double], left: [Double], right: [Double],
    cross: [Double]
  ) {
    let (m, n) = (u.count, v.count)
    withUnsafeTemporaryAllocation(of: Double.self, capacity: m) { x in
      var next = target.baseAddress.unsafelyUnwrapped
      for d in 0..<n {
        for c in 0..<m {
          for a in 0..<m { x[a] = v[d] * left[c * m + a] + u[c] * cross[d * m + a] }
          for b in 0..<n {
            let (scale, shift) = (v[b], u[c] * right[d * n + b] + v[d] * cross[b * m + c])
            for a in 0..<m { next[a] = scale * x[a] + shift * u[a] }
            next += m
          }
        }
      }
    }
  }
}

/// Memory whose pieces belong to different threads.
private struct Shared<Element>: @unchecked Sendable {
  let buffer: UnsafeMutableBufferPointer<Element>

  init(_ buffer: UnsafeMutableBufferPointer<Element>) { self.buffer = buffer }

  func slice(_ number: Int, _ size: Int) -> UnsafeMutableBufferPointer<Element> {
    UnsafeMutableBufferPointer(rebasing: buffer[number * size..<(number + 1) * size])
  }
}
