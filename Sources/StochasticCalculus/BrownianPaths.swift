// Brownian paths that can be looked at ever more closely, for ladders of step sizes on one path.

public import RandomStreams

/// Standard Brownian paths on a dyadic grid, refined by the Brownian bridge.
///
/// W(T) = √T z₀;  W((s + t)/2) = (W(s) + W(t))/2 + ½ √(t − s) z,  s and t neighbours of the coarser grid
///
/// The normals are addressed by (path, node), so a path does not depend on which others are made with it.
/// The values, not the increments, are kept: refining leaves those of the coarser grid as they are, to the
/// last bit. The increments of level l are differences of values; the sum of two halves equals the whole
/// up to the rounding of three subtractions, |error| ≤ 4u max|W|.
///
/// - Source: Lévy's construction; Karatzas, Shreve 1991, §2.3.
public struct BrownianPaths: Sendable {
  /// T, in units of time.
  public let horizon: Double
  /// The numbers of the paths in the stream.
  public let paths: Range<Int>
  /// The number of halvings: 2^level steps.
  public private(set) var level = 0
  /// W at the nodes of the finest grid, W(0) = 0 first; shape [2^level + 1, paths], the paths contiguous.
  private var values: [Double]
  private let normals: CounterNormals
  private let component: Int

  /// The greatest level: nodes are addressed by 32-bit counters.
  public static let deepestLevel = 31

  /// The paths at level 0, W(0) and W(T) only, or at a given level.
  ///
  /// - Parameters:
  ///   - stream: the name of the stream.
  ///   - seed: its seed.
  ///   - horizon: T > 0, in units of time.
  ///   - paths: the numbers of the paths in the stream.
  ///   - component: which of several independent Brownian motions of the same path.
  ///   - level: how many times to halve at once.
  /// - Throws: ``SimulationError`` if the horizon is not positive and finite, or the range is empty.
  public init(
    _ stream: StreamName, seed: UInt64, horizon: Double, paths: Range<Int>, component: Int = 0, level: Int = 0
  ) throws(SimulationError) {
    guard horizon > 0 && horizon.isFinite else { throw .emptyInterval(start: 0, end: horizon) }
    guard !paths.isEmpty && paths.lowerBound >= 0 else { throw .pathsOutOfRange(paths.count) }
    self.horizon = horizon
    self.paths = paths
    self.component = component
    normals = CounterNormals(stream, seed: seed)
    values = [Double](repeating: 0, count: 2 * paths.count)
    let scale = horizon.squareRoot()
    let count = paths.count
    values.withUnsafeMutableBufferPointer { values in
      let terminal = UnsafeMutableBufferPointer(rebasing: values[count...])
      normals.fill(terminal, step: 0, firstPath: paths.lowerBound, component: component)
      for path in terminal.indices { terminal[path] *= scale }
    }
    precondition(level >= 0, "a number of halvings is not negative")
    for _ in 0..<level { refine() }
  }

  /// Halves every step; the values at the old nodes keep their bits.
  public mutating func refine() {
    precondition(level < Self.deepestLevel, "Brownian paths are halved at most 31 times")
    let count = paths.count
    let steps = 1 << level
    let scale = (horizon / Double(steps)).squareRoot() / 2
    let coarse = values
    let normals = normals
    values = [Double](unsafeUninitializedCapacity: (2 * steps + 1) * count) { fine, initialized in
      fine.initialize(repeating: 0)
      for node in 0...steps {
        for path in 0..<count { fine[2 * node * count + path] = coarse[node * count + path] }
      }
      for interval in 0..<steps {
        let middle = UnsafeMutableBufferPointer(
          rebasing: fine[((2 * interval + 1) * count)..<((2 * interval + 2) * count)])
        // Nodes are numbered as in a heap: 0 for T, 2^level + interval for the midpoints of a level.
        normals.fill(middle, step: steps + interval, firstPath: paths.lowerBound, component: component)
        let (left, right) = (interval * count, (interval + 1) * count)
        for path in 0..<count {
          middle[path] = (coarse[left + path] + coarse[right + path]) / 2 + scale * middle[path]
        }
      }
      initialized = fine.count
    }
    level += 1
  }

  /// W of one path at a node of a level.
  ///
  /// - Parameters:
  ///   - path: a number of ``paths``.
  ///   - node: 0 ... 2^level; the time is node T/2^level.
  ///   - level: the finest if absent.
  public func value(path: Int, node: Int, level: Int? = nil) -> Double {
    precondition(paths.contains(path), "the path must be one of those made")
    return values[offset(of: node, level: level ?? self.level) + path - paths.lowerBound]
  }

  /// The increments of all paths over one interval of a level.
  ///
  /// - Parameters:
  ///   - out: shape [paths].
  ///   - interval: 0 ..< 2^level.
  ///   - level: at most the finest.
  public func increments(into out: inout [Double], interval: Int, level: Int) {
    precondition(out.count == paths.count, "increments need room for every path")
    let left = offset(of: interval, level: level)
    let right = offset(of: interval + 1, level: level)
    for path in out.indices { out[path] = values[right + path] - values[left + path] }
  }

  /// Solves a scalar equation along every path with the steps of a level.
  ///
  /// - Parameters:
  ///   - process: the equation.
  ///   - initial: X(0).
  ///   - scheme: the scheme.
  ///   - level: at most the finest; the steps are T/2^level long.
  /// - Returns: shape [paths], the values at T.
  @inlinable
  public func solve<Process: ScalarItoProcess>(
    _ process: Process, from initial: Double, scheme: ItoScheme, level: Int
  ) -> [Double] {
    var state = [Double](repeating: initial, count: paths.count)
    var noise = [Double](repeating: 0, count: paths.count)
    let steps = 1 << level
    let h = horizon / Double(steps)
    for step in 0..<steps {
      increments(into: &noise, interval: step, level: level)
      let coefficients = process.coefficients(at: Double(step) * h)
      let next = scheme.looksAhead ? process.coefficients(at: Double(step + 1) * h) : coefficients
      state.withUnsafeMutableBufferPointer { state in
        noise.withUnsafeBufferPointer { scheme.advance(state, coefficients, next: next, noise: $0, scale: 1, by: h) }
      }
    }
    return state
  }

  private func offset(of node: Int, level: Int) -> Int {
    precondition(level >= 0 && level <= self.level, "the level must be one of those made")
    precondition(node >= 0 && node <= 1 << level, "the node must lie on the grid")
    return (node << (self.level - level)) * paths.count
  }
}
