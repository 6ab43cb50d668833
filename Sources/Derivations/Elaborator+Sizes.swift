// Expressions that are sizes or indices: integer polynomials, with minima and maxima.

internal import SymbolicCalculus

enum Sizes {
  /// Bounds a size, so that arithmetic on it can neither overflow nor take long.
  static func check(_ size: Dimension, at span: Range<Int>) throws(DerivationError) {
    guard weight(size) <= Limits.sizeWeight,
      size.terms.values.allSatisfy({ $0.magnitude <= UInt(Limits.sizeCoefficient) })
    else { throw DerivationError("this size is too complicated", at: span) }
  }

  /// How many terms and names are written, those inside minima and maxima included.
  private static func weight(_ size: Dimension) -> Int {
    size.terms.keys.reduce(0) { sum, atoms in
      atoms.reduce(sum + 1) { sum, atom in
        switch atom {
        case .symbol: sum + 1
        case .minimum(let a, let b), .maximum(let a, let b): sum + 1 + weight(a) + weight(b)
        }
      }
    }
  }

  static func check(_ shape: Shape, at span: Range<Int>) throws(DerivationError) {
    try check(shape.rows, at: span)
    try check(shape.columns, at: span)
  }

  /// The size of something: also positive if it is a number.
  static func check(size: Dimension, at span: Range<Int>) throws(DerivationError) {
    try check(size, at: span)
    if let constant = size.constant, constant < 1 { throw DerivationError("a size of \(constant)", at: span) }
  }
}

extension Elaborator {
  mutating func dimensions(_ all: [Syntax]) throws(DerivationError) -> [Dimension] {
    var values: [Dimension] = []
    for syntax in all { values.append(try dimension(syntax)) }
    return values
  }

  mutating func dimension(_ s: Syntax) throws(DerivationError) -> Dimension {
    try count(1, s.span)
    let value: Dimension
    switch s.kind {
    case .number(_, let integer):
      guard let integer, integer <= Limits.sizeCoefficient else {
        throw DerivationError("a size or an index is a small integer", at: s.span)
      }
      value = Dimension(integer)
    case .name(let name): value = try dimension(named: name, s.span)
    case .negate(let a): value = Dimension(-1) * (try dimension(a))
    case .sum(let terms):
      var sum = Dimension(0)
      for term in terms {
        let part = try dimension(term.syntax)
        sum = term.isSubtracted ? sum - part : sum + part
        try Sizes.check(sum, at: s.span)
      }
      value = sum
    case .product(let a, .times, let b): value = (try dimension(a)) * (try dimension(b))
    case .power(let base, let exponent):
      guard case .number(_, let power?) = exponent.kind, (0...Limits.sizeWeight).contains(power) else {
        throw DerivationError("a size has small integer powers only", at: exponent.span)
      }
      let factor = try dimension(base)
      var product = Dimension.one
      for _ in 0..<power {
        product = product * factor
        try Sizes.check(product, at: s.span)
      }
      value = product
    case .call(let name, let arguments) where (name.text == "min" || name.text == "max") && arguments.count > 1:
      var all = try dimensions(arguments)[...]
      var extremum = all.removeFirst()
      for next in all {
        extremum = name.text == "min" ? .minimum(extremum, next) : .maximum(extremum, next)
        try Sizes.check(extremum, at: s.span)
      }
      value = extremum
    default:
      throw DerivationError(
        "\(quote(s.span)) is no size or index", at: s.span,
        hint: "these are made of dimensions, indices and integers by +, -, products, min and max")
    }
    try Sizes.check(value, at: s.span)
    return value
  }

  private func dimension(named name: String, _ span: Range<Int>) throws(DerivationError) -> Dimension {
    if case .index(let value, _)? = locals[name] { return value }
    if scope.poisoned.contains(name) { throw consequence(span) }
    if locals[name] == nil, let declaration = scope.theory.declarations[name], declaration.family.isEmpty,
      case .dimension = declaration.nature
    {
      return Dimension(name)
    }
    guard locals[name] != nil || scope.declares(name) else { throw unknown(name, span) }
    throw DerivationError("\(name) is no size or index", at: span, hint: "declare sizes by let \(name) : dimension")
  }
}
