// Fences, images and the comments before them, as CommonMark and Jupytext read them.

/// What a notebook is made of besides prose.
struct MarkdownElement {
  enum Kind {
    /// A fenced block with the lines between its fences; one marked .noeval, which nobody runs, has the language "".
    case code(language: String, body: Range<Int>)
    /// A line that shows an image, with the image's path.
    case image(String)
  }

  /// Counted from 1.
  let line: Int
  let kind: Kind
  let comment: NotebookComment?

  /// All elements of a document; images only where a comment stands before them.
  static func read(_ lines: [String], file: String) throws(NotebookError) -> [MarkdownElement] {
    var elements: [MarkdownElement] = []
    var comment: NotebookComment?
    var index = try lines.first == "---" ? endOfHeader(lines, file) : 0
    while index < lines.count {
      let line = lines[index]
      if let ticks = openingTicks(line) {
        guard let end = (index + 1..<lines.count).first(where: { closes(lines[$0], ticks) }) else {
          throw NotebookError(
            file: file, line: index + 1,
            problem: "the block that opens here has no end; close it with \(line.prefix(ticks))")
        }
        let info = line.dropFirst(ticks).split(separator: " ")
        let language = info.contains(".noeval") ? "" : info.first.map(String.init) ?? ""
        elements.append(
          MarkdownElement(line: index + 1, kind: .code(language: language, body: index + 1..<end), comment: comment))
        comment = nil
        index = end
      } else if let next = try NotebookComment(line, line: index + 1, file: file) {
        try requireNone(comment, file)
        comment = next
      } else if comment != nil, let path = image(line) {
        elements.append(MarkdownElement(line: index + 1, kind: .image(path), comment: comment))
        comment = nil
      } else if !line.allSatisfy(\.isWhitespace) {
        try requireNone(comment, file)
      }
      index += 1
    }
    try requireNone(comment, file)
    return elements
  }

  private static func requireNone(_ comment: NotebookComment?, _ file: String) throws(NotebookError) {
    guard let comment else { return }
    throw NotebookError(
      file: file, line: comment.line, problem: "no block follows this comment; put it directly before its block")
  }

  private static func endOfHeader(_ lines: [String], _ file: String) throws(NotebookError) -> Int {
    guard let end = lines.dropFirst().firstIndex(of: "---") else {
      throw NotebookError(file: file, line: 1, problem: "the header that opens here has no end; close it with ---")
    }
    return end + 1
  }

  /// The number of backticks that open a block on this line, if any. An info string holds no backtick.
  private static func openingTicks(_ line: String) -> Int? {
    let ticks = line.prefix { $0 == "`" }.count
    return ticks >= 3 && !line.dropFirst(ticks).contains("`") ? ticks : nil
  }

  private static func closes(_ line: String, _ ticks: Int) -> Bool {
    let fence = line.prefix { $0 == "`" }
    return fence.count >= ticks && line.dropFirst(fence.count).allSatisfy(\.isWhitespace)
  }

  /// The path in `![words](path)`, if that is the line.
  private static func image(_ line: String) -> String? {
    guard line.hasPrefix("!["), line.hasSuffix(")"), let start = line.ranges(of: "](").last else { return nil }
    return String(line[start.upperBound...].dropLast())
  }
}

extension String {
  /// The text's lines, which \n or \r\n ends.
  var lines: [String] {
    split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }.map(String.init)
  }
}
