// What is done to labels before they become targets: corruption by chance, and smoothing.

public import RandomStreams

/// t = (1 − ε)e_y + ε/K: the label's share is 1 − ε + ε/K, every other class's ε/K.
///
/// - Source: Szegedy, Vanhoucke, Ioffe, Shlens, Wojna 2016 (arXiv 1512.00567), Section 7.
public struct LabelSmoothing: Equatable, Sendable {
  /// ε in [0, 1].
  public let epsilon: Double

  /// - Throws: ``NetworkTrainingError/invalidValue(field:value:requirement:)``.
  public init(epsilon: Double) throws(NetworkTrainingError) {
    guard (0...1).contains(epsilon) else {
      throw .invalidValue(
        field: "label smoothing epsilon", value: "\(epsilon)", requirement: "from 0 to 1, such as 0.1")
    }
    self.epsilon = epsilon
  }
}

/// A label is kept with probability 1 − p, else replaced by a uniformly drawn one.
///
/// Section 8.5 of the paper replaces by any of the K classes, the true one among them (``Replacement/anyClass``): a
/// label then differs from the true one with probability p(K − 1)/K only. ``Replacement/otherClass`` makes it p.
public struct LabelCorruption: Equatable, Sendable {
  /// When a label is drawn.
  public enum Timing: String, CaseIterable, Sendable {
    /// Once for each sample of the data set: a function of its index, the same at every step.
    case fixed
    /// At every visit: a function of the step and of the position in the batch.
    case redrawn
  }

  /// What replaces a label.
  public enum Replacement: String, CaseIterable, Sendable {
    /// Uniform over all K classes, the true one among them: the law of Section 8.5.
    case anyClass = "any-class"
    /// Uniform over the K − 1 other classes.
    case otherClass = "other-class"
  }

  /// p in [0, 1].
  public let probability: Double
  public let timing: Timing
  public let replacement: Replacement

  /// - Throws: ``NetworkTrainingError/invalidValue(field:value:requirement:)``.
  public init(
    probability: Double, _ timing: Timing, _ replacement: Replacement = .anyClass
  ) throws(NetworkTrainingError) {
    guard (0...1).contains(probability) else {
      throw .invalidValue(
        field: "label corruption p", value: "\(probability)", requirement: "a probability from 0 to 1, such as 0.2")
    }
    (self.probability, self.timing, self.replacement) = (probability, timing, replacement)
  }

  /// The draws of a stream: a function of the sample, or of step and position.
  public struct Sampler: Sendable {
    public let corruption: LabelCorruption
    private let uniforms: CounterUniforms

    public init(_ corruption: LabelCorruption, stream: StreamName, seed: UInt64) {
      self.corruption = corruption
      // The two timings have streams of their own: no sample's fixed label is some step's redrawn one.
      uniforms = CounterUniforms(stream.appending("label-corruption/\(corruption.timing.rawValue)"), seed: seed)
    }

    /// The label that a sample has at a position of a step's batch.
    ///
    /// - Parameters:
    ///   - label: the true one, in 0 ..< classes.
    ///   - classes: how many classes the labels distinguish; labels lie below.
    ///   - sample: the index in the data set; what a fixed corruption depends on.
    ///   - position: in the batch; what a redrawn corruption depends on, with the step.
    ///   - step: what a redrawn corruption depends on, with the position.
    public func label(_ label: Int, classes: Int, sample: Int, position: Int, step: Int) -> Int {
      precondition((0..<classes).contains(label), "label \(label) is outside 0 ..< \(classes)")
      let (path, step) = corruption.timing == .fixed ? (sample, 0) : (position, step)
      guard uniforms.uniform(path: path, step: step, component: 0) < corruption.probability else { return label }
      let u = uniforms.uniform(path: path, step: step, component: 1)
      switch corruption.replacement {
      case .anyClass: return min(Int(u * Double(classes)), classes - 1)
      case .otherClass:
        guard classes > 1 else { return label }
        let other = min(Int(u * Double(classes - 1)), classes - 2)
        return other < label ? other : other + 1
      }
    }
  }
}
