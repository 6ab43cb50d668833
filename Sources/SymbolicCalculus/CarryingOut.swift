// D, grad and hess of known functions replaced by what they are; gradients are read off a differential, which is linear.

extension Expression {
  /// The expression with every derivative, gradient and Hessian of known functions carried out.
  ///
  /// What remains are derivatives of declared functions. Where a gradient cannot be read off the differential, it is the sum
  /// of partial derivatives along basis vectors. Throws as ``derivative(of:along:)`` does.
  public var carriedOut: Expression {
    get throws {
      let e = replacingChildren(try children.map { try $0.carriedOut })
      switch e.node {
      case .derivative(let f, let x, let directions) where !f.isDeclaredFunction:
        let names = directions.reduce(into: e.names) { $0.formUnion($1.names) }
        let point = f.parameter.fresh(avoiding: names)
        var body = f.body.replacing(f.parameter, by: .variable(point, f.shape))
        for direction in directions { body = try body.differential(of: point, along: direction) }
        return body.replacing(point, by: x).simplified
      case .gradient(let f, let x) where !f.isDeclaredFunction:
        let point = f.parameter.fresh(avoiding: e.names)
        let gradient = try f.body.replacing(f.parameter, by: .variable(point, f.shape)).gradient(of: point, f.shape)
        return gradient.replacing(point, by: x).simplified
      case .hessian(let f, let x) where !f.isDeclaredFunction:
        let point = f.parameter.fresh(avoiding: e.names)
        let body = f.body.replacing(f.parameter, by: .variable(point, f.shape))
        return try body.hessian(of: point, f.shape).replacing(point, by: x).simplified
      default: return e
      }
    }
  }

  private func gradient(of point: String, _ shape: Shape) throws -> Expression {
    let form = LinearForm(parameter: "dx".fresh(avoiding: names), shape)
    let differential = try differential(of: point, along: form.variable).simplified
    if let gradient = form.transpose(differential, 1) { return gradient }
    let k = "k".fresh(avoiding: differential.names)
    let along = shape.basisElement(Dimension(k))
    return .sum(k, to: shape.count) { _ in form.at(differential, along) * along }
  }

  private func hessian(of point: String, _ shape: Shape) throws -> Expression {
    let gradient = try gradient(of: point, shape).simplified
    let form = LinearForm(parameter: "dx".fresh(avoiding: names.union(gradient.names)), shape)
    let change = try gradient.differential(of: point, along: form.variable).simplified
    if let matrix = form.matrix(change) { return matrix }
    let k = "k".fresh(avoiding: change.names)
    return .sum(k, to: shape.count) { k in
      vec(form.at(change, shape.basisElement(k))) * Expression.basis(shape.count, k).transposed
    }
  }
}

/// Linear functions of one variable, taken apart.
private struct LinearForm {
  var variable: Expression
  private var parameter: String
  private var shape: Shape

  init(parameter: String, _ shape: Shape) {
    (self.parameter, self.shape, variable) = (parameter, shape, .variable(parameter, shape))
  }

  func at(_ e: Expression, _ value: Expression) -> Expression { e.replacing(parameter, by: value) }

  private func occurs(in e: Expression) -> Bool { e.names.contains(parameter) }

  private func sum(_ terms: [Expression?], _ shape: Shape) -> Expression? {
    let known = terms.compactMap { $0 }
    return known.count == terms.count ? .sum(of: known, shape) : nil
  }

  /// The G with ⟨G, X⟩ = ⟨seed, e(X)⟩ for all X: the seed sent backwards. Nil where no rule applies.
  func transpose(_ e: Expression, _ seed: Expression) -> Expression? {
    if !occurs(in: e) { return .zeros(shape) }
    switch e.node {
    case .variable: return seed
    case .add(let terms): return sum(terms.map { transpose($0, seed) }, shape)
    case .negate(let a): return transpose(a, seed).map { -$0 }
    case .multiply(let a, let b):
      if occurs(in: a) { return occurs(in: b) ? nil : transpose(a, seed * b.transposed) }
      return transpose(b, a.transposed * seed)
    case .scale(let s, let b):
      if occurs(in: s) { return occurs(in: b) ? nil : transpose(s, tr(seed.transposed * b)) }
      return transpose(b, s * seed)
    case .divide(let a, let b): return occurs(in: b) ? nil : transpose(a, seed / b)
    case .transpose(let a): return transpose(a, seed.transposed)
    case .apply(.trace, let a): return transpose(a[0], seed * .identity(a[0].shape.rows))
    case .apply(.vec, let a): return transpose(a[0], mat(a[0].shape.rows, a[0].shape.columns, seed))
    case .apply(.unvec, let a): return transpose(a[0], vec(seed))
    case .apply(.diag, let a): return transpose(a[0], diagonal(seed))
    case .apply(.diagonal, let a): return transpose(a[0], diag(seed))
    case .apply(.hadamard, let a):
      if occurs(in: a[0]) { return occurs(in: a[1]) ? nil : transpose(a[0], hadamard(seed, a[1])) }
      return transpose(a[1], hadamard(a[0], seed))
    case .entry(let a, let indices):
      let row = Expression.basis(a.shape.rows, indices[0])
      let place = indices.count == 1 ? row : row * Expression.basis(a.shape.columns, indices[1]).transposed
      return transpose(a, seed * place)
    case .sum(let range, let body):
      let name =
        seed.names.contains(range.index) ? range.index.fresh(avoiding: seed.names.union(body.names)) : range.index
      let inner = transpose(body.replacing(index: range.index, by: Dimension(name)), seed)
      return inner.map { .sum(range.renamed(name), $0) }
    case .expectation(let a): return transpose(a, seed).map(expect)
    case .derivative(let f, let x, let directions) where e.shape.isScalar && !occurs(in: x):
      guard let k = directions.firstIndex(where: occurs), !directions[(k + 1)...].contains(where: occurs) else {
        return nil
      }
      if directions.count == 1 { return transpose(directions[0], seed * f.gradient(at: x)) }
      guard directions.count == 2 else { return nil }
      let product = f.hessian(at: x) * vec(directions[1 - k])
      return transpose(directions[k], seed * (x.shape.isVector ? product : mat(x.shape.rows, x.shape.columns, product)))
    default: return nil
    }
  }

  /// The matrix M with vec e(X) = M vec X. Nil where no rule applies.
  func matrix(_ e: Expression) -> Expression? {
    let size = Shape(e.shape.count, shape.count)
    if !occurs(in: e) { return .zeros(size) }
    if e.shape.isScalar { return transpose(e, 1).map { vec($0).transposed } }
    switch e.node {
    case .variable: return .identity(shape.count)
    case .add(let terms): return sum(terms.map(matrix), size)
    case .negate(let a): return matrix(a).map { -$0 }
    case .divide(let a, let b): return occurs(in: b) ? nil : matrix(a).map { $0 / b }
    case .scale(let s, let b):
      if !occurs(in: s) { return matrix(b).map { s * $0 } }
      return occurs(in: b) ? nil : transpose(s, 1).map { vec(b) * vec($0).transposed }
    case .multiply(let a, let b):
      if occurs(in: a) {
        if occurs(in: b) { return nil }
        if case .multiply(let p, let q) = a.node, !occurs(in: q) { return matrix(p * (q * b)) }
        return matrix(a).map { kron(b.transposed, .identity(a.shape.rows)) * $0 }
      }
      return matrix(b).map { kron(.identity(b.shape.columns), a) * $0 }
    case .sum(let range, let body): return matrix(body).map { .sum(range, $0) }
    case .apply(.vec, let a), .apply(.unvec, let a): return matrix(a[0])
    default: return nil
    }
  }
}
