// Trees as LaTeX for publication.

internal import ExactArithmetic

extension Expression {
  /// The expression as LaTeX, without delimiters.
  public var latex: String { LaTeXWriter().write(self, at: .sum) }
}

extension Statement {
  /// The statement as LaTeX, without delimiters.
  public var latex: String { "\(left.latex) \(relation.latex) \(right.latex)" }
}

extension Relation {
  /// The relation's LaTeX command or sign.
  public var latex: String {
    switch self {
    case .equal: "="
    case .notEqual: "\\ne"
    case .less: "<"
    case .lessOrEqual: "\\le"
    case .greater: ">"
    case .greaterOrEqual: "\\ge"
    }
  }
}

private struct LaTeXWriter {
  var time = "t"
  /// Fractions are written with a slash: in exponents.
  var isInline = false

  func write(_ e: Expression, at needed: Binding) -> String {
    let (text, binding) = write(e)
    return binding < needed ? bracketed(text) : text
  }

  private func bracketed(_ text: String) -> String {
    let isTall = ["\\frac", "\\sum", "\\prod", "\\int", "\\left"].contains { text.contains($0) }
    return isTall ? "\\left(\(text)\\right)" : "(\(text))"
  }

  private func argument(_ e: Expression) -> String { bracketed(write(e, at: .sum)) }

  private func write(_ e: Expression) -> (String, Binding) {
    let (isNegative, magnitude) = e.signed
    if isNegative { return ("-" + write(magnitude, at: .product), .sum) }
    switch e.node {
    case .number(let value):
      let parts = value.description.split(separator: "/")
      if parts.count == 1 { return (value.description, .atom) }
      return isInline ? (value.description, .product) : ("\\frac{\(parts[0])}{\(parts[1])}", .product)
    case .size(let d):
      let text = d.latex
      return (text, d.terms.count > 1 || text.hasPrefix("-") ? .sum : text.contains(" ") ? .product : .atom)
    case .variable(let name, let list), .defined(let name, let list, _): return (latexName(name, list), .atom)
    case .identity: return (e.shape.isScalar ? "1" : "I_{\(e.shape.rows.latex)}", .atom)
    case .zero: return ("0", .atom)
    case .ones:
      if e.shape.isScalar { return ("1", .atom) }
      let columns = e.shape.isVector ? "" : " \\times \(e.shape.columns.latex)"
      return ("\\mathbf{1}_{\(e.shape.rows.latex)\(columns)}", .atom)
    case .basis(let i): return ("e_{\(i.latex)}", .atom)
    case .add(let terms): return (sum(terms), .sum)
    case .divide(let a, let b): return quotient(a, b)
    case .multiply, .scale: return product(e)
    case .power(let base, let exponent):
      let text = base.isDifferential ? "(\(write(base, at: .atom)))" : write(base, at: .atom)
      return (text + "^{\(inline(exponent))}", .power)
    case .transpose(let a):
      if case .apply(.inverse, let b) = a.node { return (write(b[0], at: .atom) + "^{-\\top}", .power) }
      return (write(a, at: .atom) + "^{\\top}", .power)
    case .apply(let f, let arguments): return apply(f, arguments, e.shape)
    case .entry(let a, let list): return (entry(a, list), .atom)
    case .singular(let part, let a, let index): return (singular(part, index) + argument(a), .atom)
    case .sum, .product, .integral: return (binder(e), .product)
    case .derivative(let f, let x, let directions):
      let order = directions.count == 1 ? "" : "^{\(directions.count)}"
      let bracket = directions.map { write($0, at: .sum) }.joined(separator: ", ")
      return ("D\(order) \(name(f))\(argument(x))\\left[\(bracket)\\right]", .atom)
    case .gradient(let f, let x): return ("\\nabla \(name(f))\(argument(x))", .atom)
    case .hessian(let f, let x): return ("\\nabla^{2} \(name(f))\(argument(x))", .atom)
    case .call(let name, let x): return (latexName(name) + argument(x), .atom)
    case .processValue(let process, let t): return (write(process, at: .atom) + argument(t), .atom)
    case .expectation(let x): return ("\\mathbb{E}\\left[\(write(x, at: .sum))\\right]", .atom)
    case .variance(let x): return ("\\mathrm{Var}\\left[\(write(x, at: .sum))\\right]", .atom)
    case .covariance(let x, let y):
      return ("\\mathrm{Cov}\\left[\(write(x, at: .sum)), \(write(y, at: .sum))\\right]", .atom)
    case .differential(let x): return ("\\mathrm{d}" + write(x, at: .atom), .atom)
    case .timeDifferential: return ("\\mathrm{d}" + latexName(time), .atom)
    case .brownianDifferential(let name, let list):
      return ("\\mathrm{d}" + latexName(name, list, also: [latexName(time)]), .atom)
    case .negate: preconditionFailure("a sign was taken off above")
    }
  }

  private func inline(_ e: Expression) -> String {
    var inner = self
    inner.isInline = true
    return inner.write(e, at: .sum)
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

  private func quotient(_ a: Expression, _ b: Expression) -> (String, Binding) {
    if isInline { return (write(a, at: .product) + "/" + write(b, at: .power), .product) }
    // A sum stands beside its divisor, not above it.
    if a.isLargeOperator { return ("\\frac{1}{\(write(b, at: .sum))} " + write(a, at: .product), .product) }
    return ("\\frac{\(write(a, at: .sum))}{\(write(b, at: .sum))}", .product)
  }

  private func product(_ e: Expression) -> (String, Binding) {
    var pieces: [String] = []
    let factors = e.factorRow
    for (number, factor) in factors.enumerated() {
      let staysOpen = factor.isLargeOperator && number == factors.count - 1
      let piece = write(factor, at: staysOpen || factor.isQuotient && !factor.isLargeOperator ? .product : .power)
      if let before = pieces.last {
        // Words in upright letters and differentials are set apart.
        let isApart = factor.isDifferential || [before, piece].contains { $0.hasPrefix("\\mathrm{") }
        pieces.append(piece.first.map { $0.isNumber } ?? false ? " \\cdot " : isApart ? "\\," : " ")
      }
      pieces.append(piece)
    }
    return (pieces.joined(), .product)
  }

  private func apply(_ f: Expression.Function, _ arguments: [Expression], _ shape: Shape) -> (String, Binding) {
    let a = arguments[0]
    func infix(_ sign: String) -> (String, Binding) {
      (arguments.map { write($0, at: .power) }.joined(separator: " \(sign) "), .product)
    }
    func superscript(_ text: String) -> (String, Binding) { (write(a, at: .atom) + "^{\(text)}", .power) }
    switch f {
    case .kron: return infix("\\otimes")
    case .hadamard: return infix("\\odot")
    case .inverse: return superscript("-1")
    case .pseudoInverse: return superscript("+")
    case .squareRoot: return superscript("1/2")
    case .norm: return ("\\lVert \(write(a, at: .sum))\\rVert_{\(a.shape.isVector ? "2" : "F")}", .atom)
    case .abs: return ("\\lvert \(write(a, at: .sum))\\rvert", .atom)
    case .sqrt: return ("\\sqrt{\(write(a, at: .sum))}", .atom)
    case .unvec:
      let size = "\(shape.rows.latex) \\times \(shape.columns.latex)"
      return ("\\operatorname{mat}_{\(size)}" + argument(a), .atom)
    default:
      let list = arguments.map { write($0, at: .sum) }.joined(separator: ", ")
      return (f.latex + bracketed(list), .atom)
    }
  }

  private func entry(_ a: Expression, _ list: [Dimension]) -> String {
    let texts = list.map(\.latex)
    let isShort = texts.allSatisfy { $0.count == 1 }
    let index = texts.joined(separator: isShort ? "" : ",")
    switch a.node {
    case .variable(let name, []), .defined(let name, [], _): return latexName(name, also: [index])
    default: return bracketed(write(a, at: .sum)) + "_{\(index)}"
    }
  }

  private func singular(_ part: Expression.SingularPart, _ index: Dimension) -> String {
    switch part {
    case .value: "\\sigma_{\(index.latex)}"
    case .left: "u_{\(index.latex)}"
    case .right: "v_{\(index.latex)}"
    }
  }

  private func binder(_ e: Expression) -> String {
    switch e.node {
    case .sum(let range, let body): return "\\sum\(limits(range)) " + write(body, at: .product)
    case .product(let range, let body): return "\\prod\(limits(range)) " + write(body, at: .product)
    case .integral(let name, let a, let b, let body):
      var inner = self
      inner.time = name
      return "\\int_{\(write(a, at: .sum))}^{\(write(b, at: .sum))} " + inner.write(body, at: .product)
    default: return write(e, at: .product)
    }
  }

  private func limits(_ range: Expression.Range) -> String {
    let start = "\(latexName(range.index))=\(range.lower.latex)"
    if range.excluding.isEmpty { return "_{\(start)}^{\(range.upper.latex)}" }
    let skipped = range.excluding.map { "\\\\ \(latexName(range.index)) \\ne \($0.latex)" }.joined()
    return "_{\\substack{\(start)\(skipped)}}^{\(range.upper.latex)}"
  }

  private func name(_ f: Expression.Lambda) -> String {
    // The source may have named the function by its rule.
    if let display = f.display, display.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" }) {
      return Expression.Function(rawValue: display)?.latex ?? latexName(display)
    }
    return "\\left[\(latexName(f.parameter)) \\mapsto \(write(f.body, at: .sum))\\right]"
  }
}

extension Expression {
  var isQuotient: Bool {
    if case .divide = node { return true }
    return constant != nil
  }

  /// Whether a big sign such as Σ governs all that follows.
  var isLargeOperator: Bool {
    switch node {
    case .scale(let s, let a) where s.isDifferential && !a.isDifferential: false
    case .multiply(_, let b), .scale(_, let b): b.isLargeOperator
    case .divide(let a, _): a.isLargeOperator
    default: isOpenAtTheEnd
    }
  }

  /// The factors of nested products; quotients, which are fractions, stay whole.
  var factorRow: [Expression] {
    switch node {
    case .scale(let s, let a) where s.isDifferential && !a.isDifferential: return a.factorRow + [s]
    case .multiply(let a, let b), .scale(let a, let b):
      let left = a.factorRow.map { ChainFactor(divides: false, factor: $0) }
      let flat = left + b.factorRow.map { ChainFactor(divides: false, factor: $0) }
      return ChainFactor.shape(of: left) == a.shape && ChainFactor.shape(of: flat) == shape
        ? flat.map(\.factor) : left.map(\.factor) + [b]
    default: return [self]
    }
  }
}

extension Expression.Function {
  /// The LaTeX command, or an operator name.
  fileprivate var latex: String {
    switch self {
    case .trace, .vec, .unvec, .diag, .diagonal: "\\operatorname{\(rawValue)}"
    case .determinant, .exp, .log, .sin, .cos, .tanh, .minimum, .maximum: "\\\(rawValue)"
    case .operatorNorm: "\\sigma_{1}"
    case .norm: "\\lVert\\cdot\\rVert"
    case .abs: "\\lvert\\cdot\\rvert"
    case .sqrt: "\\sqrt{\\cdot}"
    case .inverse, .pseudoInverse, .squareRoot, .kron, .hadamard: "\\mathrm{\(rawValue)}"
    }
  }
}
