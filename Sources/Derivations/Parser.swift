// Tokens into statements. A statement that cannot be read is skipped up to the next reserved word.

internal import SymbolicCalculus

struct Parser {
  let tokens: [Token]
  var position = 0
  var depth = 0
  /// Names that are functions, so that `f(x)` is a call; elsewhere `K(a + b)` is a product.
  var functions: Set<String> = []
  /// Declared names that hide an operator: with a matrix E in scope, `E[1, 2]` is its entry.
  var hidden: Set<String> = []

  init(_ tokens: [Token], functions: Set<String> = [], hidden: Set<String> = []) {
    (self.tokens, self.functions, self.hidden) = (tokens, functions, hidden)
  }

  // MARK: - Tokens

  var token: Token { tokens[position] }
  func peek(_ k: Int) -> Token { tokens[min(position + k, tokens.count - 1)] }
  mutating func advance() { position = min(position + 1, tokens.count - 1) }
  /// From the given token to the last one read.
  func span(from start: Token) -> Range<Int> {
    let end = position > 0 ? tokens[position - 1].span.upperBound : start.span.upperBound
    return start.span.lowerBound..<max(end, start.span.upperBound)
  }

  func isSign(_ sign: String, _ k: Int = 0) -> Bool { peek(k).kind == .sign(sign) }
  func isWord(_ word: String, _ k: Int = 0) -> Bool { peek(k).kind == .name(word) }
  /// A name that is no reserved word.
  func name(_ k: Int = 0) -> String? {
    guard case .name(let name) = peek(k).kind, !peek(k).isReserved else { return nil }
    return name
  }

  mutating func accept(_ sign: String) -> Bool {
    guard isSign(sign) else { return false }
    advance()
    return true
  }
  mutating func acceptWord(_ word: String) -> Bool {
    guard isWord(word) else { return false }
    advance()
    return true
  }
  func expected(_ what: String, hint: String? = nil) -> DerivationError {
    DerivationError("expected \(what), found \(token.description)", at: token.span, hint: hint)
  }
  mutating func expect(_ sign: String, _ purpose: String = "") throws(DerivationError) {
    guard accept(sign) else { throw expected("‘\(sign)’" + purpose) }
  }
  mutating func expectName(_ what: String) throws(DerivationError) -> Syntax.Name {
    guard let name = name() else {
      if token.isReserved {
        throw DerivationError("expected \(what), found the reserved word \(token.description)", at: token.span)
      }
      throw expected(what)
    }
    defer { advance() }
    return Syntax.Name(text: name, span: token.span)
  }
  mutating func relation() -> Relation? {
    guard case .sign(let sign) = token.kind, let relation = Relation(rawValue: sign) else { return nil }
    advance()
    return relation
  }

  // MARK: - Statements

  /// Every statement, readable or not.
  mutating func statements() -> [StatementSyntax] {
    var all: [StatementSyntax] = []
    while token.kind != .end {
      let start = token
      do {
        let kind = try statement()
        all.append(StatementSyntax(kind: kind, span: span(from: start)))
      } catch {
        let names = names(from: start)
        while token.kind != .end {
          if case .name(let word) = token.kind, Token.statementWords.contains(word), token.span != start.span { break }
          advance()
        }
        all.append(StatementSyntax(kind: .unreadable(error, names: names), span: span(from: start)))
      }
    }
    return all
  }

  /// The names that an unreadable statement would have declared, as far as one can tell.
  private func names(from start: Token) -> [String] {
    guard let first = tokens.firstIndex(of: start), case .name(let word) = start.kind, word != "section" else {
      return []
    }
    var rest = tokens[(first + 1)...].prefix(100)
    if word == "assume" {
      guard rest.count > 2, rest.removeFirst().kind == .sign("("), rest.dropFirst().first?.kind == .sign(",") else {
        return []
      }
    }
    var names: [String] = []
    var brackets = 0
    for token in rest {
      switch token.kind {
      case .sign("["): brackets += 1
      case .sign("]"): brackets -= 1
      case .sign(",") where brackets == 0: continue
      case _ where brackets > 0: continue
      case .name(let name) where !token.isReserved:
        names.append(name)
        if ["define", "process", "claim"].contains(word) { return names }
      default: return names
      }
    }
    return names
  }

  private mutating func statement() throws(DerivationError) -> StatementSyntax.Kind {
    guard case .name(let word) = token.kind, Token.statementWords.contains(word) else {
      let words = "section, let, assume, define, brownian, process or claim"
      switch token.kind {
      case .name("proof"), .name("have"), .name("qed"), .name("by"):
        throw DerivationError("\(token.description) without a claim before it", at: token.span)
      default: throw expected("a statement", hint: "a statement begins with \(words)")
      }
    }
    advance()
    switch word {
    case "section":
      let name = try expectName("the section's name")
      (functions, hidden) = ([], [])
      return .section(name)
    case "let": return try declaration()
    case "assume": return try assumption()
    case "define": return try definition()
    case "brownian":
      let names = try declaredNames()
      let type = accept(":") ? try self.type() : nil
      for name in names { note(name, isIndexed: type.map(\.isIndexed) ?? false) }
      return .brownian(names, type)
    case "process": return try process()
    default: return try claim()
    }
  }

  /// Remembers what a declared name hides.
  mutating func note(_ declared: DeclaredName, isIndexed: Bool, isFunction: Bool = false) {
    let name = declared.name.text
    functions.remove(name)
    hidden.remove(name)
    if isFunction { functions.insert(name) }
    if isIndexed || !declared.family.isEmpty { hidden.insert(name) }
  }

  private mutating func declaration() throws(DerivationError) -> StatementSyntax.Kind {
    let names = try declaredNames()
    try expect(":", " and a type")
    let type = try type()
    for name in names { note(name, isIndexed: type.isIndexed, isFunction: type.isFunction) }
    var law: StatementSyntax.Law?
    if accept("~") {
      guard acceptWord("normal") else { throw expected("‘normal(mean, covariance)’") }
      try expect("(")
      let mean = try expression()
      try expect(",", " and the covariance")
      law = StatementSyntax.Law(mean: mean, covariance: try expression())
      try expect(")")
    }
    return .declare(names, type, law)
  }

  private mutating func assumption() throws(DerivationError) -> StatementSyntax.Kind {
    if isSign("("), name(1) != nil, isSign(",", 2) {
      advance()
      var names = [try expectName("a name")]
      while accept(",") { names.append(try expectName("a name")) }
      try expect(")")
      try expect("=")
      let function = try expectName("svd or top_singular_triplet")
      guard ["svd", "top_singular_triplet"].contains(function.text) else {
        throw DerivationError(
          "‘\(function.text)’ gives no three names; svd and top_singular_triplet do", at: function.span)
      }
      try expect("(")
      let matrix = try expression()
      try expect(")")
      let isTop = function.text != "svd"
      for name in names { note(DeclaredName(name: name, family: []), isIndexed: true) }
      return .decompose(names, isTop: isTop, matrix)
    }
    if isWord("simple"), isSign("(", 1), !hidden.contains("simple") {
      advance()
      advance()
      let start = token
      let value = try expression()
      try expect(")")
      guard case .call(let function, let arguments) = value.kind, function.text == "opnorm", arguments.count == 1 else {
        throw DerivationError(
          "only the largest singular value can be assumed simple", at: span(from: start),
          hint: "write simple(opnorm(A))")
      }
      return .simple(arguments[0])
    }
    var comparisons = [try comparison()]
    // 0 < p < 1 says two things.
    while let last = comparisons.last, let relation = relation() {
      comparisons.append(Comparison(left: last.right, relation: relation, right: try expression()))
    }
    var ranges: [DeclaredName.Index] = []
    if acceptWord("for") {
      repeat {
        let index = try expectName("an index")
        guard acceptWord("in") else { throw expected("‘in’ and the range of \(index.text)") }
        let lower = try expression()
        try expect("..", " and the last value of \(index.text)")
        ranges.append(DeclaredName.Index(name: index, lower: lower, upper: try expression()))
      } while accept(",")
    }
    return .assume(comparisons, forAll: ranges)
  }

  private mutating func definition() throws(DerivationError) -> StatementSyntax.Kind {
    let name = try expectName("the name to define")
    let declared = DeclaredName(name: name, family: [])
    var parameters = StatementSyntax.Parameters.none
    if accept("[") {
      var indices: [StatementSyntax.Parameter] = []
      repeat {
        let index = try expectName("an index")
        var range: [Syntax] = []
        if acceptWord("in") {
          range = [try expression()]
          try expect("..", " and the last value")
          range.append(try expression())
        }
        indices.append(StatementSyntax.Parameter(name: index, range: range))
        try checkCount(indices.count, index.span)
      } while accept(",")
      try expect("]")
      parameters = .indices(indices)
    } else if accept("(") {
      let parameter = try expectName("the argument's name")
      try expect(":", " and the argument's type")
      let type = try type()
      try expect(")")
      parameters = .argument(parameter, type)
      try expect("=")
      let body = try withBound([parameter.text], isIndexed: type.isIndexed) { parser throws(DerivationError) in
        try parser.expression()
      }
      note(declared, isIndexed: false, isFunction: true)
      return .define(name, parameters, body)
    }
    try expect("=")
    let body = try expression()
    note(declared, isIndexed: true)
    return .define(name, parameters, body)
  }

  private mutating func process() throws(DerivationError) -> StatementSyntax.Kind {
    let declared = try declaredName()
    let name = declared.name.text
    try expect(":", " and d\(name) = …")
    var type: TypeSyntax?
    let startsEquation = isWord("d\(name)") || isWord("d") && isSign("(", 1)
    if !startsEquation {
      type = try self.type()
      try expect(",", " and d\(name) = …")
    }
    note(declared, isIndexed: type.map(\.isIndexed) ?? false)
    var indices: [Syntax] = []
    let isBracketed = isWord("d") && isSign("(", 1)
    if isBracketed {
      advance()
      advance()
      guard acceptWord(name) else { throw expected("‘\(name)’") }
    } else {
      guard acceptWord("d\(name)") else { throw expected("‘d\(name)’") }
    }
    if isSign("[") { indices = try bracketed() }
    if isBracketed { try expect(")") }
    try expect("=", " and the drift and diffusion")
    let differential = try expression()
    var initial: Syntax?
    if accept(",") {
      let problem = expected("‘\(name)(0) = …’")
      guard acceptWord(name) else { throw problem }
      if isSign("[") {
        let start = token
        guard try bracketed().map(\.kind) == indices.map(\.kind) else {
          throw DerivationError("the start of \(name) has other indices than its differential", at: span(from: start))
        }
      }
      guard accept("("), case .number(_, integer: 0) = token.kind else { throw problem }
      advance()
      try expect(")")
      try expect("=")
      initial = try expression()
    }
    return .process(
      StatementSyntax.Process(
        name: declared, type: type, indices: indices, differential: differential, initial: initial))
  }
}
