// Trees as text of the derivation language, with no more brackets than reading it back needs.

internal import ExactArithmetic

extension Expression: CustomStringConvertible {
  /// The expression in the derivation language.
  ///
  /// Singular values and vectors of which the tree knows no declared names are written svd(A).s[i], svd(A).u[i],
  /// svd(A).v[i], which only people can read: see ``namingSingular(_:)``.
  public var description: String {
    TextWriter(expectation: variableNames.contains("E") ? "Expect" : "E").write(self, at: .sum)
  }

  /// The expression with singular values and vectors shown by the names that `name` knows for them.
  public func namingSingular(
    _ name: (SingularPart, Expression, Dimension) -> (name: String, indices: [Dimension])?
  ) -> Expression {
    let e = replacingChildren(children.map { $0.namingSingular(name) })
    guard case .singular(let part, let a, let index) = node, let (own, indices) = name(part, a, index) else { return e }
    return Expression(.defined(own, indices, self), shape, span: span)
  }

  private var variableNames: Set<String> {
    var all = children.reduce(into: Set<String>()) { $0.formUnion($1.variableNames) }
    if case .variable(let name, _) = node { all.insert(name) }
    if case .defined(let name, _, _) = node { all.insert(name) }
    return all
  }
}

extension Statement: CustomStringConvertible {
  /// The statement in the derivation language.
  public var description: String { "\(left) \(relation.rawValue) \(right)" }
}

/// How tightly the outermost operation binds.
enum Binding: Int, Comparable {
  case sum, product, power, atom
  static func < (a: Binding, b: Binding) -> Bool { a.rawValue < b.rawValue }
}

extension Expression {
  /// Whether the text ends with a body that would swallow what follows.
  var isOpenAtTheEnd: Bool {
    switch node {
    case .sum, .product, .integral: true
    default: false
    }
  }
}

private struct TextWriter {
  var expectation: String
  /// What time is called: t, or the variable of the integral around.
  var time = "t"

  func write(_ e: Expression, at needed: Binding) -> String {
    let (text, binding) = write(e)
    return binding < needed ? "(\(text))" : text
  }

  private func write(_ e: Expression) -> (String, Binding) {
    let (isNegative, magnitude) = e.signed
    if isNegative { return ("-" + write(magnitude, at: .product), .sum) }
    switch e.node {
    case .number(let value):
      let text = value.description
      return (text, text.contains("/") ? .product : .atom)
    case .size(let d):
      let text = d.description
      return (text, d.terms.count > 1 || text.hasPrefix("-") ? .sum : text.contains(" ") ? .product : .atom)
    case .variable(let name, let list), .defined(let name, let list, _): return (name + indices(list), .atom)
    case .identity: return (e.shape.isScalar ? "1" : "I[\(e.shape.rows)]", .atom)
    case .zero: return (e.shape.isScalar ? "0" : "zeros[\(e.shape.rows), \(e.shape.columns)]", .atom)
    case .ones:
      if e.shape.isScalar { return ("1", .atom) }
      return ("ones" + indices(e.shape.isVector ? [e.shape.rows] : [e.shape.rows, e.shape.columns]), .atom)
    case .basis(let i): return ("e[\(e.shape.rows), \(i)]", .atom)
    case .add(let terms): return (sum(terms), .sum)
    case .multiply, .scale, .divide: return product(e.productChain)
    case .power(let base, let exponent): return (write(base, at: .atom) + "^" + self.exponent(exponent), .power)
    case .transpose(let a): return (write(a, at: .atom) + "'", .power)
    case .apply(.hadamard, let factors):
      return (factors.map { write($0, at: .power) }.joined(separator: " .* "), .product)
    case .apply(.unvec, let x):
      return ("mat[\(e.shape.rows), \(e.shape.columns)](\(write(x[0], at: .sum)))", .atom)
    case .apply(let f, let arguments): return (f.rawValue + list(arguments), .atom)
    case .entry(let a, let list): return (bracketedUnlessName(a) + indices(list), .atom)
    case .singular(let part, let a, let index): return (singular(part, a, index), .atom)
    case .sum, .product, .integral: return binder(e)
    case .derivative(let f, let x, let directions): return (derivative(f, x, directions[...]), .atom)
    case .gradient(let f, let x): return ("grad[\(name(f))](\(write(x, at: .sum)))", .atom)
    case .hessian(let f, let x): return ("hess[\(name(f))](\(write(x, at: .sum)))", .atom)
    case .call(let name, let x): return (name + list([x]), .atom)
    case .processValue(let process, let t): return ("at" + list([process, t]), .atom)
    case .expectation(let x): return ("\(expectation)[\(write(x, at: .sum))]", .atom)
    case .variance(let x): return ("Var[\(write(x, at: .sum))]", .atom)
    case .covariance(let x, let y): return ("Cov[\(write(x, at: .sum)), \(write(y, at: .sum))]", .atom)
    case .differential(let x):
      if case .variable(let name, []) = x.node { return ("d" + name, .atom) }
      return ("d(\(write(x, at: .sum)))", .atom)
    case .timeDifferential: return ("d" + time, .atom)
    case .brownianDifferential(let name, let list): return ("d" + name + indices(list), .atom)
    case .negate: preconditionFailure("a sign was taken off above")
    }
  }

  private func indices(_ list: [Dimension]) -> String {
    list.isEmpty ? "" : "[" + list.map(\.description).joined(separator: ", ") + "]"
  }

  private func list(_ arguments: [Expression]) -> String {
    "(" + arguments.map { write($0, at: .sum) }.joined(separator: ", ") + ")"
  }

  private func sum(_ terms: [Expression]) -> String {
    var text = ""
    for (number, term) in terms.enumerated() {
      let (isNegative, magnitude) = term.signed
      text += number == 0 ? (isNegative ? "-" : "") : isNegative ? " - " : " + "
      text += write(magnitude, at: .product)
    }
    return text
  }

  private func product(_ chain: [ChainFactor]) -> (String, Binding) {
    var text = ""
    for (number, item) in chain.enumerated() {
      let isLast = number == chain.count - 1
      // Written once: what is nested in it would otherwise be written twice at every level.
      let isOpen = item.factor.isOpenAtTheEnd && isLast && !item.divides
      let factor = isOpen ? write(item.factor).0 : write(item.factor, at: .power)
      if number == 0 {
        // 1/2 x is (1/2) x: a fraction in front needs no brackets.
        text = item.factor.constant.map { $0 > 0 ? "\($0)" : factor } ?? factor
      } else {
        let follows = factor.first.map { $0.isNumber } ?? false
        text += (item.divides ? " / " : follows ? " * " : " ") + factor
      }
    }
    return (text, .product)
  }

  private func exponent(_ e: Expression) -> String {
    if e.constant?.wholeNumber != nil { return write(e, at: .sum) }
    if case .variable(_, []) = e.node { return write(e, at: .atom) }
    return "(\(write(e, at: .sum)))"
  }

  private func bracketedUnlessName(_ a: Expression) -> String {
    switch a.node {
    case .variable, .defined, .brownianDifferential: write(a, at: .atom)
    default: "(\(write(a, at: .sum)))"
    }
  }

  private func singular(_ part: Expression.SingularPart, _ a: Expression, _ index: Dimension) -> String {
    let matrix = "(\(write(a, at: .sum)))"
    switch part {
    case .value: return index == .one ? "opnorm\(matrix)" : "svd\(matrix).s[\(index)]"
    case .left: return "svd\(matrix).u[\(index)]"
    case .right: return "svd\(matrix).v[\(index)]"
    }
  }

  /// The binding is that of a factor which must come last.
  private func binder(_ e: Expression) -> (String, Binding) {
    switch e.node {
    case .sum:
      let (ranges, body) = e.nestedRanges
      return ("sum(\(ranges.derivationText)) " + write(body, at: .product), .product)
    case .product(let range, let body):
      return ("prod(\([range].derivationText)) " + write(body, at: .product), .product)
    case .integral(let name, let a, let b, let body):
      var inner = self
      inner.time = name
      let bounds = "\(write(a, at: .sum))..\(write(b, at: .sum))"
      return ("integral(\(name) in \(bounds)) " + inner.write(body, at: .product), .product)
    default: return write(e)
    }
  }

  private func name(_ f: Expression.Lambda) -> String {
    f.display ?? "\(f.parameter) -> \(write(f.body, at: .sum))"
  }

  /// The language has D and D2; what is of higher order is written as a derivative of a derivative.
  private func derivative(_ f: Expression.Lambda, _ x: Expression, _ directions: ArraySlice<Expression>) -> String {
    let last = directions.suffix(2)
    var function = name(f)
    if directions.count > 2 {
      let names = directions.reduce(into: f.body.names) { $0.formUnion($1.names) }
      let point = f.parameter.fresh(avoiding: names)
      function = "\(point) -> " + derivative(f, .variable(point, f.shape), directions.dropLast(2))
    }
    let bracket = last.map { write($0, at: .sum) }.joined(separator: ", ")
    return "\(last.count == 2 ? "D2" : "D")[\(function)](\(write(x, at: .sum)))[\(bracket)]"
  }
}

extension Array where Element == Expression.Range {
  /// i in 1..M, j in 1..M where i != j
  fileprivate var derivationText: String {
    let ranges = map { "\($0.index) in \($0.lower)..\($0.upper)" }.joined(separator: ", ")
    let conditions = flatMap { range in range.excluding.map { "\(range.index) != \($0)" } }
    return ranges + (conditions.isEmpty ? "" : " where " + conditions.joined(separator: ", "))
  }
}
