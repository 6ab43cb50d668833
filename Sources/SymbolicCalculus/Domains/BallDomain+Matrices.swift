// Eigenvalues and square roots of symmetric matrices of balls: approximated at will, then enclosed by proof.

public import ExactArithmetic

extension BallDomain {
  /// λ_max of every symmetric matrix in the ball matrix; only entries (i, j) with i ≥ j are looked at.
  ///
  /// Let V hold approximate eigenvectors, M = Vᵀ A V and G = Vᵀ V. Rayleigh's quotient Mₖₖ/Gₖₖ is a lower bound. If
  /// t G − M is positive definite, V is invertible and t I − A = V⁻ᵀ(t G − M)V⁻¹ is positive definite too, so t is an upper
  /// bound. Both matrices are nearly diagonal, so that t can be close, whatever the multiplicities. Errors: undecided
  /// where an entry is not finite.
  public func largestEigenvalue(_ a: [[Ball]]) throws(EvaluationError) -> Ball {
    guard let first = a.first?.first else { throw .undefined("eigenvalues of an empty matrix") }
    if isDiagonal(a) { return a.indices.dropFirst().reduce(first) { $0.maximum(a[$1][$1]) } }
    let (a, vectors) = try prepared(a)
    let (m, g) = (congruent(a, vectors.vectors), congruent(nil, vectors.vectors))
    let top = a.indices.max { vectors.values[$0] < vectors.values[$1] } ?? 0
    let lower = m[top][top] / g[top][top]
    let scale = norm(a)
    // From a rounding error upwards; beyond the norm it cannot fail.
    for exponent in stride(from: 4 - precision, to: 8, by: 4) {
      let upper = lower + scale * element(Rational(2).power(exponent))
      if isPositiveDefinite(difference(g, scaledBy: upper, m)) { return lower.hull(upper).rounded(to: precision) }
    }
    throw .undecided("the largest eigenvalue of a matrix about \(first.description(digits: 6))")
  }

  /// Encloses √A for every symmetric positive definite A in the ball matrix, entry by entry.
  ///
  /// With A ≻ 0, X ≻ 0 and R = A − X², ‖√A − X‖ ≤ ‖R‖/(λ_min(√A) + λ_min(X)) ≤ ‖R‖ ‖X⁻¹‖ in Frobenius' norm; and with any
  /// Y, ‖X⁻¹‖ ≤ ‖Y‖/(1 − ‖I − X Y‖). Errors: undefined if A has a negative eigenvalue for certain, undecided if it is
  /// singular or too close to it.
  public func squareRoot(_ matrix: [[Ball]]) throws(EvaluationError) -> [[Ball]] {
    if isDiagonal(matrix) {
      var roots: [Ball] = []
      for i in matrix.indices { roots += try taylor(.power(Rational(1, 2)), at: matrix[i][i], order: 0) }
      return try diagonalMatrix(roots)
    }
    let (a, eigen) = try prepared(matrix)
    let forms = congruent(a, eigen.vectors)
    if forms.indices.contains(where: { forms[$0][$0].sign == -1 }) {
      throw .undefined("square root of a matrix with a negative eigenvalue")
    }
    guard eigen.values.allSatisfy({ $0 > 0 }), isPositiveDefinite(a) else {
      throw .undecided("square root of a matrix that is singular or nearly so")
    }
    let x = eigen.matrix(\.squareRoot).map { $0.map(\.ball) }
    let y = eigen.matrix { 1 / $0.squareRoot }.map { $0.map(\.ball) }
    let one = element(1)
    let defect = norm(difference(product(x, y), scaledBy: one, identity(a.count)))
    let gap = one - defect
    guard isPositiveDefinite(x), gap.sign == 1 else {
      throw .undecided("square root of a matrix that is singular or nearly so")
    }
    let error = norm(difference(a, scaledBy: one, product(x, x))) * norm(y) / gap
    return x.map { $0.map { $0.widened(by: error).rounded(to: precision) } }
  }

  /// The matrix made symmetric, with guard bits, and approximate eigenvectors of its midpoint.
  private func prepared(_ a: [[Ball]]) throws(EvaluationError) -> ([[Ball]], SymmetricEigen<Midpoint>) {
    guard a.joined().allSatisfy(\.isFinite) else { throw .undecided("a matrix that is not finite") }
    let guarded = a.indices.map { i in a.indices.map { a[max(i, $0)][min(i, $0)].rounded(to: precision + 24) } }
    return (guarded, SymmetricEigen(guarded.map { $0.map(Midpoint.init) }))
  }

  func identity(_ n: Int) -> [[Ball]] { (0..<n).map { i in (0..<n).map { element($0 == i ? 1 : 0) } } }

  func product(_ a: [[Ball]], _ b: [[Ball]]) -> [[Ball]] {
    a.map { row in
      b[0].indices.map { j in row.indices.dropFirst().reduce(row[0] * b[0][j]) { $0 + row[$1] * b[$1][j] } }
    }
  }

  /// Vᵀ A V, or Vᵀ V.
  private func congruent(_ a: [[Ball]]?, _ vectors: [[Midpoint]]) -> [[Ball]] {
    let v = vectors.map { $0.map(\.ball) }
    let transposed = v.indices.map { i in v.map { $0[i] } }
    return product(transposed, a.map { product($0, v) } ?? v)
  }

  /// s A − B.
  func difference(_ a: [[Ball]], scaledBy s: Ball, _ b: [[Ball]]) -> [[Ball]] {
    zip(a, b).map { zip($0, $1).map { s * $0 - $1 } }
  }

  /// At least Frobenius' norm of every member. (A ball around zero, multiplied by itself, would admit negative squares.)
  func norm(_ a: [[Ball]]) -> Ball {
    a.joined().map(\.magnitudeBound).reduce(element(0)) { $0 + $1 * $1 }.squareRoot
  }

  /// Whether L D Lᵀ = A, computed in balls, certainly has D > 0: then every symmetric matrix in A is positive definite.
  private func isPositiveDefinite(_ matrix: [[Ball]]) -> Bool {
    var a = matrix
    for k in a.indices {
      guard a[k][k].sign == 1 else { return false }
      for i in a.indices.dropFirst(k + 1) {
        let factor = a[i][k] / a[k][k]
        for j in (k + 1)...i { a[i][j] = a[i][j] - factor * a[j][k] }
      }
    }
    return true
  }
}
