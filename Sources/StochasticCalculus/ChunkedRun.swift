// The frame both kinds of ensemble run in: fixed chunks of paths shared out to threads, their moments merged
// in the order of the chunks, so that no bit of a result depends on the number of threads.

internal import DistributedWork

/// A run of `paths` paths in chunks, with values kept at some steps and at the end.
@usableFromInline
struct ChunkedRun: Sendable {
  @usableFromInline let paths: Int
  @usableFromInline let chunk: Int
  @usableFromInline let grid: UniformTimeGrid
  @usableFromInline let recording: Recording

  @usableFromInline
  init(paths: Int, chunk: Int, grid: UniformTimeGrid, recording: Recording) {
    (self.paths, self.chunk, self.grid, self.recording) = (paths, chunk, grid, recording)
  }

  /// The values of one chunk of paths.
  @usableFromInline
  struct Chunk: Sendable {
    /// shape [paths of the chunk].
    @usableFromInline var terminal: [Double]
    /// shape [recorded steps][paths of the chunk].
    @usableFromInline var recorded: [[Double]]

    @usableFromInline
    init(terminal: [Double], recorded: [[Double]]) {
      (self.terminal, self.recorded) = (terminal, recorded)
    }
  }

  /// What is kept of a chunk: values only where quantiles need them.
  private struct Kept: Sendable, Codable {
    var terminal: [Double]
    var terminalMoments: RunningMoments
    var moments: [RunningMoments]
    var values: [[Double]]
  }

  /// Runs every chunk and puts the results together.
  @usableFromInline
  func run(
    threads: Int, control: EnsembleControl, _ simulate: @escaping @Sendable (Range<Int>) -> Chunk
  ) throws(SimulationError) -> EnsembleResult {
    let needsValues = needsValues
    let kept = try pieces(threads: threads, control: control) { range in
      let result = simulate(range)
      return Kept(
        terminal: result.terminal, terminalMoments: RunningMoments(result.terminal),
        moments: result.recorded.map { RunningMoments($0) }, values: needsValues ? result.recorded : [])
    }
    return collect(kept)
  }

  /// Runs every chunk and strings the states together.
  @usableFromInline
  func states(
    threads: Int, control: EnsembleControl, _ simulate: @escaping @Sendable (Range<Int>) -> [Double]
  ) throws(SimulationError) -> [Double] {
    Array(try pieces(threads: threads, control: control, simulate).joined())
  }

  private func pieces<Piece: Sendable & Codable>(
    threads: Int, control: EnsembleControl, _ simulate: @escaping @Sendable (Range<Int>) -> Piece
  ) throws(SimulationError) -> [Piece] {
    guard threads >= 1 else { throw .threadsOutOfRange(threads) }
    let completed = Locked(0)
    let (paths, chunk, processes) = (paths, chunk, control.sharing.size)
    do {
      let pieces = try control.sharing.map((paths + chunk - 1) / chunk, threads: threads) { (index) throws -> Piece in
        if control.isCancelled() { throw Cancellation() }
        let range = (index * chunk)..<min((index + 1) * chunk, paths)
        let piece = simulate(range)
        completed.withLock {
          $0 += range.count
          // A process knows of its own paths only, and takes the others to be as far.
          control.progress(min($0 * processes, paths), paths)
        }
        return piece
      }
      if processes > 1 { control.progress(paths, paths) }
      return pieces
    } catch let failure as RankFailure {
      throw .failedElsewhere(failure.description)
    } catch {
      throw .cancelled(completedPaths: completed.withLock { $0 })
    }
  }

  /// Whether single values are kept, not only their moments.
  private var needsValues: Bool { !recording.quantiles.isEmpty || recording.pathsKept > 0 }

  private func collect(_ kept: [Kept]) -> EnsembleResult {
    var terminal: [Double] = []
    terminal.reserveCapacity(paths)
    var moments = RunningMoments()
    for chunk in kept {
      terminal += chunk.terminal
      moments.merge(chunk.terminalMoments)
    }
    let summaries = recording.steps.enumerated().map { index, step in
      var moments = RunningMoments()
      for chunk in kept { moments.merge(chunk.moments[index]) }
      let values = needsValues ? kept.flatMap { $0.values[index] } : []
      return EnsembleSummary(
        step: step, time: grid.time(after: step), moments: moments,
        quantiles: recording.quantiles.isEmpty
          ? [] : QuantileEstimate.estimates(of: recording.quantiles, from: values),
        paths: Array(values.prefix(recording.pathsKept)))
    }
    return EnsembleResult(
      terminal: terminal, moments: moments, summaries: summaries, nonFinite: NonFinitePaths.find(in: terminal))
  }

  private struct Cancellation: Error {}
}
