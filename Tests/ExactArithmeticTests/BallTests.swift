// Balls against digits from another library, and against rational arithmetic, which they must contain.

import ExactArithmetic
import Testing

@Suite("Balls")
struct BallTests {
  /// Digits by mpmath at x = 7/5, correct to half a unit of the last place.
  static let digits: [(String, @Sendable (Ball) -> Ball, String)] = [
    ("sqrt", \.squareRoot, "1.1832159566199232085134656583123234096831"),
    ("exp", \.exp, "4.05519996684467458722410889522862025216756"),
    ("log", \.log, "0.336472236621212930504593410216992090111483"),
    ("sin", \.sin, "0.985449729988460180659474578806097517356262"),
    ("cos", \.cos, "0.169967142900240938616748035203649802928184"),
    ("tanh", \.tanh, "0.885351648202262507583417652025573929455677"),
    ("power", { $0.power(Rational(-2, 3)) }, "0.799063530058140554715156901662707300494961"),
  ]

  @Test("functions agree with mpmath to forty digits and keep the precision asked for", arguments: digits)
  func functions(name: String, f: @Sendable (Ball) -> Ball, digits: String) throws {
    let expected = try #require(Rational(digits))
    for precision in [53, 128, 300] {
      let value = f(Ball(Rational(7, 5), precision: precision))
      #expect((value - Ball(expected, precision: 400)).absolute.lower < 1e-39)
      #expect(value.relativeAccuracyBits > precision - 8)
    }
    let sharp = f(Ball(Rational(7, 5), precision: 300))
    #expect((sharp - Ball(expected, precision: 400)).absolute.upper < 1e-38)
  }

  @Test("random rational formulas lie in the balls that evaluate them")
  func containment() {
    var dice = Dice(state: 7)
    for precision in [8, 24, 90] {
      for _ in 0..<40 {
        var x = Rational(Int.random(in: -9...9, using: &dice), 7)
        var ball = Ball(x, precision: precision)
        for _ in 0..<12 {
          let y = Rational(Int.random(in: 1...999, using: &dice), Int.random(in: 1...99, using: &dice))
          let other = Ball(y, precision: precision)
          switch Int.random(in: 0..<6, using: &dice) {
          case 0: (x, ball) = (x + y, ball + other)
          case 1: (x, ball) = (x - y, ball - other)
          case 2: (x, ball) = (x * y, ball * other)
          case 3: (x, ball) = (x / y, ball / other)
          case 4: (x, ball) = (-x.absolute, -ball.absolute)
          default: (x, ball) = ((x.squared + 1).power(-2), (ball * ball + Ball(1, precision: 2)).power(-2))
          }
          #expect(ball.contains(x))
          if let sign = ball.sign { #expect(sign == x.sign) }
          // FLINT's conversion of a fraction may miss the nearest double by one.
          let (near, slack) = (x.approximation, x.approximation.magnitude * 0x1p-52 + 1e-300)
          #expect(ball.lower <= near + slack && near - slack <= ball.upper)
        }
      }
    }
  }

  @Test("exactness, signs and overlap")
  func predicates() {
    let third = Ball(Rational(1, 3), precision: 60)
    let quarter = Ball(Rational(1, 4), precision: 60)
    #expect(quarter.isExact && quarter.exactValue == Rational(1, 4) && quarter.radius == 0)
    #expect(!third.isExact && third.exactValue == nil && third.radius > 0 && third.radius < 1e-17)
    #expect(!third.overlaps(quarter) && third.overlaps(Ball(Rational(1, 3), precision: 30)))
    let fuzzy = third * Ball(3, precision: 60) - Ball(1, precision: 60)
    #expect(fuzzy.containsZero && fuzzy.sign == nil && !fuzzy.isExactlyZero && fuzzy.relativeAccuracyBits < 1)
    #expect((quarter - quarter).isExactlyZero && (quarter - quarter).sign == 0)
    #expect(third.midpoint.isExact && third.overlaps(third.midpoint) && third.precision == 60)
    #expect(quarter.hull(-quarter).contains(0) && quarter.maximum(third).overlaps(third))
    #expect(quarter.widened(by: -third).contains(Rational(7, 12) - Rational(1, 1 << 50)))
    #expect((-third).magnitudeBound.isExact && (-third).magnitudeBound.lower >= 1.0 / 3)
  }

  @Test("where an operation is not defined the result is not finite; huge numbers stay bounded in time")
  func extremes() {
    let zero = Ball(0, precision: 100)
    #expect(
      !(Ball(1, precision: 100) / zero).isFinite && !zero.log.isFinite && !Ball(-1, precision: 100).squareRoot.isFinite)
    #expect(!zero.power(Rational(-1, 2)).isFinite)
    let huge = Ball(Rational(10).power(300), precision: 100)
    #expect(huge.exp.sign != -1 && huge.sin.upper <= 1.01 && huge.tanh.contains(1))
    #expect(huge.exp.upper == .infinity && (-huge).exp.lower < 1e-300 && huge.exp.exactValue == nil)
    _ = huge.exp.exp.cos.description
    for q in [
      Rational(10).power(300), Rational(10).power(300) + Rational(1, 3), Rational(1, 3) - Rational(10).power(300),
    ] {
      let power = Ball(Rational(3, 2), precision: 100).power(q)
      #expect(power.sign != -1 && power.description.utf8.count < 1000)
    }
  }

  @Test("the text shows certain digits only")
  func text() {
    let root = Ball(2, precision: 64).squareRoot
    #expect(root.description(digits: 10) == "[1.414213562 +/- 3.74e-10]")
    #expect(Ball(Rational(1, 4), precision: 64).description(digits: 5) == "0.25000")
    #expect(root.description.hasPrefix("[1.41421356237309504"))
  }
}

/// A generator with a seed (SplitMix64), so that a failure happens again.
private struct Dice: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
