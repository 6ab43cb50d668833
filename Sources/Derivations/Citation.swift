// Whether a proved claim fits where it is cited: match its sides against sub-expressions, then meet its hypotheses.

internal import ExactArithmetic
internal import SymbolicCalculus

/// A claim about to be used.
struct Citation {
  private let statement: Statement
  private let theory: Theory
  private let sharesNames: Bool

  init(_ statement: Statement, _ theory: Theory, sharesNames: Bool) {
    self.statement = Statement(statement.left.expanded, statement.relation, statement.right.expanded)
    (self.theory, self.sharesNames) = (theory, sharesNames)
  }

  /// Looks for a sub-expression of the step that is an instance of one side of the claim, with hypotheses that hold there.
  func fits(_ step: Statement, in here: Theory, seed: UInt64) -> ReasonFinding {
    let places = step.left.expanded.subexpressions + step.right.expanded.subexpressions
    var complaint: String?
    for pattern in [statement.left, statement.right] where !pattern.isTrivial {
      for place in places {
        if sharesNames && place == pattern { return .confirmed }
        for match in Matcher(theory: theory, here: here, fixed: false).matches(pattern, place) {
          // What a sum or a function binds inside the place has no meaning outside.
          guard match.values.values.allSatisfy({ $0.mentionedNames.isDisjoint(with: place.binders) }) else { continue }
          if let unmet = unmetHypothesis(match, here, seed) { complaint = unmet } else { return .confirmed }
        }
      }
    }
    if let complaint { return .rejected("its hypotheses are not met here: \(complaint)") }
    // Names mean the same and every hypothesis is in force: the claim applies, though not to a literal sub-expression.
    if sharesNames { return .unexamined("its sides do not occur literally in this step") }
    return .rejected("neither of its sides fits a sub-expression of this step")
  }

  /// A hypothesis of the claim that fails, or is not known to hold, for this instance.
  private func unmetHypothesis(_ match: Substitution, _ here: Theory, _ seed: UInt64) -> String? {
    let examiner = Examiner(here, seed: seed)
    func holds(_ s: Statement) -> Bool {
      if here.assumptions.contains(where: { $0.content == .statement(s) }) { return true }
      return examiner.examine(s).evidence != nil
    }
    for (name, value) in match.values.sorted(by: { $0.key < $1.key }) {
      guard let declaration = theory.declarations[name] else { continue }
      if value.node == .variable(name, []), here.declarations[name] == declaration { continue }
      switch declaration.nature {
      case .parameter(let constraint):
        guard let unmet = unmet(constraint, name, value, here, holds) else { continue }
        return unmet
      default: continue
      }
    }
    if let dependent = dependence(match, here) { return dependent }
    // A parameter is a constant to E[·], d(·) and an integral.
    for (name, value) in match.values.sorted(by: { $0.key < $1.key }) {
      guard case .parameter? = theory.declarations[name]?.nature else { continue }
      if let moving = value.movingNames(here).sorted().first, statement.left.moves(name) || statement.right.moves(name)
      {
        return "\(name) is a constant, and \(moving) in \(value) is not"
      }
    }
    for (name, size) in match.sizes.sorted(by: { $0.key < $1.key }) {
      guard case .dimension(let least)? = theory.declarations[name]?.nature, least > 1 else { continue }
      let known = size.names.allSatisfy { here.declarations[$0] != nil }
      let lower = size.value { other in
        if case .dimension(let n)? = here.declarations[other]?.nature { n } else { 1 }
      }
      if !known || (lower ?? 0) < least { return "\(name) >= \(least), with \(size) for \(name)" }
    }
    for assumption in theory.assumptions {
      switch assumption.content {
      case .simpleTop(let a):
        let names = a.variableNames
        guard !names.isDisjoint(with: match.values.keys) else { continue }
        let instance = match.apply(to: a).expanded
        let stated = here.assumptions.contains {
          if case .simpleTop(let b) = $0.content { b.expanded == instance } else { false }
        }
        if !stated { return "simple(opnorm(\(instance))); state it with `assume`" }
      case .statement(let s):
        let names = s.left.variableNames.union(s.right.variableNames)
        // Names that the match leaves alone mean the same here, or nothing.
        guard !names.isDisjoint(with: match.values.keys), sharesNames || names.isSubset(of: match.values.keys) else {
          continue
        }
        let instance = Statement(match.apply(to: s.left), s.relation, match.apply(to: s.right))
        if !holds(instance) { return "\(instance)" }
      }
    }
    return nil
  }

  /// Two random names of the claim, independent there, that stand for what is not.
  private func dependence(_ match: Substitution, _ here: Theory) -> String? {
    let names = match.values.keys.filter { theory.declarations[$0]?.isRandom ?? false }.sorted()
    for (k, name) in names.enumerated() {
      for other in names[..<k] {
        let laws = [name, other].map { Expression(.variable($0, []), .scalar).randomNames(in: theory) }
        guard !laws[0].contains(other), !laws[1].contains(name), let x = match.values[name], let y = match.values[other]
        else { continue }
        if !x.randomNames(in: here).isDisjoint(with: y.randomNames(in: here)) {
          return "\(other) and \(name) are independent, and \(y) and \(x) are not"
        }
      }
    }
    return nil
  }

  private func unmet(
    _ constraint: Declaration.Constraint, _ name: String, _ value: Expression, _ here: Theory,
    _ holds: (Statement) -> Bool
  ) -> String? {
    let zero = Expression(.number(0), .scalar)
    let wanted: Statement? =
      switch constraint {
      case .none: nil
      case .positive: Statement(value, .greater, zero)
      case .nonnegative: Statement(value, .greaterOrEqual, zero)
      case .symmetric: Statement(Expression(.transpose(value), value.shape.transposed), .equal, value)
      case .skew:
        Statement(
          Expression(.transpose(value), value.shape.transposed), .equal, Expression(.negate(value), value.shape))
      case .orthogonal:
        Statement(
          Expression(.multiply(Expression(.transpose(value), value.shape.transposed), value), value.shape), .equal,
          Expression(.identity, value.shape))
      case .unit: Statement(Expression(.apply(.norm, [value]), .scalar), .equal, Expression(.number(1), .scalar))
      case .psd, .spd, .diagonal: nil
      }
    if case .variable(let other, _) = value.node, case .parameter(let given)? = here.declarations[other]?.nature,
      given == constraint || (constraint == .psd && given == .spd) || (constraint == .nonnegative && given == .positive)
        || (constraint == .symmetric && [.psd, .spd, .diagonal].contains(given))
    {
      return nil
    }
    if let wanted { return holds(wanted) ? nil : "\(wanted), since \(name) is \(constraint.rawValue)" }
    return constraint == .none ? nil : "\(name) is \(constraint.rawValue), which \(value) is not known to be"
  }
}
