// All weights and biases of a network as one vector in layers: parameters, gradients and directions alike.

public import DenseLinearAlgebra

/// A point θ, a gradient, or a direction in parameter space, layer by layer.
///
/// As one vector it is (vec θ⁽⁰⁾, b⁽⁰⁾, vec θ⁽¹⁾, b⁽¹⁾, …) with column-major vec.
public struct NetworkParameters<Scalar: BLASScalar>: Equatable, Sendable {
  /// θ⁽ˡ⁾, of shape [n_{ℓ+1}, n_ℓ].
  public var weights: [Matrix<Scalar>]
  /// b⁽ˡ⁾, of length n_{ℓ+1}.
  public var biases: [Vector<Scalar>]

  /// - Parameter weights: θ⁽ˡ⁾ of shape [n_{ℓ+1}, n_ℓ], from the input on.
  /// - Parameter biases: b⁽ˡ⁾ of length n_{ℓ+1}.
  public init(weights: [Matrix<Scalar>], biases: [Vector<Scalar>]) {
    precondition(weights.count == biases.count, "\(weights.count) weights and \(biases.count) biases do not pair up")
    for (theta, b) in zip(weights, biases) {
      precondition(theta.rows == b.count, "a bias of length \(b.count) does not fit a \(theta.shape) weight")
    }
    for (theta, next) in zip(weights, weights.dropFirst()) {
      precondition(theta.rows == next.columns, "weights \(theta.shape) and \(next.shape) do not follow each other")
    }
    self.weights = weights
    self.biases = biases
  }

  /// The zero vector of the parameter space of a network.
  public init(zerosFor architecture: Architecture) {
    let shapes = zip(architecture.widths.dropFirst(), architecture.widths)
    self.init(weights: shapes.map { .zeros($0, $1) }, biases: shapes.map { .zeros($0.0) })
  }

  /// The inverse of ``flattened``.
  ///
  /// - Parameter vector: as long as the architecture has parameters.
  /// - Parameter architecture: decides how the vector is cut into weights and biases.
  public init(flattened vector: Vector<Scalar>, _ architecture: Architecture) {
    precondition(
      vector.count == architecture.parameterCount,
      "\(vector.count) numbers are not the \(architecture.parameterCount) parameters of \(architecture)")
    self.init(zerosFor: architecture)
    var start = 0
    for l in weights.indices {
      let (entries, height) = (weights[l].count, biases[l].count)
      weights[l].elements = Array(vector.elements[start..<start + entries])
      biases[l].elements = Array(vector.elements[(start + entries)..<(start + entries + height)])
      start += entries + height
    }
  }

  /// (vec θ⁽⁰⁾, b⁽⁰⁾, vec θ⁽¹⁾, b⁽¹⁾, …).
  public var flattened: Vector<Scalar> {
    var out: [Scalar] = []
    out.reserveCapacity(count)
    for (theta, b) in zip(weights, biases) {
      out.append(contentsOf: theta.elements)
      out.append(contentsOf: b.elements)
    }
    return Vector(out)
  }

  /// The number of parameters.
  public var count: Int { zip(weights, biases).reduce(0) { $0 + $1.0.count + $1.1.count } }

  /// self ← self + s · other, without allocation.
  public mutating func add(_ s: Scalar, _ other: NetworkParameters) {
    requireSameShape(other)
    for l in weights.indices {
      Kernel.add(s, other.weights[l].elements, to: &weights[l].elements)
      Kernel.add(s, other.biases[l].elements, to: &biases[l].elements)
    }
  }

  /// self ← s · self, without allocation.
  public mutating func scale(by s: Scalar) {
    for l in weights.indices {
      Kernel.scale(s, &weights[l].elements)
      Kernel.scale(s, &biases[l].elements)
    }
  }

  /// The inner product of the two as vectors.
  public func dot(_ other: NetworkParameters) -> Scalar {
    requireSameShape(other)
    return weights.indices.reduce(0) {
      $0 + weights[$1].inner(other.weights[$1]) + biases[$1].dot(other.biases[$1])
    }
  }

  /// The Euclidean norm as a vector.
  public var norm: Scalar { flattened.norm }

  private func requireSameShape(_ other: NetworkParameters) {
    precondition(
      weights.count == other.weights.count
        && zip(weights, other.weights).allSatisfy { $0.rows == $1.rows && $0.columns == $1.columns },
      "parameters of two different architectures do not combine")
  }
}
