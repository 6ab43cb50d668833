// What every regulariser means at every layer: what a sample's gradient is, what happens to the weights, or why not.

/// A regulariser met by a layer of the network that is trained under it.
///
/// ``RegularizedDescent`` refuses what is refused here, with the same words.
public struct LayerRegularization: Equatable, Sendable {
  public let layer: SequentialLayer
  public let regularizer: Regularizer
  /// What the gradient of one sample is below a batch norm.
  public let batchNorm: BatchNormGradient

  public init(_ regularizer: Regularizer, at layer: SequentialLayer, batchNorm: BatchNormGradient = .coupled) {
    (self.layer, self.regularizer, self.batchNorm) = (layer, regularizer, batchNorm)
  }

  /// Why the two cannot go together; nil if they can.
  public var refusal: NetworkTrainingError? { regularizer.refusal }

  /// All that is true of a sample's gradient: what the layer brings and what the regulariser brings.
  public var semantics: [PerSampleSemantics] {
    let both = [layer.semantics(batchNorm), regularizer.semantics]
    let special = both.filter { $0 != .independent }
    return special.isEmpty ? [.independent] : special
  }

  /// Whether Σ̂ of Proposition 5 may take the samples of a batch for independent.
  public var hasIndependentSamples: Bool { semantics.allSatisfy(\.hasIndependentSamples) }

  /// What the regulariser does at this layer, in one clause.
  public var effect: String {
    switch regularizer.kind {
    case .autoAugment:
      "images are changed before the first layer" + statistics("augmented")
    case .labelCorruption(let corruption):
      corruption.timing == .fixed
        ? "labels are changed once, before the run: part of the data" : "labels are drawn anew at every step"
    case .labelSmoothing: "the loss takes soft targets"
    case .mixup: "samples and targets are mixed before the first layer" + statistics("mixed")
    case .weightDecay: decay
    case .adversarial: perturbation
    case .gradientScaling(let scaling): scaled(scaling)
    case .dropout, .batchNormalization: "is itself a layer"
    }
  }

  private func statistics(_ kind: String) -> String {
    layer == .batchNorm ? "; mean and variance are those of the \(kind) samples" : ""
  }

  private var decay: String {
    switch layer {
    case .linear, .conv2d: "weights and biases decay: −w in the layer's μ, whatever the data"
    case .batchNorm:
      "γ and β decay too, but are no part of Z; σ₁ of a layer before it shrinks while the function stays the same"
    case .maxPool, .relu, .tanh, .sigmoid, .leakyReLU, .dropout, .flatten: "nothing to decay"
    }
  }

  private var perturbation: String {
    switch layer {
    case .dropout: "the perturbation is found under the mask of the same step"
    case .batchNorm:
      "one sample's perturbation depends on all samples, through mean and variance of the unperturbed ones"
    case .relu, .leakyReLU, .maxPool:
      "the perturbation goes through its derivative; at a kink, through that of one side"
    case .linear, .conv2d, .tanh, .sigmoid, .flatten: "the perturbation goes through its derivative"
    }
  }

  private func scaled(_ scaling: GradientScaling) -> String {
    let isNoisy = scaling.law != nil
    switch layer {
    case .linear, .conv2d:
      return "αμ, α²κ, α²λ²" + (isNoisy ? ", and what isotropic noise of deviation (1 − α)s adds to κ and λ²" : "")
    case .batchNorm:
      return "the gradients of γ and β are scaled too" + (isNoisy ? " and get noise" : "") + ", but are no part of Z"
    case .maxPool, .relu, .tanh, .sigmoid, .leakyReLU, .dropout, .flatten: return "no gradient to scale"
    }
  }
}

extension Regularizer {
  /// Why it cannot be in the list of a run's regularisers, whatever the layers.
  var refusal: NetworkTrainingError? {
    func isLayer(_ remedy: String) -> NetworkTrainingError {
      .invalidValue(field: "regularizer", value: "\(self)", requirement: "none that is a layer: " + remedy)
    }
    return switch kind {
    case .dropout(let rate): isLayer("put \(SequentialLayer.dropout(rate: rate)) among the layers of the network")
    case .batchNormalization(.coupled): isLayer("put batch-norm among the layers of the network")
    case .batchNormalization(.conditionalOnBatchStatistics):
      isLayer("put batch-norm among the layers of the network, and take its gradient as conditional")
    case .autoAugment, .labelCorruption, .labelSmoothing, .mixup, .weightDecay, .adversarial, .gradientScaling: nil
    }
  }
}

extension SequentialLayer {
  /// What the layer makes of "the gradient of one sample".
  func semantics(_ batchNorm: BatchNormGradient) -> PerSampleSemantics {
    switch self {
    case .batchNorm: batchNorm == .coupled ? .coupled : .conditionalOnBatchStatistics
    case .dropout: .conditionalOnMask
    case .linear, .conv2d, .maxPool, .relu, .tanh, .sigmoid, .leakyReLU, .flatten: .independent
    }
  }

  /// How a layer counts in the Lipschitz constant of the network. No layer counts as 1 because nothing is known of it.
  public enum LipschitzConstant: Equatable, Sendable {
    /// σ₁ of the weight: the constant itself, and a term of Z.
    case operatorNorm
    /// σ₁ of the reshaped kernel R is the term of Z, but is not the constant, which is at most ⌈k/s⌉σ₁(R).
    case kernelNorm(factor: Int)
    /// A bound without weights, as a predictor and in training.
    case fixed(Double)
    /// 1 as a predictor; in training up to this, because what is kept is divided by 1 − rate.
    case mask(training: Double)
    /// max |γ|/√(running variance + 10⁻⁵) as a predictor; in training no function of one sample at all.
    case runningStatistics
  }

  public var lipschitzConstant: LipschitzConstant {
    switch self {
    case .linear: .operatorNorm
    case .conv2d(_, let kernel, let stride, _): .kernelNorm(factor: (kernel + stride - 1) / stride)
    // A pixel lies in at most ⌈k/s⌉² windows.
    case .maxPool(let kernel, let stride): .fixed(Double((kernel + stride - 1) / stride))
    case .relu, .tanh, .flatten: .fixed(1)
    case .sigmoid: .fixed(0.25)
    case .leakyReLU(let slope): .fixed(max(1, slope))
    case .dropout(let rate): .mask(training: 1 / (1 - rate))
    case .batchNorm: .runningStatistics
    }
  }
}
