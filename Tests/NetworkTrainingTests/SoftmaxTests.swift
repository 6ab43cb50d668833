// Softmax cross-entropy at and beyond the edges of floating point.

import DenseLinearAlgebra
import Foundation
import NetworkTraining
import Testing

@Suite struct SoftmaxTests {
  /// A network whose logits are its inputs, passed forward and backward over one sample.
  func pass(_ logits: [Double], label: Int) throws -> Workspace<Double> {
    let n = logits.count
    let network = MultilayerPerceptron(
      try Architecture(widths: [n, n]),
      parameters: NetworkParameters<Double>(weights: [.identity(n)], biases: [.zeros(n)]))
    let workspace = Workspace<Double>(for: network.architecture, sampleCount: 1)
    workspace.load(
      [0], of: Samples(inputs: Matrix(rows: n, columns: 1, columnMajor: logits), labels: [label], classes: n))
    network.forward(workspace)
    network.backward(workspace)
    return workspace
  }

  @Test func extremeLogitsStayFinite() throws {
    let wrong = try pass([1e3, -1e3, 0], label: 1)
    #expect(wrong.meanLoss == 2000)
    #expect(wrong.layers[0].deltas.elements == [1, -1, 0])
    #expect(wrong.accuracy == 0)
    let right = try pass([1e3, -1e3, 0], label: 0)
    #expect(right.meanLoss == 0)
    #expect(right.accuracy == 1)
    #expect(try pass([1e308, -1e308], label: 1).meanLoss == .infinity)
  }

  @Test func smallLossesKeepTheirDigits() throws {
    // ℓ = log(1 + e^{−50}) is below the spacing of numbers near 1, and so is 1 − p.
    let workspace = try pass([50, 0], label: 0)
    let tail = exp(-50.0)
    #expect(abs(workspace.meanLoss / tail - 1) <= 4 * .ulpOfOne)
    #expect(abs(workspace.layers[0].deltas[0, 0] / -tail - 1) <= 4 * .ulpOfOne)
  }

  @Test func equalLogitsGiveTheLogarithmOfTheirNumber() throws {
    let workspace = try pass([7, 7, 7, 7], label: 2)
    #expect(abs(workspace.meanLoss - log(4)) <= 4 * Double.ulpOfOne)
    #expect(workspace.layers[0].deltas.elements == [0.25, 0.25, -0.75, 0.25])
  }

  @Test(arguments: [0, 1, 2]) func aNaNIsSeen(position: Int) throws {
    var logits = [1.0, 2, 3]
    logits[position] = .nan
    let workspace = try pass(logits, label: position)
    #expect(workspace.meanLoss.isNaN)
    #expect(workspace.accuracy == 0)
  }
}
