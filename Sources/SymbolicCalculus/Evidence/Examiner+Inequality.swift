// Inequalities: their sign at many points, in balls, also where a search made them tightest.

internal import ExactArithmetic

extension Examiner {

  func inequality(_ s: Statement, _ points: Points, _ accepted: [Place]) -> Finding {
    var decided = 0
    var ties = 0
    var equalities = 0
    var signs: Set<Int> = []
    // The search may end where both sides agree: for ≤ and ≥ such points count for neither.
    let closest = adversarial(s, points, accepted)
    let places = accepted.map { ($0, false) } + closest.map { ($0, true) }
    for (place, isSought) in places {
      var sign: Int?
      for precision in [128, 512] where sign == nil {
        do {
          sign = try points.evaluator(BallDomain(precision: precision), at: place).sign(s)
        } catch .undecided {
          continue
        } catch .undefined(let reason) {
          // A single point such as x = 0 may lie outside the domain; a random one may not.
          if isSought { break }
          return .undecided(
            "not defined everywhere that the hypotheses hold: \(reason)\(at(place)); state what excludes this")
        } catch {
          if isSought { break }
          return .undecided("cannot be compared with certainty: \(error.reason)")
        }
      }
      if sign == nil { sign = try? points.evaluator(RationalDomain(), at: place).sign(s) }
      guard let sign else {
        equalities += 1
        if !isSought { ties += 1 }
        continue
      }
      if !s.relation.admits(sign) {
        return .refuted(describe(shrunk(place, s, points), s, points))
      }
      decided += 1
      signs.insert(sign)
    }
    if let found = hunted(s, points, accepted) ?? snapped(s, points, closest) { return .refuted(found) }
    // Where the sides may be equal, ≤ and ≥ hold and < and > do not.
    let isStrict = !s.relation.admits(0)
    if isStrict && equalities > 0 {
      return .undecided("the sides may be equal at \(equalities) of \(decided + equalities) points")
    }
    if isStrict, s.relation != .notEqual, closest.contains(where: { touches(s, points, $0) }) {
      return .undecided("the sides come within 10^-13 of each other, and may meet nearby: show it with ≤ or ≥")
    }
    if s.relation == .notEqual && signs.count > 1 && !isAssumed(s, points) {
      return .undecided("the sides change places between two points; in between they may be equal")
    }
    guard decided >= 8 && decided >= ties else {
      if !isStrict, case .holds(let evidence) = equality(Statement(s.left, .equal, s.right), points, accepted) {
        return .holds(evidence)
      }
      return .undecided(
        decided >= ties
          ? "only \(decided) points that satisfy the hypotheses were found, too few for an inequality"
          : "too near to equality to decide at \(ties) of \(decided + ties) points")
    }
    return onBothSides(
      .holds(
        Evidence(
          .enclosed,
          "holds for certain at \(decided) points, also where a search made it tightest"
            + (ties == 0 ? "" : " (equality within 512 bits at \(ties) more)"),
          sizes: distinctSizes(accepted))), s, points, accepted)
  }

  /// Whether a hypothesis says just this, on either side.
  private func isAssumed(_ s: Statement, _ points: Points) -> Bool {
    points.relevance.assumptions.contains {
      guard case .statement(let known) = $0.content, $0.ranges.isEmpty, known.relation == s.relation else {
        return false
      }
      let sides = (known.left.expanded, known.right.expanded)
      return sides == (s.left.expanded, s.right.expanded) || sides == (s.right.expanded, s.left.expanded)
    }
  }
}
