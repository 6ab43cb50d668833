// What declares: let, assume and define.

internal import SymbolicCalculus

extension Elaborator {
  mutating func declare(_ statement: StatementSyntax) throws(DerivationError) {
    switch statement.kind {
    case .declare(let names, let type, let law):
      for name in names { try declare(name, type, law, statement.span) }
    case .assume(let comparisons, let indices):
      let declared = DeclaredName(name: Syntax.Name(text: "", span: statement.span), family: indices)
      let ranges = try family(declared)
      for comparison in comparisons {
        let assumed = try withFamily(ranges, named: declared) { elaborator throws(DerivationError) in
          try elaborator.statement(comparison)
        }
        for side in [assumed.left, assumed.right] where try DifferentialForm.has(side) {
          throw DerivationError("an assumption about a differential", at: side.span, hint: "write process K : dK = …")
        }
        scope.theory.assumptions.append(Assumption(.statement(assumed), forAll: ranges, span: statement.span))
      }
    case .simple(let matrix):
      let matrix = try whole(matrix)
      scope.theory.assumptions.append(Assumption(.simpleTop(matrix), span: statement.span))
    case .decompose(let names, let isTop, let matrix): try decompose(names, isTop, matrix, statement.span)
    case .define(let name, let parameters, let body): try define(name, parameters, body, statement.span)
    case .brownian(let names, let type):
      for name in names {
        if let type, type.constraint != .none || type.isIndependent || type.isAdapted {
          throw DerivationError("a Brownian motion is a scalar, a vector or a matrix", at: type.span)
        }
        let shape = try type.map { type throws(DerivationError) in try valueShape(type) } ?? .scalar
        try add(name, shape, .brownian)
      }
    case .process(let process): try declare(process)
    case .section, .claim, .unreadable: break
    }
  }

  mutating func checkNew(_ name: Syntax.Name) throws(DerivationError) {
    if scope.theory.declarations[name.text] != nil || scope.definitions[name.text] != nil
      || scope.singular[name.text] != nil
    {
      throw DerivationError("\(name.text) is already declared", at: name.span, hint: "a new section forgets all names")
    }
    try checkBinder(name)
    if scope.builtInUses.contains(name.text) {
      throw DerivationError(
        "\(name.text) has been used for what is built in", at: name.span,
        hint: "declare it before its first use, or in a new section")
    }
    guard scope.names.count < Limits.names else {
      throw DerivationError("more than \(Limits.names) names in one section", at: name.span)
    }
    scope.poisoned.remove(name.text)
  }

  private mutating func add(
    _ declared: DeclaredName, _ shape: Shape, _ nature: Declaration.Nature
  ) throws(DerivationError) {
    try checkNew(declared.name)
    scope.theory.declare(
      Declaration(
        declared.name.text, shape, family: try family(declared), nature: nature, span: declared.name.span))
  }

  /// The ranges of a family; an index without a name gets one.
  mutating func family(_ declared: DeclaredName) throws(DerivationError) -> [Expression.Range] {
    var ranges: [Expression.Range] = []
    for index in declared.family {
      if let name = index.name { try checkBinder(name) }
      let taken = Set(ranges.map(\.index))
      let letters = ["i", "j", "k", "l"].filter { !taken.contains($0) }
      let name = fresh(index.name?.text ?? letters.first ?? "i\(ranges.count + 1)")
      guard !taken.contains(name) else {
        throw DerivationError("the index \(name) occurs twice", at: declared.name.span)
      }
      let range = Expression.Range(name, try dimension(index.lower), try dimension(index.upper))
      if let count = (range.upper - range.lower).constant, count < 0 {
        throw DerivationError(
          "an empty family: from \(range.lower) to \(range.upper)",
          at: index.lower.span.lowerBound..<index.upper.span.upperBound)
      }
      ranges.append(range)
    }
    return ranges
  }

  // MARK: - let

  mutating func valueShape(_ type: TypeSyntax) throws(DerivationError) -> Shape {
    switch type.base {
    case .scalar, .time: return .scalar
    case .vector(let n):
      let size = try dimension(n)
      try Sizes.check(size: size, at: n.span)
      return .vector(size)
    case .matrix(let m, let n):
      let shape = Shape(try dimension(m), try dimension(n))
      try Sizes.check(size: shape.rows, at: m.span)
      try Sizes.check(size: shape.columns, at: n.span)
      return shape
    case .dimension, .function, .sample:
      throw DerivationError("expected scalar, vector[n] or matrix[m, n]", at: type.span)
    }
  }

  func checkConstraint(_ type: TypeSyntax, _ shape: Shape) throws(DerivationError) {
    let name = type.constraint.rawValue
    switch type.constraint {
    case .none: break
    case .positive, .nonnegative:
      guard shape.isScalar else {
        throw DerivationError("\(name) is a constraint on scalars", at: type.span, hint: "psd and spd are for matrices")
      }
    case .unit:
      guard shape.isVector else { throw DerivationError("unit is a constraint on vectors", at: type.span) }
    case .symmetric, .psd, .spd, .orthogonal, .diagonal, .skew:
      guard shape.isSquare else {
        throw DerivationError("\(name) is a constraint on square matrices, and this is \(shape)", at: type.span)
      }
    }
  }

  private mutating func declare(
    _ declared: DeclaredName, _ type: TypeSyntax, _ law: StatementSyntax.Law?, _ span: Range<Int>
  ) throws(DerivationError) {
    if let law {
      guard type.constraint == .none, !type.isIndependent, !type.isAdapted, type.base.isValue else {
        throw DerivationError(
          "a Gaussian law is for a scalar, a vector or a matrix without constraint", at: type.span)
      }
      let shape = try valueShape(type)
      return try gaussian(declared, shape, law)
    }
    switch type.base {
    case .dimension(let least):
      guard type.constraint == .none, !type.isAdapted, !type.isIndependent, declared.family.isEmpty else {
        throw DerivationError("a dimension has no constraint but ‘>=’, and no family", at: type.span)
      }
      try add(declared, .scalar, .dimension(atLeast: least))
    case .time:
      guard type.constraint == .none, !type.isAdapted, !type.isIndependent, declared.family.isEmpty else {
        throw DerivationError("time has no constraint and no family", at: type.span)
      }
      try add(declared, .scalar, .time)
    case .function(let argument, let value):
      guard type.constraint == .none, !type.isIndependent else {
        throw DerivationError("a function has no constraint", at: type.span)
      }
      guard declared.family.isEmpty else {
        throw DerivationError("a family of functions", at: declared.name.span, hint: "declare each by its own name")
      }
      for part in [argument, value].compactMap({ $0 }) where part.constraint != .none || part.isIndependent {
        throw DerivationError("a function's argument and value have no constraint", at: part.span)
      }
      let shape = try value.map { value throws(DerivationError) in try valueShape(value) } ?? .scalar
      if case .time = argument.base {
        try add(declared, shape, .timeFunction(adapted: type.isAdapted))
      } else {
        guard !type.isAdapted else {
          throw DerivationError("only a function of time can be adapted", at: type.span)
        }
        try add(declared, shape, .function(of: try valueShape(argument)))
      }
    case .sample(let population, let replacement):
      guard type.constraint == .none, !type.isAdapted, !type.isIndependent, declared.family.count == 1 else {
        throw DerivationError(
          "a sample is a family with one index", at: declared.name.span, hint: "write \(declared.name.text)[1..M]")
      }
      if scope.poisoned.contains(population.text) { throw consequence(population.span) }
      guard let from = scope.theory.declarations[population.text] else {
        throw unknown(population.text, population.span)
      }
      guard from.family.count == 1 else {
        throw DerivationError("\(population.text) is no family with one index to draw from", at: population.span)
      }
      try add(declared, from.shape, .sample(of: population.text, replacement: replacement))
    case .scalar, .vector, .matrix:
      let shape = try valueShape(type)
      try checkConstraint(type, shape)
      if type.isIndependent {
        guard !declared.family.isEmpty, type.constraint == .none, !type.isAdapted else {
          throw DerivationError(
            "iid is for a family without constraint", at: type.span,
            hint: "write let \(declared.name.text)[1..N] : iid …")
        }
        try add(declared, shape, .independentFamily)
      } else if type.isAdapted {
        try add(declared, shape, .adapted)
        try assumeSign(declared, type)
      } else {
        try add(declared, shape, .parameter(type.constraint))
      }
    }
  }

  // MARK: - assume, define

  private mutating func decompose(
    _ names: [Syntax.Name], _ isTop: Bool, _ syntax: Syntax, _ span: Range<Int>
  ) throws(DerivationError) {
    let function = isTop ? "top_singular_triplet" : "svd"
    guard names.count == 3 else {
      throw DerivationError(
        "\(function) gives three names, not \(names.count)", at: span, hint: "write (s, u, v) = \(function)(A)")
    }
    let matrix = try whole(syntax)
    guard case .variable = matrix.node, !matrix.shape.isScalar else {
      let isName = if case .name = syntax.kind { true } else { false }
      let shape = sizes.resolve(matrix.shape)
      throw DerivationError(
        "\(function) takes the name of a matrix", at: syntax.span,
        hint: isName
          ? nil : "give it one: let C : matrix[\(shape.rows), \(shape.columns)], assume C = \(quote(syntax.span))")
    }
    for (name, part) in zip(names, [Expression.SingularPart.value, .left, .right]) {
      try checkNew(name)
      scope.singular[name.text] = Scope.SingularName(part: part, matrix: matrix, isTop: isTop)
    }
    if isTop { scope.theory.assumptions.append(Assumption(.simpleTop(matrix), span: span)) }
  }

  private mutating func define(
    _ name: Syntax.Name, _ parameters: StatementSyntax.Parameters, _ body: Syntax, _ span: Range<Int>
  ) throws(DerivationError) {
    try checkNew(name)
    let saved = (locals, bound)
    defer { (locals, bound) = saved }
    var kind = Scope.Definition.Parameters.none
    var inside: [String: Local] = [:]
    switch parameters {
    case .none: break
    case .indices(let written):
      var indices: [Scope.Definition.Index] = []
      for parameter in written {
        try checkBinder(parameter.name)
        let text = parameter.name.text
        guard inside[text] == nil else {
          throw DerivationError("the index \(text) occurs twice", at: parameter.name.span)
        }
        let own = fresh(text)
        var range: Expression.Range?
        if parameter.range.count == 2 {
          range = Expression.Range(own, try dimension(parameter.range[0]), try dimension(parameter.range[1]))
        }
        indices.append(Scope.Definition.Index(name: text, range: range))
        inside[text] = .index(Dimension(own), range)
        bound.insert(own)
      }
      kind = .indices(indices)
    case .argument(let parameter, let type):
      try checkBinder(parameter)
      guard type.constraint == .none, !type.isIndependent, !type.isAdapted else {
        throw DerivationError("a function's argument has no constraint", at: type.span)
      }
      let shape = try valueShape(type)
      let own = fresh(parameter.text)
      kind = .argument(.init(name: parameter.text, variable: own), shape)
      let variable = Expression(.variable(own, []), shape, span: parameter.span)
      bound.insert(own)
      inside[parameter.text] = .value(variable, nodes: 1, depth: 1)
    }
    locals = inside
    let (meaning, nodes, depth) = try measured { elaborator throws(DerivationError) in
      try elaborator.whole(body, isPart: true)
    }
    scope.definitions[name.text] = Scope.Definition(
      parameters: kind, syntax: body, meaning: meaning, nodes: nodes, depth: depth, span: span)
  }
}

extension TypeSyntax.Base {
  var isValue: Bool {
    switch self {
    case .scalar, .vector, .matrix: true
    default: false
    }
  }
}
