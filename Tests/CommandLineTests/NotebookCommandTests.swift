// lipdyn notebook: this package's own notebooks pass, and a wrong one fails where it is wrong.

import ArrayFiles
import Foundation
import Testing

@Suite("Notebooks")
struct NotebookCommandTests {
  private func write(_ text: String, in directory: TemporaryDirectory, as name: String = "a.md") throws -> String {
    let path = directory.path(name)
    try AtomicFile.write(text, to: path)
    return path
  }

  @Test("every notebook of this package prints what it says")
  func package() throws {
    let root = URL(fileURLWithPath: #filePath).appendingPathComponent("../../..").standardized
    let run = try ToolRun(arguments: ["notebook", "check", "notebooks-md"], directory: root)
    #expect(run.status == 0, "\(run.output)\(run.errors)")
  }

  @Test("one wrong digit fails by file and line with both numbers, and promote mends it without passing")
  func digit() throws {
    let directory = try TemporaryDirectory()
    let text = """
      <!-- check rtol=1e-6 -->
      ```bash
      echo "K 1.2345 after 3 steps"; echo "took $RANDOM s"
      ```
      ```text
      K 1.2346 after 3 steps
      took … s
      ```

      """
    let file = try write(text, in: directory)
    let json = directory.path("r.json")
    let check = try ToolRun("notebook", "check", file, "--json", json)
    #expect(check.status == 2)
    #expect(check.output.contains("\(file):6: expected 1.2346, found 1.2345: 0.0001 apart, allowed 1.23e-06"))
    let record = try #require(
      try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: json))) as? [String: Any])
    let notebook = try #require((record["notebooks"] as? [[String: Any]])?.first)
    #expect(record["schema"] as? Int == 1 && notebook["passed"] as? Bool == false)
    #expect(try ToolRun("notebook", "promote", file).status == 2)
    #expect(try String(contentsOfFile: file, encoding: .utf8) == text.replacing("1.2346", with: "1.2345"))
    #expect(try ToolRun("notebook", "promote", file).status == 0)
    #expect(try ToolRun("notebook", "check", file).status == 0)
  }

  @Test("blocks run by this lipdyn beside the notebook, in a folder that is thrown away")
  func workplace() throws {
    let directory = try TemporaryDirectory()
    _ = try write("beside", in: directory, as: "data.txt")
    let file = try write(
      "```bash\nlipdyn --version; cat data.txt; echo; echo 1 > new.txt; echo changed > data.txt\n```\n```text\n0.1.0\nbeside\n```\n```bash\ncat new.txt\n```\n```text\n1\n```\n",
      in: directory)
    let run = try ToolRun("notebook", "check", file)
    #expect(run.status == 0, "\(run.output)")
    #expect(directory.contents.sorted() == ["a.md", "data.txt"])
    #expect(try String(contentsOfFile: directory.path("data.txt"), encoding: .utf8) == "beside")
    let printed = try ToolRun("notebook", "run", file).output
    #expect(printed.contains("$ cat new.txt\n1\n"))
  }

  @Test("a block that fails, hangs or prints unannounced is reported, and never promoted over")
  func failures() throws {
    let directory = try TemporaryDirectory()
    for (text, words) in [
      ("```bash\nfalse | true\n```\n", ":1: exit status 1, expected 0"),
      ("```bash\necho why >&2; exit 3\n```\n", ":1: exit status 3, expected 0: why"),
      ("<!-- check exit=3 -->\n```bash\ntrue\n```\n", ":2: exit status 0, expected 3"),
      ("<!-- check timeout=0.2 -->\n```bash\nsleep 30 & sleep 30\n```\n", ":2: killed after 0.2 s"),
    ] {
      let file = try write(text, in: directory)
      let run = try ToolRun("notebook", "check", file)
      #expect(run.status == 2 && run.output.contains(file + words), "\(run.output)")
      #expect(try ToolRun("notebook", "promote", file).status == 2)
      #expect(try String(contentsOfFile: file, encoding: .utf8) == text)
    }
    let silent = try write("```bash\necho a\n```\n", in: directory)
    #expect(try ToolRun("notebook", "check", silent).output.contains(":1: prints 1 lines, and no text block follows"))
    #expect(try ToolRun("notebook", "promote", silent).status == 2)
    #expect(try ToolRun("notebook", "check", silent).status == 0)
  }

  @Test("a quotation that is no longer true fails, and promote brings it up to date")
  func quotation() throws {
    let directory = try TemporaryDirectory()
    _ = try write("  // region: r\n  let a = 1\n  // endregion\n", in: directory, as: "s.swift")
    let file = try write("<!-- source s.swift region=r -->\n```swift\nlet a = 2\n```\n", in: directory)
    let run = try ToolRun("notebook", "check", file)
    #expect(run.status == 2)
    #expect(run.output.contains("\(file):3: quotes 'let a = 2', region r of s.swift has 'let a = 1'"))
    #expect(try ToolRun("notebook", "promote", file).status == 2)
    #expect(try ToolRun("notebook", "check", file).status == 0)
  }

  @Test("a figure must be drawn by a block; promote copies it to where it is shown")
  func figures() throws {
    let directory = try TemporaryDirectory()
    let text = "```bash\necho '<svg/>' > a.svg\n```\n<!-- figure a.svg -->\n![a](figures/shown.svg)\n"
    let file = try write(text, in: directory)
    let check = try ToolRun("notebook", "check", file)
    #expect(check.status == 2 && check.output.contains("\(file):5: shows figures/shown.svg, which is not there"))
    let promote = try ToolRun("notebook", "promote", file)
    #expect(promote.status == 2 && promote.output.contains("figures/shown.svg drawn anew"))
    #expect(try String(contentsOfFile: directory.path("figures/shown.svg"), encoding: .utf8) == "<svg/>\n")
    #expect(try ToolRun("notebook", "promote", file).status == 0)
    #expect(try ToolRun("notebook", "check", file).status == 0)
    // What was there before the blocks ran is not drawn by them.
    _ = try write("<svg/>", in: directory, as: "b.svg")
    let idle = try write(text.replacing("figure a.svg", with: "figure b.svg"), in: directory)
    #expect(try ToolRun("notebook", "check", idle).output.contains("no block before this figure writes b.svg"))
  }

  @Test("what cannot be read is refused in one line")
  func refusals() throws {
    let directory = try TemporaryDirectory()
    try ToolRun("notebook", "check", directory.path("none.md")).expectRefusal(naming: "none.md", "no such notebook")
    try ToolRun("notebook", "check", directory.url.path).expectRefusal(naming: "no .md file")
    let open = try write("text\n```bash\n", in: directory)
    try ToolRun("notebook", "check", open).expectRefusal(naming: "\(open):2:", "has no end", "close it")
    let option = try write("<!-- check speed=1 -->\n```bash\n```\n", in: directory)
    try ToolRun("notebook", "check", option).expectRefusal(naming: "\(option):1:", "'speed=1'", "use skip")
    try ToolRun("notebook", "check", "--threads", "0", option).expectRefusal(naming: "--threads 0", "at least 1")
    let lost = try write("<!-- source none.swift region=r -->\n```swift\n```\n", in: directory)
    try ToolRun("notebook", "check", lost).expectRefusal(naming: "none.swift", "cannot be read")
  }
}
