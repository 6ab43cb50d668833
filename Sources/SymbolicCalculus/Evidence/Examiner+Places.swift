// Where statements are examined: points of several sizes that satisfy the hypotheses.

internal import ExactArithmetic

extension Examiner {

  /// Places at which the hypotheses hold.
  struct Acceptance {
    /// nil if none was found.
    var places: [Place]?
    /// What then follows.
    var absence: Finding
    /// Why some point could not even be made.
    var unmade: String?
  }

  func acceptedPlaces(_ points: Points, atLeast wanted: Int) -> Acceptance {
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
    let absence: Finding =
      if let unmade, !isTried {
        .undecided(unmade)
      } else {
        .vacuous(
          "no point that satisfies the hypotheses was found in \(tries) tries" + (obstacle.map { " (\($0))" } ?? ""))
      }
    return Acceptance(places: accepted.isEmpty ? nil : accepted, absence: absence, unmade: unmade)
  }

  /// A size that the hypotheses do not restrict but at one value of which only they were met: at n = 1 matrices commute,
  /// every vector is an eigenvector, and nothing is shown.
  func smallestOnly(_ accepted: [Place], _ points: Points) -> (name: String, only: Int)? {
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
  func elsewhere(_ accepted: [Place], _ points: Points) -> [Place] {
    guard let (name, only) = smallestOnly(accepted, points) else { return [] }
    let others = points.sizeChoices.filter { $0[name] != only }.prefix(3)
    return others.enumerated().flatMap { k, sizes in
      (0..<2).compactMap { repaired(Place(sizes: sizes, seed: seed &+ UInt64(720_000 + 100 * k + $0)), points) }
    }
  }

  func distinctSizes(_ places: [Place]) -> [[String: Int]] {
    places.reduce(into: []) { all, place in if !all.contains(place.sizes) { all.append(place.sizes) } }
  }
}

/// What the equations' unknowns were at the points that were found.
struct Solutions {
  private var unknowns: Set<String> = []
  private var nonzero: Set<String> = []
  /// Whether some solutions may not have been reached.
  var isIncomplete = false

  mutating func look(at points: Points, _ examiner: Examiner) {
    guard !points.hypotheses.equations.isEmpty else { return }
    if !points.hypotheses.restricted.isEmpty { isIncomplete = true }
    unknowns.formUnion(points.hypotheses.equations.map(\.unknown))
    for (k, sizes) in points.sizeChoices.enumerated() {
      for attempt in 0..<10 {
        guard !unknowns.isSubset(of: nonzero) else { return }
        let place = Place(
          sizes: sizes, seed: examiner.seed &+ UInt64(730_000 + 10 * k + attempt),
          spread: attempt == 0 ? .wide : .degenerate)
        guard (try? points.accepts(place)) == true,
          let evaluator = try? points.evaluator(BallDomain(precision: 128), at: place)
        else { continue }
        for (key, value) in evaluator.model.values where unknowns.contains(key.name) {
          let isNonzero = value.entries.contains { entry in
            if case .constant(let c) = entry.parts[0] { !c.containsZero } else { true }
          }
          if isNonzero { nonzero.insert(key.name) }
        }
      }
    }
  }

  /// An unknown that was zero wherever the hypotheses could be met, though that need not be all that they allow.
  var trivial: String? { isIncomplete ? unknowns.subtracting(nonzero).sorted().first : nil }
}
