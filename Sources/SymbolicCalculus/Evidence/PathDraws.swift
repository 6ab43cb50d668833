// Chance for simulated paths: randomly shifted lattices, mapped to Gaussians and, by Brownian bridges, to motions.

internal import Glibc
internal import RandomStreams

/// What one replicate draws: the same for both sides of a statement and for every step size.
///
/// Path i has the coordinates {i aʲ/n + shiftⱼ}, one for every Gaussian that it needs: a Korobov lattice, which is far more
/// even than independent draws. The shifts are uniform and independent, so means are unbiased and replicates independent.
final class PathDraws {
  /// n, a prime, and the multiplier a (L'Ecuyer and Lemieux 2000, table 1).
  static let (lanes, multiplier) = (2_039, 393)

  private struct Motion: Hashable {
    var component: ValueKey
    var part: Int
  }
  private let generator: RandomGenerator
  /// aʲ mod n for the next coordinate.
  private var power = 1
  private var gaussians: [ValueKey: [[Double]]] = [:]
  /// Values at 0, 1 … of motions that start at 0 in every part of the time axis, with steps of variance 1.
  private var motions: [Motion: [[Double]]] = [:]

  init(_ place: Place, replicate: Int, seed: UInt64) {
    generator = RandomGenerator(stream: StreamName("paths", "\(place.seed)", "\(replicate)"), seed: seed)
  }

  /// The next coordinate, folded by the tent map, as a standard Gaussian.
  private func gaussian() -> [Double] {
    let shift = generator.uniform()
    let step = power
    power = power * Self.multiplier % Self.lanes
    return (0..<Self.lanes).map { i in
      let u = Double(i * step % Self.lanes) / Double(Self.lanes) + shift
      return normalQuantile(1 - abs(2 * (u - floor(u)) - 1))
    }
  }

  func normals(_ key: ValueKey, count: Int) -> [[Double]] {
    if let known = gaussians[key] { return known }
    let drawn = (0..<count).map { _ in gaussian() }
    gaussians[key] = drawn
    return drawn
  }

  /// Draws all motions at once, the coarse features of every one before the fine ones of any; `steps` is a power of two.
  func prepare(_ components: [ValueKey], parts: Int, steps: Int) {
    guard motions.isEmpty else { return }
    let all = (0..<parts).flatMap { part in components.map { Motion(component: $0, part: part) } }
    let start = [Double](repeating: 0, count: Self.lanes)
    for motion in all {
      var path = Array(repeating: start, count: steps + 1)
      path[steps] = gaussian().map { Double(steps).squareRoot() * $0 }
      motions[motion] = path
    }
    var width = steps
    while width > 1 {
      let deviation = (Double(width) / 4).squareRoot()
      for middle in stride(from: width / 2, to: steps, by: width) {
        for motion in all {
          let z = gaussian()
          guard let path = motions[motion] else { continue }
          let (before, after) = (path[middle - width / 2], path[middle + width / 2])
          motions[motion]?[middle] = z.indices.map { (before[$0] + after[$0]) / 2 + deviation * z[$0] }
        }
      }
      width /= 2
    }
  }

  /// The increment of one Brownian component between two of the finest steps of a part, each of variance `step`.
  func increment(_ component: ValueKey, _ part: Int, from first: Int, to last: Int, step: Double) -> Lanes {
    guard let path = motions[Motion(component: component, part: part)] else { return Lanes(0) }
    let scale = step.squareRoot()
    return Lanes(zip(path[first], path[last]).map { scale * ($1 - $0) })
  }
}

/// Φ⁻¹(p) to seven digits (Wichura's algorithm AS 241, PPND7); p is kept off 0 and 1.
func normalQuantile(_ p: Double) -> Double {
  func ratio(_ r: Double, _ a: (Double, Double, Double, Double), _ b: (Double, Double, Double)) -> Double {
    (((a.3 * r + a.2) * r + a.1) * r + a.0) / (((b.2 * r + b.1) * r + b.0) * r + 1)
  }
  let q = p - 0.5
  guard abs(q) > 0.425 else {
    return q
      * ratio(
        0.180625 - q * q, (3.3871327179, 50.434271938, 159.29113202, 59.109374720),
        (17.895169469, 78.757757664, 67.187563600))
  }
  let r = (-log(max(min(p, 1 - p), 1e-16))).squareRoot()
  let tail =
    r <= 5
    ? ratio(r - 1.6, (1.4234372777, 2.7568153900, 1.3067284816, 0.17023821103), (0.73700164250, 0.12021132975, 0))
    : ratio(r - 5, (6.6579051150, 3.0812263860, 0.42868294337, 0.017337203997), (0.24197894225, 0.012258202635, 0))
  return q < 0 ? -tail : tail
}

/// How much of a mean's variance one path carries, over all replicates. Where that is much, the paths that matter most are
/// likely missing, and the replicates agree on a value that is not the mean.
final class PathTails {
  private struct Key: Hashable {
    var body: Expression
    var indices: [String: Int]
    var entry: Int
  }
  private var squares: [Key: (total: Double, largest: Double, count: Int)] = [:]

  func add(_ lanes: Lanes, mean: Double, _ body: Expression, _ indices: [String: Int], entry: Int) {
    let key = Key(body: body, indices: indices, entry: entry)
    var (total, largest, count) = squares[key] ?? (0, 0, 0)
    for x in lanes.values {
      let square = (x - mean) * (x - mean)
      total += square
      largest = max(largest, square)
    }
    count += lanes.values.count
    squares[key] = (total, largest, count)
  }

  var share: Double { squares.values.reduce(0) { $1.total > 0 ? max($0, $1.largest / $1.total) : $0 } }
  /// The largest deviation of one path, of all that is averaged.
  var deviation: Double { squares.values.reduce(0) { max($0, ($1.total / Double(max(1, $1.count))).squareRoot()) } }
}
