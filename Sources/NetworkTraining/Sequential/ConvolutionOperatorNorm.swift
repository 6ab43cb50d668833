// The operator norm of a convolution on the images that it sees, which is not that of its reshaped kernel.

internal import DenseLinearAlgebra

/// Tracks the ℓ₂ operator norm of one convolution without its bias, by Lanczos iteration on AᵀA that begins at the last
/// singular vector.
///
/// - Source: Sedghi, Gupta, Long 2019, "The singular values of convolutional layers", for why the reshaped kernel's norm
///   is another number; Proposition 9 of arXiv 2506.18588 takes that of the kernel.
public final class ConvolutionOperatorNorm<Scalar: NetworkScalar> {
  /// A norm with what is known of its error.
  public struct Value: Sendable, Equatable {
    /// ‖Ax‖ for a unit image x: a lower bound of the norm, up to round-off.
    public let sigma: Double
    /// ‖AᵀAx − σ²x‖/σ²: some singular value lies within this, relative, of σ.
    public let residual: Double
    /// How often A and Aᵀ were applied.
    public let products: Int
  }

  public let layer: Int
  private let convolution: WindowedConvolution<Scalar>
  private let (inputs, outputs): (Int, Int)
  private let channels: Int
  private var image: Vector<Scalar>
  private let depth = 12

  /// - Parameter architecture: knows the size of the images that reach the layer.
  /// - Parameter layer: a convolution's.
  public init(for architecture: SequentialArchitecture, layer: Int) {
    guard case .conv2d(let channels, let kernel, let stride, let padding) = architecture.layers[layer] else {
      preconditionFailure("layer \(layer) is not a convolution")
    }
    self.layer = layer
    self.channels = channels
    let (incoming, outgoing) = (architecture.inputShape(of: layer), architecture.shapes[layer])
    convolution = .make(
      ImageWindows(incoming, outgoing, kernel: kernel, stride: stride, padding: padding), outputs: channels, samples: 1)
    (inputs, outputs) = (incoming.count, outgoing.count)
    image = Self.start(inputs)
  }

  /// Forgets the last vector: the next value is a function of the weights alone.
  public func forget() { image = Self.start(inputs) }

  /// The norm for the network's present weights.
  ///
  /// - Parameters:
  ///   - network: of the architecture that this was made for.
  ///   - tolerance: on the residual; at least some round-off's.
  ///   - limit: products after which the value is returned as it is; its residual says how good that is.
  public func update(_ network: SequentialNetwork<Scalar>, tolerance: Double = 1e-3, limit: Int = 600) -> Value {
    var products = 0
    while true {
      let (sigma, residual) = sweep(network)
      products += depth
      if residual <= tolerance || products >= limit || sigma == 0 {
        return Value(sigma: sigma, residual: residual, products: products)
      }
    }
  }

  /// Lanczos from the present image; the Ritz vector becomes the next one.
  private func sweep(_ network: SequentialNetwork<Scalar>) -> (sigma: Double, residual: Double) {
    let size = min(depth, inputs)
    var basis = [image.normalized]
    var alpha: [Scalar] = []
    var beta: [Scalar] = []
    for j in 0..<size {
      var next = applyGram(basis[j], network)
      alpha.append(basis[j].dot(next))
      // Twice, against the cancellation of the first.
      for _ in 0..<2 { for q in basis { next = next - q.dot(next) * q } }
      beta.append(next.norm)
      guard j + 1 < size, beta[j] > Scalar.ulpOfOne * alpha[0] else { break }
      basis.append(next / beta[j])
    }
    let count = alpha.count
    var (d, e, w) = (alpha, beta, [Scalar](repeating: 0, count: count))
    var z = [Scalar](repeating: 0, count: count)
    if count == 1 {
      (w[0], z[0]) = (alpha[0], 1)
    } else {
      // Of so small a problem the eigenvectors always exist.
      precondition(Scalar.stevx(count, 1, &d, &e, &w, &z) == 0, "LAPACK's stevx failed on \(count) numbers")
    }
    image = zip(basis, z).reduce(Vector.zeros(inputs)) { $0 + $1.1 * $1.0 }.normalized
    let eigenvalue = Double(w[0])
    guard eigenvalue > 0 else { return (0, 0) }
    return (eigenvalue.squareRoot(), Double(beta[count - 1] * abs(z[count - 1])) / eigenvalue)
  }

  /// AᵀAx.
  private func applyGram(_ x: Vector<Scalar>, _ network: SequentialNetwork<Scalar>) -> Vector<Scalar> {
    var y = [Scalar](repeating: 0, count: outputs)
    var back = Vector<Scalar>.zeros(inputs)
    let zeros = [Scalar](repeating: 0, count: channels)
    network.withBlock(layer) { w, _, _ in
      x.elements.withUnsafeBufferPointer { x in
        y.withUnsafeMutableBufferPointer { y in
          convolution.forward(x.baseAddress!, w, zeros, y.baseAddress!, rectified: false)
          back.elements.withUnsafeMutableBufferPointer { convolution.backward(y.baseAddress!, w, $0.baseAddress!) }
        }
      }
    }
    return back
  }

  /// A fixed image without symmetry.
  private static func start(_ count: Int) -> Vector<Scalar> {
    var state: UInt64 = 0x5851_F42D_4C95_7F2D
    return Vector(
      (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Scalar(Int32(truncatingIfNeeded: state >> 32)) / Scalar(Int32.max)
      })
  }
}
