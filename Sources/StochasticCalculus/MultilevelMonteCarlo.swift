// Means to a requested accuracy at the least cost: few fine paths correct many coarse ones.

public import DistributedWork
public import RandomStreams

/// Multilevel Monte Carlo for the mean of a function of paths, such as E f(X(T)).
///
/// E f(X_L) = E f(X_0) + Σ_ℓ E[f(X_ℓ) − f(X_{ℓ−1})], X_ℓ with 2^ℓ steps; both members of a difference are driven by one
/// Brownian path, so that its variance falls with the step and few paths suffice.
///
/// - Source: Giles 2008, "Multilevel Monte Carlo path simulation", Operations Research 56.
public struct MultilevelMonteCarlo: Sendable {
  /// Values along paths of one level.
  public struct Pairs: Sendable {
    /// With 2^ℓ steps, shape [paths].
    public var fine: [Double]
    /// With half as many on the same Brownian paths, shape [paths]; empty at level 0.
    public var coarse: [Double]

    public init(fine: [Double], coarse: [Double]) { (self.fine, self.coarse) = (fine, coarse) }
  }

  /// The values along numbered paths of a level; called from several threads, and depending on its arguments only.
  public typealias Sampler = @Sendable (_ level: Int, _ paths: Range<Int>) throws -> Pairs

  /// One difference of levels.
  public struct Level: Sendable, Equatable {
    /// Steps of its finer path.
    public let steps: Int
    public let paths: Int
    /// Of f(X_ℓ) − f(X_{ℓ−1}); of f(X_0) at the first level.
    public let mean: Double
    public let variance: Double

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

    init(mean: Double, standardError: Double, biasBound: Double, levels: [Level], plainCost: Double) {
      (self.mean, self.standardError, self.biasBound) = (mean, standardError, biasBound)
      (self.levels, self.plainCost) = (levels, plainCost)
    }
  }

  private let sampler: Sampler

  public init(_ sampler: @escaping Sampler) { self.sampler = sampler }

  /// E f(X(T)) of a scalar Itô equation.
  ///
  /// - Throws: ``SimulationError`` if the initial value or the horizon is not finite, or the horizon not positive.
  @inlinable
  public init<Process: ScalarItoProcess>(
    _ process: Process, from initial: Double, horizon: Double, scheme: ItoScheme = .milstein, stream: StreamName,
    seed: UInt64, of f: @escaping @Sendable (Double) -> Double = { $0 }
  ) throws(SimulationError) {
    guard initial.isFinite else { throw .nonFiniteInitialValue(index: 0, value: initial) }
    guard horizon > 0 && horizon.isFinite else { throw .emptyInterval(start: 0, end: horizon) }
    self.init { level, paths in
      let coupled = CoupledPaths(process, scheme, from: initial, horizon: horizon, level: level)
      return coupled.run(paths, CounterNormals(stream.appending("level \(level)"), seed: seed), f)
    }
  }

  /// The mean to a root-mean-square error: half of its square for chance, half for the bias.
  ///
  /// - Parameters:
  ///   - accuracy: ε > 0, in units of the function.
  ///   - threads: no digit depends on it.
  ///   - sharing: who samples; no digit depends on it either.
  ///   - progress: told of every level sampled.
  /// - Throws: ``SimulationError`` if a path leaves the numbers, or the accuracy needs more than 2²⁰ steps or 2³⁰ paths;
  ///   what the sampler throws.
  public func estimate(
    to accuracy: Double, threads: Int = 1, sharing: WorkSharing = .alone,
    progress: (_ level: Int, _ paths: Int) -> Void = { _, _ in }
  ) throws -> Estimate {
    guard accuracy > 0 && accuracy.isFinite else {
      throw SimulationError.parameterOutOfRange(field: "accuracy", value: accuracy, allowed: "positive")
    }
    guard threads >= 1 else { throw SimulationError.threadsOutOfRange(threads) }
    var moments: [RunningMoments] = []
    var finest = RunningMoments()
    var wanted = [Int](repeating: 2_048, count: 3)
    while true {
      for level in wanted.indices {
        if level == moments.count { moments.append(RunningMoments()) }
        let have = moments[level].count
        guard wanted[level] > have else { continue }
        guard wanted[level] < 1 << 30 else { throw SimulationError.pathsOutOfRange(wanted[level]) }
        progress(level, wanted[level])
        let sampled = try sample(level, have..<wanted[level], threads, sharing)
        guard sampled.difference.mean.isFinite else {
          throw SimulationError.parameterOutOfRange(
            field: "f(X(T))", value: sampled.difference.mean, allowed: "finite on every path")
        }
        moments[level].merge(sampled.difference)
        if level == wanted.count - 1 { finest = sampled.fine }
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
      guard wanted.count <= 20 else { throw SimulationError.stepsOutOfRange(1 << wanted.count) }
      wanted.append(2_048)
    }
  }

  private func result(_ moments: [RunningMoments], _ bias: Double, _ finest: RunningMoments) -> Estimate {
    let error = moments.reduce(0) { $0 + $1.variance / Double($1.count) }
    return Estimate(
      mean: moments.reduce(0) { $0 + $1.mean }, standardError: error.squareRoot(), biasBound: bias,
      levels: moments.enumerated().map {
        Level(steps: 1 << $0.offset, paths: $0.element.count, mean: $0.element.mean, variance: $0.element.variance)
      },
      plainCost: finest.variance / error * Double(1 << (moments.count - 1)))
  }

  /// Moments of differences along paths of a level, and of the finer members.
  private struct Sample: Codable {
    var difference = RunningMoments()
    var fine = RunningMoments()
  }

  private func sample(
    _ level: Int, _ paths: Range<Int>, _ threads: Int, _ sharing: WorkSharing
  ) throws -> Sample {
    let (chunk, sampler) = (1_024, sampler)
    let parts = try sharing.map((paths.count + chunk - 1) / chunk, threads: threads) { (index) throws -> Sample in
      let first = paths.lowerBound + index * chunk
      let pairs = try sampler(level, first..<min(paths.upperBound, first + chunk))
      let differences = level > 0 ? zip(pairs.fine, pairs.coarse).map { $0 - $1 } : pairs.fine
      return Sample(difference: RunningMoments(differences), fine: RunningMoments(pairs.fine))
    }
    return parts.reduce(into: Sample()) { sum, part in
      sum.difference.merge(part.difference)
      sum.fine.merge(part.fine)
    }
  }
}

/// Paths of a scalar equation at 2^ℓ steps and at half as many.
@usableFromInline
struct CoupledPaths<Process: ScalarItoProcess> {
  @usableFromInline let process: Process
  @usableFromInline let scheme: ItoScheme
  @usableFromInline let initial: Double
  @usableFromInline let horizon: Double
  @usableFromInline let level: Int

  @inlinable
  init(_ process: Process, _ scheme: ItoScheme, from initial: Double, horizon: Double, level: Int) {
    (self.process, self.scheme, self.initial, self.horizon, self.level) = (process, scheme, initial, horizon, level)
  }

  @inlinable
  func run(_ paths: Range<Int>, _ normals: CounterNormals, _ f: (Double) -> Double) -> MultilevelMonteCarlo.Pairs {
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
    return MultilevelMonteCarlo.Pairs(fine: fine.map(f), coarse: level > 0 ? coarse.map(f) : [])
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
