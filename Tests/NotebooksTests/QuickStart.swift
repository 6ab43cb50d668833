// What notebooks-md/quickstart.md quotes: compiled and run, so that it cannot go stale.

import DenseLinearAlgebra
import Glibc
import LipschitzDynamics
import Testing
import VerificationKit

// region: first-claim
/// The slope of softplus, x ↦ log(1 + eˣ), is the logistic function.
enum SoftplusSlope: Claim {
  static let source = Source(paper: "my own", "Lemma 1")
  static let statement = Statement(
    "d/dx log(1 + eˣ) = 1/(1 + e⁻ˣ)", meaning: "A smooth ReLU has Lipschitz constant 1.", hypotheses: [])

  typealias Subject = @Sendable (Double) -> Double
  static let subject: Subject = { 1 / (1 + exp(-$0)) }

  static let checks: [Check<Subject>] = [
    .derivative("Taylor remainder of softplus") { slope, _ in
      [-2, 0, 0.5, 3].map { x in
        TaylorCase("x = \(x)", derivatives: [slope(x)], reach: 0.5) { h in log1p(exp(x + h)) }
      }
    },
    .roundOffIdentity(
      "slopes at x and −x sum to one", blindTo: ["falling: 1/(1 + eˣ)": "its values, too, sum to one"]
    ) { slope, _ in
      [0.25, 1, 4].map { x in
        NumericIdentity("x = \(x)", claimed: slope(x) + slope(-x), expected: 1, operations: 8)
      }
    },
  ]

  static let mutants: [Mutant<Subject>] = [
    Mutant("falling: 1/(1 + eˣ)") { 1 / (1 + exp($0)) },
    Mutant("tanh(x/2): the logistic function's other scale") { tanh($0 / 2) },
    Mutant("2/(1 + e⁻ˣ): lost ½") { 2 / (1 + exp(-$0)) },
  ]
}
// endregion

@Suite("Quick start")
struct QuickStart {
  @Test func firstClaim() {
    // region: verify
    let report = SoftplusSlope.verify(seed: 1, tier: .quick)
    #expect(report.verdict == .holds)
    #expect(report.mutants.allSatisfy { $0.isKilled })
    // endregion
  }

  @Test func gradientOfTheNorm() throws {
    // region: gradient
    let theta = Matrix([[2.0, 1.0], [1.0, 2.0], [0.0, 0.0]])
    let top = try TopSingularTriplet(theta).requireSimple()
    let gradient = OperatorNormJacobian.jacobian(at: top)  // u₁v₁ᵀ, as large as theta
    // endregion
    #expect(abs(top.sigma - 3) < 1e-14)
    for (row, expected) in [0.5, 0.5, 0].enumerated() {
      for column in 0..<2 { #expect(abs(gradient[row, column] - expected) < 1e-14) }
    }
  }
}
