// Words with mathematics in them, as claims and findings write them: indices lowered, exponents raised, letters leaning.

private import Foundation

/// A sentence of a claim or a check: x_k and e^{…} become index and exponent, lone letters are variables.
func prose(_ text: String) -> HTML { HTML(Prose(text).pieces) }

private struct Prose {
  var pieces: [HTML] = []
  private let characters: [Character]
  private var position = 0
  private var plain = ""

  init(_ text: String) {
    characters = Array(text)
    while position < characters.count { step() }
    flush()
  }

  private mutating func flush() {
    if !plain.isEmpty { pieces.append(HTML(plain)) }
    plain = ""
  }

  private func at(_ i: Int) -> Character? { characters.indices.contains(i) ? characters[i] : nil }

  private mutating func step() {
    let c = characters[position]
    if Prose.isVariable(c), isLone(position), !(c == "x" && isTimes) {
      flush()
      pieces.append(tag("i") { String(c) })
      position += 1
    } else if c == "_" || c == "^", let (body, end) = script(from: position + 1), hasBase {
      flush()
      let inner = HTML(Prose(body).pieces)
      pieces.append(tag(c == "_" ? "sub" : "sup") { inner })
      position = end
    } else if let end = run(ScriptSigns.lowered) ?? run(ScriptSigns.raised) {
      flush()
      let isLow = ScriptSigns.lowered(c) != nil
      let signs = String(
        characters[position..<end].compactMap { isLow ? ScriptSigns.lowered($0) : ScriptSigns.raised($0) })
      let inner = HTML(Prose(signs).pieces)
      pieces.append(tag(isLow ? "sub" : "sup") { inner })
      position = end
    } else if c == "-", at(position + 1)?.isNumber ?? false, at(position - 1).map({ " ([".contains($0) }) ?? true {
      plain += "−"
      position += 1
    } else if c == "x", isTimes {
      plain += "×"
      position += 1
    } else if c.isASCII && c.isNumber, !Prose.isWordy(at(position - 1)), at(position - 1) != "." {
      plain += decimal()
    } else {
      plain.append(c)
      position += 1
    }
  }

  /// Digits from here on; a number with all its digits, which only a program needs, is cut to six.
  private mutating func decimal() -> String {
    let start = position
    while let c = at(position), c.isASCII, c.isNumber || c == "." && at(position + 1).map({ $0.isNumber }) ?? false {
      position += 1
    }
    let text = String(characters[start..<position])
    let parts = text.split(separator: ".")
    guard parts.count == 2, parts[1].count > 7, at(position) != "e", at(position) != "E", let value = Double(text)
    else {
      return text
    }
    return String(format: "%.6g", value)
  }

  /// An index belongs to a single letter, an exponent to a letter, a digit or a bracket.
  private var hasBase: Bool {
    guard let before = at(position - 1) else { return false }
    if characters[position] == "^" { return before.isLetter || before.isNumber || ")]}‖|".contains(before) }
    let word = String(characters[..<position].reversed().prefix { $0.isASCII && $0.isLetter }.reversed())
    return FormulaToken.operators.contains(word) || before == "∫" || before == "Σ" || before == "∇"
      || (before.isLetter && !(before.isASCII && Prose.isWordy(at(position - 2))))
  }

  /// The end of a run of raised or lowered signs that begins here.
  private func run(_ ordinary: (Character) -> Character?) -> Int? {
    var end = position
    while let c = at(end), ordinary(c) != nil { end += 1 }
    return end > position ? end : nil
  }

  /// Whether an x between two numbers, or between a letter and itself, says "by".
  private var isTimes: Bool {
    guard at(position - 1) == " ", at(position + 1) == " ", let left = at(position - 2), let right = at(position + 2)
    else { return false }
    let before = String(characters[..<(position - 1)].reversed().prefix { $0.isLetter }.reversed())
    let after = String(characters[(position + 2)...].prefix { $0.isLetter })
    return left.isNumber && right.isNumber || !before.isEmpty && before.count <= 2 && before == after
  }

  /// The text of an index or exponent, and where it ends.
  private func script(from start: Int) -> (String, Int)? {
    guard let first = at(start) else { return nil }
    if first == "{" {
      guard let end = characters[start...].firstIndex(of: "}"), end > start + 1 else { return nil }
      let body = String(characters[(start + 1)..<end])
      return body.contains("{") ? nil : (body, end + 1)
    }
    if first.isLetter || first.isNumber {
      var end = start
      while let c = at(end), c.isASCII && (c.isLetter || c.isNumber) { end += 1 }
      if end == start { end += 1 }
      return (String(characters[start..<end]), end)
    }
    return nil
  }

  private static func isWordy(_ c: Character?) -> Bool {
    guard let c else { return false }
    return c.isASCII && (c.isLetter || c.isNumber) || c == "_" || c == "'" || c == "’" || c == "-"
  }

  /// A small Greek letter or any Latin one.
  private static func isVariable(_ c: Character) -> Bool {
    if c.isASCII { return c.isLetter }
    guard let scalar = c.unicodeScalars.first?.value else { return false }
    return (0x3B1...0x3C9).contains(scalar) || c == "ℓ" || c == "ḡ"
  }

  /// Whether a letter stands alone, so that it is a variable and not part of a word; "a" and "I" are words.
  private func isLone(_ i: Int) -> Bool {
    let c = characters[i]
    guard c.isASCII else { return true }
    if Prose.isWordy(at(i - 1)) || Prose.isWordy(at(i + 1)) && at(i + 1) != "_" { return false }
    if at(i + 1) == "." && at(i + 2).map({ $0.isLetter }) ?? false || at(i - 1) == "." { return false }
    if c == "I" { return false }
    guard c == "a" || c == "A" else { return true }
    // The article is followed by a word; a variable by a sign.
    guard at(i + 1) == " " else { return true }
    return !(at(i + 2).map { $0.isLetter } ?? false)
  }
}
