// Factorisations are judged by their defining identities, never by another factorisation's output alone.

import DenseLinearAlgebra
import Testing

/// A reproducible dense matrix with entries in [−1, 1], independent of the random-number room.
func sample<S: BLASScalar>(_ rows: Int, _ columns: Int, seed: UInt64 = 1, of: S.Type = S.self) -> Matrix<S> {
  var state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1
  return Matrix(rows: rows, columns: columns) { _, _ in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return S(Int32(truncatingIfNeeded: state >> 33)) / S(Int32.max)
  }
}

/// ‖A − B‖_F relative to ‖A‖_F in units of round-off times the order.
func roundOffs<S: BLASScalar>(_ a: Matrix<S>, _ b: Matrix<S>) -> S {
  (a - b).frobeniusNorm / (S.ulpOfOne * S(max(a.rows, a.columns)) * max(a.frobeniusNorm, S.leastNormalMagnitude))
}

let shapes = [(1, 1), (1, 7), (7, 1), (6, 10), (10, 6), (40, 40), (33, 65)]

@Suite("Factorisations")
struct FactorisationTests {
  @Test("products agree with the definition, for every transposition", arguments: shapes)
  func products(_ m: Int, _ n: Int) {
    let k = 5
    func naive(_ a: Matrix<Double>, _ b: Matrix<Double>) -> Matrix<Double> {
      Matrix(rows: a.rows, columns: b.columns) { i, j in (0..<a.columns).reduce(0) { $0 + a[i, $1] * b[$1, j] } }
    }
    let (a, b) = (sample(m, k, of: Double.self), sample(k, n, seed: 2, of: Double.self))
    let expected = naive(a, b)
    #expect(roundOffs(expected, a * b) < 4)
    #expect(roundOffs(expected, .product(a.transposed, .transposed, b)) < 4)
    #expect(roundOffs(expected, .product(a, .asIs, b.transposed, .transposed)) < 4)
    #expect(roundOffs(expected, .product(a.transposed, .transposed, b.transposed, .transposed)) < 4)
    #expect(roundOffs(naive(a, a.transposed), a.gram()) < 4)
    #expect(roundOffs(naive(a.transposed, a), a.gram(.transposed)) < 4)
    let x = sample(k, 1, seed: 3, of: Double.self)
    #expect(roundOffs(naive(a, x), (a * x.vec).unvec(rows: m, columns: 1)) < 4)
    let y = sample(m, 1, seed: 4, of: Double.self)
    #expect(roundOffs(naive(a.transposed, y), a.transposedTimes(y.vec).unvec(rows: k, columns: 1)) < 4)
  }

  @Test("SVD reconstructs, with orthonormal factors, in both precisions and forms", arguments: shapes)
  func svd(_ m: Int, _ n: Int) throws {
    func check<S: BLASScalar>(_: S.Type) throws {
      let a = sample(m, n, of: S.self)
      for form in [SingularValueDecomposition<S>.Form.thin, .full] {
        let svd = try SingularValueDecomposition(a, form)
        let s = Matrix.diagonal(svd.values, rows: svd.u.columns, columns: svd.vTransposed.rows)
        #expect(roundOffs(a, svd.u * s * svd.vTransposed) < 8)
        #expect(roundOffs(.identity(svd.u.columns), svd.u.gram(.transposed)) < 8)
        #expect(roundOffs(.identity(svd.vTransposed.rows), svd.vTransposed.gram()) < 8)
        #expect(zip(svd.values.elements, svd.values.elements.dropFirst()).allSatisfy { $0 >= $1 })
      }
    }
    try check(Double.self)
    try check(Float.self)
  }

  @Test("QR, Cholesky and the symmetric eigenproblem satisfy their definitions", arguments: shapes)
  func others(_ m: Int, _ n: Int) throws {
    let a = sample(m, n, of: Double.self)
    let qr = try QRDecomposition(a)
    #expect(roundOffs(a, qr.q * qr.r) < 8)
    #expect(roundOffs(.identity(qr.q.columns), qr.q.gram(.transposed)) < 8)

    let spd = a.gram() + Matrix.identity(m)
    let cholesky = try Cholesky(spd)
    #expect(roundOffs(spd, cholesky.lower.gram()) < 8)
    let b = sample(m, 3, seed: 9, of: Double.self)
    #expect(roundOffs(b, spd * cholesky.solve(b)) < 100)

    let eigen = try SymmetricEigen(spd)
    #expect(roundOffs(spd, eigen.vectors * .diagonal(eigen.values) * eigen.vectors.transposed) < 8)
    let logDet = eigen.values.elements.reduce(1, *)
    if logDet.isFinite { #expect(abs(cholesky.lower.diagonal.elements.reduce(1, *) / logDet.squareRoot() - 1) < 1e-12) }
  }

  @Test(
    "the top triplet agrees with the full decomposition, cold and warm", arguments: [(60, 60), (64, 120), (200, 90)])
  func topTriplet(_ m: Int, _ n: Int) throws {
    let a = sample(m, n, of: Double.self)
    let svd = try SingularValueDecomposition(a)
    let cold = try TopSingularTriplet(a)
    for triplet in [
      cold, try TopSingularTriplet(a, near: cold), try TopSingularTriplet(a, near: .init(sample(m, n, seed: 5))),
    ] {
      #expect(abs(triplet.sigma / svd.values[0] - 1) < 1e-13)
      #expect(abs(triplet.sigma2 / svd.values[1] - 1) < 1e-12)
      #expect(abs(abs(triplet.v.dot(svd.v(0))) - 1) < 1e-12)
      #expect(triplet.u.dot(a * triplet.v) > 0)
      #expect(triplet.residual < 1e-13)
    }
  }

  @Test("a start on the former largest vector finds its successor after a crossing")
  func crossing() throws {
    let (m, n) = (80, 100)
    let (u, v) = (
      try QRDecomposition(sample(m, m, of: Double.self)).q,
      try QRDecomposition(sample(n, n, seed: 2, of: Double.self)).q
    )
    func matrix(_ s0: Double, _ s1: Double) -> Matrix<Double> {
      let tail: [Double] = (2..<m).map { 1 / Double($0) }
      let s = Vector<Double>([s0, s1] + tail)
      return u * .diagonal(s, rows: m, columns: n) * v.transposed
    }
    let before = try TopSingularTriplet(matrix(2, 1.9))
    let after = try TopSingularTriplet(matrix(1.9, 2), near: before)
    #expect(abs(after.sigma - 2) < 1e-12 && abs(after.sigma2 - 1.9) < 1e-10)
    #expect(abs(abs(after.u.dot(u.column(1))) - 1) < 1e-10)
  }

  @Test(
    "singular values keep their digits at the ends of the exponent range", arguments: [1e-300, 1e-150, 1e150, 1e300])
  func scales(_ scale: Double) throws {
    for (m, n) in [(6, 10), (60, 70)] {
      let a = sample(m, n, of: Double.self)
      let (plain, scaled) = (try TopSingularTriplet(a), try TopSingularTriplet(scale * a))
      #expect(abs(scaled.sigma / scale / plain.sigma - 1) < 1e-12)
      #expect(abs(scaled.sigma2 / scale / plain.sigma2 - 1) < 1e-10)
    }
  }

  @Test("vec, unvec and Kronecker follow the column-major identities")
  func vecIdentities() {
    let (a, x, b) = (
      sample(3, 4, of: Double.self), sample(4, 2, seed: 2, of: Double.self), sample(2, 5, seed: 3, of: Double.self)
    )
    // vec(A X B) = (Bᵀ ⊗ A) vec X
    let left = (a * x * b).vec
    let right = b.transposed.kronecker(a) * x.vec
    #expect((left - right).norm < 1e-14 * left.norm)
    #expect(x.vec.unvec(rows: 4, columns: 2) == x)
    #expect(x.vec[1 + 4 * 1] == x[1, 1])
    #expect(a.hadamard(a)[2, 3] == a[2, 3] * a[2, 3])
  }
}
