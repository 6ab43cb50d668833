// AutoAugment: which two operations each image of a batch gets, as a function of the step and the position.

public import RandomStreams

/// Learned augmentation: each image gets a sub-policy at random, two operations each applied with a probability.
///
/// - Source: Cubuk, Zoph, Mané, Vasudevan, Le 2019 (arXiv 1805.09501).
public struct AutoAugment: Equatable, Sendable {
  /// The published policies that are offered.
  public enum Policy: String, CaseIterable, Sendable {
    /// 25 sub-policies found on a part of CIFAR-10.
    case cifar10
  }

  /// An operation with its probability and its level.
  public struct Step: Equatable, Sendable {
    public let operation: ImageOperation
    public let probability: Double
    /// In 0 ..< ``ImageOperation/levels``; 0 where the operation has no magnitude.
    public let level: Int

    init(_ operation: ImageOperation, _ probability: Double, _ level: Int = 0) {
      (self.operation, self.probability, self.level) = (operation, probability, level)
    }
  }

  /// What is drawn for one image.
  public struct Choice: Equatable, Sendable {
    /// Which of the policy's sub-policies.
    public let subPolicy: Int
    public let appliesFirst: Bool
    public let appliesSecond: Bool
    /// Whether the magnitudes of signed operations are negative.
    public let firstIsNegative: Bool
    public let secondIsNegative: Bool

    public init(
      subPolicy: Int, appliesFirst: Bool, appliesSecond: Bool, firstIsNegative: Bool, secondIsNegative: Bool
    ) {
      (self.subPolicy, self.appliesFirst, self.appliesSecond) = (subPolicy, appliesFirst, appliesSecond)
      (self.firstIsNegative, self.secondIsNegative) = (firstIsNegative, secondIsNegative)
    }
  }

  public let policy: Policy

  public init(_ policy: Policy) { self.policy = policy }

  /// What must be said when the policy is used on a data set, or nil where it is the one published for it.
  ///
  /// - Parameter dataSet: a name such as `cifar10` or `CIFAR-100`.
  public func policyNote(for dataSet: String) -> String? {
    let name = dataSet.lowercased().filter { $0.isLetter || $0.isNumber }
    if name.hasPrefix("cifar100") {
      return "no policy is published for CIFAR-100; its authors use the CIFAR-10 policy for it, and so does this"
    }
    if name.hasPrefix("cifar10") { return nil }
    return "the CIFAR-10 policy was not published for \(dataSet); it was found on CIFAR-10"
  }

  /// The pairs of operations, in the published order; shape [25][2].
  public var subPolicies: [(first: Step, second: Step)] {
    switch policy {
    case .cifar10: Self.cifar10
    }
  }

  /// Applies what was drawn to one image.
  ///
  /// - Parameters:
  ///   - choice: a sub-policy with its draws.
  ///   - pixels: shape [height, width, channels], channel fastest.
  ///   - shape: height, width and channels of the image.
  public func apply(_ choice: Choice, to pixels: inout [UInt8], shape: ImageShape) {
    precondition(pixels.count == shape.count, "\(pixels.count) bytes are no image of \(shape.count)")
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: shape.count) { scratch in
      scratch.initialize(repeating: 0)
      pixels.withUnsafeMutableBufferPointer { apply(choice, to: $0, scratch: scratch, shape: shape) }
    }
  }

  func apply(_ choice: Choice, to image: ImageOperation.Bytes, scratch: ImageOperation.Bytes, shape: ImageShape) {
    let (first, second) = subPolicies[choice.subPolicy]
    func apply(_ step: Step, _ isNegative: Bool) {
      let size = step.operation.magnitude(level: step.level, isNegative: isNegative, shape: shape)
      step.operation.apply(magnitude: size, to: image, scratch: scratch, shape: shape)
    }
    if choice.appliesFirst { apply(first, choice.firstIsNegative) }
    if choice.appliesSecond { apply(second, choice.secondIsNegative) }
  }

  private static let cifar10: [(first: Step, second: Step)] = [
    (Step(.invert, 0.1), Step(.contrast, 0.2, 6)),
    (Step(.rotate, 0.7, 2), Step(.translateX, 0.3, 9)),
    (Step(.sharpness, 0.8, 1), Step(.sharpness, 0.9, 3)),
    (Step(.shearY, 0.5, 8), Step(.translateY, 0.7, 9)),
    (Step(.autoContrast, 0.5), Step(.equalize, 0.9)),
    (Step(.shearY, 0.2, 7), Step(.posterize, 0.3, 7)),
    (Step(.color, 0.4, 3), Step(.brightness, 0.6, 7)),
    (Step(.sharpness, 0.3, 9), Step(.brightness, 0.7, 9)),
    (Step(.equalize, 0.6), Step(.equalize, 0.5)),
    (Step(.contrast, 0.6, 7), Step(.sharpness, 0.6, 5)),
    (Step(.color, 0.7, 7), Step(.translateX, 0.5, 8)),
    (Step(.equalize, 0.3), Step(.autoContrast, 0.4)),
    (Step(.translateY, 0.4, 3), Step(.sharpness, 0.2, 6)),
    (Step(.brightness, 0.9, 6), Step(.color, 0.2, 8)),
    (Step(.solarize, 0.5, 2), Step(.invert, 0)),
    (Step(.equalize, 0.2), Step(.autoContrast, 0.6)),
    (Step(.equalize, 0.2), Step(.equalize, 0.6)),
    (Step(.color, 0.9, 9), Step(.equalize, 0.6)),
    (Step(.autoContrast, 0.8), Step(.solarize, 0.2, 8)),
    (Step(.brightness, 0.1, 3), Step(.color, 0.7, 0)),
    (Step(.solarize, 0.4, 5), Step(.autoContrast, 0.9)),
    (Step(.translateY, 0.9, 9), Step(.translateY, 0.7, 9)),
    (Step(.autoContrast, 0.9), Step(.solarize, 0.8, 3)),
    (Step(.equalize, 0.8), Step(.invert, 0.1)),
    (Step(.translateY, 0.7, 9), Step(.autoContrast, 0.9)),
  ]
}

extension AutoAugment {
  /// The draws of a stream: a function of step and position in the batch.
  public struct Sampler: Sendable {
    public let augmentation: AutoAugment
    private let uniforms: CounterUniforms

    public init(_ augmentation: AutoAugment, stream: StreamName, seed: UInt64) {
      self.augmentation = augmentation
      uniforms = CounterUniforms(stream.appending("auto-augment"), seed: seed)
    }

    /// What the image at a position of a step's batch gets.
    public func choice(position: Int, step: Int) -> Choice {
      func u(_ component: Int) -> Double { uniforms.uniform(path: position, step: step, component: component) }
      let pairs = augmentation.subPolicies
      let index = min(Int(u(0) * Double(pairs.count)), pairs.count - 1)
      return Choice(
        subPolicy: index, appliesFirst: u(1) < pairs[index].first.probability,
        appliesSecond: u(2) < pairs[index].second.probability, firstIsNegative: u(3) < 0.5,
        secondIsNegative: u(4) < 0.5)
    }
  }
}
