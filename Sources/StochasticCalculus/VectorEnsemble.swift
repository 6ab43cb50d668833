// Many independent paths of a vector equation, seen through a scalar observable.

public import RandomStreams

/// An ensemble of paths of a vector Itô equation.
///
/// Noise j of path i at step k is the normal at (path: j, step: k, component: i) of the stream: the noises of
/// one path are contiguous, since there may be many of them.
public struct VectorEnsemble<Process: ItoProcess>: Sendable {
  /// The equation.
  public let process: Process
  /// X at the start of the grid, shape [d].
  public let initial: [Double]
  /// The number of paths.
  public let paths: Int
  /// The time steps.
  public let grid: UniformTimeGrid
  /// The scheme; Milstein's only for diagonal noise.
  public let scheme: ItoScheme
  /// The normals.
  public let normals: CounterNormals

  /// The ensemble of paths numbered 0 ..< paths of a stream.
  ///
  /// - Throws: ``SimulationError`` if the initial state does not fit, there are no paths, or the scheme
  ///   cannot take the noise.
  public init(
    _ process: Process, from initial: [Double], paths: Int, on grid: UniformTimeGrid,
    scheme: ItoScheme = .eulerMaruyama, stream: StreamName, seed: UInt64
  ) throws(SimulationError) {
    guard initial.count == process.stateDimension else {
      throw .wrongStateDimension(expected: process.stateDimension, actual: initial.count)
    }
    for (index, value) in initial.enumerated() where !value.isFinite {
      throw .nonFiniteInitialValue(index: index, value: value)
    }
    guard paths >= 1 && paths < 1 << 30 else { throw .pathsOutOfRange(paths) }
    guard scheme.takesVectors else { throw .schemeNeedsScalar(scheme) }
    guard scheme != .milstein || process.noiseStructure == .diagonal else { throw .milsteinNeedsDiagonalNoise }
    (self.process, self.initial, self.paths, self.grid, self.scheme) = (process, initial, paths, grid, scheme)
    normals = CounterNormals(stream, seed: seed)
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
    let stepper = ItoStep(process, scheme: scheme)
    var state = initial
    var noise = [Double](repeating: 0, count: process.noiseDimension)
    // One set of buffers for all paths: a step allocates nothing.
    var drift = initial
    var diffusion = [Double](repeating: 0, count: stepper.diffusionCount)
    var slope = initial
    let h = grid.step
    let scale = h.squareRoot()
    for path in range {
      for index in initial.indices { state[index] = initial[index] }
      visit(0, state.span)
      for step in 0..<grid.steps {
        noise.withUnsafeMutableBufferPointer { normals.fill($0, step: step, firstPath: 0, component: path) }
        for index in noise.indices { noise[index] *= scale }
        stepper.advance(
          &state, at: grid.time(after: step), by: h, increments: noise, drift: &drift, diffusion: &diffusion,
          slope: &slope)
        visit(step + 1, state.span)
      }
    }
  }
}
