// Means to a requested accuracy at the least cost: few fine paths correct many coarse ones.

public import RandomStreams

/// Multilevel Monte Carlo for E f(X(T)) of a scalar Itô equation.
///
/// E f(X_L) = E f(X_0) + Σ_ℓ E[f(X_ℓ) − f(X_{ℓ−1})], X_ℓ with 2^ℓ steps; both members of a difference are driven by one
/// Brownian path, so that its variance falls with the step and few paths suffice.
///
/// - Source: Giles 2008, "Multilevel Monte Carlo path simulation", Operations Research 56.
public struct MultilevelMonteCarlo<Process: ScalarItoProcess>: Sendable {
  /// One difference of levels.
  public struct Level: Sendable, Equatable {
    /// Steps of its finer path.
    public let steps: Int
    public let paths: Int
    /// Of f(X_ℓ) − f(X_{ℓ−1}); of f(X_0) at the first level.
    public let mean: Double
    public let variance: Double

    @inlinable
    init(steps: Int, paths: Int, mean: Double, variance: Double) {
      (self.steps, self.paths, self.mean, self.variance) = (steps, paths, mean, variance)
    }

    /// Steps of all its paths, coarse ones included.
    public var cost: Double { Double(paths) * Double(steps) * (steps > 1 ? 1.5 : 1) }
  }

  /// A mean with what it cost.
  public struct Estimate: Sendable, Equatable {
    public let mean: Double
    public let standardError: Double
    /// Of the finest level's bias, from the last differences.
    public let biasBound: Double
    public let levels: [Level]
    /// Steps in all.
    public var cost: Double { levels.reduce(0) { $0 + $1.cost } }
    /// Steps that plain Monte Carlo with the finest level's step takes for the same standard error.
    public let plainCost: Double

    @inlinable
    init(mean: Double, standardError: Double, biasBound: Double, levels: [Level], plainCost: Double) {
      (self.mean, self.standardError, self.biasBound) = (mean, standardError, biasBound)
      (self.levels, self.plainCost) = (levels, plainCost)
    }
  }

  public let process: Process
  public let initial: Double
  /// T, in units of time.
  public let horizon: Double
  public let scheme: ItoScheme
  @usableFromInline let stream: StreamName
  @usableFromInline let seed: UInt64

  /// - Throws: ``SimulationError`` if the initial value or the horizon is not finite, or the horizon not positive.
  public init(
    _ process: Process, from initial: Double, horizon: Double, scheme: ItoScheme = .milstein, stream: StreamName,
    seed: UInt64
  ) throws(SimulationError) {
    guard initial.isFinite else { throw .nonFiniteInitialValue(index: 0, value: initial) }
    guard horizon > 0 && horizon.isFinite else { throw .emptyInterval(start: 0, end: horizon) }
    (self.process, self.initial, self.horizon, self.scheme) = (process, initial, horizon, scheme)
    (self.stream, self.seed) = (stream, seed)
  }

  /// E f(X(T)) to a root-mean-square error: half of its square for chance, half for the bias.
  ///
  /// - Parameters:
  ///   - accuracy: ε > 0, in units of f.
  ///   - threads: no digit depends on it.
  ///   - f: a function of X(T); called from several threads.
  /// - Throws: ``SimulationError`` if a path leaves the numbers, or the accuracy needs more than 2²⁰ steps or 2³⁰ paths.
  @inlinable
  public func estimate(
    to accuracy: Double, threads: Int = 1, of f: @escaping @Sendable (Double) -> Double
  ) throws(SimulationError) -> Estimate {
    guard accuracy > 0 && accuracy.isFinite else {
      throw .parameterOutOfRange(field: "accuracy", value: accuracy, allowed: "positive")
    }
    guard threads >= 1 else { throw .threadsOutOfRange(threads) }
    var moments: [RunningMoments] = []
    var finest = RunningMoments()
    var wanted = [Int](repeating: 2_048, count: 3)
    while true {
      for level in wanted.indices {
        if level == moments.count { moments.append(RunningMoments()) }
        let have = moments[level].count
        guard wanted[level] > have else { continue }
        guard wanted[level] < 1 << 30 else { throw .pathsOutOfRange(wanted[level]) }
        let (difference, fine) = sample(level, have..<wanted[level], threads, f)
        guard difference.mean.isFinite else {
          throw .parameterOutOfRange(field: "f(X(T))", value: difference.mean, allowed: "finite on every path")
        }
        moments[level].merge(difference)
        if level == wanted.count - 1 { finest = fine }
      }
      let costs = moments.indices.map { Double(1 << $0) * ($0 > 0 ? 1.5 : 1) }
      let sum = zip(moments, costs).reduce(0) { $0 + ($1.0.variance * $1.1).squareRoot() }
      let next = zip(moments, costs).map { m, cost in
        max(m.count, Int((2 / (accuracy * accuracy) * (m.variance / cost).squareRoot() * sum).rounded(.up)))
      }
      if zip(next, wanted).contains(where: { Double($0) > 1.01 * Double($1) }) {
        wanted = next
        continue
      }
      // Weak order 1 at least: what is missing is no more than the last difference, nor half the one before.
      let means = moments.map { abs($0.mean) }
      let bias = max(means[means.count - 1], means[means.count - 2] / 2)
      if bias <= accuracy / 2.squareRoot() { return result(moments, bias, finest) }
      guard wanted.count <= 20 else { throw .stepsOutOfRange(1 << wanted.count) }
      wanted.append(2_048)
    }
  }

  @inlinable
  func result(_ moments: [RunningMoments], _ bias: Double, _ finest: RunningMoments) -> Estimate {
    let error = moments.reduce(0) { $0 + $1.variance / Double($1.count) }
    return Estimate(
      mean: moments.reduce(0) { $0 + $1.mean }, standardError: error.squareRoot(), biasBound: bias,
      levels: moments.enumerated().map {
        Level(steps: 1 << $0.offset, paths: $0.element.count, mean: $0.element.mean, variance: $0.element.variance)
      },
      plainCost: finest.variance / error * Double(1 << (moments.count - 1)))
  }

  /// Differences along paths of a level, and the finer members.
  @inlinable
  func sample(
    _ level: Int, _ paths: Range<Int>, _ threads: Int, _ f: @escaping @Sendable (Double) -> Double
  ) -> (difference: RunningMoments, fine: RunningMoments) {
    let chunk = 1_024
    let normals = CounterNormals(stream.appending("level \(level)"), seed: seed)
    let parts = parallelMap((paths.count + chunk - 1) / chunk, threads: threads) { index in
      let first = paths.lowerBound + index * chunk
      return run(level, first..<min(paths.upperBound, first + chunk), normals, f)
    }
    return parts.reduce(into: (RunningMoments(), RunningMoments())) { sum, part in
      sum.0.merge(part.0)
      sum.1.merge(part.1)
    }
  }

  @inlinable
  func run(
    _ level: Int, _ paths: Range<Int>, _ normals: CounterNormals, _ f: (Double) -> Double
  ) -> (RunningMoments, RunningMoments) {
    let steps = 1 << level
    let h = horizon / Double(steps)
    var (fine, coarse) = (
      [Double](repeating: initial, count: paths.count), [Double](repeating: initial, count: paths.count)
    )
    var (noise, sum) = ([Double](repeating: 0, count: paths.count), [Double](repeating: 0, count: paths.count))
    for step in 0..<steps {
      noise.withUnsafeMutableBufferPointer { normals.fill($0, step: step, firstPath: paths.lowerBound) }
      advance(&fine, noise, at: Double(step) * h, by: h, scale: h.squareRoot())
      guard level > 0 else { continue }
      if step % 2 == 0 {
        sum = noise
      } else {
        for i in sum.indices { sum[i] += noise[i] }
        advance(&coarse, sum, at: Double(step - 1) * h, by: 2 * h, scale: h.squareRoot())
      }
    }
    var (difference, values) = (RunningMoments(), RunningMoments())
    for i in fine.indices {
      let value = f(fine[i])
      difference.add(level > 0 ? value - f(coarse[i]) : value)
      values.add(value)
    }
    return (difference, values)
  }

  @inlinable
  func advance(_ state: inout [Double], _ noise: [Double], at t: Double, by h: Double, scale: Double) {
    let coefficients = process.coefficients(at: t)
    let next = scheme.looksAhead ? process.coefficients(at: t + h) : coefficients
    state.withUnsafeMutableBufferPointer { state in
      noise.withUnsafeBufferPointer {
        scheme.advance(state, coefficients, next: next, noise: $0, scale: scale, by: h)
      }
    }
  }
}
