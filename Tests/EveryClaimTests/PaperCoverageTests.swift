// The paper's statements, the registry, the claim folders and the proof pages tell one story; and the test of it can fail.

import Foundation
import LipschitzDynamics
import Testing
import VerificationKit

@Suite("Coverage of the paper")
struct PaperCoverageTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  private static func coverage() throws -> PaperCoverage {
    let sources = root.appendingPathComponent("Sources/LipschitzDynamics")
    let files = try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
    let folders = files.compactMap { ($0 as? URL)?.lastPathComponent }
      .filter { $0.range(of: "^[A-Z][0-9]{2}_", options: .regularExpression) != nil }
    let proofs = try FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent("Proofs").path)
    return PaperCoverage(
      paper: try Paper.load(), registry: PaperClaims.all.map { ($0.slug, $0.source.number) }, folders: folders,
      derivations: proofs.filter { $0.hasSuffix(".md") }.map { String($0.dropLast(3)) })
  }

  @Test("nothing is missing")
  func whole() throws { #expect(try Self.coverage().faults == []) }

  @Test("a claim folder that is deleted is noticed", arguments: PaperClaims.slugs)
  func deletedFolder(_ slug: String) throws {
    var coverage = try Self.coverage()
    coverage.folders.removeAll { $0.hasSuffix("_" + slug) }
    #expect(coverage.faults == ["\(slug) has no folder"])
  }

  @Test("a derivation that is deleted is noticed")
  func deletedDerivation() throws {
    var coverage = try Self.coverage()
    coverage.derivations.removeAll { $0 == "OperatorNormHessian" }
    #expect(coverage.faults == ["OperatorNormHessian needs either a derivation in Proofs or a reason why it has none"])
    coverage.derivations += ["OperatorNormHessian", "Nothing"]
    #expect(coverage.faults == ["the derivation of Nothing belongs to no claim"])
  }

  @Test("a claim that is left out of Paper.json is noticed", arguments: PaperClaims.slugs)
  func leftOut(_ slug: String) throws {
    var coverage = try Self.coverage()
    coverage.paper = try edited { statements in
      statements.removeAll { $0["claim"] as? String == slug }
    }
    #expect(coverage.faults.contains("\(slug) is registered but not in Paper.json"))
  }

  @Test("a claim that is left out of the registry is noticed", arguments: PaperClaims.slugs)
  func unregistered(_ slug: String) throws {
    var coverage = try Self.coverage()
    coverage.registry.removeAll { $0.slug == slug }
    #expect(coverage.faults.contains("\(slug) is in Paper.json but not registered"))
    #expect(coverage.faults.contains("the folder of \(slug) is not registered"))
  }

  @Test("missing numbers, circles, wrong folders and statements without a verdict or a reason are noticed")
  func otherFaults() throws {
    var coverage = try Self.coverage()
    coverage.paper = try edited { $0.removeAll { $0["number"] as? String == "Remark 18" } }
    #expect(coverage.faults == ["statement 18 of the paper is listed 0 times"])
    coverage.paper = try edited { statements in
      for i in statements.indices where statements[i]["claim"] as? String == "SGDUpdate" {
        statements[i]["proofUses"] = ["SamplingTrajectory"]
        statements[i]["equations"] = [2]
      }
      for i in statements.indices where statements[i]["number"] as? String == "Remark 2" {
        statements[i]["notChecked"] = nil
      }
    }
    let faults = coverage.faults
    #expect(faults.contains("SGDUpdate rests on itself"))
    #expect(faults.contains("equation 1 of the paper is listed 0 times"))
    #expect(faults.contains("equation 2 of the paper is listed 2 times"))
    #expect(faults.contains("Remark 2 needs either a claim or a reason why it is not checked"))
    var misplaced = try Self.coverage()
    misplaced.folders = misplaced.folders.map { $0.replacingOccurrences(of: "P05_", with: "P06_") }
    #expect(misplaced.faults == ["the folder P06_UnbiasedNoiseEstimator does not fit 'Proposition 5'"])
  }

  @Test("every proof page proves a claim")
  func proofs() throws {
    let pages = try FileManager.default.contentsOfDirectory(atPath: Self.root.appendingPathComponent("Proofs").path)
      .filter { $0.hasSuffix(".md") && $0 != "README.md" }
    #expect(!pages.isEmpty)
    for page in pages { #expect(PaperClaims.named(String(page.dropLast(3))) != nil, "\(page) proves no claim") }
  }

  @Test("what the paper needs beyond what it states has its command in findings.md, and the README names every claim")
  func findings() throws {
    func text(_ path: String) throws -> String {
      try String(contentsOf: Self.root.appendingPathComponent(path), encoding: .utf8)
    }
    let findings = try text("Documentation/findings.md")
    let commands = findings.split(separator: "\n").filter { $0.hasPrefix("    lipdyn verify ") }
      .flatMap { $0.split(separator: " ").dropFirst(2).map(String.init) }
    #expect(Set(try readmeTable().keys) == Set(PaperClaims.slugs))
    for claim in PaperClaims.all {
      if claim.boundaries.contains(where: { !$0.dropped.isStated }) {
        #expect(commands.contains(claim.slug), "findings.md has no command for \(claim.slug)")
      }
    }
    for name in commands where !name.hasPrefix("--") {
      #expect(PaperClaims.named(name) != nil, "findings.md verifies \(name), which is no claim")
    }
  }

  @Test("the copy at the top of the repository is the one that is built in")
  func oneFile() throws {
    let data = try Data(contentsOf: Self.root.appendingPathComponent("Paper.json"))
    #expect(try JSONDecoder().decode(Paper.self, from: data) == Paper.load())
  }

  /// Paper.json with changes, decoded again.
  private func edited(_ change: (inout [[String: Any]]) -> Void) throws -> Paper {
    let data = try Data(contentsOf: Self.root.appendingPathComponent("Paper.json"))
    var object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    var statements = try #require(object["statements"] as? [[String: Any]])
    change(&statements)
    object["statements"] = statements
    return try JSONDecoder().decode(Paper.self, from: try JSONSerialization.data(withJSONObject: object))
  }
}
