// What a training run did to its layers' norms, next to what the theory says of each step.

public import DenseLinearAlgebra
private import Glibc
public import NetworkTraining
internal import VerificationKit

/// One line of the ledger: the state before a step, in the units of the theory (one step is η units of time).
public struct LedgerRow: Sendable {
  /// A layer's norm and, where its largest singular value is simple, the terms of its dynamics.
  public struct Layer: Sendable {
    /// σ₁.
    public let sigma1: Double
    /// σ₂.
    public let sigma2: Double
    /// (σ₁ − σ₂)/σ₁.
    public let relativeGap: Double
    /// nil where the gap is below round-off.
    public let coefficients: LayerCoefficients?
  }

  /// The number of the step that comes next.
  public let step: Int
  /// t = η · step.
  public let time: Double
  /// The batch's mean loss, nats.
  public let loss: Double
  /// The batch's accuracy.
  public let accuracy: Double
  /// Input layer first.
  public let layers: [Layer]
  /// nil where some layer's gap is below round-off.
  public let network: NetworkCoefficients?
  /// Z = Σ log σ₁, as it is.
  public let logNorm: Double
  /// Z as predicted from the ledger's coefficients (Theorem 16 with the discrete-step term); nil once a gap closed.
  public let predictedLogNorm: Double?
  /// Standard deviation of that prediction: √∫λ_Z²; nil under epoch shuffling, where the batches of an epoch are
  /// dependent and their noise nearly cancels.
  public let predictedStandardDeviation: Double?
}

/// Computes ledger rows along a run, and integrates the prediction between them.
public struct TrainingLedger: Sendable {
  /// Where the terms' gradients come from.
  public enum Estimate: String, CaseIterable, Sendable {
    /// The whole data set at every row: the theory's own coefficients.
    case full
    /// The step's own batch (M ≥ 2): free and, term by term, unbiased; but its μ contains the very noise that moves K,
    /// so agreement with the observed Z is no test of the theory.
    case batch
  }

  /// Whose gradients the terms come from.
  public let estimate: Estimate
  private let samples: Samples<Double>
  private let noise: NoiseModel
  private let hasIndependentBatches: Bool
  private let learningRate: Double
  private var triplets: [TopSingularTriplet<Double>] = []
  private var prediction: (mean: Double, variance: Double)?
  /// The last row's coefficients, which count until the next row.
  private var pending: (step: Int, network: NetworkCoefficients?)?

  /// A ledger that is empty. Between two rows the first one's coefficients count.
  ///
  /// - Throws: `HypothesisViolation` if the estimate needs more samples a batch.
  public init(
    _ estimate: Estimate, samples: Samples<Double>, sampling: Sampling, batchSize: Int, learningRate: LearningRate
  ) throws {
    self.estimate = estimate
    hasIndependentBatches = sampling != .epochShuffling
    self.samples = samples
    self.learningRate = learningRate.value
    switch (estimate, sampling) {
    case (.batch, _):
      try HypothesisViolation.require(
        batchSize >= 2, field: "batch size", value: batchSize,
        "a batch estimate of the noise needs at least 2 samples; or estimate from the full data set")
      noise =
        sampling == .withReplacement ? .batchEstimate : .batchEstimateWithoutReplacement(population: samples.count)
    case (.full, .withReplacement): noise = .populationWithReplacement(batchSize: batchSize)
    case (.full, .withoutReplacement), (.full, .epochShuffling):
      noise = .populationWithoutReplacement(batchSize: batchSize)
    }
  }

  /// The row of a step that is about to be taken.
  ///
  /// - Throws: `HypothesisViolation` if a layer's weights are zero; `LinearAlgebraError` if they are not finite.
  public mutating func row(_ step: TrainingStep<Double>) throws -> LedgerRow {
    let weights = step.network.weights
    triplets = try weights.enumerated().map { l, theta in
      try TopSingularTriplet(theta, near: triplets.indices.contains(l) ? triplets[l] : nil)
    }
    for (l, triplet) in triplets.enumerated() {
      try HypothesisViolation.require(
        triplet.sigma > 0, field: "layer \(l)'s operator norm", value: triplet.sigma, "a norm whose logarithm exists")
    }
    let logNorm = triplets.reduce(0.0) { $0 + log($1.sigma) }
    let projections = try projections(step, weights)
    let coefficients = projections.map { $0.map { LayerCoefficients($0, learningRate: learningRate) } }
    let complete = projections.compactMap { $0 }
    let network =
      complete.count == weights.count
      ? try NetworkCoefficients(complete, noise: noise, learningRate: learningRate) : nil
    advancePrediction(to: step.index, from: logNorm)
    pending = (step.index, network)
    return LedgerRow(
      step: step.index, time: Double(step.index) * learningRate, loss: step.loss, accuracy: step.accuracy,
      layers: zip(triplets, coefficients).map {
        LedgerRow.Layer(sigma1: $0.sigma, sigma2: $0.sigma2, relativeGap: $0.relativeGap, coefficients: $1)
      },
      network: network, logNorm: logNorm, predictedLogNorm: prediction?.mean,
      predictedStandardDeviation: hasIndependentBatches ? prediction.map { $0.variance.squareRoot() } : nil)
  }

  /// Z by Theorem 16 up to a step: from the first row's Z, with each row's coefficients until the next.
  private mutating func advancePrediction(to step: Int, from logNorm: Double) {
    guard let last = pending else {
      prediction = (logNorm, 0)
      return
    }
    guard let c = last.network, let now = prediction else {
      prediction = nil
      return
    }
    let duration = learningRate * Double(step - last.step)
    prediction = (
      now.mean + duration * (c.logDrift + c.logDiscreteStep), now.variance + duration * c.exactLambdaSquared
    )
  }

  private func projections(
    _ step: TrainingStep<Double>, _ weights: [Matrix<Double>]
  ) throws -> [LayerProjections<Double>?] {
    try zip(weights, gradients(step)).enumerated().map { l, item in
      do {
        return try LayerProjections(
          weights: item.0, gradient: item.1.mean, gradientNoise: estimate == .batch ? 1 : 0, sample: item.1,
          noise: noise,
          triplet: triplets[l])
      } catch LinearAlgebraError.gapTooSmall { return nil }
    }
  }

  private func gradients(_ step: TrainingStep<Double>) -> [RankOneGradients<Double>] {
    switch estimate {
    case .batch: return step.layers.map { RankOneGradients(deltas: $0.deltas, inputs: $0.inputs) }
    case .full:
      let workspace = Workspace<Double>(for: step.network.architecture, sampleCount: samples.count)
      workspace.load(Array(0..<samples.count), of: samples)
      step.network.forward(workspace)
      step.network.backward(workspace)
      return workspace.layers.map { RankOneGradients(deltas: $0.deltas, inputs: $0.inputs) }
    }
  }
}
