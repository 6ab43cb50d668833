// Matrices that break algorithms, judged by counting eigenvalues in ball arithmetic: right to round-off, or refused.

import DenseLinearAlgebra
import ExactArithmetic
import Foundation
import Testing

/// A symmetric matrix of the very doubles of another, in balls so narrow that signs of pivots are certain.
private struct Inertia {
  /// 1e300² beside 1e-300² still differ in 4000 bits.
  private static let precision = 6000
  private let entries: [[Ball]]

  static func ball(_ x: Double) -> Ball {
    // x = ± m 2^e with whole m, exactly.
    let m = Int(x.significand * 0x1p52)
    let e = x == 0 ? 0 : Int(x.exponent) - 52
    let two = Ball(Rational(2), precision: precision)
    return Ball(Rational(x == 0 ? 0 : x < 0 ? -m : m), precision: precision) * two.power(Rational(e))
  }

  init(symmetric a: Matrix<Double>) {
    entries = (0..<a.rows).map { i in (0..<a.rows).map { j in Self.ball(i >= j ? a[i, j] : a[j, i]) } }
  }

  /// Of AAᵀ or AᵀA, whichever is smaller.
  init(gramOf a: Matrix<Double>) {
    let short = a.rows <= a.columns ? a : a.transposed
    let rows = (0..<short.rows).map { i in (0..<short.columns).map { Self.ball(short[i, $0]) } }
    entries = rows.map { x in
      rows.map { y in zip(x, y).reduce(Ball(Rational(0), precision: Self.precision)) { $0 + $1.0 * $1.1 } }
    }
  }

  /// How many eigenvalues exceed t, by Sylvester's law; nil if a pivot's sign is not certain.
  func count(above t: Ball) -> Int? {
    var a = entries
    for i in a.indices { a[i][i] = a[i][i] - t }
    var count = 0
    for k in a.indices {
      guard let sign = a[k][k].sign, sign != 0 else { return nil }
      if sign > 0 { count += 1 }
      for i in a.indices where i > k {
        guard !a[i][k].isExactlyZero else { continue }
        let factor = a[i][k] / a[k][k]
        for j in k..<a.count { a[i][j] = a[i][j] - factor * a[k][j] }
      }
    }
    return count
  }
}

@Suite("Adversarial matrices")
struct AdversarialMatrixTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let name: String
    let matrix: Matrix<Double>
    var testDescription: String { name }
  }

  static let cases: [Case] = {
    func matrix(_ m: Int, _ n: Int, _ entry: (Int, Int) -> Double) -> Matrix<Double> {
      Matrix(rows: m, columns: n, entry)
    }
    let (s, c) = (0.285, (1 - 0.285 * 0.285).squareRoot())
    let kahan: (Int, Int) -> Double = { i, j in pow(s, Double(i)) * (i == j ? 1 : i < j ? -c : 0) }
    func graded(_ n: Int, _ base: Double) -> Matrix<Double> {
      matrix(n, n) { i, j in pow(base, Double(i)) * (1 + 0.5 * sin(Double(3 * i + 7 * j))) }
    }
    func rough(_ i: Int, _ j: Int) -> Double { sin(Double(5 * i + 3 * j + i * j)) }
    return [
      Case(name: "Hilbert 12", matrix: matrix(12, 12) { 1 / Double($0 + $1 + 1) }),
      Case(name: "Hilbert 52", matrix: matrix(52, 52) { 1 / Double($0 + $1 + 1) }),
      Case(name: "Kahan 20", matrix: matrix(20, 20, kahan)),
      Case(name: "Kahan 50", matrix: matrix(50, 50, kahan)),
      Case(name: "graded by 1e-8", matrix: graded(10, 1e-8)),
      Case(name: "graded by 1e30", matrix: graded(9, 1e30)),
      Case(name: "graded 50", matrix: graded(50, 0.1)),
      Case(name: "nearly crossing", matrix: .diagonal([1, 1 - 1e-13, 1 - 2e-13, 0.5])),
      Case(name: "crossing to the last bit", matrix: .diagonal([1, 1.0.nextDown, 1, 1.0.nextUp])),
      Case(name: "a cluster of 49 and one below", matrix: matrix(50, 50) { $0 == $1 ? 1 + 1e-12 * Double($0) : 0 }),
      Case(name: "subnormal", matrix: matrix(6, 6) { 0x1p-1074 * Double(1 + ($0 * 7 + $1 * 3) % 11) }),
      Case(name: "subnormal 50", matrix: matrix(50, 50) { 0x1p-1074 * Double(1 + ($0 * 7 + $1 * 3) % 11) }),
      Case(name: "1e300", matrix: matrix(7, 5) { 1e300 * rough($0, $1) }),
      Case(name: "1e300, 50 wide", matrix: matrix(50, 52) { 1e300 * rough($0, $1) }),
      Case(name: "1e-300", matrix: matrix(5, 7) { 1e-300 * rough($0, $1) }),
      Case(name: "1e-300, 50", matrix: matrix(50, 50) { 1e-300 * rough($0, $1) }),
      Case(name: "1e300 beside 1e-300", matrix: matrix(6, 6) { ($0 + $1) % 2 == 0 ? 1e300 : 1e-300 * rough($0, $1) }),
      Case(name: "rank one", matrix: matrix(8, 6) { Double($0 + 1) * Double(2 * $1 - 5) }),
      Case(name: "rank one 50", matrix: matrix(50, 60) { Double($0 + 1) * Double(2 * $1 - 5) }),
      Case(name: "zero", matrix: .zeros(4, 3)),
      Case(name: "zero 50", matrix: .zeros(50, 50)),
      Case(name: "1 × 1", matrix: matrix(1, 1) { _, _ in -0x1p-1028 }),
      Case(name: "1 × 9", matrix: matrix(1, 9) { 1e200 * rough($0, $1) }),
      Case(name: "9 × 1", matrix: matrix(9, 1) { 1e-200 * rough($0, $1) }),
      Case(name: "1 × 200", matrix: matrix(1, 200, rough)),
      Case(name: "51 × 49 of signs", matrix: matrix(51, 49) { ($0 * $1) % 3 == 0 ? -1 : 1 }),
    ]
  }()

  /// c n u σ₁, and the spacing of the smallest numbers, below which none can be right.
  private static func tolerance(_ a: Matrix<Double>, _ largest: Double) -> Ball {
    Inertia.ball(8 * Double(max(a.rows, a.columns)) * Double.ulpOfOne)
      * (Inertia.ball(largest) + Inertia.ball(Double.leastNormalMagnitude))
  }

  /// The i-th largest of the values whose squares the Gram matrix has, or of the eigenvalues themselves.
  private static func expect(
    _ value: Double, isNumber i: Int, of inertia: Inertia, within tolerance: Ball, squared: Bool, _ what: String
  ) {
    let centre = Inertia.ball(value)
    func square(_ x: Ball) -> Ball { squared ? x * x : x }
    #expect(
      inertia.count(above: square(centre + tolerance)).map { $0 <= i } == true, "\(what) \(i) = \(value) is too small")
    let below = centre - tolerance
    // Nothing lies below zero.
    guard !squared || below.sign == 1 else { return }
    #expect(inertia.count(above: square(below)).map { $0 > i } == true, "\(what) \(i) = \(value) is too large")
  }

  @Test("singular values by decomposition", arguments: cases)
  func decomposition(_ c: Case) throws {
    let a = c.matrix
    let svd = try SingularValueDecomposition(a)
    #expect(svd.values.elements.allSatisfy { $0.isFinite && $0 >= 0 })
    let inertia = Inertia(gramOf: a)
    let bound = Self.tolerance(a, svd.values[0])
    for i in Set([0, 1, svd.values.count / 2, svd.values.count - 1]) where i < svd.values.count {
      Self.expect(svd.values[i], isNumber: i, of: inertia, within: bound, squared: true, "σ")
    }
  }

  @Test("the top triplet, alone, tracked and along a path that meets it", arguments: cases)
  func triplet(_ c: Case) throws {
    let a = c.matrix
    let inertia = Inertia(gramOf: a)
    func judge(_ t: TopSingularTriplet<Double>, sigma2: Bool, _ what: String) {
      Self.expect(
        t.sigma, isNumber: 0, of: inertia, within: Self.tolerance(a, t.sigma), squared: true, "\(what): σ")
      if sigma2, min(a.rows, a.columns) > 1 {
        // σ₂ only measures the gap: right to √u σ₁, relative.
        let bound = Inertia.ball(1e-7) * (Inertia.ball(t.sigma) + Inertia.ball(Double.leastNormalMagnitude))
        Self.expect(t.sigma2, isNumber: 1, of: inertia, within: bound, squared: true, "\(what): σ₂")
      }
      guard t.sigma > 0 else { return }
      #expect(abs(t.u.norm - 1) < 1e-12 && abs(t.v.norm - 1) < 1e-12, "\(what): norms \(t.u.norm), \(t.v.norm)")
      // A subnormal σ itself has few digits.
      let spacing = Double.leastNonzeroMagnitude / t.sigma
      #expect(t.residual < 1e-7 + spacing, "\(what): residual \(t.residual)")
    }
    judge(try TopSingularTriplet(a), sigma2: true, "alone")
    var tracker = TopSingularTripletTracker<Double>(rows: a.rows, columns: a.columns, tolerance: .residual(1e-12))
    let scale = max(a.maximumMagnitude, Double.leastNonzeroMagnitude)
    // From far away, near, and on the spot.
    for share in [1.0, 0.01, 0, 0] {
      try tracker.update(
        Matrix(rows: a.rows, columns: a.columns) { i, j in
          share == 0 ? a[i, j] : a[i, j] + share * scale / 4 * cos(Double(i * 3 + j * j))
        })
    }
    judge(tracker.triplet, sigma2: false, "tracked")
  }

  @Test("eigenvalues of symmetric matrices", arguments: cases.filter { $0.matrix.rows <= 20 })
  func eigenvalues(_ c: Case) throws {
    let n = min(c.matrix.rows, c.matrix.columns)
    // Halves, so that a sum at the end of the range stays inside.
    let a = Matrix(rows: n, columns: n) { c.matrix[$0, $1] / 2 + c.matrix[$1, $0] / 2 }
    let eigen = try SymmetricEigen(a)
    let inertia = Inertia(symmetric: a)
    let largest = eigen.values.elements.map(abs).max() ?? 0
    for i in Set([0, n / 2, n - 1]) {
      Self.expect(
        eigen.values[n - 1 - i], isNumber: i, of: inertia, within: Self.tolerance(a, largest), squared: false, "λ")
    }
  }

  @Test("results beyond the range of numbers are refused, and never infinite")
  func overflow() throws {
    let a = Matrix<Double>(rows: 4, columns: 4) { _, _ in 1e308 }
    let big = Matrix<Double>(rows: 60, columns: 60) { _, _ in 1e308 }
    for attempt: () throws -> Void in [
      { _ = try SingularValueDecomposition(a) }, { _ = try TopSingularTriplet(a) }, { _ = try SymmetricEigen(a) },
      { _ = try TopSingularTriplet(big) }, { _ = try QRDecomposition(a) },
      {
        var tracker = TopSingularTripletTracker<Double>(rows: 60, columns: 60)
        try tracker.update(big)
      },
    ] {
      let error = #expect(throws: LinearAlgebraError.self) { try attempt() }
      #expect(error?.description.contains("range of numbers") == true, "\(String(describing: error))")
    }
  }

  @Test("NaN, infinity and nothing are refused by the tracker, which then works on")
  func tracker() throws {
    var tracker = TopSingularTripletTracker<Double>(rows: 60, columns: 50)
    let good = Matrix<Double>(rows: 60, columns: 50) { sin(Double($0 * 3 + $1 * $1)) }
    for bad in [Double.nan, .infinity, -.infinity] {
      try tracker.update(good)
      var broken = good
      broken[59, 49] = bad
      #expect(throws: LinearAlgebraError.self) { try tracker.update(broken) }
      try tracker.update(good)
      let sigma = try SingularValueDecomposition(good).values[0]
      #expect(abs(tracker.sigma - sigma) <= 1e-12 * sigma)
    }
    #expect(throws: LinearAlgebraError.self) { try tracker.update(.zeros(0, 50)) }
    for empty in [Matrix<Double>.zeros(0, 0), .zeros(0, 3), .zeros(3, 0)] {
      #expect(throws: LinearAlgebraError.self) { try TopSingularTriplet(empty) }
      #expect(throws: LinearAlgebraError.self) { try SingularValueDecomposition(empty) }
    }
    #expect(throws: LinearAlgebraError.self) { try SymmetricEigen(Matrix<Double>.zeros(0, 0)) }
  }
}
