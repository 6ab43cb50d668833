// Differentials by the rules of matrix calculus. Where no rule exists, the error says which function has none.

internal import ExactArithmetic

extension Expression {
  /// D of this expression as a function of the variable `parameter`, along `direction`, which has the parameter's shape.
  ///
  /// The direction counts as constant. Expectations are differentiated inside, so the parameter may not be random. Throws
  /// ``EvaluationError/unsupported(_:)`` where there is no rule: min, max, abs, a matrix to a symbolic power.
  public func derivative(of parameter: String, along direction: Expression) throws -> Expression {
    try differential(of: parameter, along: direction).simplified
  }

  /// ``derivative(of:along:)`` as the rules give it, not yet tidied.
  func differential(of parameter: String, along direction: Expression) throws -> Expression {
    let rules = Differentiator(taken: direction.names) { name, indices in
      name == parameter && indices.isEmpty ? direction : nil
    }
    return try rules(self)
  }
}

extension Expression.Lambda {
  /// Whether the body is just a declared function of the parameter, of which no derivative is known.
  var isDeclaredFunction: Bool {
    if case .call(_, let x) = body.node { return x == .variable(parameter, shape) }
    return false
  }
}

/// The rules: a variable changes by its tangent, if it has one.
struct Differentiator {
  /// Names that a bound index may not have, because a tangent contains them.
  var taken: Set<String>
  /// Whether d(·) inside counts as a constant: so it does in Itô's formula.
  var differentialsAreConstant = false
  var tangent: (String, [Dimension]) -> Expression?
  /// The ranges of the sums around.
  private var ranges: [Expression.Range] = []

  init(
    taken: Set<String>, differentialsAreConstant: Bool = false,
    tangent: @escaping (String, [Dimension]) -> Expression?
  ) {
    (self.taken, self.differentialsAreConstant, self.tangent) = (taken, differentialsAreConstant, tangent)
  }

  private func unsupported(_ message: String) -> EvaluationError { .unsupported(message) }

  /// Whether a variable with a tangent is free in the expression.
  func moves(_ e: Expression) -> Bool {
    switch e.node {
    case .variable(let name, let indices): return tangent(name, indices) != nil
    case .differential(let x): return !differentialsAreConstant && moves(x)
    case .derivative(let f, let x, let directions):
      return moves(x) || directions.contains(where: moves) || shadowing(f.parameter).moves(f.body)
    case .gradient(let f, let x), .hessian(let f, let x): return moves(x) || shadowing(f.parameter).moves(f.body)
    case .integral(let name, let a, let b, let body): return moves(a) || moves(b) || shadowing(name).moves(body)
    default: return e.children.contains(where: moves)
    }
  }

  private func shadowing(_ name: String) -> Differentiator {
    var inner = self
    inner.tangent = { [tangent] in $0 == name ? nil : tangent($0, $1) }
    return inner
  }

  func callAsFunction(_ e: Expression) throws -> Expression {
    guard moves(e) else { return .zeros(e.shape) }
    let d = self
    switch e.node {
    case .variable(let name, let indices): return tangent(name, indices) ?? .zeros(e.shape)
    case .defined(_, _, let meaning): return try d(meaning)
    case .add(let terms): return .sum(of: try terms.map { try d($0) }, e.shape)
    case .negate(let a): return -(try d(a))
    case .multiply(let a, let b), .scale(let a, let b): return try d(a) * b + a * d(b)
    case .divide(let a, let b): return try d(a) / b - d(b) * a / b.power(2)
    case .power(let base, let exponent): return try power(base, exponent)
    case .transpose(let a): return try d(a).transposed
    case .apply(let f, let arguments): return try apply(f, arguments, e)
    case .entry(let a, let indices):
      let change = try d(a)
      return change.isZero ? 0 : Expression(.entry(change, indices), .scalar)
    case .singular(let part, let a, let index): return try singular(part, a, index)
    case .sum(let range, let body):
      let (range, body, inner) = enter(range, body)
      return .sum(range, try inner(body))
    case .product(let range, let body): return try product(range, body)
    case .derivative, .gradient, .hessian: return try derivative(e)
    case .call(let name, let x):
      let f = Expression.Lambda("x", x.shape, .call(name, .variable("x", x.shape), e.shape), display: name)
      return f.derivative(at: x, along: try d(x))
    case .processValue: throw unsupported("the derivative of \(e)")
    case .expectation(let x): return expect(try d(x))
    case .variance(let x):
      let mixed = covariance(try d(x), x)
      return e.shape.isScalar ? 2 * mixed : mixed + mixed.transposed
    case .covariance(let x, let y):
      let (dx, dy) = (try d(x), try d(y))
      return (dx.isZero ? .zeros(e.shape) : covariance(dx, y)) + (dy.isZero ? .zeros(e.shape) : covariance(x, dy))
    case .integral(let name, let a, let b, let body): return try integral(name, a, b, body)
    case .differential:
      throw unsupported("the derivative of an Itô differential, \(e), with respect to what it contains")
    case .number, .size, .identity, .zero, .ones, .basis, .timeDifferential, .brownianDifferential:
      return .zeros(e.shape)
    }
  }

  /// The same sum's body under an index that no tangent contains, and the rules inside.
  private func enter(_ range: Expression.Range, _ body: Expression) -> (Expression.Range, Expression, Differentiator) {
    let name = taken.contains(range.index) ? range.index.fresh(avoiding: taken.union(body.names)) : range.index
    let renamed = range.renamed(name)
    var inner = self
    inner.ranges.append(renamed)
    return (renamed, body.replacing(index: range.index, by: Dimension(name)), inner)
  }

  private func power(_ x: Expression, _ p: Expression) throws -> Expression {
    if x.shape.isScalar {
      if !moves(p) { return p * x.power(p - 1) * (try self(x)) }
      let value = x.power(p)
      return try value * log(x) * self(p) + (moves(x) ? p * x.power(p - 1) * self(x) : 0)
    }
    guard let n = p.constant?.wholeNumber, n.magnitude <= 32 else {
      throw unsupported("the derivative of a matrix to the power \(p)")
    }
    let change = try self(x)
    let steps = (0..<Int(n.magnitude)).map { k in
      x.power(.number(k)) * change * x.power(.number(Int(n.magnitude) - 1 - k))
    }
    let positive = Expression.sum(of: steps, x.shape)
    return n > 0 ? positive : -(x.power(p) * positive * x.power(p))
  }

  private func apply(_ f: Expression.Function, _ arguments: [Expression], _ e: Expression) throws -> Expression {
    let x = arguments[0]
    let dx = try self(x)
    switch f {
    case .trace: return tr(dx)
    case .vec: return vec(dx)
    case .unvec: return mat(e.shape.rows, e.shape.columns, dx)
    case .diag: return diag(dx)
    case .diagonal: return diagonal(dx)
    case .kron, .hadamard:
      let dy = try self(arguments[1])
      return .sum(
        of: [
          dx.isZero ? .zeros(e.shape) : .apply(f, dx, arguments[1]),
          dy.isZero ? .zeros(e.shape) : .apply(f, x, dy),
        ], e.shape)
    case .inverse: return -(e * dx * e)
    case .pseudoInverse:
      let (m, n) = (Expression.identity(x.shape.rows), Expression.identity(x.shape.columns))
      return -(e * dx * e) + e * e.transposed * dx.transposed * (m - x * e)
        + (n - e * x) * dx.transposed * e.transposed * e
    case .squareRoot:
      // S dS + dS S = dA, a linear system for vec dS.
      let one = Expression.identity(x.shape.rows)
      return mat(x.shape.rows, x.shape.rows, inv(kron(one, e) + kron(e, one)) * vec(dx))
    case .determinant: return e * tr(inv(x) * dx)
    case .norm: return (x.shape.isVector ? x.transposed * dx : tr(x.transposed * dx)) / e
    case .operatorNorm: return try singular(.value, x, .one)
    case .exp: return e * dx
    case .log: return dx / x
    case .sqrt: return dx / (2 * e)
    case .sin: return cos(x) * dx
    case .cos: return -sin(x) * dx
    case .tanh: return (1 - e.power(2)) * dx
    case .abs, .minimum, .maximum:
      throw unsupported("\(f.rawValue) is not differentiable everywhere; no rule for \(e)")
    }
  }

  /// dσᵢ = uᵢᵀ dA vᵢ, and the changes of the vectors, for a simple and positive σᵢ.
  private func singular(_ part: Expression.SingularPart, _ a: Expression, _ i: Dimension) throws -> Expression {
    let (m, n) = (a.shape.rows, a.shape.columns)
    let least = Dimension.minimum(m, n)
    try requireWithin(least, i, a)
    let da = try self(a)
    func value(_ j: Dimension) -> Expression { SymbolicCalculus.singular(.value, a, j) }
    func left(_ j: Dimension) -> Expression { SymbolicCalculus.singular(.left, a, j) }
    func right(_ j: Dimension) -> Expression { SymbolicCalculus.singular(.right, a, j) }
    /// uⱼᵀ dA vₖ.
    func form(_ j: Dimension, _ k: Dimension) -> Expression { left(j).transposed * da * right(k) }
    if part == .value { return form(i, i) }
    let name = "j".fresh(avoiding: taken.union(a.names).union(da.names).union(i.names))
    let (vector, size) = part == .left ? (left, m) : (right, n)
    /// The form in which this side's vector j stands, and that in which the other side's does.
    func own(_ j: Dimension) -> Expression { part == .left ? form(j, i) : form(i, j) }
    func other(_ j: Dimension) -> Expression { part == .left ? form(i, j) : form(j, i) }
    let paired = Expression.sum(name, to: least, excluding: [i]) { j in
      (value(i) * own(j) + value(j) * other(j)) / (value(i).power(2) - value(j).power(2)) * vector(j)
    }
    if least == size { return paired }
    // Vectors that only this side has belong to σⱼ = 0.
    return paired + .sum(name, from: least + .one, to: size) { j in own(j) / value(i) * vector(j) }
  }

  /// Beyond min(m, n) there is no σᵢ > 0, and the vectors are not determined.
  private func requireWithin(_ least: Dimension, _ i: Dimension, _ a: Expression) throws {
    let range = ranges.last { $0.index == i.name }
    let last = range?.upper ?? i
    let excess = (last - least).constant
    if range != nil ? excess.map({ $0 > 0 }) ?? true : excess.map({ $0 > 0 }) ?? false {
      throw unsupported(
        "singular values and vectors of \(a) have derivatives up to index \(least), but \(i) goes to \(last)")
    }
  }

  private func product(_ range: Expression.Range, _ body: Expression) throws -> Expression {
    guard body.shape.isScalar else { throw unsupported("the derivative of a product of matrices over an index") }
    let (range, body, inner) = enter(range, body)
    let other = range.index.fresh(avoiding: taken.union(body.names))
    let rest = Expression(
      .product(
        range.renamed(other).excluding(also: Dimension(range.index)),
        body.replacing(index: range.index, by: Dimension(other))), .scalar)
    return .sum(range, try inner(body) * rest)
  }

  /// Leibniz' rule.
  private func integral(_ name: String, _ a: Expression, _ b: Expression, _ body: Expression) throws -> Expression {
    var (name, body) = (name, body)
    if taken.contains(name) {
      let new = name.fresh(avoiding: taken.union(body.names))
      body = body.replacing(name, by: .variable(new))
      name = new
    }
    let inside = try shadowing(name)(body)
    let middle = inside.isZero ? inside : Expression(.integral(name, from: a, to: b, inside), body.shape)
    func boundary(_ point: Expression) throws -> Expression {
      let change = try self(point)
      if change.isZero { return .zeros(body.shape) }
      return change * (try body.density(at: point, of: name))
    }
    return try middle + boundary(b) - boundary(a)
  }

  /// Known functions are differentiated first; of declared ones a higher derivative remains.
  private func derivative(_ e: Expression) throws -> Expression {
    let d = self
    switch e.node {
    case .derivative(let f, let x, let directions) where f.isDeclaredFunction:
      func along(_ directions: [Expression]) -> Expression {
        directions.contains(where: \.isZero)
          ? .zeros(e.shape) : Expression(.derivative(f, at: x, along: directions), e.shape)
      }
      var sum = along(directions + [try d(x)])
      for (k, direction) in directions.enumerated() {
        var changed = directions
        changed[k] = try d(direction)
        sum = sum + along(changed)
      }
      return sum
    case .gradient(let f, let x) where f.isDeclaredFunction:
      let change = f.hessian(at: x) * vec(try d(x))
      return x.shape.isVector ? change : mat(x.shape.rows, x.shape.columns, change)
    case .hessian(let f, let x) where f.isDeclaredFunction:
      let count = x.shape.count
      let names = taken.union(e.names)
      let (i, j) = ("i".fresh(avoiding: names), "j".fresh(avoiding: names))
      let dx = try d(x)
      return .sum(i, to: count) { i in
        .sum(j, to: count) { j in
          f.derivative(at: x, along: x.shape.basisElement(i), x.shape.basisElement(j), dx)
            * (.basis(count, i) * Expression.basis(count, j).transposed)
        }
      }
    default:
      let carriedOut = try e.carriedOut
      if carriedOut == e { throw unsupported("the derivative of \(e)") }
      return try d(carriedOut)
    }
  }
}

extension Expression.Range {
  func excluding(also value: Dimension) -> Self { Self(index, lower, upper, excluding: excluding + [value]) }
}

extension Shape {
  /// The k-th basis vector, as a matrix (column after column) if the shape is one.
  func basisElement(_ k: Dimension) -> Expression {
    isScalar ? 1 : isVector ? .basis(rows, k) : mat(rows, columns, .basis(count, k))
  }
}

extension Expression {
  /// What multiplies ds in a form, at s = point. Throws if the form has other differentials.
  fileprivate func density(at point: Expression, of name: String) throws -> Expression {
    func replaced(_ e: Expression) throws -> Expression {
      switch e.node {
      case .timeDifferential: return 1
      case .brownianDifferential, .differential:
        throw EvaluationError.unsupported("an integral over \(e) has no derivative by its bounds")
      case .integral: return e
      case .scale(let a, let b): return try replaced(a) * replaced(b)
      case .multiply(let a, let b): return try replaced(a) * replaced(b)
      default: return e.replacingChildren(try e.children.map(replaced))
      }
    }
    return try replaced(self).replacing(name, by: point)
  }
}
