// Trees written in Swift: operators and functions that find the right node from the shapes, and refuse shapes that do not fit.

public import ExactArithmetic

extension Dimension: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
  public init(integerLiteral value: Int) { self.init(value) }
  /// A dimension or an index of that name.
  public init(stringLiteral name: String) { self.init(name) }
}

extension Expression: ExpressibleByIntegerLiteral {
  public init(integerLiteral value: Int) { self = .number(Rational(value)) }

  public static func number(_ value: Rational) -> Expression { Expression(.number(value), .scalar) }
  /// p/q.
  public static func number(_ numerator: Int, _ denominator: Int = 1) -> Expression {
    .number(Rational(numerator, denominator))
  }
  /// A dimension or an index as a number.
  public static func size(_ d: Dimension) -> Expression {
    d.constant.map { .number($0) } ?? Expression(.size(d), .scalar)
  }
  public static func variable(_ name: String, _ shape: Shape = .scalar, _ indices: [Dimension] = []) -> Expression {
    Expression(.variable(name, indices), shape)
  }
  public static func identity(_ n: Dimension) -> Expression {
    n == .one ? 1 : Expression(.identity, Shape(n, n))
  }
  public static func zeros(_ shape: Shape) -> Expression { shape.isScalar ? 0 : Expression(.zero, shape) }
  public static func ones(_ shape: Shape) -> Expression { shape.isScalar ? 1 : Expression(.ones, shape) }
  /// The i-th basis vector of Rⁿ.
  public static func basis(_ n: Dimension, _ i: Dimension) -> Expression { Expression(.basis(i), .vector(n)) }
  /// f(x) of a declared function.
  public static func call(_ name: String, _ x: Expression, _ shape: Shape = .scalar) -> Expression {
    Expression(.call(name, x), shape)
  }
  public static var dt: Expression { Expression(.timeDifferential, .scalar) }
  /// dW of a declared Brownian motion.
  public static func dW(_ name: String, _ shape: Shape = .scalar, _ indices: [Dimension] = []) -> Expression {
    Expression(.brownianDifferential(name, indices), shape)
  }

  /// The value, if the expression is a rational number as it stands.
  public var constant: Rational? {
    switch node {
    case .number(let value): value
    case .size(let d): d.constant.map { Rational($0) }
    case .identity, .ones: shape.isScalar ? 1 : nil
    case .zero: shape.isScalar ? 0 : nil
    default: nil
    }
  }

  var isZero: Bool { node == .zero || constant == 0 }
  var isOne: Bool { constant == 1 }
  var isIdentity: Bool { node == .identity || isOne }
  var summands: [Expression] { if case .add(let terms) = node { terms } else { [self] } }

  // MARK: Arithmetic

  public static func + (a: Expression, b: Expression) -> Expression {
    precondition(
      a.shape == b.shape, "a sum needs equal shapes, but \(a) is a \(a.shape) and \(b) is a \(b.shape)")
    return .sum(of: [a, b], a.shape)
  }
  public static func - (a: Expression, b: Expression) -> Expression { a + -b }

  /// The sum of terms of one shape: flat, without zeros, the numbers folded into one.
  static func sum(of terms: [Expression], _ shape: Shape) -> Expression {
    var kept: [Expression] = []
    var place: Int?
    for term in terms.flatMap(\.summands) where !term.isZero {
      if let value = term.constant {
        if let place, let other = kept[place].constant {
          kept[place] = .number(other + value)
        } else {
          place = kept.count
          kept.append(term)
        }
      } else {
        kept.append(term)
      }
    }
    kept.removeAll(where: \.isZero)
    return kept.isEmpty ? .zeros(shape) : kept.count == 1 ? kept[0] : Expression(.add(kept), shape)
  }

  public static prefix func - (a: Expression) -> Expression {
    if let value = a.constant { return .number(-value) }
    switch a.node {
    case .zero: return a
    case .negate(let b): return b
    case .scale(let s, let b) where s.constant != nil: return -s * b
    default: return Expression(.negate(a), a.shape)
    }
  }

  /// A matrix product, or a scaling if one side is a scalar.
  public static func * (a: Expression, b: Expression) -> Expression {
    if !a.shape.isScalar && b.shape.isScalar { return b * a }
    guard a.shape.isScalar else {
      precondition(
        a.shape.columns == b.shape.rows,
        "a product needs inner sizes that agree, but \(a) is a \(a.shape) and \(b) is a \(b.shape)")
      let shape = Shape(a.shape.rows, b.shape.columns)
      if a.isZero || b.isZero { return .zeros(shape) }
      if case .negate(let c) = a.node { return -(c * b) }
      if case .negate(let c) = b.node { return -(a * c) }
      if case .scale(let s, let c) = a.node { return s * (c * b) }
      if case .scale(let s, let c) = b.node { return s * (a * c) }
      if a.isIdentity { return b }
      if b.isIdentity { return a }
      return Expression(.multiply(a, b), shape)
    }
    if a.isZero || b.isZero { return .zeros(b.shape) }
    if a.isOne { return b }
    if b.isOne { return a }
    if let p = a.constant, let q = b.constant { return .number(p * q) }
    // Numbers stand in front.
    if b.constant != nil { return b * a }
    if case .negate(let c) = b.node { return -a * c }
    if let p = a.constant {
      if p == -1 { return -b }
      if case .scale(let s, let c) = b.node, let q = s.constant { return .number(p * q) * c }
    }
    if case .negate(let c) = a.node { return -(c * b) }
    if case .scale(let s, let c) = b.node, s.constant != nil { return s * (a * c) }
    return Expression(.scale(a, b), b.shape)
  }

  public static func / (a: Expression, b: Expression) -> Expression {
    precondition(b.shape.isScalar, "a divisor is a scalar, but \(b) is a \(b.shape)")
    if a.isZero { return a }
    if b.isOne { return a }
    if let q = b.constant, q != 0 {
      if let p = a.constant { return .number(p / q) }
      if q < 0 { return -(a / .number(-q)) }
    }
    if case .negate(let c) = a.node { return -(c / b) }
    if case .negate(let c) = b.node { return -(a / c) }
    return Expression(.divide(a, b), a.shape)
  }

  /// A scalar to a scalar power, or a square matrix to an integer power.
  public func power(_ exponent: Expression) -> Expression {
    precondition(exponent.shape.isScalar, "an exponent is a scalar, but \(exponent) is a \(exponent.shape)")
    precondition(shape.isSquare, "a power needs a scalar or a square matrix, but \(self) is a \(shape)")
    if exponent.isOne { return self }
    if exponent.isZero { return .identity(shape.rows) }
    if let base = constant, let n = exponent.constant?.wholeNumber, n.magnitude <= 64, base != 0 {
      let value = (0..<n.magnitude).reduce(Rational(1)) { product, _ in product * base }
      return .number(n < 0 ? 1 / value : value)
    }
    return Expression(.power(self, exponent), shape)
  }

  public var transposed: Expression {
    switch node {
    case _ where shape.isScalar: self
    case .transpose(let a): a
    case .identity: self
    case .zero, .ones: Expression(node, shape.transposed)
    case .negate(let a): -a.transposed
    default: Expression(.transpose(self), shape.transposed)
    }
  }

  /// Entry i of a vector.
  public subscript(i: Dimension) -> Expression {
    precondition(shape.isVector, "one index needs a vector, but \(self) is a \(shape)")
    return Expression(.entry(self, [i]), .scalar)
  }
  /// Entry (i, j) of a matrix.
  public subscript(i: Dimension, j: Dimension) -> Expression {
    if case .transpose(let a) = node { return a.shape.isVector ? a[j] : a[j, i] }
    if node == .identity, let difference = (i - j).constant { return difference == 0 ? 1 : 0 }
    return Expression(.entry(self, [i, j]), .scalar)
  }

  // MARK: Binders

  /// Σ over index = lower … upper, skipping some values.
  public static func sum(
    _ index: String, from lower: Dimension = 1, to upper: Dimension, excluding: [Dimension] = [],
    _ body: (Dimension) -> Expression
  ) -> Expression {
    .sum(Range(index, lower, upper, excluding: excluding), body(Dimension(index)))
  }
  /// Π over index = lower … upper, skipping some values.
  public static func product(
    _ index: String, from lower: Dimension = 1, to upper: Dimension, excluding: [Dimension] = [],
    _ body: (Dimension) -> Expression
  ) -> Expression {
    Expression(.product(Range(index, lower, upper, excluding: excluding), body(Dimension(index))), .scalar)
  }

  static func sum(_ range: Range, _ body: Expression) -> Expression {
    if body.isZero { return body }
    if case .negate(let inner) = body.node { return -sum(range, inner) }
    return Expression(.sum(range, body), body.shape)
  }

  /// ∫ from a to b of a form in ds and dW.
  public static func integral(
    _ name: String, from a: Expression, to b: Expression, _ form: (Expression) -> Expression
  ) -> Expression {
    let body = form(.variable(name))
    return body.isZero ? body : Expression(.integral(name, from: a, to: b, body), body.shape)
  }
}

extension Expression.Lambda {
  /// x ↦ body(x).
  public init(
    _ parameter: String, _ shape: Shape = .scalar, display: String? = nil, _ body: (Expression) -> Expression
  ) {
    self.init(parameter, shape, body(.variable(parameter, shape)), display: display)
  }

  /// Dᵏf(x)[E₁, …, Eₖ].
  public func derivative(at x: Expression, along directions: Expression...) -> Expression {
    Expression(.derivative(self, at: x, along: directions), body.shape)
  }
  public func gradient(at x: Expression) -> Expression { Expression(.gradient(self, at: x), x.shape) }
  public func hessian(at x: Expression) -> Expression {
    Expression(.hessian(self, at: x), Shape(x.shape.count, x.shape.count))
  }
}

extension Rational {
  /// The value, if it is an integer of machine size.
  var wholeNumber: Int? { Int(description) }
}
