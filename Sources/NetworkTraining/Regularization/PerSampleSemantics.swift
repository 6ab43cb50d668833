// What "the gradient of one sample" means under each regulariser, and what that does to the estimate of the noise.

/// What a per-sample gradient is under a regulariser, and how the estimate Σ̂ of the gradient's noise treats it.
public enum PerSampleSemantics: String, CaseIterable, Equatable, Sendable {
  case independent
  case perPair = "per-pair"
  case conditionalOnBatchStatistics = "conditional-on-batch-statistics"
  case coupled
  case conditionalOnMask = "conditional-on-mask"
  case adversarialExample = "adversarial-example"
  case deterministicShift = "deterministic-shift"
  case scaled
  case addedIsotropicNoise = "added-isotropic-noise"

  /// One sentence for a report.
  public var explanation: String {
    switch self {
    case .independent:
      "the gradient of one sample's own loss; the samples are independent draws, each with its own random changes, "
        + "which are part of the law"
    case .perPair:
      "the gradient of one mixed sample; the M mixed samples of a batch are exchangeable but share the permutation and, "
        + "with one a batch, the coefficient, and Σ̂ treats them as independent, which they are not"
    case .conditionalOnBatchStatistics:
      "the gradient of one sample's loss with the batch's mean and variance held fixed; given these Σ̂ treats samples as "
        + "independent, and the mean of the gradients is not the gradient of the batch's loss"
    case .coupled:
      "one sample's share of the batch's gradient, through the batch's mean and variance; the shares add up to the "
        + "gradient but depend on each other, so that Σ̂ is no unbiased estimate of its covariance"
    case .conditionalOnMask:
      "the gradient of one sample's loss under its own dropout mask, held fixed between forward and backward pass; the "
        + "samples' masks are independent, so that Σ̂ counts their spread as noise"
    case .adversarialExample:
      "the gradient at the perturbed sample, with the perturbation held fixed and not differentiated; the samples are "
        + "independent"
    case .deterministicShift:
      "the gradient of one sample's loss without the decay, which is the same for all samples: it shifts the mean "
        + "gradient and adds no noise"
    case .scaled:
      "α times the gradient of one sample's own loss; the mean is multiplied by α and the covariance by α²"
    case .addedIsotropicNoise:
      "α times the gradient of one sample's own loss; the injected noise is one draw a step, independent of the samples, "
        + "and adds (1 − α)²s²I to α²Σ"
    }
  }

  /// Whether the terms of a batch are independent, as the estimate Σ̂ needs them to be.
  public var hasIndependentSamples: Bool {
    switch self {
    case .perPair, .coupled, .conditionalOnBatchStatistics: false
    case .independent, .conditionalOnMask, .adversarialExample, .deterministicShift, .scaled, .addedIsotropicNoise: true
    }
  }
}
