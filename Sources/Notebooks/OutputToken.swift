// One line of output as words and numbers.

/// What a line of output is made of. Space between tokens does not count: the columns of a table move with their numbers.
enum OutputToken: Equatable, Sendable {
  case word(String)
  case number(Double, text: String)
  /// x ± s, a mean with its standard error.
  case measured(Double, Double, text: String)
  /// A horizontal line in a table, of any length.
  case rule
  /// `…`: any tokens, or none.
  case elision

  /// Splits a line. A number is what stands by itself: `12` in `12/12` and in `(12,`, but not in `x12` or `1.2.3`.
  ///
  /// - Parameter joiningErrors: whether `x ± s` is one token, to be compared by its error.
  static func split(_ line: String, joiningErrors: Bool) -> [OutputToken] {
    let characters = Array(line)
    var tokens: [OutputToken] = []
    var index = 0
    while index < characters.count {
      let character = characters[index]
      let start = index
      if character.isWhitespace {
        index += 1
      } else if character == "…" {
        tokens.append(.elision)
        index += 1
      } else if character == "─" {
        while index < characters.count, characters[index] == "─" { index += 1 }
        tokens.append(.rule)
      } else if let end = number(in: characters, from: index) {
        let text = String(characters[start..<end])
        tokens.append(.number(Double(text.replacing("−", with: "-")) ?? .nan, text: text))
        index = end
      } else if isWordPart(character) {
        while index < characters.count, isWordPart(characters[index]) || continuesWord(characters, index) { index += 1 }
        tokens.append(.word(String(characters[start..<index])))
      } else {
        tokens.append(.word(String(character)))
        index += 1
      }
    }
    return joiningErrors ? joined(tokens) : tokens
  }

  private static func joined(_ tokens: [OutputToken]) -> [OutputToken] {
    var result: [OutputToken] = []
    var index = 0
    while index < tokens.count {
      if index + 2 < tokens.count, case .number(let x, let left) = tokens[index], tokens[index + 1] == .word("±"),
        case .number(let s, let right) = tokens[index + 2]
      {
        result.append(.measured(x, s, text: "\(left) ± \(right)"))
        index += 3
      } else {
        result.append(tokens[index])
        index += 1
      }
    }
    return result
  }

  private static func isWordPart(_ character: Character) -> Bool {
    character.isLetter || character.isNumber || character == "_"
  }

  /// A point between digits of what is no number, such as a version 1.2.3.
  private static func continuesWord(_ characters: [Character], _ index: Int) -> Bool {
    characters[index] == "." && index + 1 < characters.count && isWordPart(characters[index + 1])
      && characters[index - 1].isNumber
  }

  /// Where the number that begins here ends, if one does.
  private static func number(in characters: [Character], from start: Int) -> Int? {
    func digits(_ index: Int) -> Int {
      var end = index
      while end < characters.count, isDigit(characters[end]) { end += 1 }
      return end
    }
    var index = start
    // A sign belongs to the number unless it stands between two things, as in 3-4 or a-1.
    if "+-−".contains(characters[index]) {
      if start > 0, isWordPart(characters[start - 1]) || ")]".contains(characters[start - 1]) { return nil }
      index += 1
    }
    var end = digits(index)
    guard end > index else { return nil }
    if end < characters.count, characters[end] == ".", digits(end + 1) > end + 1 { end = digits(end + 1) }
    if end < characters.count, "eE".contains(characters[end]) {
      var exponent = end + 1
      if exponent < characters.count, "+-".contains(characters[exponent]) { exponent += 1 }
      if digits(exponent) > exponent { end = digits(exponent) }
    }
    // 2x, 1.2.3 and 10² are words.
    if end < characters.count, isWordPart(characters[end]) { return nil }
    if end + 1 < characters.count, characters[end] == ".", isDigit(characters[end + 1]) { return nil }
    return end
  }

  private static func isDigit(_ character: Character) -> Bool { character.isASCII && character.isNumber }

  /// As it was printed.
  var text: String {
    switch self {
    case .word(let text), .number(_, let text), .measured(_, _, let text): text
    case .rule: "───"
    case .elision: "…"
    }
  }

  /// Whether the number was printed without a point or an exponent: a count.
  static func isWhole(_ text: String) -> Bool { text.allSatisfy { isDigit($0) || "+-−".contains($0) } }
}
