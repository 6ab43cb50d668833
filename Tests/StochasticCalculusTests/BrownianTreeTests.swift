// Brownian motion at any time: the grid's values at the grid's nodes, and the right law between and far below them.

import RandomStreams
import StochasticCalculus
import Testing

@Suite struct BrownianTreeTests {
  @Test func nodesAreTheGrids() throws {
    let paths = try BrownianPaths("tree", seed: 4, horizon: 3, paths: 5..<9, component: 2, level: 9)
    for path in 5..<9 {
      let tree = try BrownianTree("tree", seed: 4, horizon: 3, path: path, component: 2)
      for node in (0...512).reversed() {
        let value = tree.value(at: 3 * Double(node) / 512)
        #expect(value.bitPattern == paths.value(path: path, node: node).bitPattern)
      }
    }
  }

  /// Means of products against min(s, t), over 40 batches of paths; increments down to 10⁻¹² of the horizon.
  @Test func lawIsBrownian() throws {
    let times = [0.1234567, 0.3, 0.3 + 1e-12, 0.3 + 1e-6, 0.7654321, 1.9]
    let horizon = 2.0
    let values = try (0..<8_000).map { path in
      let tree = try BrownianTree("tree law", seed: 1, horizon: horizon, path: path)
      return times.map(tree.value(at:))
    }
    func mean(_ f: ([Double]) -> Double) -> (mean: Double, halfWidth: Double) {
      interval((0..<40).map { batch in values[batch * 200..<(batch + 1) * 200].reduce(0) { $0 + f($1) } / 200 })
    }
    for i in times.indices {
      for j in i..<times.count {
        let product = mean { $0[i] * $0[j] }
        #expect(abs(product.mean - times[i]) < product.halfWidth, "\(times[i]), \(times[j])")
      }
    }
    // Increments are independent of what came before, and of their own size.
    for (i, j) in [(1, 2), (1, 3), (0, 4), (4, 5)] {
      let length = times[j] - times[i]
      let square = mean { ($0[j] - $0[i]) * ($0[j] - $0[i]) / length }
      // Times are rounded to 2⁻⁵² of the horizon.
      #expect(abs(square.mean - 1) < square.halfWidth + 1e-3, "\(length): \(square)")
      let before = mean { ($0[j] - $0[i]) * $0[i] / (length * times[i]).squareRoot() }
      #expect(abs(before.mean) < before.halfWidth, "\(length): \(before)")
    }
  }

  @Test func componentsDiffer() throws {
    let (a, b) = (
      try BrownianTree("tree", seed: 1, horizon: 1, path: 3),
      try BrownianTree("tree", seed: 1, horizon: 1, path: 3, component: 1)
    )
    #expect(a.value(at: 0.3) != b.value(at: 0.3) && a.value(at: 0.3) == a.value(at: 0.3) && a.value(at: 0) == 0)
    #expect(a.increment(from: 0.2, to: 0.9) == a.value(at: 0.9) - a.value(at: 0.2))
    #expect(throws: SimulationError.self) { try BrownianTree("tree", seed: 1, horizon: -1, path: 0) }
    #expect(throws: SimulationError.self) { try BrownianTree("tree", seed: 1, horizon: 1, path: -1) }
    #expect(throws: SimulationError.self) { try BrownianTree("tree", seed: 1, horizon: 1, path: 0, component: 1 << 20) }
  }
}
