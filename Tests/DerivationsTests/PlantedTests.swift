// A derivation checker that accepts a wrong derivation is worth nothing: faults planted in every document of Proofs.

import Derivations
import Foundation
import SymbolicCalculus
import Testing

/// One fault: a text that occurs once, what replaces it, and the step that must then be refuted.
struct PlantedFault: Decodable, Sendable, CustomTestStringConvertible {
  let document: String
  let claim: String
  let step: Int
  let text: String
  let replacement: String
  let fault: String

  var testDescription: String { "\(document).\(claim), step \(step): \(fault)" }

  static let all: [PlantedFault] = {
    let file = Repository.root.appendingPathComponent("Tests/DerivationsTests/Corpus/planted.json")
    return (try? JSONDecoder().decode([PlantedFault].self, from: Data(contentsOf: file))) ?? []
  }()
}

@Suite("Planted faults") struct PlantedTests {
  @Test("every document has some")
  func coverage() {
    let documents = (Repository.proofs + Repository.examples).map { $0.dropFirst("Proofs/".count).dropLast(3) }
    for document in documents {
      #expect(PlantedFault.all.count { $0.document == document } >= 2, "\(document)")
    }
  }

  @Test("is refuted where it stands", arguments: PlantedFault.all)
  func refuted(_ planted: PlantedFault) throws {
    let path = "Proofs/\(planted.document).md"
    let text = try Repository.text(path)
    #expect(text.components(separatedBy: planted.text).count == 2, "the text must occur once")
    let document = DerivationDocument(
      DerivationSource(name: path, text: text.replacingOccurrences(of: planted.text, with: planted.replacement)))
    #expect(document.errors == [])
    let checker = DerivationChecker(library: Repository.Library())
    let place = try #require(text.range(of: planted.text)).lowerBound.utf16Offset(in: text)
    let offset = String(text.utf16.prefix(place))?.utf8.count ?? 0
    // Claims of other sections may have the same name: the fault stands in the one that is meant, or in a definition before.
    let named = document.claims.indices.filter { document.claims[$0].name == planted.claim }
    let index = try #require(
      named.first { document.claims[$0].span.contains(offset) }
        ?? named.first { document.claims[$0].span.lowerBound > offset })
    let outcome = checker.outcome(of: index, in: document)
    let steps = outcome.steps.filter { $0.lemma == nil }
    let refuted = steps.filter { $0.finding.name == "refuted" }.map(\.number)
    #expect(refuted.contains(planted.step), "refuted: \(refuted), all: \(steps.map(\.finding.name))")
    #expect(refuted.allSatisfy { $0 >= planted.step || $0 == 0 }, "refuted before the fault: \(refuted)")
  }
}
