// Where two sides part: the smallest corresponding sub-terms whose values differ, for a reader's eye.

internal import ExactArithmetic

extension Grid {
  /// The entries as text; `units` are the names of the parts after the first: dt, dW, …
  func text(units: [String], _ show: (Element) -> String) -> String {
    let numbers = entries.map { number -> String in
      let parts = number.parts.enumerated().map { k, part -> String in
        guard case .constant(let c) = part else { return "…" }
        return show(c) + (k == 0 ? "" : " " + (k <= units.count ? units[k - 1] : "ε\(k)"))
      }
      let present = parts.filter { !$0.hasPrefix("0 ") && $0 != "0" }
      return present.dropFirst().reduce(present.first ?? "0") {
        $0 + ($1.hasPrefix("-") ? " - " + $1.dropFirst() : " + " + $1)
      }
    }
    if rows == 1 && columns == 1 { return numbers[0] }
    let lines = (0..<rows).map { i in (0..<columns).map { numbers[$0 * rows + i] }.joined(separator: ", ") }
    return "[" + lines.joined(separator: "; ") + "]"
  }
}

extension Evaluator {
  /// What the parts of a differential form are multiples of.
  var units: [String] {
    ["dt"]
      + brownian.sorted { $0.value < $1.value }.map { key, _ in
        let isScalar = model.theory.declarations[key.name]?.shape.isScalar ?? false
        let indices = isScalar ? Array(key.indices.dropLast()) : key.indices.dropLast() + [(key.indices.last ?? 0) + 1]
        return "d\(key.name)" + (indices.isEmpty ? "" : "[\(indices.map(String.init).joined(separator: ", "))]")
      }
  }

  /// Values that were drawn, in the order of declaration.
  func shownValues(_ show: (G) -> String) -> [Counterexample.Value] {
    model.theory.order.flatMap { name in
      model.values.filter { $0.key.name == name }
        .sorted { $0.key.indices.lexicographicallyPrecedes($1.key.indices) }
        .map { key, value in
          let index = key.indices.isEmpty ? "" : "[" + key.indices.map(String.init).joined(separator: ", ") + "]"
          return Counterexample.Value(name: name + index, text: show(value))
        }
    }
  }

  private func agree(_ a: Expression, _ b: Expression) -> Bool {
    guard a.shape == b.shape, let x = try? value(a), let y = try? value(b), x.rows == y.rows, x.columns == y.columns
    else {
      return false
    }
    return LinearAlgebra(arithmetic: arithmetic, algebra: .scalars).subtract(x, y).entries.allSatisfy { n in
      n.parts.allSatisfy { part in
        guard case .constant(let c) = part else { return false }
        return arithmetic.domain.pivotQuality(c) == 0
      }
    }
  }

  /// Terms of a sum that have no equal partner on the other side; then, if one remains on each, the factors likewise.
  func parting(_ left: Expression, _ right: Expression, _ show: (G) -> String) -> Counterexample.Parting? {
    var (a, b) = (left, right)
    for _ in 0..<50 {
      guard let next = narrowed(a, b) else { break }
      (a, b) = next
    }
    guard a != left || b != right else { return nil }
    func text(_ e: Expression) -> String { (try? value(e)).map(show) ?? "?" }
    return .init(left: a, right: b, leftValue: text(a), rightValue: text(b))
  }

  private func narrowed(_ a: Expression, _ b: Expression) -> (Expression, Expression)? {
    if case .defined(_, _, let meaning) = a.node, a != b { return (meaning, b) }
    if case .defined(_, _, let meaning) = b.node, a != b { return (a, meaning) }
    let (terms, others) = (a.terms, b.terms)
    if terms.count > 1 || others.count > 1 {
      var open = others
      var unmatched: [Expression] = []
      for term in terms {
        if let k = open.firstIndex(where: { agree(term, $0) }) { open.remove(at: k) } else { unmatched.append(term) }
      }
      guard unmatched.count + open.count < terms.count + others.count, let first = unmatched.first ?? open.first else {
        return nil
      }
      let zero = Expression(.zero, first.shape)
      let pair = (sum(unmatched) ?? zero, sum(open) ?? zero)
      return pair
    }
    // The same operation on both sides: the one argument that differs.
    guard a.shape == b.shape, a.children.count == b.children.count, !a.children.isEmpty,
      a.replacingChildren(b.children).node == b.node
    else { return nil }
    let different = zip(a.children, b.children).filter { !agree($0, $1) }
    return different.count == 1 ? different[0] : nil
  }

  private func sum(_ terms: [Expression]) -> Expression? {
    guard let first = terms.first else { return nil }
    return terms.count == 1 ? first : Expression(.add(terms), first.shape)
  }
}

extension Expression {
  /// The terms of a sum; signs are kept with them.
  var terms: [Expression] {
    switch node {
    case .add(let all): all.flatMap(\.terms)
    case .negate(let a) where a.terms.count > 1: a.terms.map { Expression(.negate($0), $0.shape, span: $0.span) }
    default: [self]
    }
  }
}
