// The grammar of a claim's formula: what it does not know makes the whole formula nil.

internal import SymbolicCalculus

/// Builds rows of what is adjacent, scripts, fences, and fractions where both sides are plain.
struct FormulaParser {
  private var tokens: [FormulaToken]
  private var position = 0

  init(_ tokens: [FormulaToken]) { self.tokens = tokens }

  private var next: FormulaToken? { position < tokens.count ? tokens[position] : nil }
  private var afterNext: FormulaToken? { position + 1 < tokens.count ? tokens[position + 1] : nil }
  private var previous: FormulaToken? { position > 0 ? tokens[position - 1] : nil }

  private static let relations: Set<Character> = ["=", "≈", "≤", "≥", "<", ">", "≠", "→", "⇒", "↦", "~", "↓"]
  private static let binary: Set<Character> = ["+", "−", "±", "·", "∘", "⊗", "×"]
  private static let closing: [Character: Character] = ["(": ")", "[": "]", "{": "}", "⟨": "⟩", "⌈": "⌉"]

  // MARK: The line

  mutating func pieces() -> [Formula.Piece]? {
    var pieces: [Formula.Piece] = []
    var row: [MathML] = []
    func isBreak(_ token: FormulaToken) -> Bool {
      guard case .sign(let c) = token else { return false }
      return Self.relations.contains(c) || c == "+" || c == "−"
    }
    var isApart = false
    func close() {
      if !row.isEmpty { pieces.append(.math(.row(row))) }
      (row, isApart) = ([], false)
    }
    while let token = next {
      switch token {
      case .space(let count):
        position += 1
        if count > 1 {
          close()
          pieces.append(.gap)
        } else if case .sign? = next {
          isApart = false
        } else {
          isApart = !row.isEmpty
        }
      case .word(let word) where !FormulaToken.operators.contains(word):
        close()
        pieces.append(.words(phrase()))
      case .letter(let letter, nil) where isArticle(letter):
        close()
        pieces.append(.words(phrase()))
      default:
        if isBreak(token), !row.isEmpty, !isUnary { close() }
        if isApart { row.append(.space("0.17em")) }
        isApart = false
        guard let part = item(inScript: false) else { return nil }
        row.append(part)
      }
    }
    close()
    return pieces
  }

  /// Words up to the next mathematics.
  private mutating func phrase() -> String {
    var words: [String] = []
    while let token = next {
      if case .word(let word) = token, !FormulaToken.operators.contains(word) {
        words.append(word)
        position += 1
      } else if case .letter(let letter, nil) = token, isArticle(letter) {
        words.append(letter)
        position += 1
      } else if case .space(1) = token {
        position += 1
      } else {
        break
      }
    }
    var text = words.joined(separator: " ")
    // A comma after words is theirs.
    if case .sign(let c)? = next, c == ";" || c == ",", case .word? = previous {
      position += 1
      text.append(c)
    }
    return text
  }

  /// Whether a lone a beside a word is the article.
  private func isArticle(_ letter: String) -> Bool {
    guard letter == "a", position >= 2, position + 1 < tokens.count, case .space(1) = tokens[position - 1],
      case .space(1) = tokens[position + 1], case .word = tokens[position - 2]
    else { return false }
    return true
  }

  /// Whether a sign stands where a term begins.
  private var isUnary: Bool {
    var i = position - 1
    while i >= 0, case .space = tokens[i] { i -= 1 }
    guard i >= 0 else { return true }
    switch tokens[i] {
    case .sign(let c):
      return Self.relations.contains(c) || Self.binary.contains(c)
        || ["(", "[", "{", "⟨", ",", ";", ":", "/", "^", "_"].contains(c)
    case .word(let word): return !FormulaToken.operators.contains(word)
    default: return false
    }
  }

  // MARK: Parts

  /// A sign, or a run of factors without a space between them, perhaps over another such run.
  private mutating func item(inScript: Bool) -> MathML? {
    guard let token = next else { return nil }
    switch token {
    case .sign(let c):
      switch c {
      case _ where Self.relations.contains(c):
        position += 1
        return .infix(String(c))
      case "+", "−", "±":
        let sign = isUnary ? MathML.prefix(String(c)) : .infix(String(c))
        position += 1
        return sign
      case _ where Self.binary.contains(c):
        position += 1
        return .infix(String(c))
      case ",":
        position += 1
        return .comma()
      case ";", ":":
        position += 1
        return .row([.plain(String(c)), .space("0.22em")])
      case "|" where isMiddle:
        position += 1
        return .infix("|")
      case "*":
        position += 1
        return .plain("∗")
      default: return quotient(inScript: inScript)
      }
    default: return quotient(inScript: inScript)
    }
  }

  /// A bar with spaces on both sides: "given".
  private var isMiddle: Bool {
    guard case .space? = previous, case .space? = afterNext else { return false }
    return true
  }

  private mutating func quotient(inScript: Bool) -> MathML? {
    guard let above = factors() else { return nil }
    guard next == .sign("/") else { return above.whole }
    position += 1
    guard var below = factors() else { return nil }
    // "tr F" below a line: the name takes what follows it.
    if below.endsWithName, case .space(1)? = next {
      position += 1
      guard let argument = factors() else { return nil }
      below = Factors(parts: below.parts + [.space("0.17em")] + argument.parts, bare: nil)
    }
    // Brackets right after a letter may be an argument or a factor: then the line's own slash is kept.
    let isPlain = !inScript && !below.isAmbiguous && next != .sign("/")
    if isPlain { return .fraction(above.bare ?? above.whole, below.bare ?? below.whole) }
    return .row([above.whole, .plain("/"), below.whole])
  }

  private struct Factors {
    var parts: [MathML]
    /// The inside, if the run is one pair of round brackets.
    var bare: MathML?
    var isAmbiguous = false
    var endsWithName = false

    var whole: MathML { .row(parts) }
  }

  /// Everything up to the next space, sign of operation, or closing bracket.
  private mutating func factors() -> Factors? {
    var found = Factors(parts: [], bare: nil)
    var wasLetter = false
    while let token = next {
      if case .sign(let c) = token {
        let opens = Self.closing[c] != nil && c != "{" || c == "√" || c == "∫" || c == "{" || (c == "‖" || c == "|")
        guard opens, !(depth.last == c && (c == "‖" || c == "|")) else { break }
        if c == "(" && wasLetter { found.isAmbiguous = true }
      }
      if case .space = token { break }
      if case .word(let word) = token, !FormulaToken.operators.contains(word) { break }
      let isLone = found.parts.isEmpty
      found.endsWithName = false
      if case .word = token { found.endsWithName = true }
      let opensRound = token == .sign("(")
      guard let (part, inside) = atom() else { return nil }
      found.bare = isLone && opensRound ? inside : nil
      // "(η/2) x": a fraction at the beginning of a product needs no brackets; "O(η/2)" does.
      if isLone && opensRound, let inside, inside.isFraction {
        found.parts.append(inside)
        continue
      }
      if case .letter = token { wasLetter = true } else { wasLetter = false }
      found.parts.append(part)
    }
    return found.parts.isEmpty ? nil : found
  }

  /// Fences that are open.
  private var depth: [Character] = []

  /// A letter, number, name or fenced group with its scripts; the second is a group's inside if it has no scripts.
  private mutating func atom() -> (MathML, inside: MathML?)? {
    guard let token = next else { return nil }
    position += 1
    var base: MathML
    var inside: MathML?
    var isLarge = false
    switch token {
    case .letter("Σ", nil) where startsSum:
      (base, isLarge) = (.large("∑"), true)
    case .letter("Π", nil):
      (base, isLarge) = (.large("∏"), true)
    case .letter(let letter, let accent):
      let isUpright = letter == "∇" || letter == "∂" || letter == "∞" || letter == "Δ" || isDifferential(letter)
      base = isUpright ? .upright(letter) : .identifier(letter)
      if let accent { base = .accented(base, accent) }
    case .number(let digits): base = .number(digits)
    case .word(let word):
      base = .identifier(word)
      isLarge = word == "lim"
    case .sign("∫"): base = .integral()
    case .sign("√"):
      guard let (body, bare) = atom() else { return nil }
      return (.root(bare ?? body), nil)
    case .sign(let c) where Self.closing[c] != nil || c == "‖" || c == "|":
      let close = Self.closing[c] ?? c
      depth.append(c)
      guard let content = row(until: close, inScript: false) else { return nil }
      depth.removeLast()
      base = .fenced(String(c), [content], String(close))
      inside = content
    default: return nil
    }
    guard let (sub, sup) = scripts() else { return nil }
    if sub != nil || sup != nil { inside = nil }
    if isLarge { return (.limits(base, under: sub, over: sup), nil) }
    return (.scripts(base, sub: sub, sup: sup), inside)
  }

  /// Σ with an index, or right before what it sums, is a sum; else it is the matrix.
  private var startsSum: Bool {
    switch next {
    case .lowered?, .sign("_")?, .sign("‖")?, .letter?: true
    default: false
    }
  }

  /// The d of dK, dt, dB: right before a letter, at the start of a run or after a bracket.
  private func isDifferential(_ letter: String) -> Bool {
    guard letter == "d", case .letter? = next else { return false }
    return true
  }

  /// Index and exponent in either order; nil if they cannot be read.
  private mutating func scripts() -> (sub: MathML?, sup: MathML?)? {
    var sub: MathML?
    var sup: [MathML] = []
    while let token = next {
      switch token {
      case .lowered(let text) where sub == nil:
        position += 1
        sub = Self.script(text)
      case .raised(let text):
        position += 1
        sup.append(Self.script(text))
      case .sign("_") where sub == nil:
        position += 1
        guard let body = scriptBody() else { return nil }
        sub = body
      case .sign("^"):
        position += 1
        guard let body = scriptBody() else { return nil }
        sup.append(body)
      case .lowered, .sign("_"): return nil
      default: return (sub, sup.isEmpty ? nil : .row(sup))
      }
    }
    return (sub, sup.isEmpty ? nil : .row(sup))
  }

  /// What stands after _ or ^: a group in braces, or one sign.
  private mutating func scriptBody() -> MathML? {
    guard let token = next else { return nil }
    switch token {
    case .sign("{"):
      position += 1
      depth.append("{")
      defer { depth.removeLast() }
      return row(until: "}", inScript: true)
    case .letter(let letter, let accent):
      position += 1
      return accent.map { .accented(.identifier(letter), $0) } ?? .identifier(letter)
    case .number(let digits):
      position += 1
      return .number(digits)
    case .word(let name):
      position += 1
      return .identifier(name)
    case .sign(let c) where c == "±" || c == "*" || c == "+" || c == "−":
      position += 1
      return .plain(c == "*" ? "∗" : String(c))
    default: return nil
    }
  }

  /// Everything up to a closing sign, which is taken.
  private mutating func row(until close: Character, inScript: Bool) -> MathML? {
    var parts: [MathML] = []
    while let token = next {
      if token == .sign(close), !(close == "|" && isMiddle) {
        position += 1
        return parts.isEmpty ? nil : .row(parts)
      }
      switch token {
      case .space:
        position += 1
        if case .sign? = next {} else if !parts.isEmpty { parts.append(.space("0.17em")) }
      case .word(let word) where !FormulaToken.operators.contains(word):
        let words = phrase()
        parts.append(.text((parts.isEmpty ? "" : "\u{A0}") + words + (next == .sign(close) ? "" : "\u{A0}")))
      default:
        guard let part = item(inScript: inScript) else { return nil }
        parts.append(part)
      }
    }
    return nil
  }

  /// A run of Unicode script signs.
  private static func script(_ text: String) -> MathML {
    .row(
      text.map { c in
        c.isNumber ? .number(String(c)) : c.isLetter ? .identifier(String(c)) : .plain(String(c))
      })
  }
}
