// The largest singular value with its vectors, and the second one for the gap: what every derivative needs.

/// σ_1, u_1, v_1 of a matrix, with σ_2 so that the gap is always known.
///
/// Small matrices go through LAPACK's full decomposition. Larger ones go through Golub–Kahan–Lanczos
/// bidiagonalisation with full reorthogonalisation, which a nearby triplet (the previous SGD step's) shortens.
///
/// - Accuracy: ‖Av − σu‖ and ‖Aᵀu − σv‖ are measured on the matrix itself and stand in ``residual``; the
///   singular vectors are then accurate to ``residual`` / (σ_1 − σ_2).
public struct TopSingularTriplet<Scalar: BLASScalar>: Sendable {
  /// σ_1.
  public let sigma: Scalar
  /// u_1, of length m and norm 1. The sign of the pair (u_1, v_1) is arbitrary.
  public let u: Vector<Scalar>
  /// v_1, of length n and norm 1.
  public let v: Vector<Scalar>
  /// σ_2; zero when min(m, n) = 1.
  public let sigma2: Scalar
  /// max(‖Av − σu‖, ‖Aᵀu − σv‖) / σ_1.
  public let residual: Scalar

  /// σ_1 − σ_2.
  public var gap: Scalar { sigma - sigma2 }
  /// (σ_1 − σ_2) / σ_1; zero for the zero matrix.
  public var relativeGap: Scalar { sigma > 0 ? gap / sigma : 0 }

  /// The smallest relative gap at which derivatives of σ_1 keep some three digits: 1024 units of round-off.
  public static var minimumRelativeGap: Scalar { 1024 * Scalar.ulpOfOne }

  /// - Parameters:
  ///   - a: shape [m, n], finite.
  ///   - previous: a triplet of a nearby matrix of the same shape, to start from.
  /// - Throws: ``LinearAlgebraError`` on empty or non-finite input, or if no method converges.
  @specialized(where Scalar == Double) @specialized(where Scalar == Float)
  public init(_ a: Matrix<Scalar>, near previous: TopSingularTriplet? = nil) throws(LinearAlgebraError) {
    try a.requireFinite("largest singular value")
    if Swift.min(a.rows, a.columns) > Self.directOrder,
      let found = try Self.lanczos(a, start: previous.flatMap { $0.v.count == a.columns ? $0.v : nil }),
      !found.overlooksAnother(of: a)
    {
      self = found
    } else {
      self = try Self.direct(a)
    }
    guard sigma.isFinite else { throw .overflow(operation: "largest singular value") }
  }

  /// The same with the help of a Gram matrix that the caller has formed: several times faster, equally accurate.
  ///
  /// - Parameters:
  ///   - a: shape [m, n], finite, not both sides below 16.
  ///   - gram: lower triangle of s²AAᵀ if m ≤ n, else of s²AᵀA, column-major; finite and neither over- nor underflown.
  ///   - scale: s.
  ///   - tolerance: the largest residual to accept.
  /// - Returns: nil if the iteration does not converge, or finds σ_1 repeated: ``init(_:near:)`` decides.
  @specialized(where Scalar == Double) @specialized(where Scalar == Float)
  init?(_ a: Matrix<Scalar>, gram: UnsafePointer<Scalar>, scale: Scalar, tolerance: Scalar) {
    let isWide = a.rows <= a.columns
    let order = Swift.min(a.rows, a.columns)
    guard let pair = LeadingGramEigenpair<Scalar>.find(gram, order: order, residual: tolerance / 4) else { return nil }
    let x = pair.vector
    // A Rayleigh quotient on the matrix itself, free of the Gram matrix' round-off.
    let image = isWide ? a.transposedTimes(x) : a * x
    let sigma = image.norm
    guard sigma.isFinite, sigma > 0 else { return nil }
    let y = image / sigma
    let back = isWide ? a * y : a.transposedTimes(y)
    let residual = (back - sigma * x).norm / sigma
    guard residual <= tolerance else { return nil }
    self.init(
      sigma, isWide ? x : y, isWide ? y : x, sigma2: pair.second.squareRoot() / scale, residual: residual)
  }

  /// Throws ``LinearAlgebraError/gapTooSmall(sigma1:sigma2:minimumRelativeGap:)`` unless σ_1 is simple and positive.
  @discardableResult
  public func requireSimple(
    minimumRelativeGap: Scalar = Self.minimumRelativeGap
  ) throws(LinearAlgebraError) -> TopSingularTriplet {
    guard sigma > 0, relativeGap >= minimumRelativeGap else {
      throw .gapTooSmall(
        sigma1: Double(sigma), sigma2: Double(sigma2), minimumRelativeGap: Double(minimumRelativeGap))
    }
    return self
  }

  /// Whether a few power steps beside v_1 find a singular value above σ_2.
  ///
  /// An iteration from one vector meets a multiple singular value once, so it would take σ_3 for σ_2.
  private func overlooksAnother(of a: Matrix<Scalar>) -> Bool {
    let (scaled, exponent) = a.scaledToUnitMagnitude(harmless: 16)
    var x = Self.pseudoRandomDirection(a.columns)
    var length: Scalar = 0
    for _ in 0..<6 {
      x = (x - x.dot(v) * v).normalized
      let image = scaled * x
      length = image.norm
      x = scaled.transposedTimes(image)
    }
    return length > sigma2.scaled(byExponent: -exponent) * (1 + Scalar.ulpOfOne.squareRoot())
  }

  /// The same triplet with another σ_2, measured by other means.
  public func with(sigma2: Scalar) -> TopSingularTriplet {
    TopSingularTriplet(sigma, u, v, sigma2: sigma2, residual: residual)
  }

  init(_ sigma: Scalar, _ u: Vector<Scalar>, _ v: Vector<Scalar>, sigma2: Scalar, residual: Scalar) {
    self.sigma = sigma
    self.u = u
    self.v = v
    self.sigma2 = sigma2
    self.residual = residual
  }

  /// Up to this order the full decomposition costs less than setting up an iteration.
  private static var directOrder: Int { 48 }

  @specialized(where Scalar == Double) @specialized(where Scalar == Float)
  private static func direct(_ a: Matrix<Scalar>) throws(LinearAlgebraError) -> TopSingularTriplet {
    let svd = try SingularValueDecomposition(a, .thin)
    let (u, v) = (svd.u.column(0), svd.v(0))
    let (scaled, exponent) = a.scaledToUnitMagnitude(harmless: 16)
    return TopSingularTriplet(
      svd.values[0], u, v, sigma2: svd.sigma(1),
      residual: measuredResidual(scaled, svd.values[0].scaled(byExponent: -exponent), u, v))
  }

  @specialized(where Scalar == Double) @specialized(where Scalar == Float)
  private static func measuredResidual(
    _ a: Matrix<Scalar>, _ sigma: Scalar, _ u: Vector<Scalar>, _ v: Vector<Scalar>
  ) -> Scalar {
    guard sigma > 0 else { return 0 }
    return Swift.max((a * v - sigma * u).norm, (a.transposedTimes(u) - sigma * v).norm) / sigma
  }
}

extension TopSingularTriplet {
  /// A V = U B and Aᵀ U = V Bᵀ + β v eᵀ with B upper bidiagonal; nil if half the order was not enough.
  @specialized(where Scalar == Double) @specialized(where Scalar == Float)
  private static func lanczos(
    _ a: Matrix<Scalar>, start: Vector<Scalar>?
  ) throws(LinearAlgebraError) -> TopSingularTriplet? {
    let (scaled, exponent) = a.scaledToUnitMagnitude(harmless: 16)
    guard scaled.maximumMagnitude > 0 else { return nil }
    let limit = Swift.min(a.rows, a.columns) / 2
    // Every start carries a share of a fixed pseudo-random direction, so that a triplet that was the
    // largest and no longer is (two singular values crossed) cannot hide its successor.
    let generic = pseudoRandomDirection(a.columns)
    var v = OrthonormalBasis<Scalar>(dimension: a.columns)
    var u = OrthonormalBasis<Scalar>(dimension: a.rows)
    v.append(start.map { ($0 + Scalar(0.05) * generic).normalized } ?? generic)
    var alpha: [Scalar] = []
    var beta: [Scalar] = []
    let tolerance = 4 * Scalar.ulpOfOne
    var nextCheck = 8

    while u.count < limit {
      let left = u.orthogonalized(scaled * v.last)
      let alphaNext = left.norm
      guard alphaNext > 0 else { return nil }
      u.append(left / alphaNext)
      alpha.append(alphaNext)
      let right = v.orthogonalized(scaled.transposedTimes(u.last))
      let betaNext = right.norm
      let scale = alpha.reduce(0) { Swift.max($0, $1) }
      // An invariant subspace was found before its time: full decomposition decides.
      guard betaNext > tolerance * scale else { return nil }
      if u.count == nextCheck {
        let order = u.count
        let bidiagonal = Matrix<Scalar>(rows: order, columns: order) { i, j in
          i == j ? alpha[i] : j == i + 1 ? beta[i] : 0
        }
        let svd = try SingularValueDecomposition(bidiagonal)
        let last = order - 1
        let (r1, r2) = (betaNext * abs(svd.u[last, 0]), betaNext * abs(svd.u[last, 1]))
        // σ_2 only measures the gap: its error is quadratic in its residual.
        if r1 <= tolerance * svd.values[0], r2 <= tolerance.squareRoot() * svd.values[0] {
          return assembled(scaled, exponent, svd, u, v)
        }
        nextCheck += Swift.max(4, nextCheck / 4)
      }
      beta.append(betaNext)
      v.append(right / betaNext)
    }
    return nil
  }

  @specialized(where Scalar == Double) @specialized(where Scalar == Float)
  private static func assembled(
    _ scaled: Matrix<Scalar>, _ exponent: Int, _ svd: SingularValueDecomposition<Scalar>,
    _ left: OrthonormalBasis<Scalar>, _ right: OrthonormalBasis<Scalar>
  ) -> TopSingularTriplet? {
    let u = left.combination(svd.u.column(0)).normalized
    let v = right.combination(svd.v(0)).normalized
    let sigma = svd.values[0]
    let residual = measuredResidual(scaled, sigma, u, v)
    guard residual <= 64 * Scalar.ulpOfOne * Scalar(svd.values.count).squareRoot() else { return nil }
    return TopSingularTriplet(
      sigma.scaled(byExponent: exponent), u, v, sigma2: svd.values[1].scaled(byExponent: exponent), residual: residual)
  }

  /// The same generic unit vector on every machine (a Weyl sequence folded to [−1, 1)).
  static func pseudoRandomDirection(_ count: Int, number: UInt64 = 0) -> Vector<Scalar> {
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15 &+ number << 32
    let entries = (0..<count).map { _ -> Scalar in
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return Scalar(Int32(truncatingIfNeeded: z >> 32)) / Scalar(Int32.max)
    }
    return Vector(entries).normalized
  }
}
