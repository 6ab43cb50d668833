// Brownian paths: refinement moves nothing, sums agree, and the law is right at every level.

import CGSL
import RandomStreams
import StochasticCalculus
import Testing

@Suite struct BrownianPathsTests {
  @Test func refinementKeepsEveryBit() throws {
    var paths = try BrownianPaths("refinement", seed: 2, horizon: 3, paths: 5..<12, level: 3)
    let before = paths
    for _ in 0..<4 { paths.refine() }
    #expect(paths.level == 7)
    for path in 5..<12 {
      for node in 0...8 {
        let coarse = before.value(path: path, node: node).bitPattern
        #expect(paths.value(path: path, node: node, level: 3).bitPattern == coarse)
        #expect(paths.value(path: path, node: node << 4).bitPattern == coarse)
      }
    }
  }

  @Test func pathsDoNotDependOnTheirCompany() throws {
    let many = try BrownianPaths("company", seed: 2, horizon: 1, paths: 0..<50, level: 6)
    let one = try BrownianPaths("company", seed: 2, horizon: 1, paths: 17..<18, level: 6)
    let other = try BrownianPaths("company", seed: 2, horizon: 1, paths: 17..<18, component: 1, level: 6)
    for node in 1...64 {
      #expect(many.value(path: 17, node: node).bitPattern == one.value(path: 17, node: node).bitPattern)
      #expect(one.value(path: 17, node: node) != other.value(path: 17, node: node))
    }
  }

  @Test func coarseIncrementsAreSumsOfFineOnes() throws {
    let paths = try BrownianPaths("sums", seed: 3, horizon: 2, paths: 0..<100, level: 8)
    var (coarse, left, right) = ([Double](repeating: 0, count: 100), [Double](), [Double]())
    (left, right) = (coarse, coarse)
    for level in 0..<8 {
      for interval in 0..<(1 << level) {
        paths.increments(into: &coarse, interval: interval, level: level)
        paths.increments(into: &left, interval: 2 * interval, level: level + 1)
        paths.increments(into: &right, interval: 2 * interval + 1, level: level + 1)
        // 4u max|W| as documented, with |W| < 8 sqrt(2) = 11.3.
        #expect((0..<100).allSatisfy { abs(left[$0] + right[$0] - coarse[$0]) <= 4 * 11.4 * 0x1p-53 })
      }
    }
  }

  @Test func incrementsAreIndependentNormals() throws {
    let count = 2000
    let paths = try BrownianPaths("law", seed: 4, horizon: 0.5, paths: 0..<count, level: 5)
    var increments = [[Double]](repeating: [Double](repeating: 0, count: count), count: 32)
    for interval in 0..<32 { paths.increments(into: &increments[interval], interval: interval, level: 5) }
    let variance = 0.5 / 32
    let n = Double(count)
    let total = increments.joined().reduce(0) { $0 + $1 * $1 } / variance
    #expect(gsl_cdf_chisq_Q(total, n * 32) > 0.5e-9)
    #expect(gsl_cdf_chisq_P(total, n * 32) > 0.5e-9)
    for interval in 1..<32 {
      // Neighbours that share a bridge and neighbours that do not.
      let covariance = zip(increments[interval - 1], increments[interval]).reduce(0) { $0 + $1.0 * $1.1 }
      #expect(abs(covariance / variance / n.squareRoot()) < normalLimit + 0.3)
    }
  }

  @Test func impossiblePathsAreRefused() {
    #expect(throws: SimulationError.emptyInterval(start: 0, end: -1)) {
      try BrownianPaths("x", seed: 0, horizon: -1, paths: 0..<1)
    }
    #expect(throws: SimulationError.pathsOutOfRange(0)) { try BrownianPaths("x", seed: 0, horizon: 1, paths: 3..<3) }
  }
}
