// Power series cut off after t²: exact arithmetic that differentiates twice, an oracle for second derivatives.

internal import ExactArithmetic

/// a₀ + a₁t + a₂t² over the rationals; higher powers are dropped.
struct TruncatedSeries: Field {
  let constant: Rational
  let linear: Rational
  let quadratic: Rational

  init(_ constant: Rational, _ linear: Rational = 0, _ quadratic: Rational = 0) {
    self.constant = constant
    self.linear = linear
    self.quadratic = quadratic
  }

  init(_ value: Int) { self.init(Rational(value)) }
  init(integerLiteral value: Int) { self.init(Rational(value)) }

  static func + (a: TruncatedSeries, b: TruncatedSeries) -> TruncatedSeries {
    TruncatedSeries(a.constant + b.constant, a.linear + b.linear, a.quadratic + b.quadratic)
  }

  static func - (a: TruncatedSeries, b: TruncatedSeries) -> TruncatedSeries {
    TruncatedSeries(a.constant - b.constant, a.linear - b.linear, a.quadratic - b.quadratic)
  }

  static func * (a: TruncatedSeries, b: TruncatedSeries) -> TruncatedSeries {
    TruncatedSeries(
      a.constant * b.constant, a.constant * b.linear + a.linear * b.constant,
      a.constant * b.quadratic + a.linear * b.linear + a.quadratic * b.constant)
  }

  static func / (a: TruncatedSeries, b: TruncatedSeries) -> TruncatedSeries {
    let constant = a.constant / b.constant
    let linear = (a.linear - constant * b.linear) / b.constant
    return TruncatedSeries(
      constant, linear, (a.quadratic - constant * b.quadratic - linear * b.linear) / b.constant)
  }
}

extension RationalSVD {
  /// D²σ₁[E, E] exactly, by no formula for it: σ₁² is a root of the characteristic polynomial of (θ + tE)(θ + tE)ᵀ.
  ///
  /// The root is found as a series in t by Newton's method with its slope fixed at t = 0: each of two steps gains a
  /// power of t. Needs σ₁ simple: at a tie the slope is zero.
  func secondDerivative(along e: FieldMatrix<Rational>) -> Rational {
    let moved = FieldMatrix(rows: e.rows, columns: e.columns) { TruncatedSeries(theta[$0, $1], e[$0, $1]) }
    let gram = e.rows <= e.columns ? moved * moved.transposed : moved.transposed * moved
    let slope = sigma.dropFirst().reduce(Rational(-1)) { $0 * ($1.squared - sigma[0].squared) }
    precondition(slope != 0, "σ₁ is simple")
    var root = TruncatedSeries(sigma[0].squared)
    for _ in 0..<2 {
      let shifted = FieldMatrix(rows: gram.rows, columns: gram.rows) { gram[$0, $1] - ($0 == $1 ? root : 0) }
      root = root - Self.determinant(shifted) / TruncatedSeries(slope)
    }
    // σ₁ = √root: compare coefficients of its square.
    let first = root.linear / (2 * sigma[0])
    return (root.quadratic - first.squared) / sigma[0]
  }

  /// Laplace's expansion along the first row: no division, and small orders only.
  private static func determinant<F: Field>(_ a: FieldMatrix<F>) -> F {
    guard a.rows > 0 else { return 1 }
    return (0..<a.rows).map { column in
      let minor = FieldMatrix<F>(rows: a.rows - 1, columns: a.rows - 1) { a[$0 + 1, $1 < column ? $1 : $1 + 1] }
      let term = a[0, column] * determinant(minor)
      return column % 2 == 0 ? term : -term
    }.sum
  }
}
