// One-sided Jacobi in any arithmetic: approximate singular vectors, which floating evaluation uses and balls certify.

internal import ExactArithmetic

/// X ≈ U diag(σ) Vᵀ with U and V square and close to orthogonal, and σ descending.
struct SingularDecomposition<F: RoundedField> {
  /// min(m, n) of them; small ones have as many correct digits as large ones if only the columns differ in size.
  private(set) var values: [F]
  /// u₁ … uₘ and v₁ … vₙ.
  private(set) var left: [[F]]
  private(set) var right: [[F]]

  /// Of a matrix with at least one entry, given row by row.
  init(_ matrix: [[F]]) {
    let columns = matrix[0].indices.map { j in matrix.map { $0[j] } }
    // Rotations make columns orthogonal, so there must be no more of them than rows.
    if matrix.count < columns.count {
      self.init(tall: matrix)
      swap(&left, &right)
    } else {
      self.init(tall: columns)
    }
  }

  /// Turns pairs of columns until X V has orthogonal ones, of length σ.
  private init(tall columns: [[F]]) {
    let (m, n) = (columns[0].count, columns.count)
    var (x, v) = (columns, columns.indices.map { Self.basis($0, columns.count) })
    let slack = F(8 * m)
    // The convergence is quadratic: ten sweeps are usual, and numbers that are not finite would never end.
    for _ in 0..<60 {
      var isOrthogonal = true
      for p in 0..<n {
        for q in (p + 1)..<n {
          let (a, b, c) = (x[p].dot(x[p]), x[q].dot(x[q]), x[p].dot(x[q]))
          let size = (a * b).squareRoot
          guard size + c.magnitude / slack != size else { continue }
          isOrthogonal = false
          let zeta = (b - a) / (c + c)
          let t = (zeta < 0 ? F(-1) : F(1)) / (zeta.magnitude + (zeta.squared + 1).squareRoot)
          let cosine = F(1) / (t.squared + 1).squareRoot
          let sine = t * cosine
          for k in 0..<m {
            (x[p][k], x[q][k]) = (cosine * x[p][k] - sine * x[q][k], sine * x[p][k] + cosine * x[q][k])
          }
          for k in 0..<n {
            (v[p][k], v[q][k]) = (cosine * v[p][k] - sine * v[q][k], sine * v[p][k] + cosine * v[q][k])
          }
        }
      }
      if isOrthogonal { break }
    }
    let lengths = x.map { $0.dot($0).squareRoot }
    let order = lengths.indices.sorted { lengths[$0] > lengths[$1] }
    values = order.map { lengths[$0] }
    right = order.map { v[$0] }
    left = order.filter { lengths[$0] > 0 }.map { j in x[j].map { $0 / lengths[j] } }
    while left.count < m { left.append(another(m)) }
  }

  private static func basis(_ i: Int, _ n: Int) -> [F] { (0..<n).map { $0 == i ? F(1) : F(0) } }

  /// A unit vector orthogonal to the left ones: the basis vector that is farthest from their span, made orthogonal.
  private func another(_ m: Int) -> [F] {
    let shares = (0..<m).map { i in left.map { $0[i].squared }.sum }
    var w = Self.basis(shares.indices.min { shares[$0] < shares[$1] } ?? 0, m)
    // Twice is enough.
    for _ in 0..<2 {
      for u in left {
        let share = u.dot(w)
        w = zip(w, u).map { $0 - share * $1 }
      }
    }
    let length = w.dot(w).squareRoot
    return w.map { $0 / length }
  }
}
