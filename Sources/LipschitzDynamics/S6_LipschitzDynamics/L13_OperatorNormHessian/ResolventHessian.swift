// The Hessian of σ_1 as a linear system: one SYRK, one Cholesky, one triangular solve for all samples at once.

public import DenseLinearAlgebra

/// D²σ₁[E, E]/σ₁ for many directions E that are known only through E v₁ and Eᵀu₁.
///
/// With θ̂ = θ/σ₁, p = (I − u₁u₁ᵀ)Ev₁, q = (I − v₁v₁ᵀ)Eᵀu₁ and A = I − θ̂θ̂ᵀ + u₁u₁ᵀ:
/// σ₁ D²σ₁[E, E] = ‖q‖² + (p + θ̂q)ᵀ A⁻¹ (p + θ̂q).
///
/// - Source: Lemma 13, arXiv 2506.18588, in an equal form; A is positive definite exactly if σ₁ > σ₂, so the
///   Cholesky factor and its smallest eigenvalue also certify that the given triplet is the largest and σ₂ its gap.
/// - Accuracy: u/(relative gap), because A's smallest eigenvalue is 1 − (σ₂/σ₁)².
public struct ResolventHessian<Scalar: BLASScalar>: Sendable {
  /// σ₁, u₁ and v₁, at which the second derivative is taken.
  public let triplet: TopSingularTriplet<Scalar>
  /// θ/σ₁ with the smaller dimension first: θ itself or its transpose.
  private let normalized: Matrix<Scalar>
  private let isTransposed: Bool
  private let factor: Cholesky<Scalar>

  /// - Throws: `LinearAlgebraError/gapTooSmall(sigma1:sigma2:minimumRelativeGap:)` with the measured gap.
  @specialized(where Scalar == Double) @specialized(where Scalar == Float)
  public init(
    _ theta: Matrix<Scalar>, at triplet: TopSingularTriplet<Scalar>
  ) throws(LinearAlgebraError) {
    try triplet.requireSimple()
    isTransposed = theta.rows > theta.columns
    let sigma = triplet.sigma
    normalized = (isTransposed ? theta.transposed : theta).map { $0 / sigma }
    let u = isTransposed ? triplet.v : triplet.u
    var a = -normalized.gram()
    for j in u.indices {
      for i in u.indices { a[i, j] += u[i] * u[j] }
      a[j, j] += 1
    }
    do {
      factor = try Cholesky(a)
    } catch .notPositiveDefinite {
      // Indefinite to round-off: the gap is lost, or the triplet was not the largest.
      throw .gapTooSmall(
        sigma1: Double(sigma), sigma2: Double(triplet.sigma2),
        minimumRelativeGap: Double(TopSingularTriplet<Scalar>.minimumRelativeGap))
    }
    // A's smallest eigenvalue is 1 − (σ₂/σ₁)². An iteration may have overlooked a second copy of a multiple σ₁, and
    // round-off may let the factorisation pass; inverse iteration sees it at once.
    let ratio = triplet.sigma2 / sigma
    let smallest = Self.smallestEigenvalue(factor)
    if smallest < (1 - ratio * ratio) / 2 {
      let root = Swift.max(0, 1 - smallest).squareRoot()
      self.triplet = try triplet.with(sigma2: sigma * root).requireSimple()
    } else {
      self.triplet = triplet
    }
  }

  /// An upper bound of the smallest eigenvalue by four inverse iterations, sharp where that eigenvalue is tiny.
  private static func smallestEigenvalue(_ factor: Cholesky<Scalar>) -> Scalar {
    let order = factor.lower.rows
    // A start without structure; the entries of a quadratic phase.
    var x = Vector<Scalar>.zeros(order)
    for i in 0..<order {
      let phase: Int = (7 * i * i + 3 * i + 1) % 17
      x[i] = Scalar(phase - 8)
    }
    x = x.normalized
    var eigenvalue: Scalar = 1
    for _ in 0..<4 {
      let y = factor.solve(x)
      eigenvalue = 1 / x.dot(y)
      x = y.normalized
    }
    return eigenvalue
  }

  /// D²σ₁[E_i, E_i]/σ₁ for every column i.
  ///
  /// - Parameters:
  ///   - right: columns E_i v₁; shape [m, M].
  ///   - left: columns E_iᵀ u₁; shape [n, M].
  /// - Returns: M non-negative numbers; unit 1/parameter² times the unit of E squared.
  @specialized(where Scalar == Double) @specialized(where Scalar == Float)
  public func relativeForms(right: Matrix<Scalar>, left: Matrix<Scalar>) -> [Scalar] {
    let sigma = triplet.sigma
    let p = right.map { $0 / sigma }.removingComponent(along: triplet.u)
    let q = left.map { $0 / sigma }.removingComponent(along: triplet.v)
    // For the transpose the roles of (u, p) and (v, q) are exchanged.
    let (near, far) = isTransposed ? (q, p) : (p, q)
    var w = near
    w.accumulate(1, normalized, .asIs, far, .asIs)
    let z = factor.solveLower(.asIs, w)
    return (0..<z.columns).map { j in
      let (x, y) = (far.column(j), z.column(j))
      return x.dot(x) + y.dot(y)
    }
  }

  /// The diagonal of σ₁H, entry (a, b) for parameter θ_ab: what the noise's variances alone contribute to κ.
  ///
  /// - Returns: shape [m, n]; dimensionless.
  public var scaledDiagonal: Matrix<Scalar> {
    let (u, v) = isTransposed ? (triplet.v, triplet.u) : (triplet.u, triplet.v)
    // S = Σ_{i≥2} u_iu_iᵀ/(1 − σ̂_i²), C = Sθ̂, T = I − v₁v₁ᵀ + θ̂ᵀSθ̂.
    var s = factor.solve(.identity(u.count))
    for j in u.indices { for i in u.indices { s[i, j] -= u[i] * u[j] } }
    let c = s * normalized
    let t = (0..<v.count).map { b in 1 - v[b] * v[b] + normalized.column(b).dot(c.column(b)) }
    let diagonal = Matrix<Scalar>(rows: u.count, columns: v.count) { a, b in
      let (left, right) = (v[b] * v[b] * s[a, a], u[a] * u[a] * t[b])
      return left + right + 2 * v[b] * u[a] * c[a, b]
    }
    return isTransposed ? diagonal.transposed : diagonal
  }
}

extension Matrix {
  /// (I − xxᵀ)A for a unit vector x.
  @specialized(where Scalar == Double) @specialized(where Scalar == Float)
  func removingComponent(along x: Vector<Scalar>) -> Matrix {
    let coefficients = transposedTimes(x)
    var out = self
    for j in 0..<columns { for i in 0..<rows { out[i, j] -= coefficients[j] * x[i] } }
    return out
  }
}
