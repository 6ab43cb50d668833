// Z of a network, which everything here is about.

internal import DenseLinearAlgebra
private import Glibc
internal import NetworkTraining

extension MultilayerPerceptron<Double> {
  /// log σ₁ of every layer; NaN if the network left the finite numbers, which every oracle reports.
  var layerLogNorms: [Double] {
    weights.map { theta in (try? SingularValueDecomposition(theta).values[0]).map { log($0) } ?? .nan }
  }

  /// Z = Σ log σ₁.
  var logNorm: Double { layerLogNorms.reduce(0, +) }
}
