// Numbers that carry their meaning: a learning rate, a batch size, and how batches are drawn.

/// η, the factor of the gradient in one step: one step is η units of time.
public struct LearningRate: Equatable, Sendable {
  public let value: Double

  /// - Parameter value: positive and finite.
  /// - Throws: ``NetworkTrainingError/invalidValue(field:value:requirement:)``.
  public init(_ value: Double) throws(NetworkTrainingError) {
    guard value > 0, value.isFinite else {
      throw .invalidValue(field: "learning rate", value: "\(value)", requirement: "positive and finite, such as 0.05")
    }
    self.value = value
  }
}

/// M, the number of samples of one mini-batch.
public struct BatchSize: Equatable, Sendable {
  public let value: Int

  /// - Parameter value: at least 1.
  /// - Throws: ``NetworkTrainingError/invalidValue(field:value:requirement:)``.
  public init(_ value: Int) throws(NetworkTrainingError) {
    guard value >= 1, value <= Int(Int32.max) else {
      throw .invalidValue(field: "batch size", value: "\(value)", requirement: "from 1 to \(Int32.max)")
    }
    self.value = value
  }

  /// A size that batches of the given sampling can have.
  ///
  /// - Parameters:
  ///   - value: at least 1, and at most `population` unless samples may repeat.
  ///   - sampling: with or without replacement, or shuffled once an epoch.
  ///   - population: N, the number of samples that there are.
  /// - Throws: ``NetworkTrainingError/invalidValue(field:value:requirement:)``.
  public init(_ value: Int, _ sampling: Sampling, of population: Int) throws(NetworkTrainingError) {
    try self.init(value)
    guard population >= 1 else {
      throw .invalidValue(field: "number of samples", value: "\(population)", requirement: "at least 1")
    }
    guard sampling == .withReplacement || value <= population else {
      throw .invalidValue(
        field: "batch size", value: "\(value)",
        requirement: "at most the \(population) samples, unless they are drawn with replacement")
    }
  }
}

/// How mini-batches are drawn from N samples.
public enum Sampling: String, CaseIterable, Sendable {
  /// M independent uniform draws: batches are i.i.d. and a sample may repeat. The setting of the theory.
  case withReplacement
  /// Each batch is a uniform M-subset of the N samples, independent of every other batch.
  case withoutReplacement
  /// A uniform permutation every epoch, cut into ⌊N/M⌋ batches; the N mod M samples left over are dropped for
  /// that epoch. Batches of one epoch are disjoint and so not independent.
  case epochShuffling
}
