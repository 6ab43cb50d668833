// Every claim is verified, every mutant killed: one named test a claim.

import LipschitzDynamics
import Testing
import VerificationKit

@Suite("Every claim")
struct EveryClaimTests {
  @Test("holds, and its checks can fail", arguments: PaperClaims.slugs)
  func claim(_ slug: String) throws {
    let claim = try #require(PaperClaims.named(slug))
    #expect(claim.declarationFaults == [])
    let report = claim.verify(seed: 1, tier: .quick)
    for check in report.checks { print(slug, "|", check.name, "|", check.verdict.summary, "|", check.seconds) }
    for mutant in report.mutants where !mutant.isKilled { print("  SURVIVOR", mutant.name, mutant.outcomes) }
    for b in report.boundaries { print("  boundary", b.name, b.verdict.summary) }
    #expect(report.verdict.isPass, "\(report.verdict)")
  }
}
