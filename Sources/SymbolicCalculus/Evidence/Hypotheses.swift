// What hypotheses ask of a point: names defined, equations to solve, conditions to verify.

internal import ExactArithmetic

/// A comparison that must hold, for all values of its indices.
struct Condition {
  var statement: Statement
  var ranges: [Expression.Range] = []
}

/// Hypotheses, sorted by what they ask of a point.
struct Hypotheses {
  /// Names that an equation gives outright.
  private(set) var derived: [String: Expression] = [:]
  /// Matrices whose columns are to be orthonormal: XᵀX = I is no affine equation, but has all its solutions drawn.
  private(set) var orthonormal: Set<String> = []
  /// Equations to be solved together for an entry-wise affine unknown.
  private(set) var equations: [(statements: [Statement], unknown: String)] = []
  /// Equations with a name that its type restricts, and that nothing is solved for: some of their solutions may stay out of
  /// reach.
  private(set) var restricted: [Statement] = []
  /// Matrices that must be covariances, for all values of their indices.
  private(set) var covariances: [(matrix: Expression, ranges: [Expression.Range])] = []
  /// What must be verified at the point.
  private(set) var conditions: [Condition] = []
  /// Matrices whose largest singular value must be simple, other than names, which are drawn so.
  private(set) var simple: [Expression] = []
  /// Why some hypothesis cannot be met by construction.
  private(set) var obstacle: String?
  /// A hypothesis without which a statement may be refuted, but not shown.
  private(set) var missing: String?

  /// In how many ways the equations could be solved, by what for: each may reach points that the others do not.
  private(set) var choices = 1

  /// The equations solved for the last names at `choice` 0, and for others as it grows.
  init(_ relevance: Relevance, _ theory: Theory, choice: Int = 0) {
    if let matrix = relevance.multiple.sorted().first {
      missing = "opnorm(\(matrix)) is differentiated: state `assume simple(opnorm(\(matrix)))`"
    }
    if let function = relevance.crowded {
      missing = "\(function) is looked at in more points, or derivatives, than a polynomial of degree 20 can show"
    }
    for name in theory.order { require(lawOf: name, relevance, theory) }
    var fixed = relevance.needs.spectral
    for assumption in relevance.assumptions {
      if case .simpleTop(let a) = assumption.content, a.bareNames.isEmpty { simple.append(a) }
      guard case .statement(let s) = assumption.content else { continue }
      guard s.relation == .equal else {
        conditions.append(Condition(statement: s, ranges: assumption.ranges))
        continue
      }
      guard assumption.ranges.isEmpty else {
        obstacle = "an equation for every value of an index: \(s)"
        continue
      }
      if let name = Self.orthonormal(s, theory), !fixed.contains(name), derived[name] == nil {
        orthonormal.insert(name)
        fixed.insert(name)
        continue
      }
      if let (name, meaning) = Self.definition(s, theory, fixed, derived) {
        derived[name] = meaning
        fixed.insert(name)
        // A positive or otherwise constrained name keeps its constraint.
        if case .parameter(.positive) = theory.declarations[name]?.nature, let d = theory.declarations[name] {
          let zero = Expression(.number(0), .scalar)
          conditions.append(Condition(statement: Statement(zero, .less, Expression(.variable(d.name, []), .scalar))))
        }
        continue
      }
      let names = s.left.names(in: theory, derived: derived).union(s.right.names(in: theory, derived: derived))
      let eligible = theory.order.reversed().filter { name in
        guard names.contains(name), !fixed.contains(name), derived[name] == nil else { return false }
        switch theory.declarations[name]?.nature {
        case .parameter(let c): return [.none, .symmetric, .diagonal, .skew].contains(c)
        case .adapted, .process: return true
        default: return false
        }
      }
      // Or together with former equations for the same unknown, if what else occurs here is known before.
      let joined = equations.indices.filter { k in
        names.contains(equations[k].unknown)
          && equations[k...].allSatisfy { $0.unknown == equations[k].unknown || !names.contains($0.unknown) }
      }
      let options = eligible.map { ($0, nil) } + joined.map { (equations[$0].unknown, $0) } as [(String, Int?)]
      guard !options.isEmpty else {
        obstacle = Self.unsolvable(s, names, theory)
        continue
      }
      if names.contains(where: { Self.isRestricted($0, theory) }), !Self.isRegular(s, theory) { restricted.append(s) }
      // Digits of one number, so that every combination has its turn.
      switch options[choice / choices % options.count] {
      case (_, let place?): equations[place].statements.append(s)
      case (let unknown, nil): equations.append(([s], unknown))
      }
      choices = min(1 << 16, choices * options.count)
      fixed.formUnion(names)
    }
  }

  /// Whether its type keeps a name from values that an equation may need.
  private static func isRestricted(_ name: String, _ theory: Theory) -> Bool {
    guard case .parameter(let constraint)? = theory.declarations[name]?.nature else { return false }
    return ![.none, .symmetric, .diagonal, .skew].contains(constraint)
  }

  /// Whether this is A X = 0 or a X = 0 with an A that has an inverse by its type: then X = 0 is all there is.
  private static func isRegular(_ s: Statement, _ theory: Theory) -> Bool {
    func isZero(_ e: Expression) -> Bool { e.node == .zero || e.node == .number(0) }
    func isInvertible(_ e: Expression) -> Bool {
      guard case .variable(let name, _) = e.node, case .parameter(let constraint)? = theory.declarations[name]?.nature
      else { return false }
      return [.positive, .spd, .orthogonal].contains(constraint)
    }
    for (side, other) in [(s.left, s.right), (s.right, s.left)] where isZero(other) {
      switch side.node {
      case .multiply(let a, let b), .scale(let a, let b): if isInvertible(a) || isInvertible(b) { return true }
      default: continue
      }
    }
    return false
  }

  /// The free matrix X of XᵀX = I.
  private static func orthonormal(_ s: Statement, _ theory: Theory) -> String? {
    for (side, other) in [(s.left, s.right), (s.right, s.left)] {
      guard case .identity = other.node, case .multiply(let first, let second) = side.node,
        case .transpose(let transposed) = first.node, transposed == second, case .variable(let name, []) = second.node,
        case .parameter(.none)? = theory.declarations[name]?.nature
      else { continue }
      return name
    }
    return nil
  }

  /// Why an equation without an unknown cannot be met, and what to write in its place.
  private static func unsolvable(_ s: Statement, _ names: Set<String>, _ theory: Theory) -> String {
    let constrained = names.sorted().first {
      if case .parameter? = theory.declarations[$0]?.nature { true } else { false }
    }
    let problem = "the hypothesis \(s) has no unknown left to solve it for"
    guard let constrained, let declaration = theory.declarations[constrained] else { return problem }
    if !declaration.family.isEmpty, declaration.shape.isScalar {
      let range = declaration.family[0]
      return problem
        + ", as \(constrained) is constrained by its type: declare \(constrained) as a vector, "
        + "and assume \(constrained)[\(range.index)] >= 0 for \(range.index) in \(range.lower)..\(range.upper)"
    }
    return problem + ": declare \(constrained) without a constraint, and assume that one beside the equation"
  }

  /// A law's covariance must be one.
  private mutating func require(lawOf name: String, _ relevance: Relevance, _ theory: Theory) {
    guard let declaration = theory.declarations[name], case .normal(_, let covariance) = declaration.nature,
      relevance.names.contains(name) || !covariance.names(in: theory).isDisjoint(with: relevance.names)
    else { return }
    if case .number(let q) = covariance.expanded.node, q >= 0 { return }
    if covariance.shape.isScalar {
      let zero = Expression(.number(0), .scalar)
      conditions.append(
        Condition(statement: Statement(covariance, .greaterOrEqual, zero), ranges: declaration.family))
    } else if case .variable(let other, _) = covariance.expanded.node,
      case .parameter(let constraint)? = theory.declarations[other]?.nature, constraint != .psd && constraint != .spd
    {
      obstacle = "the covariance \(other) of \(name) is not declared psd"
    } else if !covariance.expanded.isSemidefinite(in: theory) {
      covariances.append((covariance, declaration.family))
    }
  }

  /// name = expression or expression = name, with a free name that the expression does not use.
  private static func definition(
    _ s: Statement, _ theory: Theory, _ fixed: Set<String>, _ derived: [String: Expression]
  ) -> (String, Expression)? {
    for (side, other) in [(s.left, s.right), (s.right, s.left)] {
      guard case .variable(let name, let indices) = side.node, indices.isEmpty, !fixed.contains(name),
        derived[name] == nil,
        let declaration = theory.declarations[name], declaration.family.isEmpty,
        !other.names(in: theory, derived: derived).contains(name)
      else { continue }
      switch declaration.nature {
      case .parameter(.none), .parameter(.positive), .adapted: return (name, other)
      default: continue
      }
    }
    return nil
  }
}
