// Multiplying out around chosen leaves: an expression becomes terms that are linear in every leaf that occurs in them.

internal import ExactArithmetic

/// Multiplies out what contains an active leaf, such as a Gaussian variable or a differential, and leaves the rest alone.
///
/// Every occurrence of a leaf gets a name of its own, so that each can be paired with another. Such a mark is a definition
/// whose name no document can contain.
struct Expansion {
  /// Whether a node is a leaf at which multiplying out ends.
  var isLeaf: (Expression) -> Bool
  /// Whether nothing below a node counts.
  var isBarrier: (Expression) -> Bool
  /// What a leaf is a sum of, before the part that is marked; nil for the mark alone.
  var mean: (Expression) throws -> Expression?
  /// Names that must not be used for an index.
  var taken: Set<String>
  private var marks = 0

  /// More terms than this are refused.
  private static let budget = 20_000

  init(
    taken: Set<String>, isLeaf: @escaping (Expression) -> Bool,
    isBarrier: @escaping (Expression) -> Bool = { _ in false },
    mean: @escaping (Expression) throws -> Expression? = { _ in nil }
  ) {
    (self.taken, self.isLeaf, self.isBarrier, self.mean) = (taken, isLeaf, isBarrier, mean)
  }

  func isActive(_ e: Expression) -> Bool { isLeaf(e) || !isBarrier(e) && e.children.contains(where: isActive) }

  mutating func terms(_ e: Expression) throws -> [Term] {
    if !isActive(e) { return [Term(e)] }
    if isLeaf(e) { return try leaf(e) }
    switch e.node {
    case .defined(_, _, let meaning): return try terms(meaning)
    case .add(let summands): return try summands.flatMap { try terms($0) }
    case .negate(let a): return try terms(a).map { Term(number: -1) * $0 }
    case .multiply(let a, let b), .scale(let a, let b): return try product(terms(a), terms(b))
    case .divide(let a, let b) where !isActive(b): return try product(terms(a), [Term(b.power(-1))])
    case .power(let base, let exponent): return try power(base, exponent, e)
    case .transpose(let a): return try terms(a).map(\.transposed)
    case .apply(.trace, let a): return try terms(a[0]).map(\.trace)
    case .apply(let f, let arguments) where f.isLinear:
      return try multilinear(arguments) { Expression(.apply(f, $0), e.shape) }
    case .derivative(let f, let x, let directions) where !isActive(f.body) && !isActive(x):
      return try multilinear(directions) { Expression(.derivative(f, at: x, along: $0), e.shape) }
    case .entry(let a, let indices):
      let row = Term(Expression.basis(a.shape.rows, indices[0]).transposed)
      let column = indices.count == 1 ? Term(number: 1) : Term(.basis(a.shape.columns, indices[1]))
      return try terms(a).map { row * $0 * column }
    case .sum(let range, let body):
      let name = newIndex(range.index)
      return try terms(body.replacing(index: range.index, by: Dimension(name))).map {
        var term = $0
        term.ranges.insert(range.renamed(name), at: 0)
        return term
      }
    default: throw EvaluationError.unsupported("\(e) is no polynomial in what it contains at random")
    }
  }

  /// An index name that is used nowhere else.
  mutating func newIndex(_ wish: String) -> String {
    let name = (wish + "_1").fresh(avoiding: taken)
    taken.insert(name)
    return name
  }

  private mutating func leaf(_ e: Expression) throws -> [Term] {
    let mean = try mean(e)
    marks += 1
    let mark = Term(Expression(.defined("#\(marks)", [], e), e.shape))
    return try (mean.map { try terms($0) } ?? []) + [mark]
  }

  private func product(_ a: [Term], _ b: [Term]) throws -> [Term] {
    if a.count * b.count > Self.budget { throw EvaluationError.tooLarge("more than \(Self.budget) products of terms") }
    return a.flatMap { p in b.map { p * $0 } }
  }

  private mutating func power(_ base: Expression, _ exponent: Expression, _ e: Expression) throws -> [Term] {
    guard let n = exponent.constant?.wholeNumber, (1...16).contains(n) else {
      throw EvaluationError.unsupported("\(e) is no polynomial in what it contains at random")
    }
    if case .apply(.norm, let x) = base.node, n.isMultiple(of: 2) {
      return try power(tr(x[0].transposed * x[0]), .number(n / 2), e)
    }
    var result = try terms(base)
    for _ in 1..<n { result = try product(result, terms(base)) }
    return result
  }

  private mutating func multilinear(_ arguments: [Expression], _ rebuilt: ([Expression]) -> Expression) throws -> [Term]
  {
    var rows: [(factor: Term, arguments: [Expression])] = [(Term(number: 1), [])]
    for argument in arguments {
      let terms = try terms(argument)
      rows = rows.flatMap { row in terms.map { (row.factor * $0.scalarPart, row.arguments + [$0.matrixPart]) } }
    }
    return rows.map { $0.factor * Term(rebuilt($0.arguments)) }
  }
}

extension Expression {
  /// The leaf that a mark stands for.
  private var mark: (name: String, leaf: Expression)? {
    if case .defined(let name, _, let leaf) = node, name.hasPrefix("#") { return (name, leaf) }
    return nil
  }

  /// Every mark with its leaf, in reading order.
  var marks: [(name: String, leaf: Expression)] { mark.map { [$0] } ?? children.flatMap(\.marks) }

  /// Marks replaced where `value` has something for them.
  func replacingMarks(_ value: (String, Expression) -> Expression?) -> Expression {
    if let mark { return value(mark.name, mark.leaf) ?? self }
    return replacingChildren(children.map { $0.replacingMarks(value) })
  }
}

extension Term {
  var marks: [(name: String, leaf: Expression)] { (scalars.map(\.base) + word).flatMap(\.marks) }

  /// The same term with every factor replaced, put in normal form again.
  func mapFactors(_ f: (Expression) -> Expression) -> Term {
    var result = Term(number: coefficient)
    result.ranges = ranges
    for scalar in scalars { result = result * Term(f(scalar.base).power(.number(scalar.exponent))) }
    if !shape.isScalar {
      result.shape = Shape(shape.rows, shape.rows)
      for factor in word { result = result * Term(f(factor)) }
    }
    return result
  }

  /// Marks replaced by the leaves they stand for.
  var unmarked: Term { mapFactors { $0.replacingMarks { _, leaf in leaf } } }

  /// Index names as short as may be; terms that differ in them alone become equal.
  var tidied: Term {
    var term = self
    for k in ranges.indices {
      let old = term.ranges[k].index
      var names = Set(term.ranges.map(\.index)).subtracting([old])
      for factor in term.scalars.map(\.base) + term.word { names.formUnion(factor.names.subtracting([old])) }
      for range in term.ranges {
        for d in [range.lower, range.upper] + range.excluding { names.formUnion(d.names.subtracting([old])) }
      }
      let digits = old.reversed().prefix { $0.isNumber || $0 == "_" }.count
      let new = String(old.dropLast(digits)).fresh(avoiding: names)
      term = term.replacing(index: old, by: Dimension(new))
      term.ranges[k] = term.ranges[k].renamed(new)
    }
    return term
  }

  /// An index replaced everywhere but in its own range's name.
  func replacing(index name: String, by value: Dimension) -> Term {
    var result = mapFactors { $0.replacing(index: name, by: value) }
    result.ranges = ranges.map { range in
      range.renamed(range.index) { $0.substituting { $0 == name ? value : nil } }
    }
    return result
  }
}
