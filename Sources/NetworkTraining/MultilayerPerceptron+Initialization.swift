// Random initial networks.

internal import DenseLinearAlgebra
public import RandomStreams

extension MultilayerPerceptron {
  /// A network with Kaiming normal weights and zero biases.
  ///
  /// θ⁽ˡ⁾ᵢⱼ ~ N(0, 2/n_ℓ), independent; the same stream and seed give the same network in either precision,
  /// up to rounding.
  ///
  /// - Source: He, Zhang, Ren, Sun 2015, "Delving deep into rectifiers".
  /// - Parameters:
  ///   - architecture: which layers there are, and how wide.
  ///   - scale: a factor on every weight, for studies of the initial scale.
  ///   - stream: the stream's name, such as `claim/check/initial`.
  ///   - seed: equal streams and seeds give equal digits.
  public init(kaiming architecture: Architecture, scale: Double = 1, stream: StreamName, seed: UInt64) {
    let normals = CounterNormals(stream, seed: seed)
    var parameters = NetworkParameters<Scalar>(zerosFor: architecture)
    for l in parameters.weights.indices {
      var z = [Double](repeating: 0, count: parameters.weights[l].count)
      z.withUnsafeMutableBufferPointer { normals.fill($0, step: l, firstPath: 0) }
      let s = scale * (2 / Double(architecture.widths[l])).squareRoot()
      parameters.weights[l].elements = z.map { Scalar(s * $0) }
    }
    self.init(architecture, parameters: parameters)
  }
}
