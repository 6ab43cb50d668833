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
