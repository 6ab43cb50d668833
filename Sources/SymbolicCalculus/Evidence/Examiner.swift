// Decides statements: the strongest evidence that applies, or a counterexample.

internal import ExactArithmetic
internal import Glibc
internal import RandomStreams

/// Examines statements in a theory.
///
/// Equalities are tested in this order, and the first kind that can evaluate both sides decides: modulo random primes
/// (exact up to a stated probability), in balls (enclosed), in floating point and by Monte Carlo (sampled). A refutation
/// always comes with a real point at which every hypothesis holds for certain.
public struct Examiner: Sendable {
  public let theory: Theory
  public let seed: UInt64
  /// Multiplications that one evaluation may take, and one statement.
  private static let (evaluation, statement) = (2_000_000, 25_000_000)
  /// What this examiner's statements may take together.
  private let budget: WorkBudget?

  public init(_ theory: Theory, seed: UInt64 = 1, budget: WorkBudget? = nil) {
    (self.theory, self.seed, self.budget) = (theory, seed, budget)
  }

  public func examine(_ s: Statement) -> Finding {
    let total = WorkBudget(Self.statement, of: budget)
    let finding = examineAll(s, of: total)
    if case .refuted = finding { return finding }
    return total.isSpent
      ? .undecided("the work that this step needs exceeds the budget: make two steps of it, or name a part of it")
      : finding
  }

  /// Equations among the hypotheses may have several families of solutions, according to what they are solved for.
  private func examineAll(_ s: Statement, of total: WorkBudget) -> Finding {
    let first = Points(theory, [s.left, s.right], budget: Self.evaluation, of: total)
    let finding = examine(s, first)
    if case .refuted = finding { return finding }
    if let missing = first.hypotheses.missing { return .undecided(missing) }
    var isSolved = true
    if case .vacuous = finding { isSolved = false }
    for choice in 1..<max(1, min(4, first.hypotheses.choices)) {
      let points = Points(theory, [s.left, s.right], budget: Self.evaluation, of: total, choice: choice)
      if !isSolved {
        let other = examine(s, points)
        if case .vacuous = other { continue }
        return other
      }
      // What cannot be solved adds nothing.
      guard case .success(let places) = acceptedPlaces(points, atLeast: 3) else { continue }
      if s.relation == .equal, let objection = realObjection(s, points, places) { return objection }
      for place in places where isRefuted(s, points, place) { return .refuted(describe(place, s, points)) }
      if let found = hunted(s, points, places) { return .refuted(found) }
    }
    return finding
  }

  private func examine(_ s: Statement, _ points: Points) -> Finding {
    if let obstacle = points.hypotheses.obstacle { return .undecided(obstacle) }
    let accepted: [Place]
    // Six points for an equality, and more for an inequality, which no single point can show.
    switch acceptedPlaces(points, atLeast: s.relation == .equal ? 6 : 36) {
    case .success(let places): accepted = places + elsewhere(places, points)
    case .failure(let absence): return absence.finding
    }
    if let (name, only) = smallestOnly(accepted, points) {
      return .undecided(
        "the hypotheses could be met only at \(name) = \(only), which shows nothing of other sizes")
    }
    return s.relation == .equal ? equality(s, points, accepted) : inequality(s, points, accepted)
  }

  // MARK: Points that satisfy the hypotheses

  private struct Absence: Error { let finding: Finding }

  private func acceptedPlaces(_ points: Points, atLeast wanted: Int) -> Result<[Place], Absence> {
    var accepted: [Place] = []
    var obstacle: String?
    // Where no point could even be made, nothing is known of the hypotheses.
    var (isTried, unmade): (Bool, String?) = (false, nil)
    var tries = 0
    let patience = points.hypotheses.conditions.isEmpty ? 8 : 150
    var open = Array(points.sizeChoices.enumerated())
    // Every choice of sizes in turn, until there are enough points; sizes that nothing satisfies drop out.
    var attempts = Array(repeating: 0, count: open.count)
    while accepted.count < wanted && !open.isEmpty {
      for (choice, sizes) in open {
        var found = false
        while !found && attempts[choice] < patience * max(1, wanted / 6) {
          let attempt = attempts[choice]
          attempts[choice] += 1
          tries += 1
          let spread: Spread =
            points.isSimulated ? (attempt % 8 == 7 ? .wide : .moderate) : attempt % 4 == 3 ? .small : .wide
          let place = Place(sizes: sizes, seed: seed &+ UInt64(10_000 * choice + attempt), spread: spread)
          do {
            found = try points.accepts(place)
            isTried = true
            if found { accepted.append(place) }
          } catch {
            obstacle = error.reason
            if case .unsupported(let reason) = error { unmade = reason }
            attempts[choice] += patience / 8
          }
        }
        if !found { open.removeAll { $0.offset == choice } }
      }
    }
    if accepted.isEmpty {
      // Hypotheses that random points do not meet: go where they hold.
      for (choice, sizes) in points.sizeChoices.enumerated() {
        for attempt in 0..<max(4, wanted / points.sizeChoices.count) {
          let start = Place(sizes: sizes, seed: seed &+ UInt64(700_000 + 100 * choice + attempt))
          if let place = repaired(start, points) { accepted.append(place) }
        }
      }
    }
    if !accepted.isEmpty { return .success(accepted) }
    if let unmade, !isTried { return .failure(Absence(finding: .undecided(unmade))) }
    return .failure(
      Absence(
        finding: .vacuous(
          "no point that satisfies the hypotheses was found in \(tries) tries" + (obstacle.map { " (\($0))" } ?? ""))))
  }

  /// A size that the hypotheses do not restrict but at one value of which only they were met: at n = 1 matrices commute,
  /// every vector is an eigenvector, and nothing is shown.
  private func smallestOnly(_ accepted: [Place], _ points: Points) -> (name: String, only: Int)? {
    guard !points.relevance.assumptions.isEmpty else { return nil }
    let restricted = Set(points.relevance.assumptions.flatMap { $0.expressions.flatMap(\.sizeNames) })
    for name in points.relevance.sizes.sorted() where !restricted.contains(name) {
      let tried = Set(points.sizeChoices.compactMap { $0[name] })
      let met = Set(accepted.compactMap { $0.sizes[name] })
      if tried.count > 1, met.count == 1, let only = met.first { return (name, only) }
    }
    return nil
  }

  /// Places at other values of such a size, reached by repairing what fails there.
  private func elsewhere(_ accepted: [Place], _ points: Points) -> [Place] {
    guard let (name, only) = smallestOnly(accepted, points) else { return [] }
    let others = points.sizeChoices.filter { $0[name] != only }.prefix(3)
    return others.enumerated().flatMap { k, sizes in
      (0..<2).compactMap { repaired(Place(sizes: sizes, seed: seed &+ UInt64(720_000 + 100 * k + $0)), points) }
    }
  }

  // MARK: Equality

  private func equality(_ s: Statement, _ points: Points, _ accepted: [Place]) -> Finding {
    // No domain but floating point follows paths.
    if points.isSimulated { return simulated(s, points, accepted) }
    switch modularly(s, points, accepted) {
    case .agrees(let evidence):
      // The domain of definition is real: a statement about log K at K < 0 says nothing. Real points also judge the residues.
      if let objection = realObjection(s, points, accepted) { return objection }
      if points.relevance.isBranched, let found = degenerate(s, points) { return .refuted(found) }
      return onBothSides(.holds(evidence), s, points, accepted)
    case .differs(let isRational):
      if let found = anyCounterexample(to: s, points, accepted) { return .refuted(found) }
      if isRational {
        return .undecided("the sides are different functions, but no point was found that tells them apart")
      }
      return onBothSides(enclosed(s, points, accepted), s, points, accepted)
    case .cannot:
      if let found = anyCounterexample(to: s, points, accepted) { return .refuted(found) }
      if points.relevance.isBranched, let found = hunted(s, points, accepted) { return .refuted(found) }
      return onBothSides(enclosed(s, points, accepted), s, points, accepted)
    }
  }

  /// A finding that looked at both sides of every branch, or says which it could not reach.
  private func onBothSides(_ finding: Finding, _ s: Statement, _ points: Points, _ accepted: [Place]) -> Finding {
    guard case .holds(var evidence) = finding else { return finding }
    let sides = bothSides(s, points, accepted)
    if let found = sides.counterexample { return .refuted(found) }
    if let remark = sides.remark { evidence.strength += "; " + remark }
    return .holds(evidence)
  }

  private enum Modular {
    case agrees(Evidence)
    /// At some point; as rational functions if no transcendental value took part.
    case differs(isRational: Bool)
    case cannot(String)
  }

  /// Residues modulo random primes at random points, at several sizes, repeated until a false identity would pass with
  /// probability at most 2⁻⁶⁰.
  private func modularly(_ s: Statement, _ points: Points, _ accepted: [Place]) -> Modular {
    var sizes: [[String: Int]] = []
    for place in accepted where !sizes.contains(place.sizes) { sizes.append(place.sizes) }
    var worst = Double.infinity
    for (k, choice) in sizes.enumerated() {
      let generator = RandomGenerator(stream: "examiner/prime", seed: seed &+ UInt64(k))
      var bits = 0.0
      var trials = 0
      var undefined = 0
      while bits < 60 {
        if trials == 12 { return .cannot("degrees too high for a failure probability of 2^-60") }
        do {
          switch try residues(s, points, choice, generator) {
          case .differ(let isRational): return .differs(isRational: isRational)
          case .agree(let failure): bits += failure == 0 ? .infinity : -log2(min(1, failure))
          }
          trials += 1
        } catch .undefined(let reason) {
          // A denominator that vanishes by chance does so rarely.
          undefined += 1
          if undefined == 4 { return .cannot(reason) }
        } catch {
          return .cannot(error.reason)
        }
      }
      worst = min(worst, bits)
    }
    // Larger sizes once, as far as they are cheap.
    let small = probing(points)
    let generator = RandomGenerator(stream: "examiner/probe", seed: seed)
    for place in probes(small) {
      if case .differ(let isRational)? = try? residues(s, small, place.sizes, generator) {
        return .differs(isRational: isRational)
      }
    }
    let proved = sizes.filter { isGenericallyEqual(s, points, $0) }
    let chance = "a false identity passes with probability below 2^-\(Int(min(worst, 9_999)))"
    if proved.count == sizes.count {
      return .agrees(
        Evidence(.exact, "equal as rational functions of all entries", sizes: sizes, failureBits: .infinity))
    }
    let strength =
      worst == .infinity
      ? "no entry left to chance"
      : proved.isEmpty ? chance : "equal as rational functions at the smallest sizes; at the others \(chance)"
    return .agrees(Evidence(.exact, strength, sizes: sizes, failureBits: worst))
  }

  private enum Residues {
    /// All entries, with this bound on the chance that a false identity would.
    case agree(failure: Double)
    case differ(isRational: Bool)
  }

  private func residues(
    _ s: Statement, _ points: Points, _ sizes: [String: Int], _ generator: RandomGenerator
  ) throws(EvaluationError) -> Residues {
    func word() -> UInt64 { UInt64(generator.next32()) << 32 | UInt64(generator.next32()) }
    let domain = MeasuredPrimeDomain(prime: PrimeDomain(PrimeField.random(using: word)))
    let evaluator = try points.evaluator(domain, at: Place(sizes: sizes, seed: word()))
    let (left, right) = (try evaluator.value(s.left), try evaluator.value(s.right))
    let difference = LinearAlgebra(arithmetic: evaluator.arithmetic, algebra: .scalars).subtract(left, right)
    var failure = 0.0
    for entry in difference.entries {
      for part in entry.parts {
        guard case .constant(let c) = part else { throw .unsupported("a random or time-dependent value") }
        if !domain.isZero(c) { return .differ(isRational: !domain.ledger.hasUnknowns) }
        failure += c.bound.isZero ? 0 : exp2(-domain.degrees.failureBits(difference: c.bound))
      }
    }
    return .agree(failure: failure)
  }

  /// Whether the sides have the same normal form with every free entry an indeterminate; false if that is too large to say.
  private func isGenericallyEqual(_ s: Statement, _ points: Points, _ sizes: [String: Int]) -> Bool {
    let small = Points(theory, [s.left, s.right], budget: 4_000, of: points.total)
    guard let evaluator = try? small.evaluator(GenericDomain(), at: Place(sizes: sizes, seed: seed)),
      let left = try? evaluator.value(s.left), let right = try? evaluator.value(s.right)
    else { return false }
    return LinearAlgebra(arithmetic: evaluator.arithmetic, algebra: .scalars).subtract(left, right).entries.allSatisfy {
      $0.parts.allSatisfy { part in
        guard case .constant(let c) = part else { return false }
        return c.isZero && !c.isTooLarge
      }
    }
  }

  /// A finding if the statement has no value at an accepted point, or is false there.
  private func realObjection(_ s: Statement, _ points: Points, _ accepted: [Place]) -> Finding? {
    // The smallest sizes, and one of the larger.
    let judges = accepted.count <= 4 ? accepted : Array(accepted.prefix(3)) + [accepted[accepted.count - 1]]
    for place in judges {
      do {
        let evaluator = try points.evaluator(BallDomain(precision: 96), at: place)
        if !(try evaluator.compare(s)).overlap { return .refuted(describe(shrunk(place, s, points), s, points)) }
      } catch .undefined(let reason) {
        return .undecided(
          "not defined everywhere that the hypotheses hold: \(reason)\(at(place)); state what excludes this")
      } catch {
        continue
      }
    }
    return nil
  }

  private func at(_ place: Place) -> String {
    place.sizes.isEmpty
      ? "" : " at " + place.sizes.sorted { $0.key < $1.key }.map { "\($0) = \($1)" }.joined(separator: ", ")
  }

  private func enclosed(_ s: Statement, _ points: Points, _ accepted: [Place]) -> Finding {
    var fewest = Int.max
    for place in accepted {
      var bits = 0
      precisions: for precision in [128, 256, 512, 1_024] {
        do {
          let evaluator = try points.evaluator(BallDomain(precision: precision), at: place)
          let comparison = try evaluator.compare(s)
          // Disjoint balls would have been found by the search for counterexamples; report them all the same.
          guard comparison.overlap else {
            return .undecided("the sides differ\(at(place)), but no counterexample was confirmed")
          }
          bits = comparison.bits
          if bits >= 60 { break precisions }
        } catch .undecided(let reason) {
          if precision == 1_024 { return .undecided("\(reason)\(at(place)), at 1024 bits") }
        } catch .undefined(let reason) {
          return .undecided(
            "not defined everywhere that the hypotheses hold: \(reason)\(at(place)); state what excludes this")
        } catch {
          return sampled(s, points, accepted, because: error.reason)
        }
      }
      if bits < 40 { return .undecided("the enclosures agree\(at(place)), but only to \(bits) bits") }
      fewest = min(fewest, bits)
    }
    return .holds(
      Evidence(
        .enclosed, "rigorous enclosures agree to \(fewest) bits at \(accepted.count) random points",
        sizes: distinctSizes(accepted)))
  }

  func distinctSizes(_ places: [Place]) -> [[String: Int]] {
    places.reduce(into: []) { all, place in if !all.contains(place.sizes) { all.append(place.sizes) } }
  }

  // MARK: Inequality

  private func inequality(_ s: Statement, _ points: Points, _ accepted: [Place]) -> Finding {
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
    if s.relation == .notEqual && signs.count > 1 {
      return .undecided("the sides change places between two points; in between they may be equal")
    }
    guard decided >= 8 && decided >= ties else {
      if !isStrict, case .holds(let evidence) = equality(Statement(s.left, .equal, s.right), points, accepted) {
        return .holds(evidence)
      }
      return .undecided("too near to equality to decide at \(ties) of \(decided + ties) points")
    }
    return onBothSides(
      .holds(
        Evidence(
          .enclosed,
          "holds for certain at \(decided) points, also where a search made it tightest"
            + (ties == 0 ? "" : " (equality within 512 bits at \(ties) more)"),
          sizes: distinctSizes(accepted))), s, points, accepted)
  }

  // MARK: Counterexamples

  private func anyCounterexample(to s: Statement, _ points: Points, _ accepted: [Place]) -> Counterexample? {
    counterexample(to: s, points, accepted) ?? hunted(s, points, accepted) ?? magnified(s, points, accepted)
  }

  /// Readable points first, then wide ones; the smallest sizes first.
  private func counterexample(to s: Statement, _ points: Points, _ accepted: [Place]) -> Counterexample? {
    var candidates: [Place] = []
    for (choice, sizes) in points.sizeChoices.prefix(5).enumerated() {
      for attempt in 0..<8 {
        candidates.append(
          Place(
            sizes: sizes, seed: seed &+ UInt64(77_000 + 100 * choice + attempt), spread: attempt < 5 ? .small : .wide))
      }
    }
    candidates.sort { a, b in a.sizes.values.reduce(0, +) < b.sizes.values.reduce(0, +) }
    for place in candidates where isSuspect(s, points, place) && isRefuted(s, points, place) {
      return describe(shrunk(place, s, points), s, points)
    }
    for place in accepted where isRefuted(s, points, place, precisions: [96]) {
      return describe(shrunk(place, s, points), s, points)
    }
    return nil
  }

  /// Whether the sides are apart for certain at a place that satisfies the hypotheses.
  func isRefuted(_ s: Statement, _ points: Points, _ place: Place, precisions: [Int] = [96, 320]) -> Bool {
    guard (try? points.accepts(place)) == true else { return false }
    for precision in precisions {
      do {
        let evaluator = try points.evaluator(BallDomain(precision: precision), at: place)
        if s.relation == .equal {
          if !(try evaluator.compare(s)).overlap { return true }
        } else if let sign = try evaluator.sign(s) {
          return !s.relation.admits(sign)
        }
      } catch .undecided {
        continue
      } catch {
        return false
      }
    }
    return false
  }

  /// The same refutation with simpler entries, where single entries can be made 0 or 1.
  func shrunk(_ place: Place, _ s: Statement, _ points: Points) -> Place {
    var best = place
    guard let evaluator = try? points.evaluator(RationalDomain(), at: place) else { return place }
    // What is large stays unread: its entries are not worth a trial each.
    var trials = 200
    for (key, entries) in freeEntries(of: s, evaluator, points) {
      for i in entries.indices {
        for simpler in [0, 1, 2] as [Rational] where entries[i] != simpler {
          trials -= 1
          guard trials >= 0 else { return best }
          var trial = best
          var changed = best.overrides[key] ?? entries
          changed[i] = simpler
          trial.overrides[key] = changed
          if isRefuted(s, points, trial) {
            best = trial
            break
          }
        }
      }
    }
    return best
  }

  func describe(_ place: Place, _ s: Statement, _ points: Points) -> Counterexample {
    // What was found is shown, even if the search spent all there was.
    let points = Points(points, budget: points.budget, of: WorkBudget(2 * points.budget))
    if let evaluator = try? points.evaluator(RationalDomain(), at: place), let left = try? evaluator.value(s.left),
      let right = try? evaluator.value(s.right)
    {
      let show: (Grid<Rational>) -> String = { $0.text(units: evaluator.units) { $0.description } }
      return Counterexample(
        sizes: place.sizes, values: evaluator.shownValues(show), left: show(left), right: show(right),
        partsAt: evaluator.parting(s.left, s.right, show), kind: .exact)
    }
    if let evaluator = try? points.evaluator(BallDomain(precision: 192), at: place),
      let left = try? evaluator.value(s.left), let right = try? evaluator.value(s.right)
    {
      let show: (Grid<Ball>) -> String = {
        $0.text(units: evaluator.units) { $0.exactValue?.description ?? $0.description(digits: 12) }
      }
      return Counterexample(
        sizes: place.sizes, values: evaluator.shownValues(show), left: show(left), right: show(right),
        partsAt: evaluator.parting(s.left, s.right, show), kind: .enclosed)
    }
    return Counterexample(sizes: place.sizes, values: [], left: "?", right: "?", partsAt: nil, kind: .enclosed)
  }
}

extension EvaluationError {
  var reason: String {
    switch self {
    case .unsupported(let what), .undefined(let what), .undecided(let what), .tooLarge(let what): what
    }
  }
}

extension Evaluator where D == BallDomain {
  /// Whether all parts of both sides overlap, and to how many bits relative to the larger side, or absolutely below 1.
  func compare(_ s: Statement) throws(EvaluationError) -> (overlap: Bool, bits: Int) {
    let (left, right) = (try value(s.left), try value(s.right))
    // Values are drawn of order one: below that, what counts is the absolute error.
    var scale = arithmetic.oneElement
    var error = arithmetic.zeroElement
    var overlap = true
    for (a, b) in zip(left.entries, right.entries) {
      for i in 0..<max(a.parts.count, b.parts.count) {
        let x = try constantPart(a, i)
        let y = try constantPart(b, i)
        guard x.isFinite && y.isFinite else { throw .undecided("an enclosure without bounds") }
        if !x.overlaps(y) { overlap = false }
        scale = scale.maximum(x.magnitudeBound).maximum(y.magnitudeBound)
        error = error.maximum((x - x.midpoint).magnitudeBound).maximum((y - y.midpoint).magnitudeBound)
      }
    }
    if error.isExactlyZero { return (overlap, arithmetic.domain.precision) }
    let nats = (scale / error).log.approximation
    return (overlap, nats.isFinite ? Int(max(0, nats / log(2.0))) : 0)
  }

  private func constantPart(_ n: N, _ i: Int) throws(EvaluationError) -> Ball {
    guard i < n.parts.count else { return arithmetic.zeroElement }
    guard case .constant(let c) = n.parts[i] else { throw .unsupported("a random value outside any expectation") }
    return c
  }
}
