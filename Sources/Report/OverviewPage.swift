// What a reader decides from: what was verified, how, how strongly, what the paper lacks, and what was not looked at.

internal import Derivations
internal import Experiments
private import Foundation
internal import LipschitzDynamics
internal import Reporting
internal import SymbolicCalculus
internal import VerificationKit

struct OverviewPage {
  let site: SiteContext

  var record: VerificationRecord { site.inputs.record }
  var rows: [VerificationRecord.ClaimRow] { site.run.compactMap(\.row) }
  var steps: [StepReport] { site.inputs.derivations.flatMap(\.claims).flatMap(\.steps) }

  var page: Page {
    Page(file: "index.html", title: "A verification report on the Lipschitz dynamics of SGD", body: body)
  }

  @HTMLBuilder private var body: [HTML] {
    opening
    guide
    failures
    missing
    verdicts
    strength
    limits
    reproduction
  }

  // MARK: The opening

  @HTMLBuilder private var opening: [HTML] {
    tag("p", "kicker") { "A verification report on \(site.inputs.paper.paper)" }
    tag("h1") { SiteContext.paperTitle }
    tag("p", "lead") { HTML(summary) }
    bar
    tag("dl", "facts") {
      for (name, value) in facts { tag("div") { [tag("dt") { name }, tag("dd") { value }] } }
    }
  }

  private func count(_ standing: Standing) -> Int { site.run.count { $0.standing == standing } }

  private var summary: String {
    let planted = rows.reduce(0) { $0 + $1.mutantsPlanted }
    let killed = rows.reduce(0) { $0 + $1.mutantsKilled }
    let own = rows.count { $0.number.hasPrefix("Complement") }
    var text = counted(rows.count - own, "statement") + " of the paper "
    if own > 0 { text += "and \(counted(own, "complement")) " }
    text += "\(rows.count == 1 ? "was" : "were") put to \(counted(rows.reduce(0) { $0 + $1.checks.count }, "check")). "
    let dropped = rows.reduce(0) { $0 + $1.boundaries.count }
    text += "So that a pass means something, \(counted(planted - dropped, "wrong version")) of them were planted, "
    text += "and \(counted(dropped, "hypothesis", "hypotheses")) dropped; "
    text += killed == planted ? "the checks caught every one. " : "the checks caught \(killed), and missed the rest. "
    if !site.inputs.derivations.isEmpty {
      let accepted = steps.count { $0.isAccepted }
      text += "\(counted(site.inputs.derivations.count, "derivation")) "
      text +=
        "of \(counted(steps.count, "step")) \(site.inputs.derivations.count == 1 ? "was" : "were") checked line by line; "
      text += accepted == steps.count ? "every step holds." : "\(steps.count - accepted) steps do not."
    }
    return text
  }

  /// The verdicts in proportion.
  @HTMLBuilder private var bar: [HTML] {
    let shares = Standing.allCases.map { ($0, count($0)) }.filter { $0.1 > 0 }
    tag("div", "bar", ["aria-hidden": "true"]) {
      for (standing, n) in shares { tag("span", standing.kind, ["style": "flex:\(n)"]) }
    }
    tag("ul", "key") {
      for (standing, n) in shares { tag("li") { [HTML("\(n) "), standing.html] } }
    }
  }

  private var facts: [(String, String)] {
    let machine = record.machine
    return [
      ("version", site.version), ("seed", "\(record.seed)"), ("tier", record.tier),
      ("date of the run", record.date.map(day) ?? "not recorded"),
      ("machine", "\(machine.processor), \(counted(machine.cores, "core")); \(machine.system)"),
    ]
  }

  private var guide: HTML {
    tag("section", nil, ["aria-labelledby": "ten-minutes"]) {
      tag("h2", nil, ["id": "ten-minutes"]) { "If you have ten minutes" }
      tag("ol") {
        if count(.fails) + count(.holdsUnder) > 0 {
          tag("li") {
            "Read "
            link("#failures") { "what fails as printed" }
            " and "
            link("#missing") { "what is not stated" }
            ": the places where you would be misled by the paper’s text."
          }
        }
        if let strict = site.claim("OperatorNormHessian") {
          tag("li") {
            "Open one statement that you can judge yourself, say "
            link(strict.file) { "\(strict.number) on the Hessian of the operator norm" }
            ": its hypotheses, what each check measured, which wrong versions each check caught, and its derivation."
          }
        }
        tag("li") {
          "Look at "
          link("#limits") { "what was not verified" }
          " before you rely on any of it."
        }
        tag("li") {
          "Run it: "
          link("#reproduce") { "one command" }
          " repeats every digit that the seed decides."
        }
      }
    }
  }

  // MARK: Findings

  @HTMLBuilder private var failures: [HTML] {
    let failing = site.run.filter { [.fails, .refuted].contains($0.standing) }
    if !failing.isEmpty {
      tag("h2", nil, ["id": "failures"]) { "False as printed" }
      tag("p") {
        "Here the paper claims its conclusion where it fails. Each is shown twice by running code: the failure, and the "
        "statement that holds, which is the one set out here."
      }
      for claim in failing {
        tag("section", "statement \(claim.standing.kind)", ["id": "f-\(claim.slug)"]) {
          tag("p", "kicker") {
            site.reference(claim)
            ", \(claim.title.lowercased(first: claim.title)) "
          }
          typeset(claim.statement.formula)
          for end in claim.news.filter({ claim.standing(of: $0.droppedHypothesis) != .unstated }) {
            tag("p", "small") {
              tag("span", "bad") { "Fails without: " }
              prose(end.droppedHypothesis + ".")
              " "
              prose(Contradiction(end.counterexample).sentence)
            }
          }
        }
      }
    }
  }

  @HTMLBuilder private var missing: [HTML] {
    let needed = site.run.flatMap { claim in
      claim.news.filter { claim.standing(of: $0.droppedHypothesis) == .unstated }.map { (claim, $0) }
    }
    if !needed.isEmpty {
      tag("h2", nil, ["id": "missing"]) { "Needed, and not stated" }
      tag("p") {
        "These conclusions hold, under a hypothesis that the text does not give. Each has a counterexample that runs "
        "without it"
        if site.inputs.findings != nil {
          "; "
          link("findings.html") { "the findings" }
          " tell the whole story"
        }
        "."
      }
      table(
        "stack", caption: "Hypotheses that the paper does not state",
        ["statement", "needs", "without it, use instead"],
        needed.map { claim, end in
          [
            tag("span", "number") { site.reference(claim) }, prose(end.droppedHypothesis), prose(end.remedy),
          ]
        })
    }
  }

  // MARK: Verdicts

  @HTMLBuilder private var verdicts: [HTML] {
    let kinds = CheckKind.allCases.filter { kind in
      rows.contains { $0.checks.contains { $0.evidence == kind.rawValue } }
    }
    tag("h2", nil, ["id": "verdicts"]) { "Verdicts" }
    tag("p") {
      "A column counts the checks of one kind of evidence. A claim needs at least two kinds; each check has caught every "
      "wrong version that it does not declare itself blind to. The last columns: the weakest step of the derivation, wrong "
      "versions caught, and the largest share of its allowed error that any check used."
    }
    let lines = site.sections.flatMap { part in
      [sectionRow(part.section, columns: kinds.count + 5)] + part.claims.map { row($0, kinds) }
    }
    tag("div", "scroll", ["tabindex": "0", "role": "region", "aria-label": "Verdicts by section"]) {
      tag("table", "matrix") {
        tag("caption") { "Verdict and evidence of every statement, by section of the paper" }
        tag("thead") {
          tag("tr") {
            for name in ["statement", "verdict"] + kinds.map(\.short) + ["derivation", "caught", "allowance used"] {
              tag("th", nil, ["scope": "col"]) { name }
            }
          }
        }
        tag("tbody") { lines }
      }
    }
  }

  private func sectionRow(_ section: Paper.Section?, columns: Int) -> HTML {
    tag("tr", "section") {
      tag("th", nil, ["scope": "rowgroup", "colspan": "\(columns)"]) {
        section.map { "Section \($0.number), \($0.title)" } ?? "The paper"
      }
    }
  }

  private func row(_ claim: SiteClaim, _ kinds: [CheckKind]) -> HTML {
    tag("tr") {
      tag("th", nil, ["scope": "row"]) {
        site.reference(claim)
        ", \(claim.title.lowercased(first: claim.title))"
      }
      tag("td") { claim.standing.html }
      for kind in kinds {
        let n = claim.row?.checks.count { $0.evidence == kind.rawValue } ?? 0
        tag("td") { tag("span", "count") { n == 0 ? "" : "\(n)" } }
      }
      tag("td") { derivation(claim) }
      tag("td", "number") { claim.row.map { "\($0.mutantsKilled) of \($0.mutantsPlanted)" } ?? "" }
      tag("td", "number") { claim.row?.budgetUsed.map(percent) ?? "" }
    }
  }

  private func derivation(_ claim: SiteClaim) -> HTML {
    guard let outcome = claim.derivation else {
      return tag("span", "soft") { claim.paper.notDerived == nil ? "" : "none" }
    }
    if let weakest = outcome.weakest { return HTML(weakest.rawValue) }
    return tag("span", "bad") { outcome.isRefuted ? "refuted" : "not shown" }
  }
}
