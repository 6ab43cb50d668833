// Derivations written in Swift are checked as those in documents are.

import Derivations
import SymbolicCalculus
import Testing

@Suite("Swift front") struct SwiftFrontTests {
  @Test func traces() {
    let n = Dimension("n")
    let (a, b) = (Expression.variable("A", Shape(n, n)), Expression.variable("B", Shape(n, n)))
    let derivation = Derivation("Traces") {
      Let(n)
      Let(a, b)
      Claim("Cyclic", tr(a * b), .equal, tr(b * a))
      Claim("Commuting", a * b, .equal, b * a)
    }
    let outcome = DerivationChecker().check(derivation)
    #expect(outcome.claims.map(\.isProved) == [true, false])
    #expect(outcome.claims[1].isRefuted)
  }

  @Test func logarithmOfAProcess() {
    let (m, s, k) = (
      Expression.variable("m", .scalar), Expression.variable("s", .scalar), Expression.variable("K", .scalar)
    )
    let dW = Expression.dW("W", .scalar)
    func derivation(correction: Expression) -> Derivation {
      Derivation("Logarithm") {
        Let(m, s)
        Brownian("W")
        Process(k, d: k * m * .dt + k * s * dW)
        Assume(k, .greater, 0)
        Claim("Logarithm", d(log(k)), .equal, (m - correction) * .dt + s * dW) {
          Step(.equal, d(k) / k - d(k) * d(k) / (2 * k * k), by: .ito)
          Step(.equal, (m - correction) * .dt + s * dW, by: .algebra)
        }
      }
    }
    #expect(DerivationChecker().check(derivation(correction: s * s / 2)).isProved)
    let wrong = DerivationChecker().check(derivation(correction: s * s))
    #expect(wrong.claims[0].steps.map(\.isAccepted) == [true, false])
  }

  @Test func varianceOfAMean() {
    let m = Dimension("M")
    let g = { (i: Dimension) in Expression.variable("g", .scalar, [i]) }
    let mean = Expression.sum("i", from: 1, to: m) { g($0) } / .size(m)
    let outcome = DerivationChecker().check(
      Derivation("Means") {
        Let(m)
        Let("g", .scalar, upTo: m, isIndependent: true)
        Claim("Variance", variance(mean), .equal, variance(g(1)) / .size(m))
        Claim("Lost", variance(mean), .equal, variance(g(1)))
      })
    #expect(outcome.claims.map(\.isProved) == [true, false])
  }
}
