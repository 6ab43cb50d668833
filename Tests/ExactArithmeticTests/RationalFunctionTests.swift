// Rational functions: normal forms decide identities, and the budget stops what would not end.

import ExactArithmetic
import Testing

@Suite("Rational functions")
struct RationalFunctionTests {
  let field = RationalFunctionField(["x", "y", "z"], termBudget: 200)
  var x: RationalFunction { RationalFunction(variable: 0, field) }
  var y: RationalFunction { RationalFunction(variable: 1, field) }
  var z: RationalFunction { RationalFunction(variable: 2, field) }
  func constant(_ q: Rational) -> RationalFunction { RationalFunction(q, field) }

  @Test("common factors cancel, units move to the numerator")
  func normalForm() throws {
    let quotient = (x * x - y * y) * (try #require((x - y).inverse))
    #expect((quotient - x - y).isZero && quotient.description == "x + y")
    let scaled = x * (try #require((constant(2) * y).inverse))
    #expect(scaled.description == "(1/2*x)/(y)")
    let one = (x + y) * (try #require((y + x).inverse))
    #expect(one.constant == 1 && (one - one).constant == 0 && x.constant == nil && scaled.constant == nil)
  }

  @Test("partial fractions, and the same with one sign wrong")
  func partialFractions() throws {
    func inverse(_ f: RationalFunction) throws -> RationalFunction { try #require(f.inverse) }
    let (a, b, c) = (x - y, y - z, z - x)
    let terms = try x * inverse(-a * c) + y * inverse(-b * a) + z * inverse(-c * b)
    #expect(terms.isZero)
    #expect(try !(x * inverse(a * c) + y * inverse(-b * a) + z * inverse(-c * b)).isZero)
    #expect(constant(0).inverse == nil)
  }

  @Test("too many terms: marked, and so is all that follows")
  func budget() {
    var power = constant(1)
    for _ in 0..<12 { power = power * (x + y + z + constant(1)) }
    #expect(power.isTooLarge && !power.isZero && power.constant == nil)
    #expect((power - power).isTooLarge && (power * constant(0)).isTooLarge && (-power).isTooLarge)
    #expect(power.description == "more than 200 terms")
  }
}
