// Equalities: modulo primes, in rational functions, in balls.

internal import ExactArithmetic
internal import Glibc
internal import RandomStreams

extension Examiner {

  func equality(_ s: Statement, _ points: Points, _ accepted: [Place]) -> Finding {
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
  func onBothSides(_ finding: Finding, _ s: Statement, _ points: Points, _ accepted: [Place]) -> Finding {
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
  func realObjection(_ s: Statement, _ points: Points, _ accepted: [Place]) -> Finding? {
    // The smallest sizes, and one of the larger.
    let isShort = accepted.count <= 4 || [s.left, s.right].contains(where: \.hasItoIntegrals)
    let judges = isShort ? accepted : Array(accepted.prefix(3)) + [accepted[accepted.count - 1]]
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

  func at(_ place: Place) -> String {
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
