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

  @Test("plants at least forty wrong versions, and statistical checks within the false-alarm budget")
  func census() {
    let counts = PaperClaims.all.map { self.counts($0) }
    #expect(counts.reduce(0) { $0 + $1.planted } >= 40)
    #expect(counts.reduce(0) { $0 + $1.checks } >= 40)
    #expect(counts.reduce(0) { $0 + $1.statistical } <= FalseAlarms.capacity)
  }

  private func counts<C: Claim>(_ claim: C.Type) -> (planted: Int, checks: Int, statistical: Int) {
    let statistical = claim.checks.count { [.monteCarlo, .training, .convergence].contains($0.evidence) }
    return (claim.mutants.count + claim.boundaries.count, claim.checks.count, statistical + claim.boundaries.count)
  }

  @Test("the registry, the claim folders and the proof pages agree")
  func registry() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let sources = root.appendingPathComponent("Sources/LipschitzDynamics")
    let files = try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
    let folders = files.compactMap { ($0 as? URL)?.lastPathComponent }
      .filter { $0.range(of: "^[A-Z][0-9]{2}_", options: .regularExpression) != nil }
    #expect(Set(folders.map { String($0.dropFirst(4)) }) == Set(PaperClaims.slugs))
    for folder in folders {
      let (number, slug) = (folder.prefix(3), String(folder.dropFirst(4)))
      let claim = try #require(PaperClaims.named(slug))
      let kind: [Character: String] = ["P": "Proposition", "L": "Lemma", "T": "Theorem"]
      #expect(claim.source.number == "\(kind[number.first!] ?? "?") \(Int(number.dropFirst()) ?? 0)")
    }
    let pages = try FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent("Proofs").path)
      .filter { $0.hasSuffix(".md") && $0 != "README.md" }
    #expect(!pages.isEmpty)
    for page in pages { #expect(PaperClaims.named(String(page.dropLast(3))) != nil, "\(page) proves no claim") }
  }
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
