// Pairing two marks of a term by their covariance, and carrying out the sums over basis vectors that this leaves.

internal import ExactArithmetic

/// The covariance of two leaves: what stands for both when they are paired.
struct Covariance {
  enum Kernel {
    /// Both become 1.
    case scalar
    /// Entries are independent and alike: Σ over basis elements, the same for both.
    case independentEntries
    /// Σ eₖ and C eₖ, where C is the covariance of vec.
    case matrix(Expression)
  }
  var kernel: Kernel
  var factor: Expression = 1
  /// Indices that must agree, with the range of the family they belong to.
  var equal: [(Dimension, Dimension, Expression.Range)] = []
}

extension Term {
  /// The two marks, paired; nil where the product vanishes. `newIndex` makes unused names.
  func contracting(
    _ p: String, _ q: String, _ covariance: Covariance, _ newIndex: (String) -> String
  ) throws -> Term? {
    var term = self
    var pending = covariance.equal
    var factor = covariance.factor
    while let (i, j, family) = pending.popLast() {
      guard let (next, substitution) = try term.requiring(i, j, family) else { return nil }
      term = next
      if let (name, value) = substitution {
        factor = factor.replacing(index: name, by: value)
        func map(_ d: Dimension) -> Dimension { d.substituting { $0 == name ? value : nil } }
        pending = pending.map { (map($0.0), map($0.1), $0.2) }
      }
    }
    term = term * Term(factor)
    guard let shape = term.marks.first(where: { $0.name == p })?.leaf.shape else { return nil }
    func replace(_ first: Expression, _ second: Expression) {
      term = term.mapFactors { $0.replacingMarks { name, _ in name == p ? first : name == q ? second : nil } }
    }
    var open: [(index: String, size: Dimension)] = []
    switch covariance.kernel {
    case .scalar: replace(1, 1)
    case .independentEntries where shape.isVector:
      let k = newIndex("k")
      let basis = Expression.basis(shape.rows, Dimension(k))
      replace(basis, basis)
      open = [(k, shape.rows)]
    case .independentEntries:
      let (k, l) = (newIndex("k"), newIndex("l"))
      let element =
        Expression.basis(shape.rows, Dimension(k)) * Expression.basis(shape.columns, Dimension(l)).transposed
      replace(element, element)
      open = [(k, shape.rows), (l, shape.columns)]
    case .matrix(let c):
      let k = newIndex("k")
      let basis = Expression.basis(shape.count, Dimension(k))
      func shaped(_ x: Expression) -> Expression { shape.isVector ? x : mat(shape.rows, shape.columns, x) }
      replace(shaped(basis), shaped(c * basis))
      open = [(k, shape.count)]
    }
    // One sum carried out may make another possible.
    while let next = open.indices.first(where: { term.closing(open[$0].index, open[$0].size) != nil }) {
      let (index, size) = open.remove(at: next)
      term = term.closing(index, size) ?? term
    }
    if case .independentEntries = covariance.kernel, !open.isEmpty, !shape.isVector {
      // Under vec, a matrix is a vector: its entries are better counted through.
      var other = covariance
      other.kernel = .matrix(.identity(shape.count))
      let whole = try contracting(p, q, other, newIndex)
      if let whole, whole.ranges.count <= term.ranges.count { return whole }
    }
    term.ranges += open.map { Expression.Range($0.index, .one, $0.size) }
    return term
  }

  /// The term where i = j, and what was substituted; nil if i and j never agree.
  ///
  /// A bound index is replaced by the other; of free ones the number (I)ᵢⱼ remains as a factor.
  private func requiring(
    _ i: Dimension, _ j: Dimension, _ family: Expression.Range
  ) throws -> (Term, (String, Dimension)?)? {
    if i == j { return (self, nil) }
    if (i - j).constant != nil { return nil }
    let rangeOf = { (d: Dimension) in d.name.flatMap { name in ranges.first { $0.index == name } } }
    if rangeOf(i)?.excluding.contains(j) ?? false || rangeOf(j)?.excluding.contains(i) ?? false { return nil }
    for (bound, other) in [(i, j), (j, i)] {
      guard let name = bound.name, let range = rangeOf(bound), range.excluding.isEmpty || rangeOf(other) != nil else {
        continue
      }
      let partner = rangeOf(other)
      let isWhole = range.lower == family.lower && range.upper == family.upper
      guard isWhole || partner.map({ $0.lower == range.lower && $0.upper == range.upper }) ?? false,
        partner.map({ !$0.lower.names.contains(name) && !$0.upper.names.contains(name) }) ?? true
      else { continue }
      var term = self
      term.ranges.removeAll { $0.index == name }
      if let k = term.ranges.firstIndex(where: { $0.index == other.name }) {
        term.ranges[k].excluding += range.excluding
      }
      // A bound that came later may depend on one further out: the one kept moves to the front if it depends on nothing.
      return (term.replacing(index: name, by: other).ordered, (name, other))
    }
    guard family.lower == .one else {
      throw EvaluationError.unsupported("whether \(i) = \(j) in a family that starts at \(family.lower)")
    }
    return (self * Term(Expression.identity(family.upper)[i, j]), nil)
  }

  /// Ranges sorted so that each stands inside those that it mentions.
  private var ordered: Term {
    var term = self
    var rest = ranges
    term.ranges = []
    while !rest.isEmpty {
      let names = Set(rest.map(\.index))
      let free = rest.firstIndex { range in
        ([range.lower, range.upper] + range.excluding).allSatisfy { names.isDisjoint(with: $0.names) }
      }
      term.ranges.append(rest.remove(at: free ?? 0))
    }
    return term
  }

  /// Σₖ carried out, where eₖ occurs twice: Σ (eₖᵀr) T(eₖ) = T(r), Σ A eₖ eₖᵀ B = A B, Σ eₖᵀ M eₖ = tr M,
  /// Σ (A eₖ) ∘ (B eₖ) = diagonal(A Bᵀ), Σ (A eₖ) ⊗ (B eₖ) = vec(B Aᵀ). Nil where none fits.
  func closing(_ index: String, _ size: Dimension) -> Term? {
    let basis = Expression.basis(size, Dimension(index))
    for (position, scalar) in scalars.enumerated() where scalar.exponent == 1 || scalar.exponent == 2 {
      var factors = scalar.base.wordFactors
      if factors.first == basis.transposed, factors.last != basis { factors = factors.transposedWord }
      guard factors.count > 1, factors.last == basis else { continue }
      factors.removeLast()
      var term = self
      term.scalars.remove(at: position)
      if factors[0] == basis.transposed {
        if scalar.exponent == 2 { continue }
        let inner = Term(word: Array(factors.dropFirst()), Shape(size, size))
        return term * inner.trace
      }
      let value = factors.transposedWord.product
      if value.names.contains(index) { continue }
      if scalar.exponent == 2 { return term * Term(value.transposed * value) }
      return term.mapFactors { $0.replacing(basis, by: value) }
    }
    for k in word.indices.dropLast() where word[k] == basis && word[k + 1] == basis.transposed {
      return scalarPart * Term(word: Array(word[..<k] + word[(k + 2)...]), shape)
    }
    let contracted = mapFactors { $0.contractingEntrywise(basis) }
    return (contracted.scalars.map(\.base) + contracted.word).contains { $0.names.contains(index) } ? nil : contracted
  }
}

extension Expression {
  /// A sub-expression without bound names in it replaced wherever it stands.
  fileprivate func replacing(_ part: Expression, by value: Expression) -> Expression {
    self == part ? value : replacingChildren(children.map { $0.replacing(part, by: value) })
  }

  /// (A eₖ) ∘ (B eₖ) and (A eₖ) ⊗ (B eₖ) replaced by their sums over k.
  fileprivate func contractingEntrywise(_ basis: Expression) -> Expression {
    if case .apply(let f, let arguments) = node, f == .hadamard || f == .kron,
      arguments.allSatisfy({ $0.wordFactors.last == basis })
    {
      let matrices = arguments.map { argument in
        let word = Array(argument.wordFactors.dropLast())
        return word.isEmpty ? Expression.identity(basis.shape.rows) : word.product
      }
      let (a, b) = (matrices[0], matrices[1])
      return f == .kron ? vec(b * a.transposed) : diagonal(a * b.transposed)
    }
    return replacingChildren(children.map { $0.contractingEntrywise(basis) })
  }
}
