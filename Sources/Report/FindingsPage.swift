// The findings as the package keeps them in Markdown, with links to the statements' pages.

struct FindingsPage {
  let site: SiteContext
  private let blocks: [Markdown.Block]

  init(site: SiteContext, text: String) {
    self.site = site
    blocks = Markdown(text).blocks
  }

  var page: Page {
    Page(file: "findings.html", title: "Findings", body: blocks.map(html))
  }

  /// Names of the pictures shown that are at hand.
  var pictures: [String] {
    blocks.compactMap { block in
      guard case .picture(_, let file) = block else { return nil }
      let name = Self.name(file)
      return site.inputs.pictures[name] == nil ? nil : name
    }
  }

  /// Headings of the sections whose command names a claim.
  func sections(naming slug: String) -> [String] {
    var heading: String?
    var found: [String] = []
    for block in blocks {
      switch block {
      case .heading(_, let title): heading = title
      case .code(let text):
        let words = text.split { $0 == " " || $0 == "\n" }.map(String.init)
        if words.contains(slug), let heading, !found.contains(heading) { found.append(heading) }
      default: break
      }
    }
    return found
  }

  private static func name(_ file: String) -> String { file.split(separator: "/").last.map(String.init) ?? file }

  private func html(_ block: Markdown.Block) -> HTML {
    switch block {
    case .heading(let depth, let title):
      return tag("h\(min(depth, 3))", nil, ["id": Markdown.anchor(title)]) { prose(title) }
    case .paragraph(let text): return tag("p") { inline(text) }
    case .code(let text):
      return tag("pre") { tag("code") { text } }
    case .table(let rows):
      return table(
        "stack", caption: "What is missing, statement by statement", (rows.first ?? []).map(inline),
        rows.dropFirst().map { $0.map(inline) })
    case .picture(let alt, let file):
      let name = Self.name(file)
      return tag("figure") {
        if site.inputs.pictures[name] != nil { tag("img", nil, ["src": "figures/\(name)", "alt": alt]) }
        tag("figcaption") { prose(alt) }
      }
    }
  }

  private func inline(_ text: String) -> HTML {
    Markdown.inline(text) { target in
      if target.hasPrefix("#") {
        let known = blocks.contains {
          if case .heading(_, let title) = $0 { "#" + Markdown.anchor(title) == target } else { false }
        }
        return known ? target : nil
      }
      if target.hasPrefix("https://arxiv.org/") { return target }
      return Self.name(target) == "graph.svg" ? "graph.html" : nil
    }
  }
}
