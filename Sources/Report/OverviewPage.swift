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

  private var record: VerificationRecord { site.inputs.record }
  private var rows: [VerificationRecord.ClaimRow] { site.run.compactMap(\.row) }
  private var steps: [StepReport] { site.inputs.derivations.flatMap(\.claims).flatMap(\.steps) }

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
    var text = "\(counted(rows.count, "statement")) of the paper, complements included, "
    text += "\(rows.count == 1 ? "was" : "were") put to \(counted(rows.reduce(0) { $0 + $1.checks.count }, "check")). "
    text += "So that a pass means something, \(planted) wrong versions of them were planted; "
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

  // MARK: Strength

  @HTMLBuilder private var strength: [HTML] {
    tag("h2", nil, ["id": "strength"]) { "How strong the evidence is" }
    tag("p") {
      "No single check proves a statement for all inputs. What each kind can say at best, and how many checks there are "
      "of it:"
    }
    table(
      "stack", caption: "Kinds of evidence", ["kind", "checks", "says at best"],
      CheckKind.allCases.compactMap { kind in
        let n = rows.reduce(0) { $0 + $1.checks.count { $0.evidence == kind.rawValue } }
        return n == 0 ? nil : [HTML(kind.long), HTML("\(n)"), HTML(kind.strength + ".")]
      })
    if !steps.isEmpty {
      let kinds = Dictionary(grouping: steps.compactMap { $0.finding.evidence?.kind }) { $0 }.mapValues(\.count)
      tag("p") {
        "Derivations are stronger where their steps are "
        tag("em") { "exact" }
        ": an identity of rational functions in all entries, or one that a false identity would pass with a stated, "
        "negligible probability (\(kinds[.exact] ?? 0) of \(steps.count) steps). An "
        tag("em") { "enclosed" }
        " step agrees in rigorous interval arithmetic at random points (\(kinds[.enclosed] ?? 0)); a "
        tag("em") { "sampled" }
        " one rests on simulation (\(kinds[.sampled] ?? 0))."
      }
    }
    tag("p") {
      "All tests of means together refute something true with a probability of at most "
      HTML(scientific(record.falseAlarmBudget))
      ", fixed before the run; ladders of steps refute outside a 99.9 % interval widened by a stated margin. Sample sizes "
      "are planned so that the nearest wrong version would be seen; no tolerance is typed into a test, each is derived "
      "from a count of operations, a condition number or an interval."
    }
  }

  // MARK: Limits

  @HTMLBuilder private var limits: [HTML] {
    let unchecked = site.inputs.paper.statements.filter { $0.notChecked != nil }
    let notRun = site.claims.filter { $0.row == nil }
    let underived = site.claims.filter { $0.derivation == nil }
    tag("h2", nil, ["id": "limits"]) { "What was not verified" }
    tag("ul") {
      for statement in unchecked {
        tag("li") { prose("\(statement.number), \(statement.title): \(statement.notChecked ?? "").") }
      }
      if !notRun.isEmpty {
        tag("li") {
          "Not in this run: "
          for (n, claim) in notRun.enumerated() {
            if n > 0 { ", " }
            site.reference(claim)
          }
          ". Run "
          tag("code") { "lipdyn verify --json FILE" }
          " without names to have them all."
        }
      }
      if site.inputs.derivations.isEmpty {
        tag("li") {
          "No derivations are in this report. Run "
          tag("code") { "lipdyn report --proofs Proofs" }
          " where the package’s Proofs folder is."
        }
      } else if !underived.isEmpty {
        tag("li") {
          "Without a derivation, so by checks alone: "
          for (n, claim) in underived.enumerated() {
            if n > 0 { "; " }
            site.reference(claim)
            if let why = claim.paper.notDerived { [HTML(" ("), prose(why), HTML(")")] }
          }
          "."
        }
      }
      if record.tier == "quick" {
        tag("li") {
          "This run is of the quick tier; the full tier takes samples sixteen times as large ("
          tag("code") { "lipdyn verify --tier full" }
          ")."
        }
      }
      tag("li") {
        "Each verdict is for its own step. A claim that rests on a conditional one inherits the condition; "
        link("graph.html") { "the dependencies" }
        " show where."
      }
    }
    if let open = site.inputs.findings.flatMap(Self.leftOpen) { tag("p") { Markdown.inline(open) { _ in nil } } }
    experiments
  }

  /// The findings' own last word on what they do not reach.
  private static func leftOpen(_ text: String) -> String? {
    let blocks = Markdown(text).blocks
    guard
      let start = blocks.firstIndex(where: {
        if case .heading(_, let title) = $0 { title.lowercased().contains("left open") } else { false }
      }), start + 1 < blocks.count, case .paragraph(let paragraph) = blocks[start + 1]
    else { return nil }
    return paragraph
  }

  private var experiments: HTML {
    let all = site.inputs.experiments.flatMap(\.outcome.findings)
    return tag("p") {
      if all.isEmpty {
        "The paper’s experiments are not in this report; "
        link("experiments.html") { "how to run them" }
        "."
      } else {
        let agreeing = all.count { $0.verdict == .agrees }
        "Of \(counted(all.count, "prediction")) measured in \(counted(site.inputs.experiments.count, "experiment")) on networks, "
        "\(agreeing) agree; "
        link("experiments.html") { "the rest" }
        " disagree, agree in sign only, or are not decidable at the scale that was run."
      }
    }
  }

  @HTMLBuilder private var reproduction: [HTML] {
    tag("h2", nil, ["id": "reproduce"]) { "Run it again" }
    tag("pre") {
      tag("code") {
        "lipdyn verify --seed \(record.seed) --tier \(record.tier) --json results.json\n"
        "lipdyn check Proofs/*.md\n"
        "lipdyn report --from results.json --output report\n"
      }
    }
    tag("p", "small soft") {
      "Libraries of this run: "
      record.machine.libraries.sorted { $0.key < $1.key }.filter { $0.key != "lipdyn" }
        .map { $0.value.lowercased().hasPrefix($0.key.lowercased()) ? $0.value : "\($0.key) \($0.value)" }
        .joined(separator: "; ")
      "."
    }
  }
}

extension String {
  /// The same with a small first letter, unless the word is a name or an abbreviation.
  func lowercased(first text: String) -> String {
    let word = text.prefix { $0 != " " }
    let isName = word.dropFirst().contains { $0.isUppercase } || word.hasPrefix("Lipschitz") || word.hasPrefix("Fisher")
    return isName ? text : text.prefix(1).lowercased() + text.dropFirst()
  }
}

/// A refutation's text in its three parts.
struct Contradiction {
  let place: String?
  let claimed: String?
  let found: String

  init(_ text: String) {
    var rest = text.hasPrefix("refuted ") ? String(text.dropFirst(8)) : text
    if rest.hasPrefix("at "), let claimedAt = rest.firstRange(of: ": claimed "),
      let foundAt = rest[claimedAt.upperBound...].firstRange(of: ", found ")
    {
      place = String(rest[..<claimedAt.lowerBound].dropFirst(3))
      claimed = String(rest[claimedAt.upperBound..<foundAt.lowerBound])
      rest = String(rest[foundAt.upperBound...])
    } else {
      (place, claimed) = (nil, nil)
    }
    found = rest
  }

  /// "At …: claimed …; found …."
  var sentence: String {
    guard let place, let claimed else { return found.sentence + "." }
    return "At \(place): claimed \(claimed); found \(found)."
  }
}

/// "2026-11-28 11:29 UTC" of ISO 8601.
func day(_ date: String) -> String {
  guard date.hasSuffix("Z"), date.count == 20 else { return date }
  return date.prefix(16).replacing("T", with: " ") + " UTC"
}

/// A share of one in percent, with enough digits to be seen.
func percent(_ share: Double) -> String {
  guard share.isFinite else { return "–" }
  let value = share * 100
  if value == 0 { return "0 %" }
  return value < 0.05 ? "< 0.1 %" : value < 9.95 ? String(format: "%.1f %%", value) : String(format: "%.0f %%", value)
}

/// Three significant digits.
func short(_ x: Double) -> String {
  String(format: "%.3g", x == 0 ? 0 : x).replacing("-", with: "−")
}

/// A power of ten as a reader writes it.
func scientific(_ x: Double) -> String {
  guard x > 0, x < 1e-3 else { return short(x) }
  let exponent = Int(log10(x).rounded(.down))
  let mantissa = x / pow(10, Double(exponent))
  let digits = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]
  let raised =
    "⁻"
    + "\(-exponent)".map { ["⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"][digits.firstIndex(of: String($0)) ?? 0] }
    .joined()
  return abs(mantissa - 1) < 0.005 ? "10\(raised)" : "\(short(mantissa)) · 10\(raised)"
}
