// Text into tokens: names, exact numbers, quoted words and signs. Line ends mean nothing.

internal import ExactArithmetic

struct Token: Hashable, Sendable {
  enum Kind: Hashable, Sendable {
    case name(String)
    /// The value, and the same as a machine integer if it is written as one.
    case number(Rational, integer: Int?)
    case quoted(String)
    case sign(String)
    case end
  }
  var kind: Kind
  var span: Range<Int>
  /// Whether it is the first on its line.
  var startsLine = false

  /// Words that begin something and so end what stands before them; `in` and `where` belong to sums.
  static let statementWords: Set<String> = [
    "section", "let", "assume", "define", "brownian", "process", "claim",
  ]
  static let reserved: Set<String> = statementWords.union(["have", "proof", "qed", "by", "in", "where", "for"])

  var isReserved: Bool {
    if case .name(let name) = kind { return Token.reserved.contains(name) }
    return false
  }

  /// How a message calls the token.
  var description: String {
    switch kind {
    case .name(let name): "‘\(name)’"
    case .number(let value, _): "‘\(value)’"
    case .quoted: "quoted words"
    case .sign(let sign): "‘\(sign)’"
    case .end: "the end"
    }
  }
}

struct Lexer {
  private let source: DerivationSource
  private var tokens: [Token] = []

  private init(_ source: DerivationSource) { self.source = source }

  /// All blocks' tokens in order, an end token last; and the characters that mean nothing, which are left out.
  static func tokens(of source: DerivationSource) -> (tokens: [Token], errors: [DerivationError]) {
    var lexer = Lexer(source)
    var errors: [DerivationError] = []
    for block in source.blocks {
      do { try lexer.read(block, &errors) } catch {
        errors.append(error)
        break
      }
    }
    let end = source.blocks.last?.upperBound ?? 0
    lexer.tokens.append(Token(kind: .end, span: end..<end))
    return (lexer.tokens, errors)
  }

  private static let unicodeSigns: [Unicode.Scalar: String] = [
    "≤": "<=", "≥": ">=", "≠": "!=", "⊗": "⊗", "∘": ".*", "⊙": ".*", "·": "*", "⋅": "*", "×": "*", "′": "'",
    "ᵀ": "'", "−": "-", "→": "->", "↦": "->", "…": "..",
  ]
  private static let longSigns: Set<String> = ["!=", "<=", ">=", ".*", "..", "->"]
  private static let signs: Set<Unicode.Scalar> = [
    "(", ")", "[", "]", ",", ":", "=", "<", ">", "+", "-", "*", "/", "^", "'", "~", ".",
  ]

  private static func isDigit(_ s: Unicode.Scalar) -> Bool { ("0"..."9").contains(s) }
  private static func startsName(_ s: Unicode.Scalar) -> Bool { s != "ᵀ" && s.properties.isAlphabetic }
  private static func continuesName(_ s: Unicode.Scalar) -> Bool {
    if startsName(s) || isDigit(s) || s == "_" { return true }
    switch s.properties.generalCategory {
    case .nonspacingMark, .otherNumber: return true  // x̂, x₁
    default: return false
    }
  }

  private mutating func read(_ block: Range<Int>, _ errors: inout [DerivationError]) throws(DerivationError) {
    let scalars = Array(source.string(block).unicodeScalars)
    var offset = block.lowerBound
    var i = 0
    /// Takes scalars while the condition holds and moves on.
    func take(while condition: (Unicode.Scalar) -> Bool) -> String {
      var text = String.UnicodeScalarView()
      while i < scalars.count, condition(scalars[i]) {
        text.append(scalars[i])
        offset += UTF8.width(scalars[i])
        i += 1
      }
      return String(text)
    }
    func next(_ k: Int) -> Unicode.Scalar { i + k < scalars.count ? scalars[i + k] : "\n" }
    func skip(_ count: Int) {
      var left = count
      _ = take { _ in
        left -= 1
        return left >= 0
      }
    }

    var startsLine = true
    while i < scalars.count {
      let start = offset
      let scalar = scalars[i]
      var kind: Token.Kind
      if scalar.properties.isWhitespace || scalar == "\u{FEFF}" {
        if scalar == "\n" { startsLine = true }
        skip(1)
        continue
      } else if scalar == "#" {
        _ = take { $0 != "\n" }
        continue
      } else if Self.isDigit(scalar) {
        let whole = take(while: Self.isDigit)
        var fraction = ""
        if next(0) == ".", Self.isDigit(next(1)) {
          skip(1)
          fraction = take(while: Self.isDigit)
        }
        var exponent = ""
        let signed = next(1) == "-" || next(1) == "+"
        if next(0) == "e" || next(0) == "E", Self.isDigit(signed ? next(2) : next(1)) {
          skip(1)
          if signed {
            exponent = next(0) == "-" ? "-" : ""
            skip(1)
          }
          exponent += take(while: Self.isDigit)
        }
        kind = try Self.number(whole, fraction, exponent, start..<offset)
      } else if Self.startsName(scalar) {
        let name = take(while: Self.continuesName)
        guard name.utf8.count <= Limits.nameBytes else {
          throw DerivationError("a name longer than \(Limits.nameBytes) bytes", at: start..<offset)
        }
        kind = .name(name)
      } else if scalar == "\"" {
        skip(1)
        let words = take { $0 != "\"" && $0 != "\n" }
        guard next(0) == "\"" else {
          errors.append(DerivationError("these words are never closed by a second \"", at: start..<offset))
          continue
        }
        skip(1)
        kind = .quoted(words)
      } else if let sign = Self.unicodeSigns[scalar] {
        skip(1)
        kind = .sign(sign)
      } else if Self.longSigns.contains("\(scalar)\(next(1))") {
        kind = .sign("\(scalar)\(next(1))")
        skip(2)
      } else if Self.signs.contains(scalar) {
        skip(1)
        kind = .sign(String(scalar))
      } else {
        skip(1)
        if errors.count < Limits.errors {
          let isBar = scalar == "|" || scalar == "‖"
          // Bars come in pairs and twos: one message is enough.
          if isBar, errors.contains(where: { $0.message.hasPrefix("‘\(scalar)’") }) { continue }
          errors.append(
            DerivationError(
              "‘\(scalar)’ means nothing here", at: start..<offset,
              hint: isBar ? "write norm(x), opnorm(A) or abs(a)" : nil))
        }
        continue
      }
      tokens.append(Token(kind: kind, span: start..<offset, startsLine: startsLine))
      startsLine = false
      if tokens.count > Limits.tokens {
        throw DerivationError("more than \(Limits.tokens) words and signs", at: start..<offset)
      }
    }
  }

  private static func number(
    _ whole: String, _ fraction: String, _ exponent: String, _ span: Range<Int>
  ) throws(DerivationError) -> Token.Kind {
    let digits = whole + fraction
    let power = exponent.isEmpty ? 0 : Int(exponent) ?? Int.max
    guard digits.utf8.count <= Limits.digits, (-Limits.digits...Limits.digits).contains(power) else {
      throw DerivationError("a number of more than \(Limits.digits) digits", at: span)
    }
    var value = Rational(0)
    for digit in digits.utf8 { value = value * 10 + Rational(Int(digit) - 48) }
    let shift = power - fraction.utf8.count
    let scale = (0..<shift.magnitude).reduce(Rational(1)) { product, _ in product * 10 }
    let isInteger = fraction.isEmpty && exponent.isEmpty
    return .number(shift < 0 ? value / scale : value * scale, integer: isInteger ? Int(whole) : nil)
  }
}
