// Markdown with commands and their outputs, read into blocks. Everything else in a document is prose, and is left alone.

/// A Markdown document whose fenced blocks of `bash` are run, whose blocks of `text` say what they print, and whose blocks
/// of `swift` quote a compiled file.
///
/// Jupytext opens the same document: on a Python kernel it runs bash blocks through `%%bash`, and shows the rest.
public struct Notebook: Sendable {
  /// The name to report errors under, usually a path.
  public let name: String
  /// The document, a line an element.
  public let lines: [String]
  /// In the order in which they are run.
  public let blocks: [Block]

  public enum Block: Sendable {
    case command(Command)
    case excerpt(Excerpt)
    case figure(Figure)

    /// Where it begins, counted from 1.
    public var line: Int {
      switch self {
      case .command(let command): command.line
      case .excerpt(let excerpt): excerpt.line
      case .figure(let figure): figure.line
      }
    }
  }

  /// A bash block, with the output that is expected of it.
  public struct Command: Sendable {
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
    /// As indices into ``Notebook/lines``.
    public let quoted: Range<Int>
  }

  /// An image that earlier blocks draw.
  public struct Figure: Sendable {
    public let line: Int
    /// The file that a block writes in its folder.
    public let drawn: String
    /// The file that the notebook shows, relative to its folder.
    public let shown: String
  }

  /// - Parameters:
  ///   - name: what errors call the document.
  ///   - text: the whole document.
  /// - Throws: ``NotebookError`` for a fence without end, a comment that is not understood or belongs to nothing, and a
  ///   block that Jupyter would run and `lipdyn` would not.
  public init(name: String, text: String) throws(NotebookError) {
    self.name = name
    lines = text.lines
    let elements = try MarkdownElement.read(lines, file: name)
    var blocks: [Block] = []
    // The indices of text blocks that are the output of the bash block before them.
    var outputs: Set<Int> = []
    for (index, element) in elements.enumerated() {
      let comment = element.comment
      func refuse(_ problem: String) -> NotebookError {
        NotebookError(file: name, line: element.line, problem: problem)
      }
      switch (element.kind, comment?.content) {
      case (.code("bash", let body), nil), (.code("bash", let body), .check):
        var options = comment?.options ?? CheckOptions()
        var expected: Range<Int>?
        if index + 1 < elements.count, case .code("text", let output) = elements[index + 1].kind {
          outputs.insert(index + 1)
          expected = output
          if let own = elements[index + 1].comment?.options { options = options.overridden(by: own) }
        }
        let script = lines[body].joined(separator: "\n")
        blocks.append(
          .command(
            Command(line: element.line, script: script, expected: expected, end: body.upperBound, options: options)))
      case (.code("swift", let body), .source(let path, let region)):
        blocks.append(.excerpt(Excerpt(line: element.line, path: path, region: region, quoted: body)))
      case (.code("swift", _), _):
        throw refuse(
          "a swift block that quotes nothing; put <!-- source PATH region=NAME --> before it, or write ```swift .noeval"
        )
      case (.image(let shown), .figure(let drawn)):
        blocks.append(.figure(Figure(line: element.line, drawn: drawn, shown: shown)))
      case (.code("text", _), .check) where outputs.contains(index):
        break
      case (.code(let language, _), nil) where Self.runByJupyter.contains(language.lowercased()):
        throw refuse(
          "Jupyter would run this \(language) block and lipdyn does not; use bash, or write ```\(language) .noeval")
      case (_, nil):
        break
      case (_, .some):
        throw NotebookError(
          file: name, line: comment?.line ?? element.line,
          problem:
            "this comment belongs to nothing; <!-- check … --> stands before a bash block or the text block after it, "
            + "<!-- source … --> before a swift block, <!-- figure … --> before an image")
      }
    }
    self.blocks = blocks
  }

  /// Languages besides bash and swift of which Jupytext 1.19 makes cells in place of showing them.
  static let runByJupyter: Set<String> = [
    "c#", "c++", "clojure", "coconut", "cs", "csharp", "cython", "f#", "fs", "fsharp", "gnuplot", "go", "groovy",
    "haskell", "html", "idl", "java", "javascript", "js", "julia", "latex", "logtalk", "lua", "markdown", "matlab",
    "maxima", "ocaml", "octave", "perl", "powershell", "pypy", "python", "python2", "python3", "q", "r",
    "robotframework", "ruby", "rust", "sage", "sas", "scala", "scheme", "script", "sh", "sos", "spark", "sql", "stata",
    "svg", "tcl", "typescript", "xonsh",
  ]
}
