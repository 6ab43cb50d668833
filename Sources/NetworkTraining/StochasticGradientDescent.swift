// The iteration θ ← θ − η ḡ, without momentum, watched step by step.

public import DenseLinearAlgebra

/// One step as an observer sees it: everything is at θ_k, before the step is taken.
public struct TrainingStep<Scalar: BLASScalar>: Sendable {
  /// k, from 0.
  public let index: Int
  /// The network at θ_k.
  public let network: MultilayerPerceptron<Scalar>
  /// The samples of the batch, by position in the data set.
  public let batch: [Int]
  /// Inputs and deltas of the batch at every layer.
  public let layers: [LayerBatch<Scalar>]
  /// The batch's mean loss at θ_k.
  public let loss: Double
  /// The batch's accuracy at θ_k.
  public let accuracy: Double
}

/// Stochastic gradient descent on the mean softmax cross-entropy of mini-batches.
///
/// vec θ_{k+1} = vec θ_k − η ḡ(θ_k; ξ_k)
public struct StochasticGradientDescent<Scalar: BLASScalar>: Sendable {
  public let samples: Samples<Scalar>
  public let learningRate: LearningRate

  public init(on samples: Samples<Scalar>, learningRate: LearningRate) {
    self.samples = samples
    self.learningRate = learningRate
  }

  /// One step on the given samples, through buffers for as many.
  ///
  /// - Parameters:
  ///   - network: θ before the step on entry, after it on return.
  ///   - batch: positions in the data set.
  ///   - workspace: buffers for as many samples as the batch has; overwritten.
  public func step(
    _ network: inout MultilayerPerceptron<Scalar>, _ batch: [Int], _ workspace: Workspace<Scalar>
  ) {
    workspace.load(batch, of: samples)
    network.forward(workspace)
    network.backward(workspace)
    network.descend(learningRate, workspace)
  }

  /// Steps `steps.lowerBound`, …, `steps.upperBound − 1` of a source of batches.
  ///
  /// The same network, samples and source give the same bits for a given number of BLAS threads
  /// (`BLASThreads`): a source is a function of the step, so a run may be cut anywhere and continued.
  ///
  /// - Parameters:
  ///   - network: θ at `steps.lowerBound` on entry, at `steps.upperBound` on return.
  ///   - batches: gives every step its positions in the data set.
  ///   - steps: which steps to take, counted from the run's beginning.
  ///   - observe: called before each step; what it throws ends the run at that θ.
  public func train<E: Error>(
    _ network: inout MultilayerPerceptron<Scalar>, batches: some BatchSource, steps: Range<Int>,
    observe: (TrainingStep<Scalar>) throws(E) -> Void
  ) throws(E) {
    var source = batches
    precondition(
      source.population == samples.count, "batches of \(source.population) samples for a set of \(samples.count)")
    let workspace = Workspace<Scalar>(for: network.architecture, sampleCount: source.batchSize)
    var batch = [Int](repeating: 0, count: source.batchSize)
    for k in steps {
      source.fill(&batch, step: k)
      workspace.load(batch, of: samples)
      network.forward(workspace)
      network.backward(workspace)
      // The step is gone before θ changes: a second reference would force a copy of every weight.
      try observe(Self.view(k, network, batch, workspace))
      network.descend(learningRate, workspace)
    }
  }

  /// Steps without an observer.
  public func train(
    _ network: inout MultilayerPerceptron<Scalar>, batches: some BatchSource, steps: Range<Int>
  ) {
    train(&network, batches: batches, steps: steps) { _ in }
  }

  private static func view(
    _ k: Int, _ network: MultilayerPerceptron<Scalar>, _ batch: [Int], _ workspace: Workspace<Scalar>
  ) -> TrainingStep<Scalar> {
    TrainingStep(
      index: k, network: network, batch: batch, layers: workspace.layers, loss: workspace.meanLoss,
      accuracy: workspace.accuracy)
  }
}
