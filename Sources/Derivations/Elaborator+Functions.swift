// Functions: built in, defined, declared; and what shapes they take and give.

internal import SymbolicCalculus

extension Elaborator {
  mutating func call(
    _ name: Syntax.Name, _ written: [Syntax], _ span: Range<Int>
  ) throws(DerivationError) -> Expression {
    if name.text == "mean" { return try mean(written, span) }
    if name.text == "at" { return try processValue(written, span) }
    if let function = Expression.Function(rawValue: name.text), Scope.functionNames.contains(name.text) {
      if function == .minimum || function == .maximum, let size = try extremumOfSizes(function, written, span) {
        return size
      }
      var arguments: [Expression] = []
      for argument in written { arguments.append(try elaborate(argument)) }
      return try apply(function, arguments, span)
    }
    if scope.poisoned.contains(name.text) { throw consequence(name.span) }
    guard written.count == 1 else {
      throw DerivationError("\(name.text) takes one argument, not \(written.count)", at: span)
    }
    let (argument, argumentNodes, argumentDepth) = try measured { elaborator throws(DerivationError) in
      try elaborator.elaborate(written[0])
    }
    if let definition = scope.definitions[name.text], case .argument(let parameter, let shape) = definition.parameters {
      guard let argument = fit(argument, shape) else {
        throw wrongArgument(name.text, shape, argument.shape, written[0].span)
      }
      // The argument has been counted once, where it is written; each use in the body counts it again.
      let local = Local.value(argument, nodes: argumentNodes, depth: argumentDepth)
      let meaning = try body(of: definition, [parameter.name: local], span)
      return try make(.defined("\(name.text)(\(quote(written[0].span)))", [], meaning), meaning.shape, span)
    }
    guard let declaration = scope.theory.declarations[name.text] else { throw unknown(name.text, name.span) }
    let domain: Shape
    switch declaration.nature {
    case .function(let of): domain = of
    default: domain = .scalar
    }
    guard let fitted = fit(argument, domain) else {
      throw wrongArgument(name.text, domain, argument.shape, written[0].span)
    }
    return try make(.call(name.text, fitted), declaration.shape, span)
  }

  private func wrongArgument(_ name: String, _ needed: Shape, _ found: Shape, _ span: Range<Int>) -> DerivationError {
    let found = sizes.resolve(found)
    return DerivationError(
      "\(name) takes \(needed == .scalar ? "a scalar" : "a \(needed)"), and \(quote(span)) is \(found)", at: span)
  }

  /// (1/M) Σ g[i] over a family.
  private mutating func mean(_ written: [Syntax], _ span: Range<Int>) throws(DerivationError) -> Expression {
    let problem = DerivationError(
      "mean takes the name of a family with one index and its range", at: written[0].span,
      hint: "write (1/n) sum(i in 1..n) … for the mean of an expression")
    guard written.count == 1, case .name(let name) = written[0].kind, locals[name] == nil else { throw problem }
    if scope.poisoned.contains(name) { throw consequence(span) }
    let range: Expression.Range
    if let declaration = scope.theory.declarations[name], declaration.family.count == 1 {
      range = declaration.family[0]
    } else if case .indices(let parameters)? = scope.definitions[name]?.parameters, parameters.count == 1,
      let known = parameters[0].range
    {
      range = known
    } else if scope.declares(name) {
      throw problem
    } else {
      throw unknown(name, written[0].span)
    }
    let index = fresh(range.index)
    let member: Expression
    if let definition = scope.definitions[name] {
      member = try with(index, .index(Dimension(index), nil), bound: index) { elaborator throws(DerivationError) in
        try elaborator.instance(of: definition, name, [Dimension(index)], written[0].span)
      }
    } else {
      let shape = scope.theory.declarations[name]?.shape ?? .scalar
      member = try make(.variable(name, [Dimension(index)]), shape, written[0].span)
    }
    let sum = try make(.sum(Expression.Range(index, range.lower, range.upper), member), member.shape, span)
    let count = try make(.size(range.upper - range.lower + .one), .scalar, span)
    return try make(.divide(sum, count), member.shape, span)
  }

  /// min and max of sizes are sizes.
  private mutating func extremumOfSizes(
    _ function: Expression.Function, _ written: [Syntax], _ span: Range<Int>
  ) throws(DerivationError) -> Expression? {
    guard written.count > 1, written.allSatisfy({ isSize($0) }), written.contains(where: { !$0.isNumber }) else {
      return nil
    }
    let whole = Syntax(kind: .call(Syntax.Name(text: function.rawValue, span: span), written), span: span, depth: 1)
    return try make(.size(try dimension(whole)), .scalar, span)
  }

  private func isSize(_ s: Syntax) -> Bool {
    switch s.kind {
    case .number(_, let integer): return integer != nil
    case .name(let name):
      if case .index? = locals[name] { return true }
      if locals[name] == nil, case .dimension? = scope.theory.declarations[name]?.nature { return true }
      return false
    case .negate(let a): return isSize(a)
    case .sum(let terms): return terms.allSatisfy { isSize($0.syntax) }
    case .product(let a, .times, let b): return isSize(a) && isSize(b)
    case .call(let name, let arguments):
      return (name.text == "min" || name.text == "max") && arguments.allSatisfy { isSize($0) }
    default: return false
    }
  }

  mutating func unvec(
    _ rows: Syntax, _ columns: Syntax, _ x: Syntax, _ span: Range<Int>
  ) throws(DerivationError) -> Expression {
    let shape = Shape(try dimension(rows), try dimension(columns))
    try Sizes.check(size: shape.rows, at: rows.span)
    try Sizes.check(size: shape.columns, at: columns.span)
    try Sizes.check(shape.count, at: span)
    let vector = Shape.vector(shape.count)
    let argument = try elaborate(x)
    guard let fitted = fit(argument, vector) else {
      throw wrongArgument("mat[\(shape.rows), \(shape.columns)]", vector, argument.shape, x.span)
    }
    return try make(.apply(.unvec, [fitted]), shape, span)
  }

  mutating func apply(
    _ function: Expression.Function, _ arguments: [Expression], _ span: Range<Int>
  ) throws(DerivationError) -> Expression {
    let name = function.rawValue
    let needed =
      switch function {
      case .kron: 2...2
      case .minimum, .maximum: 2...Limits.nodes
      default: 1...1
      }
    guard needed.contains(arguments.count) else {
      let count = needed == 1...1 ? "one argument" : needed == 2...2 ? "two arguments" : "two arguments or more"
      throw DerivationError("\(name) takes \(count), not \(arguments.count)", at: span)
    }
    let x = arguments[0]
    let shape = sizes.resolve(x.shape)
    func refuse(_ needed: String, hint: String? = nil) -> DerivationError {
      DerivationError("\(name) takes \(needed), and \(quote(x.span)) is \(shape)", at: x.span, hint: hint)
    }
    let value: Shape
    switch function {
    case .trace, .determinant, .diagonal, .inverse, .squareRoot:
      let hint =
        shape.isScalar ? (function == .inverse ? "write 1/x" : nil) : function == .inverse ? "pinv takes any" : nil
      guard sizes.equate(shape.rows, shape.columns, at: x.span) else { throw refuse("a square matrix", hint: hint) }
      let square = sizes.resolve(shape)
      switch function {
      case .trace, .determinant: value = .scalar
      case .diagonal: value = .vector(square.rows)
      default: value = square
      }
    case .vec:
      value = .vector(shape.count)
      try Sizes.check(value, at: span)
    case .pseudoInverse: value = shape.transposed
    case .norm, .operatorNorm: value = .scalar
    case .diag:
      guard shape.isVector else { throw refuse("a vector", hint: "diagonal(A) is the vector of a matrix' diagonal") }
      value = Shape(shape.rows, shape.rows)
    case .kron:
      return try product(x, .kron, arguments[1], span)
    case .hadamard:
      return try product(x, .hadamard, arguments[1], span)
    case .unvec:
      throw DerivationError("mat needs its sizes", at: span, hint: "write mat[m, n](x)")
    case .exp, .log, .sqrt, .abs, .sin, .cos, .tanh, .minimum, .maximum:
      for argument in arguments {
        let shape = sizes.resolve(argument.shape)
        guard shape.isScalar else {
          throw DerivationError(
            "\(name) takes a scalar, and \(quote(argument.span)) is \(shape)", at: argument.span,
            hint: function == .sqrt && shape.isSquare ? "sqrtm is the square root of a matrix" : nil)
        }
      }
      if function == .log, x.isZeroLiteral { throw DerivationError("log 0 has no value", at: span) }
      value = .scalar
    }
    return try make(.apply(function, arguments), value, span)
  }
}

extension Syntax {
  var isNumber: Bool {
    if case .number = kind { return true }
    return false
  }
}
