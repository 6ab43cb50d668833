// The meaning of every node, in any domain: one walk over the tree.

internal import ExactArithmetic

/// Where a sub-expression stands while it is evaluated.
struct Environment<Element: Sendable> {
  /// Values of bound indices.
  var indices: [String: Int] = [:]
  /// Parameters of functions and integration variables.
  var locals: [String: Grid<Element>] = [:]
  /// Members of samples while an expectation enumerates them.
  var assignment: [ValueKey: Grid<Element>] = [:]
  /// Inside E[·], random names are formal variables.
  var isAveraging = false
  /// Inside a draw of Monte Carlo, where nothing is worth caching.
  var isDrawn = false
  var algebra: NilpotentAlgebra
  /// Basis elements dt, dB₁ … of the innermost Itô block are at 1, 2 … times this stride; nil where there is none.
  var itoStride: Int?
  /// Inside d(·), processes stand for X + dX, with dX in the Itô block of this stride.
  var shiftStride: Int?
  /// Equal numbers: equal values of everything but `indices`.
  var identity = 0
}

/// Evaluates expressions at the point of one model.
final class Evaluator<D: DrawingDomain> {
  typealias G = Grid<D.Element>
  typealias N = Number<D.Element>
  typealias Env = Environment<D.Element>

  let model: Model<D>
  let arithmetic: Arithmetic<D>
  /// Brownian components in the order of their basis elements.
  let brownian: [ValueKey: Int]
  var formal = FormalVariables<D.Element>()
  private var cache: [CacheKey: G] = [:]
  private var environments = 0
  private var depth = 0
  var lawMoments: [ValueKey: D.Element] = [:]
  /// Brownian motions whose present value has been used.
  private(set) var presentMotions: Set<String> = []
  /// Computes E[·] in place of exact moments.
  var sampler: ((Expression, Env) throws(EvaluationError) -> G)?
  /// Gives at(K, T) inside E[·].
  var processValue: ((Expression, Expression, Env) throws(EvaluationError) -> G)?
  /// Names that stand for an expression because an assumption says so.
  let derived: [String: Expression]

  private struct CacheKey: Hashable {
    var expression: Expression
    var indices: [String: Int]
    var environment: Int
  }

  init(_ model: Model<D>, derived: [String: Expression] = [:]) throws(EvaluationError) {
    self.model = model
    self.derived = derived
    arithmetic = model.arithmetic
    var order: [ValueKey: Int] = [:]
    for name in model.theory.order {
      guard let declaration = model.theory.declarations[name], case .brownian = declaration.nature,
        model.needs.names.contains(name)
      else { continue }
      for indices in try Self.members(declaration.family[...], model) {
        let bound = Dictionary(zip(declaration.family.map(\.index), indices)) { $1 }
        let (rows, columns) = try model.extent(declaration.shape, bound)
        for entry in 0..<rows * columns {
          order[ValueKey(name: name, indices: indices + [entry])] = order.count
        }
      }
    }
    brownian = order
  }

  /// Every index tuple of a family at the model's sizes.
  static func members(
    _ ranges: ArraySlice<Expression.Range>, _ model: Model<D>, _ bound: [String: Int] = [:]
  ) throws(EvaluationError) -> [[Int]] {
    guard let range = ranges.first else { return [[]] }
    let (low, high) = (try model.size(range.lower, bound), try model.size(range.upper, bound))
    var all: [[Int]] = []
    guard low <= high else { return all }
    guard low > Int.min / 4, high < Int.max / 4, high - low < 10_000 else {
      throw .tooLarge("a family from \(low) to \(high)")
    }
    for value in low...high {
      var inner = bound
      inner[range.index] = value
      all += try members(ranges.dropFirst(), model, inner).map { [value] + $0 }
    }
    return all
  }

  /// The value of a closed expression; with Itô parts if it has differentials.
  func value(_ e: Expression) throws(EvaluationError) -> G {
    var env = Env(algebra: .scalars)
    if e.hasDifferentials {
      guard brownian.count <= 64 else { throw .tooLarge("more than 64 Brownian components") }
      env.algebra = try env.algebra.extended(brownianMotions: brownian.count)
      env.itoStride = 1
      env.identity = -1
    }
    return try evaluate(e, env)
  }

  func renewed(_ env: Env) -> Env {
    var new = env
    environments += 1
    new.identity = environments
    return new
  }

  func linear(_ env: Env) -> LinearAlgebra<D> { LinearAlgebra(arithmetic: arithmetic, algebra: env.algebra) }

  func size(_ d: Dimension, _ env: Env) throws(EvaluationError) -> Int { try model.size(d, env.indices) }

  func extent(_ s: Shape, _ env: Env) throws(EvaluationError) -> (rows: Int, columns: Int) {
    try model.extent(s, env.indices)
  }

  func integer(_ n: Int) throws(EvaluationError) -> N {
    arithmetic.constant(try arithmetic.domain.element(Rational(n)))
  }

  func scalar(_ e: Expression, _ env: Env) throws(EvaluationError) -> N { try evaluate(e, env)[0, 0] }

  func evaluate(_ e: Expression, _ env: Env) throws(EvaluationError) -> G {
    depth += 1
    defer { depth -= 1 }
    guard depth < 2_000 else { throw .tooLarge("an expression nested more than 2000 deep") }
    // A draw visits every node anew, which takes longer than a multiplication; many draws at once share a visit.
    try arithmetic.budget.spend(env.isDrawn && !arithmetic.budget.isWeighted ? 4 : 1)
    let algebra = linear(env)
    switch e.node {
    case .number(let q): return G(scalar: arithmetic.constant(try arithmetic.domain.element(q)))
    case .size(let d): return G(scalar: try integer(try size(d, env)))
    case .variable(let name, let indices): return try variable(name, indices, env)
    case .defined(_, _, let meaning):
      return try cached(e, env) { (env) throws(EvaluationError) in try evaluate(meaning, env) }
    case .expectation(let body):
      guard let sampler else {
        return try cached(e, env) { (env) throws(EvaluationError) in try expectation(body, env) }
      }
      try requireLaws(body)
      // An expectation inside an expectation is a constant of the outer one.
      var outside = env
      (outside.assignment, outside.isDrawn) = ([:], false)
      if env.locals.isEmpty { outside.identity = 0 }
      return try cached(e, outside) { (env) throws(EvaluationError) in try sampler(body, env) }
    case .identity: return algebra.identity(try extent(e.shape, env).rows)
    case .zero:
      let (m, n) = try extent(e.shape, env)
      return algebra.zeros(m, n)
    case .ones:
      let (m, n) = try extent(e.shape, env)
      return G(rows: m, columns: n) { _, _ in arithmetic.one }
    case .basis(let index):
      let (n, i) = (try extent(e.shape, env).rows, try size(index, env))
      guard (1...max(n, 1)).contains(i) else { throw .undefined("basis vector \(i) of R^\(n)") }
      return G(rows: n, columns: 1) { row, _ in row == i - 1 ? arithmetic.one : arithmetic.zero }
    case .add(let terms):
      var sum = try evaluate(terms[0], env)
      for term in terms.dropFirst() { sum = algebra.add(sum, try evaluate(term, env)) }
      return sum
    case .negate(let a): return algebra.negate(try evaluate(a, env))
    case .multiply(let a, let b): return try algebra.multiply(try evaluate(a, env), try evaluate(b, env))
    case .scale(let a, let b):
      let (x, y) = (try evaluate(a, env), try evaluate(b, env))
      return a.shape.isScalar ? try algebra.scale(x[0, 0], y) : try algebra.scale(y[0, 0], x)
    case .divide(let a, let b):
      return try algebra.scale(try arithmetic.inverse(try scalar(b, env), in: env.algebra), try evaluate(a, env))
    case .power(let a, let exponent): return try power(a, exponent, env)
    case .transpose(let a): return try evaluate(a, env).transposed
    case .apply(let function, let arguments): return try apply(function, arguments, e.shape, env)
    case .entry(let a, let indices):
      let matrix = try evaluate(a, env)
      let i = try size(indices[0], env)
      let j = indices.count > 1 ? try size(indices[1], env) : 1
      guard (1...max(matrix.rows, 1)).contains(i), (1...max(matrix.columns, 1)).contains(j) else {
        throw .undefined("entry [\(i), \(j)] of a \(matrix.rows) x \(matrix.columns) matrix")
      }
      return G(scalar: matrix[i - 1, j - 1])
    case .singular(let part, let a, let index):
      return try singular(part, try evaluate(a, env), try size(index, env), env)
    case .sum(let range, let body):
      let (m, n) = try extent(e.shape, env)
      var sum = algebra.zeros(m, n)
      for inner in try instances(range, env) { sum = algebra.add(sum, try evaluate(body, inner)) }
      return sum
    case .product(let range, let body):
      var product = arithmetic.one
      for inner in try instances(range, env) { product = try algebra.multiply(product, try scalar(body, inner)) }
      return G(scalar: product)
    case .derivative(let f, let point, let directions): return try derivative(f, point, directions, env)
    case .gradient(let f, let point): return try gradient(f, point, env)
    case .hessian(let f, let point): return try hessian(f, point, env)
    case .call(let name, let argument):
      return G(
        rows: try size(e.shape.rows, env), columns: try size(e.shape.columns, env),
        entries: try call(name, argument, e.shape, env))
    case .processValue(let process, let time):
      guard let processValue else { throw .unsupported("the law of a process at a time") }
      return try processValue(process, time, env)
    case .variance(let a): return try evaluate(Expression.covarianceExpanded(a, a), env)
    case .covariance(let a, let b): return try evaluate(Expression.covarianceExpanded(a, b), env)
    case .differential(let a):
      guard env.itoStride != nil else { throw .unsupported("a differential here") }
      var shifted = renewed(env)
      shifted.shiftStride = env.itoStride
      return algebra.subtract(try evaluate(a, shifted), try evaluate(a, env))
    case .timeDifferential: return G(scalar: try differentialElement(1, env))
    case .brownianDifferential(let name, let indices):
      return try brownianIncrement(name, try indices.map { (d) throws(EvaluationError) in try size(d, env) }, env)
    case .integral(let time, let from, let to, let body): return try integral(time, from, to, body, env)
    }
  }

  private func cached(
    _ e: Expression, _ env: Env, _ compute: (Env) throws(EvaluationError) -> G
  ) throws(EvaluationError) -> G {
    guard !env.isDrawn else { return try compute(env) }
    let key = CacheKey(expression: e, indices: env.indices, environment: env.identity)
    if let known = cache[key] { return known }
    let value = try compute(env)
    cache[key] = value
    return value
  }

  // MARK: Names

  private func variable(_ name: String, _ indices: [Dimension], _ env: Env) throws(EvaluationError) -> G {
    if let local = env.locals[name] { return local }
    var key = ValueKey(name: name)
    for index in indices { key.indices.append(try size(index, env)) }
    if let assigned = env.assignment[key] { return assigned }
    guard let declaration = model.theory.declarations[name] else { throw .unsupported("the undeclared name \(name)") }
    if let meaning = derived[name] {
      // An assumption mentions declared names only.
      var outside = env.locals.isEmpty ? env : renewed(env)
      outside.locals = [:]
      return try evaluate(meaning, outside)
    }
    if case .brownian = declaration.nature {
      presentMotions.insert(name)
      if formal.integrates(name) { throw .unsupported("\(name) beside its integral") }
    }
    if env.isAveraging && declaration.isRandom { return try randomVariable(key, declaration, env) }
    let value = try model.value(key)
    guard env.shiftStride != nil else { return value }
    var inner = renewed(env)
    (inner.itoStride, inner.shiftStride, inner.locals) = (env.shiftStride, nil, [:])
    switch declaration.nature {
    case .process(let differential, _):
      for (range, index) in zip(declaration.family, key.indices) { inner.indices[range.index] = index }
      return linear(env).add(value, try evaluate(differential, inner))
    case .brownian: return linear(env).add(value, try brownianIncrement(name, key.indices, inner))
    case .time: return linear(env).add(value, G(scalar: try differentialElement(1, inner)))
    case .adapted:
      throw .unsupported("d of an expression in \(name), an adapted coefficient whose own differential is not declared")
    default: return value
    }
  }

  /// The basis element dt (1) or dBⱼ (2 + j) of the innermost Itô block.
  func differentialElement(_ local: Int, _ env: Env) throws(EvaluationError) -> N {
    guard let stride = env.itoStride else { throw .unsupported("a differential here") }
    return N(
      parts: Array(repeating: .constant(arithmetic.zeroElement), count: local * stride) + [
        .constant(arithmetic.oneElement)
      ])
  }

  func brownianIncrement(_ name: String, _ indices: [Int], _ env: Env) throws(EvaluationError) -> G {
    guard let declaration = model.theory.declarations[name] else { throw .unsupported("the undeclared name \(name)") }
    let bound = Dictionary(zip(declaration.family.map(\.index), indices)) { $1 }
    let (rows, columns) = (
      try model.size(declaration.shape.rows, bound), try model.size(declaration.shape.columns, bound)
    )
    var entries: [N] = []
    for entry in 0..<rows * columns {
      guard let place = brownian[ValueKey(name: name, indices: indices + [entry])] else {
        throw .undefined("d\(name)\(indices), which is out of range")
      }
      entries.append(try differentialElement(2 + place, env))
    }
    return G(rows: rows, columns: columns, entries: entries)
  }

  func instances(_ range: Expression.Range, _ env: Env) throws(EvaluationError) -> [Env] {
    let (low, high) = (try size(range.lower, env), try size(range.upper, env))
    var all: [Env] = []
    guard low <= high else { return all }
    guard low > Int.min / 4, high < Int.max / 4, high - low < 10_000 else {
      throw .tooLarge("a sum from \(low) to \(high)")
    }
    for value in low...high {
      var isExcluded = false
      for skipped in range.excluding where try size(skipped, env) == value { isExcluded = true }
      if isExcluded { continue }
      var inner = env
      inner.indices[range.index] = value
      all.append(inner)
    }
    return all
  }
}

extension Grid {
  func reshaped(_ rows: Int, _ columns: Int) -> Grid { Grid(rows: rows, columns: columns, entries: entries) }
}

extension Expression {
  /// E[(a − E a)(b − E b)ᵀ].
  static func covarianceExpanded(_ a: Expression, _ b: Expression) -> Expression {
    func centred(_ x: Expression) -> Expression {
      Expression(.add([x, Expression(.negate(Expression(.expectation(x), x.shape)), x.shape)]), x.shape)
    }
    let (left, right) = (centred(a), centred(b))
    let shape = Shape(a.shape.rows, b.shape.rows)
    let transposed = Expression(.transpose(right), right.shape.transposed)
    let product: Node =
      a.shape.isScalar || b.shape.isScalar ? .scale(left, transposed) : .multiply(left, transposed)
    return Expression(.expectation(Expression(product, shape)), shape)
  }

  /// Whether a differential occurs outside every integral.
  var hasDifferentials: Bool {
    switch node {
    case .differential, .timeDifferential, .brownianDifferential: true
    case .integral(_, let a, let b, _): a.hasDifferentials || b.hasDifferentials
    default: children.contains(where: \.hasDifferentials)
    }
  }
}
