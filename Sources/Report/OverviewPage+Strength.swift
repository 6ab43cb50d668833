// The overview's second half: how strong the evidence is, what was not verified, and how to have it all again.

internal import Derivations
internal import Experiments
internal import LipschitzDynamics
internal import Reporting
internal import SymbolicCalculus
internal import VerificationKit

extension OverviewPage {
  // MARK: Strength

  @HTMLBuilder var strength: [HTML] {
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

  @HTMLBuilder var limits: [HTML] {
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

  @HTMLBuilder var reproduction: [HTML] {
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
