// What a citation asks of expressions: their parts, names, binders, sizes and heads.

internal import SymbolicCalculus

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
  var mentionedNames: Set<String> {
    var all = variableNames.union(headSizes.flatMap(\.names))
    if case .size(let d) = node { all.formUnion(d.names) }
    return children.reduce(into: all) { $0.formUnion($1.mentionedNames) }
  }

  /// Names that are bound anywhere inside.
  var binders: Set<String> {
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
  func movingNames(_ theory: Theory) -> Set<String> {
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
  func moves(_ name: String) -> Bool {
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
