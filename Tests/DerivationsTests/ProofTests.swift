// Every document in Proofs holds, with evidence as strong as its mathematics allows.

import Derivations
import SymbolicCalculus
import Testing

@Suite("Proofs") struct ProofTests {
  @Test("holds", arguments: Repository.proofs + Repository.examples)
  func holds(_ path: String) throws {
    let outcome = try Repository.outcome(path)
    #expect(outcome.isProved, "\(outcome.report)")
    for step in outcome.steps where step.finding.evidence?.kind == .sampled {
      // The law of a process at a time is known from paths only.
      #expect("\(step.statement)".contains("at("), "\(path) has a step that is only sampled")
    }
    // Each page tells how to check it.
    #expect(try Repository.text(path).contains("lipdyn check \(path)"))
  }

  /// Documents whose mathematics is polynomial or rational: nothing in them may be weaker than exact, but for inequalities
  /// and square roots of integers.
  @Test(
    "polynomial mathematics is exact",
    arguments: [
      "UnbiasedNoiseEstimator", "VarianceCovarianceSplit", "LowRankSquareRoot", "OperatorNormJacobian",
      "OperatorNormHessian", "LayerDynamics", "NetworkLogDynamics",
    ])
  func exact(_ name: String) throws {
    let outcome = try Repository.outcome("Proofs/\(name).md")
    for step in outcome.steps where step.statement.relation == .equal {
      let text = step.statement.description
      // √(M (M − 1)) and λ_Z are square roots of polynomials.
      if text.contains("^(1/2)") || text.contains("sqrt") || text.contains("λZ") || text.contains("Ω") { continue }
      #expect(step.finding.evidence?.kind == .exact, "\(name): \(text): \(step.finding.name)")
    }
  }

  @Test("the same seed gives the same report, another seed the same verdicts")
  func reproducible() throws {
    let document = try Repository.read("Proofs/LipschitzProductBound.md")
    let first = Repository.check(document, seed: 5)
    #expect(first.claims == Repository.check(document, seed: 5).claims)
    for seed in [7, 11] as [UInt64] {
      #expect(Repository.check(document, seed: seed).steps.map(\.isAccepted) == first.steps.map(\.isAccepted))
    }
  }
}
