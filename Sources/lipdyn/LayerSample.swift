// The gradients that `lipdyn layer` is given: in full, or as the two factors that every framework has at hand.

import ArgumentParser
import ArrayFiles
import DenseLinearAlgebra
import Foundation
import LipschitzDynamics

/// What the loss that was differentiated does with the losses of the batch's samples.
enum Reduction: String, CaseIterable, ExpressibleByArgument {
  case sum, mean
}

extension NumericArray {
  /// Reads FILE.npy, FILE.npz:name, or FILE.npz with a single array.
  init(argument text: String) throws {
    guard let end = text.range(of: ".npz:", options: .backwards) else {
      guard text.hasSuffix(".npz") else {
        self = try NumericArray(readingNPY: text)
        return
      }
      let archive = try ArrayArchive(readingNPZ: text)
      try UsageError.require(
        archive.names.count == 1,
        "\(text) holds \(archive.names.count) arrays (\(archive.names.joined(separator: ", "))); name one, as in "
          + "\(text):\(archive.names.first ?? "name")")
      self = try archive.array(named: archive.names[0])
      return
    }
    let file = String(text[..<end.upperBound].dropLast())
    self = try ArrayArchive(readingNPZ: file).array(named: String(text[end.upperBound...]))
  }
}

extension Layer {
  /// The gradients of each sample's own loss, by one of the two ways to give them.
  func sample(of theta: Matrix<Double>) throws -> any LayerGradientSample<Double> {
    switch (gradients, outputGradients, activations) {
    case (let gradients?, nil, nil):
      try UsageError.require(
        reduction == nil, "--reduction: --gradients are those of each sample's own loss; leave it out")
      return try full(gradients, theta)
    case (nil, let deltas?, let inputs?):
      guard let reduction else {
        throw UsageError(
          "--output-gradients \(deltas): say what the loss was, --reduction mean (as PyTorch's are by default: its "
            + "gradients carry 1/M) or --reduction sum")
      }
      return try factors(deltas, inputs, reduction, theta)
    default:
      throw UsageError("give either --gradients, or --output-gradients with --activations and --reduction")
    }
  }

  private func full(_ path: String, _ theta: Matrix<Double>) throws -> DenseGradients<Double> {
    let stack: [Matrix<Double>] = try NumericArray(argument: path).stack()
    for (index, g) in stack.enumerated() {
      try UsageError.require(
        g.rows == theta.rows && g.columns == theta.columns,
        "gradients (\(path)): samples are \(g.shape), but the weights are \(theta.shape)")
      try g.requireFinite("layer", operand: "gradients (\(path)), sample \(index)")
    }
    return DenseGradients(stack)
  }

  /// G_i = δ_i x_iᵀ, or Σ_t δ_it x_itᵀ where a layer is used at several positions t of a sample.
  private func factors(
    _ deltas: String, _ inputs: String, _ reduction: Reduction, _ theta: Matrix<Double>
  ) throws -> any LayerGradientSample<Double> {
    let (delta, x) = (try NumericArray(argument: deltas), try NumericArray(argument: inputs))
    let ranks = [(deltas, "--output-gradients", delta, theta.rows), (inputs, "--activations", x, theta.columns)]
    for (path, option, array, width) in ranks {
      try UsageError.require(
        (2...3).contains(array.shape.count) && array.shape.last == width && array.count > 0,
        "\(option) (\(path)): shape is \(array.shape), expected [M, \(width)] or [M, T, \(width)], because the weights "
          + "are \(theta.shape)")
    }
    try UsageError.require(
      delta.shape.dropLast() == x.shape.dropLast(),
      "--output-gradients (\(deltas)) of shape \(delta.shape) and --activations (\(inputs)) of shape \(x.shape): all "
        + "dimensions but the last must agree")
    let count = delta.shape[0]
    // Of a mean over the batch, a sample's own loss is M times its part.
    let scale = reduction == .mean ? Double(count) : 1
    guard delta.shape.count == 3 else {
      let (d, a): (Matrix<Double>, Matrix<Double>) = (try delta.matrix(), try x.matrix())
      try d.requireFinite("layer", operand: "--output-gradients (\(deltas))")
      try a.requireFinite("layer", operand: "--activations (\(inputs))")
      return RankOneGradients(deltas: scale * d.transposed, inputs: a.transposed)
    }
    try UsageError.requireMemory(
      8e-9 * Double(count) * Double(theta.count), for: "--output-gradients with positions, summed for each sample,")
    let (ds, xs): ([Matrix<Double>], [Matrix<Double>]) = (try delta.stack(), try x.stack())
    return DenseGradients(
      try zip(ds, xs).enumerated().map { index, pair in
        try pair.0.requireFinite("layer", operand: "--output-gradients (\(deltas)), sample \(index)")
        try pair.1.requireFinite("layer", operand: "--activations (\(inputs)), sample \(index)")
        return scale * Matrix.product(pair.0, .transposed, pair.1, .asIs)
      })
  }
}
