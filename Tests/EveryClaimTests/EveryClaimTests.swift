// Every claim holds (under the hypotheses it names), every wrong version of it is caught, and the registry is whole.

import DenseLinearAlgebra
import Foundation
import LipschitzDynamics
import Testing
import VerificationKit

@Suite("Every claim")
struct EveryClaimTests {
  init() { BLASThreads.limit(to: 1) }

  @Test("holds, and its checks can fail", arguments: PaperClaims.slugs)
  func verify(_ slug: String) throws {
    let claim = try #require(PaperClaims.named(slug))
    let report = claim.verify(seed: 1, tier: .quick)
    for check in report.checks {
      #expect(check.verdict.isSupported, "\(slug), \(check.name): \(check.verdict.summary)")
    }
    for mutant in report.mutants { #expect(mutant.isKilled, "\(slug): '\(mutant.name)': \(mutant.outcomes)") }
    for boundary in report.boundaries {
      #expect(boundary.isDemonstrated, "\(slug): '\(boundary.name)': \(boundary.verdict.summary)")
    }
    #expect(report.verdict.isPass, "\(report.verdict)")
    let row = try readmeTable()[slug]
    #expect(row?.contains("  \(report.verdict.label)  ") == true, "the README's row of \(slug) is \(row ?? "missing")")
    #expect(report.evidence.count >= 2)
  }

  @Test("declares its blind spots consistently", arguments: PaperClaims.slugs)
  func declarations(_ slug: String) throws {
    let claim = try #require(PaperClaims.named(slug))
    #expect(claim.declarationFaults == [])
    #expect(!claim.statement.hypotheses.isEmpty)
    // A boundary drops a hypothesis that the statement lists.
    for boundary in claim.boundaries {
      #expect(claim.statement.hypotheses.contains(boundary.dropped), "\(boundary.name)")
    }
  }

  @Test("whatever the paper does not state is shown to be needed, by some claim's boundary")
  func demonstrations() {
    let dropped = PaperClaims.all.flatMap { $0.boundaries.map(\.dropped) }
    for claim in PaperClaims.all {
      for hypothesis in claim.statement.hypotheses where !hypothesis.isStated {
        #expect(dropped.contains(hypothesis), "\(claim.slug): nothing drops '\(hypothesis.text)'")
      }
    }
  }

  @Test("plants at least 120 wrong versions, and statistical checks within the false-alarm budget")
  func census() {
    let counts = PaperClaims.all.map { self.counts($0) }
    #expect(counts.count >= 30)
    #expect(counts.reduce(0) { $0 + $1.mutants } >= 120)
    #expect(counts.reduce(0) { $0 + $1.statistical } <= FalseAlarms.capacity)
  }

  private func counts<C: Claim>(_ claim: C.Type) -> (mutants: Int, statistical: Int) {
    let statistical = claim.checks.count { [.monteCarlo, .training, .convergence].contains($0.evidence) }
    return (claim.mutants.count, statistical + claim.boundaries.count)
  }
}

/// The rows of the README's verdict table, by claim.
func readmeTable() throws -> [String: String] {
  let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  let text = try String(contentsOf: root.appendingPathComponent("README.md"), encoding: .utf8)
  let block = text.components(separatedBy: "```").first { $0.hasPrefix("text\npaper ") } ?? ""
  let rows = block.split(separator: "\n").dropFirst(3).map(String.init)
  return Dictionary(
    rows.compactMap { row in
      let cells = row.components(separatedBy: "  ").map { $0.trimmingCharacters(in: .whitespaces) }.filter {
        !$0.isEmpty
      }
      return cells.count > 2 ? (cells[1], row) : nil
    }, uniquingKeysWith: { first, _ in first })
}

@Suite("Reproducibility of verdicts")
struct ReproducibilityTests {
  @Test("equal seeds give equal p-values, other seeds other ones; skipping mutants changes no digit")
  func seeds() throws {
    let claim = try #require(PaperClaims.named("LogNormalMGF"))
    let first = claim.verify(seed: 11, tier: .quick).pValues
    #expect(!first.isEmpty)
    #expect(claim.verify(seed: 11, tier: .quick).pValues == first)
    #expect(claim.verify(seed: 11, tier: .quick, includingMutants: false).pValues == first)
    #expect(claim.verify(seed: 12, tier: .quick).pValues != first)
  }
}
