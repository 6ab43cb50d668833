// One-sided matching of expressions: what a claim's names stand for where it is cited.

internal import ExactArithmetic
internal import SymbolicCalculus

/// What a claim's names stand for where it is cited.
struct Substitution {
  var values: [String: Expression] = [:]
  var sizes: [String: Dimension] = [:]

  func apply(to d: Dimension) -> Dimension { d.substituting { sizes[$0] } }
  func apply(to s: Shape) -> Shape { Shape(apply(to: s.rows), apply(to: s.columns)) }

  func apply(to e: Expression) -> Expression {
    if case .variable(let name, let indices) = e.node {
      if let value = values[name] {
        guard !indices.isEmpty, case .variable(let other, _) = value.node else { return value }
        return Expression(.variable(other, indices.map { apply(to: $0) }), value.shape)
      }
      return Expression(.variable(name, indices.map { apply(to: $0) }), apply(to: e.shape))
    }
    let inner = e.replacingChildren(e.children.map { apply(to: $0) })
    return Expression(inner.resized { apply(to: $0) }.node, apply(to: e.shape))
  }
}

/// One-sided matching: names of the claim are unknowns, sums match in any order, scalar factors on either side.
struct Matcher {
  let theory: Theory
  let here: Theory
  /// Whether the claim's names stand for themselves.
  let fixed: Bool

  func matches(_ pattern: Expression, _ target: Expression) -> [Substitution] {
    match(pattern, target, Substitution())
  }

  private func match(_ p: Expression, _ t: Expression, _ s: Substitution) -> [Substitution] {
    guard let s = match(p.shape, t.shape, s) else { return [] }
    switch (p.node, t.node) {
    case (.variable(let name, let indices), _):
      return variable(name, indices, t, s)
    case (.number(let a), .number(let b)): return a == b ? [s] : []
    case (.size(let a), .size(let b)): return match(a, b, s).map { [$0] } ?? []
    case (.size(let a), .number(let q)):
      guard let n = q.asInt else { return [] }
      return match(a, Dimension(n), s).map { [$0] } ?? []
    case (.add(let terms), .add(let others)): return terms.count == others.count ? unordered(terms, others, s) : []
    case (.scale(let a, let b), .scale(let c, let d)):
      return both(a, c, b, d, s) + (a.shape.isScalar && b.shape.isScalar ? both(a, d, b, c, s) : [])
    default: return structural(p, t, s)
    }
  }

  private func both(_ a: Expression, _ c: Expression, _ b: Expression, _ d: Expression, _ s: Substitution)
    -> [Substitution]
  {
    match(a, c, s).flatMap { match(b, d, $0) }
  }

  private func unordered(_ terms: [Expression], _ others: [Expression], _ s: Substitution) -> [Substitution] {
    guard let first = terms.first else { return [s] }
    return others.indices.flatMap { k -> [Substitution] in
      var rest = others
      let target = rest.remove(at: k)
      return match(first, target, s).prefix(2).flatMap { unordered(Array(terms.dropFirst()), rest, $0) }
    }
  }

  private func structural(_ p: Expression, _ t: Expression, _ s: Substitution) -> [Substitution] {
    guard p.children.count == t.children.count else { return [] }
    // The heads must agree once sizes are translated and bound names are made equal.
    var (pattern, target) = (p, t)
    if let (a, b) = p.boundNames(with: t) { (pattern, target) = (a, b) }
    var current = s
    for (a, b) in zip(pattern.headSizes, target.headSizes) {
      guard let next = match(a, b, current) else { return [] }
      current = next
    }
    guard pattern.headSizes.count == target.headSizes.count, pattern.head == target.head else { return [] }
    return zip(pattern.children, target.children).reduce([current]) { all, pair in
      all.flatMap { match(pair.0, pair.1, $0) }
    }
  }

  private func variable(_ name: String, _ indices: [Dimension], _ t: Expression, _ s: Substitution) -> [Substitution] {
    guard let declaration = theory.declarations[name], !fixed else {
      return t.node == .variable(name, indices) ? [s] : []
    }
    var s = s
    if let known = s.values[name], indices.isEmpty { return known == t ? [s] : [] }
    if !indices.isEmpty || !declaration.family.isEmpty {
      // A family stands for a family.
      guard case .variable(let other, let others) = t.node, others.count == indices.count,
        let given = here.declarations[other], given.nature.isLike(declaration.nature)
      else { return [] }
      if let known = s.values[name], known.node != .variable(other, []) { return [] }
      for (a, b) in zip(indices, others) {
        guard let next = match(a, b, s) else { return [] }
        s = next
      }
      for (a, b) in zip(declaration.family, given.family) {
        guard let low = match(a.lower, b.lower, s), let high = match(a.upper, b.upper, low) else { return [] }
        s = high
      }
      s.values[name] = Expression(.variable(other, []), t.shape)
      return [s]
    }
    switch declaration.nature {
    case .parameter:
      s.values[name] = t
      return [s]
    case .normal(let mean, let covariance):
      guard case .variable(let other, _) = t.node, case .normal(let m, let c)? = here.declarations[other]?.nature else {
        return []
      }
      s.values[name] = t
      return match(mean.expanded, m.expanded, s).flatMap { match(covariance.expanded, c.expanded, $0) }
    default:
      guard case .variable(let other, _) = t.node, let given = here.declarations[other],
        given.nature.isLike(declaration.nature)
      else { return [] }
      s.values[name] = t
      return [s]
    }
  }

  private func match(_ p: Shape, _ t: Shape, _ s: Substitution) -> Substitution? {
    match(p.rows, t.rows, s).flatMap { match(p.columns, t.columns, $0) }
  }

  private func match(_ p: Dimension, _ t: Dimension, _ s: Substitution) -> Substitution? {
    if fixed { return p == t ? s : nil }
    let known = s.apply(to: p)
    if let name = p.name, case .dimension? = theory.declarations[name]?.nature, s.sizes[name] == nil {
      var new = s
      new.sizes[name] = t
      return new
    }
    // Sizes whose names are not all known yet are compared by what is known.
    return known == t || !p.names.allSatisfy({ s.sizes[$0] != nil || theory.declarations[$0] == nil }) ? s : nil
  }
}

extension Declaration.Nature {
  /// Whether one may stand for the other, as far as the kind goes.
  func isLike(_ other: Declaration.Nature) -> Bool {
    switch (self, other) {
    case (.parameter, .parameter), (.independentFamily, .independentFamily), (.time, .time), (.adapted, .adapted),
      (.brownian, .brownian), (.normal, .normal):
      true
    case (.function(let a), .function(let b)): a.isScalar == b.isScalar
    case (.timeFunction(let a), .timeFunction(let b)): a == b
    case (.sample(_, let a), .sample(_, let b)): a == b
    case (.process, .process): self == other
    default: false
    }
  }
}
