// Rational arithmetic: field laws on fractions whose digits outgrow a machine word.

import ExactArithmetic
import Testing

@Suite("Rational numbers")
struct RationalTests {
  @Test("1/1 + 1/2 + … + 1/60 telescopes exactly and outgrows 64 bits")
  func harmonic() {
    let h = (1...60).map { Rational(1, $0) }.sum
    #expect((1...60).reversed().map { Rational(1, $0) }.sum == h)
    #expect(h.description.count > 40)
    #expect((1...60).reduce(h) { $0 - Rational(1, $1) } == 0)
    #expect(abs(h.approximation - 4.679870412951738) < 1e-14)
  }

  @Test("values are reduced, ordered, printed, and never share mutation")
  func values() {
    #expect(Rational(6, -4).description == "-3/2")
    #expect(Rational(1, 3) < Rational(34, 100))
    var a = Rational(1, 3)
    let b = a
    a += Rational(2, 3)
    #expect(a == 1 && b == Rational(1, 3))
    #expect(-a * a.squared / 7 == Rational(-1, 7))
    #expect([Rational(1, 2), Rational(1, 3)].dot([2, 3]) == 2)
    #expect([Rational(1), 2, 6].mean == 3)
  }
}
