// An array of numbers as files hold them: any number of dimensions, any numeric element type.

public import DenseLinearAlgebra

/// Numbers in a shape, in row-major order whatever the order in the file.
///
/// Element (i, j, …) is at position (i · shape[1] + j) · shape[2] + …: the last index runs fastest.
public struct NumericArray: Sendable, Equatable {
  /// The lengths of the dimensions; empty for a single number.
  public let shape: [Int]
  /// The type that the elements have, or had in the file.
  public let elementType: ElementType
  /// Where the array came from, for messages; equality ignores it.
  public var origin: String
  let elements: Elements

  public var count: Int { elements.count }

  init(shape: [Int], elementType: ElementType, elements: Elements, origin: String) {
    self.shape = shape
    self.elementType = elementType
    self.elements = elements
    self.origin = origin
  }

  /// A float64 array from its elements in row-major order.
  public init(shape: [Int], _ elements: [Double], origin: String = "array") {
    Self.requireFit(shape, elements.count)
    self.init(shape: shape, elementType: .float64, elements: .double(elements), origin: origin)
  }

  /// A float32 array from its elements in row-major order.
  public init(shape: [Int], _ elements: [Float], origin: String = "array") {
    Self.requireFit(shape, elements.count)
    self.init(shape: shape, elementType: .float32, elements: .float(elements), origin: origin)
  }

  /// An int64 array from its elements in row-major order.
  public init(shape: [Int], _ elements: [Int], origin: String = "array") {
    Self.requireFit(shape, elements.count)
    self.init(shape: shape, elementType: .int64, elements: .signed(elements.map { Int64($0) }), origin: origin)
  }

  /// A two-dimensional array; float32 for `Float`, float64 for `Double`.
  public init<Scalar: BLASScalar>(_ matrix: Matrix<Scalar>, origin: String = "array") {
    let (m, n) = (matrix.rows, matrix.columns)
    var rowMajor = [Scalar]()
    rowMajor.reserveCapacity(m * n)
    for i in 0..<m { for j in 0..<n { rowMajor.append(matrix[i, j]) } }
    self.init(shape: [m, n], scalars: rowMajor, origin: origin)
  }

  /// A one-dimensional array; float32 for `Float`, float64 for `Double`.
  public init<Scalar: BLASScalar>(_ vector: Vector<Scalar>, origin: String = "array") {
    self.init(shape: [vector.count], scalars: vector.elements, origin: origin)
  }

  /// A three-dimensional array [M, m, n] of M equally shaped matrices.
  public init<Scalar: BLASScalar>(stack: [Matrix<Scalar>], origin: String = "array") {
    let (m, n) = (stack.first?.rows ?? 0, stack.first?.columns ?? 0)
    precondition(stack.allSatisfy { $0.rows == m && $0.columns == n }, "every matrix of a stack has the same shape")
    let rowMajor = stack.flatMap { a in (0..<m).flatMap { i in (0..<n).map { j in a[i, j] } } }
    self.init(shape: [stack.count, m, n], scalars: rowMajor, origin: origin)
  }

  private init<Scalar: BLASScalar>(shape: [Int], scalars: [Scalar], origin: String) {
    if Scalar.self == Float.self {
      self.init(shape: shape, scalars.map { Float($0) }, origin: origin)
    } else {
      self.init(shape: shape, scalars.map { Double($0) }, origin: origin)
    }
  }

  private static func requireFit(_ shape: [Int], _ count: Int) {
    precondition(shape.allSatisfy { $0 >= 0 }, "an array needs non-negative dimensions, not \(shape)")
    precondition(elementCount(of: shape) == count, "\(count) elements cannot fill the shape \(shape)")
  }

  /// The number of elements of a shape, or nothing if it does not fit an integer.
  static func elementCount(of shape: [Int]) -> Int? {
    if shape.contains(0) { return 0 }
    var count = 1
    for length in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: length)
      if overflow { return nil }
      count = product
    }
    return count
  }

  public static func == (a: NumericArray, b: NumericArray) -> Bool {
    a.shape == b.shape && a.elementType == b.elementType && a.elements == b.elements
  }
}
