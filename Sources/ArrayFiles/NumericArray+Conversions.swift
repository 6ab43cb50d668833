// From arrays as files hold them to the values that the mathematics works with.

public import DenseLinearAlgebra

extension NumericArray {
  /// The elements in row-major order; integers beyond 2⁵³ are rounded to the nearest double.
  public var doubles: [Double] {
    switch elements {
    case .signed(let x): x.map { Double($0) }
    case .unsigned(let x): x.map { Double($0) }
    case .float(let x): x.map { Double($0) }
    case .double(let x): x
    }
  }

  /// The elements in row-major order as exact integers; floating-point elements must be integral.
  ///
  /// - Throws: ``ArrayFileError/notIntegral(file:index:value:)`` naming the first element that is not.
  public func integers() throws(ArrayFileError) -> [Int] {
    var out = [Int]()
    out.reserveCapacity(count)
    switch elements {
    case .signed(let x): return x.map { Int($0) }
    case .unsigned(let x):
      for (i, v) in x.enumerated() {
        guard let exact = Int(exactly: v) else { throw .notIntegral(file: origin, index: i, value: Double(v)) }
        out.append(exact)
      }
    case .float(let x):
      for (i, v) in x.enumerated() {
        guard let exact = Int(exactly: v) else { throw .notIntegral(file: origin, index: i, value: Double(v)) }
        out.append(exact)
      }
    case .double(let x):
      for (i, v) in x.enumerated() {
        guard let exact = Int(exactly: v) else { throw .notIntegral(file: origin, index: i, value: v) }
        out.append(exact)
      }
    }
    return out
  }

  /// A two-dimensional array of integers as its rows; a one-dimensional one as a single row.
  ///
  /// - Throws: ``ArrayFileError`` if there are more dimensions or if an element is not an integer.
  public func indices() throws(ArrayFileError) -> [[Int]] {
    guard shape.count == 1 || shape.count == 2 else {
      throw .wrongShape(file: origin, found: shape, expected: "one or two dimensions of integers")
    }
    let (rows, width) = shape.count == 1 ? (1, shape[0]) : (shape[0], shape[1])
    // A shape such as [2⁶⁰, 0] has no elements and still asks for 2⁶⁰ rows.
    guard count > 0 else { return [] }
    let flat = try integers()
    return (0..<rows).map { Array(flat[$0 * width..<($0 + 1) * width]) }
  }

  /// A one-dimensional array as a vector.
  public func vector<Scalar: BLASScalar>(
    as type: Scalar.Type = Double.self
  ) throws(ArrayFileError) -> Vector<Scalar> {
    guard shape.count == 1 else { throw .wrongShape(file: origin, found: shape, expected: "one dimension") }
    return Vector(scalars(type))
  }

  /// A two-dimensional array [m, n] as an m × n matrix.
  ///
  /// - Throws: ``ArrayFileError/wrongShape(file:found:expected:)`` unless there are two dimensions that BLAS can index.
  public func matrix<Scalar: BLASScalar>(
    as type: Scalar.Type = Double.self
  ) throws(ArrayFileError) -> Matrix<Scalar> {
    guard shape.count == 2, shape.allSatisfy({ $0 <= Int(Int32.max) }) else {
      throw .wrongShape(file: origin, found: shape, expected: "two dimensions [m, n], each below 2^31")
    }
    return Self.columnMajor(scalars(type)[...], rows: shape[0], columns: shape[1])
  }

  /// A three-dimensional array [M, m, n] as M matrices of shape m × n.
  ///
  /// - Throws: ``ArrayFileError/wrongShape(file:found:expected:)`` unless there are three dimensions and an element.
  public func stack<Scalar: BLASScalar>(
    as type: Scalar.Type = Double.self
  ) throws(ArrayFileError) -> [Matrix<Scalar>] {
    guard shape.count == 3, count > 0, shape.allSatisfy({ $0 <= Int(Int32.max) }) else {
      throw .wrongShape(file: origin, found: shape, expected: "three dimensions [M, m, n], none of them empty")
    }
    let (m, n) = (shape[1], shape[2])
    let all = scalars(type)
    return (0..<shape[0]).map { Self.columnMajor(all[$0 * m * n..<($0 + 1) * m * n], rows: m, columns: n) }
  }

  /// The elements in row-major order, whatever the shape.
  public func scalars<Scalar: BLASScalar>(_: Scalar.Type) -> [Scalar] {
    switch elements {
    case .signed(let x): x.map { Scalar($0) }
    case .unsigned(let x): x.map { Scalar($0) }
    case .float(let x): (x as? [Scalar]) ?? x.map { Scalar($0) }
    case .double(let x): (x as? [Scalar]) ?? x.map { Scalar($0) }
    }
  }

  private static func columnMajor<Scalar: BLASScalar>(
    _ rowMajor: ArraySlice<Scalar>, rows: Int, columns: Int
  ) -> Matrix<Scalar> {
    guard !rowMajor.isEmpty else { return Matrix(rows: rows, columns: columns, columnMajor: []) }
    let start = rowMajor.startIndex
    return Matrix(rows: rows, columns: columns) { i, j in rowMajor[start + i * columns + j] }
  }
}
