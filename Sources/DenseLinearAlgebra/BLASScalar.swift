// The two element types of BLAS and LAPACK, and the only place where their C names appear.

internal import CDenseKernels
internal import CLAPACKE
internal import COpenBLAS
private import Synchronization

/// `Float` or `Double`: the element types that BLAS and LAPACK know.
///
/// The static requirements mirror the C routines on column-major storage; call them through ``Matrix``,
/// ``Vector`` and the factorisations, which check shapes and finiteness first.
public protocol BLASScalar: BinaryFloatingPoint, Sendable {
  static func dot(_ x: UnsafeBufferPointer<Self>, _ y: UnsafeBufferPointer<Self>) -> Self
  static func nrm2(_ x: UnsafeBufferPointer<Self>) -> Self
  static func gemm(
    _ transposeA: Bool, _ transposeB: Bool, _ m: Int, _ n: Int, _ k: Int, _ alpha: Self,
    _ a: UnsafePointer<Self>, _ lda: Int, _ b: UnsafePointer<Self>, _ ldb: Int, _ beta: Self,
    _ c: UnsafeMutablePointer<Self>, _ ldc: Int)
  static func gemv(
    _ transposeA: Bool, _ m: Int, _ n: Int, _ alpha: Self, _ a: UnsafePointer<Self>, _ lda: Int,
    _ x: UnsafePointer<Self>, _ beta: Self, _ y: UnsafeMutablePointer<Self>)
  /// y ← A x for a symmetric A given by its lower triangle.
  static func symv(
    _ n: Int, _ a: UnsafePointer<Self>, _ lda: Int, _ x: UnsafePointer<Self>, _ y: UnsafeMutablePointer<Self>)
  /// Lower triangle of α A Aᵀ + β C, or of α Aᵀ A + β C when `transposeA`.
  static func syrk(
    _ transposeA: Bool, _ n: Int, _ k: Int, _ alpha: Self, _ a: UnsafePointer<Self>, _ lda: Int, _ beta: Self,
    _ c: UnsafeMutablePointer<Self>, _ ldc: Int)
  /// B ← op(L)⁻¹ B for a lower triangular L.
  static func trsm(
    _ transposeL: Bool, _ m: Int, _ n: Int, _ l: UnsafePointer<Self>, _ ldl: Int, _ b: UnsafeMutablePointer<Self>,
    _ ldb: Int)
  static func potrf(_ n: Int, _ a: UnsafeMutablePointer<Self>) -> Int
  static func geqrf(_ m: Int, _ n: Int, _ a: UnsafeMutablePointer<Self>, _ tau: UnsafeMutablePointer<Self>) -> Int
  static func orgqr(_ m: Int, _ k: Int, _ a: UnsafeMutablePointer<Self>, _ tau: UnsafePointer<Self>) -> Int
  static func syevd(_ n: Int, _ a: UnsafeMutablePointer<Self>, _ w: UnsafeMutablePointer<Self>) -> Int
  /// Eigenvalues in ascending order, and vectors in place of A, without allocation: for small orders called often.
  static func syev(
    _ n: Int, _ a: UnsafeMutablePointer<Self>, _ w: UnsafeMutablePointer<Self>, _ work: UnsafeMutablePointer<Self>,
    _ workCount: Int
  ) -> Int
  /// W ← α Aᵀ U and Y ← α A W for p vectors, in one sweep over A; shapes [m, n], [m, p], [n, p], [m, p], packed.
  static func gramProduct(
    _ m: Int, _ n: Int, _ p: Int, _ alpha: Self, _ a: UnsafePointer<Self>, _ u: UnsafePointer<Self>,
    _ w: UnsafeMutablePointer<Self>, _ y: UnsafeMutablePointer<Self>)
  /// The `count` largest eigenvalues of a tridiagonal matrix in ascending order, with vectors in packed columns of `z`;
  /// `d` and `e` are overwritten. Returns LAPACK's info.
  static func stevx(
    _ n: Int, _ count: Int, _ d: UnsafeMutablePointer<Self>, _ e: UnsafeMutablePointer<Self>,
    _ w: UnsafeMutablePointer<Self>, _ z: UnsafeMutablePointer<Self>
  ) -> Int
  static func gesdd(
    _ job: UInt8, _ m: Int, _ n: Int, _ a: UnsafeMutablePointer<Self>, _ s: UnsafeMutablePointer<Self>,
    _ u: UnsafeMutablePointer<Self>?, _ ldu: Int, _ vt: UnsafeMutablePointer<Self>?, _ ldvt: Int
  ) -> Int
}

private func order(_ transpose: Bool) -> CBLAS_TRANSPOSE { transpose ? CblasTrans : CblasNoTrans }
private func blas(_ n: Int) -> Int32 { Int32(n) }

extension Double: BLASScalar {
  public static func dot(_ x: UnsafeBufferPointer<Double>, _ y: UnsafeBufferPointer<Double>) -> Double {
    cblas_ddot(blas(x.count), x.baseAddress, 1, y.baseAddress, 1)
  }

  public static func nrm2(_ x: UnsafeBufferPointer<Double>) -> Double {
    cblas_dnrm2(blas(x.count), x.baseAddress, 1)
  }

  public static func gemm(
    _ transposeA: Bool, _ transposeB: Bool, _ m: Int, _ n: Int, _ k: Int, _ alpha: Double,
    _ a: UnsafePointer<Double>, _ lda: Int, _ b: UnsafePointer<Double>, _ ldb: Int, _ beta: Double,
    _ c: UnsafeMutablePointer<Double>, _ ldc: Int
  ) {
    cblas_dgemm(
      CblasColMajor, order(transposeA), order(transposeB), blas(m), blas(n), blas(k), alpha, a, blas(lda), b,
      blas(ldb), beta, c, blas(ldc))
  }

  public static func gemv(
    _ transposeA: Bool, _ m: Int, _ n: Int, _ alpha: Double, _ a: UnsafePointer<Double>, _ lda: Int,
    _ x: UnsafePointer<Double>, _ beta: Double, _ y: UnsafeMutablePointer<Double>
  ) {
    cblas_dgemv(CblasColMajor, order(transposeA), blas(m), blas(n), alpha, a, blas(lda), x, 1, beta, y, 1)
  }

  public static func symv(
    _ n: Int, _ a: UnsafePointer<Double>, _ lda: Int, _ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>
  ) {
    cblas_dsymv(CblasColMajor, CblasLower, blas(n), 1, a, blas(lda), x, 1, 0, y, 1)
  }

  public static func syrk(
    _ transposeA: Bool, _ n: Int, _ k: Int, _ alpha: Double, _ a: UnsafePointer<Double>, _ lda: Int,
    _ beta: Double, _ c: UnsafeMutablePointer<Double>, _ ldc: Int
  ) {
    cblas_dsyrk(
      CblasColMajor, CblasLower, order(transposeA), blas(n), blas(k), alpha, a, blas(lda), beta, c, blas(ldc))
  }

  public static func trsm(
    _ transposeL: Bool, _ m: Int, _ n: Int, _ l: UnsafePointer<Double>, _ ldl: Int,
    _ b: UnsafeMutablePointer<Double>, _ ldb: Int
  ) {
    cblas_dtrsm(
      CblasColMajor, CblasLeft, CblasLower, order(transposeL), CblasNonUnit, blas(m), blas(n), 1, l, blas(ldl), b,
      blas(ldb))
  }

  public static func potrf(_ n: Int, _ a: UnsafeMutablePointer<Double>) -> Int {
    // Without LAPACKE's own search for NaN: one leaves a pivot that is not positive.
    Int(LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 76, blas(n), a, blas(n)))
  }

  public static func geqrf(
    _ m: Int, _ n: Int, _ a: UnsafeMutablePointer<Double>, _ tau: UnsafeMutablePointer<Double>
  ) -> Int {
    Int(LAPACKE_dgeqrf(LAPACK_COL_MAJOR, blas(m), blas(n), a, blas(m), tau))
  }

  public static func orgqr(
    _ m: Int, _ k: Int, _ a: UnsafeMutablePointer<Double>, _ tau: UnsafePointer<Double>
  ) -> Int {
    Int(LAPACKE_dorgqr(LAPACK_COL_MAJOR, blas(m), blas(k), blas(k), a, blas(m), tau))
  }

  public static func syevd(
    _ n: Int, _ a: UnsafeMutablePointer<Double>, _ w: UnsafeMutablePointer<Double>
  ) -> Int {
    Int(LAPACKE_dsyevd(LAPACK_COL_MAJOR, 86, 76, blas(n), a, blas(n), w))
  }

  public static func syev(
    _ n: Int, _ a: UnsafeMutablePointer<Double>, _ w: UnsafeMutablePointer<Double>,
    _ work: UnsafeMutablePointer<Double>, _ workCount: Int
  ) -> Int {
    Int(LAPACKE_dsyev_work(LAPACK_COL_MAJOR, 86, 76, blas(n), a, blas(n), w, work, blas(workCount)))
  }

  public static func gramProduct(
    _ m: Int, _ n: Int, _ p: Int, _ alpha: Double, _ a: UnsafePointer<Double>, _ u: UnsafePointer<Double>,
    _ w: UnsafeMutablePointer<Double>, _ y: UnsafeMutablePointer<Double>
  ) {
    cdk_gram_product_f64(m, n, p, alpha, a, u, w, y)
  }

  public static func stevx(
    _ n: Int, _ count: Int, _ d: UnsafeMutablePointer<Double>, _ e: UnsafeMutablePointer<Double>,
    _ w: UnsafeMutablePointer<Double>, _ z: UnsafeMutablePointer<Double>
  ) -> Int {
    // The tolerance at which bisection is most accurate.
    let tolerance = 2 * Double.leastNormalMagnitude
    var found: Int32 = 0
    // LAPACK writes all n eigenvalues' room, and the places of vectors that failed.
    return withUnsafeTemporaryAllocation(of: Double.self, capacity: n) { values in
      withUnsafeTemporaryAllocation(of: Int32.self, capacity: n) { failed in
        let info = LAPACKE_dstevx(
          LAPACK_COL_MAJOR, 86, 73, blas(n), d, e, 0, 0, blas(n - count + 1), blas(n), tolerance, &found,
          values.baseAddress, z, blas(n), failed.baseAddress)
        for k in 0..<Int(found) { w[k] = values[k] }
        return info != 0 ? Int(info) : Int(found) - count
      }
    }
  }

  public static func gesdd(
    _ job: UInt8, _ m: Int, _ n: Int, _ a: UnsafeMutablePointer<Double>, _ s: UnsafeMutablePointer<Double>,
    _ u: UnsafeMutablePointer<Double>?, _ ldu: Int, _ vt: UnsafeMutablePointer<Double>?, _ ldvt: Int
  ) -> Int {
    Int(
      LAPACKE_dgesdd(
        LAPACK_COL_MAJOR, CChar(job), blas(m), blas(n), a, blas(m), s, u, blas(ldu), vt, blas(ldvt)))
  }
}

extension Float: BLASScalar {
  public static func dot(_ x: UnsafeBufferPointer<Float>, _ y: UnsafeBufferPointer<Float>) -> Float {
    cblas_sdot(blas(x.count), x.baseAddress, 1, y.baseAddress, 1)
  }

  public static func nrm2(_ x: UnsafeBufferPointer<Float>) -> Float {
    cblas_snrm2(blas(x.count), x.baseAddress, 1)
  }

  public static func gemm(
    _ transposeA: Bool, _ transposeB: Bool, _ m: Int, _ n: Int, _ k: Int, _ alpha: Float,
    _ a: UnsafePointer<Float>, _ lda: Int, _ b: UnsafePointer<Float>, _ ldb: Int, _ beta: Float,
    _ c: UnsafeMutablePointer<Float>, _ ldc: Int
  ) {
    cblas_sgemm(
      CblasColMajor, order(transposeA), order(transposeB), blas(m), blas(n), blas(k), alpha, a, blas(lda), b,
      blas(ldb), beta, c, blas(ldc))
  }

  public static func gemv(
    _ transposeA: Bool, _ m: Int, _ n: Int, _ alpha: Float, _ a: UnsafePointer<Float>, _ lda: Int,
    _ x: UnsafePointer<Float>, _ beta: Float, _ y: UnsafeMutablePointer<Float>
  ) {
    cblas_sgemv(CblasColMajor, order(transposeA), blas(m), blas(n), alpha, a, blas(lda), x, 1, beta, y, 1)
  }

  public static func symv(
    _ n: Int, _ a: UnsafePointer<Float>, _ lda: Int, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>
  ) {
    cblas_ssymv(CblasColMajor, CblasLower, blas(n), 1, a, blas(lda), x, 1, 0, y, 1)
  }

  public static func syrk(
    _ transposeA: Bool, _ n: Int, _ k: Int, _ alpha: Float, _ a: UnsafePointer<Float>, _ lda: Int,
    _ beta: Float, _ c: UnsafeMutablePointer<Float>, _ ldc: Int
  ) {
    cblas_ssyrk(
      CblasColMajor, CblasLower, order(transposeA), blas(n), blas(k), alpha, a, blas(lda), beta, c, blas(ldc))
  }

  public static func trsm(
    _ transposeL: Bool, _ m: Int, _ n: Int, _ l: UnsafePointer<Float>, _ ldl: Int,
    _ b: UnsafeMutablePointer<Float>, _ ldb: Int
  ) {
    cblas_strsm(
      CblasColMajor, CblasLeft, CblasLower, order(transposeL), CblasNonUnit, blas(m), blas(n), 1, l, blas(ldl), b,
      blas(ldb))
  }

  public static func potrf(_ n: Int, _ a: UnsafeMutablePointer<Float>) -> Int {
    // Without LAPACKE's own search for NaN: one leaves a pivot that is not positive.
    Int(LAPACKE_spotrf_work(LAPACK_COL_MAJOR, 76, blas(n), a, blas(n)))
  }

  public static func geqrf(
    _ m: Int, _ n: Int, _ a: UnsafeMutablePointer<Float>, _ tau: UnsafeMutablePointer<Float>
  ) -> Int {
    Int(LAPACKE_sgeqrf(LAPACK_COL_MAJOR, blas(m), blas(n), a, blas(m), tau))
  }

  public static func orgqr(
    _ m: Int, _ k: Int, _ a: UnsafeMutablePointer<Float>, _ tau: UnsafePointer<Float>
  ) -> Int {
    Int(LAPACKE_sorgqr(LAPACK_COL_MAJOR, blas(m), blas(k), blas(k), a, blas(m), tau))
  }

  public static func syevd(
    _ n: Int, _ a: UnsafeMutablePointer<Float>, _ w: UnsafeMutablePointer<Float>
  ) -> Int {
    Int(LAPACKE_ssyevd(LAPACK_COL_MAJOR, 86, 76, blas(n), a, blas(n), w))
  }

  public static func syev(
    _ n: Int, _ a: UnsafeMutablePointer<Float>, _ w: UnsafeMutablePointer<Float>,
    _ work: UnsafeMutablePointer<Float>, _ workCount: Int
  ) -> Int {
    Int(LAPACKE_ssyev_work(LAPACK_COL_MAJOR, 86, 76, blas(n), a, blas(n), w, work, blas(workCount)))
  }

  public static func gramProduct(
    _ m: Int, _ n: Int, _ p: Int, _ alpha: Float, _ a: UnsafePointer<Float>, _ u: UnsafePointer<Float>,
    _ w: UnsafeMutablePointer<Float>, _ y: UnsafeMutablePointer<Float>
  ) {
    cdk_gram_product_f32(m, n, p, alpha, a, u, w, y)
  }

  public static func stevx(
    _ n: Int, _ count: Int, _ d: UnsafeMutablePointer<Float>, _ e: UnsafeMutablePointer<Float>,
    _ w: UnsafeMutablePointer<Float>, _ z: UnsafeMutablePointer<Float>
  ) -> Int {
    // The tolerance at which bisection is most accurate.
    let tolerance = 2 * Float.leastNormalMagnitude
    var found: Int32 = 0
    // LAPACK writes all n eigenvalues' room, and the places of vectors that failed.
    return withUnsafeTemporaryAllocation(of: Float.self, capacity: n) { values in
      withUnsafeTemporaryAllocation(of: Int32.self, capacity: n) { failed in
        let info = LAPACKE_sstevx(
          LAPACK_COL_MAJOR, 86, 73, blas(n), d, e, 0, 0, blas(n - count + 1), blas(n), tolerance, &found,
          values.baseAddress, z, blas(n), failed.baseAddress)
        for k in 0..<Int(found) { w[k] = values[k] }
        return info != 0 ? Int(info) : Int(found) - count
      }
    }
  }

  public static func gesdd(
    _ job: UInt8, _ m: Int, _ n: Int, _ a: UnsafeMutablePointer<Float>, _ s: UnsafeMutablePointer<Float>,
    _ u: UnsafeMutablePointer<Float>?, _ ldu: Int, _ vt: UnsafeMutablePointer<Float>?, _ ldvt: Int
  ) -> Int {
    Int(
      LAPACKE_sgesdd(
        LAPACK_COL_MAJOR, CChar(job), blas(m), blas(n), a, blas(m), s, u, blas(ldu), vt, blas(ldvt)))
  }
}

/// Limits OpenBLAS to a number of threads, for programs that run several factorisations in parallel themselves.
public enum BLASThreads {
  private static let nesting = Mutex((depth: 0, before: 1))

  /// Runs `body` on one BLAS thread: several would only compete with the caller's own, and the bits of a product depend on
  /// how many there are. Calls may be nested and concurrent; the last to end restores what was before the first.
  public static func withOne<Result>(_ body: () throws -> Result) rethrows -> Result {
    nesting.withLock {
      if $0.depth == 0 {
        $0.before = current
        limit(to: 1)
      }
      $0.depth += 1
    }
    defer {
      nesting.withLock {
        $0.depth -= 1
        if $0.depth == 0 { limit(to: $0.before) }
      }
    }
    return try body()
  }

  public static func limit(to count: Int) { openblas_set_num_threads(blas(max(1, count))) }
  public static var current: Int { Int(openblas_get_num_threads()) }
  /// OpenBLAS' own description of its build: version, threading and kernels.
  public static var libraryDescription: String { String(cString: openblas_get_config()) }
}
