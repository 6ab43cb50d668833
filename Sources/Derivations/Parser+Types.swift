// Declared names and their types: `x[1..N] : unit vector[d]`, `function of matrix[m, n]`.

internal import SymbolicCalculus

extension TypeSyntax {
  /// Whether brackets after a name of this type take an entry.
  var isIndexed: Bool {
    switch base {
    case .vector, .matrix, .sample: true
    default: false
    }
  }
}

extension Parser {
  mutating func declaredNames() throws(DerivationError) -> [DeclaredName] {
    var names = [try declaredName()]
    while accept(",") { names.append(try declaredName()) }
    return names
  }

  mutating func declaredName() throws(DerivationError) -> DeclaredName {
    let name = try expectName("a name")
    guard accept("[") else { return DeclaredName(name: name, family: []) }
    var family: [DeclaredName.Index] = []
    repeat {
      var index: Syntax.Name?
      if self.name() != nil, isWord("in", 1) {
        index = try expectName("an index")
        advance()
      }
      let lower = try expression()
      try expect("..", ": a family is declared with its range, as in \(name.text)[1..N]")
      family.append(DeclaredName.Index(name: index, lower: lower, upper: try expression()))
      try checkCount(family.count, lower.span)
    } while accept(",")
    try expect("]")
    return DeclaredName(name: name, family: family)
  }

  mutating func type() throws(DerivationError) -> TypeSyntax {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Limits.nesting else { throw tooDeep(token.span) }
    let start = token
    var constraint = Declaration.Constraint.none
    var isIndependent = false
    var isAdapted = false
    words: while case .name(let word) = token.kind {
      switch word {
      case "iid": isIndependent = true
      case "adapted": isAdapted = true
      default:
        guard word != "none", let known = Declaration.Constraint(rawValue: word) else { break words }
        guard constraint == .none else {
          throw DerivationError("two constraints, \(constraint.rawValue) and \(word), on one type", at: token.span)
        }
        constraint = known
      }
      advance()
    }
    let base = try base()
    return TypeSyntax(
      constraint: constraint, isIndependent: isIndependent, isAdapted: isAdapted, base: base, span: span(from: start))
  }

  private mutating func base() throws(DerivationError) -> TypeSyntax.Base {
    let problem = expected("a type", hint: "types are dimension, scalar, vector[n], matrix[m, n], time, function of …")
    guard let word = name() else { throw problem }
    let start = token
    advance()
    switch word {
    case "scalar": return .scalar
    case "time": return .time
    case "dimension":
      guard accept(">=") else { return .dimension(atLeast: 1) }
      guard case .number(_, let integer?) = token.kind, integer <= Limits.sizeCoefficient else {
        throw expected("a small integer")
      }
      advance()
      return .dimension(atLeast: max(1, integer))
    case "vector":
      let sizes = try bracketed("[n]")
      guard sizes.count == 1 else { throw DerivationError("a vector has one size", at: span(from: start)) }
      return .vector(sizes[0])
    case "matrix":
      let sizes = try bracketed("[m, n]")
      guard sizes.count == 2 else { throw DerivationError("a matrix has two sizes", at: span(from: start)) }
      return .matrix(sizes[0], sizes[1])
    case "function":
      guard acceptWord("of") else { throw expected("‘of’") }
      let argument = try type()
      return .function(of: argument, to: acceptWord("to") ? try type() : nil)
    case "sample":
      guard acceptWord("of") else { throw expected("‘of’") }
      let population = try expectName("the family to draw from")
      let how = try expectName("‘with replacement’ or ‘without replacement’")
      guard how.text == "with" || how.text == "without", acceptWord("replacement") else {
        throw DerivationError("expected ‘with replacement’ or ‘without replacement’", at: how.span)
      }
      return .sample(of: population, replacement: how.text == "with")
    default:
      var error = DerivationError("‘\(word)’ is no type", at: start.span, hint: problem.hint)
      let known =
        ["dimension", "scalar", "vector", "matrix", "time", "function", "sample", "iid", "adapted"]
        + Declaration.Constraint.allCases.map(\.rawValue)
      if let near = Spelling.nearest(to: word, among: known) { error.hint = "did you mean \(near)?" }
      throw error
    }
  }
}
