// The fully connected network: an architecture and a point in its parameter space.

public import DenseLinearAlgebra

/// x ↦ θ⁽ᴸ⁻¹⁾φ(… φ(θ⁽⁰⁾x + b⁽⁰⁾) …) + b⁽ᴸ⁻¹⁾, ended by a softmax cross-entropy loss.
public struct MultilayerPerceptron<Scalar: BLASScalar>: Equatable, Sendable {
  public let architecture: Architecture
  public var parameters: NetworkParameters<Scalar>

  /// - Parameter architecture: widths and activation.
  /// - Parameter parameters: a point of the architecture's parameter space.
  public init(_ architecture: Architecture, parameters: NetworkParameters<Scalar>) {
    precondition(
      zip(architecture.widths, architecture.widths.dropFirst()).elementsEqual(parameters.weights) {
        $0.0 == $1.columns && $0.1 == $1.rows
      },
      "the parameters given are not those of \(architecture)")
    self.architecture = architecture
    self.parameters = parameters
  }

  /// θ⁽ˡ⁾ of shape [n_{ℓ+1}, n_ℓ], from the input on.
  public var weights: [Matrix<Scalar>] { parameters.weights }

  /// The outputs for a batch, without touching any buffer.
  ///
  /// - Parameter inputs: shape [n_0, M].
  /// - Returns: logits; shape [classes, M].
  public func logits(_ inputs: Matrix<Scalar>) -> Matrix<Scalar> {
    var x = inputs
    for l in parameters.weights.indices {
      var z = Matrix<Scalar>.zeros(architecture.widths[l + 1], x.columns)
      applyLayer(l, to: x, into: &z)
      if l + 1 < architecture.layerCount { Kernel.activate(architecture.activation, &z.elements) }
      x = z
    }
    return x
  }

  /// z ← θ⁽ˡ⁾x + b⁽ˡ⁾ for every column.
  func applyLayer(_ l: Int, to x: Matrix<Scalar>, into z: inout Matrix<Scalar>) {
    Kernel.fillColumns(&z.elements, with: parameters.biases[l].elements)
    z.accumulate(1, parameters.weights[l], .asIs, x, .asIs, scaling: 1)
  }
}
