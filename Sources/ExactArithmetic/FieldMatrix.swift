// Small dense matrices over a field: enough linear algebra to state an oracle without rounding.

/// A small matrix over any ``Field``; over ``Rational`` every operation is exact.
public struct FieldMatrix<F: Field>: Equatable, Sendable {
  public let rows: Int
  public let columns: Int
  /// Row after row.
  private var entries: [F]

  public init(rows: Int, columns: Int, _ entry: (Int, Int) -> F) {
    self.rows = rows
    self.columns = columns
    entries = (0..<rows * columns).map { entry($0 / columns, $0 % columns) }
  }

  public subscript(i: Int, j: Int) -> F {
    get { entries[i * columns + j] }
    set { entries[i * columns + j] = newValue }
  }

  public static func identity(_ order: Int) -> FieldMatrix {
    FieldMatrix(rows: order, columns: order) { $0 == $1 ? F(1) : F(0) }
  }

  /// The rectangular matrix with a leading diagonal.
  public static func diagonal(_ d: [F], rows: Int, columns: Int) -> FieldMatrix {
    FieldMatrix(rows: rows, columns: columns) { $0 == $1 && $0 < d.count ? d[$0] : F(0) }
  }

  public var transposed: FieldMatrix { FieldMatrix(rows: columns, columns: rows) { self[$1, $0] } }
  public func column(_ j: Int) -> [F] { (0..<rows).map { self[$0, j] } }
  public func row(_ i: Int) -> [F] { (0..<columns).map { self[i, $0] } }
  public func map<T: Field>(_ transform: (F) -> T) -> FieldMatrix<T> {
    FieldMatrix<T>(rows: rows, columns: columns) { transform(self[$0, $1]) }
  }

  public static func * (a: FieldMatrix, b: FieldMatrix) -> FieldMatrix {
    precondition(a.columns == b.rows, "product: inner dimensions \(a.columns) and \(b.rows) differ")
    return FieldMatrix(rows: a.rows, columns: b.columns) { a.row($0).dot(b.column($1)) }
  }

  public static func * (a: FieldMatrix, x: [F]) -> [F] { (0..<a.rows).map { a.row($0).dot(x) } }

  public static func + (a: FieldMatrix, b: FieldMatrix) -> FieldMatrix {
    FieldMatrix(rows: a.rows, columns: a.columns) { a[$0, $1] + b[$0, $1] }
  }

  public static func - (a: FieldMatrix, b: FieldMatrix) -> FieldMatrix {
    FieldMatrix(rows: a.rows, columns: a.columns) { a[$0, $1] - b[$0, $1] }
  }

  /// The solution of A X = B by Gauss–Jordan elimination; nil if A is singular.
  public func solve(_ b: FieldMatrix) -> FieldMatrix? {
    precondition(rows == columns && b.rows == rows, "solve needs a square matrix and a right-hand side that fits")
    var (a, x) = (self, b)
    for pivot in 0..<rows {
      guard let swap = (pivot..<rows).first(where: { a[$0, pivot] != F(0) }) else { return nil }
      if swap != pivot {
        for j in 0..<columns { (a[pivot, j], a[swap, j]) = (a[swap, j], a[pivot, j]) }
        for j in 0..<x.columns { (x[pivot, j], x[swap, j]) = (x[swap, j], x[pivot, j]) }
      }
      let scale = F(1) / a[pivot, pivot]
      for j in 0..<columns { a[pivot, j] = a[pivot, j] * scale }
      for j in 0..<x.columns { x[pivot, j] = x[pivot, j] * scale }
      for i in 0..<rows where i != pivot && a[i, pivot] != F(0) {
        let factor = a[i, pivot]
        for j in 0..<columns { a[i, j] -= factor * a[pivot, j] }
        for j in 0..<x.columns { x[i, j] -= factor * x[pivot, j] }
      }
    }
    return x
  }

  /// The orthogonal matrix (I − S)(I + S)⁻¹ of a skew-symmetric S: rational if S is (Cayley).
  public static func cayley(skew s: FieldMatrix) -> FieldMatrix {
    let one = identity(s.rows)
    guard let inverse = (one + s).solve(one) else {
      preconditionFailure("I + S is invertible for every skew-symmetric S over an ordered field")
    }
    return (one - s) * inverse
  }
}
