// Loss, gradient and Hessian products over a whole data set, in batches of bounded size.

internal import DenseLinearAlgebra

/// The loss and the accuracy of a network on a data set.
public struct Evaluation: Equatable, Sendable {
  /// Mean softmax cross-entropy, in nats.
  public let loss: Double
  /// Fraction of samples whose largest logit is at their label.
  public let accuracy: Double
}

extension MultilayerPerceptron {
  /// The mean loss and the accuracy on all samples.
  public func evaluate(_ samples: Samples<Scalar>) -> Evaluation {
    var (loss, correct) = (0.0, 0)
    overAll(samples) { workspace in
      loss += Kernel.sum(workspace.losses)
      correct += workspace.correct
    }
    return Evaluation(loss: loss / Double(samples.count), accuracy: Double(correct) / Double(samples.count))
  }

  /// ∇L, the mean gradient over all samples; unit loss/parameter.
  public func fullGradient(_ samples: Samples<Scalar>) -> NetworkParameters<Scalar> {
    var out = NetworkParameters<Scalar>(zerosFor: architecture)
    overAll(samples) { gradient(.sum, of: $0, into: &out, adding: true) }
    out.scale(by: 1 / Scalar(samples.count))
    return out
  }

  /// H_L v for the Hessian of the mean loss over all samples.
  ///
  /// - Parameter direction: v, a point of the parameter space.
  /// - Parameter samples: the whole data set, over which the loss is averaged.
  /// - Returns: H_L v; unit loss/parameter² times that of v.
  public func fullHessianVectorProduct(
    _ direction: NetworkParameters<Scalar>, _ samples: Samples<Scalar>
  ) -> NetworkParameters<Scalar> {
    var out = NetworkParameters<Scalar>(zerosFor: architecture)
    var tangents: TangentWorkspace<Scalar>?
    overAll(samples) { workspace in
      if tangents?.sampleCount != workspace.sampleCount {
        tangents = TangentWorkspace(for: architecture, sampleCount: workspace.sampleCount)
      }
      hessianVectorProduct(direction, .sum, workspace, tangents!, into: &out, adding: true)
    }
    out.scale(by: 1 / Scalar(samples.count))
    return out
  }

  /// Forward and backward passes over consecutive batches that together are all samples.
  public func overAll(_ samples: Samples<Scalar>, _ body: (Workspace<Scalar>) -> Void) {
    precondition(samples.count > 0, "there are no samples to evaluate")
    // Large enough for the matrix products to be efficient, small enough for the cache.
    let size = min(256, samples.count)
    var workspace = Workspace<Scalar>(for: architecture, sampleCount: size)
    for start in stride(from: 0, to: samples.count, by: size) {
      let range = start..<min(start + size, samples.count)
      if range.count != workspace.sampleCount {
        workspace = Workspace(for: architecture, sampleCount: range.count)
      }
      workspace.load(Array(range), of: samples)
      forward(workspace)
      backward(workspace)
      body(workspace)
    }
  }
}
