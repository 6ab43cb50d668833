// Arithmetic modulo a prime against rational arithmetic reduced at the end.

import ExactArithmetic
import Testing

@Suite("Prime fields")
struct PrimeFieldTests {
  @Test("a rational formula may be reduced before or after: reduction is a ring map")
  func reduction() throws {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<50 {
      let field = PrimeField.random { generator.next() }
      func draw() -> Rational { Rational(Int.random(in: -99...99), Int.random(in: 1...99)) }
      var (x, image) = (Rational(1), UInt64(1))
      for _ in 0..<60 {
        let y = draw()
        let z = try #require(field.residue(y))
        switch Int.random(in: 0..<4) {
        case 0: (x, image) = (x + y, field.add(image, z))
        case 1: (x, image) = (x - y, field.subtract(image, z))
        case 2: (x, image) = (x * y, field.multiply(image, z))
        default: (x, image) = (-x, field.negate(image))
        }
        if x != 0 {
          (x, image) = (1 / x, try #require(field.inverse(image)))
        }
        #expect(field.residue(x) == image)
      }
      #expect(field.power(image, 5) == field.residue(x.power(5)))
    }
  }

  @Test("random moduli are primes of 63 bits; elements are residues")
  func random() {
    var generator = SystemRandomNumberGenerator()
    let fields = (0..<20).map { _ in PrimeField.random { generator.next() } }
    #expect(Set(fields).count == 20)
    for field in fields {
      #expect(field.modulus >> 62 == 1 && PrimeField(modulus: field.modulus) == field)
      #expect(field.randomElement { generator.next() } < field.modulus)
    }
  }

  @Test("no inverse of zero, no composite modulus, no reduction of 1/p")
  func refusals() throws {
    let seven = try #require(PrimeField(modulus: 7))
    #expect(seven.inverse(0) == nil && seven.residue(Rational(3, 14)) == nil)
    #expect(seven.residue(Rational(-1, 3)) == 2 && seven.inverse(3) == 5)
    #expect(PrimeField(modulus: 1) == nil && PrimeField(modulus: 9) == nil)
    #expect(PrimeField(modulus: UInt64.max) == nil && PrimeField(modulus: 18_446_744_073_709_551_557) == nil)
  }
}
