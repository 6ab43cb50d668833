// Many paths of a linear matrix equation at once, with the largest singular value after every step.

internal import CDenseKernels
internal import DenseLinearAlgebra
public import RandomStreams

/// An ensemble of Euler–Maruyama paths of a ``MatrixLinearSDE``, seen through σ_1(θ).
///
/// The same paths as those of a ``VectorEnsemble``, to round-off: noise j of path i at step k is the normal at
/// (path: j, step: k, component: i) of the stream. They go 32 at a time, so that the noise factor is read once for all.
///
/// - Accuracy: σ_1 from the Gram matrix of the shorter side in double precision, relative error of a few units of round-off.
/// - Cost: 2 m n r flops a step and path for the noise, n²(m + 4n/3) for σ_1, n ≤ m; a curvature that multiplies from the
///   left costs nothing if it is symmetric, since σ_1 is the same in the basis of its eigenvectors, else 2 m² n.
public struct MatrixLinearEnsemble: Sendable {
  /// The equation.
  public let process: MatrixLinearSDE
  /// θ at the start of the grid, shape [m, n], column-major.
  public let initial: [Double]
  /// The number of paths.
  public let paths: Int
  /// The time steps.
  public let grid: UniformTimeGrid
  /// The normals.
  public let normals: CounterNormals
  private let step: LinearStep

  /// The ensemble of paths numbered 0 ..< paths of a stream.
  ///
  /// - Throws: ``SimulationError`` if the initial state does not fit or there are no paths; `LinearAlgebraError` if the
  ///   curvature's eigenvectors are not found.
  public init(
    _ process: MatrixLinearSDE, from initial: [Double], paths: Int, on grid: UniformTimeGrid, stream: StreamName,
    seed: UInt64
  ) throws {
    guard initial.count == process.stateDimension else {
      throw SimulationError.wrongStateDimension(expected: process.stateDimension, actual: initial.count)
    }
    for (index, value) in initial.enumerated() where !value.isFinite {
      throw SimulationError.nonFiniteInitialValue(index: index, value: value)
    }
    guard paths >= 1 && paths < 1 << 30 else { throw SimulationError.pathsOutOfRange(paths) }
    (self.process, self.initial, self.paths, self.grid) = (process, initial, paths, grid)
    normals = CounterNormals(stream, seed: seed)
    step = try LinearStep(process, from: initial, by: grid.step)
  }

  /// Simulates every path and keeps a function of σ_1.
  ///
  /// - Parameters:
  ///   - threads: how many threads; no bit of the result depends on it.
  ///   - recording: which summaries to make besides the terminal values.
  ///   - control: how to watch and stop the run.
  ///   - observable: a function of σ_1(θ), evaluated where recorded and at the end.
  /// - Returns: terminal values, shape [paths], and summaries with standard errors.
  /// - Throws: ``SimulationError`` if a summary cannot be made or the run is cancelled.
  public func simulate(
    threads: Int = 1, recording: Recording = .none, control: EnsembleControl = EnsembleControl(),
    observable: @escaping @Sendable (_ sigma: Double) -> Double = { $0 }
  ) throws(SimulationError) -> EnsembleResult {
    try recording.validate(for: grid)
    let slots = recording.slotsByStep
    return try ChunkedRun(paths: paths, chunk: LinearStep.block, grid: grid, recording: recording).run(
      threads: threads, control: control
    ) { range in
      var chunk = ChunkedRun.Chunk(terminal: [], recorded: [[Double]](repeating: [], count: recording.steps.count))
      step.simulate(range, steps: grid.steps, normals) { index, block in
        let wanted = slots[index] ?? []
        guard !wanted.isEmpty || index == grid.steps else { return }
        let values = block.largestSingularValues(range.count).map(observable)
        for slot in wanted { chunk.recorded[slot] = values }
        if index == grid.steps { chunk.terminal = values }
      }
      return chunk
    }
  }
}

/// A step as θ ← decay θ + offset + noise, entry by entry: in the basis of the curvature's eigenvectors if it is symmetric.
private struct LinearStep: Sendable {
  static let block = Int(CDK_PATH_BLOCK)
  private static let lanes = Int(CDK_PATH_LANES)

  let (rows, columns, rank): (Int, Int, Int)
  private let initial: [Double]
  private let decay: [Double]
  private let offset: [Double]
  private let factor: [Double]
  /// I − hA as a factor for one column, if A is not symmetric.
  private let transition: [Double]?

  init(_ process: MatrixLinearSDE, from initial: [Double], by h: Double) throws {
    (rows, columns, rank) = (process.rows, process.columns, process.noiseDimension)
    let entries = process.stateDimension
    let scale = (process.learningRate * h).squareRoot()
    var (start, target, noise) = (initial, process.equilibrium, process.noiseFactor.map { $0 * scale })
    switch process.curvature {
    case .entrywise(let curvature):
      decay = curvature.map { 1 - h * $0 }
      offset = zip(curvature, target).map { h * $0 * $1 }
      transition = nil
    case .left(let elements):
      let curvature = Matrix(rows: rows, columns: rows, columnMajor: elements)
      if curvature == curvature.transposed {
        let eigen = try SymmetricEigen(curvature)
        let basis = eigen.vectors
        func rotated(_ values: [Double]) -> [Double] {
          let matrix = Matrix(rows: basis.rows, columns: values.count / basis.rows, columnMajor: values)
          return Matrix.product(basis, .transposed, matrix, .asIs).elements
        }
        (start, target, noise) = (rotated(start), rotated(target), rotated(noise))
        let m = rows
        decay = (0..<entries).map { 1 - h * eigen.values[$0 % m] }
        offset = (0..<entries).map { h * eigen.values[$0 % m] * target[$0] }
        transition = nil
      } else {
        decay = [Double](repeating: 1, count: entries)
        offset = (h * (curvature * Matrix(rows: rows, columns: columns, columnMajor: target))).elements
        transition = Self.tiles((Matrix.identity(rows) - h * curvature).elements, entries: rows)
      }
    }
    self.initial = start
    factor = Self.tiles(noise, entries: entries)
  }

  /// A factor, shape [entries, rank], as the kernel reads it.
  private static func tiles(_ factor: [Double], entries: Int) -> [Double] {
    let (tile, rank) = (Int(CDK_FACTOR_TILE), factor.count / entries)
    var tiles = [Double](repeating: 0, count: (entries + tile - 1) / tile * tile * rank)
    for k in 0..<rank {
      for e in 0..<entries { tiles[(e / tile * rank + k) * tile + e % tile] = factor[k * entries + e] }
    }
    return tiles
  }

  /// The paths of a block: four groups of eight side by side.
  struct Block {
    let (rows, columns): (Int, Int)
    let state: UnsafeMutablePointer<Double>
    let work: UnsafeMutablePointer<Double>

    /// σ_1 of the first paths, shape [count]; NaN where θ is not finite.
    func largestSingularValues(_ count: Int) -> [Double] {
      let (lanes, entries) = (LinearStep.lanes, rows * columns)
      // Eight Gram matrices of this order still fit the second cache.
      guard min(rows, columns) <= 96 else {
        return (0..<count).map { path in
          let first = state + path / lanes * entries * lanes + path % lanes
          let theta = Matrix(rows: rows, columns: columns, columnMajor: (0..<entries).map { first[$0 * lanes] })
          return (try? TopSingularTriplet(theta))?.sigma ?? .nan
        }
      }
      var values = [Double](repeating: 0, count: LinearStep.block)
      values.withUnsafeMutableBufferPointer { values in
        guard let first = values.baseAddress else { return }
        for group in stride(from: 0, to: count, by: lanes) {
          cdk_paths_sigma_f64(rows, columns, state + group * entries, work, first + group)
        }
      }
      return Array(values.prefix(count))
    }
  }

  /// Shows the block of paths that begins with a range after every step, the start included.
  func simulate(_ range: Range<Int>, steps: Int, _ normals: CounterNormals, _ visit: (Int, Block) -> Void) {
    let (block, lanes, entries) = (Self.block, Self.lanes, rows * columns)
    let columnNoise = transition == nil ? 0 : rows * block
    let sizes = [entries * block, rank * block, cdk_paths_sigma_work(rows, columns), columnNoise, rank]
    let memory = UnsafeMutableRawPointer.allocate(byteCount: sizes.reduce(0) { $0 + ($1 + 8) * 8 }, alignment: 64)
    defer { memory.deallocate() }
    var next = memory
    let parts = sizes.map { size in
      let part = next.bindMemory(to: Double.self, capacity: size)
      part.initialize(repeating: 0, count: size)
      next += (size + 7) / 8 * 64
      return part
    }
    let (state, noise, former, row) = (parts[0], parts[1], parts[3], parts[4])
    for path in 0..<block {
      for e in 0..<entries { state[(path / lanes * entries + e) * lanes + path % lanes] = initial[e] }
    }
    let shown = Block(rows: rows, columns: columns, state: state, work: parts[2])
    visit(0, shown)
    for step in 0..<steps {
      for path in 0..<range.count {
        normals.fill(
          UnsafeMutableBufferPointer(start: row, count: rank), step: step, firstPath: 0,
          component: range.lowerBound + path)
        for k in 0..<rank { noise[k * block + path] = row[k] }
      }
      if let transition { turn(state, by: transition, former) }
      cdk_paths_affine_f64(entries, entries, rank, decay, offset, factor, noise, state)
      visit(step + 1, shown)
    }
  }

  /// θ ← (I − hA) θ, column by column.
  private func turn(
    _ state: UnsafeMutablePointer<Double>, by transition: [Double], _ former: UnsafeMutablePointer<Double>
  ) {
    let (block, lanes, entries) = (Self.block, Self.lanes, rows * columns)
    let zeros = [Double](repeating: 0, count: rows)
    for column in 0..<columns {
      let first = state + column * rows * lanes
      for group in 0..<block / lanes {
        for e in 0..<rows {
          for lane in 0..<lanes {
            let index = (group * entries + e) * lanes + lane
            former[e * block + group * lanes + lane] = first[index]
          }
        }
      }
      cdk_paths_affine_f64(rows, entries, rows, zeros, zeros, transition, former, first)
    }
  }
}
