// A light clean-up, so that results read well: like terms collected, products in order. Nothing is multiplied out.

internal import ExactArithmetic

extension Expression {
  /// The same expression with products in normal form and like terms collected; definitions stay as they are.
  ///
  /// Common factors cancel, so the result may have a value where the expression has none.
  public var simplified: Expression {
    switch node {
    case .defined: return self
    case .derivative(let f, let x, let directions):
      let simple = Expression(.derivative(f, at: x.simplified, along: directions.map(\.simplified)), shape, span: span)
      return Term(simple).expression
    case .gradient(let f, let x): return Expression(.gradient(f, at: x.simplified), shape, span: span)
    case .hessian(let f, let x): return Expression(.hessian(f, at: x.simplified), shape, span: span)
    default: break
    }
    let e = replacingChildren(children.map(\.simplified))
    switch e.node {
    case .add(let terms): return .sum(ofLike: terms.map { Term($0) }, shape)
    case .sum(let range, let body):
      var term = Term(body)
      let coefficient = term.coefficient
      term.coefficient = 1
      let inner = term.expression
      if let count = range.count, !inner.names.contains(range.index) {
        return .number(coefficient) * Term(.size(count) * inner).expression
      }
      return .number(coefficient) * .sum(range, inner)
    case .integral(_, _, _, let body), .expectation(let body): return body.isZero ? .zeros(shape) : e
    case .variance(let x) where x.isZero: return .zeros(shape)
    case .covariance(let x, let y) where x.isZero || y.isZero: return .zeros(shape)
    default: return Term(e).expression
    }
  }

  /// A sum with like terms collected, in the order in which they first appear.
  static func sum(ofLike terms: [Term], _ shape: Shape) -> Expression {
    var order: [Term.Key] = []
    var collected: [Term.Key: Term] = [:]
    for term in terms.flatMap(\.summands) where term.coefficient != 0 {
      let key = term.key
      if let known = collected[key] {
        collected[key]?.coefficient = known.coefficient + term.coefficient
      } else {
        order.append(key)
        collected[key] = term
      }
    }
    return .sum(of: order.compactMap { collected[$0]?.expression }, shape)
  }
}

extension Term {
  /// A sum under nothing but a number is several terms.
  fileprivate var summands: [Term] {
    guard ranges.isEmpty, scalars.count + word.count == 1,
      let only = word.first ?? (scalars[0].exponent == 1 ? scalars[0].base : nil), case .add(let terms) = only.node
    else { return [self] }
    return terms.map {
      var term = Term($0)
      term.coefficient = coefficient * term.coefficient
      return term
    }
  }

  /// The product that an expression is at its outermost level; sums in it are indivisible.
  init(_ e: Expression) {
    if let value = e.constant {
      self.init(number: value)
      return
    }
    switch e.node {
    case .zero: self.init(word: [], e.shape, coefficient: 0)
    case .identity: self.init(word: [], e.shape, coefficient: 1)
    case .negate(let a):
      self.init(a)
      coefficient = -coefficient
    case .multiply(let a, let b), .scale(let a, let b): self = Term(a) * Term(b)
    case .divide(let a, let b):
      let divisor = Term(b)
      self = Term(a) * (divisor.coefficient == 0 ? Term(atom: b.power(-1)) : divisor.power(-1))
    case .power(let base, let exponent) where e.shape.isScalar: self.init(base, to: exponent, e)
    case .apply(.sqrt, let x): self.init(x[0], to: .number(1, 2), e)
    case .transpose(let a): self = Term(a).transposed
    case .singular(.value, let a, .one): self.init(atom: .apply(.operatorNorm, a))
    case .apply(.trace, let a): self = Term(a[0]).trace
    case .apply(let f, let arguments) where f.isLinear: self.init(linear: arguments, e) { $0.value(of: f, e.shape) }
    case .derivative(let f, let x, let directions):
      self.init(linear: directions, e) { Expression(.derivative(f, at: x, along: $0), e.shape) }
    default: self.init(atom: e)
    }
  }

  private init(word: [Expression], _ shape: Shape, coefficient: Rational) {
    (self.word, self.shape, self.coefficient) = (word, shape, coefficient)
  }

  private init(_ base: Expression, to exponent: Expression, _ e: Expression) {
    let term = Term(base)
    if let n = exponent.constant?.wholeNumber, n.magnitude <= 64, n > 0 || term.coefficient != 0 {
      self = term.power(n)
    } else if let q = exponent.constant {
      self.init(number: 1)
      multiply(by: base, q)
    } else {
      self.init(atom: e)
    }
  }

  /// Scalars come out of every argument of a multilinear function.
  private init(linear arguments: [Expression], _ e: Expression, _ rebuilt: ([Expression]) -> Expression) {
    let terms = arguments.map { Term($0) }
    if terms.contains(where: { $0.coefficient == 0 }) {
      self.init(word: [], e.shape, coefficient: 0)
      return
    }
    let value = rebuilt(terms.map(\.matrixPart))
    // vec(mat(A x)) is the product A x, no indivisible factor.
    let isProduct = if case .multiply = value.node { true } else { false }
    self = terms.reduce(Term(number: 1)) { $0 * $1.scalarPart } * (isProduct ? Term(value) : Term(atom: value))
  }

  /// The word alone.
  var matrixPart: Expression {
    var part = self
    (part.coefficient, part.scalars, part.ranges) = (1, [], [])
    return part.expression
  }

  /// All but the word.
  var scalarPart: Term {
    var part = self
    (part.word, part.shape) = ([], .scalar)
    return part
  }

  /// The trace, with the word turned so that a scalar in it comes out, or into the first of its equal forms.
  var trace: Term {
    var result = scalarPart
    if shape.isScalar { return result }
    if word.isEmpty { return result * Term(.size(shape.rows)) }
    if let cut = word.firstIndex(where: { $0.shape.rows == .one }) {
      return result * Term(word: Array(word[cut...] + word[..<cut]), .scalar)
    }
    if word.count == 1, word[0].node == .zero { result.coefficient = 0 }
    return result * Term(atom: .apply(.trace, word.canonicalTrace.product))
  }
}

extension Expression.Function {
  /// Whether the function is linear in each argument.
  var isLinear: Bool {
    switch self {
    case .trace, .vec, .unvec, .kron, .hadamard, .diag, .diagonal: true
    default: false
    }
  }
}

extension Array where Element == Expression {
  /// A linear function of these, where vec and mat undo each other.
  fileprivate func value(of f: Expression.Function, _ shape: Shape) -> Expression {
    switch f {
    case .vec: vec(self[0])
    case .unvec: mat(shape.rows, shape.columns, self[0])
    default: Expression(.apply(f, self), shape)
    }
  }
}

extension Expression.Range {
  /// How many values there are, if that is certain: sizes are at least 1, so from 1 or 2 a range cannot fall short of empty.
  var count: Dimension? {
    excluding.isEmpty && (lower == .one || lower == 2) ? upper - lower + .one : nil
  }
}
