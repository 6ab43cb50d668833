// Small random problems, and the error bounds by which gradients are judged.

import DenseLinearAlgebra
import Foundation
import NetworkTraining
import RandomStreams

/// A network with all parameters random, biases too, and a batch of random samples.
struct Problem {
  let network: MultilayerPerceptron<Double>
  let samples: Samples<Double>

  init(_ widths: [Int], _ activation: Activation, samples count: Int, seed: UInt64) throws {
    let architecture = try Architecture(widths: widths, activation: activation)
    let normals = CounterNormals("tests/problem", seed: seed)
    let entries = (0..<architecture.parameterCount).map { 0.7 * normals.normal(path: $0, step: 0) }
    network = MultilayerPerceptron(
      architecture, parameters: NetworkParameters(flattened: Vector(entries), architecture))
    let inputs = Matrix<Double>(rows: widths[0], columns: count) { i, j in
      normals.normal(path: i, step: 1, component: j)
    }
    samples = Samples(inputs: inputs, labels: (0..<count).map { ($0 * 7 + 1) % widths.last! }, classes: widths.last!)
  }

  /// The network at θ + t v.
  func moved(_ t: Double, _ v: NetworkParameters<Double>) -> MultilayerPerceptron<Double> {
    var out = network
    out.parameters.add(t, v)
    return out
  }

  func direction(_ seed: UInt64) -> NetworkParameters<Double> {
    let normals = CounterNormals("tests/direction", seed: seed)
    let v = Vector((0..<network.architecture.parameterCount).map { normals.normal(path: $0, step: 0) })
    return NetworkParameters(flattened: v.normalized, network.architecture)
  }

  /// Buffers after a forward and a backward pass over all samples as one batch.
  func passed() -> Workspace<Double> {
    let workspace = Workspace<Double>(for: network.architecture, sampleCount: samples.count)
    workspace.load(Array(0..<samples.count), of: samples)
    network.forward(workspace)
    network.backward(workspace)
    return workspace
  }
}

/// A derivative by central differences with one Richardson step, and how far it may be off.
///
/// The difference of the two step sizes bounds the truncation left after the step; round-off is the loss's own,
/// u(1 + |L|) a few operations deep, divided by the step.
func centralDifference(_ h: Double, _ f: (Double) -> Double) -> (value: Double, error: Double) {
  func d(_ h: Double) -> Double { (f(h) - f(-h)) / (2 * h) }
  let (coarse, fine) = (d(h), d(h / 2))
  return ((4 * fine - coarse) / 3, abs(fine - coarse) + 64 * .ulpOfOne * (1 + abs(f(0))) / h)
}

/// The observed order p of a remainder r(h) ~ h^p from halvings of h, on the steps where r is above round-off.
func observedOrder(from h0: Double, roundOff: Double, _ remainder: (Double) -> Double) -> Double? {
  var orders: [Double] = []
  var (h, previous) = (h0, remainder(h0))
  for _ in 0..<12 {
    h /= 2
    let r = remainder(h)
    if r < 1000 * roundOff { break }
    orders.append(log2(previous / r))
    previous = r
  }
  // The smallest steps that are above round-off are the ones nearest to the limit.
  return orders.count >= 3 ? orders.suffix(3).sorted()[1] : nil
}

/// The upper quantile of χ² that is exceeded with probability 10⁻⁹ (Wilson and Hilferty's approximation).
func chiSquareAlarm(_ degreesOfFreedom: Int) -> Double {
  let k = Double(degreesOfFreedom)
  let z = 5.998
  let root = 1 - 2 / (9 * k) + z * (2 / (9 * k)).squareRoot()
  return k * root * root * root
}

/// Σ (o − e)²/e for equally likely cells.
func chiSquare(_ counts: [Int]) -> Double {
  let expected = Double(counts.reduce(0, +)) / Double(counts.count)
  return counts.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
}
