// Itô's formula, and the multiplication table of differentials.

internal import ExactArithmetic

/// The expression with every d(f) written as drift and diffusion.
///
/// d f = Σ ∂ₓf [dX] + ∂ₜf dt + ½ Σ Σ ∂ₓ∂ᵧf [dX, dY], where declared processes' differentials are put in and products of
/// differentials become dt: see ``collectingDifferentials(_:in:)``. Throws ``EvaluationError/unsupported(_:)`` where f has no
/// derivative by rule, or depends on time through an adapted path.
public func itoExpanded(_ e: Expression, in theory: Theory) throws -> Expression {
  try collectingDifferentials(ItoFormula(theory: theory).applied(to: e), in: theory)
}

/// The expression multiplied out by dt² = 0, dt dW = 0, dWᵢ dWⱼ = δᵢⱼ dt, (dB)(dB)ᵀ = I dt, terms with dt in front.
///
/// Products with the differential of a process that is not known stay; where an expression cannot be multiplied out, it stays.
public func collectingDifferentials(_ e: Expression, in theory: Theory) throws -> Expression {
  try FormCollector(theory: theory).collected(e)
}

private struct ItoFormula {
  var theory: Theory
  /// Differentials may stand in one another's definitions this deep.
  private static let deepest = 16

  func applied(to e: Expression, depth: Int = 0) throws -> Expression {
    if depth > Self.deepest { throw EvaluationError.tooLarge("differentials that refer to one another without end") }
    guard case .differential(let f) = e.node else {
      return e.replacingChildren(try e.children.map { try applied(to: $0, depth: depth) })
    }
    if case .variable(let name, _) = f.node {
      if let known = known(f) { return try applied(to: known, depth: depth + 1) }
      // An adapted coefficient keeps its differential; anything else does not vary.
      return varies(name) ? e : .zeros(e.shape)
    }
    return try applied(to: totalDifferential(f), depth: depth + 1)
  }

  /// A process as it stands in a formula, with its differential; nil for what does not vary, or whose differential is unknown.
  private func known(_ x: Expression) -> Expression? {
    guard case .variable(let name, let indices) = x.node, let declaration = theory.declarations[name] else {
      return nil
    }
    switch declaration.nature {
    case .brownian: return .dW(name, x.shape, indices)
    case .process(let differential, _): return declaration.indexSubstitution(indices).apply(differential)
    case .time: return .dt
    default: return nil
    }
  }

  private func varies(_ name: String) -> Bool {
    switch theory.declarations[name]?.nature {
    case .brownian, .process, .adapted: true
    default: false
    }
  }

  private func isTime(_ name: String) -> Bool { theory.declarations[name]?.nature == .time }

  private func totalDifferential(_ f: Expression) throws -> Expression {
    var integrals = RunningIntegrals(isTime: isTime)
    let f = integrals.named(try f.carriedOut)
    try requireSmoothInTime(f)
    let shapes = f.variableShapes
    let space = Differentiator(taken: [], differentialsAreConstant: true) { name, indices in
      guard varies(name) || integrals.forms[name] != nil, let shape = shapes[name] else { return nil }
      return d(.variable(name, shape, indices))
    }
    let time = Differentiator(taken: [], differentialsAreConstant: true) { name, _ in isTime(name) ? .dt : nil }
    let first = try space(f)
    let total = try first + time(f) + Expression.number(1, 2) * space(first)
    return integrals.restored(total)
  }

  /// The path of an adapted function has no derivative.
  private func requireSmoothInTime(_ e: Expression) throws {
    if case .call(let name, let x) = e.node, case .timeFunction(adapted: true) = theory.declarations[name]?.nature,
      !x.names.allSatisfy({ !isTime($0) })
    {
      throw EvaluationError.unsupported("\(e) has no differential: it is the path of an adapted process")
    }
    for child in e.children { try requireSmoothInTime(child) }
  }
}

/// Integrals up to the present are processes: they get names while a formula is differentiated.
private struct RunningIntegrals {
  var isTime: (String) -> Bool
  /// Name -> the integral and its differential.
  private(set) var forms: [String: (integral: Expression, differential: Expression)] = [:]

  init(isTime: @escaping (String) -> Bool) { self.isTime = isTime }

  mutating func named(_ e: Expression) -> Expression {
    if case .integral(let name, let a, let b, let body) = e.node, case .variable(let time, []) = b.node, isTime(time),
      !a.names.contains(time), name == time || !body.names.contains(time)
    {
      let own = "∫\(forms.count)"
      forms[own] = (e, body.replacing(name, by: b))
      return .variable(own, e.shape)
    }
    var children: [Expression] = []
    for child in e.children { children.append(named(child)) }
    return e.replacingChildren(children)
  }

  func restored(_ e: Expression) -> Expression {
    switch e.node {
    case .variable(let name, _): return forms[name]?.integral ?? e
    case .differential(let x):
      if case .variable(let name, _) = x.node, let form = forms[name] { return form.differential }
      return e
    default: return e.replacingChildren(e.children.map(restored))
    }
  }
}

extension Expression {
  fileprivate var variableShapes: [String: Shape] {
    var all = children.reduce(into: [String: Shape]()) { $0.merge($1.variableShapes) { first, _ in first } }
    if case .variable(let name, _) = node { all[name] = shape }
    return all
  }
}

/// Drift and diffusion of forms.
private struct FormCollector {
  var theory: Theory

  /// Differentials inside an integral or a mean are not of the form around.
  private func isBarrier(_ e: Expression) -> Bool {
    switch e.node {
    case .integral, .expectation, .variance, .covariance: true
    default: false
    }
  }

  func collected(_ e: Expression) throws -> Expression {
    var expansion = Expansion(taken: e.names, isLeaf: \.isDifferential, isBarrier: isBarrier)
    let e = try barriersCollected(e)
    guard expansion.isActive(e) else { return e }
    let terms: [Term]
    do {
      terms = try expansion.terms(e)
    } catch EvaluationError.unsupported {
      return e
    }
    var order: [Expression?] = []
    var groups: [Expression?: [Term]] = [:]
    for term in try terms.flatMap({ try multiplied($0, &expansion) }) {
      let (differential, rest) = takingOutDifferential(term.tidied, expansion)
      if groups[differential] == nil { order.append(differential) }
      groups[differential, default: []].append(rest)
    }
    // The drift comes first, what is no multiple of a scalar differential last.
    let sorted = order.filter { $0 == .dt } + order.filter { $0 != .dt && $0 != nil } + order.filter { $0 == nil }
    let parts = sorted.map { differential in
      let terms = groups[differential] ?? []
      let sum = Expression.sum(ofLike: terms, e.shape).usingSymmetry(in: theory).simplified
      return differential.map { sum * $0 } ?? sum
    }
    return .sum(of: parts, e.shape)
  }

  /// A term by the multiplication table; nothing where it vanishes.
  private func multiplied(_ term: Term, _ expansion: inout Expansion) throws -> [Term] {
    let marks = term.marks
    if marks.count < 2 { return [term.unmarked] }
    if marks.count > 2 || marks.contains(where: { $0.leaf == .dt }) { return [] }
    guard case .brownianDifferential(let name, let i) = marks[0].leaf.node,
      case .brownianDifferential(let other, let j) = marks[1].leaf.node
    else { return [term.unmarked] }
    if name != other { return [] }
    let family = theory.declarations[name]?.family ?? []
    let equal = zip(zip(i, j), family).map { ($0.0, $0.1, $1) }
    let kernel: Covariance.Kernel = marks[0].leaf.shape.isScalar ? .scalar : .independentEntries
    let covariance = Covariance(kernel: kernel, factor: .dt, equal: equal)
    let product = try term.contracting(marks[0].name, marks[1].name, covariance) { expansion.newIndex($0) }
    return product.map { [$0] } ?? []
  }

  /// The scalar differential that the term is a multiple of, if the rest is free of others.
  private func takingOutDifferential(_ term: Term, _ expansion: Expansion) -> (Expression?, Term) {
    let bound = Set(term.ranges.map(\.index))
    guard
      let k = term.scalars.firstIndex(where: {
        $0.exponent == 1 && $0.base.isDifferential && bound.isDisjoint(with: $0.base.names)
      })
    else { return (nil, term) }
    var rest = term
    let differential = rest.scalars.remove(at: k).base
    let others = rest.scalars.map(\.base) + rest.word
    return others.contains(where: expansion.isActive) ? (nil, term) : (differential, rest)
  }

  private func barriersCollected(_ e: Expression) throws -> Expression {
    e.replacingChildren(try e.children.map(isBarrier(e) ? collected : barriersCollected))
  }
}
