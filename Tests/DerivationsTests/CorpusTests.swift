// Hundreds of single steps whose truth is known: nothing false is accepted, nothing true is refuted, nearly all are decided.

import Derivations
import SymbolicCalculus
import Testing

@Suite("Corpus") struct CorpusTests {
  private static let folder = "Tests/DerivationsTests/Corpus"

  private struct Matrix {
    var counts: [String: Int] = [:]
    var faults: [String] = []
    var total: Int { counts.values.reduce(0, +) }
  }

  /// How each claim of a document fares. A statement whose shapes do not fit is refuted by its text.
  private func tally(_ file: String, true expected: Bool, seed: UInt64 = 1) throws -> Matrix {
    let outcome = Repository.check(try Repository.read("\(Self.folder)/\(file).md"), seed: seed)
    var matrix = Matrix()
    for claim in outcome.claims {
      let finding = claim.steps.first?.finding ?? .undecided(claim.obstacle ?? "no step")
      matrix.counts[finding.name, default: 0] += 1
      let isFault = expected ? finding.name == "refuted" : finding.evidence != nil
      if isFault { matrix.faults.append("\(claim.section ?? "")/\(claim.name): \(claim.statement): \(finding.name)") }
    }
    for error in outcome.document.errors {
      matrix.counts["shape error", default: 0] += 1
      if expected { matrix.faults.append(outcome.document.source.rendering(error)) }
    }
    matrix.counts["shape error", default: 0] += outcome.document.omittedErrors
    return matrix
  }

  private func row(_ name: String, _ matrix: Matrix) -> String {
    let columns = ["exact", "enclosed", "sampled", "refuted", "shape error", "undecided", "vacuous"]
    return name + ": " + columns.map { "\(matrix.counts[$0] ?? 0) \($0)" }.joined(separator: ", ")
  }

  @Test("nothing false is accepted, nothing true refuted, 95 % decided")
  func confusion() throws {
    let (right, wrong) = (try tally("true", true: true), try tally("false", true: false))
    print(row("true", right))
    print(row("false", wrong))
    #expect(right.faults == [])
    #expect(wrong.faults == [])
    #expect(right.total >= 60 && wrong.total >= 60)
    let open = ["undecided", "vacuous"].reduce(0) { $0 + (right.counts[$1] ?? 0) + (wrong.counts[$1] ?? 0) }
    #expect(Double(open) <= 0.05 * Double(right.total + wrong.total))
  }

  @Test("nothing false is accepted by the luck of another seed", arguments: [3] as [UInt64])
  func seeds(_ seed: UInt64) throws { #expect(try tally("false", true: false, seed: seed).faults == []) }
}
