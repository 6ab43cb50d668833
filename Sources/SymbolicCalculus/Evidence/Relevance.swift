// What of a theory a statement depends on: names, sizes, hypotheses, and how names must be drawn.

internal import ExactArithmetic

/// The part of a theory that matters to some expressions.
struct Relevance {
  private(set) var names: Set<String> = []
  private(set) var sizes: Set<String> = []
  /// Sizes that something is as large as, not only numbers.
  private(set) var extents: Set<String> = []
  /// Whether the statement may hold in general position only: ranks, kinks, solutions of equations that branch.
  private(set) var isBranched = false
  private(set) var assumptions: [Assumption] = []
  private(set) var needs = ModelNeeds()
  /// Matrices at which opnorm is differentiated though no hypothesis says that the largest singular value is simple.
  private(set) var multiple: Set<String> = []
  /// A function that is looked at in too many points to stand for every smooth one.
  private(set) var crowded: String?
  private var jets = Jets()
  private let theory: Theory
  private var started: Set<String> = []

  init(_ theory: Theory, _ expressions: [Expression]) {
    self.theory = theory
    for e in expressions { include(e) }
    var open = theory.assumptions
    var grew = true
    while grew {
      grew = false
      for assumption in open
      where !assumption.expressions.allSatisfy({ $0.freeNames(in: theory).isDisjoint(with: allNames) }) {
        assumptions.append(assumption)
        open.removeAll { $0 == assumption }
        for e in assumption.expressions { include(e) }
        if case .statement(let s) = assumption.content, s.relation == .equal { isBranched = true }
        if let (name, isStrict) = assumption.signedName {
          if isStrict { needs.positive.insert(name) } else { needs.nonnegative.insert(name) }
        }
        if case .simpleTop(let a) = assumption.content {
          needs.spectral.formUnion(a.bareNames)
          needs.simple.formUnion(a.bareNames)
        }
        grew = true
      }
    }
    for name in names { needs.degrees[name] = jets.degree(of: name) }
    crowded = names.filter(jets.exceeds).sorted().first
    needs.names = names
    multiple = multiple.intersection(names).subtracting(needs.simple)
    // The order in which the author stated them.
    assumptions.sort { $0.span.lowerBound < $1.span.lowerBound }
  }

  private var allNames: Set<String> { names.union(sizes) }

  private mutating func include(_ e: Expression) {
    collectNeeds(e)
    jets.include(e)
    for d in e.dimensions { include(d) }
    for d in e.extents { extents.formUnion(d.names) }
    // Where a process starts matters only to its values at given times.
    for name in e.simulatedNames(in: theory) {
      guard case .process(_, let start?)? = theory.declarations[name]?.nature else { continue }
      if started.insert(name).inserted { include(start) }
    }
    for name in e.names(in: theory) { include(name) }
  }

  private mutating func include(_ d: Dimension) {
    for name in d.names { if case .dimension? = theory.declarations[name]?.nature { sizes.insert(name) } }
  }

  private mutating func include(_ name: String) {
    guard let declaration = theory.declarations[name], names.insert(name).inserted else { return }
    var own = [declaration.shape.rows, declaration.shape.columns]
    for range in declaration.family { own += [range.lower, range.upper] }
    for d in own {
      include(d)
      extents.formUnion(d.names)
    }
    switch declaration.nature {
    case .normal(let mean, let covariance):
      include(mean)
      include(covariance)
    case .process(let differential, _): include(differential)
    case .sample(let population, _): include(population)
    case .function(let shape):
      include(shape.rows)
      include(shape.columns)
    default: break
    }
  }

  private mutating func collectNeeds(_ e: Expression) {
    switch e.node {
    case .singular, .apply(.pseudoInverse, _), .apply(.operatorNorm, _), .apply(.abs, _), .apply(.minimum, _),
      .apply(.maximum, _):
      isBranched = true
    default: break
    }
    switch e.node {
    case .singular(_, let a, _): needs.spectral.formUnion(a.bareNames)
    case .apply(.operatorNorm, let a) where !a[0].shape.isVector: needs.spectral.formUnion(a[0].bareNames)
    case .apply(.squareRoot, let a): needs.spectral.formUnion(a[0].gramNames)
    case .apply(.norm, let a) where a[0].shape.isVector: needs.normed.formUnion(a[0].bareNames)
    default: break
    }
    for child in e.children { collectNeeds(child) }
    switch e.node {
    case .derivative(let f, let x, _), .gradient(let f, let x), .hessian(let f, let x):
      // What the parameter needs, the point needs.
      if needs.spectral.contains(f.parameter) { needs.spectral.formUnion(x.bareNames) }
      if needs.normed.contains(f.parameter) { needs.normed.formUnion(x.bareNames) }
      if !f.body.normedMatrices.union(multiple).isDisjoint(with: [f.parameter]) { multiple.formUnion(x.bareNames) }
    case .differential(let x): multiple.formUnion(x.normedMatrices)
    default: break
    }
  }
}

extension Assumption {
  /// X where this says X > 0 (strict) or X ≥ 0 of one declared name, or of every member of a family.
  var signedName: (name: String, isStrict: Bool)? {
    guard case .statement(let s) = content else { return nil }
    let (name, zero): (Expression, Expression) =
      s.relation == .greater || s.relation == .greaterOrEqual ? (s.left, s.right) : (s.right, s.left)
    guard s.relation != .equal, s.relation != .notEqual, zero.node == .number(0) || zero.node == .zero,
      case .variable(let found, let indices) = name.node, indices == ranges.map({ Dimension($0.index) })
    else { return nil }
    return (found, s.relation == .greater || s.relation == .less)
  }

  var expressions: [Expression] {
    switch content {
    case .statement(let s): [s.left, s.right]
    case .simpleTop(let a): [a]
    }
  }
}

extension Expression {
  /// Sizes that occur as numbers.
  var sizeNames: Set<String> {
    var own: Set<String> = []
    if case .size(let d) = node { own = d.names }
    return children.reduce(into: own) { $0.formUnion($1.sizeNames) }
  }

  /// The name that this expression is, through definitions and transposition.
  var bareNames: Set<String> {
    switch node {
    case .variable(let name, _): [name]
    case .defined(_, _, let e), .transpose(let e): e.bareNames
    default: []
    }
  }

  /// Names of matrices whose operator norm occurs.
  var normedMatrices: Set<String> {
    var found: Set<String> = []
    if case .apply(.operatorNorm, let a) = node, !a[0].shape.isVector { found = a[0].bareNames }
    return children.reduce(into: found) { $0.formUnion($1.normedMatrices) }
  }

  /// X where this is XXᵀ or XᵀX.
  var gramNames: Set<String> {
    switch node {
    case .defined(_, _, let e): e.gramNames
    case .multiply(let a, let b) where a.bareNames == b.bareNames: a.bareNames
    default: []
    }
  }

  /// Every size that occurs in this tree other than as a number.
  var extents: [Dimension] {
    let own: [Dimension] =
      switch node {
      case .sum(let r, _), .product(let r, _): [r.lower, r.upper]
      case .derivative(let f, _, _), .gradient(let f, _), .hessian(let f, _): [f.shape.rows, f.shape.columns]
      default: []
      }
    return own + [shape.rows, shape.columns] + children.flatMap(\.extents)
  }

  /// Every size that occurs in this tree.
  var dimensions: [Dimension] {
    var own = [shape.rows, shape.columns]
    switch node {
    case .size(let d), .basis(let d), .singular(_, _, let d): own.append(d)
    case .entry(_, let indices), .variable(_, let indices), .brownianDifferential(_, let indices): own += indices
    case .sum(let r, _), .product(let r, _): own += [r.lower, r.upper]
    case .derivative(let f, _, _), .gradient(let f, _), .hessian(let f, _): own += [f.shape.rows, f.shape.columns]
    default: break
    }
    return own + children.flatMap(\.dimensions)
  }

  /// Declared names and sizes that occur.
  func freeNames(in theory: Theory) -> Set<String> {
    names(in: theory).union(dimensions.flatMap(\.names).filter { theory.declarations[$0] != nil })
  }
}
