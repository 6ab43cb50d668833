// Where batches come from: any source that can say which samples step k takes, and stored orders as one of them.

public import ArrayFiles

/// A source of mini-batches that is a function of the step: step k always takes the same samples.
public protocol BatchSource: Sendable {
  /// M.
  var batchSize: Int { get }
  /// N; every index is in 0 ..< N.
  var population: Int { get }
  /// Writes the M indices of step k, k = 0, 1, ….
  mutating func fill(_ indices: inout [Int], step: Int)
}

/// The batches of a run, written down: for replaying a run, also one of another program.
public struct BatchOrder: BatchSource, Equatable, Sendable {
  public let batchSize: Int
  public let population: Int
  /// The number of steps that are written down.
  public let steps: Int
  private let indices: [Int]

  /// - Parameter array: integers of shape [steps, batch] in 0 ..< population.
  /// - Parameter population: N; the indices lie below it.
  /// - Throws: ``NetworkTrainingError/invalidBatchOrder(file:step:position:found:expected:)`` naming the first that is not.
  public init(_ array: NumericArray, population: Int) throws(NetworkTrainingError) {
    guard array.shape.count == 2, array.count > 0 else {
      throw .invalidBatchOrder(
        file: array.origin, step: 0, position: 0, found: "shape \(array.shape)", expected: "[steps, batch], not empty")
    }
    do { indices = try array.integers() } catch { throw .file(error) }
    batchSize = array.shape[1]
    steps = array.shape[0]
    self.population = population
    if let bad = indices.firstIndex(where: { !(0..<population).contains($0) }) {
      throw .invalidBatchOrder(
        file: array.origin, step: bad / batchSize, position: bad % batchSize, found: "index \(indices[bad])",
        expected: "0 to \(population - 1)")
    }
  }

  /// Writes down the first batches of a source.
  public init(recording source: some BatchSource, steps: Int) {
    precondition(steps >= 1, "an order of \(steps) steps is none")
    var source = source
    var batch = [Int](repeating: 0, count: source.batchSize)
    var all: [Int] = []
    for k in 0..<steps {
      source.fill(&batch, step: k)
      all += batch
    }
    (batchSize, population, self.steps, indices) = (source.batchSize, source.population, steps, all)
  }

  /// - Throws: ``NetworkTrainingError`` if the file is unreadable or an index is out of range.
  public init(readingNPY path: String, population: Int) throws(NetworkTrainingError) {
    let array: NumericArray
    do { array = try NumericArray(readingNPY: path) } catch { throw .file(error) }
    try self.init(array, population: population)
  }

  /// The order as an int64 array of shape [steps, batch].
  public var array: NumericArray { NumericArray(shape: [steps, batchSize], indices) }

  public func fill(_ batch: inout [Int], step: Int) {
    precondition((0..<steps).contains(step), "step \(step) is not among the \(steps) that are written down")
    precondition(batch.count == batchSize, "room for \(batch.count) indices, batches have \(batchSize)")
    for i in 0..<batchSize { batch[i] = indices[step * batchSize + i] }
  }
}
