// Cholesky, QR, symmetric eigenvalues and singular values: LAPACK behind checked values.

/// A = L Lᵀ for a symmetric positive definite A; only the lower triangle of A is read.
public struct Cholesky<Scalar: BLASScalar>: Sendable {
  /// L, lower triangular with a positive diagonal; shape [n, n].
  public let lower: Matrix<Scalar>

  /// - Throws: ``LinearAlgebraError/notPositiveDefinite(leadingMinor:)``, or an error on shape or NaN.
  @specialized(where Scalar == Double) @specialized(where Scalar == Float)
  public init(_ a: Matrix<Scalar>) throws(LinearAlgebraError) {
    guard a.isSquare else {
      throw .shapeMismatch(operation: "Cholesky", found: a.shape, expected: "a square matrix")
    }
    try a.requireFinite("Cholesky")
    var l = a
    let n = a.rows
    let info = l.elements.withUnsafeMutableBufferPointer { Scalar.potrf(n, $0.baseAddress!) }
    if info > 0 { throw .notPositiveDefinite(leadingMinor: info) }
    if info < 0 { throw .illegalArgument(routine: "potrf", position: -info) }
    for j in 0..<n { for i in 0..<j { l[i, j] = 0 } }
    lower = l
  }

  /// L⁻¹B, or L⁻ᵀB for `.transposed`, by one triangular solve with all columns of B.
  @specialized(where Scalar == Double) @specialized(where Scalar == Float)
  public func solveLower(_ op: Operand = .asIs, _ b: Matrix<Scalar>) -> Matrix<Scalar> {
    precondition(b.rows == lower.rows, "solve: right-hand side \(b.shape) does not fit order \(lower.rows)")
    var x = b
    guard b.count > 0 else { return x }
    lower.elements.withUnsafeBufferPointer { l in
      x.elements.withUnsafeMutableBufferPointer { x in
        guard let l = l.baseAddress, let x = x.baseAddress else { return }
        Scalar.trsm(op == .transposed, b.rows, b.columns, l, lower.rows, x, b.rows)
      }
    }
    return x
  }

  /// A⁻¹B.
  public func solve(_ b: Matrix<Scalar>) -> Matrix<Scalar> { solveLower(.transposed, solveLower(.asIs, b)) }

  /// A⁻¹b.
  public func solve(_ b: Vector<Scalar>) -> Vector<Scalar> {
    solve(b.unvec(rows: b.count, columns: 1)).vec
  }
}

/// A = Q R with orthonormal columns in Q; thin form, k = min(m, n).
public struct QRDecomposition<Scalar: BLASScalar>: Sendable {
  /// Shape [m, k].
  public let q: Matrix<Scalar>
  /// Shape [k, n], upper triangular.
  public let r: Matrix<Scalar>

  public init(_ a: Matrix<Scalar>) throws(LinearAlgebraError) {
    try a.requireFinite("QR")
    let (m, n) = (a.rows, a.columns)
    let k = min(m, n)
    var packed = a
    var tau = [Scalar](repeating: 0, count: k)
    let info = packed.elements.withUnsafeMutableBufferPointer { a in
      tau.withUnsafeMutableBufferPointer { Scalar.geqrf(m, n, a.baseAddress!, $0.baseAddress!) }
    }
    if info != 0 { throw .illegalArgument(routine: "geqrf", position: -info) }
    // A column's norm may exceed every entry.
    guard packed.maximumMagnitude.isFinite else { throw .overflow(operation: "QR") }
    r = Matrix(rows: k, columns: n) { $0 <= $1 ? packed[$0, $1] : 0 }
    var q = packed.columns(0..<k)
    let status = q.elements.withUnsafeMutableBufferPointer { q in
      tau.withUnsafeBufferPointer { Scalar.orgqr(m, k, q.baseAddress!, $0.baseAddress!) }
    }
    if status != 0 { throw .illegalArgument(routine: "orgqr", position: -status) }
    self.q = q
  }
}

/// A = X diag(w) Xᵀ for a symmetric A; only the lower triangle of A is read.
public struct SymmetricEigen<Scalar: BLASScalar>: Sendable {
  /// Ascending; length n.
  public let values: Vector<Scalar>
  /// Orthonormal columns in the order of ``values``; shape [n, n].
  public let vectors: Matrix<Scalar>

  public init(_ a: Matrix<Scalar>) throws(LinearAlgebraError) {
    guard a.isSquare else {
      throw .shapeMismatch(operation: "symmetric eigenvalues", found: a.shape, expected: "a square matrix")
    }
    try a.requireFinite("symmetric eigenvalues")
    var x = a
    var w = [Scalar](repeating: 0, count: a.rows)
    let info = x.elements.withUnsafeMutableBufferPointer { x in
      w.withUnsafeMutableBufferPointer { Scalar.syevd(a.rows, x.baseAddress!, $0.baseAddress!) }
    }
    if info > 0 {
      throw .notConverged(routine: "syevd", detail: "\(info) off-diagonal elements stayed; entries may be badly scaled")
    }
    if info < 0 { throw .illegalArgument(routine: "syevd", position: -info) }
    guard w.allSatisfy(\.isFinite) else { throw .overflow(operation: "symmetric eigenvalues") }
    values = Vector(w)
    vectors = x
  }
}

/// A = U diag(σ) Vᵀ, by LAPACK's divide and conquer.
public struct SingularValueDecomposition<Scalar: BLASScalar>: Sendable {
  /// How many singular vectors to compute.
  public enum Form: Sendable {
    /// U is [m, m] and V is [n, n].
    case full
    /// U is [m, k] and V is [n, k], k = min(m, n).
    case thin
  }

  /// σ_1 ≥ σ_2 ≥ … ≥ 0; length min(m, n).
  public let values: Vector<Scalar>
  /// Left singular vectors, as columns.
  public let u: Matrix<Scalar>
  /// Right singular vectors, transposed: row i is v_i.
  public let vTransposed: Matrix<Scalar>

  /// The i-th right singular vector.
  public func v(_ i: Int) -> Vector<Scalar> { vTransposed.row(i) }

  /// The i-th singular value, zero beyond min(m, n): the convention σ_i := 0 of the derivative formulas.
  public func sigma(_ i: Int) -> Scalar { i < values.count ? values[i] : 0 }

  @specialized(where Scalar == Double) @specialized(where Scalar == Float)
  public init(_ a: Matrix<Scalar>, _ form: Form = .thin) throws(LinearAlgebraError) {
    try a.requireFinite("singular values")
    // LAPACK scales internally, but not with the whole exponent range: a power of two costs no accuracy.
    let (scaled, exponent) = a.scaledToUnitMagnitude()
    var work = scaled
    let (m, n) = (a.rows, a.columns)
    let k = min(m, n)
    let (uColumns, vRows) = form == .full ? (m, n) : (k, k)
    var s = [Scalar](repeating: 0, count: k)
    var u = Matrix<Scalar>.zeros(m, uColumns)
    var vt = Matrix<Scalar>.zeros(vRows, n)
    let info = work.elements.withUnsafeMutableBufferPointer { a in
      s.withUnsafeMutableBufferPointer { s in
        u.elements.withUnsafeMutableBufferPointer { u in
          vt.elements.withUnsafeMutableBufferPointer { vt in
            Scalar.gesdd(
              form == .full ? 65 : 83, m, n, a.baseAddress!, s.baseAddress!, u.baseAddress!, m, vt.baseAddress!, vRows)
          }
        }
      }
    }
    if info > 0 {
      throw .notConverged(routine: "gesdd", detail: "\(info) superdiagonals stayed; entries may be badly scaled")
    }
    if info < 0 { throw .illegalArgument(routine: "gesdd", position: -info) }
    let values = s.map { $0.scaled(byExponent: exponent) }
    guard values[0].isFinite else { throw .overflow(operation: "singular values") }
    self.values = Vector(values)
    self.u = u
    vTransposed = vt
  }
}

extension Matrix {
  /// The matrix divided by a power of two so that its largest entry lies in [1, 2), and that power's exponent.
  ///
  /// Exact unless entries are so much smaller than the largest that they underflow, where they could not count.
  ///
  /// - Parameter harmless: exponents up to this size are left alone: squares and sums of such entries stay in range.
  @specialized(where Scalar == Double) @specialized(where Scalar == Float)
  public func scaledToUnitMagnitude(harmless: Int = 0) -> (matrix: Matrix, exponent: Int) {
    let largest = maximumMagnitude
    guard largest > 0, largest.isFinite else { return (self, 0) }
    let exponent = Int(largest.exponent)
    guard abs(exponent) > harmless else { return (self, 0) }
    return (map { $0.scaled(byExponent: -exponent) }, exponent)
  }
}

extension BLASScalar {
  /// self · 2^exponent, by exact scaling in two halves so that neither factor overflows.
  @inlinable
  public func scaled(byExponent exponent: Int) -> Self {
    let half = exponent / 2
    return self * Self(sign: .plus, exponent: Exponent(half), significand: 1)
      * Self(sign: .plus, exponent: Exponent(exponent - half), significand: 1)
  }
}
