import Glibc
import LipschitzDynamics
import VerificationKit

let report = LogNormalSpread.verify(seed: 1, tier: .quick)
print("\(report.slug): \(report.verdict), \(report.mutantsKilled) of \(report.mutantsPlanted) wrong versions caught")
for check in report.checks { print("  \(check.name): \(check.verdict.summary)") }
print("\(PaperClaims.all.count) claims of the paper are at hand, \(PaperClaims.slugs[0]) the first")
exit(report.verdict.isPass && report.mutants.allSatisfy(\.isKilled) ? 0 : 1)
