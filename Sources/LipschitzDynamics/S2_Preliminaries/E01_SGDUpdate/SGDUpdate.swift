// Equation 1: one step of stochastic gradient descent.

public import DenseLinearAlgebra
public import NetworkTraining
public import VerificationKit

/// Equation 1: a step against the mean gradient of a mini-batch, which is an unbiased gradient.
public enum SGDUpdate: Claim {
  public static let source = Source.luo2025("Equation 1")
  public static let statement = Statement(
    "θ_{k+1} = θ_k − η ḡ(θ_k; ξ_k),  ḡ = 1/M Σᵢ gᵢ(θ_k),  E[ḡ | θ_k] = ∇L(θ_k)",
    meaning: """
      A step goes against the mean of the batch's per-sample gradients, all at the point before the step; on average over \
      batches that is the gradient over the whole data set. At a point chosen beforehand the batches of a shuffled epoch \
      are unbiased, too; along a run, given the steps before, they are not.
      """,
    hypotheses: [
      .stated("every batch is drawn uniformly from the data set"), independence,
      .stated("ḡ is the gradient of the batch's mean loss, for every parameter at once"),
    ],
    differsFromPrint: "the expectation is conditional on θ_k, where the step is taken")
  static let independence = Hypothesis.unstated("batches of different steps are independent (no shuffled epochs)")

  /// The function under test: θ_k, the data, the positions of the batch's samples and η to θ_{k+1}.
  public typealias Subject =
    @Sendable (
      _ network: MultilayerPerceptron<Double>, _ samples: Samples<Double>, _ batch: [Int], _ learningRate: LearningRate
    ) throws -> MultilayerPerceptron<Double>
  public static let subject: Subject = { try step($0, on: $1, batch: $2, learningRate: $3) }

  /// θ_{k+1} by one step of `StochasticGradientDescent`.
  ///
  /// - Source: Equation 1, arXiv 2506.18588.
  /// - Parameters:
  ///   - network: θ_k.
  ///   - samples: the data set.
  ///   - batch: M ≥ 1 positions in it; a repeated sample counts as often as it occurs.
  ///   - learningRate: η.
  /// - Accuracy: round-off ≤ c·(widths + M)·u·(‖θ‖ + η‖ḡ‖).
  /// - Throws: `HypothesisViolation` if the batch is empty or names a sample that does not exist.
  public static func step(
    _ network: MultilayerPerceptron<Double>, on samples: Samples<Double>, batch: [Int], learningRate: LearningRate
  ) throws(HypothesisViolation) -> MultilayerPerceptron<Double> {
    try HypothesisViolation.require(!batch.isEmpty, field: "batch", value: "empty", "a batch has at least one sample")
    try HypothesisViolation.require(
      batch.allSatisfy { samples.labels.indices.contains($0) }, field: "batch", value: "\(batch)",
      "positions from 0 to \(samples.count - 1)")
    var moved = network
    StochasticGradientDescent(on: samples, learningRate: learningRate)
      .step(&moved, batch, Workspace(for: network.architecture, sampleCount: batch.count))
    return moved
  }
}
