// Expressions. Precedence, lowest first: + and −; products of every kind, from left to right, whose rest a sum, product or
// integral swallows; unary minus; power; transpose, index and call.

internal import SymbolicCalculus

extension Parser {
  static let swallowing: Set<String> = ["sum", "prod", "integral"]
  static let moments: [String: Syntax.Moment] = [
    "E": .expectation, "Expect": .expectation, "Var": .variance, "Cov": .covariance,
  ]

  func tooDeep(_ span: Range<Int>) -> DerivationError {
    DerivationError("nested deeper than \(Limits.nesting) levels, or a product of more factors than that", at: span)
  }

  func node(_ kind: Syntax.Kind, from start: Token, over children: [Syntax]) throws(DerivationError) -> Syntax {
    let depth = 1 + (children.map(\.depth).max() ?? 0)
    guard depth <= Limits.nesting else { throw tooDeep(start.span) }
    return Syntax(kind: kind, span: span(from: start), depth: depth)
  }

  /// One level deeper, so that no nesting exhausts the stack.
  private mutating func nested<T>(
    _ body: (inout Parser) throws(DerivationError) -> T
  ) throws(DerivationError) -> T {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Limits.nesting else { throw tooDeep(token.span) }
    return try body(&self)
  }

  /// Names that the body binds hide functions and operators of that name.
  mutating func withBound<T>(
    _ names: [String], isIndexed: Bool, _ body: (inout Parser) throws(DerivationError) -> T
  ) throws(DerivationError) -> T {
    let saved = (functions, hidden)
    defer { (functions, hidden) = saved }
    functions.subtract(names)
    if isIndexed { hidden.formUnion(names) } else { hidden.subtract(names) }
    return try body(&self)
  }

  /// Whether the token can begin a factor, so that standing beside one it is multiplied.
  var startsFactor: Bool {
    switch token.kind {
    case .number, .sign("("): true
    case .name: !token.isReserved
    default: false
    }
  }

  mutating func expression() throws(DerivationError) -> Syntax {
    try nested { parser throws(DerivationError) in
      let start = parser.token
      var terms = [Syntax.Term(isSubtracted: false, syntax: try parser.product())]
      while parser.isSign("+") || parser.isSign("-") {
        let isSubtracted = parser.isSign("-")
        parser.advance()
        terms.append(Syntax.Term(isSubtracted: isSubtracted, syntax: try parser.product()))
      }
      return terms.count == 1
        ? terms[0].syntax : try parser.node(.sum(terms), from: start, over: terms.map(\.syntax))
    }
  }

  private mutating func product() throws(DerivationError) -> Syntax {
    let start = token
    var result = try factor()
    while true {
      var operation = Syntax.Operation.times
      if accept("/") {
        operation = .over
      } else if accept(".*") {
        operation = .hadamard
      } else if accept("⊗") {
        operation = .kron
      } else if !accept("*"), !startsFactor {
        return result
      }
      let next = try factor()
      result = try node(.product(result, operation, next), from: start, over: [result, next])
    }
  }

  private mutating func factor() throws(DerivationError) -> Syntax {
    let start = token
    if accept("-") {
      let operand = try nested { parser throws(DerivationError) in try parser.factor() }
      return try node(.negate(operand), from: start, over: [operand])
    }
    if let name = name(), Self.swallowing.contains(name), isSign("(", 1) {
      return try nested { parser throws(DerivationError) in try parser.swallow(name) }
    }
    return try power()
  }

  /// `sum(i in 1..M, j in 1..M where i != j) body`, likewise prod and integral.
  private mutating func swallow(_ word: String) throws(DerivationError) -> Syntax {
    let start = token
    advance()
    advance()
    var ranges: [Syntax.IndexRange] = []
    repeat {
      let index = try expectName("an index")
      guard acceptWord("in") else { throw expected("‘in’ and the range of \(index.text)") }
      let bound = ranges.map(\.name.text)
      let lower = try withBound(bound, isIndexed: false) { parser throws(DerivationError) in try parser.expression() }
      try expect("..", " and the last value of \(index.text)")
      let upper = try withBound(bound, isIndexed: false) { parser throws(DerivationError) in try parser.expression() }
      ranges.append(Syntax.IndexRange(name: index, lower: lower, upper: upper))
      try checkCount(ranges.count, index.span)
    } while accept(",")
    let names = ranges.map(\.name.text)
    var conditions: [Syntax.Condition] = []
    if word != "integral", acceptWord("where") {
      repeat {
        let left = try expression()
        try expect("!=", ": only unequal indices can be asked for")
        conditions.append(Syntax.Condition(left: left, right: try expression()))
      } while accept(",")
    }
    try expect(")")
    guard startsFactor || isSign("-") else { throw expected("what the \(word) is taken of") }
    let body = try withBound(names, isIndexed: false) { parser throws(DerivationError) in try parser.product() }
    let children = ranges.flatMap { [$0.lower, $0.upper] } + conditions.flatMap { [$0.left, $0.right] } + [body]
    if word == "integral" {
      guard ranges.count == 1 else {
        throw DerivationError(
          "an integral has one variable", at: ranges[1].name.span, hint: "write one inside the other")
      }
      return try node(
        .integral(ranges[0].name, from: ranges[0].lower, to: ranges[0].upper, body), from: start, over: children)
    }
    return try node(
      .range(ranges, excluding: conditions, isProduct: word == "prod", body), from: start, over: children)
  }

  private mutating func power() throws(DerivationError) -> Syntax {
    let start = token
    var base = try postfix(transposes: true)
    var isRaised = false
    while isSign("^") {
      if isRaised {
        throw DerivationError("a power of a power needs brackets", at: token.span, hint: "write a^(b^c) or (a^b)^c")
      }
      advance()
      let exponentStart = token
      var exponent: Syntax
      if accept("-") {
        let operand = try postfix(transposes: false)
        exponent = try node(.negate(operand), from: exponentStart, over: [operand])
      } else {
        exponent = try postfix(transposes: false)
      }
      base = try node(.power(base, exponent), from: start, over: [base, exponent])
      isRaised = true
      while accept("'") {
        base = try node(.transpose(base), from: start, over: [base])
        isRaised = false
      }
    }
    return base
  }

  private mutating func postfix(transposes: Bool) throws(DerivationError) -> Syntax {
    let start = token
    var base = try primary()
    while true {
      if transposes, accept("'") {
        base = try node(.transpose(base), from: start, over: [base])
      } else if isSign("[") {
        let indices = try bracketed()
        base = try node(.index(base, indices), from: start, over: [base] + indices)
      } else {
        return base
      }
    }
  }

  func checkCount(_ indices: Int, _ span: Range<Int>) throws(DerivationError) {
    guard indices <= Limits.indices else {
      throw DerivationError("more than \(Limits.indices) indices at once", at: span)
    }
  }

  /// `[a, b]`.
  mutating func bracketed(_ form: String = "[…]") throws(DerivationError) -> [Syntax] {
    guard accept("[") else { throw expected("‘\(form)’") }
    var all = [try expression()]
    while accept(",") { all.append(try expression()) }
    try expect("]")
    return all
  }

  /// `(a, b)`.
  private mutating func arguments() throws(DerivationError) -> [Syntax] {
    try expect("(")
    var all = [try expression()]
    while accept(",") { all.append(try expression()) }
    try expect(")")
    return all
  }

  private mutating func primary() throws(DerivationError) -> Syntax {
    let start = token
    if case .number(let value, let integer) = token.kind {
      advance()
      return try node(.number(value, integer: integer), from: start, over: [])
    }
    if accept("(") {
      let inside = try expression()
      try expect(")")
      return Syntax(kind: inside.kind, span: span(from: start), depth: inside.depth)
    }
    guard let name = name() else { throw expected("an expression") }
    let spelled = Syntax.Name(text: name, span: token.span)
    advance()
    if name == "d", isSign("("), token.span.lowerBound == start.span.upperBound {
      let inside = try arguments()
      guard inside.count == 1 else { throw DerivationError("d( ) takes one expression", at: span(from: start)) }
      return try node(.differential(inside[0]), from: start, over: inside)
    }
    if functions.contains(name), isSign("(") {
      let arguments = try arguments()
      return try node(.call(spelled, arguments), from: start, over: arguments)
    }
    if isSign("["), !hidden.contains(name) {
      if let moment = Self.moments[name] {
        let arguments = try bracketed()
        return try node(.moment(moment, arguments), from: start, over: arguments)
      }
      if let operation = Syntax.Calculus(rawValue: name) { return try calculus(operation, start) }
    }
    if name == "mat" {
      let sizes = try bracketed("[m, n](…)")
      guard sizes.count == 2 else { throw DerivationError("mat has two sizes", at: span(from: start)) }
      let inside = try arguments()
      guard inside.count == 1 else { throw DerivationError("mat takes one vector", at: span(from: start)) }
      return try node(
        .unvec(rows: sizes[0], columns: sizes[1], inside[0]), from: start, over: sizes + inside)
    }
    if Scope.functionNames.contains(name) {
      if isSign("(") {
        let arguments = try arguments()
        return try node(.call(spelled, arguments), from: start, over: arguments)
      }
      guard startsFactor, !Scope.severalArguments.contains(name) else {
        throw DerivationError("\(name) without an argument", at: start.span, hint: "write \(name)(…)")
      }
      let argument = try nested { parser throws(DerivationError) in try parser.power() }
      return try node(.call(spelled, [argument]), from: start, over: [argument])
    }
    if Self.swallowing.contains(name) {
      throw DerivationError(
        "\(name) cannot stand here", at: start.span, hint: "write (\(name)(i in 1..n) …) in brackets")
    }
    return try node(.name(name), from: start, over: [])
  }

  /// `[f](x)[E, F]` after D, D2, grad or hess.
  private mutating func calculus(_ operation: Syntax.Calculus, _ start: Token) throws(DerivationError) -> Syntax {
    advance()
    let function: Syntax.Function
    var children: [Syntax] = []
    let name = try expectName("a function's name or ‘X -> …’")
    if accept("->") {
      let body = try withBound([name.text], isIndexed: true) { parser throws(DerivationError) in
        try parser.expression()
      }
      children.append(body)
      function = .lambda(name, body)
    } else {
      function = .named(name)
    }
    guard accept("]") else {
      throw expected("‘]’ or ‘->’", hint: "\(operation.rawValue) takes a function: a name or ‘X -> …’")
    }
    guard isSign("(") else { throw expected("‘(’ and the point") }
    let point = try arguments()
    guard point.count == 1 else { throw DerivationError("one point is needed", at: span(from: start)) }
    var directions: [Syntax] = []
    if operation == .first || operation == .second {
      guard isSign("[") else {
        throw expected("‘[’ and the direction", hint: "\(operation.rawValue)[f](x)[…], or grad[f](x)")
      }
      directions = try bracketed()
    }
    return try node(
      .calculus(operation, function, at: point[0], along: directions), from: start,
      over: children + point + directions)
  }
}
