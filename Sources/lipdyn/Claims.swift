// lipdyn claims, show: the claims of the registry, for people and for programs.

import ArgumentParser
import LipschitzDynamics
import Reporting
import VerificationKit

struct Claims: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List the claims.", discussion: "Example: lipdyn claims --json -")

  @OptionGroup var output: JSONOutput

  private struct Record: Encodable {
    struct Row: Encodable { let claim, number, formula: String }

    let schema = 1
    let claims: [Row]
  }

  func run() throws {
    var table = TextTable([("paper", .left), ("claim", .left), ("statement", .left)])
    for claim in PaperClaims.all {
      table.append([claim.source.number, claim.slug, claim.statement.formula])
    }
    for line in table.lines { print(line) }
    try output.write(
      Record(
        claims: PaperClaims.all.map {
          Record.Row(claim: $0.slug, number: $0.source.number, formula: $0.statement.formula)
        }))
  }
}

struct Show: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show a claim: statement, source, hypotheses, checks and wrong versions.",
    discussion: "Example: lipdyn show LipschitzStatistics")

  @Argument(help: "The claim's name (see lipdyn claims).")
  var claim: String

  @OptionGroup var output: JSONOutput

  func run() throws {
    let record = Self.record(try lipdyn.claim(named: claim))
    for line in record.lines { print(line) }
    try output.write(record)
  }

  private static func record<C: Claim>(_ claim: C.Type) -> ClaimDescription {
    let statement = claim.statement
    return ClaimDescription(
      claim: claim.slug, number: claim.source.number, paper: claim.source.paper, formula: statement.formula,
      meaning: statement.meaning, differsFromPrint: statement.differsFromPrint,
      hypotheses: statement.hypotheses.map { .init(text: $0.text, standing: "\($0.standing)") },
      checks: claim.checks.map { .init(name: $0.name, evidence: $0.evidence.rawValue, blindTo: $0.blindTo) },
      mutants: claim.mutants.map(\.name),
      boundaries: claim.boundaries.map { .init(name: $0.name, drops: $0.dropped.text, remedy: $0.remedy) })
  }
}

/// What `lipdyn show` says of a claim.
private struct ClaimDescription: Encodable {
  struct Hypothesis: Encodable { let text, standing: String }
  struct Check: Encodable {
    let name, evidence: String
    let blindTo: [String: String]
  }
  struct Boundary: Encodable { let name, drops, remedy: String }

  var schema = 1
  let claim, number, paper, formula, meaning, differsFromPrint: String
  let hypotheses: [Hypothesis]
  let checks: [Check]
  let mutants: [String]
  let boundaries: [Boundary]

  private static let standings = [
    "unstated": "  (not stated in the paper)", "contradicted": "  (the paper claims the conclusion without it)",
    "assumed": "  (an assumption of the paper)",
  ]

  var lines: [String] {
    var lines = [
      claim, "  \(formula)", "  \(meaning)", "source: \(number), \(paper)",
      "changed from print: \(differsFromPrint)", "hypotheses:",
    ]
    lines += hypotheses.map { "  \($0.text)" + (Self.standings[$0.standing] ?? "") }
    lines.append("checks:")
    for check in checks {
      lines.append("  \(check.name)  [\(check.evidence)]")
      for (mutant, reason) in check.blindTo.sorted(by: { $0.key < $1.key }) {
        lines.append("    cannot see '\(mutant)': \(reason)")
      }
    }
    lines.append("wrong versions that the checks must catch:")
    lines += mutants.map { "  \($0)" }
    lines.append("without a hypothesis:")
    return lines + boundaries.map { "  \($0.name): breaks '\($0.drops)'; \($0.remedy)" }
  }
}
