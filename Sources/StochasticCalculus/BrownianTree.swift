// One Brownian path that can be asked for its value at any time, in any order, without being stored.

public import RandomStreams

/// A standard Brownian motion on [0, T] that is a function of (stream, seed, path, component) and the time asked for.
///
/// A query walks down Lévy's construction from [0, T] by Brownian bridges, at most ``depth`` halvings: times are exact
/// multiples of T/2^52, and others are rounded to the nearest one. At nodes of a dyadic grid the values are those of
/// ``BrownianPaths``, to the last bit. Nothing that is asked for later changes what was answered before.
///
/// - Source: Lévy's construction; Karatzas, Shreve 1991, §2.3.
/// - Cost: one normal a halving; 52 at a generic time.
public struct BrownianTree: Sendable {
  /// T, in units of time.
  public let horizon: Double
  /// The number of the path in the stream.
  public let path: Int
  private let component: Int
  private let normals: CounterNormals

  /// The most halvings.
  public static let depth = 52

  /// - Parameters:
  ///   - stream: the name of the stream.
  ///   - seed: its seed.
  ///   - horizon: T > 0, in units of time.
  ///   - path: the number of the path in the stream.
  ///   - component: which of several independent Brownian motions of the same path, below 2²⁰.
  /// - Throws: ``SimulationError`` if the horizon is not positive and finite, or a number is out of range.
  public init(
    _ stream: StreamName, seed: UInt64, horizon: Double, path: Int, component: Int = 0
  ) throws(SimulationError) {
    guard horizon > 0 && horizon.isFinite else { throw .emptyInterval(start: 0, end: horizon) }
    guard path >= 0, path < 1 << 40 else { throw .pathsOutOfRange(path) }
    guard component >= 0, component < 1 << 20 else {
      throw .parameterOutOfRange(field: "component", value: Double(component), allowed: "from 0 to 1048575")
    }
    (self.horizon, self.path, self.component) = (horizon, path, component)
    normals = CounterNormals(stream, seed: seed)
  }

  /// W(t).
  ///
  /// - Parameter t: in [0, T].
  public func value(at t: Double) -> Double {
    precondition(t >= 0 && t <= horizon, "the time \(t) is not in 0 ... \(horizon)")
    return value(node: UInt64((t / horizon * 0x1p52).rounded()), level: Self.depth)
  }

  /// W(s, t) = W(t) − W(s), its variance t − s.
  public func increment(from s: Double, to t: Double) -> Double { value(at: t) - value(at: s) }

  /// W(node · T/2^level).
  func value(node: UInt64, level: Int) -> Double {
    var (left, right) = (0.0, horizon.squareRoot() * normals.normal(path: path, step: 0, component: component))
    guard node > 0 else { return left }
    // How far the node is from the left end, of the present interval's length 2^rest.
    var (first, rest) = (UInt64(0), level)
    var length = horizon
    while node != first + (UInt64(1) << rest) {
      rest -= 1
      let depth = level - rest - 1
      let scale = length.squareRoot() / 2
      let interval = first >> (rest + 1)
      let middle = (left + right) / 2 + scale * normal(level: depth, interval: interval)
      length /= 2
      let half = first + (UInt64(1) << rest)
      if node == half { return middle }
      if node < half {
        right = middle
      } else {
        (left, first) = (middle, half)
      }
    }
    return right
  }

  /// The normal that halves an interval of a level: nodes are numbered as in a heap, beyond 2³² by component too.
  private func normal(level: Int, interval: UInt64) -> Double {
    let number = (UInt64(1) << level) + interval
    let high = Int(number >> 32)
    // Numbers from 2³² on, at most 2⁵², have a block of components of their own; the low ones share the grid's.
    return normals.normal(
      path: high == 0 ? path : path << 21 | high, step: Int(number & 0xFFFF_FFFF),
      component: high == 0 ? component : component | 1 << 29)
  }
}
