// Whether a proved claim fits where it is cited: match its sides against sub-expressions, then meet its hypotheses.

internal import ExactArithmetic
internal import SymbolicCalculus

/// A claim about to be used.
struct Citation {
  private let statement: Statement
  private let theory: Theory
  private let sharesNames: Bool

  init(_ statement: Statement, _ theory: Theory, sharesNames: Bool) {
    self.statement = Statement(statement.left.expanded, statement.relation, statement.right.expanded)
    (self.theory, self.sharesNames) = (theory, sharesNames)
  }

  /// Looks for a sub-expression of the step that is an instance of one side of the claim, with hypotheses that hold there.
  func fits(_ step: Statement, in here: Theory, seed: UInt64) -> ReasonFinding {
    let places = step.left.expanded.subexpressions + step.right.expanded.subexpressions
    var complaint: String?
    for pattern in [statement.left, statement.right] where !pattern.isTrivial {
      for place in places {
        if sharesNames && place == pattern { return .confirmed }
        for match in Matcher(theory: theory, here: here, fixed: false).matches(pattern, place) {
          // What a sum or a function binds inside the place has no meaning outside.
          guard match.values.values.allSatisfy({ $0.mentionedNames.isDisjoint(with: place.binders) }) else { continue }
          if let unmet = unmetHypothesis(match, here, seed) { complaint = unmet } else { return .confirmed }
        }
      }
    }
    if let complaint { return .rejected("its hypotheses are not met here: \(complaint)") }
    // Names mean the same and every hypothesis is in force: the claim applies, though not to a literal sub-expression.
    if sharesNames { return .unexamined("its sides do not occur literally in this step") }
    return .rejected("neither of its sides fits a sub-expression of this step")
  }

  /// A hypothesis of the claim that fails, or is not known to hold, for this instance.
  private func unmetHypothesis(_ match: Substitution, _ here: Theory, _ seed: UInt64) -> String? {
    let examiner = Examiner(here, seed: seed)
    func holds(_ s: Statement) -> Bool {
      if here.assumptions.contains(where: { $0.content == .statement(s) }) { return true }
      return examiner.examine(s).evidence != nil
    }
    for (name, value) in match.values.sorted(by: { $0.key < $1.key }) {
      guard let declaration = theory.declarations[name] else { continue }
      if value.node == .variable(name, []), here.declarations[name] == declaration { continue }
      switch declaration.nature {
      case .parameter(let constraint):
        guard let unmet = unmet(constraint, name, value, here, holds) else { continue }
        return unmet
      default: continue
      }
    }
    // A parameter is a constant to E[·], d(·) and an integral.
    for (name, value) in match.values.sorted(by: { $0.key < $1.key }) {
      guard case .parameter? = theory.declarations[name]?.nature else { continue }
      if let moving = value.movingNames(here).sorted().first, statement.left.moves(name) || statement.right.moves(name)
      {
        return "\(name) is a constant, and \(moving) in \(value) is not"
      }
    }
    for (name, size) in match.sizes.sorted(by: { $0.key < $1.key }) {
      guard case .dimension(let least)? = theory.declarations[name]?.nature, least > 1 else { continue }
      let known = size.names.allSatisfy { here.declarations[$0] != nil }
      let lower = size.value { other in
        if case .dimension(let n)? = here.declarations[other]?.nature { n } else { 1 }
      }
      if !known || (lower ?? 0) < least { return "\(name) >= \(least), with \(size) for \(name)" }
    }
    for assumption in theory.assumptions {
      switch assumption.content {
      case .simpleTop(let a):
        let names = a.variableNames
        guard !names.isDisjoint(with: match.values.keys) else { continue }
        let instance = match.apply(to: a).expanded
        let stated = here.assumptions.contains {
          if case .simpleTop(let b) = $0.content { b.expanded == instance } else { false }
        }
        if !stated { return "simple(opnorm(\(instance))); state it with `assume`" }
      case .statement(let s):
        let names = s.left.variableNames.union(s.right.variableNames)
        // Names that the match leaves alone mean the same here, or nothing.
        guard !names.isDisjoint(with: match.values.keys), sharesNames || names.isSubset(of: match.values.keys) else {
          continue
        }
        let instance = Statement(match.apply(to: s.left), s.relation, match.apply(to: s.right))
        if !holds(instance) { return "\(instance)" }
      }
    }
    return nil
  }

  private func unmet(
    _ constraint: Declaration.Constraint, _ name: String, _ value: Expression, _ here: Theory,
    _ holds: (Statement) -> Bool
  ) -> String? {
    let zero = Expression(.number(0), .scalar)
    let wanted: Statement? =
      switch constraint {
      case .none: nil
      case .positive: Statement(value, .greater, zero)
      case .nonnegative: Statement(value, .greaterOrEqual, zero)
      case .symmetric: Statement(Expression(.transpose(value), value.shape.transposed), .equal, value)
      case .skew:
        Statement(
          Expression(.transpose(value), value.shape.transposed), .equal, Expression(.negate(value), value.shape))
      case .orthogonal:
        Statement(
          Expression(.multiply(Expression(.transpose(value), value.shape.transposed), value), value.shape), .equal,
          Expression(.identity, value.shape))
      case .unit: Statement(Expression(.apply(.norm, [value]), .scalar), .equal, Expression(.number(1), .scalar))
      case .psd, .spd, .diagonal: nil
      }
    if case .variable(let other, _) = value.node, case .parameter(let given)? = here.declarations[other]?.nature,
      given == constraint || (constraint == .psd && given == .spd) || (constraint == .nonnegative && given == .positive)
        || (constraint == .symmetric && [.psd, .spd, .diagonal].contains(given))
    {
      return nil
    }
    if let wanted { return holds(wanted) ? nil : "\(wanted), since \(name) is \(constraint.rawValue)" }
    return constraint == .none ? nil : "\(name) is \(constraint.rawValue), which \(value) is not known to be"
  }
}

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

extension Expression {
  /// Every sub-expression, itself first.
  var subexpressions: [Expression] { [self] + children.flatMap(\.subexpressions) }

  /// Names of variables and functions that occur.
  var variableNames: Set<String> {
    var all: Set<String> = []
    switch node {
    case .variable(let name, _), .call(let name, _), .brownianDifferential(let name, _): all.insert(name)
    default: break
    }
    return children.reduce(into: all) { $0.formUnion($1.variableNames) }
  }

  /// Names of variables and functions, and those in sizes.
  fileprivate var mentionedNames: Set<String> {
    var all = variableNames.union(headSizes.flatMap(\.names))
    if case .size(let d) = node { all.formUnion(d.names) }
    return children.reduce(into: all) { $0.formUnion($1.mentionedNames) }
  }

  /// Names that are bound anywhere inside.
  fileprivate var binders: Set<String> {
    let own: Set<String> =
      switch node {
      case .sum(let r, _), .product(let r, _): [r.index]
      case .derivative(let f, _, _), .gradient(let f, _), .hessian(let f, _): [f.parameter]
      case .integral(let name, _, _, _): [name]
      default: []
      }
    return children.reduce(into: own) { $0.formUnion($1.binders) }
  }

  /// Names that vary with chance or in time, other than inside an expectation.
  fileprivate func movingNames(_ theory: Theory) -> Set<String> {
    switch node {
    case .expectation, .variance, .covariance: return []
    case .variable(let name, _), .call(let name, _):
      let declaration = theory.declarations[name]
      let isMoving: Bool =
        switch declaration?.nature {
        case .time, .timeFunction, .adapted, .brownian, .process: true
        default: declaration?.isRandom ?? false
        }
      if isMoving { return [name] }
    default: break
    }
    return children.reduce(into: []) { $0.formUnion($1.movingNames(theory)) }
  }

  /// Whether a name stands where chance or time acts on it.
  fileprivate func moves(_ name: String) -> Bool {
    switch node {
    case .expectation, .variance, .covariance, .differential, .integral: variableNames.contains(name)
    default: children.contains { $0.moves(name) }
    }
  }

  /// A pattern that fits anything says nothing.
  var isTrivial: Bool {
    switch node {
    case .variable, .number, .size, .identity, .zero, .ones: true
    default: false
    }
  }

  /// Sizes that belong to the node itself.
  var headSizes: [Dimension] {
    switch node {
    case .basis(let d), .singular(_, _, let d): [d]
    case .entry(_, let indices), .brownianDifferential(_, let indices): indices
    case .sum(let r, _), .product(let r, _): [r.lower, r.upper] + r.excluding
    default: []
    }
  }

  func resized(_ change: (Dimension) -> Dimension) -> Expression {
    func range(_ r: Range) -> Range {
      Range(r.index, change(r.lower), change(r.upper), excluding: r.excluding.map(change))
    }
    let new: Node =
      switch node {
      case .size(let d): .size(change(d))
      case .basis(let d): .basis(change(d))
      case .singular(let part, let e, let d): .singular(part, e, change(d))
      case .entry(let e, let indices): .entry(e, indices.map(change))
      case .brownianDifferential(let name, let indices): .brownianDifferential(name, indices.map(change))
      case .sum(let r, let e): .sum(range(r), e)
      case .product(let r, let e): .product(range(r), e)
      default: node
      }
    return Expression(new, shape)
  }

  /// What the node is, without children and sizes: equal heads with equal children are equal trees.
  var head: String {
    switch node {
    case .apply(let f, _): "apply \(f.rawValue)"
    case .singular(let part, _, _): "singular \(part.rawValue)"
    case .call(let name, _): "call \(name)"
    case .brownianDifferential(let name, _): "d\(name)"
    case .sum(let r, _): "sum \(r.index)"
    case .product(let r, _): "product \(r.index)"
    case .derivative(let f, _, let directions): "derivative \(f.parameter) \(directions.count)"
    case .gradient(let f, _): "gradient \(f.parameter)"
    case .hessian(let f, _): "hessian \(f.parameter)"
    case .integral(let name, _, _, _): "integral \(name)"
    case .variable(let name, _): "variable \(name)"
    case .number(let q): "number \(q)"
    default: String(describing: node).prefix { $0 != "(" }.description
    }
  }

  /// Both trees with the second's bound name in place of the first's, if they bind one each.
  func boundNames(with other: Expression) -> (Expression, Expression)? {
    switch (node, other.node) {
    case (.sum(let a, let body), .sum(let b, _)) where a.index != b.index:
      let renamed = body.replacing(index: a.index, by: Dimension(b.index))
      return (
        Expression(.sum(Range(b.index, a.lower, a.upper, excluding: a.excluding), renamed), shape), other
      )
    case (.product(let a, let body), .product(let b, _)) where a.index != b.index:
      let renamed = body.replacing(index: a.index, by: Dimension(b.index))
      return (Expression(.product(Range(b.index, a.lower, a.upper, excluding: a.excluding), renamed), shape), other)
    default:
      guard let p = lambda, let q = other.lambda, p.parameter != q.parameter else { return nil }
      var new = children
      new[0] = new[0].replacing(p.parameter, by: Expression(.variable(q.parameter, []), p.shape))
      let renamed: Node =
        switch replacingChildren(new).node {
        case .derivative(let f, let x, let directions):
          .derivative(Lambda(q.parameter, f.shape, f.body, display: f.display), at: x, along: directions)
        case .gradient(let f, let x): .gradient(Lambda(q.parameter, f.shape, f.body, display: f.display), at: x)
        case .hessian(let f, let x): .hessian(Lambda(q.parameter, f.shape, f.body, display: f.display), at: x)
        case let node: node
        }
      return (Expression(renamed, shape), other)
    }
  }

  private var lambda: Lambda? {
    switch node {
    case .derivative(let f, _, _), .gradient(let f, _), .hessian(let f, _): f
    default: nil
    }
  }
}
