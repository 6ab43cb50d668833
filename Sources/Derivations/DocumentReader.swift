// Statements in order: each changes the scope, opens a section or adds a claim; the first error of each is kept.

internal import SymbolicCalculus

struct DocumentReader {
  private var elaborator: Elaborator
  private var sectionName: String?
  private var sectionStart = 0
  private var sectionEnd = 0
  private var sectionNames: Set<String> = []
  private(set) var sections: [Section] = []
  private(set) var claims: [DerivedClaim] = []
  var errors: [DerivationError] = []

  init(_ source: DerivationSource) { elaborator = Elaborator(source, Scope()) }

  mutating func closeSection() {
    guard sectionName != nil || sectionEnd > 0 else { return }
    sections.append(Section(name: sectionName, scope: elaborator.scope, span: sectionStart..<sectionEnd))
  }

  /// Reads all statements, as long as they make sense.
  mutating func read(_ statements: [StatementSyntax]) {
    for (k, statement) in statements.enumerated() where errors.count < Limits.hopeless {
      if case .process(let process) = statement.kind, !elaborator.scope.announced.contains(process.name.name.text) {
        announce(statements[k...])
      }
      read(statement)
    }
  }

  /// Processes that stand together may mention each other, as positions and velocities do.
  private mutating func announce(_ statements: ArraySlice<StatementSyntax>) {
    for statement in statements {
      guard case .process(let process) = statement.kind else { return }
      var trial = Elaborator(elaborator.source, elaborator.scope)
      // What cannot be declared says so in its turn.
      if (try? trial.announce(process)) != nil { elaborator.scope = trial.scope }
    }
  }

  private mutating func read(_ statement: StatementSyntax) {
    // Nothing of a failed statement stays, except that its names are known to have failed.
    var scope = elaborator.scope
    elaborator = Elaborator(elaborator.source, scope)
    do throws(DerivationError) {
      switch statement.kind {
      case .section(let name):
        closeSection()
        if !sectionNames.insert(name.text).inserted {
          errors.append(DerivationError("a second section \(name.text)", at: name.span))
        }
        elaborator.scope = Scope()
        (sectionName, sectionStart) = (name.text, statement.span.lowerBound)
      case .claim(let name, let comparison, let proof): try claim(name, comparison, proof, statement.span)
      case .unreadable(let error, _): throw error
      default: try elaborator.declare(statement)
      }
    } catch {
      if case .process(let process) = statement.kind { scope.withdraw(process.name.name.text) }
      elaborator.scope = scope
      for name in statement.declaredNames where !scope.declares(name) { elaborator.scope.poisoned.insert(name) }
      if !error.isConsequence { errors.append(error) }
    }
    if sectionEnd == 0, sectionName == nil { sectionStart = statement.span.lowerBound }
    sectionEnd = statement.span.upperBound
  }

  private mutating func claim(
    _ name: Syntax.Name, _ comparison: Comparison, _ proof: [ChainSyntax], _ span: Range<Int>
  ) throws(DerivationError) {
    guard !claims.contains(where: { $0.name == name.text && $0.section == sectionName }) else {
      throw DerivationError(
        "a second claim \(name.text)", at: name.span, hint: "a claim's name is its own in its section")
    }
    guard claims.count < Limits.claims else {
      throw DerivationError("more than \(Limits.claims) claims in one document", at: name.span)
    }
    let statement = try elaborator.statement(comparison)
    var chains: [Chain] = []
    for chain in proof {
      if let own = chain.name, chains.contains(where: { $0.name == own.text }) {
        throw DerivationError("a second step \(own.text) in this proof", at: own.span)
      }
      elaborator = Elaborator(elaborator.source, elaborator.scope)
      chains.append(try elaborator.chain(chain))
    }
    if let last = chains.last, last.statement.left.shape != statement.left.shape {
      throw DerivationError(
        "the proof is about \(last.statement.left.shape)s and the claim about \(statement.left.shape)s",
        at: last.first.span)
    }
    claims.append(
      DerivedClaim(
        name: name.text, section: sectionName, scope: elaborator.scope, statement: statement, chains: chains, span: span
      ))
  }
}

extension StatementSyntax {
  /// The names that would be in force after the statement.
  var declaredNames: [String] {
    switch kind {
    case .section, .assume, .simple, .claim: []
    case .declare(let names, _, _), .brownian(let names, _): names.map(\.name.text)
    case .decompose(let names, _, _): names.map(\.text)
    case .define(let name, _, _): [name.text]
    case .process(let process): [process.name.name.text]
    case .unreadable(_, let names): names
    }
  }
}

extension Elaborator {
  mutating func chain(_ chain: ChainSyntax) throws(DerivationError) -> Chain {
    var sides = [try elaborate(chain.first)]
    for step in chain.steps { sides.append(try elaborate(step.right)) }
    sides = try finish(try related(sides, by: chain.steps.map(\.relation)))
    try DifferentialForm.checkSides(sides)
    for side in sides { try ProcessValues.check(side) }
    var relation = Relation.equal
    for step in chain.steps {
      guard let both = relation.then(step.relation) else {
        throw DerivationError(
          "‘\(relation.rawValue)’ and ‘\(step.relation.rawValue)’ in one chain say nothing about its ends",
          at: step.span)
      }
      relation = both
    }
    let steps = zip(chain.steps, sides.dropFirst()).map { step, right in
      ChainStep(relation: step.relation, right: right, reason: step.reason, span: step.span)
    }
    return Chain(
      name: chain.name?.text, first: sides[0], steps: steps,
      statement: Statement(sides[0], relation, sides[sides.count - 1]), span: chain.span)
  }
}

extension Relation {
  /// What a ∘ b and b ∘′ c say of a and c; nil if nothing.
  func then(_ next: Relation) -> Relation? {
    switch (self, next) {
    case (.equal, let other), (let other, .equal): other
    case (.less, .less), (.less, .lessOrEqual), (.lessOrEqual, .less): .less
    case (.lessOrEqual, .lessOrEqual): .lessOrEqual
    case (.greater, .greater), (.greater, .greaterOrEqual), (.greaterOrEqual, .greater): .greater
    case (.greaterOrEqual, .greaterOrEqual): .greaterOrEqual
    default: nil
    }
  }
}
