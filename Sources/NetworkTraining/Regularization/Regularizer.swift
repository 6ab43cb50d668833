// Every regulariser of the experiments, with checked parameters and what a per-sample gradient is under it.

/// One regulariser with its parameters, which were checked when it was made.
///
/// Its textual form is that of the command line, such as `mixup(alpha=0.2)`: ``init(_:)-(String)`` reads what
/// ``description`` writes.
public struct Regularizer: Equatable, Sendable {
  /// The regularisers.
  public enum Kind: Equatable, Sendable {
    case autoAugment(AutoAugment)
    case labelCorruption(LabelCorruption)
    case labelSmoothing(LabelSmoothing)
    case mixup(Mixup)
    /// Zeroes each unit with probability `rate` and divides the rest by 1 − `rate`.
    case dropout(rate: Double)
    case batchNormalization(BatchNormGradient)
    /// Adds w θ to the gradient.
    case weightDecay(Double)
    /// Trains on x + ε sign(∇ₓℓ) (Goodfellow, Shlens, Szegedy 2015); ε in units of the network's inputs.
    case adversarial(epsilon: Double)
    case gradientScaling(GradientScaling)
  }

  public let kind: Kind

  /// - Throws: ``NetworkTrainingError/invalidValue(field:value:requirement:)`` naming a parameter out of range.
  public init(_ kind: Kind) throws(NetworkTrainingError) {
    func require(_ holds: Bool, _ field: String, _ value: Double, _ requirement: String) throws(NetworkTrainingError) {
      guard holds else { throw .invalidValue(field: field, value: "\(value)", requirement: requirement) }
    }
    switch kind {
    case .dropout(let rate):
      try require(rate >= 0 && rate < 1, "dropout rate", rate, "at least 0 and below 1, such as 0.1")
    case .weightDecay(let w):
      try require(w >= 0 && w.isFinite, "weight decay", w, "not negative and finite, such as 0.001")
    case .adversarial(let epsilon):
      try require(epsilon >= 0 && epsilon.isFinite, "fgsm epsilon", epsilon, "not negative and finite, such as 0.03")
    case .autoAugment, .labelCorruption, .labelSmoothing, .mixup, .batchNormalization, .gradientScaling: break
    }
    self.kind = kind
  }

  /// The word before the parentheses.
  public var name: String {
    switch kind {
    case .autoAugment: "auto-augment"
    case .labelCorruption: "label-corruption"
    case .labelSmoothing: "label-smoothing"
    case .mixup: "mixup"
    case .dropout: "dropout"
    case .batchNormalization: "batch-norm"
    case .weightDecay: "weight-decay"
    case .adversarial: "fgsm"
    case .gradientScaling: "gradient-scaling"
    }
  }

  /// What the gradient of one sample is.
  public var semantics: PerSampleSemantics {
    switch kind {
    case .autoAugment, .labelCorruption, .labelSmoothing: .independent
    case .mixup: .perPair
    case .dropout: .conditionalOnMask
    case .batchNormalization(.coupled): .coupled
    case .batchNormalization(.conditionalOnBatchStatistics): .conditionalOnBatchStatistics
    case .weightDecay: .deterministicShift
    case .adversarial: .adversarialExample
    case .gradientScaling(let scaling): scaling.law == nil ? .scaled : .addedIsotropicNoise
    }
  }

  /// Whether it changes batches, and so is done by ``BatchPipeline``; the network and the optimiser do the others.
  public var changesData: Bool {
    switch kind {
    case .autoAugment, .labelCorruption, .labelSmoothing, .mixup: true
    case .dropout, .batchNormalization, .weightDecay, .adversarial, .gradientScaling: false
    }
  }
}
