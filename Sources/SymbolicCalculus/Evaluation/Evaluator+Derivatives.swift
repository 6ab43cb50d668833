// Derivatives along directions, by nilpotent elements; gradients and Hessians, entry by entry.

extension Evaluator {

  /// The body at `point`, given as a value in an algebra that extends the environment's.
  func apply(_ f: Expression.Lambda, at point: G, _ env: Env, algebra: NilpotentAlgebra) throws(EvaluationError) -> G {
    var inner = renewed(env)
    inner.algebra = algebra
    inner.locals[f.parameter] = point
    return try evaluate(f.body, inner)
  }

  func derivative(
    _ f: Expression.Lambda, _ point: Expression, _ directions: [Expression], _ env: Env
  ) throws(EvaluationError) -> G {
    let x = try evaluate(point, env)
    var along: [G] = []
    for direction in directions { along.append(try evaluate(direction, env)) }
    return try derivative(f, x, along, env)
  }

  func derivative(_ f: Expression.Lambda, _ x: G, _ along: [G], _ env: Env) throws(EvaluationError) -> G {
    guard along.count <= 4 else { throw .tooLarge("a derivative of order \(along.count)") }
    let extended = try env.algebra.extended(directions: along.count)
    let inner = LinearAlgebra(arithmetic: arithmetic, algebra: extended)
    var point = x
    for (k, direction) in along.enumerated() {
      var epsilon = N(
        parts: Array(repeating: .constant(arithmetic.zeroElement), count: (1 << k) * env.algebra.size + 1))
      epsilon.parts[(1 << k) * env.algebra.size] = .constant(arithmetic.oneElement)
      point = inner.add(point, try inner.scale(epsilon, direction))
    }
    let value = try apply(f, at: point, env, algebra: extended)
    let first = ((1 << along.count) - 1) * env.algebra.size
    return G(
      rows: value.rows, columns: value.columns,
      entries: value.entries.map { part($0, from: first, count: env.algebra.size) })
  }

  func part(_ n: N, from first: Int, count: Int) -> N {
    guard first < n.parts.count else { return arithmetic.zero }
    return N(parts: Array(n.parts[first..<min(first + count, n.parts.count)]))
  }

  func direction(_ k: Int, like x: G) -> G {
    var direction = LinearAlgebra(arithmetic: arithmetic, algebra: .scalars).zeros(x.rows, x.columns)
    direction.entries[k] = arithmetic.one
    return direction
  }

  func gradient(_ f: Expression.Lambda, _ point: Expression, _ env: Env) throws(EvaluationError) -> G {
    let x = try evaluate(point, env)
    var result = x
    for k in x.entries.indices { result.entries[k] = try derivative(f, x, [direction(k, like: x)], env)[0, 0] }
    return result
  }

  func hessian(_ f: Expression.Lambda, _ point: Expression, _ env: Env) throws(EvaluationError) -> G {
    let x = try evaluate(point, env)
    var result = linear(env).zeros(x.entries.count, x.entries.count)
    for k in x.entries.indices {
      for l in 0...k {
        let second = try derivative(f, x, [direction(k, like: x), direction(l, like: x)], env)[0, 0]
        result[k, l] = second
        result[l, k] = second
      }
    }
    return result
  }
}
