// Random mini-batches by a counter-based stream: the batch of step k is a function of k.

public import RandomStreams

/// Mini-batches drawn by one of the regimes of ``Sampling``.
///
/// The batch of a step depends on the stream, the seed and the step alone, so steps may be visited in any
/// order, a run may be resumed anywhere, and threads cannot disturb each other.
///
/// - Accuracy: an index is ⌊uN⌋ with a 52-bit uniform u; its probability differs from 1/N by at most 2⁻⁵².
public struct BatchSampler: BatchSource {
  public let sampling: Sampling
  public let batchSize: Int
  public let population: Int
  private let uniforms: CounterUniforms
  private var buffer: [Double]
  /// 0 ..< N between calls for subsets; the permutation of ``epoch`` for shuffling; empty for replacement.
  private var pool: [Int]
  private var epoch = -1

  /// - Parameters:
  ///   - sampling: with or without replacement, or shuffled once an epoch.
  ///   - batchSize: M, at most N unless samples may repeat.
  ///   - population: N.
  ///   - stream: the stream's name, such as `claim/check/batches`.
  ///   - seed: equal streams and seeds give equal digits.
  /// - Throws: ``NetworkTrainingError`` if no such batch exists.
  public init(
    _ sampling: Sampling, batchSize: BatchSize, of population: Int, stream: StreamName, seed: UInt64
  ) throws(NetworkTrainingError) {
    self.batchSize = try BatchSize(batchSize.value, sampling, of: population).value
    self.sampling = sampling
    self.population = population
    uniforms = CounterUniforms(stream, seed: seed)
    pool = sampling == .withReplacement ? [] : Array(0..<population)
    buffer = [Double](repeating: 0, count: sampling == .epochShuffling ? population : batchSize.value)
  }

  /// ⌊N/M⌋, the batches of one epoch of ``Sampling/epochShuffling``.
  public var batchesPerEpoch: Int { population / batchSize }

  public mutating func fill(_ indices: inout [Int], step: Int) {
    precondition(step >= 0, "steps are numbered from 0, not \(step)")
    precondition(indices.count == batchSize, "room for \(indices.count) indices, batches have \(batchSize)")
    switch sampling {
    case .withReplacement:
      draw(step)
      for i in 0..<batchSize { indices[i] = below(population, buffer[i]) }
    case .withoutReplacement:
      draw(step)
      // The first M steps of Fisher-Yates, undone afterwards so that the pool costs nothing a step.
      for i in 0..<batchSize {
        pool.swapAt(i, i + below(population - i, buffer[i]))
        indices[i] = pool[i]
      }
      for i in (0..<batchSize).reversed() { pool.swapAt(i, i + below(population - i, buffer[i])) }
    case .epochShuffling:
      let (epoch, position) = step.quotientAndRemainder(dividingBy: batchesPerEpoch)
      if epoch != self.epoch { shuffle(epoch) }
      for i in 0..<batchSize { indices[i] = pool[position * batchSize + i] }
    }
  }

  /// The batch of one step.
  public func batch(step: Int) -> [Int] {
    var copy = self
    var indices = [Int](repeating: 0, count: batchSize)
    copy.fill(&indices, step: step)
    return indices
  }

  private mutating func shuffle(_ epoch: Int) {
    for i in 0..<population { pool[i] = i }
    draw(epoch)
    for i in 0..<(population - 1) { pool.swapAt(i, i + below(population - i, buffer[i])) }
    self.epoch = epoch
  }

  private mutating func draw(_ step: Int) {
    buffer.withUnsafeMutableBufferPointer { uniforms.fill($0, step: step, firstPath: 0) }
  }

  /// ⌊u n⌋; the product may round up to n for u next to 1.
  private func below(_ n: Int, _ u: Double) -> Int { min(Int(u * Double(n)), n - 1) }
}
