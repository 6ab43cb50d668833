// Singular values and vectors of matrices given by their entries: enclosures must contain the truth, and refuse a guess.

import ExactArithmetic
import SymbolicCalculus
import Testing

@Suite("Singular triplets over the domains")
struct SingularTripletTests {
  let domain = BallDomain(precision: 120)
  static let matrix: [[Rational]] = [[2, 1, 0], [1, 3, -1], [0, -1, 5], [1, 0, 2]]

  /// σ, u and v by mpmath, with v₁ > 0.
  static let triplets: [(value: String, left: [String], right: [String])] = [
    (
      "5.73959094841332055431649989853847473669754986",
      [
        "0.0711086032866062815105216074275476129085407546", "0.350528299433329935994315761296986388003123849",
        "-0.876851246450720655618599034309118485750776072", "-0.321255925132632193845019468736890495863374758",
      ],
      [
        "0.0298783628337342906552076717275168130295195212", "0.348377570110650529014406436073760505736679139",
        "-0.936877981424568703457371129460581629617540395",
      ]
    ),
    (
      "3.48921461760659911051085137363583821139842081",
      [
        "0.567916006681394294074925137268372565505793564", "0.717849291094933948026199125425470038359434082",
        "0.206319260192299495324711212494309547596702945", "0.345826788296195349512839279749729855481757182",
      ],
      [
        "0.630373403130660431960506065104475805704578961", "0.720834025824167113403421656396483404134442233",
        "0.288145240876183564609206592105921280005827468",
      ]
    ),
    (
      "1.37203392712145198468713990646253662642032439",
      [
        "0.694036381663450338239791865993938116925301654", "-0.600414692741292178276172759023562177420970489",
        "-0.285095573903908999035472800344537423449784206", "0.276651787285544141123235649906520989977240543",
      ],
      [
        "0.775716865911684038412546202977772620990677088", "-0.599192269524501420882365146150710143707981675",
        "-0.19807061387856516575115860479652805267456003",
      ]
    ),
  ]

  func balls(_ a: [[Rational]]) -> [[Ball]] { a.map { $0.map(domain.element) } }
  func floats(_ a: [[Rational]]) -> [[Double]] { a.map { $0.map(\.approximation) } }
  func transposed(_ a: [[Rational]]) -> [[Rational]] { a[0].indices.map { j in a.map { $0[j] } } }
  func widened(_ a: [[Rational]], by noise: Rational) -> [[Ball]] {
    balls(a).map { $0.map { $0.widened(by: domain.element(noise)) } }
  }
  func outside(_ a: [Ball], _ digits: [String], _ sign: Ball) throws -> Double {
    try zip(a, digits).map { ball, text in
      (sign * ball - domain.element(try #require(Rational(text)))).absolute.upper
    }.max() ?? .infinity
  }

  @Test("values and vectors agree with mpmath, of the matrix and of its transpose", arguments: 1...3)
  func againstDigits(k: Int) throws {
    let expected = Self.triplets[k - 1]
    for isTransposed in [false, true] {
      let a = isTransposed ? transposed(Self.matrix) : Self.matrix
      let found = try domain.singularTriplet(k, of: balls(a))
      let (left, right) = (try #require(found.left), try #require(found.right))
      let (u, v) = isTransposed ? (right, left) : (left, right)
      let sign = domain.element(v[0].sign == -1 ? -1 : 1)
      #expect(try outside([found.value], [expected.value], domain.element(1)) < 1e-33)
      #expect(try outside(u, expected.left, sign) < 1e-33)
      #expect(try outside(v, expected.right, sign) < 1e-33)
      #expect((left + right + [found.value]).allSatisfy { $0.radius < 1e-33 && !$0.isExact })
      let value = try domain.singularValues(balls(a))[k - 1]
      #expect(try outside([value], [expected.value], domain.element(1)) < 1e-33)
      let floating = try FloatingDomain().singularTriplet(k, of: floats(a))
      #expect(abs(floating.value - found.value.approximation) < 1e-14)
      for (x, y) in zip(try #require(floating.left) + #require(floating.right), left + right) {
        #expect(abs(x.magnitude - y.absolute.approximation) < 1e-14)
      }
    }
  }

  @Test("the enclosures contain a triplet that is known exactly")
  func exact() throws {
    // diag(6, 2, 1) between reflections I − 2 w wᵀ/wᵀw.
    func reflection(_ w: [Rational]) -> [[Rational]] {
      let square = w.reduce(0) { $0 + $1 * $1 }
      return w.indices.map { i in w.indices.map { (i == $0 ? 1 : 0) - 2 * w[i] * w[$0] / square } }
    }
    let (p, q, s) = (reflection([1, 2, -1, 3]), reflection([2, 1, 5]), [6, 2, 1] as [Rational])
    let a = p.indices.map { i in q.indices.map { j in (0..<3).reduce(Rational(0)) { $0 + p[i][$1] * s[$1] * q[$1][j] } }
    }
    for k in 1...3 {
      let found = try domain.singularTriplet(k, of: balls(a))
      let (u, v) = (try #require(found.left), try #require(found.right))
      let sign: Rational = v[0].contains(q[0][k - 1]) ? 1 : -1
      #expect(found.value.contains(s[k - 1]))
      for i in 0..<4 { #expect(u[i].contains(sign * p[i][k - 1])) }
      for j in 0..<3 { #expect(v[j].contains(sign * q[j][k - 1])) }
    }
  }

  @Test("a wide matrix has wide enclosures, which contain the triplet of every member")
  func wide() throws {
    let noise = Rational(1, 500)
    let outer = try domain.singularTriplet(2, of: widened(Self.matrix, by: noise))
    let (u, v) = (try #require(outer.left), try #require(outer.right))
    for corner in 0..<64 {
      // Signs of the noise without a pattern in rows or columns.
      let member = Self.matrix.indices.map { i in
        (0..<3).map { j in Self.matrix[i][j] + ((corner * 37 + 11 * i + 5 * j * j) % 7 < 3 ? noise : -noise) }
      }
      let inner = try domain.singularTriplet(2, of: balls(member))
      let (x, y) = (try #require(inner.left), try #require(inner.right))
      let sign = domain.element(y[0].sign == v[0].sign ? 1 : -1)
      for (ball, number) in zip(u + v + [outer.value], (x + y).map { sign * $0 } + [inner.value]) {
        #expect(ball.lower <= number.lower && number.upper <= ball.upper)
      }
    }
    #expect((u + v + [outer.value]).allSatisfy { $0.radius < 0.05 })
  }

  @Test("what may coincide or vanish has values but no vectors")
  func refusals() throws {
    let coinciding = EvaluationError.undecided("singular values that may coincide")
    let twice: [[Rational]] = [[3, 0, 0], [0, 3, 0], [0, 0, 1]]
    for k in 1...2 {
      #expect(throws: coinciding) { try domain.singularTriplet(k, of: balls(twice)) }
      #expect(throws: coinciding) { try FloatingDomain().singularTriplet(k, of: floats(twice)) }
    }
    #expect(try domain.singularTriplet(3, of: balls(twice)).value.contains(1))
    #expect(try zip(domain.singularValues(balls(twice)), [3, 3, 1] as [Rational]).allSatisfy { $0.contains($1) })

    let singular: [[Rational]] = [[1, 2, 3], [2, 4, 6], [1, 0, 0], [2, 2, 3]]
    #expect(throws: EvaluationError.undecided("a singular value that may be zero")) {
      try domain.singularTriplet(3, of: balls(singular))
    }
    #expect(try domain.singularTriplet(1, of: balls(singular)).value.radius < 1e-33)
    let last = try domain.singularValues(balls(singular))[2]
    #expect(last.containsZero && last.radius < 1e-33)
    let zero = balls([[0, 0], [0, 0]])
    #expect(try domain.singularValues(zero).allSatisfy(\.containsZero))
    #expect(throws: coinciding) { try domain.singularTriplet(1, of: zero) }

    // Members of a wide matrix whose values cross.
    let crossing = widened([[2, 0], [0, Rational(199, 100)]], by: Rational(1, 99))
    #expect(throws: coinciding) { try domain.singularTriplet(1, of: crossing) }
    #expect(throws: coinciding) { try domain.singularTriplet(2, of: widened(Self.matrix, by: 1)) }
    #expect(throws: EvaluationError.self) { try domain.singularTriplet(4, of: balls(Self.matrix)) }
    #expect(throws: EvaluationError.self) { try RationalDomain().singularTriplet(1, of: Self.matrix) }
    #expect(throws: EvaluationError.self) { try domain.singularValues([]) }
    #expect(throws: EvaluationError.self) { try FloatingDomain().singularValues([[1, .nan]]) }
  }

  @Test("a gap of 10⁻¹² is resolved when the precision allows")
  func smallGap() throws {
    let tiny = Rational(1, 1_000_000_000_000)
    let close: [[Rational]] = [[2, tiny], [tiny, 2]]
    let found = try domain.singularTriplet(1, of: balls(close))
    #expect(found.value.contains(2 + tiny) && found.value.radius < 1e-30)
    let right = try #require(found.right)
    #expect(abs(right[0].absolute.approximation - 0.5.squareRoot()) < 1e-15)
    let coarse = BallDomain(precision: 32)
    #expect(throws: EvaluationError.self) { try coarse.singularTriplet(1, of: close.map { $0.map(coarse.element) }) }
  }

  @Test("floating point: small values to all digits, and vectors completed to orthogonal matrices")
  func floating() throws {
    let graded = try FloatingDomain().singularValues([[1, 1e-20], [2, 1e-20], [3, -1e-20]])
    #expect(abs(graded[0] / 14.0.squareRoot() - 1) < 1e-15 && abs(graded[1] / (3.0.squareRoot() * 1e-20) - 1) < 1e-15)
    let a: [[Double]] = [[1, 2], [2, 4], [0, 1], [1, 1]]
    let u = try (1...4).map { try #require(try FloatingDomain().singularTriplet($0, of: a).left) }
    for i in 0..<4 {
      for j in 0...i { #expect(abs(zip(u[i], u[j]).reduce(0) { $0 + $1.0 * $1.1 } - (i == j ? 1 : 0)) < 1e-15) }
    }
    let beyond = try FloatingDomain().singularTriplet(3, of: a)
    #expect(beyond.value == 0 && beyond.right == nil)
  }

  @Test("twenty rows take seconds at most, and few rows little")
  func speed() throws {
    let hilbert = (1...20).map { i in (1...20).map { Rational(1, i + $0 - 1) + (i == $0 ? Rational(i, 7) : 0) } }
    let clock = ContinuousClock()
    let large = try clock.measure { _ = try domain.singularTriplet(1, of: balls(hilbert)) }
    let small = try clock.measure { _ = try domain.singularTriplet(1, of: balls(Self.matrix)) }
    #expect(large < .seconds(20) && small < .seconds(1), "\(large), \(small)")
  }
}
