// Which statement rests on which, drawn: boxes coloured by verdict, and what a claim inherits from those below it.

/// A directed graph of statements with their verdicts.
public struct DependencyGraph: Sendable {
  public struct Node: Sendable {
    public let id: String
    /// The number in the paper.
    public let number: String
    /// As in ``VerificationRecord/ClaimRow/verdict``.
    public let verdict: String
    public let statementUses: [String]
    public let proofUses: [String]

    public init(id: String, number: String, verdict: String, statementUses: [String], proofUses: [String]) {
      (self.id, self.number, self.verdict) = (id, number, verdict)
      (self.statementUses, self.proofUses) = (statementUses, proofUses)
    }

    var uses: [String] { statementUses + proofUses.filter { !statementUses.contains($0) } }
    /// Whether what rests on this node must be read with care.
    var isConditional: Bool { verdict != "holds" && verdict != DependencyGraph.notRun }
  }

  /// The verdict of a claim that no verification has seen.
  public static let notRun = "not run"

  public let nodes: [Node]

  public init(_ nodes: [Node]) { self.nodes = nodes }

  /// The statements below a node, direct or through others, that do not hold without condition; in the nodes' order.
  public func conditions(of id: String) -> [Node] {
    var seen: Set<String> = []
    var open = [id]
    while let next = open.popLast(), let node = nodes.first(where: { $0.id == next }) {
      open += node.uses.filter { seen.insert($0).inserted }
    }
    return nodes.filter { seen.contains($0.id) && $0.isConditional }
  }

  /// The graph in Graphviz' language: solid arrows for what a statement uses, dashed ones for its proof.
  public var dot: String {
    var lines = [
      "digraph statements {", "  rankdir=BT; bgcolor=white; nodesep=0.22; ranksep=0.45;",
      "  node [shape=box, style=\"rounded,filled\", fontname=\"Helvetica\", fontsize=11, margin=\"0.12,0.07\"];",
      "  edge [color=\"#666666\", arrowsize=0.6];",
    ]
    for node in nodes {
      let inherited = conditions(of: node.id)
      var label = "\(node.number)\\n\(node.id)\\n\(node.verdict)"
      if !inherited.isEmpty { label += "\\nrests on \(inherited.count) conditional" }
      let tooltip = inherited.map { "\($0.number): \($0.verdict)" }.joined(separator: "; ")
      lines.append(
        "  \(quoted(node.id)) [label=\(quoted(label)), fillcolor=\(quoted(Self.color(node.verdict)))"
          + (inherited.isEmpty
            ? "" : ", color=\"#b26a00\", penwidth=2, style=\"rounded,filled,dashed\", tooltip=\(quoted(tooltip))")
          + "];")
    }
    for node in nodes {
      for used in node.statementUses { lines.append("  \(quoted(node.id)) -> \(quoted(used));") }
      for used in node.proofUses where !node.statementUses.contains(used) {
        lines.append("  \(quoted(node.id)) -> \(quoted(used)) [style=dashed];")
      }
    }
    return (lines + ["}", ""]).joined(separator: "\n")
  }

  private static func color(_ verdict: String) -> String {
    switch verdict {
    case "holds": "#d9f0d3"
    case "holds under H": "#fff2b3"
    case "fails as stated": "#f8cfc4"
    case "refuted": "#e06666"
    default: "#e5e5e5"
    }
  }

  private func quoted(_ text: String) -> String { "\"\(text.replacing("\"", with: "\\\""))\"" }
}
