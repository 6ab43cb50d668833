// Eigenvalues and square roots of matrices: enclosures must contain the truth and be as sharp as the precision.

import ExactArithmetic
import SymbolicCalculus
import Testing

@Suite("Matrices over the domains")
struct DomainMatrixTests {
  let domain = BallDomain(precision: 120)
  static let matrix: [[Rational]] = [[2, 1, 0], [1, 3, -1], [0, -1, 5]]
  static let hilbert = (1...8).map { i in (1...8).map { Rational(1, i + $0 - 1) } }

  func balls(_ a: [[Rational]]) -> [[Ball]] { a.map { $0.map(domain.element) } }
  func floats(_ a: [[Rational]]) -> [[Double]] { a.map { $0.map(\.approximation) } }
  /// a ⊗ I₂: every eigenvalue twice.
  static func doubled(_ a: [[Rational]]) -> [[Rational]] {
    (0..<2 * a.count).map { i in (0..<2 * a.count).map { i % 2 == $0 % 2 ? a[i / 2][$0 / 2] : 0 } }
  }

  @Test(
    "the largest eigenvalue agrees with mpmath, also where it is double",
    arguments: [
      (matrix, "5.460504870018763491979644788353662645683"),
      (doubled(matrix), "5.460504870018763491979644788353662645683"),
      (hilbert, "1.695938996921949452081821727389524336569"),
      ([[4, -1, -1], [-1, 4, -1], [-1, -1, 4]], "5"),
      ([[-1, -1, -1], [-1, -1, -1], [-1, -1, -1]], "0"),
    ])
  func largest(a: [[Rational]], digits: String) throws {
    let value = try domain.largestEigenvalue(balls(a))
    let expected = try #require(Rational(digits))
    #expect((value - domain.element(expected)).absolute.upper < 1e-33)
    #expect(value.radius < 1e-33 && (expected.isInteger ? value.contains(expected) : true))
    #expect(abs(try FloatingDomain().largestEigenvalue(floats(a)) - expected.approximation) < 1e-14)
  }

  @Test("one entry, zeros and diagonals are exact")
  func exactCases() throws {
    #expect(try domain.largestEigenvalue(balls([[Rational(-7, 4)]])).exactValue == Rational(-7, 4))
    #expect(try domain.largestEigenvalue(balls([[0, 0], [0, 0]])).isExactlyZero)
    #expect(try domain.largestEigenvalue(balls([[2, 0], [0, 3]])).exactValue == 3)
    #expect(try RationalDomain().largestEigenvalue([[2, 0], [0, 3]]) == 3)
    #expect(try domain.squareRoot(balls([[4, 0], [0, 0]])).map { $0.map(\.exactValue) } == [[2, 0], [0, 0]])
    #expect(try RationalDomain().squareRoot([[4, 0], [0, Rational(9, 4)]]) == [[2, 0], [0, Rational(3, 2)]])
  }

  @Test("a wide matrix has wide enclosures, which contain the eigenvalue and the square root of every member")
  func wide() throws {
    let noise = domain.element(Rational(1, 1000))
    let wide = balls(Self.matrix).map { $0.map { $0.widened(by: noise) } }
    let (value, root) = (try domain.largestEigenvalue(wide), try domain.squareRoot(wide))
    for sign in [-1, 1] {
      var member = Self.matrix
      for i in 0..<3 { member[i][i] = member[i][i] + Rational(sign, 1001) }
      let expected = try domain.largestEigenvalue(balls(member))
      #expect(value.lower <= expected.lower && expected.upper <= value.upper)
      for (outer, inner) in zip(root.joined(), try domain.squareRoot(balls(member)).joined()) {
        #expect(outer.lower <= inner.lower && inner.upper <= outer.upper)
      }
    }
    #expect(value.radius < 0.1 && root[0][0].radius < 0.1)
  }

  @Test("forty rows with clusters of eigenvalues are enclosed")
  func clusters() throws {
    // I + u uᵀ/64 with u = (1, −1, 1, …): the eigenvalue 1 thirty-nine times, and 1 + 40/64.
    let a = (0..<40).map { i in (0..<40).map { Rational(i == $0 ? 1 : 0) + Rational((i + $0) % 2 == 0 ? 1 : -1, 64) } }
    let value = try domain.largestEigenvalue(balls(a))
    #expect(value.contains(Rational(13, 8)) && value.radius < 1e-30)
  }

  @Test("the square root agrees with mpmath, and its square contains the matrix")
  func squareRoot() throws {
    let a = balls(Self.matrix)
    let root = try domain.squareRoot(a)
    let expected = [
      ["1.375152685294884409923042680564968877721", "0.3292353123131279188506258818773842216524"],
      ["0.3292353123131279188506258818773842216524", "1.680740561122301693568635937722309792576"],
    ]
    for i in 0..<2 {
      for j in 0..<2 {
        let digits = try #require(Rational(expected[i][j]))
        #expect((root[i][j] - domain.element(digits)).absolute.upper < 1e-32)
      }
    }
    for entries in [Self.matrix, Self.hilbert, Self.doubled(Self.matrix)] {
      let root = try domain.squareRoot(balls(entries))
      for i in entries.indices {
        for j in entries.indices {
          let square = entries.indices.reduce(domain.element(0)) { $0 + root[i][$1] * root[$1][j] }
          #expect(square.contains(entries[i][j]) && square.radius < 1e-20)
        }
      }
      let floating = try FloatingDomain().squareRoot(floats(entries))
      #expect(abs(floating[0][1] - root[0][1].approximation) < 1e-8)
    }
  }

  @Test("indefinite matrices have no square root; singular ones are not decided")
  func noSquareRoot() {
    let message = "square root of a matrix with a negative eigenvalue"
    #expect(throws: EvaluationError.undefined(message)) { try domain.squareRoot(balls([[1, 2], [2, 1]])) }
    #expect(throws: EvaluationError.undefined("square root of -1")) {
      try domain.squareRoot(balls([[1, 0], [0, -1]]))
    }
    let error = #expect(throws: EvaluationError.self) { try domain.squareRoot(balls([[1, 1], [1, 1]])) }
    if case .undecided? = error {} else { Issue.record("a singular matrix gave \(String(describing: error))") }
    #expect(throws: EvaluationError.self) { try FloatingDomain().squareRoot([[1, 2], [2, 1]]) }
  }
}
