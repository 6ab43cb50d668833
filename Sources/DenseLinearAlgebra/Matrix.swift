// Dense column-major matrices: storage, construction, and entrywise algebra.

/// A dense matrix, stored by columns so that `vec` is the identity on memory.
///
/// - Note: operators trap on shapes that do not fit, which is a mistake in the calling code; operations on
///   data (factorisations, file contents) throw ``LinearAlgebraError`` instead.
public struct Matrix<Scalar: BLASScalar>: Equatable, Sendable {
  public let rows: Int
  public let columns: Int
  /// The entries, column after column; `count == rows * columns`.
  public var elements: [Scalar]

  /// A matrix from its columns laid end to end (`unvec`).
  @inlinable
  public init(rows: Int, columns: Int, columnMajor elements: [Scalar]) {
    precondition(rows >= 0 && columns >= 0, "a matrix needs non-negative dimensions, not \(rows) x \(columns)")
    precondition(elements.count == rows * columns, "\(elements.count) entries cannot fill \(rows) x \(columns)")
    self.rows = rows
    self.columns = columns
    self.elements = elements
  }

  /// A matrix from a formula for entry (i, j), zero-based.
  @inlinable
  public init(rows: Int, columns: Int, _ entry: (Int, Int) throws -> Scalar) rethrows {
    var elements = [Scalar]()
    elements.reserveCapacity(rows * columns)
    for j in 0..<columns { for i in 0..<rows { elements.append(try entry(i, j)) } }
    self.init(rows: rows, columns: columns, columnMajor: elements)
  }

  /// A matrix from its rows, as one writes it on paper.
  public init(_ rows: [[Scalar]]) {
    let width = rows.first?.count ?? 0
    precondition(rows.allSatisfy { $0.count == width }, "every row of a matrix has the same length")
    self.init(rows: rows.count, columns: width) { rows[$0][$1] }
  }

  /// A matrix from equally long columns.
  public init(columns: [Vector<Scalar>]) {
    let height = columns.first?.count ?? 0
    precondition(columns.allSatisfy { $0.count == height }, "every column of a matrix has the same length")
    self.init(rows: height, columns: columns.count, columnMajor: columns.flatMap(\.elements))
  }

  @inlinable public static func zeros(_ rows: Int, _ columns: Int) -> Matrix {
    Matrix(rows: rows, columns: columns, columnMajor: [Scalar](repeating: 0, count: rows * columns))
  }

  @inlinable public static func identity(_ order: Int) -> Matrix {
    diagonal(Vector([Scalar](repeating: 1, count: order)))
  }

  /// The square matrix with the given diagonal.
  @inlinable public static func diagonal(_ d: Vector<Scalar>) -> Matrix {
    diagonal(d, rows: d.count, columns: d.count)
  }

  /// The rectangular matrix with the given leading diagonal.
  @inlinable
  public static func diagonal(_ d: Vector<Scalar>, rows: Int, columns: Int) -> Matrix {
    precondition(d.count <= min(rows, columns), "a \(rows) x \(columns) matrix has no diagonal of \(d.count)")
    var m = zeros(rows, columns)
    for i in d.indices { m[i, i] = d[i] }
    return m
  }

  @inlinable public var count: Int { elements.count }
  @inlinable public var isSquare: Bool { rows == columns }
  public var shape: String { "\(rows) x \(columns)" }

  @inlinable
  public subscript(row: Int, column: Int) -> Scalar {
    get { elements[column * rows + row] }
    set { elements[column * rows + row] = newValue }
  }

  @inlinable
  public func column(_ j: Int) -> Vector<Scalar> { Vector(elements[j * rows..<(j + 1) * rows]) }

  @inlinable
  public func row(_ i: Int) -> Vector<Scalar> { Vector((0..<columns).map { self[i, $0] }) }

  /// The columns in `range`, as a matrix.
  public func columns(_ range: Range<Int>) -> Matrix {
    Matrix(
      rows: rows, columns: range.count,
      columnMajor: Array(elements[range.lowerBound * rows..<range.upperBound * rows]))
  }

  /// The leading diagonal.
  public var diagonal: Vector<Scalar> { Vector((0..<min(rows, columns)).map { self[$0, $0] }) }

  public var trace: Scalar {
    precondition(isSquare, "trace: a \(shape) matrix is not square")
    return diagonal.elements.reduce(0, +)
  }

  public var transposed: Matrix {
    @specialized(where Scalar == Double) @specialized(where Scalar == Float) get {
      var out = Matrix.zeros(columns, rows)
      for j in 0..<columns { for i in 0..<rows { out[j, i] = self[i, j] } }
      return out
    }
  }

  /// The columns laid end to end: vec(A)[i + m j] = A[i, j].
  @inlinable public var vec: Vector<Scalar> { Vector(elements) }

  /// √Σ Aᵢⱼ², safe from overflow and underflow.
  public var frobeniusNorm: Scalar { vec.norm }

  /// max |Aᵢⱼ|; NaN if an entry is NaN.
  public var maximumMagnitude: Scalar {
    @specialized(where Scalar == Double) @specialized(where Scalar == Float) get {
      var largest: Scalar = 0
      for x in elements {
        if x.isNaN { return .nan }
        largest = max(largest, abs(x))
      }
      return largest
    }
  }

  /// Σ Aᵢⱼ Bᵢⱼ, the inner product ⟨A, B⟩ of the trace.
  public func inner(_ other: Matrix) -> Scalar {
    requireSameShape(other, "inner product")
    return vec.dot(other.vec)
  }

  /// A ∘ B, entry by entry.
  public func hadamard(_ other: Matrix) -> Matrix { zip(other, "Hadamard product", *) }

  /// A ⊗ B, of shape (rows A · rows B) x (columns A · columns B).
  @specialized(where Scalar == Double) @specialized(where Scalar == Float)
  public func kronecker(_ other: Matrix) -> Matrix {
    Matrix(rows: rows * other.rows, columns: columns * other.columns) { i, j in
      self[i / other.rows, j / other.columns] * other[i % other.rows, j % other.columns]
    }
  }

  @inlinable public func map(_ transform: (Scalar) -> Scalar) -> Matrix {
    Matrix(rows: rows, columns: columns, columnMajor: elements.map(transform))
  }

  @inlinable public static func + (a: Matrix, b: Matrix) -> Matrix { a.zip(b, "+", +) }
  @inlinable public static func - (a: Matrix, b: Matrix) -> Matrix { a.zip(b, "-", -) }
  @inlinable public static prefix func - (a: Matrix) -> Matrix { a.map { -$0 } }
  @inlinable public static func * (s: Scalar, a: Matrix) -> Matrix { a.map { s * $0 } }
  @inlinable public static func * (a: Matrix, s: Scalar) -> Matrix { a.map { $0 * s } }
  @inlinable public static func / (a: Matrix, s: Scalar) -> Matrix { a.map { $0 / s } }
  @inlinable public static func += (a: inout Matrix, b: Matrix) { a = a + b }
  @inlinable public static func -= (a: inout Matrix, b: Matrix) { a = a - b }

  @inlinable
  func zip(_ other: Matrix, _ operation: String, _ combine: (Scalar, Scalar) -> Scalar) -> Matrix {
    requireSameShape(other, operation)
    return Matrix(
      rows: rows, columns: columns, columnMajor: elements.indices.map { combine(elements[$0], other.elements[$0]) })
  }

  @inlinable
  func requireSameShape(_ other: Matrix, _ operation: String) {
    precondition(
      rows == other.rows && columns == other.columns,
      "\(operation): shapes \(rows) x \(columns) and \(other.rows) x \(other.columns) differ")
  }

  /// Throws unless the matrix has entries and all of them are finite.
  @specialized(where Scalar == Double) @specialized(where Scalar == Float)
  public func requireFinite(_ operation: String, operand: String = "the matrix") throws(LinearAlgebraError) {
    guard count > 0 else { throw .empty(operation: operation, operand: operand) }
    guard let bad = elements.firstIndex(where: { !$0.isFinite }) else { return }
    throw .nonFinite(
      operation: operation, operand: operand, row: bad % rows, column: bad / rows, value: Double(elements[bad]))
  }
}

extension Vector {
  /// The matrix whose columns, laid end to end, are this vector.
  public func unvec(rows: Int, columns: Int) -> Matrix<Scalar> {
    Matrix(rows: rows, columns: columns, columnMajor: elements)
  }
}
