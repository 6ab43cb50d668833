// What binds a name: sums, products, integrals, functions under a derivative; and the means over chance.

internal import SymbolicCalculus

extension Elaborator {
  /// One sum inside the other, from the first index to the last; a condition goes to the innermost index it mentions.
  mutating func range(
    _ ranges: ArraySlice<Syntax.IndexRange>, _ conditions: [Syntax.Condition], _ isProduct: Bool, _ body: Syntax,
    _ span: Range<Int>
  ) throws(DerivationError) -> Expression {
    guard let first = ranges.first else { return try elaborate(body) }
    try checkBinder(first.name)
    let rest = ranges.dropFirst()
    if let twice = rest.first(where: { $0.name.text == first.name.text }) {
      throw DerivationError("the index \(first.name.text) runs twice", at: twice.name.span)
    }
    let index = fresh(first.name.text)
    var range = Expression.Range(index, try dimension(first.lower), try dimension(first.upper))
    let inner = Set(rest.map(\.name.text))
    var later: [Syntax.Condition] = []
    for condition in conditions {
      let names = condition.left.names.union(condition.right.names)
      if !names.isDisjoint(with: inner) {
        later.append(condition)
        continue
      }
      let other: Syntax
      if condition.left.kind == .name(first.name.text), !condition.right.names.contains(first.name.text) {
        other = condition.right
      } else if condition.right.kind == .name(first.name.text), !condition.left.names.contains(first.name.text) {
        other = condition.left
      } else {
        throw DerivationError(
          "a condition compares an index with something else", at: condition.left.span,
          hint: "write \(first.name.text) != …")
      }
      range.excluding.append(try dimension(other))
    }
    let local = Local.index(Dimension(index), range)
    let value = try with(first.name.text, local, bound: index) { elaborator throws(DerivationError) in
      try elaborator.range(rest, later, isProduct, body, span)
    }
    if isProduct {
      let shape = sizes.resolve(value.shape)
      guard shape.isScalar else {
        throw DerivationError("prod takes scalars, and \(quote(body.span)) is \(shape)", at: body.span)
      }
      return try make(.product(range, value), .scalar, span)
    }
    return try make(.sum(range, value), value.shape, span)
  }

  mutating func integral(
    _ name: Syntax.Name, _ from: Syntax, _ to: Syntax, _ body: Syntax, _ span: Range<Int>
  ) throws(DerivationError) -> Expression {
    try checkBinder(name)
    let lower = try scalar(from, "a bound of an integral")
    let upper = try scalar(to, "a bound of an integral")
    let variable = fresh(name.text)
    let outer = integralVariable
    integralVariable = variable
    defer { integralVariable = outer }
    let form = try with(name.text, .time(variable), bound: variable) { elaborator throws(DerivationError) in
      try elaborator.elaborate(body)
    }
    return try make(.integral(variable, from: lower, to: upper, form), form.shape, span)
  }

  private mutating func scalar(_ s: Syntax, _ what: String) throws(DerivationError) -> Expression {
    let value = try elaborate(s)
    let shape = sizes.resolve(value.shape)
    guard shape.isScalar else { throw DerivationError("\(what) is a scalar, and this is \(shape)", at: s.span) }
    return value
  }

  // MARK: - Derivatives

  mutating func calculus(
    _ operation: Syntax.Calculus, _ function: Syntax.Function, _ point: Syntax, _ written: [Syntax],
    _ span: Range<Int>
  ) throws(DerivationError) -> Expression {
    let point = try elaborate(point)
    let needed = operation == .second ? 2 : 1
    if operation == .first || operation == .second, written.count != needed {
      throw DerivationError(
        "\(operation.rawValue) takes \(needed == 1 ? "one direction" : "two directions"), not \(written.count)",
        at: span,
        hint: written.count == 2 ? "D2[f](x)[E, F] is the second derivative" : nil)
    }
    var directions: [Expression] = []
    for direction in written {
      let value = try elaborate(direction)
      guard let fitted = fit(value, point.shape) else {
        throw DerivationError(
          "the direction \(quote(direction.span)) is \(sizes.resolve(value.shape)), and the point "
            + "\(quote(point.span)) is \(sizes.resolve(point.shape))", at: direction.span)
      }
      directions.append(fitted)
    }
    guard !sizes.resolve(point.shape).count.names.contains(where: SizeEquations.isUnknown) else {
      throw DerivationError("the size of the point cannot be found", at: point.span, hint: "write I[n]")
    }
    let lambda = try lambda(function, at: point, span)
    let shape = sizes.resolve(lambda.body.shape)
    switch operation {
    case .first, .second: return try make(.derivative(lambda, at: point, along: directions), shape, span)
    case .gradient, .hessian:
      guard shape.isScalar else {
        throw DerivationError(
          "\(operation.rawValue) takes a scalar function, and this one gives \(shape)", at: span,
          hint: "D[f](x)[E] takes any function")
      }
      if operation == .gradient { return try make(.gradient(lambda, at: point), sizes.resolve(point.shape), span) }
      let count = sizes.resolve(point.shape).count
      try Sizes.check(count * count, at: span)
      return try make(.hessian(lambda, at: point), Shape(count, count), span)
    }
  }

  private mutating func lambda(
    _ function: Syntax.Function, at point: Expression, _ span: Range<Int>
  ) throws(DerivationError) -> Expression.Lambda {
    let shape = sizes.resolve(point.shape)
    switch function {
    case .lambda(let name, let body):
      try checkBinder(name)
      let parameter = fresh(name.text)
      let variable = Expression(.variable(parameter, []), shape, span: name.span)
      let value = try with(name.text, .value(variable, nodes: 1, depth: 1), bound: parameter) {
        elaborator throws(DerivationError) in try elaborator.elaborate(body)
      }
      return Expression.Lambda(parameter, shape, value, display: quote(name.span.lowerBound..<body.span.upperBound))
    case .named(let name):
      if scope.poisoned.contains(name.text) { throw consequence(name.span) }
      func wrongPoint(_ domain: Shape) -> DerivationError {
        DerivationError("\(name.text) takes a \(domain), and the point is \(shape)", at: point.span)
      }
      if let definition = scope.definitions[name.text],
        case .argument(let parameter, let domain) = definition.parameters
      {
        guard sizes.equate(shape, domain, at: point.span) else { throw wrongPoint(domain) }
        try reuse(nodes: definition.nodes, depth: definition.depth, span)
        return Expression.Lambda(parameter.variable, domain, definition.meaning, display: name.text)
      }
      let parameter = fresh("x")
      if let declaration = scope.theory.declarations[name.text], locals[name.text] == nil {
        let domain: Shape
        switch declaration.nature {
        case .function(let of): domain = of
        case .timeFunction: domain = .scalar
        default:
          throw DerivationError(
            "\(name.text) is no function", at: name.span, hint: "write \(name.text) -> … for a function of it")
        }
        guard sizes.equate(shape, domain, at: point.span) else { throw wrongPoint(domain) }
        let variable = try make(.variable(parameter, []), domain, name.span)
        let body = try make(.call(name.text, variable), declaration.shape, name.span)
        return Expression.Lambda(parameter, domain, body, display: name.text)
      }
      if locals[name.text] != nil || scope.declares(name.text) {
        throw DerivationError(
          "\(name.text) is no function", at: name.span, hint: "write X -> … for a function of X")
      }
      guard let builtIn = Expression.Function(rawValue: name.text), Scope.functionNames.contains(name.text),
        !Scope.severalArguments.contains(name.text)
      else {
        var error = unknown(name.text, name.span)
        if Scope.builtIn.contains(name.text) {
          error = DerivationError("\(name.text) is no function of one argument", at: name.span, hint: "write X -> …")
        }
        throw error
      }
      let variable = try make(.variable(parameter, []), shape, point.span)
      let body = try apply(builtIn, [variable], name.span)
      return Expression.Lambda(parameter, sizes.resolve(shape), body, display: name.text)
    }
  }

  // MARK: - Means

  mutating func moment(
    _ moment: Syntax.Moment, _ written: [Syntax], _ span: Range<Int>
  ) throws(DerivationError) -> Expression {
    let needed = moment == .covariance ? 2 : 1
    guard written.count == needed else {
      let form = moment == .covariance ? "Cov[x, y]" : moment == .variance ? "Var[x]" : "E[x]"
      throw DerivationError("\(form) with \(written.count) arguments", at: span)
    }
    var arguments: [Expression] = []
    for syntax in written {
      let argument = try elaborate(syntax)
      let shape = sizes.resolve(argument.shape)
      guard moment == .expectation || shape.isVector else {
        throw DerivationError(
          "\(moment == .variance ? "Var" : "Cov") takes scalars and vectors, and \(quote(syntax.span)) is \(shape)",
          at: syntax.span, hint: "write vec(…) for the covariance of a matrix' entries")
      }
      arguments.append(argument)
    }
    let shape = sizes.resolve(arguments[0].shape)
    switch moment {
    case .expectation: return try make(.expectation(arguments[0]), shape, span)
    case .variance: return try make(.variance(arguments[0]), Shape(shape.rows, shape.rows), span)
    case .covariance:
      let columns = sizes.resolve(arguments[1].shape).rows
      return try make(.covariance(arguments[0], arguments[1]), Shape(shape.rows, columns), span)
    }
  }
}

extension Syntax {
  /// Every name in a size or an index.
  var names: Set<String> {
    switch kind {
    case .name(let name): [name]
    case .negate(let a): a.names
    case .sum(let terms): terms.reduce(into: []) { $0.formUnion($1.syntax.names) }
    case .product(let a, _, let b), .power(let a, let b): a.names.union(b.names)
    case .call(_, let arguments): arguments.reduce(into: []) { $0.formUnion($1.names) }
    default: []
    }
  }
}
