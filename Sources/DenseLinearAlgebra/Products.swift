// Products that BLAS does best: matrix times matrix, matrix times vector, Gram matrices.

/// An operand of a product, as it stands or transposed.
public enum Operand: Sendable {
  case asIs, transposed
}

extension Matrix {
  /// op(A) op(B), by one GEMM.
  ///
  /// - Parameters:
  ///   - a: shape [m, k] after `opA`.
  ///   - opA: whether A is used as it is or transposed.
  ///   - b: shape [k, n] after `opB`.
  ///   - opB: whether B is used as it is or transposed.
  /// - Returns: shape [m, n].
  public static func product(
    _ a: Matrix, _ opA: Operand = .asIs, _ b: Matrix, _ opB: Operand = .asIs
  ) -> Matrix {
    var c = Matrix.zeros(opA == .asIs ? a.rows : a.columns, opB == .asIs ? b.columns : b.rows)
    c.accumulate(1, a, opA, b, opB, scaling: 0)
    return c
  }

  /// self ← α op(A) op(B) + β self, without allocation.
  public mutating func accumulate(
    _ alpha: Scalar = 1, _ a: Matrix, _ opA: Operand = .asIs, _ b: Matrix, _ opB: Operand = .asIs,
    scaling beta: Scalar = 1
  ) {
    let (m, k) = opA == .asIs ? (a.rows, a.columns) : (a.columns, a.rows)
    let (kB, n) = opB == .asIs ? (b.rows, b.columns) : (b.columns, b.rows)
    precondition(k == kB, "product: inner dimensions of \(a.shape) and \(b.shape) differ (\(k) and \(kB))")
    precondition(rows == m && columns == n, "product: a \(m) x \(n) result does not fit into \(shape)")
    guard m > 0, n > 0 else { return }
    let (lda, ldb, ldc) = (Swift.max(1, a.rows), Swift.max(1, b.rows), Swift.max(1, rows))
    a.elements.withUnsafeBufferPointer { pa in
      b.elements.withUnsafeBufferPointer { pb in
        elements.withUnsafeMutableBufferPointer { pc in
          guard let pc = pc.baseAddress else { return }
          guard k > 0, let pa = pa.baseAddress, let pb = pb.baseAddress else {
            for i in 0..<(m * n) { pc[i] *= beta }
            return
          }
          Scalar.gemm(opA == .transposed, opB == .transposed, m, n, k, alpha, pa, lda, pb, ldb, beta, pc, ldc)
        }
      }
    }
  }

  public static func * (a: Matrix, b: Matrix) -> Matrix { product(a, .asIs, b, .asIs) }

  public static func * (a: Matrix, x: Vector<Scalar>) -> Vector<Scalar> { a.times(x, .asIs) }

  /// Aᵀx, without forming Aᵀ.
  public func transposedTimes(_ x: Vector<Scalar>) -> Vector<Scalar> { times(x, .transposed) }

  private func times(_ x: Vector<Scalar>, _ op: Operand) -> Vector<Scalar> {
    let (inner, outer) = op == .asIs ? (columns, rows) : (rows, columns)
    precondition(x.count == inner, "product: a \(shape) matrix and a vector of \(x.count) do not fit")
    var y = Vector<Scalar>.zeros(outer)
    guard count > 0 else { return y }
    elements.withUnsafeBufferPointer { a in
      x.elements.withUnsafeBufferPointer { x in
        y.elements.withUnsafeMutableBufferPointer { y in
          guard let a = a.baseAddress, let x = x.baseAddress, let y = y.baseAddress else { return }
          Scalar.gemv(op == .transposed, rows, columns, 1, a, rows, x, 0, y)
        }
      }
    }
    return y
  }

  /// A Aᵀ, or AᵀA for `.transposed`, by one SYRK; both triangles are filled.
  @specialized(where Scalar == Double) @specialized(where Scalar == Float)
  public func gram(_ op: Operand = .asIs) -> Matrix {
    let (n, k) = op == .asIs ? (rows, columns) : (columns, rows)
    var c = Matrix.zeros(n, n)
    guard count > 0 else { return c }
    elements.withUnsafeBufferPointer { a in
      c.elements.withUnsafeMutableBufferPointer { c in
        guard let a = a.baseAddress, let c = c.baseAddress else { return }
        Scalar.syrk(op == .transposed, n, k, 1, a, rows, 0, c, n)
        for j in 0..<n { for i in j..<n { c[i * n + j] = c[j * n + i] } }
      }
    }
    return c
  }
}
