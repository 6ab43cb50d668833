// The search for what refutes a statement that looks true: larger sizes, other scales, boundaries, near neighbours.

internal import RandomStreams

extension Examiner {
  /// A point off the beaten track at which the statement fails for certain.
  func hunted(_ s: Statement, _ points: Points, _ accepted: [Place]) -> Counterexample? {
    for place in accepted.prefix(2) where isRefuted(s, points, place, precisions: [1_100]) {
      return describe(place, s, points)
    }
    var candidates: [Place] = []
    for (choice, sizes) in points.sizeChoices.prefix(4).enumerated() {
      for attempt in 0..<7 {
        candidates.append(
          Place(
            sizes: sizes, seed: seed &+ UInt64(300_000 + 1_000 * choice + attempt),
            spread: attempt < 4 ? .degenerate : attempt < 6 ? .scaled : .small))
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
    for place in candidates where isRefuted(s, points, place, precisions: [96]) {
      return describe(shrunk(place, s, points), s, points)
    }
    let small = Points(points, budget: budget / 4)
    for place in probes(small) where isRefuted(s, small, place, precisions: [96]) { return describe(place, s, points) }
    return nil
  }

  /// Points at sizes beyond those that are always examined: an identity of degree k in a size may hold at k of them.
  func probes(_ points: Points) -> [Place] {
    points.probeSizes(seed).enumerated().compactMap { k, sizes in
      (0..<8).lazy.map { Place(sizes: sizes, seed: seed &+ UInt64(600_000 + 100 * k + $0)) }
        .first { (try? points.accepts($0)) == true }
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
    if names.count > 1 { for _ in 0..<2 { all.append(choice { _ in generator.uniform(below: 6) }) } }
    let numbers = relevance.sizes.subtracting(relevance.extents)
    if !numbers.isEmpty {
      for bits in [4, 10, 24] { all.append(choice { numbers.contains($0) ? generator.uniform(below: 1 << bits) : 1 }) }
    }
    return all
  }
}
