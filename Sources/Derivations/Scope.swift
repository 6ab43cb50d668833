// What names mean where a statement stands.

public import SymbolicCalculus

/// Declarations, assumptions and definitions in force: a `Theory` and the names that stand for expressions over it.
public struct Scope: Hashable, Sendable {
  public internal(set) var theory: Theory
  var definitions: [String: Definition] = [:]
  var singular: [String: SingularName] = [:]
  /// Names whose declaration failed: to use them is no second error.
  var poisoned: Set<String> = []
  /// Names such as I, e and dt that have been read as what is built in, so that they cannot change their meaning.
  var builtInUses: Set<String> = []

  /// Processes whose equations are still to come.
  var announced: Set<String> = []

  public init(_ theory: Theory = Theory()) { self.theory = theory }

  /// Forgets a process whose equation makes no sense.
  mutating func withdraw(_ name: String) {
    guard announced.remove(name) != nil else { return }
    theory.declarations[name] = nil
    theory.order.removeAll { $0 == name }
  }

  /// What `define` gave a name.
  struct Definition: Hashable, Sendable {
    enum Parameters: Hashable, Sendable {
      case none
      /// Names of indices, with their ranges if given.
      case indices([Index])
      case argument(Argument, Shape)
    }
    struct Argument: Hashable, Sendable {
      /// As written, and as it is called in the meaning, where nothing else has that name.
      var name: String
      var variable: String
    }
    struct Index: Hashable, Sendable {
      var name: String
      var range: Expression.Range?
    }
    var parameters: Parameters
    var syntax: Syntax
    /// The body; of a function or a family, over its parameter or indices.
    var meaning: Expression
    /// Nodes and depth of the body, definitions written out.
    var nodes: Int
    var depth: Int
    var span: Range<Int>
  }

  /// A name from `svd` or `top_singular_triplet`.
  struct SingularName: Hashable, Sendable {
    var part: Expression.SingularPart
    var matrix: Expression
    /// Whether the name is one member, of the largest singular value, rather than the family.
    var isTop: Bool
  }

  /// The statement with singular values and vectors under the names that the author gave them.
  func named(_ s: Statement) -> Statement { Statement(named(s.left), s.relation, named(s.right)) }

  func named(_ e: Expression) -> Expression {
    guard !singular.isEmpty else { return e }
    return e.namingSingular { part, matrix, index in
      for (name, known) in singular.sorted(by: { $0.key < $1.key })
      where known.part == part && known.matrix == matrix && (!known.isTop || index == .one) {
        return (name, known.isTop ? [] : [index])
      }
      return nil
    }
  }

  func declares(_ name: String) -> Bool {
    theory.declarations[name] != nil || definitions[name] != nil || singular[name] != nil || poisoned.contains(name)
  }

  var names: [String] { theory.order + definitions.keys + singular.keys }

  static let severalArguments: Set<String> = ["kron", "min", "max", "at"]
  /// What can be called, `mean` and `at` included, which are no functions of values.
  static let functionNames: Set<String> = Set(Expression.Function.allCases.map(\.rawValue))
    .subtracting(["mat", "hadamard"]).union(["mean", "at"])
  /// Built-in names that nothing else may have. I, e, E, D, Var, Cov and d may be declared: then they are that.
  static let builtIn: Set<String> = functionNames.union([
    "mat", "sum", "prod", "integral", "grad", "hess", "Expect", "zeros", "ones",
  ])

  /// What the parser has to know: which names are functions, and which hide an operator.
  var parserNames: (functions: Set<String>, hidden: Set<String>) {
    var functions: Set<String> = []
    var hidden: Set<String> = []
    for (name, declaration) in theory.declarations {
      switch declaration.nature {
      case .function, .timeFunction: functions.insert(name)
      case .dimension: break
      default: if !declaration.shape.isScalar || !declaration.family.isEmpty { hidden.insert(name) }
      }
    }
    for (name, definition) in definitions {
      if case .argument = definition.parameters { functions.insert(name) } else { hidden.insert(name) }
    }
    return (functions, hidden.union(singular.keys))
  }
}

extension Scope {
  /// One expression over the scope's names, such as `u'E v`.
  public func expression(_ text: String) throws(DerivationError) -> Expression {
    let source = DerivationSource(derivation: text)
    var parser = try parser(source)
    let syntax = try parser.expression()
    guard parser.token.kind == .end else { throw parser.expected("the end of the expression") }
    var elaborator = Elaborator(source, self)
    return try elaborator.whole(syntax)
  }

  /// One statement `a rel b` over the scope's names.
  public func statement(_ text: String) throws(DerivationError) -> Statement {
    let source = DerivationSource(derivation: text)
    var parser = try parser(source)
    let syntax = try parser.comparison()
    guard parser.token.kind == .end else { throw parser.expected("the end of the statement") }
    var elaborator = Elaborator(source, self)
    return try elaborator.statement(syntax)
  }

  private func parser(_ source: DerivationSource) throws(DerivationError) -> Parser {
    let (tokens, errors) = Lexer.tokens(of: source)
    if let error = source.errors.first ?? errors.first { throw error }
    let names = parserNames
    return Parser(tokens, functions: names.functions, hidden: names.hidden)
  }
}

extension Theory {
  /// One expression over the declared names, such as `u'E v`.
  public func expression(_ text: String) throws(DerivationError) -> Expression {
    try Scope(self).expression(text)
  }

  /// One statement `a rel b` over the declared names.
  public func statement(_ text: String) throws(DerivationError) -> Statement {
    try Scope(self).statement(text)
  }

  /// The declared Itô processes, in order; each declaration's nature holds the differential and the start.
  public var processes: [Declaration] {
    order.compactMap { declarations[$0] }.filter {
      if case .process = $0.nature { true } else { false }
    }
  }
}
