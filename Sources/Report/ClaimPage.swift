// One statement: what it says, what it needs, why it is believed, and how the belief could have failed.

internal import Derivations
internal import Experiments
internal import LipschitzDynamics
internal import Reporting
internal import SymbolicCalculus
internal import VerificationKit

struct ClaimPage {
  let site: SiteContext
  let claim: SiteClaim

  var page: Page { Page(file: claim.file, title: "\(claim.number), \(claim.title)", body: body) }

  @HTMLBuilder private var body: [HTML] {
    tag("p", "kicker") {
      claim.number
      if let section = claim.section { " · Section \(section.number), \(section.title)" }
    }
    tag("h1") { claim.title }
    tag("p") { claim.standing.html }
    tag("div", "statement \(claim.standing.kind)") {
      typeset(claim.statement.formula)
      tag("p") { prose(claim.statement.meaning) }
    }
    tag("p") {
      tag("span", "soft") { "Changed from print: " }
      prose(claim.statement.differsFromPrint + ".")
    }
    facts
    hypotheses
    ends
    if let row = claim.row {
      evidence(row)
      wrongVersions(row)
    } else {
      tag("h2") { "Evidence" }
      tag("p") {
        "This claim was not in the run that the report is made from. Run "
        tag("code") { "lipdyn verify --json FILE" }
        " without names to have it."
      }
    }
    derivation
    dependencies
    elsewhere
    tag("h2") { "Run it again" }
    tag("pre") { tag("code") { commands } }
    turn
  }

  private var facts: HTML {
    tag("dl", "facts") {
      tag("div") { [tag("dt") { "name" }, tag("dd", "slug") { tag("code") { claim.slug } }] }
      if let row = claim.row {
        tag("div") { [tag("dt") { "checks" }, tag("dd") { "\(row.checks.count)" }] }
        tag("div") {
          [tag("dt") { "wrong versions caught" }, tag("dd") { "\(row.mutantsKilled) of \(row.mutantsPlanted)" }]
        }
        if let used = row.budgetUsed {
          tag("div") { [tag("dt") { "largest share of an allowed error" }, tag("dd") { percent(used) }] }
        }
      }
      if let outcome = claim.derivation {
        tag("div") {
          [
            tag("dt") { "derivation" },
            tag("dd") {
              link("#derivation") { outcome.isProved ? "holds" : outcome.isRefuted ? "refuted" : "not shown" }
              outcome.weakest.map { ", \($0.rawValue)" } ?? ""
            },
          ]
        }
      }
    }
  }

  // MARK: Hypotheses

  @HTMLBuilder private var hypotheses: [HTML] {
    tag("h2") { "Hypotheses" }
    if claim.statement.hypotheses.isEmpty {
      tag("p") { "None." }
    } else {
      table(
        "stack", caption: "Hypotheses of \(claim.number)", ["hypothesis", "standing"],
        claim.statement.hypotheses.map { hypothesis in
          [
            prose(hypothesis.text.sentence + "."),
            tag("span", hypothesis.standing.kind) { hypothesis.standing.label },
          ]
        })
    }
  }

  @HTMLBuilder private var ends: [HTML] {
    if let boundaries = claim.row?.boundaries, !boundaries.isEmpty {
      tag("h2") { "Where the conclusion ends" }
      tag("p") {
        "Inputs outside a hypothesis, on which the conclusion is expected to fail, and does unless it says otherwise."
      }
      for end in boundaries {
        let standing = claim.standing(of: end.droppedHypothesis)
        let contradiction = Contradiction(end.counterexample)
        tag("section", "end \(end.stated ? "none" : standing.kind)") {
          tag("h3") { prose(end.name.sentence) }
          tag("dl") {
            tag("dt") { "breaks" }
            tag("dd") { [prose(end.droppedHypothesis), tag("span", "soft") { " (\(standing.label))" }] }
            if let place = contradiction.place { [tag("dt") { "at" }, tag("dd") { prose(place) }] }
            if let claimed = contradiction.claimed { [tag("dt") { "claimed" }, tag("dd") { prose(claimed) }] }
            tag("dt") { "found" }
            tag("dd") { prose(contradiction.found) }
            tag("dt") { "instead" }
            tag("dd") { prose(end.remedy) }
          }
        }
      }
    }
  }

  // MARK: Evidence

  @HTMLBuilder private func evidence(_ row: VerificationRecord.ClaimRow) -> [HTML] {
    tag("h2") { "Evidence" }
    table(
      "stack", caption: "Checks of \(claim.number)", ["check", "kind", "what was measured"],
      row.checks.map { check in
        let kind = CheckKind(rawValue: check.evidence)?.long ?? check.evidence
        let p = check.summary.contains("p = ") ? nil : check.pValue.map { ", p = \(short($0))" }
        return [
          prose(check.name.sentence), HTML(kind),
          tag("span", check.outcome == "supported" ? nil : "bad") { prose(check.summary + (p ?? "")) },
        ]
      })
    let ladders = row.checks.compactMap { check in check.ladder.map { (check.name, $0) } }
    if !ladders.isEmpty {
      tag("div", "ladders") { for (name, ladder) in ladders { LadderPlot(name: name, ladder: ladder).figure } }
    }
    let used = CheckKind.allCases.filter { kind in row.checks.contains { $0.evidence == kind.rawValue } }
    tag("ul", "small soft") {
      for kind in used { tag("li") { "\(kind.long.sentence): \(kind.strength)." } }
      if row.checks.contains(where: { $0.pValue != nil }) {
        tag("li") {
          "p is uniform on [0, 1] if the claim is true; a test of means refutes far below any usual level, so that all of "
          "the suite together have a false-alarm budget of \(scientific(site.inputs.record.falseAlarmBudget))."
        }
      }
    }
  }

  /// Which check caught which wrong version.
  @HTMLBuilder private func wrongVersions(_ row: VerificationRecord.ClaimRow) -> [HTML] {
    tag("h2") { "Wrong versions" }
    if row.mutants.isEmpty {
      tag("p") { "None is planted." }
    } else {
      tag("p") {
        "Each has one fault. × a check refuted it; · a check is blind to it by construction, for the reason below; ! it "
        "survived a check that should have seen it."
        if row.mutantsPlanted > row.mutants.count {
          " The count above includes \(counted(row.mutantsPlanted - row.mutants.count, "dropped hypothesis", "dropped hypotheses"))."
        }
      }
      table(
        "kill", caption: "Which check caught which wrong version of \(claim.number)",
        ["fault"] + row.checks.indices.map { HTML(letter($0)) },
        row.mutants.map { mutant in
          [prose(mutant.name.sentence)]
            + row.checks.map { check in
              if mutant.killedBy.contains(check.name) { return tag("span", "good") { "×" } }
              if mutant.blind[check.name] != nil { return tag("span", "soft") { "·" } }
              return tag("span", "bad") { mutant.survived.contains(check.name) ? "!" : "" }
            }
        })
      tag("p", "small") {
        for (index, check) in row.checks.enumerated() {
          tag("span", "soft") { "\(letter(index)) " }
          prose(check.name)
          index + 1 < row.checks.count ? "; " : "."
        }
      }
      let blind = row.mutants.flatMap { mutant in
        mutant.blind.sorted { $0.key < $1.key }.map { (mutant: mutant.name, check: $0.key, why: $0.value) }
      }
      if !blind.isEmpty {
        tag("details") {
          tag("summary") { "Why \(counted(blind.count, "pair")) cannot be seen" }
          tag("ul", "small") {
            for pair in blind {
              tag("li") {
                prose("\(pair.mutant.sentence), by \(letter(row.checks.firstIndex { $0.name == pair.check } ?? 0)): ")
                prose(pair.why + ".")
              }
            }
          }
        }
      }
    }
  }

  private func letter(_ index: Int) -> String { String(UnicodeScalar(UInt8(97 + index % 26))) }

  // MARK: Derivation and neighbours

  @HTMLBuilder private var derivation: [HTML] {
    tag("h2", nil, ["id": "derivation"]) { "Derivation" }
    if let outcome = claim.derivation {
      DerivationSection(outcome: outcome).body
    } else {
      tag("p") {
        if let why = claim.paper.notDerived {
          prose("There is none: \(why).")
        } else {
          "It is not in this report. Run "
          tag("code") { "lipdyn report --proofs Proofs" }
          " where the package’s Proofs folder is."
        }
      }
    }
  }

  private func references(_ slugs: [String]) -> HTML {
    let found = slugs.compactMap(site.claim)
    if found.isEmpty { return tag("span", "soft") { "nothing" } }
    return tag("span") {
      for (n, other) in found.enumerated() {
        if n > 0 { "; " }
        site.reference(other)
        ", \(other.title.lowercased(first: other.title))"
      }
    }
  }

  @HTMLBuilder private var dependencies: [HTML] {
    let above = site.claims.filter {
      ($0.paper.statementUses ?? []).contains(claim.slug) || ($0.paper.proofUses ?? []).contains(claim.slug)
    }
    let conditions = site.graph.conditions(of: claim.slug)
    tag("h2") { "What it rests on" }
    table(
      "stack", caption: "Neighbours of \(claim.number)", ["relation", "statements"],
      [
        ["the statement uses", references(claim.paper.statementUses ?? [])],
        ["the proof uses", references(claim.paper.proofUses ?? [])],
        ["used by", references(above.map(\.slug))],
      ])
    if !conditions.isEmpty {
      tag("p") {
        "Below it, directly or through others, stand statements that are conditional: "
        for (n, node) in conditions.enumerated() {
          if n > 0 { "; " }
          link("\(node.id).html") { node.number }
          " (\(Standing(verdict: node.verdict) == .fails ? "fails as printed" : node.verdict))"
        }
        "."
      }
    }
  }

  @HTMLBuilder private var elsewhere: [HTML] {
    let sections = site.inputs.findings.map { FindingsPage(site: site, text: $0).sections(naming: claim.slug) } ?? []
    let experiments = site.inputs.experiments.filter { $0.outcome.mentions(claim.number) }
    if !sections.isEmpty || !experiments.isEmpty {
      tag("h2") { "More on it" }
      tag("ul") {
        for title in sections {
          tag("li") { ["Findings: ", link("findings.html#\(Markdown.anchor(title))") { prose(title) }] }
        }
        for experiment in experiments {
          tag("li") {
            ["Experiment: ", link("experiments.html#\(experiment.identifier)") { prose(experiment.outcome.title) }]
          }
        }
      }
    }
  }

  private var commands: String {
    let record = site.inputs.record
    return "lipdyn verify \(claim.slug) --details --mutants --seed \(record.seed) --tier \(record.tier)\n"
      + (claim.derivation == nil ? "" : "lipdyn check Proofs/\(claim.slug).md --details\n")
  }

  private var turn: HTML {
    let index = site.claims.firstIndex { $0.slug == claim.slug } ?? 0
    return tag("nav", "turn", ["aria-label": "Neighbouring statements"]) {
      tag("span") {
        if index > 0 {
          ["← ", site.reference(site.claims[index - 1]), HTML(", \(site.claims[index - 1].title)")]
        }
      }
      tag("span") {
        if index + 1 < site.claims.count {
          [site.reference(site.claims[index + 1]), HTML(", \(site.claims[index + 1].title) →")]
        }
      }
    }
  }
}
