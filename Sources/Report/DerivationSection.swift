// A derivation on its claim's page: the trees that were checked, each step with its reason and its evidence.

internal import Derivations
internal import LipschitzDynamics
internal import SymbolicCalculus

struct DerivationSection {
  let outcome: DocumentOutcome

  @HTMLBuilder var body: [HTML] {
    let steps = outcome.claims.flatMap(\.steps)
    tag("p") {
      tag("span", outcome.isProved ? "good" : "bad") {
        outcome.isProved ? "Every step holds" : outcome.isRefuted ? "A step is refuted" : "Not every step is shown"
      }
      ": \(counted(outcome.claims.count, "claim")), \(counted(steps.count, "step")). The formulas below are set from the "
      "trees that the checker evaluated, not from a text beside them."
    }
    if !outcome.document.errors.isEmpty {
      tag("pre") { tag("code") { outcome.document.renderedErrors.joined(separator: "\n") } }
    }
    tag("div", "proof") {
      for (index, claim) in outcome.claims.enumerated() {
        if let section = claim.section, index == 0 || outcome.claims[index - 1].section != section {
          tag("h3") { Self.words(section) }
        }
        self.claim(claim)
      }
    }
    tag("details") {
      tag("summary") { "The document as it is written" }
      tag("pre") { tag("code") { outcome.document.source.text } }
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
    case .words(let words): return prose(words)
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
