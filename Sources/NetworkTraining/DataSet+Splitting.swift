// Shuffles and splits of a data set by named streams.

public import RandomStreams

extension DataSet {
  /// The same samples in a uniformly random order.
  public func shuffled(by stream: StreamName, seed: UInt64) -> DataSet {
    subset(order(stream, seed))
  }

  /// A random split into a part to train on and the rest.
  ///
  /// - Parameters:
  ///   - training: the number of samples to train on; both parts get at least one.
  ///   - stream: decides the order that is cut in two.
  ///   - seed: equal streams and seeds give equal digits.
  /// - Throws: ``NetworkTrainingError/invalidValue(field:value:requirement:)`` if one part would be empty.
  public func split(
    training: Int, by stream: StreamName, seed: UInt64
  ) throws(NetworkTrainingError) -> (training: DataSet, test: DataSet) {
    guard training >= 1, training < count else {
      throw .invalidValue(field: "training samples", value: "\(training)", requirement: "from 1 to \(count - 1)")
    }
    let order = order(stream, seed)
    return (subset(order[..<training]), subset(order[training...]))
  }

  private func order(_ stream: StreamName, _ seed: UInt64) -> [Int] {
    var order = Array(0..<count)
    RandomGenerator(stream: stream, seed: seed).shuffle(&order)
    return order
  }
}
