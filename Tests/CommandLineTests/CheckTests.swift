// lipdyn check and new-derivation: what they print, write and refuse.

import ArrayFiles
import Foundation
import Testing

@Suite("Checking derivations")
struct CheckTests {
  private func write(_ text: String, in directory: TemporaryDirectory, as name: String = "a.md") throws -> String {
    let path = directory.path(name)
    try AtomicFile.write(Array("```derivation\n\(text)\n```\n".utf8), to: path)
    return path
  }

  @Test("--watch checks again when the file changes")
  func watch() throws {
    let directory = try TemporaryDirectory()
    let record = directory.path("r.json")
    let path = try write("let a, b : scalar claim C: a + b = b + a", in: directory)
    func found() -> String { (try? String(contentsOfFile: record, encoding: .utf8)) ?? "" }
    let deadline = Date().addingTimeInterval(60)
    var (isChanged, isSeen) = (false, false)
    let run = try ToolRun(
      arguments: ["check", path, "--watch", "--json", record],
      killedWhen: {
        if !isChanged, found().contains("\"holds\"") {
          isChanged = (try? write("let a, b : scalar claim C: a + b = b - a", in: directory)) != nil
        }
        isSeen = isChanged && found().contains("\"refuted\"")
        return isSeen || Date() > deadline
      })
    #expect(run.status == SIGKILL && isSeen)
    #expect(run.output.contains("C: holds, exact") && run.output.contains("REFUTED"))
  }

  @Test("exit status tells what became of a document")
  func statuses() throws {
    let directory = try TemporaryDirectory()
    let cases: [(String, Int32, String)] = [
      ("let a, b : scalar claim C: a + b = b + a", 0, "C: holds, exact"),
      ("let a, b : scalar claim C: a + b = b - a", 2, "REFUTED"),
      ("let a : scalar assume a < 0 assume a > 0 claim C: a = a + 1", 3, "vacuous"),
      ("let a : scalar claim C: a + = a", 1, "error:"),
    ]
    for (text, status, words) in cases {
      let run = try ToolRun("check", try write(text, in: directory))
      #expect(run.status == status, "\(text): \(run.output)\(run.errors)")
      #expect(run.output.contains(words), "\(text): \(run.output)")
    }
  }

  @Test("an output that cannot be written is refused by its name, before any work")
  func unwritable() throws {
    let directory = try TemporaryDirectory()
    let file = try write("let a : scalar claim C: a = a", in: directory)
    for path in ["/proc/x.json", directory.path("none/x.json")] {
      let run = try ToolRun("check", file, "--json", path)
      #expect(run.status == 1 && run.output.isEmpty)
      #expect(run.errors.contains("\(path) cannot be written") && run.errors.contains("choose"), "\(run.errors)")
    }
  }

  @Test("JSON and LaTeX show the trees that were checked")
  func files() throws {
    let directory = try TemporaryDirectory()
    let file = try write(
      """
      let n : dimension
      let theta, E : matrix[n, n]
      assume (s, u, v) = top_singular_triplet(theta)
      claim Slope: D[opnorm](theta)[E] = u' E v
      claim Wrong: D[opnorm](theta)[E] = v' E u
      """, in: directory)
    let (json, latex) = (directory.path("r.json"), directory.path("r.tex"))
    let run = try ToolRun("check", file, "--json", json, "--latex", latex, "--seed", "3")
    #expect(run.status == 2)
    let record = try #require(
      try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: json))) as? [String: Any])
    #expect(record["schema"] as? Int == 1 && record["seed"] as? Int == 3 && record["machine"] != nil)
    let document = try #require((record["documents"] as? [[String: Any]])?.first)
    #expect(document["verdict"] as? String == "refuted")
    let claims = try #require(document["claims"] as? [[String: Any]])
    #expect(claims.map { $0["verdict"] as? String } == ["holds", "refuted"])
    let steps = try #require(claims[1]["steps"] as? [[String: Any]])
    let example = try #require(steps[0]["counterexample"] as? [String: Any])
    #expect(example["left"] as? String != example["right"] as? String && example["certainty"] as? String == "exact")
    let article = try String(contentsOfFile: latex, encoding: .utf8)
    #expect(article.contains(#"D \sigma_{1}(\theta)\left[E\right] = u^{\top} E v"#))
    #expect(article.contains(#"\begin{document}"#) && article.hasSuffix("\\end{document}\n"))
  }

  @Test("the same seed gives the same report on any number of threads")
  func reproducible() throws {
    let directory = try TemporaryDirectory()
    let files = try (0..<3).map {
      try write(
        "let x : vector[3] claim C: norm(x) <= 2 norm(x) claim F: norm(x)^2 = x[1]^2", in: directory, as: "\($0).md")
    }
    let once = try ToolRun(arguments: ["check", "--details", "--threads", "1"] + files)
    #expect(once.output == (try ToolRun(arguments: ["check", "--details", "--threads", "3"] + files)).output)
    #expect(once.output.contains("0 of 3 documents hold"))
  }

  @Test("bad input is refused with what to do", arguments: ["missing.md", "."])
  func refusals(_ name: String) throws {
    let run = try ToolRun("check", name)
    #expect(run.status == 1 && run.errors.hasPrefix("lipdyn: ") && run.errors.contains(name))
  }

  @Test("a huge file and a binary one are refused")
  func hostileFiles() throws {
    let directory = try TemporaryDirectory()
    let huge = directory.path("huge.md")
    try AtomicFile.write([UInt8](repeating: 97, count: 11_000_000), to: huge)
    let run = try ToolRun("check", huge)
    #expect(run.status == 1 && (run.errors + run.output).contains("huge.md"))
    let binary = directory.path("binary.md")
    try AtomicFile.write((0..<5_000).map { UInt8($0 % 256) }, to: binary)
    #expect(try ToolRun("check", binary).status == 1)
  }

  @Test("new-derivation writes what check accepts, and overwrites nothing")
  func template() throws {
    let directory = try TemporaryDirectory()
    let first = try ToolRun(in: directory, "new-derivation", "Mine")
    #expect(first.status == 0)
    #expect(try ToolRun("check", directory.path("Mine.md")).status == 0)
    let again = try ToolRun(in: directory, "new-derivation", "Mine")
    #expect(again.status == 1 && again.errors.contains("there already"))
    #expect(try ToolRun(in: directory, "new-derivation", "../x").status == 1)
  }
}
