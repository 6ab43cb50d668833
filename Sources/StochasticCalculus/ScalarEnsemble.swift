// Many independent paths of a scalar equation.

public import RandomStreams

/// An ensemble of paths of a scalar Itô equation.
///
/// Path i at step k uses the normal (i, k) of the stream: a path is the same in an ensemble of any size, on
/// any number of threads.
public struct ScalarEnsemble<Process: ScalarItoProcess>: Sendable {
  /// The equation.
  public let process: Process
  /// X at the start of the grid.
  public let initial: Double
  /// The number of paths.
  public let paths: Int
  /// The time steps.
  public let grid: UniformTimeGrid
  /// The scheme.
  public let scheme: ItoScheme
  /// Whether −W drives the paths, as antithetic variates want it.
  public let isMirrored: Bool
  /// The normals.
  public let normals: CounterNormals

  /// The ensemble of paths numbered 0 ..< paths of a stream.
  ///
  /// - Parameters:
  ///   - process: the equation.
  ///   - initial: the value of every path at the grid's start.
  ///   - paths: how many; path i is the same in an ensemble of any size.
  ///   - grid: the times that the scheme steps through.
  ///   - scheme: how a step is made.
  ///   - isMirrored: whether −W drives the paths.
  ///   - stream: the stream's name; two ensembles of one name share their noise.
  ///   - seed: equal streams and seeds give equal digits.
  /// - Throws: ``SimulationError`` if the initial value is not finite or there are no paths.
  public init(
    _ process: Process, from initial: Double, paths: Int, on grid: UniformTimeGrid,
    scheme: ItoScheme = .eulerMaruyama, isMirrored: Bool = false, stream: StreamName, seed: UInt64
  ) throws(SimulationError) {
    guard initial.isFinite else { throw .nonFiniteInitialValue(index: 0, value: initial) }
    guard paths >= 1 && paths < 1 << 30 else { throw .pathsOutOfRange(paths) }
    (self.process, self.initial, self.paths, self.grid, self.scheme) = (process, initial, paths, grid, scheme)
    self.isMirrored = isMirrored
    normals = CounterNormals(stream, seed: seed)
  }

  /// Simulates every path.
  ///
  /// - Parameters:
  ///   - threads: how many threads; no bit of the result depends on it.
  ///   - recording: which summaries to make besides the terminal values.
  ///   - control: how to watch and stop the run.
  /// - Returns: terminal values, shape [paths], and summaries with standard errors.
  /// - Throws: ``SimulationError`` if a summary cannot be made or the run is cancelled.
  @inlinable
  public func simulate(
    threads: Int = 1, recording: Recording = .none, control: EnsembleControl = EnsembleControl()
  ) throws(SimulationError) -> EnsembleResult {
    try recording.validate(for: grid)
    let run = ChunkedRun(paths: paths, chunk: Self.chunk, grid: grid, recording: recording)
    let slots = recording.slotsByStep
    return try run.run(threads: threads, control: control) { range in
      simulateChunk(range, recordedSteps: recording.steps.count, slots: slots)
    }
  }

  /// States and normals of a chunk take 16 kB and stay in the nearest cache.
  @usableFromInline static var chunk: Int { 1024 }

  @inlinable
  func simulateChunk(_ range: Range<Int>, recordedSteps: Int, slots: [Int: [Int]]) -> ChunkedRun.Chunk {
    var state = [Double](repeating: initial, count: range.count)
    var noise = [Double](repeating: 0, count: range.count)
    var recorded = [[Double]](repeating: [], count: recordedSteps)
    for slot in slots[0] ?? [] { recorded[slot] = state }
    let h = grid.step
    let scale = isMirrored ? -h.squareRoot() : h.squareRoot()
    for step in 0..<grid.steps {
      let coefficients = process.coefficients(at: grid.time(after: step))
      let next = scheme.looksAhead ? process.coefficients(at: grid.time(after: step + 1)) : coefficients
      noise.withUnsafeMutableBufferPointer { noise in
        normals.fill(noise, step: step, firstPath: range.lowerBound)
        state.withUnsafeMutableBufferPointer { state in
          scheme.advance(
            state, coefficients, next: next, noise: UnsafeBufferPointer(noise), scale: scale, by: h)
        }
      }
      if !slots.isEmpty, let wanted = slots[step + 1] {
        for slot in wanted { recorded[slot] = state }
      }
    }
    return ChunkedRun.Chunk(terminal: state, recorded: recorded)
  }
}

extension Recording {
  /// Which summaries are made after a step: several may be asked for at the same one.
  @usableFromInline var slotsByStep: [Int: [Int]] {
    var slots: [Int: [Int]] = [:]
    for (index, step) in steps.enumerated() { slots[step, default: []].append(index) }
    return slots
  }
}
