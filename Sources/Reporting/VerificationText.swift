// What a person reads after a verification: one row a claim, then what the paper needs beyond its own words.

public import VerificationKit

public enum VerificationText {
  /// The verdict table, then the statements that no claim checks.
  public static func table(
    _ reports: [ClaimReport], unchecked: [(number: String, reason: String)] = []
  ) -> [String] {
    var table = TextTable([
      ("paper", .left), ("claim", .left), ("verdict", .left), ("evidence", .left), ("budget", .right),
      ("mutants", .right), ("time", .right),
    ])
    for report in reports {
      table.append([
        report.source.number, report.slug, report.verdict.label,
        report.evidence.map(\.rawValue).joined(separator: " "), report.budgetUsed.map(percent) ?? "–",
        "\(report.mutantsKilled)/\(report.mutantsPlanted)", seconds(report.seconds),
      ])
    }
    return table.lines + unchecked.map { "\($0.number): not checked, \($0.reason)" }
  }

  /// What every check of a claim measured: its strength, not only its kind.
  public static func details(_ report: ClaimReport) -> [String] {
    ["\(report.source.number), \(report.slug): \(report.verdict)", "  \(report.statement.formula)"]
      + report.checks.map { "  [\($0.evidence.rawValue)] \($0.name): \($0.verdict.summary)" }
  }

  /// What is built directly on each statement that holds only under a hypothesis, or fails as stated.
  public static func inheritance(_ graph: DependencyGraph) -> [String] {
    let rows = graph.nodes.filter(\.isConditional).compactMap { below -> String? in
      let above = graph.nodes.filter { $0.uses.contains(below.id) }
      guard !above.isEmpty else { return nil }
      return "  \(below.number) \(below.id) (\(below.verdict)): \(above.map(\.id).joined(separator: ", "))"
    }
    guard !rows.isEmpty else { return [] }
    return ["Read with care, because they rest directly on what is conditional (lipdyn graph draws the rest):"] + rows
      + [""]
  }

  /// Everything below the table: failures, where each conclusion ends, and the meaning of the columns.
  public static func remarks(
    _ reports: [ClaimReport], seed: UInt64, tier: Tier, isDetailed: Bool = false
  ) -> [String] {
    var lines: [String] = []
    for report in reports where !report.verdict.isPass { lines.append("\(report.slug): \(report.verdict)") }
    let ends = reports.flatMap { report in report.boundaries.map { (report, $0) } }
    // What the paper states itself is for those who ask; what it does not state is the news, and so is a failure.
    let news = ends.filter { isDetailed || !$0.1.dropped.isStated || !$0.1.isDemonstrated }
    if !news.isEmpty {
      lines.append(
        isDetailed ? "Where the conclusions end, by runs:" : "What the paper needs beyond what it states, by runs:")
    }
    for (report, boundary) in news { lines += self.end(report, boundary) }
    if ends.count > news.count {
      lines.append(
        "Stated hypotheses that were dropped, and the conclusion failed: \(ends.count - news.count) (--details).")
    }
    if !ends.isEmpty { lines.append("") }
    let planted = reports.reduce(0) { $0 + $1.mutants.count }
    let shown = reports.flatMap(\.boundaries).count(where: \.isDemonstrated)
    let killed = reports.reduce(0) { $0 + $1.mutantsKilled } - shown
    lines.append(
      "\(counted(reports.count, "claim")), \(counted(reports.reduce(0) { $0 + $1.checks.count }, "check")), "
        + "\(killed) of \(planted) wrong versions caught"
        + (ends.isEmpty
          ? "" : ", \(shown) of \(counted(ends.count, "dropped hypothesis", "dropped hypotheses")) shown to matter")
        + "; seed \(seed), tier \(tier.rawValue), "
        + "false-alarm budget of the suite \(FalseAlarms.suiteBudget).")
    lines.append("evidence, by what it can say at best (--details prints what each check measured):")
    let used = Set(reports.flatMap(\.evidence))
    lines += Evidence.allCases.filter(used.contains).map { "  \($0.rawValue): \($0.strength)" }
    lines.append(
      "budget: largest share of its allowed error that a check used; not a verdict on anything outside the checks.")
    return lines
  }

  /// A conclusion without one of its hypotheses, and what to use instead.
  private static func end(_ report: ClaimReport, _ boundary: BoundaryReport) -> [String] {
    let standing =
      switch boundary.dropped.standing {
      case .stated: "(a stated hypothesis)"
      case .own: "(a hypothesis of this package's own)"
      case .unstated: "(H: the paper does not state it)"
      case .contradicted: "(the paper claims the conclusion here too)"
      case .assumed: "(the paper assumes this)"
      }
    let outcome =
      switch boundary.verdict {
      case .refuted(let counterexample): "\(counterexample)"
      case .supported, .inconclusive: "NOT SHOWN: \(boundary.verdict.summary)"
      }
    return [
      "  \(report.source.number) without: \(boundary.dropped.text)", "    \(standing)", "    \(outcome)",
      "    instead: \(boundary.remedy)",
    ]
  }

  /// The kill matrix of one claim: × killed, · blind by declaration, ! survived.
  public static func killMatrix(_ report: ClaimReport) -> [String] {
    var lines = ["\(report.slug):"]
    for (index, check) in report.checks.enumerated() {
      lines.append("  \(letter(index)) = \(check.name) (\(check.evidence.rawValue))")
    }
    let width = report.mutants.map(\.name.count).max() ?? 0
    let heads = report.checks.indices.map(letter).joined(separator: " ")
    lines.append("  " + String(repeating: " ", count: width + 2) + heads)
    for mutant in report.mutants {
      let marks = mutant.outcomes.map { outcome in
        switch outcome {
        case .killed: "×"
        case .blind: "·"
        case .survived: "!"
        }
      }
      lines.append(
        "  " + mutant.name + String(repeating: " ", count: width + 2 - mutant.name.count)
          + marks.joined(separator: " "))
    }
    for boundary in report.boundaries {
      lines.append("  dropped hypothesis \(boundary.isDemonstrated ? "×" : "!") \(boundary.name)")
    }
    return lines
  }

  private static func letter(_ index: Int) -> String { String(UnicodeScalar(UInt8(97 + index % 26))) }

  private static func percent(_ fraction: Double) -> String { "\(Int((fraction * 100).rounded())) %" }

  private static func seconds(_ value: Double) -> String {
    let tenths = (value * 10).rounded() / 10
    return "\(tenths) s"
  }
}
