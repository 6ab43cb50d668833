// The energy distance against its definition, against closed forms of normal laws, and its standard error.

import Glibc
import RandomStreams
import Testing
import VerificationKit

@Suite struct EnergyDistanceTests {
  private func normals(_ count: Int, _ seed: UInt64, shift: Double = 0, scale: Double = 1) -> [Double] {
    let generator = RandomGenerator(stream: "energy", seed: seed)
    return (0..<count).map { _ in shift + scale * generator.gaussian() }
  }

  @Test func definition() {
    let (x, y) = ([3.0, -1, 0.5, 0.5, 2], [0.5, 4, -2, 1.25])
    func mean(_ a: [Double], _ b: [Double], _ pairs: Int) -> Double {
      a.reduce(0) { sum, p in b.reduce(sum) { $0 + abs(p - $1) } } / Double(pairs)
    }
    let direct = { (x: [Double], y: [Double]) in
      2 * mean(x, y, x.count * y.count) - mean(x, x, x.count * (x.count - 1)) - mean(y, y, y.count * (y.count - 1))
    }
    let found = EnergyDistance(x, y)
    #expect(abs(found.value - direct(x, y)) < 1e-14)
    func spread(_ left: [Double]) -> Double {
      let mean = left.reduce(0, +) / Double(left.count)
      return left.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } * Double(left.count - 1) / Double(left.count)
    }
    func without(_ a: [Double], _ i: Int) -> [Double] { Array(a[..<i]) + Array(a[(i + 1)...]) }
    let jackknife =
      (spread(x.indices.map { direct(without(x, $0), y) }) + spread(y.indices.map { direct(x, without(y, $0)) }))
      .squareRoot()
    #expect(abs(found.standardError - jackknife) < 1e-14)
  }

  /// E|N(m, s²)| in closed form; 200 pairs of samples judge mean and standard error.
  @Test(arguments: [(0.0, 1.0), (0.5, 1.0), (0.0, 1.5)])
  func normalLaws(shift: Double, scale: Double) {
    func absolute(_ mean: Double, _ deviation: Double) -> Double {
      deviation * (2 / Double.pi).squareRoot() * exp(-mean * mean / (2 * deviation * deviation))
        + mean * erf(mean / (deviation * 2.squareRoot()))
    }
    let exact =
      2 * absolute(shift, (1 + scale * scale).squareRoot()) - absolute(0, 2.squareRoot())
      - absolute(0, scale * 2.squareRoot())
    let found = (0..<200).map {
      EnergyDistance(normals(300, 2 * $0 + 1), normals(200, 2 * $0 + 2, shift: shift, scale: scale))
    }
    let mean = found.reduce(0) { $0 + $1.value } / 200
    let deviation = (found.reduce(0) { $0 + ($1.value - mean) * ($1.value - mean) } / 199).squareRoot()
    let claimed = (found.reduce(0) { $0 + $1.standardError * $1.standardError } / 200).squareRoot()
    #expect(abs(mean - exact) < 4 * deviation / 200.squareRoot(), "\(mean), \(exact)")
    let ratio = claimed / deviation
    #expect(ratio > 0.85 && ratio < (exact == 0 ? 2 : 1.2), "\(ratio)")
  }
}
