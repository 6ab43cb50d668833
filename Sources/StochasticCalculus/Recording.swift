// What to keep of an ensemble besides its terminal values, and what comes back.

public import DistributedWork

/// Which summaries of an ensemble to make, and when.
public struct Recording: Sendable, Equatable {
  /// After which steps; 0 is the initial value.
  public var steps: [Int]
  /// Which quantiles; they need the values of all paths at each recorded step, 8 bytes each.
  public var quantiles: [Double]
  /// How many paths to keep one by one at each recorded step: the first ones.
  public var pathsKept = 0

  /// Summaries after certain steps.
  public init(after steps: [Int], quantiles: [Double] = []) {
    self.steps = steps
    self.quantiles = quantiles
  }

  /// No summaries but those of the terminal values.
  public static let none = Recording(after: [])

  /// Summaries at `count` + 1 times spread evenly over a grid, both ends included.
  public static func evenly(_ count: Int, of grid: UniformTimeGrid, quantiles: [Double] = []) -> Recording {
    precondition(count >= 1, "evenly spread summaries need at least one interval")
    let intervals = min(count, grid.steps)
    let steps = (0...intervals).map { index in
      Int((Double(grid.steps) * Double(index) / Double(intervals)).rounded())
    }
    return Recording(after: steps, quantiles: quantiles)
  }

  /// - Throws: ``SimulationError`` naming the step or the probability that is out of range.
  @usableFromInline
  func validate(for grid: UniformTimeGrid) throws(SimulationError) {
    for step in steps where step < 0 || step > grid.steps {
      throw .recordedStepOutOfRange(step, steps: grid.steps)
    }
    for probability in quantiles where !(probability > 0 && probability < 1) {
      throw .probabilityOutOfRange(probability)
    }
  }
}

/// The law of an ensemble at one time.
public struct EnsembleSummary: Sendable, Equatable {
  /// After how many steps.
  public let step: Int
  /// When.
  public let time: Double
  /// Mean, variance and their standard errors; NaN if a path is not finite.
  public let moments: RunningMoments
  /// The quantiles asked for.
  public let quantiles: [QuantileEstimate]
  /// The values of the paths kept, in the order of their numbers.
  public let paths: [Double]
}

/// The paths whose values are not finite.
public struct NonFinitePaths: Sendable, Equatable, CustomStringConvertible {
  /// How many there are.
  public let count: Int
  /// The lowest number among them.
  public let first: Int

  public var description: String {
    "\(count) paths are not finite, path \(first) first; take smaller steps or check the coefficients"
  }

  /// The paths of a list of terminal values that are not finite, `nil` if all are.
  ///
  /// - Parameter valuesPerPath: how many consecutive values belong to a path.
  @usableFromInline
  static func find(in values: [Double], valuesPerPath: Int = 1) -> NonFinitePaths? {
    var count = 0
    var first: Int?
    for path in 0..<(values.count / valuesPerPath)
    where !values[(path * valuesPerPath)..<((path + 1) * valuesPerPath)].allSatisfy(\.isFinite) {
      count += 1
      first = first ?? path
    }
    return first.map { NonFinitePaths(count: count, first: $0) }
  }
}

/// A simulated ensemble.
public struct EnsembleResult: Sendable, Equatable {
  /// The terminal values, shape [paths]; for vector processes those of the observable.
  public let terminal: [Double]
  /// The moments of the terminal values; NaN if a path is not finite.
  public let moments: RunningMoments
  /// The summaries asked for, in the order asked for.
  public let summaries: [EnsembleSummary]
  /// The paths that came to no finite value, `nil` if there are none.
  public let nonFinite: NonFinitePaths?
}

/// How a running ensemble is watched, stopped and shared out.
public struct EnsembleControl: Sendable {
  /// Asked before every chunk of paths; true stops the run, which then throws.
  public var isCancelled: @Sendable () -> Bool
  /// Told after every chunk how many paths are done, of how many; called by one thread at a time.
  public var progress: @Sendable (_ completed: Int, _ total: Int) -> Void
  /// Who simulates the chunks; each process watches its own, and only in one process may an ensemble be stopped.
  public var sharing: WorkSharing

  /// By default nothing watches and nothing stops, and one process does everything.
  public init(
    isCancelled: @escaping @Sendable () -> Bool = { false },
    progress: @escaping @Sendable (_ completed: Int, _ total: Int) -> Void = { _, _ in },
    sharing: WorkSharing = .alone
  ) {
    self.isCancelled = isCancelled
    self.progress = progress
    self.sharing = sharing
  }
}
