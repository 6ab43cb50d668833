// All weights and biases of a sequential network: parameters, gradients and directions alike.

public import DenseLinearAlgebra
public import RandomStreams

/// A point θ, a gradient, or a direction in the parameter space of a sequential network.
public struct SequentialParameters<Scalar: NetworkScalar>: Equatable, Sendable {
  /// The weights of one layer.
  public struct Block: Equatable, Sendable {
    /// The layer's position in the architecture.
    public let layer: Int
    /// [outputs, inputs]; for a convolution [cout, k² cin] with columns ordered (ky, kx, cin); for batch norm γ, [c, 1].
    public var weight: Matrix<Scalar>
    /// One number an output; for batch norm β.
    public var bias: Vector<Scalar>
  }

  /// From the input on.
  public var blocks: [Block]

  /// The zero vector of the parameter space.
  public init(zerosFor architecture: SequentialArchitecture) {
    blocks = architecture.parametricLayers.map { i in
      let shape = architecture.weightShape(of: i) ?? (0, 0)
      return Block(layer: i, weight: .zeros(shape.rows, shape.columns), bias: .zeros(shape.rows))
    }
  }

  /// Kaiming normal weights and zero biases, γ = 1 and β = 0: θ ~ N(0, 2/n) with n the columns of the weight.
  ///
  /// - Source: He, Zhang, Ren, Sun 2015, "Delving deep into rectifiers".
  /// - Parameters:
  ///   - architecture: which layers there are, and how wide.
  ///   - scale: a factor on every weight but γ.
  ///   - stream: the stream's name, such as `claim/check/initial`.
  ///   - seed: equal streams and seeds give equal digits.
  public init(kaiming architecture: SequentialArchitecture, scale: Double = 1, stream: StreamName, seed: UInt64) {
    self.init(zerosFor: architecture)
    let normals = CounterNormals(stream, seed: seed)
    for b in blocks.indices {
      if architecture.layers[blocks[b].layer] == .batchNorm {
        blocks[b].weight.elements = [Scalar](repeating: 1, count: blocks[b].weight.count)
        continue
      }
      var z = [Double](repeating: 0, count: blocks[b].weight.count)
      z.withUnsafeMutableBufferPointer { normals.fill($0, step: b, firstPath: 0) }
      let s = scale * (2 / Double(blocks[b].weight.columns)).squareRoot()
      blocks[b].weight.elements = z.map { Scalar(s * $0) }
    }
  }

  /// The block of the layer at a position, if it has one.
  public func block(ofLayer i: Int) -> Block? { blocks.first { $0.layer == i } }

  public var count: Int { blocks.reduce(0) { $0 + $1.weight.count + $1.bias.count } }

  /// Whether every number is finite.
  public var isFinite: Bool {
    blocks.allSatisfy { $0.weight.elements.allSatisfy(\.isFinite) && $0.bias.elements.allSatisfy(\.isFinite) }
  }

  /// self ← s self + t other.
  public mutating func combine(_ s: Scalar, _ t: Scalar, _ other: SequentialParameters) {
    precondition(blocks.count == other.blocks.count, "parameters of two different architectures do not combine")
    for b in blocks.indices {
      SequentialKernel.combine(s, &blocks[b].weight.elements, t, other.blocks[b].weight.elements)
      SequentialKernel.combine(s, &blocks[b].bias.elements, t, other.blocks[b].bias.elements)
    }
  }

  /// Σ of the products of corresponding entries.
  public func dot(_ other: SequentialParameters) -> Double {
    zip(blocks, other.blocks).reduce(0) { sum, pair in
      sum + zip(pair.0.weight.elements, pair.1.weight.elements).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
        + zip(pair.0.bias.elements, pair.1.bias.elements).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    }
  }
}
