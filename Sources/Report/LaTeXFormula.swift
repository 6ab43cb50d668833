// The LaTeX that derivation documents use in their prose, as MathML; what is not known is not guessed.

internal import SymbolicCalculus

/// A formula between dollar signs.
enum LaTeXFormula {
  /// nil for anything outside the subset: the page then shows the source.
  static func mathML(_ source: String) -> MathML? {
    var reader = LaTeXReader(source)
    guard let row = reader.row(until: nil) else { return nil }
    return .row(row)
  }
}

private enum LaTeXToken: Hashable {
  case command(String)
  case number(String)
  case sign(Character)
}

private struct LaTeXReader {
  private var tokens: [LaTeXToken] = []
  private var position = 0

  init(_ source: String) {
    let characters = Array(source)
    var i = 0
    func run(_ test: (Character) -> Bool) -> String {
      let start = i
      while i < characters.count, test(characters[i]) { i += 1 }
      return String(characters[start..<i])
    }
    while i < characters.count {
      let c = characters[i]
      if c == "\\" {
        i += 1
        let name = run { $0.isASCII && $0.isLetter }
        if name.isEmpty, i < characters.count { i += 1 }
        tokens.append(.command(name.isEmpty ? String(characters[min(i, characters.count) - 1]) : name))
      } else if c.isWhitespace {
        i += 1
      } else if c.isASCII && c.isNumber {
        tokens.append(.number(run { $0.isASCII && ($0.isNumber || $0 == ".") }))
      } else {
        tokens.append(.sign(c))
        i += 1
      }
    }
  }

  private var next: LaTeXToken? { position < tokens.count ? tokens[position] : nil }

  private static let relations: [LaTeXToken: String] = [
    .sign("="): "=", .sign("<"): "<", .sign(">"): ">", .command("le"): "≤", .command("ge"): "≥", .command("ne"): "≠",
    .command("to"): "→", .command("in"): "∈", .command("sim"): "~", .command("approx"): "≈", .command("ll"): "≪",
    .command("mid"): "|", .command("mapsto"): "↦", .command("Rightarrow"): "⇒",
  ]
  private static let operations: [LaTeXToken: String] = [
    .sign("+"): "+", .sign("-"): "−", .command("pm"): "±", .command("mp"): "∓", .command("times"): "×",
    .command("cdot"): "·", .command("otimes"): "⊗", .command("odot"): "⊙", .command("circ"): "∘",
  ]
  private static let letters: [String: String] = [
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ϵ", "varepsilon": "ε", "zeta": "ζ", "eta": "η",
    "theta": "θ", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ",
    "tau": "τ", "phi": "ϕ", "varphi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ",
    "Theta": "Θ", "Lambda": "Λ", "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω", "ell": "ℓ",
  ]
  private static let uprights: [String: String] = [
    "nabla": "∇", "partial": "∂", "infty": "∞", "dots": "…", "cdots": "⋯",
  ]
  private static let functions: Set<String> = ["log", "exp", "min", "max", "tanh", "det", "lim", "sin", "cos"]
  private static let accents: [String: String] = ["bar": "¯", "hat": "^", "tilde": "~"]
  private static let spaces: [String: String] = [
    ",": "0.17em", ";": "0.28em", " ": "0.25em", "quad": "1em", "qquad": "2em",
  ]
  private static let ignored: Set<String> = ["bigl", "bigr", "Bigl", "Bigr", "left", "right", "displaystyle"]
  private static let closings: [LaTeXToken: (LaTeXToken, String, String)] = [
    .sign("("): (.sign(")"), "(", ")"), .sign("["): (.sign("]"), "[", "]"), .sign("|"): (.sign("|"), "|", "|"),
    .command("lVert"): (.command("rVert"), "‖", "‖"), .command("lvert"): (.command("rvert"), "|", "|"),
    .command("langle"): (.command("rangle"), "⟨", "⟩"), .command("{"): (.command("}"), "{", "}"),
  ]

  /// Everything up to a token, which is taken; to the end without one.
  mutating func row(until stop: LaTeXToken?) -> [MathML]? {
    var parts: [MathML] = []
    var isTermStart = true
    while let token = next {
      if token == stop {
        position += 1
        return parts
      }
      if case .command(let name) = token, Self.ignored.contains(name) {
        position += 1
      } else if case .command(let name) = token, let width = Self.spaces[name] {
        position += 1
        parts.append(.space(width))
      } else if let sign = Self.relations[token] {
        position += 1
        parts.append(.infix(sign))
        isTermStart = true
      } else if let sign = Self.operations[token] {
        position += 1
        parts.append(isTermStart ? .prefix(sign) : .infix(sign))
        isTermStart = true
      } else if case .sign(let c) = token, [",", ";", ":", ".", "/", "!"].contains(c) {
        position += 1
        parts.append(
          c == "," ? .comma() : c == ";" || c == ":" ? .row([.plain(String(c)), .space("0.22em")]) : .plain(String(c)))
        isTermStart = c == "," || c == "/"
      } else {
        guard let part = atom() else { return nil }
        // Names such as log and tr stand apart from letters, and right before brackets.
        let isBracket = token == .sign("(") || token == .sign("[")
        let isApart = part.beginsWithWord || parts.last.map(\.beginsWithWord) ?? false && !isBracket
        if isApart, !isTermStart { parts.append(.space("0.17em")) }
        parts.append(part)
        isTermStart = false
      }
    }
    return stop == nil ? parts : nil
  }

  /// A letter, number, group or large sign with its scripts.
  private mutating func atom() -> MathML? {
    guard let token = next else { return nil }
    let isSum = token == .command("sum") || token == .command("prod")
    guard let nucleus = base() else { return nil }
    var (sub, sup): (MathML?, MathML?) = (nil, nil)
    while let token = next {
      if token == .sign("_"), sub == nil {
        position += 1
        guard let body = argument() else { return nil }
        sub = body
      } else if token == .sign("^"), sup == nil {
        position += 1
        guard let body = argument() else { return nil }
        sup = body
      } else if token == .sign("'"), sup == nil {
        position += 1
        sup = .plain("′")
      } else {
        break
      }
    }
    return isSum ? .limits(nucleus, under: sub, over: sup) : .scripts(nucleus, sub: sub, sup: sup)
  }

  /// What a command or a script takes: a group in braces, one digit, or one sign.
  private mutating func argument() -> MathML? {
    guard let token = next else { return nil }
    if token == .sign("{") {
      position += 1
      return row(until: .sign("}")).map(MathML.row)
    }
    if case .number(let digits) = token, let first = digits.first, digits.count > 1 {
      tokens[position] = .number(String(digits.dropFirst()))
      return .number(String(first))
    }
    if let sign = Self.operations[token] {
      position += 1
      return .plain(sign)
    }
    return token == .sign("*") ? taken(.plain("∗")) : base()
  }

  private mutating func taken(_ math: MathML) -> MathML {
    position += 1
    return math
  }

  private mutating func base() -> MathML? {
    guard let token = next else { return nil }
    if let (stop, open, close) = Self.closings[token] {
      position += 1
      return row(until: stop).map { .fenced(open, $0, close) }
    }
    position += 1
    switch token {
    case .number(let digits): return .number(digits)
    case .sign("{"): return row(until: .sign("}")).map(MathML.row)
    case .sign(let c): return c.isLetter ? .identifier(String(c)) : nil
    case .command(let name):
      if let letter = Self.letters[name] { return .identifier(letter) }
      if let sign = Self.uprights[name] { return .upright(sign) }
      if Self.functions.contains(name) { return .identifier(name) }
      if let accent = Self.accents[name] { return argument().map { .accented($0, accent) } }
      switch name {
      case "top": return .plain("⊤")
      case "sum": return .large("∑")
      case "prod": return .large("∏")
      case "int": return .integral()
      case "sqrt": return argument().map(MathML.root)
      case "frac", "tfrac":
        guard let above = argument(), let below = argument() else { return nil }
        return .fraction(above, below)
      case "operatorname", "text", "mathrm": return words().map { name == "text" ? .text($0) : .upright($0) }
      case "mathbf": return words().flatMap { $0 == "1" ? .number("𝟏") : nil }
      case "mathbb": return words().flatMap { ["E": "𝔼", "R": "ℝ"][$0] }.map(MathML.upright)
      default: return nil
      }
    }
  }

  /// Letters in braces, or one sign, as they are.
  private mutating func words() -> String? {
    guard let token = next else { return nil }
    position += 1
    if token != .sign("{") {
      switch token {
      case .sign(let c): return String(c)
      case .number(let digits): return digits
      case .command: return nil
      }
    }
    var text = ""
    while let token = next {
      position += 1
      switch token {
      case .sign("}"): return text.isEmpty ? nil : text
      case .sign(let c): text.append(c)
      case .number(let digits): text += digits
      case .command: return nil
      }
    }
    return nil
  }
}
