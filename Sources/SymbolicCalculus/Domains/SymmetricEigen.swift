// Jacobi's method in any arithmetic: approximate eigenvectors, which floating evaluation uses and balls certify.

internal import ExactArithmetic

/// Ordered numbers with square roots, rounded as they please.
protocol RoundedField: Field, Comparable {
  var squareRoot: Self { get }
}

extension RoundedField {
  var magnitude: Self { self < 0 ? -self : self }
}

extension Double: RoundedField {
  var squareRoot: Double { squareRoot() }
}

/// The midpoint of a ball: arithmetic at any precision, without the errors.
struct Midpoint: RoundedField {
  let ball: Ball

  init(_ ball: Ball) { self.ball = ball.midpoint }
  init(_ value: Int) { self.init(Ball(Rational(value), precision: 64)) }
  init(integerLiteral value: Int) { self.init(value) }

  static func + (a: Midpoint, b: Midpoint) -> Midpoint { Midpoint(a.ball + b.ball) }
  static func - (a: Midpoint, b: Midpoint) -> Midpoint { Midpoint(a.ball - b.ball) }
  static func * (a: Midpoint, b: Midpoint) -> Midpoint { Midpoint(a.ball * b.ball) }
  static func / (a: Midpoint, b: Midpoint) -> Midpoint { Midpoint(a.ball / b.ball) }
  static func == (a: Midpoint, b: Midpoint) -> Bool { (a.ball - b.ball).isExactlyZero }
  static func < (a: Midpoint, b: Midpoint) -> Bool { (a.ball - b.ball).sign == -1 }
  var squareRoot: Midpoint { Midpoint(ball.squareRoot) }
}

/// A ≈ V diag(λ) Vᵀ with V close to orthogonal.
struct SymmetricEigen<F: RoundedField> {
  private(set) var values: [F]
  /// Row after row; the columns belong to the values.
  private(set) var vectors: [[F]]

  /// Rotates away one entry after the other until each is lost beside the norm; repeated eigenvalues do no harm.
  init(_ matrix: [[F]]) {
    let n = matrix.count
    var (a, v) = (matrix, matrix.indices.map { i in matrix.indices.map { $0 == i ? F(1) : F(0) } })
    let norm = matrix.joined().reduce(F(0)) { $0 + $1.squared }.squareRoot
    // The convergence is quadratic: ten sweeps are usual, and numbers that are not finite would never end.
    for _ in 0..<60 {
      var isDiagonal = true
      for p in 0..<n {
        for q in (p + 1)..<n where norm + a[p][q].magnitude != norm {
          isDiagonal = false
          let theta = (a[q][q] - a[p][p]) / (a[p][q] + a[p][q])
          let t = (theta < 0 ? F(-1) : F(1)) / (theta.magnitude + (theta.squared + 1).squareRoot)
          let c = F(1) / (t.squared + 1).squareRoot
          let s = t * c
          for k in 0..<n { (a[k][p], a[k][q]) = (c * a[k][p] - s * a[k][q], s * a[k][p] + c * a[k][q]) }
          for k in 0..<n { (a[p][k], a[q][k]) = (c * a[p][k] - s * a[q][k], s * a[p][k] + c * a[q][k]) }
          (a[p][q], a[q][p]) = (0, 0)
          for k in 0..<n { (v[k][p], v[k][q]) = (c * v[k][p] - s * v[k][q], s * v[k][p] + c * v[k][q]) }
        }
      }
      if isDiagonal { break }
    }
    (values, vectors) = (a.indices.map { a[$0][$0] }, v)
  }

  /// V diag(f(λ)) Vᵀ, exactly symmetric.
  func matrix(_ f: (F) -> F) -> [[F]] {
    let weights = values.map(f)
    var result = vectors
    for i in vectors.indices {
      for j in 0...i {
        let entry = weights.indices.reduce(F(0)) { $0 + weights[$1] * vectors[i][$1] * vectors[j][$1] }
        (result[i][j], result[j][i]) = (entry, entry)
      }
    }
    return result
  }
}
