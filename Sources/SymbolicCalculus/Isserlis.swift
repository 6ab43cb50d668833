// Isserlis' theorem: the mean of a polynomial in Gaussians is a sum over pairings.

internal import ExactArithmetic

/// The expression with E, Var and Cov of polynomials in declared Gaussian variables carried out.
///
/// E[x₁ ⋯ x₂ₖ] = Σ over pairings Π Cov(xₐ, x_b), for centred jointly Gaussian factors; means are split off. Scalars, vectors,
/// matrices and families may be mixed. Throws ``EvaluationError/unsupported(_:)`` for anything else that is random, and for
/// what is no polynomial.
public func isserlis(_ e: Expression, in theory: Theory) throws -> Expression {
  try GaussianMeans(theory: theory).evaluated(e).simplified.usingSymmetry(in: theory).simplified
}

private struct GaussianMeans {
  var theory: Theory

  func evaluated(_ e: Expression) throws -> Expression {
    let e = e.replacingChildren(try e.children.map(evaluated))
    switch e.node {
    case .expectation(let x): return .sum(ofLike: try mean(x), e.shape)
    case .variance(let x): return try covariance(of: x, x, e.shape)
    case .covariance(let x, let y): return try covariance(of: x, y, e.shape)
    default: return e
    }
  }

  /// E[x yᵀ] − E[x] E[y]ᵀ.
  private func covariance(of x: Expression, _ y: Expression, _ shape: Shape) throws -> Expression {
    let (p, q) = (try mean(x), try mean(y))
    let product = p.flatMap { p in q.map { Term(number: -1) * p * $0.transposed } }
    return .sum(ofLike: try mean(x * y.transposed) + product, shape)
  }

  private func isRandom(_ e: Expression) -> Bool {
    switch e.node {
    case .variable(let name, _):
      switch theory.declarations[name]?.nature {
      case .normal, .independentFamily, .sample, .brownian, .process, .adapted: return true
      default: return false
      }
    case .differential, .brownianDifferential, .processValue: return true
    default: return false
    }
  }

  private func mean(_ x: Expression) throws -> [Term] {
    let names = theory.declarations.values.reduce(into: x.names) { names, declaration in
      names.insert(declaration.name)
      if case .normal(let mean, let covariance) = declaration.nature {
        names.formUnion(mean.names.union(covariance.names))
      }
    }
    var expansion = Expansion(
      taken: names, isLeaf: isRandom,
      mean: { leaf in
        let mean = try law(leaf).mean
        return mean.isZero ? nil : mean
      })
    var sum: [Term] = []
    for term in try expansion.terms(x) { sum += try paired(term, &expansion) }
    return sum.map { Term($0.tidied.expression) }
  }

  /// Σ over pairings of a term's marks.
  private func paired(_ term: Term, _ expansion: inout Expansion) throws -> [Term] {
    let marks = term.marks
    guard let first = marks.first else { return [term] }
    if !marks.count.isMultiple(of: 2) { return [] }
    if marks.count > 12 { throw EvaluationError.tooLarge("the pairings of \(marks.count) Gaussian factors") }
    var sum: [Term] = []
    for other in marks.dropFirst() {
      guard let covariance = try covariance(first.leaf, other.leaf),
        let contracted = try term.contracting(first.name, other.name, covariance, { expansion.newIndex($0) })
      else { continue }
      sum += try paired(contracted, &expansion)
    }
    return sum
  }

  /// Mean and covariance, with the family's indices put in.
  private func law(_ leaf: Expression) throws -> (mean: Expression, covariance: Expression) {
    guard case .variable(let name, let indices) = leaf.node, let declaration = theory.declarations[name],
      case .normal(let mean, let covariance) = declaration.nature
    else { throw EvaluationError.unsupported("\(leaf) has no Gaussian law") }
    let instance = declaration.indexSubstitution(indices)
    let c = instance.apply(covariance)
    if Expansion(taken: [], isLeaf: isRandom).isActive(c) {
      throw EvaluationError.unsupported("\(leaf) is not Gaussian: its covariance, \(c), is random")
    }
    return (instance.apply(mean), c)
  }

  private func covariance(_ a: Expression, _ b: Expression) throws -> Covariance? {
    guard case .variable(let name, let i) = a.node, case .variable(let other, let j) = b.node, name == other,
      let declaration = theory.declarations[name]
    else { return nil }
    let c = try law(a).covariance
    let equal = zip(zip(i, j), declaration.family).map { ($0.0, $0.1, $1) }
    if a.shape.isScalar { return Covariance(kernel: .scalar, factor: c, equal: equal) }
    if c.shape.isScalar { return Covariance(kernel: .independentEntries, factor: c, equal: equal) }
    return Covariance(kernel: c.isIdentity ? .independentEntries : .matrix(c), equal: equal)
  }
}

extension Declaration {
  /// What puts a member's indices in the place of the family's index names.
  func indexSubstitution(_ values: [Dimension]) -> Substitution {
    Substitution(indices: Dictionary(zip(family.map(\.index), values), uniquingKeysWith: { first, _ in first }))
  }
}
