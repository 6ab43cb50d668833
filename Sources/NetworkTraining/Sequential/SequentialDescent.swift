// One step of SGD on a sequential network, with what regularises the step itself.

internal import DenseLinearAlgebra

/// θ ← θ − η(α ḡ + w θ + s ξ): SGD without momentum, with scaled gradients, weight decay and injected noise.
public struct SequentialDescent: Sendable {
  public let learningRate: LearningRate
  /// w, on all parameters as in PyTorch; the gradient of (w/2)‖θ‖².
  public var weightDecay: Double
  /// α.
  public var gradientScale: Double
  /// Writes s ξ for block b (its weight, then its bias) at a step; nil for none.
  public var injection: (@Sendable (_ noise: UnsafeMutableBufferPointer<Double>, _ step: Int, _ block: Int) -> Void)?

  public init(_ learningRate: LearningRate, weightDecay: Double = 0, gradientScale: Double = 1) {
    self.learningRate = learningRate
    self.weightDecay = weightDecay
    self.gradientScale = gradientScale
    injection = nil
  }

  /// The step from θ_k to θ_{k+1}, after a backward pass.
  ///
  /// The products go straight into the weights, so that no gradient is ever stored.
  public func descend<Scalar: NetworkScalar>(
    _ network: inout SequentialNetwork<Scalar>, _ workspace: SequentialWorkspace<Scalar>, step: Int
  ) {
    let eta = learningRate.value
    // The gradient is at θ_k: what the workspace holds no longer reads the parameters.
    var parameters = SequentialParameters<Scalar>(emptyLike: network.parameters)
    swap(&parameters, &network.parameters)
    network.accumulate(
      .mean, of: workspace, Scalar(-eta * gradientScale), into: &parameters, keeping: Scalar(1 - eta * weightDecay))
    if let injection {
      for b in parameters.blocks.indices {
        let (weights, biases) = (parameters.blocks[b].weight.count, parameters.blocks[b].bias.count)
        withUnsafeTemporaryAllocation(of: Double.self, capacity: weights + biases) { noise in
          injection(noise, step, b)
          for k in 0..<weights { parameters.blocks[b].weight.elements[k] -= Scalar(eta * noise[k]) }
          for k in 0..<biases { parameters.blocks[b].bias[k] -= Scalar(eta * noise[weights + k]) }
        }
      }
    }
    swap(&parameters, &network.parameters)
  }
}

extension SequentialParameters {
  /// A stand-in without entries.
  init(emptyLike other: SequentialParameters) { blocks = [] }
}

extension SequentialNetwork {
  /// x + ε sign(∇_x ℓ_i(x)) in place of every sample: the fast gradient sign method.
  ///
  /// - Source: Goodfellow, Shlens, Szegedy 2015, "Explaining and harnessing adversarial examples".
  /// - Parameters:
  ///   - workspace: its inputs are overwritten.
  ///   - epsilon: ε, the largest change of an input.
  ///   - mode: whether dropout and batch norm act as in training.
  ///   - range: where inputs may lie, if anywhere in particular.
  public func perturbInputs(
    _ workspace: SequentialWorkspace<Scalar>, epsilon: Double, mode: NetworkMode, range: ClosedRange<Double>? = nil
  ) {
    run(workspace, mode)
    backward(workspace, batchNorm: .coupled, wantsInputGradient: true)
    guard let gradient = workspace.derivatives[0] else { return }
    let x = workspace.slots[0].pointer
    let e = Scalar(epsilon)
    let (low, high) = (Scalar(range?.lowerBound ?? -.infinity), Scalar(range?.upperBound ?? .infinity))
    for k in 0..<workspace.slots[0].count {
      let d = gradient.pointer[k]
      let moved = d > 0 ? x[k] + e : d < 0 ? x[k] - e : x[k]
      x[k] = moved < low ? low : moved > high ? high : moved
    }
  }
}
