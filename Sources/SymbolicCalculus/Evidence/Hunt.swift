// The search for what refutes a statement that looks true: larger sizes, other scales, boundaries, near neighbours.

internal import ExactArithmetic
internal import Glibc
internal import RandomStreams

extension Examiner {
  /// A point at which an identity that holds in general position fails: of lower rank, or on a boundary.
  func degenerate(_ s: Statement, _ points: Points) -> Counterexample? {
    for (choice, sizes) in points.sizeChoices.prefix(3).enumerated() {
      for attempt in 0..<(sizes.isEmpty ? 24 : 6) {
        let place = Place(sizes: sizes, seed: seed &+ UInt64(300_000 + 1_000 * choice + attempt), spread: .degenerate)
        if isSuspect(s, points, place) && isRefuted(s, points, place) { return describe(place, s, points) }
      }
    }
    return nil
  }

  /// A point off the beaten track at which the statement fails for certain.
  func hunted(_ s: Statement, _ points: Points, _ accepted: [Place]) -> Counterexample? {
    var candidates: [Place] = []
    for (choice, sizes) in points.sizeChoices.prefix(4).enumerated() {
      for attempt in 0..<(sizes.isEmpty ? 24 : 7) {
        candidates.append(
          Place(
            sizes: sizes, seed: seed &+ UInt64(300_000 + 1_000 * choice + attempt),
            spread: attempt < 4 ? .degenerate : attempt == 6 ? .small : .scaled))
      }
    }
    // Where hypotheses leave little room, the places found so far may all be one.
    if !points.hypotheses.conditions.isEmpty {
      for (k, place) in accepted.prefix(4).enumerated() {
        for exponent in [1, 5, 9, 14, 22] {
          var near = place
          near.moves = [Move(seed: seed &+ UInt64(400_000 + 100 * k + exponent), exponent: exponent)]
          candidates.append(near)
        }
      }
    }
    for place in candidates where isSuspect(s, points, place) && isRefuted(s, points, place) {
      return describe(shrunk(place, s, points), s, points)
    }
    let small = probing(points)
    for place in probes(small) + remarkable(small) where isSuspect(s, small, place) && isRefuted(s, small, place) {
      return describe(place, s, points)
    }
    return nil
  }

  /// A difference too small to see at ordinary precision.
  func magnified(_ s: Statement, _ points: Points, _ accepted: [Place]) -> Counterexample? {
    accepted.prefix(2).first { isRefuted(s, points, $0, precisions: [1_100]) }.map { describe($0, s, points) }
  }

  /// Whether floating point does not see the statement hold, with a margin where that is to be had.
  func isSuspect(_ s: Statement, _ points: Points, _ place: Place) -> Bool {
    guard let gap = gap(s, points, place) else { return false }
    return s.relation == .equal ? gap > 1e-7 : gap < 1e-7
  }

  /// The points with as much budget as a probe may spend.
  func probing(_ points: Points) -> Points { Points(points, budget: points.budget / 40) }

  /// The search ends near a point where the sides touch, such as x = 1/3: the simplest numbers thereabouts.
  func snapped(_ s: Statement, _ points: Points, _ closest: [Place]) -> Counterexample? {
    guard !s.relation.admits(0) else { return nil }
    for place in closest {
      guard let evaluator = try? points.evaluator(RationalDomain(), at: place) else { continue }
      for bits in [4, 8, 12] {
        var trial = place
        for (key, entries) in freeEntries(of: s, evaluator, points) {
          trial.overrides[key] = entries.map { $0.simplest(within: Rational(2).power(-bits)) }
        }
        guard (try? points.accepts(trial)) == true, let exact = try? points.evaluator(RationalDomain(), at: trial)
        else {
          continue
        }
        if let sign = try? exact.sign(s), !s.relation.admits(sign) { return describe(trial, s, points) }
      }
    }
    return nil
  }

  /// The same refutation with the simplest numbers thereabouts.
  func tidied(_ place: Place, _ s: Statement, _ points: Points) -> Place {
    guard place.overrides.values.joined().contains(where: { $0.simplest(within: Rational(1, 4_096)) != $0 }) else {
      return place
    }
    for bits in [1, 2, 4, 6, 8, 12] {
      var trial = place
      trial.overrides = place.overrides.mapValues { $0.map { $0.simplest(within: Rational(2).power(-bits)) } }
      if isRefuted(s, points, trial) { return trial }
    }
    return place
  }

  /// Entries that may be given any value without touching a constraint, an equation or a decomposition.
  func freeEntries(
    of s: Statement, _ evaluator: Evaluator<RationalDomain>, _ points: Points
  ) -> [(key: ValueKey, entries: [Rational])] {
    // Names are drawn when they are first needed.
    for side in [s.left, s.right] { _ = try? evaluator.value(side) }
    let fixed = points.relevance.needs.spectral.union(points.relevance.needs.normed)
      .union(points.hypotheses.equations.map(\.unknown))
    return evaluator.model.values.sorted { $0.key.name < $1.key.name }.compactMap { key, value in
      guard !fixed.contains(key.name) else { return nil }
      switch theory.declarations[key.name]?.nature {
      case .parameter(.none), .adapted, .process: break
      default: return nil
      }
      let entries = value.entries.compactMap { if case .constant(let q) = $0.parts[0] { q } else { nil } }
      return entries.count == value.entries.count ? (key, entries) : nil
    }
  }

  /// Points at sizes beyond those that are always examined: an identity of degree k in a size may hold at k of them.
  func probes(_ points: Points) -> [Place] {
    points.probeSizes(seed).enumerated().compactMap { k, sizes in
      (0..<8).lazy.map { Place(sizes: sizes, seed: seed &+ UInt64(600_000 + 100 * k + $0)) }
        .first { (try? points.accepts($0)) == true }
    }
  }
}

extension Examiner {
  /// Larger sizes at values where norms, ranks and sums of many terms are extreme: identities, ones, rank one, signs.
  private func remarkable(_ points: Points) -> [Place] {
    let names = points.relevance.sizes.sorted()
    guard !names.isEmpty else { return [] }
    func sizes(_ n: Int, only one: String? = nil) -> [String: Int] {
      Dictionary(
        uniqueKeysWithValues: names.map {
          ($0, one == nil || one == $0 ? max(points.least($0), n) : points.least($0))
        })
    }
    var choices = [sizes(5), sizes(8)]
    if names.count > 1 { choices += names.prefix(4).map { sizes(8, only: $0) } }
    var places = choices.flatMap { choice in Pattern.allCases.map { remarkable($0, choice, points) } }
    if !points.hypotheses.conditions.isEmpty {
      // At the first choice, where that is cheap.
      places += places.prefix(Pattern.allCases.count).compactMap { stretched($0, points) }
    } else {
      // √16 is more than most constants that one writes down.
      places += [.identity, .ones].map { remarkable($0, sizes(16), points) }
    }
    return places.filter { (try? points.accepts($0)) == true }
  }

  /// The same directions, each name as far as the hypotheses allow.
  private func stretched(_ start: Place, _ points: Points) -> Place? {
    var best = start
    for name in Set(start.overrides.keys.map(\.name)).sorted().prefix(4) {
      func times(_ factor: Rational) -> Place {
        var place = best
        for (key, entries) in best.overrides where key.name == name {
          place.overrides[key] = entries.map { factor * $0 }
        }
        return place
      }
      func holds(_ factor: Rational) -> Bool {
        guard let evaluator = try? points.evaluator(FloatingDomain(), at: times(factor)) else { return false }
        return points.hypotheses.conditions.allSatisfy { (try? evaluator.admits($0)) == true }
      }
      let powers = (-7...4).reversed().lazy.map { Rational(2).power($0) }
      guard isScalable(name), var factor = powers.first(where: holds) else { continue }
      var step = factor / 2
      for _ in 0..<5 {
        if holds(factor + step) { factor = factor + step }
        step = step / 2
      }
      best = times(factor)
    }
    return best.overrides == start.overrides ? nil : best
  }

  private func isScalable(_ name: String) -> Bool {
    guard case .parameter(let constraint)? = theory.declarations[name]?.nature else { return false }
    return constraint != .unit && constraint != .orthogonal
  }

  fileprivate enum Pattern: CaseIterable { case identity, ones, corner, signs, mixed }

  private func remarkable(_ pattern: Pattern, _ sizes: [String: Int], _ points: Points) -> Place {
    var place = Place(sizes: sizes, seed: seed &+ 950_000, spread: .small)
    guard let evaluator = try? points.evaluator(FloatingDomain(), at: place) else { return place }
    let fixed = Set(points.hypotheses.equations.map(\.unknown)).union(points.hypotheses.derived.keys)
    var position = 0
    for name in points.relevance.names.subtracting(fixed).sorted() {
      guard let declaration = theory.declarations[name], case .parameter(let constraint) = declaration.nature,
        !declaration.shape.isScalar || !declaration.family.isEmpty,
        let members = try? Evaluator.members(declaration.family[...], evaluator.model)
      else { continue }
      position += 1
      var own = pattern
      if pattern == .mixed { own = position.isMultiple(of: 2) ? .ones : .identity }
      for (k, indices) in members.enumerated() {
        let bound = Dictionary(zip(declaration.family.map(\.index), indices)) { $1 }
        guard let (m, n) = try? evaluator.model.extent(declaration.shape, bound) else { continue }
        let entries = (0..<n).flatMap { j in (0..<m).map { i in own.entry(i, j, member: k, rows: m, isVector: n == 1) }
        }
        switch constraint {
        case .none, .symmetric, .psd: break
        case .positive, .nonnegative: if entries[0] <= 0 { continue }
        case .diagonal, .spd, .orthogonal: if own != .identity { continue }
        case .unit: if own != .identity && own != .corner { continue }
        case .skew: continue
        }
        place.overrides[ValueKey(name: name, indices: indices)] = entries
      }
    }
    return place
  }
}

extension Examiner.Pattern {
  /// Members of a family are alike, except that vectors on the identity are its columns and signs take turns.
  fileprivate func entry(_ i: Int, _ j: Int, member k: Int, rows m: Int, isVector: Bool) -> Rational {
    switch self {
    case .identity: (isVector ? k % m : j) == i ? 1 : 0
    case .ones, .mixed: 1
    case .corner: i == 0 && j == 0 ? 1 : 0
    case .signs: (i + j + k).isMultiple(of: 2) ? 1 : -1
    }
  }
}

extension Points {
  /// Larger sizes, equal and mixed; very large ones where a size is nothing but a number.
  fileprivate func probeSizes(_ seed: UInt64) -> [[String: Int]] {
    let names = relevance.sizes.sorted()
    guard !names.isEmpty else { return [] }
    let generator = RandomGenerator(stream: "examiner/sizes", seed: seed)
    func choice(_ growth: (String) -> Int) -> [String: Int] {
      Dictionary(uniqueKeysWithValues: names.map { ($0, least($0) + growth($0)) })
    }
    var all = [choice { _ in 3 }, choice { _ in 5 }]
    if names.count > 1 { all.append(choice { _ in generator.uniform(below: 6) }) }
    let numbers = relevance.sizes.subtracting(relevance.extents)
    if !numbers.isEmpty {
      for bits in [4, 10, 24] { all.append(choice { numbers.contains($0) ? generator.uniform(below: 1 << bits) : 1 }) }
    }
    return all
  }
}

extension Rational {
  /// The number with the smallest denominator up to 12 this near, or the number itself.
  fileprivate func simplest(within tolerance: Rational) -> Rational {
    for denominator in 1...12 {
      let n = (approximation * Double(denominator)).rounded()
      guard abs(n) < 1e9 else { break }
      let candidate = Rational(Int(n), denominator)
      let distance = self - candidate
      if (distance.sign < 0 ? -1 * distance : distance) < tolerance { return candidate }
    }
    return self
  }
}
