// Exact linear algebra: identities that hold to the last digit or not at all.

import ExactArithmetic
import Testing

@Suite("Matrices over a field")
struct FieldMatrixTests {
  let skew = FieldMatrix<Rational>(rows: 4, columns: 4) { i, j in
    i == j ? 0 : i < j ? Rational(i + 2 * j, 3) : -Rational(j + 2 * i, 3)
  }

  @Test("a Cayley transform is exactly orthogonal, and rational")
  func cayley() {
    let q = FieldMatrix.cayley(skew: skew)
    #expect(q.transposed * q == .identity(4))
    #expect(q != .identity(4))
  }

  @Test("solve inverts exactly, pivots around zeros, and refuses singular matrices")
  func solve() throws {
    var a = skew + .identity(4)
    a[0, 0] = 0
    let x = FieldMatrix<Rational>(rows: 4, columns: 2) { Rational($0 - $1, 7) }
    #expect(try #require(a.solve(a * x)) == x)
    #expect(FieldMatrix<Rational>(rows: 2, columns: 2) { Rational(($0 + 1) * ($1 + 1)) }.solve(.identity(2)) == nil)
  }
}
