// Where a run's terms come from, and what that makes of them.

public import NetworkTraining

/// Whose gradients the terms of a training run are made of.
public enum TermSource: String, CaseIterable, Sendable {
  /// The step's own batch: almost free, but its μ holds the very noise that moves K. It describes, and predicts nothing.
  case batch
  /// Images that the steps do not draw, by draws of their own: a prediction with a small error that is known.
  case independent
  /// All training images: the theory's own coefficients.
  case full

  /// Whether the terms are free of the step's own noise, so that a comparison with the observed ΔZ can fail.
  public var isPrediction: Bool { self != .batch }

  /// How a sample from here stands for the noise of batches.
  public func noise(_ sampling: Sampling, batchSize: Int, population: Int) -> NoiseModel {
    switch (self, sampling) {
    case (.batch, .withReplacement): .batchEstimate
    case (.batch, _): .batchEstimateWithoutReplacement(population: population)
    case (.independent, _): .independentSample(batchSize: batchSize)
    case (.full, .withReplacement): .populationWithReplacement(batchSize: batchSize)
    case (.full, _): .populationWithoutReplacement(batchSize: batchSize)
    }
  }
}
