// The points that an order was read from, kept so that they can be drawn.

/// An error over a ladder of steps, with the power of the step by which it falls.
public struct Ladder: Sendable, Equatable, Codable {
  /// The direction, entry or setting that the ladder belongs to; empty if the check has only one.
  public let place: String
  /// The fitted d log error / d log step.
  public let slope: Double
  /// The claimed power; of a Taylor remainder the least, one more than the last claimed derivative.
  public let expected: Double
  /// In the order in which they were measured.
  public let rungs: [Rung]

  /// A measured ladder.
  ///
  /// - Parameters:
  ///   - place: which of a check's ladders it is.
  ///   - slope: fitted; finite.
  ///   - expected: what the claim says of the slope.
  ///   - rungs: steps and errors, all positive.
  public init(at place: String, slope: Double, expected: Double, rungs: [Rung]) {
    self.place = place
    self.slope = slope
    self.expected = expected
    self.rungs = rungs
  }
}
