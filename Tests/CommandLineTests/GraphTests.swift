// The dependency graph: what a claim inherits, and the files that the command writes.

import Foundation
import Reporting
import Testing

@Suite("Dependency graph")
struct GraphTests {
  private static func node(_ id: String, _ verdict: String, uses: [String] = [], proof: [String] = [])
    -> DependencyGraph.Node
  {
    DependencyGraph.Node(id: id, number: "Lemma \(id)", verdict: verdict, statementUses: uses, proofUses: proof)
  }

  @Test("conditions are inherited through any number of arrows, of both kinds, and circles end")
  func inheritance() {
    let graph = DependencyGraph([
      Self.node("a", "fails as stated"), Self.node("b", "holds", proof: ["a"]), Self.node("c", "holds", uses: ["b"]),
      Self.node("d", "holds under H"), Self.node("e", "holds", uses: ["c"], proof: ["d"]),
      Self.node("f", "not run"), Self.node("g", "holds", uses: ["f"]), Self.node("h", "holds", uses: ["h"]),
    ])
    #expect(graph.conditions(of: "b").map(\.id) == ["a"])
    #expect(graph.conditions(of: "e").map(\.id) == ["a", "d"])
    for free in ["a", "d", "g", "h"] { #expect(graph.conditions(of: free).isEmpty) }
    let lines = graph.dot.split(separator: "\n")
    #expect(lines.contains("  \"c\" -> \"b\";") && lines.contains("  \"b\" -> \"a\" [style=dashed];"))
    #expect(lines.count { $0.contains("rests on") } == 3)
  }

  @Test("verdicts come from a record; every claim is a node")
  func fromRecord() throws {
    let directory = try TemporaryDirectory()
    let (record, dot) = (directory.path("r.json"), directory.path("g.dot"))
    #expect(try ToolRun("verify", "LogNormalMGF", "--json", record).status == 0)
    #expect(try ToolRun("graph", "--results", record, "--output", dot).status == 0)
    let text = try String(contentsOfFile: dot, encoding: .utf8)
    #expect(text.contains("Lemma 19\\nLogNormalMGF\\nholds"))
    #expect(text.contains("Theorem 14\\nLayerDynamics\\nnot run"))
    #expect(text.components(separatedBy: "[label=").count - 1 >= 30)
  }

  private static let hasGraphviz = ["/usr/bin/dot", "/usr/local/bin/dot"].contains(
    where: FileManager.default.fileExists)

  @Test("draws SVG by Graphviz", .enabled(if: hasGraphviz))
  func drawing() throws {
    let directory = try TemporaryDirectory()
    let (record, svg) = (directory.path("r.json"), directory.path("g.svg"))
    #expect(try ToolRun("verify", "LogNormalMGF", "--json", record).status == 0)
    #expect(try ToolRun("graph", "--results", record, "--output", svg).status == 0)
    let text = try String(contentsOfFile: svg, encoding: .utf8)
    #expect(text.contains("<svg") && text.contains("LogNormalMGF") && text.contains("</svg>"))
  }
}
