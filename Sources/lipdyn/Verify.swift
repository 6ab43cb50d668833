// lipdyn verify: the claims of the registry and their verdicts.

public import ArgumentParser
import ArrayFiles
import DistributedWork
import Foundation
import LipschitzDynamics
import Reporting
import StochasticCalculus
import VerificationKit

import enum Derivations.Spelling

extension Tier: ExpressibleByArgument {}

struct Verify: SharedCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check claims, and that every wrong version of them is caught.",
    discussion: """
      Exit status 0 only if every claim holds, possibly under hypotheses that the table names; a statement that fails as \
      printed passes if the failure and the corrected statement are both shown.
      Examples: lipdyn verify --all --json results.json
                lipdyn verify OperatorNormHessian LayerDynamics --seed 7 --details
      """)

  @Argument(help: "Claims to check, by name or as \"Theorem 14\"; all if none is named (see lipdyn claims).")
  var claims: [String] = []

  @Option(name: .customLong("claim"), help: "A claim to check; may be repeated. The same as naming it without --claim.")
  var namedClaims: [String] = []

  @Flag(help: "All claims, and every statement of the paper that is none with the reason.")
  var all = false

  @Option(help: "quick: half a minute; full: samples 16 times as large (one of InitializationScale widens instead).")
  var tier: Tier = .quick

  @Option(parsing: .unconditional, help: "Seed of every random stream; the same seed gives the same digits.")
  var seed: UInt64 = 1

  @OptionGroup var output: JSONOutput

  @Flag(help: "Print which check kills which wrong version.")
  var mutants = false

  @Flag(help: "Print what every check measured, and what happens without each stated hypothesis.")
  var details = false

  @Option(parsing: .unconditional, help: "Claims checked at once.")
  var threads = 2

  func run() throws {
    try UsageError.require(threads >= 1, "--threads \(threads): use at least 1")
    let names = claims + namedClaims
    try UsageError.require(
      !all || names.isEmpty, "--all with \(names.joined(separator: ", ")): name claims or take all, not both")
    var seen: Set<String> = []
    let selected =
      try names.isEmpty
      ? PaperClaims.all : names.map(claim(named:)).filter { seen.insert($0.slug).inserted }
    let progress = Progress()
    let (seed, tier) = (self.seed, self.tier)
    let reports = try Ranks.sharing.map(selected.count, threads: threads) { index -> ClaimReport in
      let report = selected[index].verify(seed: seed, tier: tier) {
        progress.now($0)
      }
      progress.done("\(report.slug): \(report.verdict.label)")
      return report
    }
    guard Ranks.isRoot else { return }
    let paper = try Paper.load()
    for line in VerificationText.table(reports, unchecked: all ? paper.unchecked : []) { print(line) }
    print()
    if details {
      for line in reports.flatMap({ VerificationText.details($0) + [""] }) { print(line) }
    }
    if all {
      let graph = try dependencyGraph(
        paper, verdicts: Dictionary(reports.map { ($0.slug, $0.verdict.label) }) { first, _ in first })
      for line in VerificationText.inheritance(graph) { print(line) }
    }
    for line in VerificationText.remarks(reports, seed: seed, tier: tier, isDetailed: details) { print(line) }
    if !all && names.isEmpty {
      print(
        "not checked: \(paper.unchecked.map(\.number).joined(separator: ", ")); each verdict is for its own step, "
          + "what it rests on stands in lipdyn verify --all and lipdyn graph.")
    }
    if mutants {
      for report in reports {
        print()
        for line in VerificationText.killMatrix(report) { print(line) }
      }
    }
    try output.write(
      VerificationRecord(reports, seed: seed, tier: tier, machine: .current, date: Date().formatted(.iso8601)))
    if !reports.allSatisfy(\.verdict.isPass) { throw ExitCode(2) }
  }
}

extension Paper {
  /// Number and reason of every statement that no claim checks.
  var unchecked: [(number: String, reason: String)] {
    statements.compactMap { statement in statement.notChecked.map { (statement.number, $0) } }
  }
}

func claim(named slug: String) throws -> any Claim.Type {
  // A reader of the paper knows numbers.
  let numbered = PaperClaims.all.filter { $0.source.number.lowercased() == slug.lowercased() }
  if numbered.count == 1 { return numbered[0] }
  guard let claim = PaperClaims.named(slug) else {
    let numbers = PaperClaims.all.map { $0.source.number }
    if let near = Spelling.nearest(to: slug, among: PaperClaims.slugs + numbers) {
      throw UsageError("unknown claim '\(slug)'; did you mean '\(near)'? `lipdyn claims` lists them")
    }
    throw UsageError(
      "unknown claim '\(slug)'; the claims are \(PaperClaims.slugs.joined(separator: ", ")), or their numbers, as "
        + "'Theorem 17'")
  }
  return claim
}
