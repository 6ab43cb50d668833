// Every domain of numbers against the others and against digits from another library.

import ExactArithmetic
import Glibc
import SymbolicCalculus
import Testing

@Suite("Domains of numbers")
struct DomainTests {
  static let half = ElementaryFunction.power(Rational(1, 2))
  /// Taylor coefficients at 7/5 by mpmath.
  static let series: [(ElementaryFunction, [String])] = [
    (
      .exp,
      [
        "4.0551999668446745872241088952286202522", "4.0551999668446745872241088952286202522",
        "2.0275999834223372936120544476143101261", "0.67586666114077909787068481587143670869",
        "0.16896666528519477446767120396785917717", "0.033793333057038954893534240793571835435",
      ]
    ),
    (
      .log,
      [
        "0.33647223662121293050459341021699209011", "0.71428571428571428571428571428571428571",
        "-0.25510204081632653061224489795918367347", "0.12147716229348882410106899902818270165",
        "-0.065077051228654727197001249479383590171", "0.037186886416374129826857856845362051526",
      ]
    ),
    (
      .sin,
      [
        "0.98544972998846018065947457880609751736", "0.16996714290024093861674803520364980293",
        "-0.49272486499423009032973728940304875868", "-0.028327857150040156436124672533941633821",
        "0.041060405416185840860811440783587396557", "0.0014163928575020078218062336266970816911",
      ]
    ),
    (
      .cos,
      [
        "0.16996714290024093861674803520364980293", "-0.98544972998846018065947457880609751736",
        "-0.084983571450120469308374017601824901464", "0.16424162166474336344324576313434958623",
        "0.0070819642875100391090311681334854084553", "-0.0082120810832371681721622881567174793113",
      ]
    ),
    (
      .tanh,
      [
        "0.88535164820226250758341765202557392946", "0.21615245902553720712390724663980308363",
        "-0.19137093586123137879529571367058485498", "0.09737975380757159685030294404728686912",
        "-0.022425013581320268410617377003499708826", "-0.0078025072223319065479883502562699316762",
      ]
    ),
    (
      .power(Rational(-5, 2)),
      [
        "0.43120115037169213138245833028874759828", "-0.77000205423516452032581844694419213979",
        "0.96250256779395565040727305868024017473", "-1.0312527512078096254363639914431144729",
        "1.0128375235076701678392860630244874288", "-0.94049198611426515585076562995130975529",
      ]
    ),
  ]

  @Test("Taylor coefficients in balls and in floating point agree with mpmath", arguments: series)
  func taylor(f: ElementaryFunction, digits: [String]) throws {
    let ball = BallDomain(precision: 160)
    let enclosed = try ball.taylor(f, at: ball.element(Rational(7, 5)), order: 5)
    let floating = try FloatingDomain().taylor(f, at: 1.4, order: 5)
    #expect(enclosed.count == 6 && floating.count == 6)
    for (k, text) in digits.enumerated() {
      let expected = try #require(Rational(text))
      #expect((enclosed[k] - ball.element(expected)).absolute.upper < 1e-36 && enclosed[k].relativeAccuracyBits > 140)
      #expect(abs(floating[k] - expected.approximation) < 1e-14)
    }
  }

  @Test("rational Taylor coefficients, where there are any")
  func rationalTaylor() throws {
    let exact = RationalDomain()
    #expect(
      try exact.taylor(Self.half, at: Rational(4, 9), order: 2) == [Rational(2, 3), Rational(3, 4), Rational(-27, 64)])
    #expect(try exact.taylor(.power(Rational(-2, 3)), at: 8, order: 1) == [Rational(1, 4), Rational(-1, 48)])
    #expect(try exact.taylor(.exp, at: 0, order: 4) == [1, 1, Rational(1, 2), Rational(1, 6), Rational(1, 24)])
    #expect(try exact.taylor(.log, at: 1, order: 3) == [0, 1, Rational(-1, 2), Rational(1, 3)])
    #expect(try exact.taylor(.sin, at: 0, order: 5) == [0, 1, 0, Rational(-1, 6), 0, Rational(1, 120)])
    #expect(try exact.taylor(.cos, at: 0, order: 4) == [1, 0, Rational(-1, 2), 0, Rational(1, 24)])
    #expect(try exact.taylor(.tanh, at: 0, order: 5) == [0, 1, 0, Rational(-1, 3), 0, Rational(2, 15)])
    #expect(try exact.taylor(.power(Rational(5, 2)), at: 0, order: 2) == [0, 0, 0])
  }

  @Test("a domain says what it cannot do, what has no value, and what it cannot decide")
  func refusals() throws {
    let (exact, ball, floating) = (RationalDomain(), BallDomain(precision: 80), FloatingDomain())
    let prime = PrimeDomain(try #require(PrimeField(modulus: 10007)))
    let degree = DegreeDomain()
    let (two, zero) = (exact.element(2), ball.element(0))
    let third = ball.element(Rational(1, 3))
    let fuzzy = third * ball.element(3) - ball.element(1)

    #expect(throws: EvaluationError.undefined("division by zero")) { try exact.inverse(0) }
    #expect(throws: EvaluationError.undefined("division by zero")) { try ball.inverse(zero) }
    #expect(throws: EvaluationError.undefined("division by zero")) { try floating.inverse(0) }
    #expect(throws: EvaluationError.undefined("division by zero")) { try prime.inverse(0) }
    #expect(throws: EvaluationError.undefined("division by zero")) { try degree.inverse(degree.element(0)) }
    #expect(throws: EvaluationError.undefined("log of -3/2")) {
      try ball.taylor(.log, at: ball.element(Rational(-3, 2)), order: 0)
    }
    #expect(throws: EvaluationError.undefined("log of -3/2")) { try exact.taylor(.log, at: Rational(-3, 2), order: 0) }
    #expect(throws: EvaluationError.undefined("log of 0")) { try ball.taylor(.log, at: zero, order: 0) }
    #expect(throws: EvaluationError.undefined("square root of -2")) { try exact.taylor(Self.half, at: -2, order: 0) }
    #expect(throws: EvaluationError.undefined("square root of 0")) { try ball.taylor(Self.half, at: zero, order: 1) }
    #expect(throws: EvaluationError.undefined("log of -1.0")) { try floating.taylor(.log, at: -1, order: 0) }
    #expect(try ball.taylor(Self.half, at: zero, order: 0)[0].isExactlyZero)

    #expect(isUndecided { _ = try ball.inverse(fuzzy) })
    #expect(isUndecided { _ = try ball.taylor(.log, at: fuzzy, order: 0) })
    #expect(isUndecided { _ = try ball.taylor(Self.half, at: fuzzy, order: 0) })
    #expect(ball.pivotQuality(fuzzy) == 0 && ball.pivotQuality(third) > 0.33 && ball.pivotQuality(zero) == 0)
    #expect(ball.pivotQuality(ball.element(Rational(10).power(-400))) > 0)
    #expect(floating.sign(.nan) == nil && floating.sign(-2) == -1 && exact.sign(two) == 1)

    #expect(isUnsupported { _ = try exact.taylor(Self.half, at: two, order: 0) })
    #expect(isUnsupported { _ = try exact.taylor(.exp, at: two, order: 0) })
    #expect(isUnsupported { _ = try prime.taylor(Self.half, at: 4, order: 0) })
    #expect(isUnsupported { _ = try prime.sign(4) })
    #expect(isUnsupported { _ = try exact.largestEigenvalue([[2, 1], [1, 2]]) })
  }

  private func isUndecided(_ body: () throws -> Void) -> Bool {
    if case .undecided? = #expect(throws: EvaluationError.self, performing: body) { true } else { false }
  }
  private func isUnsupported(_ body: () throws -> Void) -> Bool {
    if case .unsupported? = #expect(throws: EvaluationError.self, performing: body) { true } else { false }
  }

  /// (a + 2/3)⁻¹ − b a, in any domain.
  private func formula<D: ScalarDomain>(_ domain: D, _ a: D.Element, _ b: D.Element) throws -> D.Element {
    let shifted = domain.add(a, try domain.element(Rational(2, 3)))
    return domain.subtract(try domain.inverse(shifted), domain.multiply(b, domain.negate(domain.negate(a))))
  }

  @Test("one formula has one value in every domain")
  func agreement() throws {
    let exact = try formula(RationalDomain(), Rational(5, 7), -3)
    let ball = BallDomain(precision: 100)
    #expect(try formula(ball, ball.element(Rational(5, 7)), ball.element(-3)).contains(exact))
    #expect(abs(try formula(FloatingDomain(), 5.0 / 7, -3) - exact.approximation) < 1e-14)
    let prime = PrimeDomain(try #require(PrimeField(modulus: (1 << 61) - 1)))
    #expect(try formula(prime, prime.element(Rational(5, 7)), prime.element(-3)) == prime.element(exact))

    let domain = RationalFunctionDomain(RationalFunctionField(["a", "b"]))
    let (a, b) = (domain.variable(0), domain.variable(1))
    let value = try formula(domain, a, b)
    // 1/(a + 2/3) − b a = (1 − (a + 2/3) a b)/(a + 2/3).
    #expect(value.description == "(-a^2*b - 2/3*a*b + 1)/(a + 2/3)")
    #expect(try formula(domain, domain.element(Rational(5, 7)), domain.element(-3)).constant == exact)
    #expect(try domain.taylor(Self.half, at: domain.element(4), order: 1).map(\.constant) == [2, Rational(1, 4)])
    #expect(isUnsupported { _ = try domain.taylor(.exp, at: a, order: 0) })
    #expect(isUnsupported { _ = try domain.sign(a) })
  }

  @Test("degrees and heights bound what a small identity needs")
  func degrees() throws {
    let domain = DegreeDomain()
    let (x, y, three) = (domain.variable(), domain.variable(), domain.element(Rational(3, 4)))
    // (x + 3/4)/y − x y: numerator 4x + 3 − 4x y², denominator 4y.
    let left = domain.multiply(domain.add(x, three), try domain.inverse(y))
    let difference = domain.subtract(left, domain.multiply(x, y))
    #expect(difference.numeratorDegree == 3 && difference.denominatorDegree == 1)
    #expect(abs(exp2(difference.numeratorHeight) - 11) < 1e-12 && difference.denominatorHeight == 2)
    let bits = domain.failureBits(difference: difference)
    #expect(bits > 59 && bits < 62)
    #expect(
      domain.failureBits(difference: domain.subtract(domain.multiply(domain.element(0), x), domain.element(0)))
        == .infinity)
    #expect(domain.pivotQuality(x) == 1 && domain.pivotQuality(domain.element(0)) == 0)
    // Doubling a degree may only cost bits.
    #expect(domain.failureBits(difference: domain.multiply(difference, difference)) < bits)
  }
}
