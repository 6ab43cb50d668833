// A document with its sections and claims, typed: what a checker reads.

public import SymbolicCalculus

/// Why a step is said to hold.
public enum Reason: Hashable, Sendable {
  case algebra, definition, assumption, differentiation, ito, isserlis
  /// A claim, or a document; without a document, `name` may be either.
  case cite(document: String?, name: String)
  case words(String)
}

/// `relation right by reason`: one step of a chain.
public struct ChainStep: Hashable, Sendable {
  public var relation: Relation
  public var right: Expression
  public var reason: Reason?
  public var span: Range<Int>
}

/// a rel b rel c …, with the reasons.
public struct Chain: Hashable, Sendable {
  /// Of a `have`; nil for the claim's own chain.
  public var name: String?
  public var first: Expression
  public var steps: [ChainStep]
  /// First and last expression, related by what the relations together give.
  public var statement: Statement
  public var span: Range<Int>
}

/// A claim with everything in force where it stands.
public struct DerivedClaim: Hashable, Sendable {
  public var name: String
  /// The section's name, if the claim stands in one.
  public var section: String?
  public var scope: Scope
  public var statement: Statement
  /// Each `have` in order, then the claim's own chain; empty if the claim has no proof.
  public var chains: [Chain]
  public var span: Range<Int>

  public var theory: Theory { scope.theory }
}

/// A part of a document with names of its own; what stands before the first `section` has no name.
public struct Section: Hashable, Sendable {
  public var name: String?
  /// Everything in force at its end.
  public var scope: Scope
  public var span: Range<Int>
}

/// What a document's derivation blocks say, and what is wrong with them.
public struct DerivationDocument: Hashable, Sendable {
  public let source: DerivationSource
  public let sections: [Section]
  /// The claims that could be read, in order.
  public let claims: [DerivedClaim]
  /// The first error of each statement, in order; a document with errors is not one to trust.
  public let errors: [DerivationError]
  /// How many more errors were found than are kept; reading ends where there is no hope.
  public let omittedErrors: Int

  /// Reads and types a document. Never throws: errors are values.
  public init(_ source: DerivationSource) {
    let (tokens, lexical) = Lexer.tokens(of: source)
    var reader = DocumentReader(source)
    reader.errors = source.errors + lexical
    if reader.errors.count < Limits.errors {
      var parser = Parser(tokens)
      reader.read(parser.statements())
    }
    reader.closeSection()
    self.source = source
    sections = reader.sections
    claims = reader.claims
    let inOrder = reader.errors.sorted { $0.span.lowerBound < $1.span.lowerBound }
    errors = Array(inOrder.prefix(Limits.errors))
    omittedErrors = reader.errors.count - errors.count
  }

  /// Claims that no text stands behind.
  init(name: String, claims: [DerivedClaim]) {
    (source, self.claims) = (DerivationSource(name: name, derivation: ""), claims)
    (sections, errors, omittedErrors) = ([], [], 0)
  }

  /// Every error as a reader sees it.
  public var renderedErrors: [String] {
    errors.map(source.rendering) + (omittedErrors > 0 ? ["\(omittedErrors) more errors"] : [])
  }
}
