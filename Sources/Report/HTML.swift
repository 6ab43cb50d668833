// Pages are values: text is escaped where it enters, and nothing else can enter.

internal import SymbolicCalculus

/// A piece of a page whose text is escaped.
struct HTML: ExpressibleByStringLiteral, Sendable {
  /// The markup, to be written to a file.
  let markup: String

  private init(raw: String) { markup = raw }

  /// Text, escaped.
  init(_ text: String) { markup = HTML.escaped(text) }
  init(stringLiteral text: String) { self.init(text) }

  init(_ parts: [HTML]) { markup = parts.map(\.markup).joined() }

  /// A formula: MathML escapes its own text.
  init(_ math: MathML) { markup = math.formula }

  /// A formula within a line of text.
  init(inline math: MathML) { markup = math.inline }

  /// A figure made by a program of this package or by Graphviz; its file is trusted, as the page's own text is not.
  init(figure svg: String) { markup = svg }

  static let empty = HTML([])

  static func escaped(_ text: String) -> String {
    var result = ""
    result.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      // No control signs but the line's end: a browser would refuse them.
      case _ where scalar.value < 32 && scalar != "\n" && scalar != "\t": result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  private static let void: Set<String> = ["br", "hr", "img", "meta", "link", "wbr"]

  /// An element; attributes with the value nil are left out.
  static func element(_ name: String, _ attributes: [(String, String?)], _ children: [HTML]) -> HTML {
    var text = "<" + name
    for case (let key, let value?) in attributes { text += " \(key)=\"\(escaped(value))\"" }
    if void.contains(name) { return HTML(raw: text + ">") }
    return HTML(raw: text + ">" + children.map(\.markup).joined() + "</\(name)>")
  }

  /// Style rules, which are of this package and not data.
  static func style(_ rules: StaticString) -> HTML { HTML(raw: "<style>\(rules)</style>") }

  /// A whole document.
  static func document(_ children: [HTML]) -> String {
    "<!DOCTYPE html>\n" + element("html", [("lang", "en")], children).markup + "\n"
  }
}

/// Collects pieces: literals, strings (escaped), conditions and loops.
@resultBuilder enum HTMLBuilder {
  static func buildExpression(_ piece: HTML) -> [HTML] { [piece] }
  static func buildExpression(_ pieces: [HTML]) -> [HTML] { pieces }
  static func buildExpression(_ text: String) -> [HTML] { [HTML(text)] }
  static func buildExpression(_ math: MathML) -> [HTML] { [HTML(math)] }
  static func buildBlock(_ parts: [HTML]...) -> [HTML] { parts.flatMap { $0 } }
  static func buildOptional(_ part: [HTML]?) -> [HTML] { part ?? [] }
  static func buildEither(first: [HTML]) -> [HTML] { first }
  static func buildEither(second: [HTML]) -> [HTML] { second }
  static func buildArray(_ parts: [[HTML]]) -> [HTML] { parts.flatMap { $0 } }
}

/// An element with a class and other attributes.
func tag(
  _ name: String, _ kind: String? = nil, _ attributes: KeyValuePairs<String, String?> = [:],
  @HTMLBuilder _ children: () -> [HTML] = { [] }
) -> HTML {
  HTML.element(name, [("class", kind)] + attributes.map { ($0.key, $0.value) }, children())
}

func link(_ address: String, _ kind: String? = nil, @HTMLBuilder _ children: () -> [HTML]) -> HTML {
  tag("a", kind, ["href": address], children)
}

/// A table that scrolls by itself where the page is narrow; cells of the first column head their rows.
func table(
  _ kind: String? = nil, caption: String, _ columns: [HTML], _ rows: [[HTML]], rowKinds: [String?] = []
) -> HTML {
  tag("div", "scroll", ["tabindex": "0", "role": "region", "aria-label": caption]) {
    tag("table", kind) {
      tag("caption") { caption }
      tag("thead") { tag("tr") { for column in columns { tag("th", nil, ["scope": "col"]) { column } } } }
      tag("tbody") {
        for (number, row) in rows.enumerated() {
          tag("tr", number < rowKinds.count ? rowKinds[number] : nil) {
            for (column, cell) in row.enumerated() {
              if column == 0 { tag("th", nil, ["scope": "row"]) { cell } } else { tag("td") { cell } }
            }
          }
        }
      }
    }
  }
}

/// Lower-case letters, digits and hyphens, for an `id` or a file.
func anchor(_ text: String) -> String {
  var result = ""
  for character in text.lowercased() {
    if character.isLetter || character.isNumber {
      result.append(character)
    } else if !result.hasSuffix("-") && !result.isEmpty {
      result.append("-")
    }
  }
  return result.hasSuffix("-") ? String(result.dropLast()) : result
}
