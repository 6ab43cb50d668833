// A derivation on its claim's page: the trees that were checked, each step with its reason and its evidence.

internal import Derivations
internal import LipschitzDynamics
internal import Reporting
internal import SymbolicCalculus

struct DerivationSection {
  let outcome: DocumentOutcome

  @HTMLBuilder var body: [HTML] {
    let steps = outcome.claims.flatMap(\.steps)
    tag("p") {
      tag("span", outcome.isProved ? "good" : "bad") {
        outcome.isProved ? "Every step holds" : outcome.isRefuted ? "A step is refuted" : "Not every step is shown"
      }
      ": \(counted(outcome.claims.count, "claim")), \(counted(steps.count, "step")). Statements and steps are set "
      "from the trees that the checker evaluated; the prose between them is the document’s."
    }
    if !outcome.document.errors.isEmpty {
      tag("pre") { tag("code") { outcome.document.renderedErrors.joined(separator: "\n") } }
    }
    tag("div", "proof") {
      for part in parts {
        switch part {
        case .prose(let text): self.prose(text)
        case .claims(let claims): for claim in claims { self.claim(claim) }
        }
      }
    }
    let strengths = Dictionary(grouping: steps.compactMap { $0.finding.evidence }) {
      "\($0.kind.rawValue): \($0.strength)"
    }
    if !strengths.isEmpty {
      tag("details") {
        tag("summary") { "How strong the steps are" }
        tag("ul", "small") {
          for (strength, all) in strengths.sorted(by: { ($1.value.count, $0.key) < ($0.value.count, $1.key) }) {
            tag("li") { "\(counted(all.count, "step")), \(strength)." }
          }
        }
      }
    }
    tag("details") {
      tag("summary") { "The document as it is written" }
      tag("pre") { tag("code") { outcome.document.source.text } }
    }
  }

  private enum Part {
    case prose(String)
    case claims([ClaimOutcome])
  }

  /// The document's prose and the claims of its blocks, in order.
  private var parts: [Part] {
    let source = outcome.document.source
    let bytes = Array(source.text.utf8)
    var parts: [Part] = []
    var end = 0
    for block in source.blocks + [bytes.count..<bytes.count] {
      // The fences around a block are not prose.
      let text = String(decoding: bytes[end..<max(end, block.lowerBound)], as: UTF8.self)
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false).filter { !$0.hasPrefix("```") }
      parts.append(.prose(lines.joined(separator: "\n")))
      parts.append(.claims(outcome.claims.filter { block.contains($0.span.lowerBound) }))
      end = max(end, block.upperBound)
    }
    return parts
  }

  @HTMLBuilder private func prose(_ text: String) -> [HTML] {
    for block in Markdown(text).blocks {
      switch block {
      // The page has a title of its own.
      case .heading(1, _): HTML.empty
      case .heading(_, let title): tag("h3") { inline(title) }
      case .paragraph(let text): tag("p") { inline(text) }
      case .code(let text): tag("pre") { tag("code") { text } }
      case .table(let rows):
        table(caption: "Of the document", (rows.first ?? []).map(inline), rows.dropFirst().map { $0.map(inline) })
      case .picture(let alt, _): tag("p", "soft") { alt }
      }
    }
  }

  private func inline(_ text: String) -> HTML {
    Markdown.inline(text) { target in
      guard let file = target.split(separator: "/").last, file.hasSuffix(".md"),
        Self.claimPages.contains(String(file.dropLast(3)))
      else { return nil }
      return "\(file.dropLast(3)).html#derivation"
    }
  }

  @HTMLBuilder private func claim(_ claim: ClaimOutcome) -> [HTML] {
    tag("div", "claim") {
      tag("span", "soft") { "\(Self.words(claim.name)). " }
      claim.statement.mathML
      if !claim.isProved {
        tag("span", "bad") {
          " \(claim.isRefuted ? "refuted" : "not shown")" + (claim.obstacle.map { ": \($0)" } ?? "")
        }
      }
    }
    if let only = claim.steps.first, claim.steps.count == 1, only.statement == claim.statement {
      tag("p", "note") { [reason(only), ", ", verdict(only)] }
    } else {
      for chain in chains(claim) {
        tag("div", "chain") {
          if let name = chain.name { tag("div", "why first") { "Lemma \(Self.words(name))." } }
          tag("div", "line first") { chain.steps[0].statement.left.mathML }
          for step in chain.steps {
            tag("div", "line step") { MathML.row([step.statement.relation.mathML, step.statement.right.mathML]) }
            tag("div", "why") { reason(step) }
            tag("div", "how") { verdict(step) }
          }
        }
      }
    }
  }

  private func chains(_ claim: ClaimOutcome) -> [(name: String?, steps: [StepReport])] {
    var all: [(name: String?, steps: [StepReport])] = []
    for step in claim.steps {
      // What joins a chain's end to the claim stands by itself.
      if let last = all.last, last.name == step.lemma, step.number > 1 {
        all[all.count - 1].steps.append(step)
      } else {
        all.append((step.lemma, [step]))
      }
    }
    return all
  }

  private func verdict(_ step: StepReport) -> HTML {
    if case .rejected(let why) = step.reasonFinding {
      return tag("span", "bad", ["title": why]) { "wrong reason" }
    }
    switch step.finding {
    case .holds(let evidence): return tag("span", nil, ["title": evidence.strength]) { evidence.kind.rawValue }
    case .refuted: return tag("span", "bad") { "refuted" }
    case .undecided(let why): return tag("span", "bad", ["title": why]) { "not decided" }
    case .vacuous(let why): return tag("span", "bad", ["title": why]) { "vacuous" }
    }
  }

  private func reason(_ step: StepReport) -> HTML {
    guard let reason = step.reason else { return "by evaluation" }
    switch reason {
    case .algebra: return "by algebra"
    case .definition: return "by definition"
    case .assumption: return "by assumption"
    case .differentiation: return "by differentiation"
    case .ito: return "by Itô’s formula"
    case .isserlis: return "by Isserlis’ theorem"
    case .words(let words): return Report.prose(words)
    case .cite(let document, let name):
      guard let document, Self.claimPages.contains(document) else {
        return HTML("by \(document.map { Self.words($0) + ", " } ?? "")\(Self.words(name))")
      }
      return HTML([
        HTML("by "), link("\(document).html#derivation") { Self.words(document) }, HTML(", \(Self.words(name))"),
      ])
    }
  }

  /// Documents that have a page of their own.
  private static let claimPages = Set(PaperClaims.slugs)

  /// "MeanSecondMoment" in words.
  private static func words(_ name: String) -> String {
    var result = ""
    for character in name {
      if character.isUppercase, let last = result.last, last.isLowercase { result += " " }
      result.append(character == "_" ? " " : character)
    }
    return result
  }
}
