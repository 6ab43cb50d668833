// Shuffles and splits of images: in stored order, or by named streams.

public import RandomStreams

extension ImageSet {
  /// The same images in a uniformly random order.
  public func shuffled(by stream: StreamName, seed: UInt64) -> ImageSet { subset(order(stream, seed)) }

  /// The first images in stored order, and the rest.
  ///
  /// For sets of which only one part is at hand; shuffle first where the order is by class.
  ///
  /// - Parameter first: the number of images of the first part; both parts get at least one.
  /// - Throws: ``NetworkTrainingError/invalidValue(field:value:requirement:)`` if one part would be empty.
  public func split(first: Int) throws(NetworkTrainingError) -> (training: ImageSet, test: ImageSet) {
    try requireParts(first)
    return (prefix(first), subset(first..<count))
  }

  /// A random split into a part to train on and the rest: the same for the same stream and seed.
  ///
  /// - Parameters:
  ///   - fraction: the share to train on, rounded to whole images; both parts get at least one.
  ///   - stream: decides the order that is cut in two.
  ///   - seed: equal streams and seeds give equal digits.
  /// - Throws: ``NetworkTrainingError/invalidValue(field:value:requirement:)`` if one part would be empty.
  public func split(
    fraction: Double, by stream: StreamName, seed: UInt64
  ) throws(NetworkTrainingError) -> (training: ImageSet, test: ImageSet) {
    guard fraction > 0, fraction < 1 else {
      throw .invalidValue(field: "fraction to train on", value: "\(fraction)", requirement: "between 0 and 1")
    }
    let first = Int((fraction * Double(count)).rounded())
    try requireParts(first)
    let order = order(stream, seed)
    return (subset(order[..<first]), subset(order[first...]))
  }

  private func requireParts(_ first: Int) throws(NetworkTrainingError) {
    guard first >= 1, first < count else {
      throw .invalidValue(field: "training images", value: "\(first)", requirement: "from 1 to \(count - 1)")
    }
  }

  private func order(_ stream: StreamName, _ seed: UInt64) -> [Int] {
    var order = Array(0..<count)
    RandomGenerator(stream: stream, seed: seed).shuffle(&order)
    return order
  }
}
