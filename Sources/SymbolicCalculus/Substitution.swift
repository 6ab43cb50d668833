// Replacing names in a tree without capture: bound names that would catch something of the replacement are renamed.

extension Expression {
  /// Every name that occurs anywhere in the tree, free or bound, of whatever kind.
  public var names: Set<String> {
    var all = shape.rows.names.union(shape.columns.names)
    func add(_ dimensions: [Dimension]) { for dimension in dimensions { all.formUnion(dimension.names) } }
    switch node {
    case .size(let d), .basis(let d): add([d])
    case .variable(let name, let indices), .defined(let name, let indices, _),
      .brownianDifferential(let name, let indices):
      all.insert(name)
      add(indices)
    case .entry(_, let indices): add(indices)
    case .singular(_, _, let index): add([index])
    case .sum(let range, _), .product(let range, _):
      all.insert(range.index)
      add([range.lower, range.upper] + range.excluding)
    case .derivative(let f, _, _), .gradient(let f, _), .hessian(let f, _): all.insert(f.parameter)
    case .call(let name, _), .integral(let name, _, _, _): all.insert(name)
    default: break
    }
    for child in children { all.formUnion(child.names) }
    return all
  }

  /// The variable `name` (without indices) replaced by `value` wherever it is free.
  public func replacing(_ name: String, by value: Expression) -> Expression {
    Substitution(variables: [name: value]).apply(self)
  }

  /// The index or dimension `name` replaced by `value` wherever it is free, in shapes too.
  public func replacing(index name: String, by value: Dimension) -> Expression {
    value.name == name ? self : Substitution(indices: [name: value]).apply(self)
  }
}

extension String {
  /// This name, or this name with the first number that makes it none of the names taken.
  func fresh(avoiding taken: Set<String>) -> String {
    if !taken.contains(self) { return self }
    var number = 1
    while taken.contains("\(self)_\(number)") { number += 1 }
    return "\(self)_\(number)"
  }
}

extension Expression.Range {
  /// The same values for another index name; the bounds and the skipped values pass through `map`.
  func renamed(_ index: String, _ map: (Dimension) -> Dimension = { $0 }) -> Self {
    Self(index, map(lower), map(upper), excluding: excluding.map(map))
  }
}

/// What replaces which variables and indices.
struct Substitution {
  var variables: [String: Expression] = [:]
  var indices: [String: Dimension] = [:]

  /// Names that a binder may not have, because a replacement contains them.
  private var taken: Set<String> {
    variables.values.reduce(into: Set()) { $0.formUnion($1.names) }
      .union(indices.values.reduce(into: Set()) { $0.formUnion($1.names) })
  }

  private var isEmpty: Bool { variables.isEmpty && indices.isEmpty }

  func dimension(_ d: Dimension) -> Dimension { indices.isEmpty ? d : d.substituting { indices[$0] } }

  func shape(_ s: Shape) -> Shape { Shape(dimension(s.rows), dimension(s.columns)) }

  func apply(_ e: Expression) -> Expression {
    if isEmpty { return e }
    let node: Expression.Node
    switch e.node {
    case .variable(let name, let list):
      if list.isEmpty, let value = variables[name] { return value }
      node = .variable(name, list.map(dimension))
    case .size(let d): node = .size(dimension(d))
    case .basis(let d): node = .basis(dimension(d))
    case .brownianDifferential(let name, let list): node = .brownianDifferential(name, list.map(dimension))
    case .defined(let name, let list, let meaning):
      // A definition whose meaning changes otherwise than through its indices is no longer that definition.
      let new = apply(meaning)
      if Substitution(indices: indices).apply(meaning) != new { return new }
      node = .defined(name, list.map(dimension), new)
    case .entry(let a, let list): node = .entry(apply(a), list.map(dimension))
    case .singular(let part, let a, let index): node = .singular(part, apply(a), dimension(index))
    case .sum(let range, let body):
      let (new, inner) = bind(range, body)
      node = .sum(new, inner)
    case .product(let range, let body):
      let (new, inner) = bind(range, body)
      node = .product(new, inner)
    case .derivative(let f, let x, let directions):
      node = .derivative(bind(f), at: apply(x), along: directions.map(apply))
    case .gradient(let f, let x): node = .gradient(bind(f), at: apply(x))
    case .hessian(let f, let x): node = .hessian(bind(f), at: apply(x))
    case .integral(let name, let a, let b, let body):
      let (new, inner) = bind(name, .scalar, body)
      node = .integral(new, from: apply(a), to: apply(b), inner)
    default:
      let new = e.replacingChildren(e.children.map(apply))
      return Expression(new.node, shape(new.shape), span: e.span)
    }
    return Expression(node, shape(e.shape), span: e.span)
  }

  private func bind(_ range: Expression.Range, _ body: Expression) -> (Expression.Range, Expression) {
    var inner = self
    inner.indices[range.index] = nil
    let name = taken.contains(range.index) ? range.index.fresh(avoiding: taken.union(body.names)) : range.index
    if name != range.index { inner.indices[range.index] = Dimension(name) }
    return (range.renamed(name, dimension), inner.apply(body))
  }

  private func bind(_ name: String, _ type: Shape, _ body: Expression) -> (String, Expression) {
    var inner = self
    inner.variables[name] = nil
    let new = taken.contains(name) ? name.fresh(avoiding: taken.union(body.names)) : name
    if new != name { inner.variables[name] = .variable(new, type) }
    return (new, inner.apply(body))
  }

  private func bind(_ f: Expression.Lambda) -> Expression.Lambda {
    let (name, body) = bind(f.parameter, shape(f.shape), f.body)
    // The name of the source no longer fits a body in which something free was replaced.
    let unchanged = body == f.body.replacing(f.parameter, by: .variable(name, f.shape))
    return Expression.Lambda(name, shape(f.shape), body, display: unchanged ? f.display : nil)
  }
}
