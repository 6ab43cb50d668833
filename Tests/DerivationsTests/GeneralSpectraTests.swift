// Derivatives of operator norms at products and sums, whose singular vectors nobody drew.

import Derivations
import SymbolicCalculus
import Testing

@Suite("Spectra of expressions") struct GeneralSpectraTests {
  private func finding(_ text: String) throws -> Finding {
    let outcome = Repository.check(derivation: text)
    #expect(outcome.document.errors.isEmpty, "\(outcome.report)")
    return try #require(outcome.steps.last).finding
  }

  static let product = "let A : matrix[4, 3] let X, E, F : matrix[3, 3] "
  static let sized = "let m, n, k : dimension let A : matrix[k, m] let B, X, E, F : matrix[m, n] "

  @Test(arguments: [
    product + "claim C: D[Y -> opnorm(A Y)](X)[E] = tr(grad[opnorm](A X)' A E)",
    product + "claim C: D[Y -> opnorm(A Y)](X)[E] = D[opnorm](A X)[A E]",
    product + "claim C: grad[Y -> opnorm(A Y)](X) = A' grad[opnorm](A X)",
    product + "claim C: D[opnorm](A X)[A X] = opnorm(A X)",
    product + "claim C: D2[opnorm](A X)[A X, A E] = 0",
    product + "claim C: D[opnorm]((A X)')[(A E)'] = D[opnorm](A X)[A E]",
    product + "claim C: D2[Y -> log(opnorm(A Y))](X)[E, E] = D2[opnorm](A X)[A E, A E]/opnorm(A X)"
      + " - (D[opnorm](A X)[A E]/opnorm(A X))^2",
    product + "claim C: D2[Y -> opnorm(Y Y)](X)[E, F] = D2[opnorm](X X)[X E + E X, X F + F X]"
      + " + D[opnorm](X X)[E F + F E]",
    sized + "assume simple(opnorm(A X)) claim C: D[Y -> opnorm(A Y)](X)[E] = tr(grad[opnorm](A X)' A E)",
    sized + "assume simple(opnorm(B + X)) claim C: D2[opnorm](B + X)[E, F] = D2[Y -> opnorm(B + Y)](X)[F, E]",
    sized + "assume simple(opnorm(B + X)) claim C: D2[opnorm](2 B + 2 X)[E, E] = 1/2 D2[opnorm](B + X)[E, E]",
  ])
  func holds(text: String) throws {
    let finding = try finding(text)
    #expect(finding.evidence?.kind == .enclosed, "\(finding)")
  }

  @Test func curvatureIsNonnegative() throws {
    #expect(try finding(Self.product + "claim C: D2[opnorm](A X)[A E, A E] >= 0").evidence != nil)
    #expect(try finding(Self.product + "claim C: D2[opnorm](A X)[A E, A E] <= 0").name == "refuted")
  }

  @Test(arguments: [
    product + "claim C: D[Y -> opnorm(A Y)](X)[E] = 2 tr(grad[opnorm](A X)' A E)",
    product + "claim C: D[Y -> opnorm(A Y)](X)[E] = tr(A' grad[opnorm](A X))",
    product + "claim C: D[opnorm](A X)[A X] = opnorm(A) opnorm(X)",
    product + "claim C: D[opnorm](A X)[A X] = norm(A X)",
    product + "claim C: D2[Y -> opnorm(Y Y)](X)[E, F] = D2[opnorm](X X)[X E + E X, X F + F X]",
    sized + "claim C: D2[opnorm](2 B + 2 X)[E, E] = D2[opnorm](B + X)[E, E]",
    sized + "claim C: D2[opnorm](B + X)[E, F] = D2[opnorm](X)[E, F]",
  ])
  func refuted(text: String) throws {
    let finding = try finding(text)
    #expect(finding.name == "refuted", "\(finding)")
  }

  @Test("where the top is never simple there is nothing to differentiate")
  func degenerate() throws {
    let identity = "let X : matrix[2, 2] let A : orthogonal matrix[2, 2] "
    #expect(try finding(identity + "claim C: D[opnorm](2 A)[X] = tr(X)").name == "undecided")
    #expect(
      try finding(identity + "assume simple(opnorm(2 A)) claim C: D[opnorm](2 A)[X] = tr(X)").name == "vacuous")
  }

  @Test func differentiationCarriedOut() throws {
    let text =
      Self.product + """
        claim C: D[Y -> opnorm(A Y)](X)[E] = D[opnorm](A X)[A E] by differentiation
        """
    let outcome = Repository.check(derivation: text)
    #expect(outcome.document.errors.isEmpty && outcome.steps.last?.finding.evidence != nil, "\(outcome.report)")
  }
}
