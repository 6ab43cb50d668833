// Markdown with commands and their outputs, read into blocks. Everything else in a document is prose, and is left alone.

/// A Markdown document whose ```` ```bash ```` blocks are run, whose ```` ```text ```` blocks say what they print, and whose
/// ```` ```swift ```` blocks quote a compiled file.
///
/// Jupytext opens the same document: on a Python kernel it runs bash blocks through `%%bash`, and shows the rest.
public struct Notebook: Sendable {
  /// The name to report errors under, usually a path.
  public let name: String
  /// The document, a line an element.
  public let lines: [String]
  public let blocks: [Block]

  public enum Block: Sendable {
    case command(Command)
    case excerpt(Excerpt)
  }

  /// A bash block, with the output that is expected of it.
  public struct Command: Sendable {
    /// The line of its first fence, counted from 1.
    public let line: Int
    public let script: String
    /// The lines of the expected output, as indices into ``Notebook/lines``; nil if no text block follows.
    public let expected: Range<Int>?
    /// The index of its closing fence, after which a missing output belongs.
    public let end: Int
    public let options: CheckOptions
  }

  /// A Swift block that quotes a region of a file.
  public struct Excerpt: Sendable {
    public let line: Int
    /// Relative to the notebook's folder.
    public let path: String
    public let region: String
    public let quoted: Range<Int>
  }

  /// - Parameter name: what errors call the document.
  /// - Throws: ``NotebookError`` for a fence without end, a comment that is not understood or belongs to nothing, and a
  ///   block that Jupyter would run and `lipdyn` would not.
  public init(name: String, text: String) throws(NotebookError) {
    self.name = name
    lines = text.lines
    let fences = try Self.fences(in: lines, of: name)
    var blocks: [Block] = []
    var owned: Set<Int> = []
    for (index, fence) in fences.enumerated() where !fence.isInert {
      switch fence.language {
      case "bash":
        var options = CheckOptions()
        if let comment = fence.comment, case .check(let own) = comment.content {
          owned.insert(comment.line)
          options = own
        }
        var expected: Range<Int>?
        if index + 1 < fences.count, fences[index + 1].language == "text" {
          let output = fences[index + 1]
          expected = output.body
          if let comment = output.comment, case .check(let own) = comment.content {
            owned.insert(comment.line)
            options = options.overridden(by: own)
          }
        }
        blocks.append(
          .command(
            Command(
              line: fence.line, script: lines[fence.body].joined(separator: "\n"), expected: expected,
              end: fence.body.upperBound, options: options)))
      case "swift":
        guard let comment = fence.comment, case .source(let path, let region) = comment.content else {
          throw NotebookError(
            file: name, line: fence.line,
            problem:
              "a swift block that quotes nothing; put <!-- source PATH region=NAME --> before it, or write ```swift .noeval"
          )
        }
        owned.insert(comment.line)
        blocks.append(.excerpt(Excerpt(line: fence.line, path: path, region: region, quoted: fence.body)))
      case let language where Self.runByJupyter.contains(language):
        throw NotebookError(
          file: name, line: fence.line,
          problem:
            "Jupyter would run this \(language) block and lipdyn does not; use bash, or write ```\(language) .noeval")
      default:
        break
      }
    }
    if let stray = fences.lazy.compactMap(\.comment).first(where: { !owned.contains($0.line) }) {
      throw NotebookError(
        file: name, line: stray.line,
        problem:
          "this comment belongs to nothing; <!-- check … --> stands before a bash block or the text block after it, "
          + "<!-- source … --> before a swift block")
    }
    self.blocks = blocks
  }

  /// Languages of which Jupytext makes cells; bash is the one that is run here, too.
  static let runByJupyter: Set<String> = [
    "python", "python3", "py", "sh", "R", "r", "julia", "perl", "ruby", "javascript", "js", "latex", "html", "svg",
    "sql",
  ]
}

// Fences and the comments before them, as CommonMark and Jupytext read them.
extension Notebook {
  private struct Fence {
    let line: Int
    let language: String
    /// Marked .noeval: shown by Jupyter, and run by nobody.
    let isInert: Bool
    let body: Range<Int>
    let comment: NotebookComment?
  }

  private static func fences(in lines: [String], of name: String) throws(NotebookError) -> [Fence] {
    var fences: [Fence] = []
    var comment: NotebookComment?
    var index = try lines.first == "---" ? endOfHeader(of: lines, name) : 0
    while index < lines.count {
      let line = lines[index]
      if let ticks = fenceLength(line) {
        guard let end = (index + 1..<lines.count).first(where: { closes(lines[$0], ticks) }) else {
          throw NotebookError(
            file: name, line: index + 1,
            problem: "the block that opens here has no end; close it with \(line.prefix(ticks))")
        }
        let info = line.dropFirst(ticks).split(separator: " ")
        fences.append(
          Fence(
            line: index + 1, language: info.first.map(String.init) ?? "", isInert: info.contains(".noeval"),
            body: index + 1..<end, comment: comment))
        comment = nil
        index = end
      } else if let next = try NotebookComment(line, line: index + 1, file: name) {
        try requireNone(comment, name)
        comment = next
      } else if !line.allSatisfy(\.isWhitespace) {
        try requireNone(comment, name)
      }
      index += 1
    }
    try requireNone(comment, name)
    return fences
  }

  private static func requireNone(_ comment: NotebookComment?, _ name: String) throws(NotebookError) {
    guard let comment else { return }
    throw NotebookError(
      file: name, line: comment.line, problem: "no block follows this comment; put it directly before its block")
  }

  private static func endOfHeader(of lines: [String], _ name: String) throws(NotebookError) -> Int {
    guard let end = lines.dropFirst().firstIndex(of: "---") else {
      throw NotebookError(file: name, line: 1, problem: "the header that opens here has no end; close it with ---")
    }
    return end + 1
  }

  /// The number of backticks that open a block on this line, if any. An info string holds no backtick.
  private static func fenceLength(_ line: String) -> Int? {
    let ticks = line.prefix { $0 == "`" }.count
    return ticks >= 3 && !line.dropFirst(ticks).contains("`") ? ticks : nil
  }

  private static func closes(_ line: String, _ ticks: Int) -> Bool {
    let fence = line.prefix { $0 == "`" }
    return fence.count >= ticks && line.dropFirst(fence.count).allSatisfy(\.isWhitespace)
  }
}

extension String {
  /// The text's lines, which \n or \r\n ends.
  var lines: [String] {
    split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }.map(String.init)
  }
}
