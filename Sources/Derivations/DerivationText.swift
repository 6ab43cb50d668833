// A checked document as text for a terminal.

internal import SymbolicCalculus

public enum DerivationText {
  /// The report: errors, then claim after claim, with whatever is not accepted in full.
  public static func report(_ outcome: DocumentOutcome, details: Bool) -> [String] {
    let source = outcome.document.source
    var lines = outcome.document.renderedErrors
    for claim in outcome.claims {
      let place = source.position(of: claim.span.lowerBound)
      lines.append("\(source.name):\(place.line): \(claim.name): \(verdict(claim))")
      if let obstacle = claim.obstacle { lines.append("  \(obstacle)") }
      for step in claim.steps where details || !step.isAccepted {
        lines += text(step, source).map { "  " + $0 }
      }
    }
    lines.append("\(source.name): \(verdict(outcome))")
    return lines
  }

  public static func verdict(_ outcome: DocumentOutcome) -> String {
    let steps = outcome.claims.reduce(0) { $0 + $1.steps.count }
    let count = "\(counted(outcome.claims.count, "claim")), \(counted(steps, "step"))"
    if !outcome.document.errors.isEmpty {
      return "cannot be read in full (\(counted(outcome.document.errors.count, "error"))); \(count)"
    }
    if let weakest = outcome.weakest { return "holds, \(weakest.rawValue) (\(count))" }
    if outcome.isRefuted { return "REFUTED (\(count))" }
    return outcome.claims.isEmpty ? "claims nothing" : "NOT SHOWN (\(count))"
  }

  private static func counted(_ n: Int, _ what: String) -> String { "\(n) \(what)\(n == 1 ? "" : "s")" }

  /// One line for several documents.
  public static func summary(_ outcomes: [DocumentOutcome]) -> String {
    let steps = outcomes.flatMap { $0.claims.flatMap(\.steps) }
    let counts = Evidence.Kind.allCases.reversed().map { kind in
      "\(steps.count { $0.finding.evidence?.kind == kind }) \(kind.rawValue)"
    }
    let proved = outcomes.count(where: \.isProved)
    return "\(proved) of \(outcomes.count) documents hold; \(steps.count) steps: " + counts.joined(separator: ", ")
      + ", \(steps.count { !$0.isAccepted }) not accepted"
  }

  public static func verdict(_ claim: ClaimOutcome) -> String {
    if let weakest = claim.weakest {
      return "holds, \(weakest.rawValue), \(counted(claim.steps.count, "step"))"
    }
    return claim.isRefuted ? "REFUTED" : "NOT SHOWN"
  }

  /// The sizes tried, as (m, n) = (2, 2), (3, 2).
  private static func text(_ sizes: [[String: Int]]) -> String {
    guard let names = sizes.first?.keys.sorted(), !names.isEmpty else { return "" }
    func tuple(_ items: [String]) -> String { items.count == 1 ? items[0] : "(" + items.joined(separator: ", ") + ")" }
    let values = sizes.map { choice in tuple(names.map { "\(choice[$0] ?? 0)" }) }
    return "; at \(tuple(names)) = " + values.joined(separator: ", ")
  }

  /// Large matrices are for the JSON.
  private static func clipped(_ text: String) -> String { text.count <= 240 ? text : text.prefix(239) + "…" }

  static func text(_ step: StepReport, _ source: DerivationSource) -> [String] {
    let place = source.position(of: step.span.lowerBound)
    let name = step.number == 0 ? "join" : (step.lemma.map { "\($0), " } ?? "") + "step \(step.number)"
    var lines: [String] = []
    switch step.finding {
    case .holds(let evidence):
      lines.append(
        "line \(place.line), \(name): \(evidence.kind.rawValue): \(evidence.strength)\(text(evidence.sizes))")
    case .undecided(let why): lines.append("line \(place.line), \(name): not decided: \(why)")
    case .vacuous(let why): lines.append("line \(place.line), \(name): vacuous: \(why)")
    case .refuted(let example):
      lines.append("line \(place.line), \(name): refuted (\(example.kind.rawValue)): \(step.statement)")
      let sizes = example.sizes.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value)" }
      let values = example.values.map { "\($0.name) = \(clipped($0.text))" }
      if !(sizes + values).isEmpty { lines.append("  at " + (sizes + values).joined(separator: ", ")) }
      lines.append("  left  = \(clipped(example.left))")
      lines.append("  right = \(clipped(example.right))")
      if let parts = example.partsAt {
        lines.append("  they part at:")
        if let left = parts.left { lines.append("    left   \(left) = \(clipped(parts.leftValue))") }
        if let right = parts.right { lines.append("    right  \(right) = \(clipped(parts.rightValue))") }
      }
    }
    switch step.reasonFinding {
    case .none, .confirmed: break
    case .rejected(let why): lines.append("  the reason does not hold: \(why)")
    case .unexamined(let why): lines.append("  the reason was not examined: \(why)")
    }
    return lines
  }
}
