// What declarations say of symmetry, used so that equal forms are written alike.

extension Theory {
  /// Whether a matrix equals its transpose: it is declared so, or it is the covariance of a declared law.
  func isSymmetric(_ e: Expression) -> Bool {
    guard case .variable(let name, _) = e.node else { return false }
    if case .parameter(let constraint) = declarations[name]?.nature {
      if [.symmetric, .psd, .spd, .diagonal].contains(constraint) { return true }
    }
    return declarations.values.contains { declaration in
      if case .normal(_, let covariance) = declaration.nature, case .variable(name, _) = covariance.node { return true }
      return false
    }
  }
}

extension Expression {
  /// The same expression, with Aᵀ written A for symmetric A, and xᵀA y and yᵀA x alike.
  func usingSymmetry(in theory: Theory) -> Expression {
    let e = replacingChildren(children.map { $0.usingSymmetry(in: theory) })
    func plain(_ word: [Expression]) -> [Expression] {
      word.map { factor in
        if case .transpose(let a) = factor.node, theory.isSymmetric(a) { return a }
        return factor
      }
    }
    switch e.node {
    case .transpose(let a) where theory.isSymmetric(a): return a
    case .multiply where e.shape.isScalar:
      let (word, other) = (e.wordFactors, plain(e.wordFactors.transposedWord))
      return (other.isBefore(word) ? other : word).product
    case .apply(.trace, let a):
      let word = a[0].wordFactors.canonicalTrace
      let other = plain(word.transposedWord).canonicalTrace
      return tr((other.isBefore(word) ? other : word).product)
    default: return e
    }
  }
}
