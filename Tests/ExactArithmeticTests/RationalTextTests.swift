// Rational numbers read from text, taken apart, raised to powers, and hashed by value.

import ExactArithmetic
import Testing

@Suite("Rational numbers as an expression needs them")
struct RationalTextTests {
  @Test(
    "every written form has its value",
    arguments: [
      ("3", Rational(3)), ("-3/4", Rational(-3, 4)), ("0.25", Rational(1, 4)), ("1e-3", Rational(1, 1000)),
      ("6/4", Rational(3, 2)), ("+2.50E1", 25), (".5", Rational(1, 2)), ("-0.0", 0), ("12e2", 1200), ("007", 7),
    ])
  func reads(text: String, value: Rational) { #expect(Rational(text) == value) }

  @Test(
    "nothing else is a number",
    arguments: [
      "", "-", ".", "e5", "3.", "1/0", "1/00", "1/", "/2", "1/-2", "1.5/2", "1/2e3", "2e", "1e401", "1e-401",
      "1e99999999999",
      "1 ", "0x10", "٣", "--1", "nan", String(repeating: "9", count: 401), "1/" + String(repeating: "7", count: 401),
    ])
  func refuses(text: String) { #expect(Rational(text) == nil) }

  @Test("the largest accepted text is exact")
  func extremes() throws {
    let long = String(repeating: "9", count: 400)
    #expect(try #require(Rational(long)).description == long)
    #expect(try #require(Rational("1e400")) * #require(Rational("1e-400")) == 1)
  }

  @Test("parts, sign, powers and roots")
  func parts() throws {
    let x = Rational(-6, 8)
    #expect(x.numerator == -3 && x.denominator == 4 && x.sign == -1 && x.absolute == Rational(3, 4))
    #expect(!x.isInteger && x.asInt == nil && Rational(-7).asInt == -7 && Rational(0).sign == 0)
    let big = Rational(2).power(200)
    #expect(big.isInteger && big.asInt == nil && Rational(Int.min).asInt == Int.min)
    #expect(x.power(-3) == Rational(-64, 27) && x.power(0) == 1 && Rational(0).power(0) == 1)
    #expect(Rational(64, 27).root(3) == Rational(4, 3) && Rational(0).root(2) == 0)
    #expect(Rational(2).root(2) == nil && Rational(4, 3).root(2) == nil && Rational(-8).root(3) == nil)
    #expect(big.bits == (200, 0) && Rational(1, 8).bits == (0, 3) && Rational(0).bits.numerator == -.infinity)
    #expect(Set([big, Rational(4).power(100), Rational(1, 3), Rational(2, 6)]).count == 2)
  }
}
