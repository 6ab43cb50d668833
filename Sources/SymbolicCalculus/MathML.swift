// Presentation MathML of the Core subset that browsers draw by themselves: the elements, and nothing unescaped.

/// A fragment of MathML Core; made only of escaped text, so that it can stand in a page as it is.
public struct MathML: Hashable, Sendable {
  public let markup: String
  /// Base and index, if it is a base with an index and no more: an exponent then stands above the index.
  private let indexed: [String]

  private init(raw: String, indexed: [String] = []) { (markup, self.indexed) = (raw, indexed) }

  private static func element(_ name: String, _ content: String, _ attributes: String = "") -> MathML {
    MathML(raw: "<\(name)\(attributes)>\(content)</\(name)>")
  }

  private static func escaped(_ text: String) -> String {
    text.reduce(into: "") { result, character in
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      default: result.append(character)
      }
    }
  }

  /// Whether it is one fraction and no more.
  public var isFraction: Bool { markup.hasPrefix("<mfrac>") }

  /// Whether it begins with an upright name of several letters, which must not run into its neighbour.
  public var beginsWithWord: Bool {
    var rest = Substring(markup)
    for wrapper in ["<mrow>", "<msubsup>", "<msub>", "<msup>"] where rest.hasPrefix(wrapper) {
      rest = rest.dropFirst(wrapper.count)
    }
    return rest.hasPrefix("<mi>") && rest.dropFirst(4).prefix { $0 != "<" }.count > 1
  }

  /// Nothing, as an empty row.
  public static let empty = row([])

  /// A variable: one letter leans, several stand upright.
  public static func identifier(_ name: String) -> MathML { element("mi", escaped(name)) }
  /// One letter that stands upright, such as the d of a differential.
  public static func upright(_ name: String) -> MathML {
    name.count == 1 ? element("mi", escaped(name), " mathvariant=\"normal\"") : identifier(name)
  }
  public static func number(_ digits: String) -> MathML { element("mn", escaped(digits)) }
  public static func text(_ words: String) -> MathML { element("mtext", escaped(words)) }

  /// A sign between two terms, with space on both sides even where it begins a row.
  public static func infix(_ sign: String) -> MathML { element("mo", escaped(sign), " form=\"infix\"") }
  public static func prefix(_ sign: String) -> MathML { element("mo", escaped(sign), " form=\"prefix\"") }
  public static func postfix(_ sign: String) -> MathML { element("mo", escaped(sign), " form=\"postfix\"") }
  /// A sign that takes no space and does not grow, such as a prime or the comma of an index.
  public static func plain(_ sign: String) -> MathML {
    element("mo", escaped(sign), " stretchy=\"false\" lspace=\"0\" rspace=\"0\"")
  }
  public static func comma() -> MathML { element("mo", ",", " separator=\"true\" lspace=\"0\" rspace=\"0.22em\"") }
  public static func space(_ width: String) -> MathML {
    MathML(raw: "<mspace width=\"\(escaped(width).filter { $0 != "\"" })\"/>")
  }

  public static func row(_ parts: [MathML]) -> MathML {
    parts.count == 1 ? parts[0] : element("mrow", parts.map(\.markup).joined())
  }

  /// A row between two fences that grow with it.
  public static func fenced(_ open: String, _ parts: [MathML], _ close: String) -> MathML {
    func fence(_ sign: String, _ form: String) -> String {
      "<mo form=\"\(form)\" fence=\"true\" stretchy=\"true\" lspace=\"0\" rspace=\"0\">\(escaped(sign))</mo>"
    }
    return element("mrow", fence(open, "prefix") + parts.map(\.markup).joined() + fence(close, "postfix"))
  }

  public static func fraction(_ above: MathML, _ below: MathML) -> MathML {
    element("mfrac", above.markup + below.markup)
  }
  public static func root(_ inside: MathML) -> MathML { element("msqrt", inside.markup) }

  /// A base with an index, an exponent, or both.
  public static func scripts(_ base: MathML, sub: MathML? = nil, sup: MathML? = nil) -> MathML {
    switch (sub, sup) {
    case (nil, nil): base
    case (let sub?, nil):
      MathML(
        raw: element("msub", base.markup + sub.markup).markup,
        indexed: base.indexed.isEmpty ? [base.markup, sub.markup] : [])
    case (nil, let sup?):
      base.indexed.isEmpty
        ? element("msup", base.markup + sup.markup) : element("msubsup", base.indexed.joined() + sup.markup)
    case (let sub?, let sup?): element("msubsup", base.markup + sub.markup + sup.markup)
    }
  }

  /// A large sign or limit with what stands under and over it.
  public static func limits(_ base: MathML, under: MathML? = nil, over: MathML? = nil) -> MathML {
    switch (under, over) {
    case (nil, nil): base
    case (let under?, nil): element("munder", base.markup + under.markup)
    case (nil, let over?): element("mover", base.markup + over.markup)
    case (let under?, let over?): element("munderover", base.markup + under.markup + over.markup)
    }
  }

  /// A sign such as Σ that governs what follows.
  public static func large(_ sign: String) -> MathML {
    element("mo", escaped(sign), " largeop=\"true\" movablelimits=\"false\" form=\"prefix\"")
  }
  public static func integral() -> MathML { element("mo", "∫", " largeop=\"true\" form=\"prefix\"") }

  /// A letter under a hat, a bar or a tilde.
  public static func accented(_ base: MathML, _ accent: String) -> MathML {
    element("mover", base.markup + "<mo accent=\"true\" stretchy=\"false\">\(escaped(accent))</mo>", " accent=\"true\"")
  }

  /// Lines under one another, as below a sum with two conditions.
  public static func stacked(_ lines: [MathML]) -> MathML {
    element("mtable", lines.map { "<mtr><mtd>\($0.markup)</mtd></mtr>" }.joined(), " rowspacing=\"0\"")
  }

  /// A whole formula within a line of text.
  public var inline: String { "<math>\(markup)</math>" }

  /// A whole formula for a page, in display size.
  public var formula: String { "<math displaystyle=\"true\">\(markup)</math>" }
}
