// Trees as MathML for pages: sign for sign what LaTeX.swift writes for paper.

internal import ExactArithmetic

extension Expression {
  /// The expression as MathML.
  public var mathML: MathML { MathMLWriter().write(self, at: .sum) }
}

extension Relation {
  /// The relation's sign.
  public var mathML: MathML { .infix(["!=": "≠", "<=": "≤", ">=": "≥"][rawValue] ?? rawValue) }
}

extension Statement {
  /// The statement as MathML.
  public var mathML: MathML { .row([left.mathML, relation.mathML, right.mathML]) }
}

private struct MathMLWriter {
  var time = "t"
  /// Fractions are written with a slash: in exponents.
  var isInline = false

  func write(_ e: Expression, at needed: Binding) -> MathML {
    let (text, binding) = write(e)
    return binding < needed ? bracketed(text) : text
  }

  private func bracketed(_ inside: MathML) -> MathML { .fenced("(", [inside], ")") }
  private func argument(_ e: Expression) -> MathML { bracketed(write(e, at: .sum)) }
  private func square(_ e: [Expression]) -> MathML { .fenced("[", list(e), "]") }

  private func list(_ e: [Expression]) -> [MathML] {
    e.enumerated().flatMap { ($0.offset == 0 ? [] : [MathML.comma()]) + [write($0.element, at: .sum)] }
  }

  private func write(_ e: Expression) -> (MathML, Binding) {
    let (isNegative, magnitude) = e.signed
    if isNegative { return (.row([.prefix("−"), write(magnitude, at: .product)]), .sum) }
    switch e.node {
    case .number(let value):
      let parts = value.description.split(separator: "/").map { MathML.number(String($0)) }
      return parts.count == 1 ? (parts[0], .atom) : (over(parts[0], parts[1]), .product)
    case .size(let d):
      return (
        d.mathML, d.terms.count > 1 || d.isNegative ? .sum : d.name == nil && d.constant == nil ? .product : .atom
      )
    case .variable(let name, let list), .defined(let name, let list, _): return (mathMLName(name, list), .atom)
    case .identity:
      return (e.shape.isScalar ? .number("1") : .scripts(.identifier("I"), sub: e.shape.rows.mathML), .atom)
    case .zero: return (.number("0"), .atom)
    case .ones:
      if e.shape.isScalar { return (.number("1"), .atom) }
      let size = [e.shape.rows.mathML] + (e.shape.isVector ? [] : [.infix("×"), e.shape.columns.mathML])
      return (.scripts(.number("𝟏"), sub: .row(size)), .atom)
    case .basis(let i): return (.scripts(.identifier("e"), sub: i.mathML), .atom)
    case .add(let terms): return (sum(terms), .sum)
    case .divide(let a, let b): return quotient(a, b)
    case .multiply, .scale: return product(e)
    case .power(let base, let exponent):
      let inside = write(base, at: .atom)
      return (.scripts(base.isDifferential ? bracketed(inside) : inside, sup: inline(exponent)), .power)
    case .transpose(let a):
      if case .apply(.inverse, let b) = a.node {
        return (.scripts(write(b[0], at: .atom), sup: .row([.plain("−"), .plain("⊤")])), .power)
      }
      return (.scripts(write(a, at: .atom), sup: .plain("⊤")), .power)
    case .apply(let f, let arguments): return apply(f, arguments, e.shape)
    case .entry(let a, let list): return (entry(a, list), .atom)
    case .singular(let part, let a, let index):
      let letter =
        switch part {
        case .value: "σ"
        case .left: "u"
        case .right: "v"
        }
      return (.row([.scripts(.identifier(letter), sub: index.mathML), argument(a)]), .atom)
    case .sum, .product, .integral: return (binder(e), .product)
    case .derivative(let f, let x, let directions):
      let order = directions.count == 1 ? nil : MathML.number("\(directions.count)")
      return (
        .row([.scripts(.upright("D"), sup: order), name(f), argument(x), square(directions)]), .atom
      )
    case .gradient(let f, let x): return (.row([.upright("∇"), name(f), argument(x)]), .atom)
    case .hessian(let f, let x):
      return (.row([.scripts(.upright("∇"), sup: .number("2")), name(f), argument(x)]), .atom)
    case .call(let name, let x): return (.row([mathMLName(name), argument(x)]), .atom)
    case .processValue(let process, let t): return (.row([write(process, at: .atom), argument(t)]), .atom)
    case .expectation(let x): return (.row([.upright("𝔼"), square([x])]), .atom)
    case .variance(let x): return (.row([.identifier("Var"), square([x])]), .atom)
    case .covariance(let x, let y): return (.row([.identifier("Cov"), square([x, y])]), .atom)
    case .differential(let x): return (.row([.upright("d"), write(x, at: .atom)]), .atom)
    case .timeDifferential: return (.row([.upright("d"), mathMLName(time)]), .atom)
    case .brownianDifferential(let name, let list):
      return (.row([.upright("d"), mathMLName(name, list, also: [mathMLName(time)])]), .atom)
    case .negate: preconditionFailure("a sign was taken off above")
    }
  }

  private func inline(_ e: Expression) -> MathML {
    var inner = self
    inner.isInline = true
    return inner.write(e, at: .sum)
  }

  private func over(_ a: MathML, _ b: MathML) -> MathML {
    isInline ? .row([a, .plain("/"), b]) : .fraction(a, b)
  }

  private func sum(_ terms: [Expression]) -> MathML {
    var parts: [MathML] = []
    for (number, term) in terms.enumerated() {
      let (isNegative, magnitude) = term.signed
      if number > 0 { parts.append(.infix(isNegative ? "−" : "+")) } else if isNegative { parts.append(.prefix("−")) }
      parts.append(write(magnitude, at: .product))
    }
    return .row(parts)
  }

  private func quotient(_ a: Expression, _ b: Expression) -> (MathML, Binding) {
    if isInline { return (over(write(a, at: .product), write(b, at: .power)), .product) }
    // A sum stands beside its divisor, not above it.
    if a.isLargeOperator {
      return (.row([.fraction(.number("1"), write(b, at: .sum)), write(a, at: .product)]), .product)
    }
    return (.fraction(write(a, at: .sum), write(b, at: .sum)), .product)
  }

  private func product(_ e: Expression) -> (MathML, Binding) {
    var parts: [MathML] = []
    let factors = e.factorRow
    for (number, factor) in factors.enumerated() {
      let staysOpen = factor.isLargeOperator && number == factors.count - 1
      let isWhole = staysOpen || factor.isQuotient && !factor.isLargeOperator
      let part = write(factor, at: isWhole ? .product : .power)
      if let last = parts.last {
        // Digits would run together; words and differentials are set apart.
        let isApart = factor.isDifferential || factor.isWord || part.beginsWithWord || last.beginsWithWord
        parts.append(factor.startsWithDigit ? .infix("·") : .space(isApart ? "0.17em" : "0.06em"))
      }
      parts.append(part)
    }
    return (.row(parts), .product)
  }

  private func apply(_ f: Expression.Function, _ arguments: [Expression], _ shape: Shape) -> (MathML, Binding) {
    let a = arguments[0]
    func infix(_ sign: String) -> (MathML, Binding) {
      let parts = arguments.enumerated().flatMap {
        ($0.offset == 0 ? [] : [MathML.infix(sign)]) + [write($0.element, at: .power)]
      }
      return (.row(parts), .product)
    }
    func superscript(_ parts: MathML...) -> (MathML, Binding) {
      (.scripts(write(a, at: .atom), sup: .row(parts)), .power)
    }
    switch f {
    case .kron: return infix("⊗")
    case .hadamard: return infix("⊙")
    case .inverse: return superscript(.plain("−"), .number("1"))
    case .pseudoInverse: return superscript(.plain("+"))
    case .squareRoot: return superscript(.number("1"), .plain("/"), .number("2"))
    case .norm:
      let kind: MathML = a.shape.isVector ? .number("2") : .identifier("F")
      return (.scripts(.fenced("‖", [write(a, at: .sum)], "‖"), sub: kind), .atom)
    case .abs: return (.fenced("|", [write(a, at: .sum)], "|"), .atom)
    case .sqrt: return (.root(write(a, at: .sum)), .atom)
    case .unvec:
      let size = MathML.row([shape.rows.mathML, .infix("×"), shape.columns.mathML])
      return (.row([.scripts(.identifier("mat"), sub: size), argument(a)]), .atom)
    default: return (.row([f.mathML, .fenced("(", list(arguments), ")")]), .atom)
    }
  }

  private func entry(_ a: Expression, _ list: [Dimension]) -> MathML {
    let isShort = list.allSatisfy { $0.description.count == 1 }
    let index = MathML.row(
      list.enumerated().flatMap { ($0.offset == 0 || isShort ? [] : [MathML.plain(",")]) + [$0.element.mathML] })
    switch a.node {
    case .variable(let name, []), .defined(let name, [], _): return mathMLName(name, also: [index])
    default: return .scripts(argument(a), sub: index)
    }
  }

  private func binder(_ e: Expression) -> MathML {
    switch e.node {
    case .sum(let range, let body): return .row([limits(.large("∑"), range), write(body, at: .product)])
    case .product(let range, let body): return .row([limits(.large("∏"), range), write(body, at: .product)])
    case .integral(let name, let a, let b, let body):
      var inner = self
      inner.time = name
      return .row([
        .scripts(.integral(), sub: inline(a), sup: inline(b)), inner.write(body, at: .product),
      ])
    default: return write(e, at: .product)
    }
  }

  private func limits(_ sign: MathML, _ range: Expression.Range) -> MathML {
    let index = mathMLName(range.index)
    let lines =
      [MathML.row([index, .infix("="), range.lower.mathML])]
      + range.excluding.map { .row([index, .infix("≠"), $0.mathML]) }
    return .limits(sign, under: lines.count == 1 ? lines[0] : .stacked(lines), over: range.upper.mathML)
  }

  private func name(_ f: Expression.Lambda) -> MathML {
    // The source may have named the function by its rule.
    if let display = f.display, display.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" }) {
      return Expression.Function(rawValue: display)?.mathML ?? mathMLName(display)
    }
    return .fenced("[", [mathMLName(f.parameter), .infix("↦"), write(f.body, at: .sum)], "]")
  }
}

extension Expression {
  fileprivate var startsWithDigit: Bool {
    switch node {
    case .number, .ones: true
    case .size(let d): d.constant != nil
    case .power(let a, _): a.startsWithDigit
    default: false
    }
  }

  /// Whether it begins with an upright word such as tr or log.
  fileprivate var isWord: Bool {
    switch node {
    case .apply(let f, _): ![.kron, .hadamard, .norm, .abs, .sqrt].contains(f) && !f.isSuperscript
    case .variance, .covariance, .expectation: true
    default: false
    }
  }
}

extension Expression.Function {
  fileprivate var isSuperscript: Bool { [.inverse, .pseudoInverse, .squareRoot].contains(self) }

  /// The function's sign or name, to stand before brackets.
  fileprivate var mathML: MathML {
    switch self {
    case .operatorNorm: .scripts(.identifier("σ"), sub: .number("1"))
    case .norm: .fenced("‖", [.plain("·")], "‖")
    case .abs: .fenced("|", [.plain("·")], "|")
    case .sqrt: .root(.plain("·"))
    default: .identifier(rawValue)
    }
  }
}

extension Dimension {
  fileprivate var isNegative: Bool { terms.values.allSatisfy { $0 < 0 } && !terms.isEmpty }

  /// The polynomial as MathML.
  public var mathML: MathML {
    let sorted = terms.sorted { a, b in
      a.key.count != b.key.count ? a.key.count > b.key.count : a.key.lexicographicallyPrecedes(b.key)
    }
    var parts: [MathML] = []
    for (atoms, coefficient) in sorted {
      if coefficient < 0 {
        parts.append(parts.isEmpty ? .prefix("−") : .infix("−"))
      } else if !parts.isEmpty {
        parts.append(.infix("+"))
      }
      if coefficient.magnitude != 1 || atoms.isEmpty { parts.append(.number("\(coefficient.magnitude)")) }
      parts += atoms.map(\.mathML)
    }
    return parts.isEmpty ? .number("0") : .row(parts)
  }
}

extension Dimension.Atom {
  fileprivate var mathML: MathML {
    switch self {
    case .symbol(let name): mathMLName(name)
    case .minimum(let a, let b):
      .row([.identifier("min"), .fenced("(", [a.mathML, .comma(), b.mathML], ")")])
    case .maximum(let a, let b):
      .row([.identifier("max"), .fenced("(", [a.mathML, .comma(), b.mathML], ")")])
    }
  }
}

private let greekNames: [String: String] = [
  "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ϵ", "varepsilon": "ε", "zeta": "ζ", "eta": "η",
  "theta": "θ", "vartheta": "ϑ", "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π",
  "varpi": "ϖ", "rho": "ρ", "varrho": "ϱ", "sigma": "σ", "varsigma": "ς", "tau": "τ", "upsilon": "υ", "phi": "ϕ",
  "varphi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ",
  "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ", "Upsilon": "Υ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω", "ell": "ℓ",
]

/// A name of the language as MathML: underscores and final digits start an index, to which indices are appended.
func mathMLName(_ name: String, _ indices: [Dimension] = [], also more: [MathML] = []) -> MathML {
  if name.contains("(") { return mathMLCall(name) }
  var parts = name.split(separator: "_").map(String.init)
  var subscripts: [MathML] = []
  if let head = parts.first {
    let digits = String(head.reversed().prefix { $0.isNumber }.reversed())
    if !digits.isEmpty, digits.count < head.count {
      parts[0] = String(head.dropLast(digits.count))
      subscripts = [.number(digits)]
    }
  }
  subscripts += parts.dropFirst().map(mathMLWord) + indices.map(\.mathML) + more
  let base = mathMLWord(parts.first ?? name)
  if subscripts.isEmpty { return base }
  let row = subscripts.enumerated().flatMap { ($0.offset == 0 ? [] : [MathML.plain(",")]) + [$0.element] }
  return .scripts(base, sub: .row(row))
}

/// A name with more in it than letters, such as f(x) for a defined function's value, word by word.
private func mathMLCall(_ text: String) -> MathML {
  var parts: [MathML] = []
  var word = ""
  for character in text + " " {
    if character.isLetter || character.isNumber || character == "_" {
      word.append(character)
    } else {
      if !word.isEmpty { parts.append(mathMLName(word)) }
      word = ""
      if character != " " { parts.append(character == "," ? .comma() : .plain(String(character))) }
    }
  }
  return .row(parts)
}

private func mathMLWord(_ word: String) -> MathML {
  // gbar and Sigmahat are letters with an accent, as those who type them mean.
  for (ending, accent) in [("bar", "¯"), ("hat", "^")] where word.hasSuffix(ending) {
    let base = String(word.dropLast(3))
    if base.count == 1 || greekNames[base] != nil { return .accented(mathMLWord(base), accent) }
  }
  return word.allSatisfy(\.isNumber) ? .number(word) : .identifier(greekNames[word] ?? word)
}
