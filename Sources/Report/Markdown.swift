// As much of Markdown as this package's own pages use: headings, paragraphs, tables, code, pictures, links, emphasis.

/// A page of Markdown in blocks.
struct Markdown {
  enum Block {
    case heading(Int, String)
    case paragraph(String)
    case code(String)
    case table([[String]])
    case picture(alt: String, file: String)
  }

  let blocks: [Block]

  init(_ text: String) {
    var blocks: [Block] = []
    var lines: [Substring] = []
    func close() {
      let whole = lines.joined(separator: "\n")
      if lines.first?.hasPrefix("|") ?? false {
        let rows = lines.map { line in
          line.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast()
            .map { Markdown.trimmed(String($0)) }
        }
        blocks.append(.table(rows.filter { !$0.allSatisfy { $0.allSatisfy { "-: ".contains($0) } } }))
      } else if lines.first?.hasPrefix("    ") ?? false {
        blocks.append(.code(lines.map { String($0.dropFirst(4)) }.joined(separator: "\n")))
      } else if whole.hasPrefix("!["), let (alt, file, _) = Markdown.bracketed(whole.dropFirst()) {
        blocks.append(.picture(alt: alt.replacing("\n", with: " "), file: file))
      } else if !lines.isEmpty {
        blocks.append(.paragraph(lines.joined(separator: " ")))
      }
      lines = []
    }
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let depth = line.prefix { $0 == "#" }.count
      if line.allSatisfy({ $0 == " " }) {
        close()
      } else if depth > 0, line.dropFirst(depth).first == " " {
        close()
        blocks.append(.heading(depth, Markdown.trimmed(String(line.dropFirst(depth)))))
      } else {
        lines.append(line)
      }
    }
    close()
    self.blocks = blocks
  }

  static func trimmed(_ text: String) -> String {
    String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }

  /// "[text](address)…": both parts.
  private static func bracketed(_ text: Substring) -> (String, String, rest: Substring)? {
    guard text.first == "[", let close = text.firstIndex(of: "]"), text[close...].dropFirst().first == "(",
      let end = text[close...].firstIndex(of: ")")
    else { return nil }
    let address = text[close..<end].dropFirst(2)
    return (String(text[..<close].dropFirst()), String(address), text[end...].dropFirst())
  }

  /// The `id` that links within a page use: as the hosts of Markdown make it.
  static func anchor(_ heading: String) -> String {
    String(
      heading.lowercased().compactMap { c in
        c == " " ? "-" : c.isLetter || c.isNumber || c == "-" || c == "_" ? c : nil
      })
  }

  /// Emphasis, code and links of one paragraph. What `address` does not know is text.
  static func inline(_ text: String, address: (String) -> String?) -> HTML {
    var pieces: [HTML] = []
    var plain = ""
    var rest = Substring(text)
    func flush() {
      if !plain.isEmpty { pieces.append(prose(plain)) }
      plain = ""
    }
    /// The text between two equal marks.
    func between(_ mark: String) -> Substring? {
      guard rest.hasPrefix(mark) else { return nil }
      let body = rest.dropFirst(mark.count)
      guard let range = body.firstRange(of: mark), !range.isEmpty, range.lowerBound > body.startIndex,
        body.first != " " || mark == "$$"
      else { return nil }
      defer { rest = body[range.upperBound...] }
      return body[..<range.lowerBound]
    }
    while let c = rest.first {
      if c == "$", let formula = between("$$") {
        flush()
        pieces.append(LaTeXFormula.mathML(String(formula)).map { HTML($0) } ?? tag("code") { String(formula) })
      } else if c == "$", let formula = between("$") {
        flush()
        pieces.append(LaTeXFormula.mathML(String(formula)).map(HTML.init(inline:)) ?? tag("code") { String(formula) })
      } else if c == "`", let code = between("`") {
        flush()
        pieces.append(tag("code") { String(code) })
      } else if c == "*", let strong = between("**") {
        flush()
        pieces.append(tag("strong") { inline(String(strong), address: address) })
      } else if c == "*", let emphasis = between("*") {
        flush()
        pieces.append(tag("em") { inline(String(emphasis), address: address) })
      } else if c == "[", let (words, target, after) = bracketed(rest) {
        flush()
        let inner = inline(words, address: address)
        pieces.append(address(target).map { to in link(to) { inner } } ?? inner)
        rest = after
      } else {
        plain.append(c)
        rest = rest.dropFirst()
      }
    }
    flush()
    return HTML(pieces)
  }
}
