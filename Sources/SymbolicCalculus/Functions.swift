// The language's functions as Swift functions of trees.

extension Expression {
  /// A built-in function with the shape that its arguments give; shapes that do not fit are a mistake of the caller.
  ///
  /// ``Function/unvec`` cannot find its shape: see ``mat(_:_:_:)``.
  public static func apply(_ f: Function, _ arguments: Expression...) -> Expression {
    let shapes = arguments.map(\.shape)
    let a = shapes[0]
    func require(_ holds: Bool, _ what: String) {
      precondition(holds, "\(f.rawValue) needs \(what), but was given \(arguments.map(\.description)), \(shapes)")
    }
    let shape: Shape
    switch f {
    case .trace, .determinant:
      require(a.isSquare, "a square matrix")
      shape = .scalar
    case .vec: shape = .vector(a.count)
    case .unvec: preconditionFailure("mat needs the sizes of its result")
    case .kron: shape = Shape(a.rows * shapes[1].rows, a.columns * shapes[1].columns)
    case .hadamard:
      require(a == shapes[1], "two equal shapes")
      shape = a
    case .diag:
      require(a.isVector, "a vector")
      shape = Shape(a.rows, a.rows)
    case .diagonal:
      require(a.isSquare, "a square matrix")
      shape = .vector(a.rows)
    case .inverse, .squareRoot:
      require(a.isSquare, "a square matrix")
      shape = a
    case .pseudoInverse: shape = a.transposed
    case .norm, .operatorNorm: shape = .scalar
    case .exp, .log, .sqrt, .abs, .sin, .cos, .tanh, .minimum, .maximum:
      require(shapes.allSatisfy(\.isScalar), "scalars")
      shape = .scalar
    }
    return Expression(.apply(f, arguments), shape)
  }
}

public func tr(_ a: Expression) -> Expression { a.shape.isScalar ? a : a.isZero ? 0 : .apply(.trace, a) }
public func vec(_ a: Expression) -> Expression {
  if case .apply(.unvec, let x) = a.node { return x[0] }
  return a.isZero ? .zeros(.vector(a.shape.count)) : a.shape.isVector ? a : .apply(.vec, a)
}
/// The m × n matrix whose columns, one after another, are x.
public func mat(_ m: Dimension, _ n: Dimension, _ x: Expression) -> Expression {
  precondition(x.shape == .vector(m * n), "mat[\(m), \(n)] needs a vector[\(m * n)], but \(x) is a \(x.shape)")
  if case .apply(.vec, let a) = x.node, a[0].shape == Shape(m, n) { return a[0] }
  return x.isZero ? .zeros(Shape(m, n)) : n == .one ? x : Expression(.apply(.unvec, [x]), Shape(m, n))
}
public func kron(_ a: Expression, _ b: Expression) -> Expression {
  a.shape.isScalar || b.shape.isScalar ? a * b : .apply(.kron, a, b)
}
public func hadamard(_ a: Expression, _ b: Expression) -> Expression {
  a.isZero || b.isZero ? .zeros(a.shape) : a.shape.isScalar ? a * b : .apply(.hadamard, a, b)
}
public func diag(_ x: Expression) -> Expression {
  x.isZero ? .zeros(Shape(x.shape.rows, x.shape.rows)) : .apply(.diag, x)
}
public func diagonal(_ a: Expression) -> Expression {
  if a.isIdentity { return .ones(.vector(a.shape.rows)) }
  return a.isZero ? .zeros(.vector(a.shape.rows)) : .apply(.diagonal, a)
}
public func inv(_ a: Expression) -> Expression { a.shape.isScalar ? 1 / a : a.isIdentity ? a : .apply(.inverse, a) }
public func pinv(_ a: Expression) -> Expression { .apply(.pseudoInverse, a) }
public func sqrtm(_ a: Expression) -> Expression { .apply(.squareRoot, a) }
public func det(_ a: Expression) -> Expression { .apply(.determinant, a) }
/// Euclid's norm, Frobenius' of a matrix.
public func norm(_ a: Expression) -> Expression { .apply(.norm, a) }
public func opnorm(_ a: Expression) -> Expression { .apply(.operatorNorm, a) }
public func exp(_ x: Expression) -> Expression { x.isZero ? 1 : .apply(.exp, x) }
public func log(_ x: Expression) -> Expression { x.isOne ? 0 : .apply(.log, x) }
public func sqrt(_ x: Expression) -> Expression { .apply(.sqrt, x) }
public func abs(_ x: Expression) -> Expression { .apply(.abs, x) }
public func sin(_ x: Expression) -> Expression { .apply(.sin, x) }
public func cos(_ x: Expression) -> Expression { .apply(.cos, x) }
public func tanh(_ x: Expression) -> Expression { .apply(.tanh, x) }
public func min(_ x: Expression, _ y: Expression) -> Expression { .apply(.minimum, x, y) }
public func max(_ x: Expression, _ y: Expression) -> Expression { .apply(.maximum, x, y) }

/// σᵢ, uᵢ or vᵢ of a matrix.
public func singular(_ part: Expression.SingularPart, _ a: Expression, _ i: Dimension) -> Expression {
  let shape: Shape =
    switch part {
    case .value: .scalar
    case .left: .vector(a.shape.rows)
    case .right: .vector(a.shape.columns)
    }
  return Expression(.singular(part, a, i), shape)
}

/// E[x].
public func expect(_ x: Expression) -> Expression { Expression(.expectation(x), x.shape) }
/// Var[x]: a vector's covariance matrix.
public func variance(_ x: Expression) -> Expression { Expression(.variance(x), Shape(x.shape.rows, x.shape.rows)) }
/// Cov[x, y].
public func covariance(_ x: Expression, _ y: Expression) -> Expression {
  Expression(.covariance(x, y), Shape(x.shape.rows, y.shape.rows))
}
/// at(K, T): the value of a process or Brownian motion at a time, whose mean E[·], Var and Cov take.
public func at(_ process: Expression, _ time: Expression) -> Expression {
  Expression(.processValue(process, at: time), process.shape)
}
/// d(x) in Itô's sense.
public func d(_ x: Expression) -> Expression { Expression(.differential(x), x.shape) }
