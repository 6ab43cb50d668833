// Sums, products, powers and differentials: which shapes go together, and what to write where they do not.

internal import ExactArithmetic
internal import SymbolicCalculus

extension Elaborator {
  /// Refuses K(0) and K(t), which would be products, where K is a process: it stands for its present value.
  func checkPresent(_ a: Syntax, _ b: Syntax) throws(DerivationError) {
    guard a.span.upperBound == b.span.lowerBound else { return }
    let name: String
    switch a.kind {
    case .name(let own): name = own
    case .index(let family, _):
      guard case .name(let own) = family.kind else { return }
      name = own
    default: return
    }
    guard locals[name] == nil, let nature = scope.theory.declarations[name]?.nature else { return }
    switch nature {
    case .process, .brownian, .adapted: break
    default: return
    }
    switch b.kind {
    case .number(_, integer: 0): break
    case .name(let time):
      if case .time? = locals[time] { break }
      guard case .time? = scope.theory.declarations[time]?.nature else { return }
    default: return
    }
    throw DerivationError(
      "\(name) stands for its present value: this would be a product", at: a.span.lowerBound..<b.span.upperBound,
      hint: "for the start, write the name given after \(name)(0) =; for a product, leave a space")
  }

  mutating func sum(_ terms: [Syntax.Term], _ span: Range<Int>) throws(DerivationError) -> Expression {
    var parts: [Expression] = []
    for term in terms { parts.append(try elaborate(term.syntax)) }
    let reference = parts.first { !$0.isZeroLiteral } ?? parts[0]
    for i in parts.indices {
      if let fitted = fit(parts[i], reference.shape) {
        parts[i] = fitted
      } else {
        let (known, found) = (sizes.resolve(reference.shape), sizes.resolve(parts[i].shape))
        var error = DerivationError(
          "cannot \(terms[i].isSubtracted ? "subtract" : "add"): \(quote(reference.span)) is \(known), "
            + "\(quote(terms[i].syntax.span)) is \(found)", at: terms[i].syntax.span)
        error.hint = literalHint(parts[i], known) ?? literalHint(reference, found)
        if error.hint == nil, found == known.transposed { error.hint = "transpose one of them" }
        throw error
      }
      if terms[i].isSubtracted { parts[i] = try make(.negate(parts[i]), parts[i].shape, parts[i].span) }
    }
    return try make(.add(parts), sizes.resolve(reference.shape), span)
  }

  mutating func product(
    _ a: Expression, _ operation: Syntax.Operation, _ b: Expression, _ span: Range<Int>
  ) throws(DerivationError) -> Expression {
    let (left, right) = (sizes.resolve(a.shape), sizes.resolve(b.shape))
    switch operation {
    case .over:
      guard right.isScalar else {
        throw DerivationError(
          "division by \(quote(b.span)), which is \(right)", at: b.span,
          hint: right.isSquare ? "write \(quote(b.span))^-1 on the side where it belongs" : nil)
      }
      if b.isZeroLiteral { throw DerivationError("division by zero", at: b.span) }
      return try make(.divide(a, b), left, span)
    case .kron:
      let shape = Shape(left.rows * right.rows, left.columns * right.columns)
      try Sizes.check(shape, at: span)
      return try make(.apply(.kron, [a, b]), shape, span)
    case .hadamard:
      if left.isScalar, right.isScalar { return try make(.scale(a, b), .scalar, span) }
      guard sizes.equate(left, right, at: span) else {
        throw DerivationError(
          "shapes do not fit: \(quote(a.span)) is \(left), \(quote(b.span)) is \(right); .* needs one shape", at: span,
          hint: left.isScalar || right.isScalar ? "leave out .* to multiply by a scalar" : nil)
      }
      return try make(.apply(.hadamard, [a, b]), left, span)
    case .times:
      if left.isScalar { return try make(.scale(a, b), right, span) }
      if right.isScalar { return try make(.scale(b, a), left, span) }
      guard sizes.equate(left.columns, right.rows, at: span) else { throw mismatch(a, b, span) }
      return try make(
        .multiply(a, b), Shape(sizes.resolve(left).rows, sizes.resolve(right).columns), span)
    }
  }

  private func mismatch(_ a: Expression, _ b: Expression, _ span: Range<Int>) -> DerivationError {
    let (left, right) = (sizes.resolve(a.shape), sizes.resolve(b.shape))
    func factor(_ e: Expression) -> String {
      let text = quote(e.span)
      switch e.node {
      case .variable, .identity, .entry, .transpose, .zero, .ones: return text
      default: return text.hasSuffix(")") ? text : "(\(text))"
      }
    }
    func transposed(_ e: Expression) -> String {
      if case .transpose(let inner) = e.node { return factor(inner) }
      return factor(e) + "'"
    }
    var fitting: [String] = []
    if left.rows == right.rows { fitting.append("\(transposed(a)) \(factor(b))") }
    if left.columns == right.columns { fitting.append("\(factor(a)) \(transposed(b))") }
    if fitting.isEmpty, left.rows == right.columns { fitting.append("\(factor(b)) \(factor(a))") }
    return DerivationError(
      "shapes do not fit: \(quote(a.span)) is \(left), \(quote(b.span)) is \(right); "
        + "the inner sizes \(left.columns) and \(right.rows) differ", at: span,
      hint: fitting.isEmpty ? nil : "did you mean \(fitting.joined(separator: " or "))?")
  }

  mutating func power(
    _ base: Syntax, _ exponent: Syntax, _ span: Range<Int>
  ) throws(DerivationError) -> Expression {
    if case .name("T") = exponent.kind, locals["T"] == nil, !scope.declares("T") {
      throw DerivationError("‘T’ is not declared", at: exponent.span, hint: "the transpose of x is written x'")
    }
    let base = try elaborate(base)
    let written = try elaborate(exponent)
    let (shape, exponentShape) = (sizes.resolve(base.shape), sizes.resolve(written.shape))
    guard exponentShape.isScalar else {
      throw DerivationError(
        "an exponent is a scalar, and \(quote(exponent.span)) is \(exponentShape)", at: exponent.span)
    }
    let value = written.rationalValue
    let exponent = value.map { Expression(.number($0), .scalar, span: written.span) } ?? written
    if !shape.isScalar {
      guard sizes.equate(shape.rows, shape.columns, at: span) else {
        throw DerivationError(
          "a power of \(quote(base.span)), which is \(shape): only a square matrix has powers", at: span,
          hint: shape.isVector && value == 2 ? "write x'x, or x .* x entry by entry" : nil)
      }
      guard value.map({ $0.isInteger }) ?? exponent.isSize else {
        throw DerivationError(
          "a matrix has integer powers only", at: exponent.span, hint: "sqrtm(A) is the square root of a matrix")
      }
    }
    if base.isZeroLiteral, let value, value < 0 { throw DerivationError("division by zero", at: span) }
    return try make(.power(base, exponent), sizes.resolve(shape), span)
  }

  mutating func differential(of x: Expression, _ span: Range<Int>) throws(DerivationError) -> Expression {
    switch x.node {
    case .variable(let name, let indices):
      switch scope.theory.declarations[name]?.nature {
      case .time where integralVariable == nil: return try make(.timeDifferential, .scalar, span)
      case .time:
        throw DerivationError("inside this integral write d\(integralVariable ?? "t")", at: span)
      case .brownian: return try make(.brownianDifferential(name, indices), x.shape, span)
      default:
        if name == integralVariable { return try make(.timeDifferential, .scalar, span) }
      }
    case .entry(let vector, let indices) where vector.isBrownian(in: scope.theory):
      return try make(.entry(try differential(of: vector, span), indices), .scalar, span)
    default: break
    }
    return try make(.differential(x), x.shape, span)
  }
}

extension Expression {
  func isBrownian(in theory: Theory) -> Bool {
    if case .variable(let name, _) = node, case .brownian? = theory.declarations[name]?.nature { return true }
    return false
  }

  /// The number 0, which takes the shape of what it stands beside.
  var isZeroLiteral: Bool { node == .number(0) }

  var isSize: Bool {
    switch node {
    case .size: true
    case .number(let value): value.isInteger
    case .negate(let e): e.isSize
    case .add(let terms): terms.allSatisfy(\.isSize)
    case .scale(let a, let b): a.isSize && b.isSize
    default: false
    }
  }

  /// The value of arithmetic on numbers alone.
  var rationalValue: Rational? {
    switch node {
    case .number(let value): return value
    case .size(let size): return size.constant.map { Rational($0) }
    case .negate(let e): return e.rationalValue.map { 0 - $0 }
    case .divide(let a, let b):
      guard let x = a.rationalValue, let y = b.rationalValue, y != 0 else { return nil }
      return x / y
    case .scale(let a, let b):
      guard let x = a.rationalValue, let y = b.rationalValue else { return nil }
      return x * y
    case .add(let terms):
      var sum = Rational(0)
      for term in terms {
        guard let value = term.rationalValue else { return nil }
        sum = sum + value
      }
      return sum
    default: return nil
    }
  }
}

extension Rational {
  var isInteger: Bool { !description.contains("/") }
}
