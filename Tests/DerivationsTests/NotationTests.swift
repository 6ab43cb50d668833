// What a first document gets wrong or writes in its own way, and is told or given.

import Derivations
import SymbolicCalculus
import Testing

@Suite struct NotationTests {
  private func outcome(_ text: String) throws -> (name: String, report: String) {
    let outcome = Repository.check(derivation: text)
    let step = try #require(outcome.steps.first, "\(outcome.document.renderedErrors)")
    return (step.finding.name, outcome.report)
  }

  private static let motion = "let t : time let a, b : positive scalar brownian W "
  private static let frame = "let m, n : dimension let A : matrix[m, n] assume A' A = I let x : vector[n] "

  @Test(arguments: [
    ("let p : scalar assume 0 < p < 1 claim C: p^2 < p", true),
    ("let p : scalar assume 0 < p < 2 claim C: p^2 < p", false),
    ("let n : dimension let A : matrix[n, n] claim C: A^(n - 1) A = A^n", true),
    ("let n : dimension let A : matrix[n, n] claim C: A^(n + 1) A = A^n", false),
    (frame + "claim C: norm(A x) = norm(x)", true),
    (frame + "claim C: A A' = I", false),
    (motion + "claim C: Var[integral(u in 0..t) exp(-a u) dW] = (1 - exp(-2 a t))/(2 a)", true),
    (motion + "claim C: Var[integral(u in 0..t) exp(-a u) dW] = (1 - exp(-2 a t))/a", false),
    (
      motion + "claim C: Cov[integral(u in 0..t) exp(-a u) dW, integral(u in 0..t) u exp(-b u) dW] = "
        + "integral(u in 0..t) u exp(-(a + b) u) du", true
    ),
    (
      motion + "claim C: E[(integral(u in 0..t) exp(-a u) dW)^4] = 3 (integral(u in 0..t) exp(-2 a u) du)^2", true
    ),
    (motion + "claim C: d(integral(u in 0..t) exp(-a u) dW) = exp(-a t) dW", true),
    (motion + "claim C: d(integral(u in 0..t) exp(-a u) dW) = exp(a t) dW", false),
    (motion + "claim C: integral(u in 0..t) exp(-a u) dW = integral(u in 0..t) exp(-b u) dW", false),
  ])
  func decides(_ text: String, _ isTrue: Bool) throws {
    let (name, report) = try outcome(text)
    #expect(isTrue ? ["exact", "enclosed"].contains(name) : name == "refuted", "\(report)")
  }

  /// Nothing is said of hypotheses for which no point can be made: they are not called contradictory.
  @Test func unmadePointsAreNoContradiction() throws {
    let projection = try outcome("let n : dimension let P : matrix[n, n] assume P P = P claim C: (I - P)^2 = I - P")
    #expect(projection.name == "undecided" && projection.report.contains("P = A inv(A' A) A'"), "\(projection.report)")
    let contradiction = try outcome("let a : scalar assume a = a + 1 claim C: a = 0")
    #expect(contradiction.name == "vacuous", "\(contradiction.report)")
  }

  @Test func weightsOfAMeanAreAVector() throws {
    let family = try outcome(
      "let n : dimension let w[1..n] : nonnegative scalar assume sum(i in 1..n) w[i] = 1 claim C: w[1] <= 1")
    #expect(family.report.contains("declare w as a vector, and assume w[i] >= 0 for i in 1..n"), "\(family.report)")
    let vector = try outcome(
      "let n : dimension let w : vector[n] assume w[i] >= 0 for i in 1..n assume sum(i in 1..n) w[i] = 1 claim C: w[1] <= 1"
    )
    #expect(vector.name == "enclosed", "\(vector.report)")
  }

  @Test func differentialsAreShownWithOneSign() throws {
    let report = try outcome("brownian B : vector[2] claim C: dB[1] - 2 dB[2] = 3 dt - 2 dB[1]").report
    #expect(report.contains("3 dt - 2 dB[1]") && !report.contains("+ -") && !report.contains("(dB)"), "\(report)")
  }
}
