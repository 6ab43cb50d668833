// The pages that teach the language hold what they say.

import Derivations
import Foundation
import Testing

@Suite("Documentation") struct DocumentationTests {
  @Test("every derivation in the documentation holds", arguments: ["derivation-language", "checking-a-derivation"])
  func pages(_ name: String) throws {
    let outcome = Repository.check(try Repository.read("Documentation/\(name).md"))
    #expect(outcome.isProved, "\(outcome.report)")
  }

  @Test("the README's derivation holds, and fails as the README says")
  func readme() throws {
    let text = try Repository.text("README.md")
    #expect(Repository.check(DerivationDocument(DerivationSource(name: "README.md", text: text))).isProved)
    let wrong = text.replacingOccurrences(of: "= (mu + kappa - 1/2 lambda^2) dt", with: "= (mu + kappa - lambda^2) dt")
    let outcome = Repository.check(DerivationDocument(DerivationSource(name: "README.md", text: wrong)))
    let step = try #require(outcome.steps.first { $0.number == 2 })
    #expect(step.finding.name == "refuted" && text.contains("refuted (exact): \(step.statement)"))
  }

  @Test("the guide shows what is printed")
  func guide() throws {
    let path = "Documentation/checking-a-derivation.md"
    let page = try Repository.text(path)
    let source = DerivationSource(name: path, text: page)
    let blocks = source.blocks.prefix(2).map(source.string)
    let lemma = "# Mine\n\n```derivation\n" + blocks.joined(separator: "\n") + "```\n"
    let first = "1/2 (inv(A) b)' A (inv(A) b) - b' (inv(A) b)"
    for (old, new) in [
      ("", ""), (first, "1/2 b' inv(A) A inv(A) b - b' inv(A) b"), ("= -1/2 b' inv(A) b", "= -b' inv(A) b"),
    ] {
      let text = old.isEmpty ? lemma : lemma.replacing(old, with: new)
      let outcome = Repository.check(DerivationDocument(DerivationSource(name: "MyLemma.md", text: text)))
      let lines = DerivationText.report(outcome, details: true)
      // The page leaves out of a wrong one what has been seen before: steps that hold, and the last line.
      for line in lines where outcome.isProved || !line.contains(": exact") && line != lines.last {
        #expect(page.contains("    \(line)\n"), "\(line)")
      }
    }
  }

  @Test("the template holds")
  func template() {
    let text = DerivationTemplate.text(title: "Mine")
    #expect(Repository.check(DerivationDocument(DerivationSource(name: "Mine.md", text: text))).isProved)
  }

  @Test("the article and the page have one example")
  func article() throws {
    func example(_ path: String) throws -> String {
      let source = DerivationSource(name: path, text: try Repository.text(path))
      return try #require(source.blocks.map(source.string).first { $0.contains("section EveryConstruct") })
    }
    #expect(
      try example("Documentation/derivation-language.md")
        == example("Sources/Derivations/Derivations.docc/DerivationLanguage.md"))
  }

  @Test("the README counts the steps of Proofs")
  func counts() throws {
    let outcomes = try (Repository.proofs + Repository.examples).map { try Repository.outcome($0) }
    let steps = outcomes.flatMap(\.steps)
    let kinds = { (name: String) in steps.count { $0.finding.name == name } }
    let line =
      "\(outcomes.count) documents, \(steps.count) steps, of which \(kinds("exact")) are exact, "
      + "\(kinds("enclosed")) enclosed and \(kinds("sampled")) sampled"
    #expect(try Repository.text("README.md").contains(line), "\(line)")
  }
}
