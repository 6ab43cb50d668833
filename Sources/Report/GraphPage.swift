// Which statement rests on which: drawn by Graphviz where there is one, and as a list everywhere.

internal import LipschitzDynamics
internal import Reporting

struct GraphPage {
  let site: SiteContext
  private let drawing: HTML?

  init(site: SiteContext, layOut: (String) -> String?) {
    self.site = site
    drawing = layOut(Self.dot(site)).flatMap(Self.inlined)
  }

  var page: Page { Page(file: "graph.html", title: "Dependencies", body: body) }

  /// The graph with a link and a class a node, so that the page's style colours it.
  private static func dot(_ site: SiteContext) -> String {
    var lines = [
      "digraph statements {", "  rankdir=BT; bgcolor=transparent; nodesep=0.18; ranksep=0.42;",
      "  node [shape=box, style=rounded, fontname=\"Helvetica\", fontsize=11, margin=\"0.1,0.05\"];",
      "  edge [arrowsize=0.55];",
    ]
    for claim in site.claims {
      let name = broken(claim.title.lowercased(first: claim.title))
      let inherited = site.graph.conditions(of: claim.slug)
      lines.append(
        "  \"\(claim.slug)\" [label=\"\(claim.standing.sign) \(claim.number)\\n\(name)\", URL=\"\(claim.file)\", "
          + "class=\"\(claim.standing.kind)\", tooltip=\"\(claim.slug): \(claim.standing.rawValue)"
          + (inherited.isEmpty ? "" : "; rests on \(inherited.map(\.number).joined(separator: ", "))")
          + "\"\(inherited.isEmpty ? "" : ", style=\"rounded,dashed\"")];")
    }
    for claim in site.claims {
      let direct = claim.paper.statementUses ?? []
      for used in direct { lines.append("  \"\(claim.slug)\" -> \"\(used)\";") }
      for used in claim.paper.proofUses ?? [] where !direct.contains(used) {
        lines.append("  \"\(claim.slug)\" -> \"\(used)\" [style=dashed];")
      }
    }
    return (lines + ["}", ""]).joined(separator: "\n")
  }

  /// At most two lines of a title.
  private static func broken(_ title: String) -> String {
    let words = title.split(separator: " ")
    guard title.count > 20, words.count > 1 else { return title }
    var best = (cut: 1, width: Int.max)
    for cut in 1..<words.count {
      let width = max(words[..<cut].joined(separator: " ").count, words[cut...].joined(separator: " ").count)
      if width < best.width { best = (cut, width) }
    }
    return words[..<best.cut].joined(separator: " ") + "\\n" + words[best.cut...].joined(separator: " ")
  }

  /// The drawing without what belongs to a file of its own, and without names that a page may have twice.
  private static func inlined(_ svg: String) -> HTML? {
    guard let start = svg.firstRange(of: "<svg"), let end = svg.firstRange(of: "</svg>") else { return nil }
    var text = String(svg[start.lowerBound..<end.upperBound])
    // Comments repeat what titles say.
    while let open = text.firstRange(of: "<!--"), let close = text[open.upperBound...].firstRange(of: "-->") {
      text.removeSubrange(open.lowerBound..<close.upperBound)
    }
    for name in [" xmlns=\"http://www.w3.org/2000/svg\"", " xmlns:xlink=\"http://www.w3.org/1999/xlink\""] {
      text = text.replacing(name, with: "")
    }
    text = text.replacing("xlink:href", with: "href").replacing("xlink:title", with: "aria-label")
    return HTML(figure: text.split(separator: "\n", omittingEmptySubsequences: true).joined(separator: "\n"))
  }

  @HTMLBuilder private var body: [HTML] {
    tag("h1") { "Dependencies" }
    tag("p") {
      "An arrow goes from a statement to what it uses: solid if the statement itself does, dashed if its proof does. A "
      "dashed frame marks a statement that rests, directly or through others, on one that is conditional. ● holds; ◐ "
      "holds under a hypothesis that the paper does not state; ○ fails as printed."
    }
    if let drawing {
      tag(
        "div", "drawing",
        ["tabindex": "0", "role": "region", "aria-label": "Graph of dependencies; the same as the list below"]
      ) {
        drawing
      }
    } else {
      tag("p", "soft") { "Graphviz was not at hand to draw the graph (apt install graphviz); here it is as a list." }
    }
    table(
      caption: "What each statement uses", ["statement", "verdict", "its statement uses", "its proof uses"],
      site.claims.map { claim in
        [
          HTML([site.reference(claim), HTML(", \(claim.title.lowercased(first: claim.title))")]), claim.standing.html,
          references(claim.paper.statementUses), references(claim.paper.proofUses),
        ]
      })
  }

  private func references(_ slugs: [String]?) -> HTML {
    HTML(
      (slugs ?? []).compactMap(site.claim).enumerated().map { n, claim in
        HTML([HTML(n > 0 ? ", " : ""), site.reference(claim)])
      })
  }
}
