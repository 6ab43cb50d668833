// What the paper contains, and what this package says of each part: the data of Paper.json, and a test of its coverage.

private import Foundation

/// The numbered statements of the paper in its order, with the complements that this package adds.
public struct Paper: Codable, Sendable, Equatable {
  /// One statement: a claim of this package, or the reason why it is none.
  public struct Statement: Codable, Sendable, Equatable {
    /// As printed, e.g. "Theorem 14", or "Complement to Theorem 14" for one that the paper does not have.
    public let number: String
    /// A few words on what it is about.
    public let title: String
    /// The claim's name.
    public let claim: String?
    /// Why no claim checks it.
    public let notChecked: String?
    /// Why the claim has no derivation document.
    public let notDerived: String?
    /// Numbers of the displayed equations that belong to it.
    public let equations: [Int]?
    /// Claims whose notions the statement is made of.
    public let statementUses: [String]?
    /// Claims that its proof rests on.
    public let proofUses: [String]?
  }

  /// A section of the paper, from the statement that begins it.
  public struct Section: Codable, Sendable, Equatable {
    /// As the paper numbers it.
    public let number: Int
    /// Its heading.
    public let title: String
    /// The number of its first statement.
    public let from: String
  }

  /// Version of the file's layout; a reader of Paper.json should refuse others.
  public let schema: Int
  /// Where the statements were printed: "arXiv 2506.18588".
  public let paper: String
  /// The paper's sections that hold statements, in its order; absent in files of other papers.
  public var sections: [Section]?
  /// Every numbered statement and every complement, in the paper's order.
  public let statements: [Statement]

  /// The statements as Paper.json has them, which the program carries in itself.
  ///
  /// - Throws: `DecodingError` if the embedded file does not have this layout, which a test excludes.
  public static func load() throws -> Paper {
    try JSONDecoder().decode(Paper.self, from: Data(PackageResources.Paper_json))
  }

  /// The claims that a claim's statement or proof uses, directly or through others, in the order of the paper.
  public func ancestors(of claim: String) -> [String] {
    var seen: Set<String> = []
    var open = [claim]
    while let next = open.popLast() {
      guard let statement = statements.first(where: { $0.claim == next }) else { continue }
      for used in (statement.statementUses ?? []) + (statement.proofUses ?? []) where seen.insert(used).inserted {
        open.append(used)
      }
    }
    return statements.compactMap(\.claim).filter { seen.contains($0) }
  }
}

/// Whether the paper's statements, the registry of claims and the folders of the sources tell one story.
public struct PaperCoverage: Sendable {
  /// What should be covered.
  public var paper: Paper
  /// Name and printed number of every registered claim.
  public var registry: [(slug: String, number: String)]
  /// Names of the claims' folders, such as "P05_UnbiasedNoiseEstimator".
  public var folders: [String]
  /// Names of the derivation documents in Proofs.
  public var derivations: [String]

  /// What is to be compared; ``faults`` compares it.
  ///
  /// - Parameters:
  ///   - paper: the statements.
  ///   - registry: name and printed number of every registered claim.
  ///   - folders: names of the claims' folders in the sources.
  ///   - derivations: names of the documents in Proofs, without extension.
  public init(paper: Paper, registry: [(slug: String, number: String)], folders: [String], derivations: [String]) {
    (self.paper, self.registry, self.folders, self.derivations) = (paper, registry, folders, derivations)
  }

  /// The last number of a definition, proposition, lemma, theorem, remark or assumption, and of an equation.
  private static let (lastNumber, lastEquation) = (21, 26)

  /// Every disagreement, in words; empty if there is none.
  public var faults: [String] {
    let listed = paper.statements.compactMap(\.claim)
    var faults = duplicates(listed).map { "Paper.json lists \($0) twice" }
    faults += duplicates(registry.map(\.slug)).map { "the registry has \($0) twice" }
    let (known, registered) = (Set(listed), Set(registry.map(\.slug)))
    let found = Set(folders.map(Self.slug(ofFolder:)))
    faults += registered.subtracting(known).map { "\($0) is registered but not in Paper.json" }
    faults += known.subtracting(registered).map { "\($0) is in Paper.json but not registered" }
    faults += registered.subtracting(found).map { "\($0) has no folder" }
    faults += found.subtracting(registered).map { "the folder of \($0) is not registered" }
    faults += Set(derivations).subtracting(registered).map { "the derivation of \($0) belongs to no claim" }
    let order = listed.filter { registered.contains($0) }
    if order != registry.map(\.slug).filter({ known.contains($0) }) {
      faults.append("the registry is not in the order of Paper.json")
    }
    for statement in paper.statements {
      if (statement.claim == nil) == (statement.notChecked == nil) {
        faults.append("\(statement.number) needs either a claim or a reason why it is not checked")
      }
      if let slug = statement.claim, (statement.notDerived == nil) != derivations.contains(slug) {
        faults.append("\(slug) needs either a derivation in Proofs or a reason why it has none")
      }
      if let slug = statement.claim, let claim = registry.first(where: { $0.slug == slug }),
        claim.number != statement.number
      {
        faults.append("\(slug) is \(claim.number) in code and \(statement.number) in Paper.json")
      }
      for used in (statement.statementUses ?? []) + (statement.proofUses ?? []) where !known.contains(used) {
        faults.append("\(statement.number) uses \(used), which Paper.json does not list")
      }
    }
    for folder in folders {
      let number = registry.first { $0.slug == Self.slug(ofFolder: folder) }?.number ?? ""
      if !Self.prefix(of: folder, fits: number) { faults.append("the folder \(folder) does not fit '\(number)'") }
    }
    faults += listed.filter { paper.ancestors(of: $0).contains($0) }.map { "\($0) rests on itself" }
    return (faults + numbering).sorted()
  }

  /// Statements 1 to 21 and equations 1 to 26 of the paper, each exactly once.
  private var numbering: [String] {
    let kinds: Set<Substring> = ["Definition", "Assumption", "Proposition", "Lemma", "Theorem", "Remark"]
    let numbers = paper.statements.map { $0.number.split(separator: " ") }
      .filter { $0.count == 2 && kinds.contains($0[0]) }.compactMap { Int($0[1]) }
    let equations = paper.statements.flatMap { $0.equations ?? [] }
    func gaps(_ numbers: [Int], _ last: Int, _ kind: String) -> [String] {
      (1...last).compactMap { n in
        let count = numbers.count { $0 == n }
        return count == 1 ? nil : "\(kind) \(n) of the paper is listed \(count) times"
      }
    }
    return gaps(numbers, Self.lastNumber, "statement") + gaps(equations, Self.lastEquation, "equation")
  }

  private func duplicates(_ names: [String]) -> [String] {
    var seen: Set<String> = []
    return names.filter { !seen.insert($0).inserted }
  }

  private static func slug(ofFolder folder: String) -> String { String(folder.dropFirst(4)) }

  /// "P05" fits "Proposition 5", "S82" fits "Section 8.2", "S30" fits "Section 3", "C14" fits "Complement to Theorem 14".
  private static func prefix(of folder: String, fits number: String) -> Bool {
    let kinds: [Character: String] = [
      "D": "Definition", "E": "Equation", "A": "Assumption", "P": "Proposition", "L": "Lemma", "T": "Theorem",
    ]
    guard let letter = folder.first, let digits = Int(folder.dropFirst().prefix(2)) else { return false }
    switch letter {
    case "S": return number == (digits % 10 == 0 ? "Section \(digits / 10)" : "Section \(digits / 10).\(digits % 10)")
    case "C": return number.hasPrefix("Complement to ") && number.hasSuffix(" \(digits)")
    default: return number == "\(kinds[letter] ?? "?") \(digits)"
    }
  }
}
