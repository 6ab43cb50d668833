// A line of Unicode mathematics cut into letters, words, numbers and signs.

private import Foundation

/// Unicode's raised and lowered signs, as ordinary ones.
enum ScriptSigns {
  static let subscripts: [Character: Character] = [
    "₀": "0", "₁": "1", "₂": "2", "₃": "3", "₄": "4", "₅": "5", "₆": "6", "₇": "7", "₈": "8", "₉": "9", "₊": "+",
    "₋": "−", "ᵢ": "i", "ⱼ": "j", "ₖ": "k", "ₗ": "l", "ₘ": "m", "ₙ": "n", "ₜ": "t",
  ]
  static let superscripts: [Character: Character] = [
    "⁰": "0", "¹": "1", "²": "2", "³": "3", "⁴": "4", "⁵": "5", "⁶": "6", "⁷": "7", "⁸": "8", "⁹": "9", "⁺": "+",
    "⁻": "−", "⁽": "(", "⁾": ")", "ˡ": "ℓ", "ᵀ": "⊤", "ᵏ": "k", "ⁿ": "n",
  ]

  static func lowered(_ c: Character) -> Character? { subscripts[c] }
  static func raised(_ c: Character) -> Character? { superscripts[c] }
}

/// What a line is cut into: a base with combining accents already joined, and a run of spaces.
enum FormulaToken: Hashable {
  case letter(String, accent: String?)
  case word(String)
  case number(String)
  case sign(Character)
  /// A run of Unicode index or exponent signs, written as ordinary ones.
  case lowered(String)
  case raised(String)
  case space(Int)

  static func tokens(of line: String) -> [FormulaToken]? {
    var tokens: [FormulaToken] = []
    let characters = Array(line)
    var i = 0
    while i < characters.count {
      let c = characters[i]
      func run(_ test: (Character) -> Bool) -> String {
        let start = i
        while i < characters.count, test(characters[i]) { i += 1 }
        return String(characters[start..<i])
      }
      if c == " " {
        tokens.append(.space(run { $0 == " " }.count))
      } else if c.isASCII && c.isNumber {
        var digits = run { $0.isASCII && $0.isNumber }
        if i + 1 < characters.count, characters[i] == ".", characters[i + 1].isNumber {
          i += 1
          digits += "." + run { $0.isASCII && $0.isNumber }
        }
        tokens.append(.number(digits))
      } else if fractions.contains(c) {
        tokens.append(.number(String(c)))
        i += 1
      } else if ScriptSigns.lowered(c) != nil {
        tokens.append(.lowered(String(run { ScriptSigns.lowered($0) != nil }.compactMap(ScriptSigns.lowered))))
      } else if ScriptSigns.raised(c) != nil {
        tokens.append(.raised(String(run { ScriptSigns.raised($0) != nil }.compactMap(ScriptSigns.raised))))
      } else if c.isASCII && c.isLetter {
        let word = run { $0.isASCII && $0.isLetter || $0 == "-" }
        guard let cut = words(word) else { return nil }
        tokens += cut
      } else if let token = letterToken(c) {
        tokens.append(token)
        i += 1
      } else if signs.contains(c) {
        tokens.append(.sign(c))
        i += 1
      } else {
        return nil
      }
    }
    return tokens
  }

  /// Upright names; among two letters everything else is a product, among more a word.
  static let operators: Set<String> = [
    "Var", "Cov", "Lip", "log", "exp", "max", "min", "lim", "tr", "vec", "diag", "TW",
  ]
  private static let shortWords: Set<String> = [
    "of", "to", "in", "if", "is", "it", "by", "as", "at", "on", "or", "an", "so", "no",
  ]

  private static func words(_ word: String) -> [FormulaToken]? {
    if operators.contains(word) || shortWords.contains(word) { return [.word(word)] }
    if word.count >= 3, word.allSatisfy(\.isUppercase) { return word.map { .letter(String($0), accent: nil) } }
    // A variable may stand before a hyphen, as in "k-th".
    if word.contains("-") || word.count >= 3 {
      return word.hasPrefix("-") || word.hasSuffix("-") ? nil : [.word(word)]
    }
    return word.map { .letter(String($0), accent: nil) }
  }

  private static func letterToken(_ c: Character) -> FormulaToken? {
    let scalars = Array(String(c).decomposedStringWithCanonicalMapping.unicodeScalars)
    guard let base = scalars.first, base.properties.isAlphabetic || base == "∇" || base == "∂" || base == "∞" else {
      return nil
    }
    let accents: [UnicodeScalar: String] = ["\u{0302}": "^", "\u{0304}": "¯", "\u{0303}": "~"]
    if scalars.count == 1 { return .letter(String(base), accent: nil) }
    guard scalars.count == 2, let accent = accents[scalars[1]] else { return nil }
    return .letter(String(base), accent: accent)
  }

  private static let fractions: Set<Character> = ["½", "⅓", "¼"]
  private static let signs: Set<Character> = [
    "=", "≈", "≤", "≥", "<", ">", "≠", "→", "⇒", "↦", "↓", "~", "±", "+", "−", "·", "∘", "⊗", "×", "∫", "√", "/", "(",
    ")", "[", "]", "{", "}", "⟨", "⟩", "‖", "|", "⌈", "⌉", ",", ";", ":", "*", "_", "^",
  ]
}
