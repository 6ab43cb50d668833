// Notebooks are read as Jupytext reads them, and what is wrong with one is named by file, line and value.

import Foundation
import LipschitzDynamics
import Notebooks
import Testing

private func read(_ text: String) throws -> Notebook { try Notebook(name: "a.md", text: text) }

private func problem(_ text: String) -> String {
  do {
    _ = try read(text)
    return "none"
  } catch {
    return "\(error)"
  }
}

@Suite("Reading notebooks")
struct NotebookTests {
  @Test("a bash block owns the text block that comes next, with prose between or not")
  func pairs() throws {
    let notebook = try read(
      """
      ---
      jupyter: {}
      ---
      ```bash
      echo 1
      echo 2
      ```
      Prose.

      <!-- check atol=0.5 exit=3 -->

      ```text
      1
      2
      ```
      ```bash
      true
      ```
      ```python .noeval
      print(1)
      ```
      ```text
      no output of anything
      ```
      """)
    let commands = notebook.blocks.compactMap { if case .command(let command) = $0 { command } else { nil } }
    try #require(commands.count == 2)
    #expect(commands[0].line == 4 && commands[0].script == "echo 1\necho 2")
    #expect(commands[0].expected.map { Array(notebook.lines[$0]) } == ["1", "2"])
    #expect(commands[0].options.exit == 3 && commands[0].options.timeout == 120)
    var tolerance = Tolerance()
    tolerance.absolute = 0.5
    #expect(commands[0].options.comparison == .compare(tolerance))
    #expect(commands[1].expected == nil && commands[1].options == CheckOptions())
  }

  @Test("longer fences hold shorter ones, and CRLF ends lines")
  func fences() throws {
    let notebook = try read("````bash\r\ncat <<E\r\n```\r\nE\r\n````\r\n")
    guard case .command(let command) = try #require(notebook.blocks.first) else { return }
    #expect(command.script == "cat <<E\n```\nE")
  }

  @Test(
    "what cannot be understood is refused by file, line, value and remedy",
    arguments: [
      ("a\n```bash\necho", "a.md:2: the block that opens here has no end; close it with ```"),
      ("---\njupyter:", "a.md:1: the header that opens here has no end; close it with ---"),
      ("<!-- check rtl=1 -->\n```bash\n```", "a.md:1: 'rtl=1' is no option of check; use skip"),
      ("<!-- check rtol=1 -->\n```bash\n```", "a.md:1: 'rtol=1' is no option"),
      ("<!-- check rtol=-1e-3 -->\n```bash\n```", "'rtol=-1e-3' is no option"),
      ("<!-- check atol=inf -->\n```bash\n```", "'atol=inf' is no option"),
      ("<!-- check exit=1.5 -->\n```bash\n```", "'exit=1.5' is no option"),
      ("<!-- check exact rtol=0.1 -->\n```bash\n```", "exact excludes rtol"),
      ("<!-- check skip mc -->\n```bash\n```", "skip compares nothing"),
      ("<!-- check skip\n```bash\n```", "a.md:1: this comment has no end on its line"),
      ("<!-- check skip -->\nprose\n```bash\n```", "a.md:1: no block follows this comment"),
      ("```bash\n```\n```\n```\n<!-- check skip -->\n```text\n```", "a.md:5: this comment belongs to nothing"),
      ("```swift\nlet a = 1\n```", "a.md:1: a swift block that quotes nothing"),
      ("<!-- source a.swift -->\n```swift\n```", "'source a.swift': write <!-- source PATH region=NAME -->"),
      ("<!-- figure a.svg b.svg -->\n![a](b.svg)", "'figure a.svg b.svg': write <!-- figure FILE -->"),
      ("<!-- figure a.svg -->\n```bash\n```", "a.md:1: this comment belongs to nothing"),
      ("<!-- check skip -->\n```bash .noeval\n```", "a.md:1: this comment belongs to nothing"),
      ("```python\nprint(1)\n```", "a.md:1: Jupyter would run this python block and lipdyn does not"),
    ])
  func refusals(_ text: String, _ words: String) { #expect(problem(text).contains(words), "\(problem(text))") }

  @Test("a region is quoted without its indentation; a missing, doubled or endless one is refused")
  func regions() throws {
    let source = "a\n  // region: first\n  if b {\n    c\n\n  }\n  // endregion\n// region: open\nd\n// region: open\n"
    #expect(try SourceRegion.lines(of: "first", in: source, file: "s.swift") == ["if b {", "  c", "", "}"])
    for (region, words) in [
      ("none", "s.swift:1: no '// region: none' here; there are first, open, open"),
      ("open", "s.swift:10: region 'open' is here twice"),
    ] {
      let error = #expect(throws: NotebookError.self) {
        try SourceRegion.lines(of: region, in: source, file: "s.swift")
      }
      #expect(error?.description.contains(words) == true, "\(String(describing: error))")
    }
    let endless = #expect(throws: NotebookError.self) {
      try SourceRegion.lines(of: "x", in: "// region: x\na", file: "s.swift")
    }
    #expect(endless?.description.contains("s.swift:1: region 'x' has no end") == true)
  }

  @Test("every notebook of this package is read, has a Jupytext header, and stands for a claim or says how to")
  func package() throws {
    let folder = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../notebooks-md").standardized
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".md") }
    for file in files {
      let text = try String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8)
      #expect(text.hasPrefix("---\njupyter:\n  jupytext:\n") && text.contains("\n    name: python3\n---\n"), "\(file)")
      #expect(try !Notebook(name: file, text: text).blocks.isEmpty, "\(file)")
    }
    #expect(Set(PaperClaims.slugs.map { "\($0).md" }).isSubset(of: files), "a claim has no notebook")
  }
}
