// Singular values and vectors of matrices of balls: approximated at will, then enclosed by proof.

public import ExactArithmetic

extension BallDomain {
  /// Encloses σ₁ ≥ σ₂ ≥ … of every member, also of equal ones and of zeros.
  ///
  /// Let U, V hold approximate vectors, ‖UᵀU − I‖ ≤ α < 1, ‖VᵀV − I‖ ≤ β < 1 and ‖UᵀXV − diag(s)‖ ≤ e. By Weyl and
  /// Ostrowski (sᵢ − e)/√((1 + α)(1 + β)) ≤ σᵢ ≤ (sᵢ + e)/√((1 − α)(1 − β)). Errors: undecided where an entry is not
  /// finite.
  public func singularValues(_ a: [[Ball]]) throws(EvaluationError) -> [Ball] {
    let (a, found) = try approximated(a)
    return try enclosures(a, found).map { $0.rounded(to: precision) }
  }

  /// Encloses σₖ, uₖ and vₖ of every member, up to the common sign of the vectors.
  ///
  /// Newton's operator with a fixed C ≈ J(z)⁻¹ on F(u, v, σ) = (Xv − σu, Xᵀu − σv, (uᵀu − 1)/2) maps the ball of radius ρ
  /// about z into itself if η + δρ + ‖C‖ρ² ≤ ρ, where η = ‖C F(z)‖ and δ = ‖I − C J(z)‖: the quadratic part of F is at most
  /// ‖h‖²/√2. With δ < 1 a fixed point is a root, hence a triplet; it is the k-th if its σ is apart from the enclosures of
  /// the neighbours. Errors: undecided where σₖ may be zero or another one; unsupported beyond min(m, n), where the
  /// vectors are not determined.
  public func singularTriplet(_ k: Int, of matrix: [[Ball]]) throws(EvaluationError) -> SingularTriplet<Ball> {
    let (a, found) = try approximated(matrix)
    guard found.values.indices.contains(k - 1) else {
      throw .unsupported("singular vectors beyond min(m, n) of a matrix that is not a declared name")
    }
    let values = try enclosures(a, found)
    guard isApart(values[k - 1], k, values) else { throw .undecided("singular values that may coincide") }
    guard values[k - 1].sign == 1 else { throw .undecided("a singular value that may be zero") }

    let (m, n) = (a.count, a[0].count)
    let (u, v, sigma) = (found.left[k - 1].map(\.ball), found.right[k - 1].map(\.ball), found.values[k - 1].ball)
    let c = inverseJacobian(found, k - 1).map { $0.map(\.ball) }
    let step = product(c, residual(a, u, v, sigma).map { [$0] })
    let one = element(1)
    let defect = difference(identity(m + n + 1), scaledBy: one, product(c, jacobian(a, u, v, sigma)))
    let eta = norm(step)
    // Then ρ = 2η will do.
    guard (norm(defect) + element(2) * norm(c) * eta - element(Rational(1, 2))).sign == -1 else {
      throw .undecided("singular values that may coincide")
    }
    let rho = element(2) * eta
    let root = (u + v + [sigma]).indices.map { i in
      ((u + v + [sigma])[i] - step[i][0]).widened(by: norm([defect[i]]) * rho + norm([c[i]]) * rho * rho)
    }
    guard root[m + n].sign == 1, isApart(root[m + n], k, values) else {
      throw .undecided("singular values that may coincide")
    }
    let rounded = root.map { $0.rounded(to: precision) }
    return SingularTriplet(value: rounded[m + n], left: Array(rounded[..<m]), right: Array(rounded[m..<m + n]))
  }

  /// The matrix with guard bits, and a decomposition of its midpoint.
  private func approximated(
    _ a: [[Ball]]
  ) throws(EvaluationError) -> ([[Ball]], SingularDecomposition<Midpoint>) {
    guard a.first?.isEmpty == false else { throw .undefined("singular values of an empty matrix") }
    guard a.joined().allSatisfy(\.isFinite) else { throw .undecided("singular values of a matrix that is not finite") }
    let guarded = a.map { $0.map { $0.rounded(to: precision + 24) } }
    return (guarded, SingularDecomposition(guarded.map { $0.map(Midpoint.init) }))
  }

  private func enclosures(_ a: [[Ball]], _ found: SingularDecomposition<Midpoint>) throws(EvaluationError) -> [Ball] {
    let (one, zero) = (element(1), element(0))
    let (left, right) = (found.left.map { $0.map(\.ball) }, found.right.map { $0.map(\.ball) })
    let middle = product(product(left, a), transposed(right))
    let diagonal = left.indices.map { i in right.indices.map { i == $0 ? found.values[i].ball : zero } }
    let error = norm(difference(middle, scaledBy: one, diagonal))
    let defects = [left, right].map { norm(difference(product($0, transposed($0)), scaledBy: one, identity($0.count))) }
    let (larger, smaller) = ((one + defects[0]) * (one + defects[1]), (one - defects[0]) * (one - defects[1]))
    guard defects.allSatisfy({ (one - $0).sign == 1 }) else { throw .undecided("singular values that are not found") }
    return found.values.map {
      zero.maximum(($0.ball - error) / larger.squareRoot).hull(($0.ball + error) / smaller.squareRoot)
    }
  }

  /// Whether σ is certainly below the singular value before the k-th and above the one after.
  private func isApart(_ sigma: Ball, _ k: Int, _ values: [Ball]) -> Bool {
    (k == 1 || (values[k - 2] - sigma).sign == 1) && (k == values.count || (sigma - values[k]).sign == 1)
  }

  private func transposed(_ a: [[Ball]]) -> [[Ball]] { a[0].indices.map { j in a.map { $0[j] } } }

  private func residual(_ a: [[Ball]], _ u: [Ball], _ v: [Ball], _ sigma: Ball) -> [Ball] {
    let (xv, xu) = (product(a, v.map { [$0] }), product(transposed(a), u.map { [$0] }))
    let length = product([u], u.map { [$0] })[0][0]
    return u.indices.map { xv[$0][0] - sigma * u[$0] } + v.indices.map { xu[$0][0] - sigma * v[$0] }
      + [(length - element(1)) * element(Rational(1, 2))]
  }

  /// J = [−σI, X, −u; Xᵀ, −σI, −v; uᵀ, 0, 0].
  private func jacobian(_ a: [[Ball]], _ u: [Ball], _ v: [Ball], _ sigma: Ball) -> [[Ball]] {
    let zero = element(0)
    let upper = u.indices.map { i in u.indices.map { i == $0 ? -sigma : zero } + a[i] + [-u[i]] }
    let middle = v.indices.map { j in a.map { $0[j] } + v.indices.map { j == $0 ? -sigma : zero } + [-v[j]] }
    return upper + middle + [u + v.map { _ in zero } + [zero]]
  }

  /// J⁻¹ for U diag(σ) Vᵀ: in the singular vectors' coordinates J falls into blocks of two.
  private func inverseJacobian(_ found: SingularDecomposition<Midpoint>, _ k: Int) -> [[Midpoint]] {
    let (m, n, sigma) = (found.left.count, found.right.count, found.values[k])
    let columns = (0...m + n).map { column in
      var (h, g) = (Array(repeating: Midpoint(0), count: m), Array(repeating: Midpoint(0), count: n))
      var change = Midpoint(0)
      for i in 0..<max(m, n) {
        let x = i < m && column < m ? found.left[i][column] : 0
        let y = i < n && (m..<m + n).contains(column) ? found.right[i][column - m] : 0
        if i == k {
          h[i] = column == m + n ? 1 : 0
          g[i] = h[i] + (x - y) / (sigma + sigma)
          change = Midpoint(0) - (x + y) / 2
        } else {
          let s = i < min(m, n) ? found.values[i] : 0
          let determinant = s.squared - sigma.squared
          if i < m { h[i] = (sigma * x + s * y) / determinant }
          if i < n { g[i] = (s * x + sigma * y) / determinant }
        }
      }
      return (0..<m).map { row in found.left.indices.map { found.left[$0][row] * h[$0] }.sum }
        + (0..<n).map { row in found.right.indices.map { found.right[$0][row] * g[$0] }.sum } + [change]
    }
    return (0...m + n).map { row in columns.map { $0[row] } }
  }
}
