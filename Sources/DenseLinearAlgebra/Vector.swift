// Dense vectors: a thin value over contiguous storage, with the field's operators.

/// A dense column vector.
public struct Vector<Scalar: BLASScalar>: Equatable, Sendable {
  /// The entries, in order.
  public var elements: [Scalar]

  @inlinable public init(_ elements: [Scalar]) { self.elements = elements }

  @inlinable public init(_ elements: some Sequence<Scalar>) { self.elements = Array(elements) }

  /// The zero vector of the given length.
  @inlinable public static func zeros(_ count: Int) -> Vector { Vector([Scalar](repeating: 0, count: count)) }

  /// The i-th vector of the standard basis of length `count` (zero-based).
  @inlinable public static func basis(_ index: Int, count: Int) -> Vector {
    var e = zeros(count)
    e[index] = 1
    return e
  }

  @inlinable public var count: Int { elements.count }
  @inlinable public var indices: Range<Int> { elements.indices }

  @inlinable public subscript(index: Int) -> Scalar {
    get { elements[index] }
    set { elements[index] = newValue }
  }

  /// The Euclidean norm, safe from overflow and underflow.
  public var norm: Scalar { elements.withUnsafeBufferPointer { Scalar.nrm2($0) } }

  /// Σ xᵢ yᵢ.
  public func dot(_ other: Vector) -> Scalar {
    precondition(count == other.count, "dot: vectors of lengths \(count) and \(other.count)")
    return elements.withUnsafeBufferPointer { x in
      other.elements.withUnsafeBufferPointer { y in Scalar.dot(x, y) }
    }
  }

  /// The unit vector in the same direction; the zero vector stays zero.
  public var normalized: Vector {
    let length = norm
    return length > 0 ? self * (1 / length) : self
  }

  /// x yᵀ.
  public func outer(_ other: Vector) -> Matrix<Scalar> {
    Matrix(rows: count, columns: other.count) { self[$0] * other[$1] }
  }

  @inlinable public func map(_ transform: (Scalar) -> Scalar) -> Vector { Vector(elements.map(transform)) }

  @inlinable public static func + (x: Vector, y: Vector) -> Vector { x.zip(y, "+", +) }
  @inlinable public static func - (x: Vector, y: Vector) -> Vector { x.zip(y, "-", -) }
  @inlinable public static prefix func - (x: Vector) -> Vector { x.map { -$0 } }
  @inlinable public static func * (x: Vector, s: Scalar) -> Vector { x.map { $0 * s } }
  @inlinable public static func * (s: Scalar, x: Vector) -> Vector { x.map { s * $0 } }
  @inlinable public static func / (x: Vector, s: Scalar) -> Vector { x.map { $0 / s } }
  @inlinable public static func += (x: inout Vector, y: Vector) { x = x + y }
  @inlinable public static func -= (x: inout Vector, y: Vector) { x = x - y }

  @inlinable
  func zip(_ other: Vector, _ operation: String, _ combine: (Scalar, Scalar) -> Scalar) -> Vector {
    precondition(count == other.count, "\(operation): vectors of lengths \(count) and \(other.count)")
    return Vector(elements.indices.map { combine(elements[$0], other.elements[$0]) })
  }
}

extension Vector: ExpressibleByArrayLiteral {
  public init(arrayLiteral elements: Scalar...) { self.init(elements) }
}
