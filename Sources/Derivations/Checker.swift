// Checks a derivation: every step by evaluation, every reason for what it says, every citation for its hypotheses.

internal import SymbolicCalculus

/// Finds the documents that others cite.
public protocol DerivationLibrary: Sendable {
  /// The document of this name, without its file ending; nil if there is none.
  func document(named name: String) -> DerivationDocument?
}

/// A library without documents.
public struct NoLibrary: DerivationLibrary {
  public init() {}
  public func document(named name: String) -> DerivationDocument? { nil }
}

/// Checks documents, and remembers claims that others cite.
///
/// A document's verdict is that of its weakest step. Cited claims are checked too, wherever they stand.
public final class DerivationChecker {
  private let library: any DerivationLibrary
  private let seed: UInt64
  /// So that no document takes for ever: some minutes of work.
  private let budget = WorkBudget(3_000_000_000)
  /// Called with every step that is done.
  public var progress: ((StepReport) -> Void)?

  /// Outcomes of claims of one document by their place in it.
  private var outcomes: [ClaimPlace: ClaimOutcome] = [:]
  private var underWay: Set<ClaimPlace> = []
  private var opened: [String: DerivationDocument] = [:]

  struct ClaimPlace: Hashable {
    var document: String
    var index: Int
  }

  public init(library: any DerivationLibrary = NoLibrary(), seed: UInt64 = 1) {
    (self.library, self.seed) = (library, seed)
  }

  public func check(_ document: DerivationDocument) -> DocumentOutcome {
    DocumentOutcome(
      document: document, claims: document.claims.indices.map { outcome(of: $0, in: document) })
  }

  /// One claim of a document, by its place in `claims`.
  public func outcome(of index: Int, in document: DerivationDocument) -> ClaimOutcome {
    let place = ClaimPlace(document: document.source.name, index: index)
    if let known = outcomes[place] { return known }
    let claim = document.claims[index]
    underWay.insert(place)
    let result = check(claim, index, document)
    underWay.remove(place)
    outcomes[place] = result
    return result
  }

  private func check(_ claim: DerivedClaim, _ index: Int, _ document: DerivationDocument) -> ClaimOutcome {
    let examiner = Examiner(claim.theory, seed: seed, budget: budget)
    var steps: [StepReport] = []
    func append(_ step: StepReport) {
      var step = step
      step.statement = claim.scope.named(step.statement)
      if case .refuted(var example) = step.finding, let parts = example.partsAt {
        example.partsAt?.left = parts.left.map(claim.scope.named)
        example.partsAt?.right = parts.right.map(claim.scope.named)
        step.finding = .refuted(example)
      }
      steps.append(step)
      progress?(step)
    }
    if claim.chains.isEmpty {
      append(
        StepReport(
          lemma: nil, number: 1, statement: claim.statement, reason: nil, span: claim.span,
          finding: examiner.examine(claim.statement), reasonFinding: .none))
    }
    var lemmas: [String: Statement] = [:]
    for chain in claim.chains {
      var left = chain.first
      for (k, step) in chain.steps.enumerated() {
        let statement = Statement(left, step.relation, step.right)
        let finding = examiner.examine(statement)
        let reason = step.reason.map {
          examine($0, of: statement, claim, index, document, examiner, lemmas)
        }
        append(
          StepReport(
            lemma: chain.name, number: k + 1, statement: statement, reason: step.reason, span: step.span,
            finding: finding, reasonFinding: reason ?? .none))
        left = step.right
      }
      if let name = chain.name {
        lemmas[name] = chain.statement
      } else {
        for join in joins(chain, claim) {
          append(
            StepReport(
              lemma: nil, number: 0, statement: join, reason: nil, span: chain.span, finding: examiner.examine(join),
              reasonFinding: .none))
        }
      }
    }
    var result = ClaimOutcome(
      name: claim.name, section: claim.section, statement: claim.scope.named(claim.statement), span: claim.span,
      steps: steps)
    if let own = claim.chains.last(where: { $0.name == nil }), !own.isTurned(claim.statement),
      !own.statement.relation.implies(claim.statement.relation)
    {
      result.obstacle =
        "the chain shows \(own.statement.relation.rawValue), the claim says \(claim.statement.relation.rawValue)"
    } else if !claim.chains.isEmpty && !claim.chains.contains(where: { $0.name == nil }) {
      result.obstacle = "the proof has no chain of its own, only `have`s"
    }
    return result
  }

  /// Equalities that are missing between a chain's ends and the claim's sides.
  private func joins(_ chain: Chain, _ claim: DerivedClaim) -> [Statement] {
    if chain.isTurned(claim.statement) { return [] }
    var all: [Statement] = []
    if chain.statement.left.expanded != claim.statement.left.expanded {
      all.append(Statement(claim.statement.left, .equal, chain.statement.left))
    }
    if chain.statement.right.expanded != claim.statement.right.expanded {
      all.append(Statement(chain.statement.right, .equal, claim.statement.right))
    }
    return all
  }

  // MARK: Reasons

  private func examine(
    _ reason: Reason, of s: Statement, _ claim: DerivedClaim, _ index: Int, _ document: DerivationDocument,
    _ examiner: Examiner, _ lemmas: [String: Statement]
  ) -> ReasonFinding {
    switch reason {
    case .algebra, .words: return .none
    case .definition:
      return s.relation == .equal && s.left.expanded.withoutBrackets == s.right.expanded.withoutBrackets
        ? .confirmed : .rejected("the sides are not the same once definitions are written out")
    case .assumption:
      let wanted = Statement(s.left.expanded, s.relation, s.right.expanded)
      let found = claim.theory.assumptions.contains {
        guard case .statement(let a) = $0.content else { return false }
        let given = Statement(a.left.expanded, a.relation, a.right.expanded)
        return given == wanted || given.turned == wanted
      }
      return found ? .confirmed : .rejected("no assumption says this; state it with `assume`")
    case .differentiation:
      return rewritten(s, examiner, "a derivative", has: \.hasDerivatives) { try $0.carriedOut }
    case .ito:
      return rewritten(s, examiner, "a differential d(…)", has: \.hasItoDifferentials) {
        try itoExpanded($0, in: claim.theory)
      }
    case .isserlis:
      return rewritten(s, examiner, "an expectation", has: \.hasExpectation) { try isserlis($0, in: claim.theory) }
    case .cite(let name, let target):
      return citation(name, target, s, claim, index, document, lemmas)
    }
  }

  /// Confirms a reason that rewrites one side: the rewritten side must equal the other.
  private func rewritten(
    _ s: Statement, _ examiner: Examiner, _ what: String, has: (Expression) -> Bool,
    _ rewrite: (Expression) throws -> Expression
  ) -> ReasonFinding {
    guard has(s.left) || has(s.right) else { return .rejected("neither side has \(what)") }
    var obstacle = ""
    for (from, to) in [(s.left, s.right), (s.right, s.left)] where has(from) {
      do {
        let result = try rewrite(from)
        guard result != from else { continue }
        switch examiner.examine(Statement(result, .equal, to)) {
        case .holds: return .confirmed
        case .refuted: return .rejected("carried out, it gives \(result)")
        case .undecided(let why), .vacuous(let why): obstacle = why
        }
      } catch {
        obstacle = "\(error)"
      }
    }
    return .unexamined(obstacle.isEmpty ? "nothing was rewritten" : obstacle)
  }

  private func citation(
    _ documentName: String?, _ name: String, _ s: Statement, _ claim: DerivedClaim, _ index: Int,
    _ document: DerivationDocument, _ lemmas: [String: Statement]
  ) -> ReasonFinding {
    if documentName == nil, let lemma = lemmas[name] {
      return Citation(lemma, claim.theory, sharesNames: true).fits(s, in: claim.theory, seed: seed)
    }
    // An earlier claim of this document, those of the same section first.
    if documentName == nil || documentName == document.slug {
      let earlier = document.claims[..<index].indices.reversed().filter { document.claims[$0].name == name }
      let ordered =
        earlier.filter { document.claims[$0].section == claim.section }
        + earlier.filter { document.claims[$0].section != claim.section }
      if !ordered.isEmpty { return use(ordered, of: document, for: s, claim) }
    }
    guard let other = open(documentName ?? name) else {
      if document.claims[index...].contains(where: { $0.name == name }) {
        return .rejected("\(name) stands later in this document: only what is proved before can be cited")
      }
      return .rejected("there is no claim or document named \(documentName.map { $0 + "." } ?? "")\(name)")
    }
    var wanted = other.claims.indices.filter { other.claims[$0].name == name }
    if wanted.isEmpty && documentName == nil, let last = other.claims.indices.last { wanted = [last] }
    guard !wanted.isEmpty else { return .rejected("the document \(other.slug) has no claim named \(name)") }
    return use(wanted, of: other, for: s, claim)
  }

  private func open(_ name: String) -> DerivationDocument? {
    if let known = opened[name] { return known }
    let found = library.document(named: name)
    opened[name] = found
    return found
  }

  /// The best that any of the claims of one name can do for a step.
  private func use(
    _ candidates: [Int], of document: DerivationDocument, for s: Statement, _ claim: DerivedClaim
  ) -> ReasonFinding {
    var best: ReasonFinding?
    for cited in candidates {
      let finding = use(cited, of: document, for: s, claim)
      if finding == .confirmed { return finding }
      if case .rejected? = best { best = finding } else { best = best ?? finding }
    }
    return best ?? .none
  }

  private func use(
    _ cited: Int, of document: DerivationDocument, for s: Statement, _ claim: DerivedClaim
  ) -> ReasonFinding {
    let source = document.claims[cited]
    guard !underWay.contains(ClaimPlace(document: document.source.name, index: cited)) else {
      return .rejected("the citation is circular: \(document.slug).\(source.name) rests on this claim")
    }
    guard outcome(of: cited, in: document).isProved else { return .rejected("\(source.name) is itself not proved") }
    let sharesNames = claim.theory.extends(source.theory)
    return Citation(source.statement, source.theory, sharesNames: sharesNames).fits(s, in: claim.theory, seed: seed)
  }
}

extension DerivationDocument {
  /// The file's name without folder and ending: how other documents cite this one.
  public var slug: String {
    let file = source.name.split(separator: "/").last.map(String.init) ?? source.name
    return file.hasSuffix(".md") ? String(file.dropLast(3)) : file
  }
}

extension Chain {
  /// Whether the chain is the statement read from right to left.
  fileprivate func isTurned(_ s: Statement) -> Bool {
    let turned = statement.turned
    return turned.left.expanded == s.left.expanded && turned.right.expanded == s.right.expanded
      && turned.relation.implies(s.relation)
  }
}

extension Statement {
  /// The same statement read from right to left.
  var turned: Statement {
    let relation: Relation =
      switch relation {
      case .equal, .notEqual: relation
      case .less: .greater
      case .lessOrEqual: .greaterOrEqual
      case .greater: .less
      case .greaterOrEqual: .lessOrEqual
      }
    return Statement(right, relation, left)
  }
}

extension Relation {
  /// Whether a ∘ b gives a ∘′ b.
  func implies(_ other: Relation) -> Bool {
    if self == other { return true }
    switch (self, other) {
    case (.equal, .lessOrEqual), (.equal, .greaterOrEqual), (.less, .lessOrEqual), (.less, .notEqual),
      (.greater, .greaterOrEqual), (.greater, .notEqual):
      return true
    default: return false
    }
  }
}

extension Theory {
  /// Whether everything of an earlier theory still stands, so that its names mean the same here.
  func extends(_ earlier: Theory) -> Bool {
    earlier.declarations.allSatisfy { declarations[$0.key] == $0.value }
      && earlier.assumptions.allSatisfy(assumptions.contains)
  }
}

extension Expression {
  /// Products and sums as lists of what they are made of, so that brackets do not count.
  fileprivate var withoutBrackets: [String] {
    switch node {
    case .add(let terms): return ["+"] + terms.flatMap { $0.withoutBrackets + [";"] }
    case .negate(let a): return ["-"] + a.withoutBrackets
    case .scale(let a, let b), .multiply(let a, let b): return a.withoutBrackets + b.withoutBrackets
    case _ where children.isEmpty: return [description]
    default:
      return ["("] + [head] + headSizes.map(\.description) + children.flatMap { $0.withoutBrackets + [","] } + [")"]
    }
  }

  private func has(_ test: (Node) -> Bool) -> Bool { test(node) || children.contains { $0.has(test) } }

  var hasDerivatives: Bool {
    has {
      switch $0 {
      case .derivative, .gradient, .hessian: true
      default: false
      }
    }
  }
  var hasItoDifferentials: Bool { has { if case .differential = $0 { true } else { false } } }
  var hasExpectation: Bool {
    has {
      switch $0 {
      case .expectation, .variance, .covariance: true
      default: false
      }
    }
  }
}
