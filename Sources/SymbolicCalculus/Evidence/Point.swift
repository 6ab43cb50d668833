// Points that satisfy the hypotheses: equations are solved, inequalities must hold for certain.

internal import ExactArithmetic
internal import RandomStreams

extension RationalDomain: DrawingDomain, ApproximatesReals {}
extension BallDomain: DrawingDomain, ApproximatesReals {}
extension FloatingDomain: DrawingDomain, ApproximatesReals {}

extension PrimeDomain: DrawingDomain {
  func draw(_ generator: RandomGenerator, spread: Spread) throws(EvaluationError) -> UInt64 {
    field.randomElement { UInt64(generator.next32()) << 32 | UInt64(generator.next32()) }
  }
}

/// Where to evaluate: sizes, a seed, how readable the numbers are, and entries fixed by hand.
struct Place {
  var sizes: [String: Int]
  var seed: UInt64
  var spread: Spread = .wide
  /// Steps of a search from there.
  var moves: [Move] = []
  var overrides: [ValueKey: [Rational]] = [:]
}

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

/// Makes evaluators at places, and accepts only places at which the hypotheses hold.
struct Points {
  let theory: Theory
  let relevance: Relevance
  let hypotheses: Hypotheses
  /// Of one evaluation, and of all together.
  let budget: Int
  let total: WorkBudget
  /// Whether values of processes at given times occur.
  let isSimulated: Bool

  init(_ theory: Theory, _ expressions: [Expression], budget: Int, of total: WorkBudget, choice: Int = 0) {
    self.theory = theory
    (self.budget, self.total) = (budget, total)
    isSimulated = expressions.contains(where: \.hasProcessValues)
    relevance = Relevance(theory, expressions)
    hypotheses = Hypotheses(relevance, theory, choice: choice)
  }

  /// The same with another budget, and with work that others' is not taken from.
  init(_ other: Points, budget: Int, of total: WorkBudget? = nil) {
    (theory, relevance, hypotheses) = (other.theory, other.relevance, other.hypotheses)
    (self.budget, self.total, isSimulated) = (budget, total ?? other.total, other.isSimulated)
  }

  func evaluator<D: DrawingDomain>(
    _ domain: D, at place: Place, weight: Int = 1
  ) throws(EvaluationError) -> Evaluator<D> {
    if let obstacle = hypotheses.obstacle { throw .unsupported(obstacle) }
    let model = try Model(
      theory, needs: relevance.needs, dimensions: place.sizes, domain: domain, seed: place.seed, spread: place.spread,
      moves: place.moves, budget: WorkBudget(budget, of: total, weight: weight))
    for name in hypotheses.orthonormal { try model.makeOrthonormal(ValueKey(name: name)) }
    for (key, entries) in place.overrides {
      let drawn = try model.value(key)
      var numbers: [Number<D.Element>] = []
      for q in entries { numbers.append(Number(parts: [.constant(try domain.element(q))])) }
      model.setValue(Grid(rows: drawn.rows, columns: drawn.columns, entries: numbers), for: key)
    }
    for (k, (statements, unknown)) in hypotheses.equations.enumerated() {
      do {
        try solve(statements, for: unknown, model)
      } catch .undecided(let reason) {
        // A rank that balls cannot tell is exact in rational numbers, if the equation is one between them.
        guard domain is BallDomain, try solveExactly(k, model, at: place) else { throw .undecided(reason) }
      }
    }
    return try Evaluator(model, derived: hypotheses.derived)
  }

  /// The k-th solution in rational numbers, put in; false if there is none there.
  private func solveExactly<D: DrawingDomain>(
    _ k: Int, _ model: Model<D>, at place: Place
  ) throws(EvaluationError) -> Bool {
    let unknown = hypotheses.equations[k].unknown
    guard let exact = try? evaluator(RationalDomain(), at: place) else { return false }
    for (key, value) in exact.model.values where key.name == unknown {
      var entries: [Number<D.Element>] = []
      for entry in value.entries {
        guard case .constant(let q) = entry.parts[0] else { return false }
        entries.append(Number(parts: [.constant(try model.arithmetic.domain.element(q))]))
      }
      model.setValue(Grid(rows: value.rows, columns: value.columns, entries: entries), for: key)
    }
    return true
  }

  /// Solves equations that are affine in the entries of one name; entries that they leave free keep their draws.
  private func solve<D: DrawingDomain>(
    _ equations: [Statement], for name: String, _ model: Model<D>
  ) throws(EvaluationError) {
    let said = equations.map(\.description).joined(separator: " and ")
    guard let declaration = theory.declarations[name] else { return }
    let linear = model.linear
    let members = try Evaluator.members(declaration.family[...], model).map { ValueKey(name: name, indices: $0) }
    var unknowns: [(key: ValueKey, entries: [Int], signs: [Int])] = []
    for key in members {
      let value = try model.value(key)
      for j in 0..<value.columns {
        for i in 0..<value.rows {
          let (p, q) = (j * value.rows + i, i * value.rows + j)
          switch declaration.nature {
          case .parameter(.symmetric): if i <= j { unknowns.append((key, i == j ? [p] : [p, q], [1, 1])) }
          case .parameter(.skew): if i < j { unknowns.append((key, [p, q], [1, -1])) }
          case .parameter(.diagonal): if i == j { unknowns.append((key, [p], [1])) }
          default: unknowns.append((key, [p], [1]))
          }
        }
      }
    }
    guard unknowns.count <= 40 else { throw .tooLarge("solving a hypothesis for \(unknowns.count) entries of \(name)") }
    func residual() throws(EvaluationError) -> Grid<D.Element> {
      let evaluator = try Evaluator(model, derived: hypotheses.derived)
      var entries: [Number<D.Element>] = []
      for s in equations {
        let difference = linear.subtract(try evaluator.value(s.left), try evaluator.value(s.right))
        guard linear.isConstant(difference) else { throw .unsupported("a hypothesis between differentials") }
        entries += difference.entries
      }
      return Grid(rows: entries.count, columns: 1, entries: entries)
    }
    func shift(_ unknown: (key: ValueKey, entries: [Int], signs: [Int]), by x: Number<D.Element>)
      throws(EvaluationError)
    {
      var value = try model.value(unknown.key)
      for (entry, sign) in zip(unknown.entries, unknown.signs) {
        value.entries[entry] = model.arithmetic.add(value.entries[entry], sign > 0 ? x : model.arithmetic.negate(x))
      }
      model.setValue(value, for: unknown.key)
    }
    let start = try residual()
    let one = model.arithmetic.one
    var columns: [Grid<D.Element>] = []
    for unknown in unknowns {
      try shift(unknown, by: one)
      columns.append(linear.subtract(try residual(), start))
      try shift(unknown, by: model.arithmetic.negate(one))
    }
    let matrix = Grid(rows: start.rows, columns: columns.count) { columns[$1][$0, 0] }
    // In balls the solution of an affine equation makes an enclosure of zero; in floating point, rounding errors.
    func vanishes(_ number: Number<D.Element>) throws(EvaluationError) -> Bool {
      let base = try model.arithmetic.base(number, for: "a hypothesis")
      if model.arithmetic.domain.isZero(base) { return true }
      return model.arithmetic.domain.pivotQuality(base) <= (model.arithmetic.domain is BallDomain ? 0 : 1e-9)
    }
    let step = try linear.multiply(try linear.pseudoInverse(matrix), start)
    for (unknown, x) in zip(unknowns, step.entries) { try shift(unknown, by: model.arithmetic.negate(x)) }
    let rest = try residual()
    for entry in rest.entries where !(try vanishes(entry)) {
      // An affine equation has the same slopes everywhere.
      for (unknown, column) in zip(unknowns, columns) {
        try shift(unknown, by: one)
        let slope = linear.subtract(try residual(), rest)
        for change in linear.subtract(slope, column).entries where !(try vanishes(change)) {
          throw .unsupported(
            "no point could be constructed that satisfies the hypothesis \(said), which is not affine in \(name): "
              + "parametrise it, as P = A inv(A' A) A' does P P = P")
        }
        try shift(unknown, by: model.arithmetic.negate(one))
      }
      throw .undefined("the hypothesis \(said) has no solution")
    }
  }

  // MARK: Accepted places

  func least(_ size: String) -> Int {
    if case .dimension(let least)? = theory.declarations[size]?.nature { least } else { 1 }
  }

  /// Sizes to try, from the smallest on.
  var sizeChoices: [[String: Int]] {
    let names = relevance.sizes.sorted()
    guard !names.isEmpty else { return [[:]] }
    // The k-th name grows by the k-th digit of the pattern.
    let mixed: [[Int]] = names.count > 2 ? [[1, 2, 0], [0, 2, 1], [2, 1, 0]] : []
    let patterns: [[Int]] = [[0], [1], [0, 1, 2], [1, 0, 2], [2, 0, 1], [2]] + mixed
    var choices: [[String: Int]] = []
    for pattern in patterns {
      var sizes: [String: Int] = [:]
      for (k, name) in names.enumerated() { sizes[name] = least(name) + pattern[k % pattern.count] }
      // All sizes large at once is dear and shows little that the mixed choices do not.
      if pattern == [2] && names.count > 1 { continue }
      if !choices.contains(sizes) { choices.append(sizes) }
    }
    return choices
  }

  /// Whether every condition holds for certain at a place.
  func accepts(_ place: Place) throws(EvaluationError) -> Bool {
    for precision in [64, 256] {
      let evaluator = try evaluator(BallDomain(precision: precision), at: place)
      var open = false
      for condition in hypotheses.conditions {
        switch try evaluator.admits(condition) {
        case false?: return false
        case true?: continue
        case nil: open = true
        }
      }
      for (matrix, ranges) in hypotheses.covariances {
        switch try evaluator.isPositiveDefinite(matrix, ranges) {
        case false?: return false
        case true?: continue
        case nil: open = true
        }
      }
      for matrix in hypotheses.simple {
        switch try evaluator.hasSimpleTop(matrix) {
        case false?: return false
        case true?: continue
        case nil: open = true
        }
      }
      if !open { return true }
    }
    return false
  }
}

extension Evaluator {
  /// Whether a condition holds for every value of its indices; nil if that is not certain.
  func admits(_ condition: Condition) throws(EvaluationError) -> Bool? {
    var isOpen = false
    for indices in try Self.members(condition.ranges[...], model) {
      var env = Env(algebra: .scalars)
      for (range, index) in zip(condition.ranges, indices) { env.indices[range.index] = index }
      do {
        guard let sign = try sign(condition.statement, env) else {
          isOpen = true
          continue
        }
        if !condition.statement.relation.admits(sign) { return false }
      } catch .undecided {
        isOpen = true
      }
    }
    return isOpen ? nil : true
  }

  /// Whether σ₁ > σ₂ and σ₁ > 0; nil if that is not certain.
  func hasSimpleTop(_ matrix: Expression) throws(EvaluationError) -> Bool? {
    let env = Env(algebra: .scalars)
    let a = try evaluate(matrix, env)
    if linear(env).isZero(a) { return false }
    do {
      _ = try model.triplet(1, of: a, keeping: true)
      return true
    } catch .undecided {
      return nil
    }
  }

  /// The sign of left − right, if it is certain.
  func sign(_ s: Statement) throws(EvaluationError) -> Int? { try sign(s, Env(algebra: .scalars)) }

  private func sign(_ s: Statement, _ env: Env) throws(EvaluationError) -> Int? {
    let difference = linear(env).subtract(try evaluate(s.left, env), try evaluate(s.right, env))
    guard difference.entries.count == 1 else {
      // ≠ between matrices.
      var open = false
      for entry in difference.entries {
        switch try arithmetic.domain.sign(try arithmetic.base(entry, for: "a comparison")) {
        case nil: open = true
        case 0?: continue
        case let sign?: return sign
        }
      }
      return open ? nil : 0
    }
    return try arithmetic.domain.sign(try arithmetic.base(difference.entries[0], for: "a comparison"))
  }
}

extension Relation {
  /// Whether a difference left − right of this sign satisfies the relation.
  public func admits(_ sign: Int) -> Bool {
    switch self {
    case .equal: sign == 0
    case .notEqual: sign != 0
    case .less: sign < 0
    case .lessOrEqual: sign <= 0
    case .greater: sign > 0
    case .greaterOrEqual: sign >= 0
    }
  }
}
