// The leading singular triplet through a Gram matrix that is there anyway: half the order, and it stays in the cache.

/// σ_1 and its vector on the shorter side, by Lanczos iteration on a Gram matrix.
///
/// - Accuracy: forming a Gram matrix costs σ_1 nothing but round-off, since the gap of the squares is the larger one;
///   small singular values would be lost, and are not asked for. Callers measure the residual on the matrix itself.
enum LeadingGramEigenpair<Scalar: BLASScalar> {
  struct Found {
    /// The unit eigenvector.
    var vector: Vector<Scalar>
    /// The two largest eigenvalues of the Gram matrix.
    var (first, second): (Scalar, Scalar)
  }

  /// - Parameters:
  ///   - gram: lower triangle; shape [order, order], column-major.
  ///   - residual: ‖Gx − λx‖ ≤ this · λ.
  /// - Returns: nil if half the order did not suffice, or if another direction has as large an eigenvalue.
  @specialized(where Scalar == Double) @specialized(where Scalar == Float)
  static func find(_ gram: UnsafePointer<Scalar>, order: Int, residual: Scalar) -> Found? {
    let limit = order / 2
    guard limit >= 8 else { return nil }
    return withUnsafeTemporaryAllocation(of: Scalar.self, capacity: order * (limit + 1) + 8 * (limit + 1)) { memory in
      memory.initialize(repeating: 0)
      let basis = memory.baseAddress!
      let scalars = basis + order * (limit + 1)
      let parts = (0..<8).map { scalars + $0 * (limit + 1) }
      return iterate(gram, order, limit, residual, basis, parts)
    }
  }

  @specialized(where Scalar == Double) @specialized(where Scalar == Float)
  private static func iterate(
    _ gram: UnsafePointer<Scalar>, _ order: Int, _ limit: Int, _ bound: Scalar, _ basis: UnsafeMutablePointer<Scalar>,
    _ parts: [UnsafeMutablePointer<Scalar>]
  ) -> Found? {
    let (alpha, beta, h) = (parts[0], parts[1], parts[2])
    // Two vectors lie in the last two parts.
    let (d, e, w, z) = (parts[3], parts[4], parts[5], parts[6])
    let start = TopSingularTriplet<Scalar>.pseudoRandomDirection(order)
    for i in 0..<order { basis[i] = start[i] }
    var nextCheck = 24
    for j in 0..<limit {
      let (q, next) = (basis + j * order, basis + (j + 1) * order)
      Scalar.symv(order, gram, order, q, next)
      // Orthogonal to all former vectors, the last one's coefficient being the diagonal's; a second time against the
      // cancellation of the first.
      Scalar.gemv(true, order, j + 1, 1, basis, order, next, 0, h)
      alpha[j] = h[j]
      Scalar.gemv(false, order, j + 1, -1, basis, order, h, 1, next)
      Scalar.gemv(true, order, j + 1, 1, basis, order, next, 0, h)
      Scalar.gemv(false, order, j + 1, -1, basis, order, h, 1, next)
      beta[j] = Scalar.nrm2(UnsafeBufferPointer(start: next, count: order))
      guard beta[j].isFinite, beta[j] > 0 else { return nil }
      let scale = 1 / beta[j]
      for i in 0..<order { next[i] *= scale }
      guard j + 1 == nextCheck || j + 1 == limit else { continue }
      nextCheck += 8
      let size = j + 1
      d.update(from: alpha, count: size)
      e.update(from: beta, count: size)
      guard Scalar.stevx(size, 2, d, e, w, z) == 0, w[1] > 0 else { return nil }
      let leading = z + size
      guard beta[j] * abs(leading[j]) <= bound * w[1] else { continue }
      var x = Vector<Scalar>.zeros(order)
      x.elements.withUnsafeMutableBufferPointer {
        Scalar.gemv(false, order, size, 1, basis, order, leading, 0, $0.baseAddress!)
      }
      let found = Found(vector: x.normalized, first: w[1], second: w[0])
      return overlooksAnother(gram, order, found) ? nil : found
    }
    return nil
  }

  /// Whether a few power steps beside the eigenvector find an eigenvalue above the second: an iteration from one vector
  /// meets a multiple one once.
  @specialized(where Scalar == Double) @specialized(where Scalar == Float)
  private static func overlooksAnother(_ gram: UnsafePointer<Scalar>, _ order: Int, _ found: Found) -> Bool {
    var x = TopSingularTriplet<Scalar>.pseudoRandomDirection(order, number: 1)
    var image = Vector<Scalar>.zeros(order)
    var length: Scalar = 0
    for _ in 0..<6 {
      x = (x - x.dot(found.vector) * found.vector).normalized
      x.elements.withUnsafeBufferPointer { x in
        image.elements.withUnsafeMutableBufferPointer {
          Scalar.symv(order, gram, order, x.baseAddress!, $0.baseAddress!)
        }
      }
      length = image.norm
      x = image
    }
    return length > found.second * (1 + 2 * Scalar.ulpOfOne.squareRoot())
  }
}
