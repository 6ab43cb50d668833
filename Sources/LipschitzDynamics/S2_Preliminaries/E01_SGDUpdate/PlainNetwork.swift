// A network as nested arrays and loops: slow, plain, and sharing nothing with the one that it checks.

internal import DenseLinearAlgebra
private import Glibc
internal import NetworkTraining

/// Weights as rows, biases, and one sample's gradient by the chain rule, entry by entry.
struct PlainNetwork {
  /// weights[ℓ][i][j] multiplies input j of unit i.
  private var weights: [[[Double]]]
  private var biases: [[Double]]
  private let isTanh: Bool

  init(_ network: MultilayerPerceptron<Double>) {
    weights = network.weights.map { theta in
      (0..<theta.rows).map { i in (0..<theta.columns).map { j in theta[i, j] } }
    }
    biases = network.parameters.biases.map { b in b.indices.map { b[$0] } }
    isTanh = network.architecture.activation == .tanh
  }

  /// The gradient of the cross-entropy of one sample.
  func gradient(_ input: [Double], _ label: Int) -> PlainNetwork {
    var inputs = [input]
    var outputs: [Double] = []
    for (layer, rows) in weights.enumerated() {
      outputs = rows.indices.map { i in
        biases[layer][i] + zip(rows[i], inputs[layer]).reduce(0) { $0 + $1.0 * $1.1 }
      }
      if layer + 1 < weights.count { inputs.append(outputs.map { isTanh ? tanh($0) : max(0, $0) }) }
    }
    let total = outputs.reduce(0) { $0 + exp($1) }
    var delta = outputs.enumerated().map { exp($0.element) / total - ($0.offset == label ? 1 : 0) }
    var gradient = self
    for layer in weights.indices.reversed() {
      gradient.biases[layer] = delta
      gradient.weights[layer] = delta.map { d in inputs[layer].map { d * $0 } }
      guard layer > 0 else { break }
      delta = inputs[layer].enumerated().map { j, y in
        let slope = isTanh ? 1 - y * y : y > 0 ? 1 : 0
        return slope * delta.indices.reduce(0) { $0 + delta[$1] * weights[layer][$1][j] }
      }
    }
    return gradient
  }

  mutating func add(_ s: Double, _ other: PlainNetwork) {
    for layer in weights.indices {
      for i in weights[layer].indices {
        biases[layer][i] += s * other.biases[layer][i]
        for j in weights[layer][i].indices { weights[layer][i][j] += s * other.weights[layer][i][j] }
      }
    }
  }

  /// Layer by layer: the weights column after column, then the biases.
  var flattened: [Double] {
    zip(weights, biases).flatMap { rows, bias in
      rows[0].indices.flatMap { j in rows.map { $0[j] } } + bias
    }
  }
}
