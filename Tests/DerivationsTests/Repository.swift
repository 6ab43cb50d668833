// The documents of this repository, and small ones from strings, checked.

import Derivations
import Foundation
import SymbolicCalculus
import Synchronization

enum Repository {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  static let proofs = documents(in: "Proofs")
  static let examples = documents(in: "Proofs/examples")

  /// Paths relative to the root, in alphabetical order.
  static func documents(in folder: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent(folder).path)) ?? []
    return names.filter { $0.hasSuffix(".md") }.sorted().map { folder + "/" + $0 }
  }

  static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
  }

  static func read(_ path: String) throws -> DerivationDocument {
    DerivationDocument(DerivationSource(name: path, text: try text(path)))
  }

  struct Library: DerivationLibrary {
    func document(named name: String) -> DerivationDocument? {
      (Repository.proofs + Repository.examples).first { $0.hasSuffix("/" + name + ".md") }
        .flatMap { try? Repository.read($0) }
    }
  }

  static func check(_ document: DerivationDocument, seed: UInt64 = 1) -> DocumentOutcome {
    DerivationChecker(library: Library(), seed: seed).check(document)
  }

  /// The outcome of one of this repository's documents under the default seed, found once for all tests.
  static func outcome(_ path: String) throws -> DocumentOutcome {
    let document = try read(path)
    return outcomes.withLock { all in
      if all[path] == nil { all[path] = Once() }
      return all[path] ?? Once()
    }.value { check(document) }
  }

  private static let outcomes = Mutex<[String: Once]>([:])

  private final class Once: Sendable {
    private let found = Mutex<DocumentOutcome?>(nil)

    func value(_ find: () -> DocumentOutcome) -> DocumentOutcome {
      found.withLock { found in
        if let found { return found }
        let outcome = find()
        found = outcome
        return outcome
      }
    }
  }

  /// The outcome of language text without Markdown.
  static func check(derivation text: String, seed: UInt64 = 1) -> DocumentOutcome {
    check(DerivationDocument(DerivationSource(derivation: text)), seed: seed)
  }
}

extension DocumentOutcome {
  /// Every step, claim after claim.
  var steps: [StepReport] { claims.flatMap(\.steps) }
  /// What a failing test should show.
  var report: String { DerivationText.report(self, details: false).joined(separator: "\n") }
}

extension Finding {
  var name: String {
    switch self {
    case .holds(let evidence): evidence.kind.rawValue
    case .refuted: "refuted"
    case .undecided: "undecided"
    case .vacuous: "vacuous"
    }
  }
}
