// Many independent paths of a vector equation, seen through a scalar observable.

public import RandomStreams

/// An ensemble of paths of a vector Itô equation.
///
/// Noise j of path i at step k is the normal at (path: j, step: k, component: i) of the stream: the noises of
/// one path are contiguous, since there may be many of them. What a scheme needs of areas comes from the stream below,
/// "levy area", so that every scheme sees the same increments.
public struct VectorEnsemble<Process: ItoProcess>: Sendable {
  /// The equation.
  public let process: Process
  /// X at the start of the grid, shape [d].
  public let initial: [Double]
  /// The number of paths.
  public let paths: Int
  /// The time steps.
  public let grid: UniformTimeGrid
  /// The scheme.
  public let scheme: ItoScheme
  /// Whether −W drives the paths, as antithetic variates want it; Lévy areas are then drawn given −ΔW.
  public let isMirrored: Bool
  /// The normals.
  public let normals: CounterNormals
  @usableFromInline let stepper: ItoStep<Process>
  /// `nil` if the scheme looks at no areas.
  @usableFromInline let levyArea: LevyArea?

  /// The ensemble of paths numbered 0 ..< paths of a stream.
  ///
  /// - Parameters:
  ///   - process: the equation.
  ///   - initial: the state of every path at the grid's start; shape [stateDimension].
  ///   - paths: how many; path i is the same in an ensemble of any size.
  ///   - grid: the times that the scheme steps through.
  ///   - scheme: how a step is made.
  ///   - isMirrored: whether −W drives the paths.
  ///   - stream: the stream's name; two ensembles of one name share their noise.
  ///   - seed: equal streams and seeds give equal digits.
  /// - Throws: ``SimulationError`` if the initial state does not fit, there are no paths, the scheme cannot take the
  ///   noise, or the noise is not at the initial state what the process says.
  public init(
    _ process: Process, from initial: [Double], paths: Int, on grid: UniformTimeGrid,
    scheme: ItoScheme = .eulerMaruyama, isMirrored: Bool = false, stream: StreamName, seed: UInt64
  ) throws(SimulationError) {
    guard initial.count == process.stateDimension else {
      throw .wrongStateDimension(expected: process.stateDimension, actual: initial.count)
    }
    for (index, value) in initial.enumerated() where !value.isFinite {
      throw .nonFiniteInitialValue(index: index, value: value)
    }
    guard paths >= 1 && paths < 1 << 30 else { throw .pathsOutOfRange(paths) }
    try process.validateNoise(for: scheme, at: grid.start, initial)
    (self.process, self.initial, self.paths, self.grid, self.scheme) = (process, initial, paths, grid, scheme)
    self.isMirrored = isMirrored
    normals = CounterNormals(stream, seed: seed)
    stepper = ItoStep(process, scheme: scheme)
    let noises = process.noiseDimension
    let approximation: LevyArea.Approximation? =
      switch stepper.neededAreas {
      case .none: nil
      case .moments: .twoPoint
      case .law: .fourier(terms: LevyArea.terms(noises: noises, steps: grid.steps))
      }
    levyArea = approximation.map {
      LevyArea(noises: noises, by: $0, stream: stream.appending("levy area"), seed: seed)
    }
  }

  /// Simulates every path and keeps a function of its state.
  ///
  /// - Parameters:
  ///   - threads: how many threads; no bit of the result depends on it.
  ///   - recording: which summaries to make besides the terminal values.
  ///   - control: how to watch and stop the run.
  ///   - observable: a function of time and state, evaluated where recorded and at the end.
  /// - Returns: terminal values of the observable, shape [paths], and summaries with standard errors.
  /// - Throws: ``SimulationError`` if a summary cannot be made or the run is cancelled.
  @inlinable
  public func simulate(
    threads: Int = 1, recording: Recording = .none, control: EnsembleControl = EnsembleControl(),
    observable: @escaping @Sendable (_ t: Double, _ x: Span<Double>) -> Double
  ) throws(SimulationError) -> EnsembleResult {
    try recording.validate(for: grid)
    let run = ChunkedRun(paths: paths, chunk: Self.chunk, grid: grid, recording: recording)
    let slots = recording.slotsByStep
    return try run.run(threads: threads, control: control) { range in
      var chunk = ChunkedRun.Chunk(
        terminal: [], recorded: [[Double]](repeating: [], count: recording.steps.count))
      simulatePaths(range) { step, state in
        if !slots.isEmpty, let wanted = slots[step] {
          let value = observable(grid.time(after: step), state)
          for slot in wanted { chunk.recorded[slot].append(value) }
        }
        if step == grid.steps { chunk.terminal.append(observable(grid.end, state)) }
      }
      return chunk
    }
  }

  /// Simulates every path and returns the terminal states.
  ///
  /// - Returns: shape [d, paths], column-major: the states one after the other; and the paths that came to
  ///   no finite state, `nil` if there are none.
  /// - Throws: ``SimulationError`` if the run is cancelled.
  @inlinable
  public func terminalStates(
    threads: Int = 1, control: EnsembleControl = EnsembleControl()
  ) throws(SimulationError) -> (states: [Double], nonFinite: NonFinitePaths?) {
    let run = ChunkedRun(paths: paths, chunk: Self.chunk, grid: grid, recording: .none)
    let states = try run.states(threads: threads, control: control) { range in
      var states: [Double] = []
      states.reserveCapacity(range.count * process.stateDimension)
      simulatePaths(range) { step, state in
        guard step == grid.steps else { return }
        for index in 0..<state.count { states.append(state[index]) }
      }
      return states
    }
    return (states, NonFinitePaths.find(in: states, valuesPerPath: process.stateDimension))
  }

  /// Small, because a path of many dimensions is long work for a thread.
  @usableFromInline static var chunk: Int { 32 }

  @inlinable
  func simulatePaths(_ range: Range<Int>, _ visit: (_ step: Int, _ state: Span<Double>) -> Void) {
    // One set of buffers for all paths: a step allocates nothing.
    var stepper = stepper
    var levyArea = levyArea
    var state = initial
    var noise = [Double](repeating: 0, count: process.noiseDimension)
    var areas = [Double](repeating: 0, count: levyArea?.count ?? 0)
    let h = grid.step
    let scale = isMirrored ? -h.squareRoot() : h.squareRoot()
    for path in range {
      for index in initial.indices { state[index] = initial[index] }
      visit(0, state.span)
      for step in 0..<grid.steps {
        noise.withUnsafeMutableBufferPointer { normals.fill($0, step: step, firstPath: 0, component: path) }
        for index in noise.indices { noise[index] *= scale }
        levyArea?.fill(&areas, increments: noise, over: h, path: path, step: step)
        stepper.advance(&state, at: grid.time(after: step), by: h, increments: noise, areas: areas)
        visit(step + 1, state.span)
      }
    }
  }
}
