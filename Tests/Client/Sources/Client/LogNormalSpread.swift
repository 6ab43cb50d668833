// A claim of one's own in a package of one's own: statement, function, checks and wrong versions.

import Glibc
import LipschitzDynamics
import VerificationKit

/// Var K/(E K)² = e^v − 1 for K = e^Z, Z ~ N(m, v).
enum LogNormalSpread: Claim {
  static let source = Source(paper: "this package", "Example 1")
  static let statement = Statement(
    "Var K/(E K)² = e^v − 1", meaning: "The relative variance of a log-normal depends on v alone.",
    hypotheses: [gaussian])
  static let gaussian = Hypothesis.own("Z = log K is Gaussian")

  /// The function under test: v to Var K/(E K)².
  typealias Subject = @Sendable (_ variance: Double) -> Double
  static let subject: Subject = { v in expm1(v) }

  static let checks: [Check<Subject>] = [
    .roundOffIdentity("two moments of Lemma 19") { spread, _ in
      try [0.01, 0.3, 1, 2].map { v in
        let first = try LogNormalMGF.momentGeneratingFunction(1, mean: 0.2, variance: v)
        let second = try LogNormalMGF.momentGeneratingFunction(2, mean: 0.2, variance: v)
        let ratio = second / (first * first)
        return NumericIdentity(
          "v = \(v)", claimed: spread(v), expected: ratio - 1, magnitude: ratio, operations: 6, condition: 1 + 2 * v)
      }
    },
    .monteCarloMean("samples of K with E K = 1") { spread, _ in
      let v = 0.1
      return { generator in
        let k = exp(v.squareRoot() * generator.gaussian() - v / 2)
        return [(k - 1) * (k - 1) - spread(v)]
      }
    },
  ]

  static let mutants: [Mutant<Subject>] = [
    Mutant("first order only") { v in v },
    Mutant("standard deviation for variance") { v in expm1(v.squareRoot()) },
    Mutant("half of the exponent") { v in expm1(v / 2) },
  ]

  static let boundaries = [
    Boundary(
      "a Laplace variable of the same variance", drops: gaussian, remedy: "use the variable's own moments"
    ) { _ in
      // Laplace(0, b) has variance 2b² and E e^{sX} = 1/(1 − s²b²).
      let v = 0.2
      let found = (1 - v / 2) * (1 - v / 2) / (1 - 2 * v) - 1
      guard abs(found - subject(v)) > 1e-6 else { return .inconclusive("the two laws agree") }
      return .refuted(Counterexample(at: "Laplace, v = \(v)", claimed: "\(subject(v))", found: "\(found)"))
    }
  ]
}
