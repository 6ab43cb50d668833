// The weakest evidence: floating point, Monte Carlo, and the search for points at which an inequality is tightest.

internal import ExactArithmetic
internal import Glibc
internal import RandomStreams

extension Examiner {
  static var replicates: Int { 32 }
  /// Student's quantile for 31 degrees of freedom and a two-sided error of 10⁻⁷ an entry.
  static var quantile: Double { 6.862 }

  /// Equality in floating point; expectations without closed form by Monte Carlo with common random numbers.
  func sampled(_ s: Statement, _ points: Points, _ accepted: [Place], because reason: String) -> Finding {
    var worst = 0.0
    var statistical = false
    for place in accepted.prefix(4) {
      do {
        let hasExpectations = s.left.hasExpectations || s.right.hasExpectations
        let comparison =
          hasExpectations
          ? try monteCarlo(s, points, place, isPatient: worst == 0) : try floating(s, points, place)
        statistical = hasExpectations
        if comparison.differs {
          guard s.left.hasLightTails && s.right.hasLightTails && comparison.largestShare < 0.2 else {
            return .undecided("\(reason); Monte Carlo cannot be trusted with tails this heavy")
          }
          return .refuted(
            Counterexample(
              sizes: place.sizes, values: comparison.values, left: comparison.left, right: comparison.right,
              partsAt: nil,
              kind: .sampled))
        }
        worst = max(worst, comparison.error)
      } catch .undefined(let what) {
        return .undecided("not defined everywhere that the hypotheses hold: \(what); state what excludes this")
      } catch {
        return .undecided("\(reason); nor in floating point: \(error.reason)")
      }
    }
    guard worst < 1e-7 else {
      // A difference that does not vanish draw by draw: means over lattices resolve it far better than plain draws.
      if statistical {
        switch simulated(s, points, accepted) {
        case .undecided, .vacuous: break
        case let found: return found
        }
      }
      return .undecided(
        statistical
          ? "\(reason); Monte Carlo means agree, but only within \(percent(worst)) of the larger side"
          : "\(reason); floating point agrees only to \(percent(worst))")
    }
    let strength =
      statistical
      ? "the same in every Monte Carlo replicate, to \(percent(worst)) of the larger side"
      : "floating point agrees to \(percent(worst))"
    return .holds(Evidence(.sampled, strength, sizes: distinctSizes(Array(accepted.prefix(4)))))
  }

  func percent(_ x: Double) -> String {
    if x == 0 { return "0 %" }
    let digits = max(0, min(14, 1 - Int(floor(log10(x * 100)))))
    let scale = pow(10.0, Double(digits))
    return "\((x * 100 * scale).rounded(.up) / scale) %"
  }

  private struct Comparison {
    var differs: Bool
    /// Half-width of the interval for the difference, or its size, relative to the larger side.
    var error: Double
    var left: String
    var right: String
    var values: [Counterexample.Value]
    /// Of the largest draw in the sum of all magnitudes.
    var largestShare = 0.0
  }

  /// Once patiently: more draws until the standard error is below 0.3 per cent, as far as the work that is left allows.
  private func monteCarlo(
    _ s: Statement, _ points: Points, _ place: Place, isPatient: Bool
  ) throws(EvaluationError) -> Comparison {
    var draws = 400
    while true {
      let before = points.total.remaining
      let comparison = try monteCarlo(s, points, place, draws: draws)
      let spent = before - points.total.remaining
      let ratio = comparison.error / 0.008
      let factor = min(16, Int((ratio * ratio).rounded(.up)), points.total.remaining / max(1, 4 * spent))
      guard isPatient, !comparison.differs, comparison.error > 0.008, factor >= 2, draws < 6_400 else {
        return comparison
      }
      draws = min(6_400, draws * factor)
    }
  }

  private func monteCarlo(
    _ s: Statement, _ points: Points, _ place: Place, draws: Int
  ) throws(EvaluationError) -> Comparison {
    var differences: [[Double]] = []
    var scale = 0.0
    var largestShare = 0.0
    var last: (Evaluator<FloatingDomain>, Grid<Double>, Grid<Double>)?
    for replicate in 0..<Self.replicates {
      let evaluator = try points.evaluator(FloatingDomain(), at: place)
      let plan = MonteCarlo(draws: draws, replicate: replicate, seed: seed)
      evaluator.average(by: plan)
      let (left, right) = (try evaluator.value(s.left), try evaluator.value(s.right))
      var row: [Double] = []
      for (a, b) in zip(left.entries, right.entries) {
        let (x, y) = (try evaluator.arithmetic.base(a, for: "a mean"), try evaluator.arithmetic.base(b, for: "a mean"))
        guard x.isFinite && y.isFinite else { throw .undefined("a value that is not finite") }
        row.append(x - y)
        scale = max(scale, abs(x), abs(y))
      }
      differences.append(row)
      largestShare = max(largestShare, plan.largestShare)
      last = (evaluator, left, right)
    }
    var differs = false
    var error = 0.0
    let n = Double(Self.replicates)
    for entry in differences[0].indices {
      let column = differences.map { $0[entry] }
      let mean = column.reduce(0, +) / n
      let variance = column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (n - 1)
      // Round-off of the means themselves bounds the resolution from below.
      let halfWidth = Self.quantile * sqrt(variance / n) + 1e-12 * scale
      if abs(mean) > halfWidth { differs = true }
      error = max(error, halfWidth)
    }
    var result = comparison(differs, scale == 0 ? error : error / scale, last)
    result.largestShare = largestShare
    return result
  }

  private func floating(_ s: Statement, _ points: Points, _ place: Place) throws(EvaluationError) -> Comparison {
    let evaluator = try points.evaluator(FloatingDomain(), at: place)
    let (left, right) = (try evaluator.value(s.left), try evaluator.value(s.right))
    var (difference, scale) = (0.0, 0.0)
    for (a, b) in zip(left.entries, right.entries) {
      for i in 0..<max(a.parts.count, b.parts.count) {
        let pair = try [a, b].map { (n: Number<Double>) throws(EvaluationError) -> Double in
          guard i < n.parts.count else { return 0 }
          guard case .constant(let c) = n.parts[i] else { throw .unsupported("a random value outside any expectation") }
          return c
        }
        guard pair[0].isFinite && pair[1].isFinite else { throw .undefined("a value that is not finite") }
        difference = max(difference, abs(pair[0] - pair[1]))
        scale = max(scale, abs(pair[0]), abs(pair[1]))
      }
    }
    let error = scale == 0 ? difference : difference / scale
    return comparison(error > 1e-4, error, (evaluator, left, right))
  }

  private func comparison(
    _ differs: Bool, _ error: Double, _ last: (Evaluator<FloatingDomain>, Grid<Double>, Grid<Double>)?
  ) -> Comparison {
    let show: (Grid<Double>) -> String = { $0.text(units: last?.0.units ?? []) { "\($0)" } }
    return Comparison(
      differs: differs, error: error, left: last.map { show($0.1) } ?? "?", right: last.map { show($0.2) } ?? "?",
      values: last.map { $0.0.shownValues(show) } ?? [])
  }

  // MARK: The tightest points of an inequality

  /// Places, found in floating point, at which right − left is smallest relative to the sides, or even of the wrong sign.
  func adversarial(_ s: Statement, _ points: Points, _ accepted: [Place]) -> [Place] {
    let sizes = distinctSizes(accepted)
    var candidates: [(place: Place, gap: Double)] = []
    for k in 0..<100 {
      let place = Place(
        sizes: sizes[k / 4 % sizes.count], seed: seed &+ UInt64(500_000 + k),
        spread: [.small, .degenerate, .wide, k % 8 == 7 ? .scaled : .wide][k % 4])
      if let gap = gap(s, points, place) { candidates.append((place, gap)) }
    }
    // Where both sides vanish together there is nothing to descend to; one such place will do.
    candidates.sort { $0.gap < $1.gap }
    let starts = candidates.filter { $0.gap != 0 }.prefix(5) + candidates.filter { $0.gap == 0 }.prefix(1)
    var found: [Place] = []
    for (place, start) in starts {
      var best = descended(place, start) { gap(s, points, $0) }.place
      // The last steps may lie so near to where a hypothesis ends that it does not hold for certain.
      for _ in 0..<6 where best.moves.count > place.moves.count && (try? points.accepts(best)) != true {
        best.moves.removeLast()
      }
      found.append((try? points.accepts(best)) == true ? best : place)
    }
    // The tightest of all, and those of every size: at the smallest, all of them may be ties.
    let ofSizes = sizes.prefix(3).compactMap { size in
      candidates.first { $0.place.sizes == size }?.place ?? accepted.first { $0.sizes == size }
    }
    // From zeros, too: what is far away may be its own kind of tight.
    let special = special(points, sizes)
    let deeper = descents(s, points, from: found.prefix(2) + ofSizes + special.prefix(1) + accepted.suffix(3))
    return (found + deeper + special).filter { (try? points.accepts($0)) == true }
  }

  /// Where an inequality is apt to be tight: a name zero, all of them, or two of one shape equal.
  private func special(_ points: Points, _ sizes: [[String: Int]]) -> [Place] {
    var places: [Place] = []
    for choice in sizes.prefix(3) {
      let place = Place(sizes: choice, seed: seed &+ 900_000, spread: .small)
      let free = freeEntries(points, place, all: true)
      let keys = free.keys.sorted { ($0.name, $0.indices.description) < ($1.name, $1.indices.description) }
      func zeros(_ key: ValueKey) -> [Rational] { free[key].map { $0.map { _ in 0 } } ?? [] }
      for (i, key) in keys.enumerated() {
        var zero = place
        zero.overrides[key] = zeros(key)
        places.append(zero)
        for other in keys[..<i] where free[other]?.count == free[key]?.count {
          var equal = place
          equal.overrides = [key: free[key] ?? [], other: free[key] ?? []]
          places.append(equal)
        }
      }
      if keys.count > 1 {
        var nothing = place
        for key in keys { nothing.overrides[key] = zeros(key) }
        places.append(nothing)
      }
    }
    return places
  }

  /// Names whose entries may be chosen at will, with the values that a place gives them; `all` also names those that were
  /// drawn with singular values or a norm, which a change makes unknown.
  func freeEntries(_ points: Points, _ place: Place, all: Bool = false) -> [ValueKey: [Rational]] {
    guard let evaluator = try? points.evaluator(RationalDomain(), at: place) else { return [:] }
    // Whatever the conditions and equations need has been drawn; what only the statement needs is drawn now.
    for name in points.relevance.names {
      guard let declaration = theory.declarations[name],
        let members = try? Evaluator.members(declaration.family[...], evaluator.model)
      else { continue }
      if case .parameter = declaration.nature {
        for indices in members { _ = try? evaluator.model.value(ValueKey(name: name, indices: indices)) }
      }
    }
    let fixed = Set(points.hypotheses.equations.map(\.unknown)).union(points.hypotheses.derived.keys)
      .union(points.hypotheses.orthonormal)
    var free: [ValueKey: [Rational]] = [:]
    for (key, value) in evaluator.model.values {
      guard case .parameter(.none)? = theory.declarations[key.name]?.nature, !fixed.contains(key.name),
        all || !points.relevance.needs.spectral.contains(key.name) && !points.relevance.needs.normed.contains(key.name)
      else { continue }
      free[key] = value.entries.compactMap { if case .constant(let q) = $0.parts[0] { q } else { nil } }
    }
    return free
  }

  /// A place that satisfies the conditions, reached from one that does not by random steps that lessen the violation.
  func repaired(_ start: Place, _ points: Points) -> Place? {
    let free = freeEntries(points, start)
    let keys = free.keys.sorted { ($0.name, $0.indices.description) < ($1.name, $1.indices.description) }
    guard !keys.isEmpty, var least = violation(points, start) else { return nil }
    let generator = RandomGenerator(stream: "examiner/repair", seed: start.seed)
    var best = start
    for step in 0..<400 where least > 0 {
      let key = keys[generator.uniform(below: keys.count)]
      guard var entries = best.overrides[key] ?? free[key], !entries.isEmpty else { continue }
      let i = generator.uniform(below: entries.count)
      let scale = Rational(1, 1 << min(8, step / 30))
      entries[i] = step % 5 == 4 ? entries[i] / 2 : entries[i] + scale * Rational(generator.uniform(below: 65) - 32, 4)
      var trial = best
      trial.overrides[key] = entries
      if let smaller = violation(points, trial), smaller < least { (best, least) = (trial, smaller) }
    }
    return least == 0 && (try? points.accepts(best)) == true ? best : nil
  }

  /// By how much the conditions fail in all; nil where they have no value.
  private func violation(_ points: Points, _ place: Place) -> Double? {
    guard let evaluator = try? points.evaluator(FloatingDomain(), at: place) else { return nil }
    var sum = 0.0
    for condition in points.hypotheses.conditions where condition.ranges.isEmpty {
      let s = condition.statement
      guard let left = try? evaluator.scalarValue(s.left), let right = try? evaluator.scalarValue(s.right) else {
        return nil
      }
      let excess = s.relation == .less || s.relation == .lessOrEqual ? left - right : right - left
      guard excess.isFinite else { return nil }
      if s.relation != .notEqual { sum += max(0, excess + (s.relation == .less || s.relation == .greater ? 1e-9 : 0)) }
    }
    return sum
  }

  /// right − left where the relation wants it positive, relative to the terms that cancel in it; for = and ≠ the largest
  /// difference of any two entries, without sign. Nil where a hypothesis fails or a side has no value.
  func gap(_ s: Statement, _ points: Points, _ place: Place) -> Double? {
    guard let evaluator = try? points.evaluator(MagnitudeDomain(), at: place) else { return nil }
    for condition in points.hypotheses.conditions {
      guard let holds = try? evaluator.admits(condition), holds else { return nil }
    }
    guard let left = try? evaluator.value(s.left), let right = try? evaluator.value(s.right) else { return nil }
    var gaps: [Double] = []
    for (a, b) in zip(left.entries, right.entries) {
      for part in evaluator.arithmetic.subtract(b, a).parts {
        guard case .constant(let d) = part else { return nil }
        gaps.append(d.value / (d.magnitude + 1e-300))
      }
    }
    guard gaps.allSatisfy(\.isFinite), let first = gaps.first else { return nil }
    switch s.relation {
    case .less, .lessOrEqual: return first
    case .greater, .greaterOrEqual: return -first
    case .equal, .notEqual: return gaps.map(abs).max()
    }
  }

  /// Steps in random directions, of every size, that lessen an objective; one that did is taken again twice as far.
  func descended(
    _ start: Place, _ startValue: Double, until goal: Double = -.infinity, _ objective: (Place) -> Double?
  ) -> (place: Place, value: Double) {
    let generator = RandomGenerator(stream: "examiner/descent", seed: start.seed)
    var (best, least) = (start, startValue)
    var last: Move?
    for _ in 0..<120 where least > goal {
      let move = last ?? Move(seed: UInt64(generator.next32()), exponent: generator.uniform(below: 14) - 3)
      var trial = best
      trial.moves.append(move)
      if let less = objective(trial), less < least {
        (best, least, last) = (trial, less, Move(seed: move.seed, exponent: max(-40, move.exponent - 1)))
      } else {
        last = nil
      }
    }
    return (best, least)
  }
}

extension Expression {
  var hasExpectations: Bool {
    switch node {
    case .expectation, .variance, .covariance: true
    default: children.contains(where: \.hasExpectations)
    }
  }
  var hasKinks: Bool {
    switch node {
    case .apply(.maximum, _), .apply(.minimum, _), .apply(.abs, _): true
    default: children.contains(where: \.hasKinks)
    }
  }
  /// Whether nothing grows faster than a power of what is random, so that means over a few thousand draws say something.
  var hasLightTails: Bool {
    switch node {
    case .apply(.exp, _), .apply(.inverse, _), .apply(.pseudoInverse, _), .integral: false
    case .divide(let a, let b): a.hasLightTails && b.isFreeOfChance
    case .power(let a, let exponent):
      if case .number(let q) = exponent.node, q > 0, q <= 4 { a.hasLightTails } else { a.isFreeOfChance }
    default: children.allSatisfy(\.hasLightTails)
    }
  }

  /// Numbers and sizes only.
  private var isFreeOfChance: Bool {
    switch node {
    case .variable, .call: false
    default: children.allSatisfy(\.isFreeOfChance)
    }
  }
}

extension Evaluator where D == FloatingDomain {
  func scalarValue(_ e: Expression) throws(EvaluationError) -> Double {
    try arithmetic.base(try value(e)[0, 0], for: "a comparison")
  }
}
