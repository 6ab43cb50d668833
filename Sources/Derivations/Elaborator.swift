// From the untyped tree to the typed one: names get their meaning, every node its shape.

internal import ExactArithmetic
internal import SymbolicCalculus

/// Types one statement after another over a scope. Sizes left unknown, those of `I`, are solved for at a statement's end.
struct Elaborator {
  enum Local {
    /// An index that runs over a range, if one is known.
    case index(Dimension, Expression.Range?)
    /// A function's argument: what it stands for, and the nodes and depth of that.
    case value(Expression, nodes: Int, depth: Int)
    /// The variable of an integral.
    case time(String)
  }

  let source: DerivationSource
  var scope: Scope
  var sizes = SizeEquations()
  var locals: [String: Local] = [:]
  /// Names bound around the present place; a binder inside takes another.
  var bound: Set<String> = []
  /// The variable of the innermost integral: its differential is the only time differential inside.
  var integralVariable: String?
  var depth = 0
  var deepest = 0
  var nodes = 0

  init(_ source: DerivationSource, _ scope: Scope) { (self.source, self.scope) = (source, scope) }

  // MARK: - Whole expressions and statements

  /// A closed expression with every size known and differentials where they may stand.
  ///
  /// With `isPart` it is a part of something else, which says where at( ) may stand.
  mutating func whole(
    _ syntax: Syntax, as shape: Shape? = nil, isPart: Bool = false
  ) throws(DerivationError) -> Expression {
    var expression = try elaborate(syntax)
    if let shape {
      guard let fitted = fit(expression, shape) else {
        throw DerivationError("this is \(sizes.resolve(expression.shape)) where \(shape) is needed", at: syntax.span)
      }
      expression = fitted
    }
    let finished = try finish([expression])[0]
    if !isPart { try ProcessValues.check(finished) }
    return finished
  }

  mutating func statement(_ comparison: Comparison) throws(DerivationError) -> Statement {
    let sides = try related(
      [try elaborate(comparison.left), try elaborate(comparison.right)], by: [comparison.relation])
    let finished = try finish(sides)
    try DifferentialForm.checkSides(finished)
    for side in finished { try ProcessValues.check(side) }
    return Statement(finished[0], comparison.relation, finished[1])
  }

  /// Expressions that stand on the sides of relations: of one shape, scalars where an order is asked for.
  mutating func related(_ sides: [Expression], by relations: [Relation]) throws(DerivationError) -> [Expression] {
    var sides = sides
    guard let reference = sides.first(where: { !$0.isZeroLiteral }) else { return sides }
    for i in sides.indices {
      if let fitted = fit(sides[i], reference.shape) {
        sides[i] = fitted
      } else {
        let (known, found) = (sizes.resolve(reference.shape), sizes.resolve(sides[i].shape))
        var error = DerivationError(
          "\(quote(reference.span)) is \(known), \(quote(sides[i].span)) is \(found): the sides of a relation have one shape",
          at: sides[i].span)
        error.hint = literalHint(sides[i], known) ?? literalHint(reference, found)
        throw error
      }
    }
    for (i, relation) in relations.enumerated() where relation != .equal && relation != .notEqual {
      let shape = sizes.resolve(sides[i + 1].shape)
      guard shape.isScalar else {
        throw DerivationError(
          "‘\(relation.rawValue)’ compares scalars, and \(quote(sides[i + 1].span)) is \(shape)", at: sides[i + 1].span)
      }
    }
    return sides
  }

  /// Solves for the sizes, writes them in, and checks the differentials.
  mutating func finish(_ expressions: [Expression]) throws(DerivationError) -> [Expression] {
    if let equation = sizes.settle() {
      let (left, right) = (sizes.resolve(equation.left), sizes.resolve(equation.right))
      if left.names.union(right.names).contains(where: SizeEquations.isUnknown) {
        throw DerivationError(
          "sizes cannot be found from where this stands", at: equation.span, hint: "write I[n] with its size")
      }
      throw DerivationError("the sizes \(left) and \(right) differ", at: equation.span)
    }
    var finished: [Expression] = []
    for expression in expressions {
      let known = try sizes.hasUnknowns ? resolved(expression) : expression
      _ = try DifferentialForm.degrees(of: known)
      finished.append(known)
    }
    return finished
  }

  private func resolved(_ e: Expression) throws(DerivationError) -> Expression {
    let shape = sizes.resolve(e.shape)
    if case .identity = e.node {
      if !shape.rows.names.allSatisfy({ !SizeEquations.isUnknown($0) }) {
        throw DerivationError("the size of I cannot be found from where it stands", at: e.span, hint: "write I[n]")
      }
      if shape != e.shape, shape.isScalar {
        throw DerivationError("I is 1 × 1 where it stands", at: e.span, hint: "write 1")
      }
    }
    var children: [Expression] = []
    for child in e.children { children.append(try resolved(child)) }
    func known(_ f: Expression.Lambda) -> Expression.Lambda {
      Expression.Lambda(f.parameter, sizes.resolve(f.shape), f.body, display: f.display)
    }
    let rebuilt = e.replacingChildren(children)
    let node: Expression.Node =
      switch rebuilt.node {
      case .size(let size): .size(sizes.resolve(size))
      case .derivative(let f, let x, let directions): .derivative(known(f), at: x, along: directions)
      case .gradient(let f, let x): .gradient(known(f), at: x)
      case .hessian(let f, let x): .hessian(known(f), at: x)
      case let other: other
      }
    return Expression(node, shape, span: e.span)
  }

  // MARK: - Nodes

  mutating func make(
    _ node: Expression.Node, _ shape: Shape, _ span: Range<Int>
  ) throws(DerivationError) -> Expression {
    try count(1, span)
    return Expression(node, shape, span: span)
  }

  mutating func count(_ more: Int, _ span: Range<Int>) throws(DerivationError) {
    nodes += more
    guard nodes <= Limits.nodes else {
      throw DerivationError("more than \(Limits.nodes) parts once definitions are written out", at: span)
    }
  }

  /// Takes over a tree that was made before, of so many nodes and such a depth.
  mutating func reuse(nodes: Int, depth: Int, _ span: Range<Int>) throws(DerivationError) {
    try count(nodes, span)
    deepest = max(deepest, self.depth + depth)
    guard deepest <= Limits.expandedNesting else {
      throw DerivationError(
        "nested deeper than \(Limits.expandedNesting) levels once definitions are written out", at: span)
    }
  }

  /// Runs a step and says how many nodes and levels it made.
  mutating func measured<T>(
    _ body: (inout Elaborator) throws(DerivationError) -> T
  ) throws(DerivationError) -> (result: T, nodes: Int, depth: Int) {
    let (before, outer) = (nodes, deepest)
    deepest = depth
    let result = try body(&self)
    let reached = deepest - depth
    deepest = max(outer, deepest)
    return (result, nodes - before, reached)
  }

  /// The expression as one of the given shape, if it can be: a literal 0 becomes the zero of it.
  mutating func fit(_ e: Expression, _ shape: Shape) -> Expression? {
    let shape = sizes.resolve(shape)
    if e.isZeroLiteral { return shape.isScalar ? e : Expression(.zero, shape, span: e.span) }
    return sizes.equate(e.shape, shape, at: e.span) ? e : nil
  }

  /// What to write instead of a number beside a matrix.
  func literalHint(_ e: Expression, _ shape: Shape) -> String? {
    guard sizes.resolve(e.shape).isScalar, !shape.isScalar else { return nil }
    let text = quote(e.span)
    if shape.isSquare { return "write \(text == "1" ? "" : text + " ")I for a multiple of the identity" }
    return "write \(text == "1" ? "" : text + " ")ones[\(shape.rows)\(shape.isVector ? "" : ", \(shape.columns)")]"
  }

  /// The source text of a span, for messages.
  func quote(_ span: Range<Int>) -> String {
    let words = source.string(span).split { $0.isWhitespace }.joined(separator: " ")
    return words.count > 40 ? words.prefix(39) + "…" : words
  }

  // MARK: - The walk

  mutating func elaborate(_ s: Syntax) throws(DerivationError) -> Expression {
    depth += 1
    defer { depth -= 1 }
    try reuse(nodes: 0, depth: 0, s.span)
    switch s.kind {
    case .number(let value, _): return try make(.number(value), .scalar, s.span)
    case .name(let name): return try variable(name, s.span)
    case .index(let base, let indices): return try index(base, indices, s.span)
    case .transpose(let a):
      let a = try elaborate(a)
      return try make(.transpose(a), sizes.resolve(a.shape).transposed, s.span)
    case .negate(let a):
      let a = try elaborate(a)
      return try make(.negate(a), a.shape, s.span)
    case .sum(let terms): return try sum(terms, s.span)
    case .product(let a, let operation, let b):
      try checkPresent(a, b)
      return try product(try elaborate(a), operation, try elaborate(b), s.span)
    case .power(let base, let exponent): return try power(base, exponent, s.span)
    case .call(let name, let arguments): return try call(name, arguments, s.span)
    case .unvec(let rows, let columns, let x): return try unvec(rows, columns, x, s.span)
    case .range(let ranges, let conditions, let isProduct, let body):
      return try range(ranges[...], conditions, isProduct, body, s.span)
    case .integral(let name, let from, let to, let body): return try integral(name, from, to, body, s.span)
    case .calculus(let operation, let function, let point, let directions):
      return try calculus(operation, function, point, directions, s.span)
    case .moment(let moment, let arguments): return try self.moment(moment, arguments, s.span)
    case .differential(let x): return try differential(of: try elaborate(x), s.span)
    }
  }
}
