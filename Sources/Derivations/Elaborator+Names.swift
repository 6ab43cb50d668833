// What a name stands for where it stands: locals first, then what was declared or defined, then what is built in.

internal import SymbolicCalculus

extension Elaborator {
  mutating func variable(_ name: String, _ span: Range<Int>) throws(DerivationError) -> Expression {
    if let local = locals[name] { return try self.local(local, span) }
    if scope.poisoned.contains(name) { throw consequence(span) }
    if let declaration = scope.theory.declarations[name] {
      if let range = declaration.family.first {
        throw DerivationError(
          "\(name) is a family", at: span,
          hint: "write \(name)[\(declaration.family.map(\.index).joined(separator: ", "))] for a member, "
            + "here from \(range.lower) to \(range.upper)")
      }
      switch declaration.nature {
      case .dimension: return try make(.size(Dimension(name)), .scalar, span)
      case .function, .timeFunction:
        throw DerivationError("\(name) is a function", at: span, hint: "write \(name)(…)")
      default: return try make(.variable(name, []), declaration.shape, span)
      }
    }
    if let definition = scope.definitions[name] {
      switch definition.parameters {
      case .none: return try instance(of: definition, name, [], span)
      case .indices:
        throw DerivationError("\(name) is defined with an index", at: span, hint: "write \(name)[…]")
      case .argument: throw DerivationError("\(name) is a function", at: span, hint: "write \(name)(…)")
      }
    }
    if let singular = scope.singular[name] {
      guard singular.isTop else {
        throw DerivationError("\(name) is a family", at: span, hint: "write \(name)[1], …")
      }
      return try self.singular(singular, .one, span)
    }
    switch name {
    case "I":
      scope.builtInUses.insert(name)
      let size = sizes.unknown()
      return try make(.identity, Shape(size, size), span)
    case "zeros", "ones", "e":
      throw DerivationError(
        "\(name) needs its size", at: span,
        hint: name == "e" ? "e[n, i] is a basis vector; the exponential is exp(1)" : "write \(name)[n] or \(name)[m, n]"
      )
    default: break
    }
    if let form = try differentialName(name, [], span) { return form }
    throw unknown(name, span)
  }

  func consequence(_ span: Range<Int>) -> DerivationError {
    var error = DerivationError("this name's declaration failed", at: span)
    error.isConsequence = true
    return error
  }

  func unknown(_ name: String, _ span: Range<Int>) -> DerivationError {
    let candidates = scope.names + locals.keys + Scope.builtIn + ["I", "E", "Var", "Cov", "D", "D2"]
    var error = DerivationError("‘\(name)’ is not declared", at: span)
    if name == "t" {
      error.hint = "write let t : time"
    } else if name == "pi" || name == "π" {
      error.hint = "π is no number of the language; let \(name) : positive scalar where only its sign matters"
    } else if name.first == "d", scope.declares(String(name.dropFirst())) {
      error.hint = "\(name) is the differential of a process, a Brownian motion or a time only"
    } else if let near = Spelling.nearest(to: name, among: candidates) {
      error.hint = "did you mean \(near)?"
    }
    return error
  }

  private mutating func local(_ local: Local, _ span: Range<Int>) throws(DerivationError) -> Expression {
    switch local {
    case .index(let value, _): return try make(.size(value), .scalar, span)
    case .time(let name): return try make(.variable(name, []), .scalar, span)
    case .value(let value, let nodes, let depth):
      try reuse(nodes: nodes, depth: depth, span)
      return Expression(value.node, value.shape, span: span)
    }
  }

  private mutating func singular(
    _ name: Scope.SingularName, _ index: Dimension, _ span: Range<Int>
  ) throws(DerivationError) -> Expression {
    let shape = name.matrix.shape
    let own: Shape =
      switch name.part {
      case .value: .scalar
      case .left: .vector(shape.rows)
      case .right: .vector(shape.columns)
      }
    return try make(.singular(name.part, name.matrix, index), own, span)
  }

  /// dX for an X that moves: a process, a Brownian motion, time, an integral's variable, a definition over them.
  private mutating func differentialName(
    _ name: String, _ indices: [Syntax], _ span: Range<Int>
  ) throws(DerivationError) -> Expression? {
    guard name.first == "d", name.count > 1 else { return nil }
    let base = String(name.dropFirst())
    if let local = locals[base] {
      guard case .time(let variable) = local, indices.isEmpty else { return nil }
      guard variable == integralVariable else {
        throw DerivationError("inside this integral write d\(integralVariable ?? "t")", at: span)
      }
      return try make(.timeDifferential, .scalar, span)
    }
    if scope.poisoned.contains(base) { throw consequence(span) }
    let inner = span.lowerBound + 1..<span.lowerBound + name.utf8.count
    if let declaration = scope.theory.declarations[base] {
      switch declaration.nature {
      case .time, .brownian, .process: break
      default: return nil
      }
    } else if scope.definitions[base] == nil {
      guard base == "t", indices.isEmpty else { return nil }
      if let integralVariable {
        throw DerivationError("inside this integral write d\(integralVariable)", at: span)
      }
      scope.builtInUses.insert(name)
      return try make(.timeDifferential, .scalar, span)
    }
    scope.builtInUses.insert(name)
    if indices.isEmpty { return try differential(of: try variable(base, inner), span) }
    if let declaration = scope.theory.declarations[base], declaration.family.isEmpty {
      return try entry(of: try differential(of: try variable(base, inner), span), indices, span)
    }
    let member = try index(Syntax(kind: .name(base), span: inner, depth: 1), indices, span)
    return try differential(of: member, span)
  }

  // MARK: - Indices

  mutating func index(
    _ base: Syntax, _ indices: [Syntax], _ span: Range<Int>
  ) throws(DerivationError) -> Expression {
    guard case .name(let name) = base.kind, locals[name] == nil, !scope.poisoned.contains(name) else {
      return try entry(of: try elaborate(base), indices, span)
    }
    if let declaration = scope.theory.declarations[name], !declaration.family.isEmpty {
      let values = try dimensions(indices)
      guard values.count == declaration.family.count else {
        throw DerivationError(
          "\(name) is a family with \(declaration.family.count == 1 ? "one index" : "\(declaration.family.count) indices")",
          at: span, hint: declaration.family.count == 1 ? "an entry of a member is \(name)[i][j]" : nil)
      }
      for ((value, range), written) in zip(zip(values, declaration.family), indices) {
        try check(value, from: range.lower, to: range.upper, of: name, written.span)
      }
      return try make(.variable(name, values), declaration.shape, span)
    }
    if let definition = scope.definitions[name], case .indices(let parameters) = definition.parameters {
      let values = try dimensions(indices)
      guard values.count == parameters.count else {
        throw DerivationError("\(name) is defined with \(parameters.count) indices", at: span)
      }
      for ((value, parameter), written) in zip(zip(values, parameters), indices) {
        guard let range = parameter.range else { continue }
        try check(value, from: range.lower, to: range.upper, of: name, written.span)
      }
      return try instance(of: definition, name, values, span)
    }
    if let singular = scope.singular[name], !singular.isTop {
      let values = try dimensions(indices)
      guard values.count == 1 else { throw DerivationError("\(name) has one index", at: span) }
      let last: Dimension? =
        switch singular.part {
        case .value: nil
        case .left: singular.matrix.shape.rows
        case .right: singular.matrix.shape.columns
        }
      try check(values[0], from: .one, to: last, of: name, indices[0].span)
      return try self.singular(singular, values[0], span)
    }
    if !scope.declares(name) {
      if let made = try sized(name, indices, span) { return made }
      if let form = try differentialName(name, indices, span) { return form }
    }
    return try entry(of: try elaborate(base), indices, span)
  }

  /// I[n], zeros[m, n], ones[n], e[n, i].
  private mutating func sized(
    _ name: String, _ indices: [Syntax], _ span: Range<Int>
  ) throws(DerivationError) -> Expression? {
    guard ["I", "zeros", "ones", "e"].contains(name) else { return nil }
    scope.builtInUses.insert(name)
    let values = try dimensions(indices)
    if name != "e" { for (value, s) in zip(values, indices) { try Sizes.check(size: value, at: s.span) } }
    switch (name, values.count) {
    case ("I", 1): return try make(.identity, Shape(values[0], values[0]), span)
    case ("zeros", 1): return try make(.zero, .vector(values[0]), span)
    case ("zeros", 2): return try make(.zero, Shape(values[0], values[1]), span)
    case ("ones", 1): return try make(.ones, .vector(values[0]), span)
    case ("ones", 2): return try make(.ones, Shape(values[0], values[1]), span)
    case ("e", 2):
      try Sizes.check(size: values[0], at: indices[0].span)
      try check(values[1], from: .one, to: values[0], of: "e", indices[1].span)
      return try make(.basis(values[1]), .vector(values[0]), span)
    default:
      let form = ["I": "I[n]", "e": "e[n, i]"][name] ?? "\(name)[n] or \(name)[m, n]"
      throw DerivationError("\(name) with \(values.count) sizes", at: span, hint: "write \(form)")
    }
  }

  private mutating func entry(
    of base: Expression, _ indices: [Syntax], _ span: Range<Int>
  ) throws(DerivationError) -> Expression {
    let shape = sizes.resolve(base.shape)
    guard !shape.isScalar else {
      throw DerivationError("\(quote(base.span)) is a scalar and has no entries", at: span)
    }
    let values = try dimensions(indices)
    guard values.count == (shape.isVector ? 1 : 2) else {
      throw DerivationError(
        "an entry of \(quote(base.span)), which is \(shape), has \(shape.isVector ? "one index" : "two indices")",
        at: span)
    }
    let name = quote(base.span)
    try check(values[0], from: .one, to: shape.rows, of: name, indices[0].span)
    if values.count == 2 { try check(values[1], from: .one, to: shape.columns, of: name, indices[1].span) }
    return try make(.entry(base, values), .scalar, span)
  }

  /// Refuses an index that is certainly outside; one that depends on a running index is tried at both ends.
  private func check(
    _ index: Dimension, from lower: Dimension, to upper: Dimension?, of name: String, _ span: Range<Int>
  ) throws(DerivationError) {
    var ends = (least: index, greatest: index)
    for case .index(let variable, let range?) in locals.values
    where (index - variable).constant != nil && variable.name == range.index {
      ends = (index - variable + range.lower, index - variable + range.upper)
    }
    let outside =
      (ends.least - lower).constant.map { $0 < 0 } ?? false
      || upper.flatMap { (ends.greatest - $0).constant.map { $0 > 0 } } ?? false
    guard outside else { return }
    let last = upper.map { " to \($0)" } ?? " on"
    throw DerivationError("the index \(index) leaves the range of \(name), from \(lower)\(last)", at: span)
  }

  // MARK: - Definitions

  /// What a definition stands for, its indices replaced.
  mutating func instance(
    of definition: Scope.Definition, _ name: String, _ values: [Dimension], _ span: Range<Int>
  ) throws(DerivationError) -> Expression {
    guard case .indices(let parameters) = definition.parameters else {
      try reuse(nodes: definition.nodes, depth: definition.depth, span)
      return try make(.defined(name, values, definition.meaning), definition.meaning.shape, span)
    }
    var inside: [String: Local] = [:]
    for (parameter, value) in zip(parameters, values) { inside[parameter.name] = .index(value, nil) }
    let meaning = try body(of: definition, inside, span)
    return try make(.defined(name, values, meaning), meaning.shape, span)
  }

  /// A definition's body anew, with its parameters' values: what it binds inside does not catch what the values mention.
  mutating func body(
    of definition: Scope.Definition, _ inside: [String: Local], _ span: Range<Int>
  ) throws(DerivationError) -> Expression {
    let outer = (locals, integralVariable)
    (locals, integralVariable) = (inside, nil)
    defer { (locals, integralVariable) = outer }
    do { return try elaborate(definition.syntax) } catch {
      var here = error
      here.span = span
      throw here
    }
  }

  /// A name for something bound here that nothing else has.
  func fresh(_ name: String) -> String {
    guard bound.contains(name) || scope.declares(name) else { return name }
    var k = 2
    while bound.contains("\(name)_\(k)") || scope.declares("\(name)_\(k)") { k += 1 }
    return "\(name)_\(k)"
  }

  func checkBinder(_ name: Syntax.Name) throws(DerivationError) {
    if Scope.builtIn.contains(name.text) {
      throw DerivationError("‘\(name.text)’ is built in", at: name.span, hint: "choose another name")
    }
  }

  /// The body with one more name in force.
  mutating func with<T>(
    _ name: String, _ local: Local, bound names: String, _ run: (inout Elaborator) throws(DerivationError) -> T
  ) throws(DerivationError) -> T {
    let saved = (locals, bound)
    defer { (locals, bound) = saved }
    locals[name] = local
    bound.insert(names)
    return try run(&self)
  }
}
