// A growing orthonormal basis in one block of memory, for iterations that orthogonalise against all of it.

/// Orthonormal vectors q_1, …, q_k, stored as the columns of one matrix.
struct OrthonormalBasis<Scalar: BLASScalar> {
  let dimension: Int
  private(set) var count = 0
  private var storage: [Scalar] = []

  init(dimension: Int) { self.dimension = dimension }

  /// The latest vector.
  var last: Vector<Scalar> { Vector(storage[(count - 1) * dimension..<count * dimension]) }

  /// - Parameter q: of norm 1 and orthogonal to the others.
  mutating func append(_ q: Vector<Scalar>) {
    storage.append(contentsOf: q.elements)
    count += 1
  }

  /// (I − QQᵀ)x by two passes of classical Gram–Schmidt: orthogonal to round-off.
  func orthogonalized(_ x: Vector<Scalar>) -> Vector<Scalar> {
    guard count > 0 else { return x }
    var y = x
    var coefficients = [Scalar](repeating: 0, count: count)
    var projection = [Scalar](repeating: 0, count: dimension)
    storage.withUnsafeBufferPointer { q in
      y.elements.withUnsafeMutableBufferPointer { y in
        coefficients.withUnsafeMutableBufferPointer { c in
          projection.withUnsafeMutableBufferPointer { p in
            guard let q = q.baseAddress, let y = y.baseAddress, let c = c.baseAddress, let p = p.baseAddress else {
              return
            }
            for _ in 0..<2 {
              Scalar.gramProduct(dimension, count, 1, 1, q, y, c, p)
              for i in 0..<dimension { y[i] -= p[i] }
            }
          }
        }
      }
    }
    return y
  }

  /// Σ c_i q_i over the first vectors, as many as there are coefficients.
  func combination(_ c: Vector<Scalar>) -> Vector<Scalar> {
    var y = Vector<Scalar>.zeros(dimension)
    storage.withUnsafeBufferPointer { q in
      c.elements.withUnsafeBufferPointer { c in
        y.elements.withUnsafeMutableBufferPointer { y in
          guard let q = q.baseAddress, let c0 = c.baseAddress, let y = y.baseAddress else { return }
          Scalar.gemv(false, dimension, c.count, 1, q, dimension, c0, 0, y)
        }
      }
    }
    return y
  }
}
