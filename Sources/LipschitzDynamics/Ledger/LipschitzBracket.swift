// Between which numbers a network's Lipschitz constant lies, and how far Z = Σ log σ₁ is from either.

private import DenseLinearAlgebra
private import Glibc
public import NetworkTraining

/// Bounds of the ℓ₂ Lipschitz constant of a network as a predictor.
public struct LipschitzBracket: Sendable {
  /// Operator norms of convolutions on their images, by layer; that of the reshaped kernel is another number.
  public let convolutions: [ConvolutionNorm]
  /// log of the largest Jacobian norm over a sample of inputs.
  public let logLowerBound: Double
  /// log of the product of the layers' operator norms and the constants of layers without weights.
  public let logProductBound: Double
  /// The same with ⌈k/s⌉σ₁(R) for convolutions (Proposition 9): a bound whatever an iteration may have missed.
  public let logKernelProductBound: Double

  /// One convolution's norm.
  public struct ConvolutionNorm: Sendable {
    /// The layer's position in the architecture.
    public let layer: Int
    /// Largest singular value of the linear map between images, as the iteration found it; in the unit of the weights.
    public let norm: Double
    /// How far, relative, some singular value lies from `norm` at most.
    public let residual: Double
  }
}

/// Computes brackets along a run, from where the last one stopped.
public final class LipschitzBracketTracker<Scalar: NetworkScalar> {
  private let architecture: SequentialArchitecture
  private let sample: SequentialWorkspace<Scalar>
  private let norms: [ConvolutionOperatorNorm<Scalar>]

  /// - Parameter sample: a workspace that holds inputs of the network; its values and derivatives are overwritten.
  public init(sample: SequentialWorkspace<Scalar>) {
    architecture = sample.architecture
    self.sample = sample
    norms = sample.architecture.linearUnits.compactMap { i in
      guard case .conv2d = sample.architecture.layers[i] else { return nil }
      return ConvolutionOperatorNorm(for: sample.architecture, layer: i)
    }
  }

  /// Forgets the last vectors: the next bracket is a function of the weights alone.
  public func forget() { for norm in norms { norm.forget() } }

  /// - Parameter network: of the architecture that this was made for.
  /// - Parameter row: the ledger's for the same weights; σ₁ of matrices and reshaped kernels comes from it.
  /// - Throws: `LinearAlgebraError` if a derivative is not finite.
  public func bracket(
    of network: SequentialNetwork<Scalar>, _ row: SequentialLedger<Scalar>.Row
  ) throws -> LipschitzBracket {
    let convolutions = norms.map { norm in
      let value = norm.update(network)
      return LipschitzBracket.ConvolutionNorm(layer: norm.layer, norm: value.sigma, residual: value.residual)
    }
    var (product, kernels) = (0.0, 0.0)
    for (i, layer) in architecture.layers.enumerated() {
      switch layer {
      case .linear, .conv2d:
        let sigma = Double(row.layers.first { $0.layer == i }?.triplet.sigma ?? .nan)
        if case .conv2d(_, let kernel, let stride, _) = layer {
          product += log(convolutions.first { $0.layer == i }?.norm ?? .nan)
          kernels += log(sigma * Double((kernel + stride - 1) / stride))
        } else {
          product += log(sigma)
          kernels += log(sigma)
        }
      case .batchNorm:
        let bound = log(network.predictionScale(ofBatchNorm: i))
        product += bound
        kernels += bound
      case .maxPool, .relu, .leakyReLU, .tanh, .sigmoid, .dropout, .flatten:
        let bound = log(layer.fixedLipschitzBound ?? .nan)
        product += bound
        kernels += bound
      }
    }
    let lower = try network.inputJacobianNorms(sample).max() ?? .nan
    return LipschitzBracket(
      convolutions: convolutions, logLowerBound: log(lower), logProductBound: product, logKernelProductBound: kernels)
  }
}
