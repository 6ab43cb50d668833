// Wrong steps.

internal import DenseLinearAlgebra
internal import NetworkTraining
public import VerificationKit

extension SGDUpdate {
  public static let mutants: [Mutant<Subject>] = [
    moved("sum of the gradients for their mean") { Double($1) * -$0 },
    moved("1/M twice") { -$0 / Double($1) },
    moved("ascent") { eta, _ in eta },
    moved("η² for η") { eta, _ in -eta * eta },
    Mutant("biases left where they were") { network, samples, batch, eta in
      var next = try subject(network, samples, batch, eta)
      next.parameters.biases = network.parameters.biases
      return next
    },
    Mutant("gradient at the point after the step") { network, samples, batch, eta in
      var next = network
      next.parameters.add(-eta.value, gradient(try subject(network, samples, batch, eta), samples, batch))
      return next
    },
    Mutant("layers one by one, each with the gradient at those already moved") { network, samples, batch, eta in
      var next = network
      for layer in next.weights.indices.reversed() {
        let g = gradient(next, samples, batch)
        next.parameters.weights[layer] -= eta.value * g.weights[layer]
        next.parameters.biases[layer] -= eta.value * g.biases[layer]
      }
      return next
    },
    Mutant("first sample of the batch only") { network, samples, batch, eta in
      try subject(network, samples, [batch[0]], eta)
    },
    Mutant("a repeated sample counted once") { network, samples, batch, eta in
      try subject(network, samples, Array(Set(batch)).sorted(), eta)
    },
    Mutant("weight decay left in") { network, samples, batch, eta in
      var next = try subject(network, samples, batch, eta)
      next.parameters.add(-0.01 * eta.value, network.parameters)
      return next
    },
  ]

  /// θ_k plus a factor, of η and M, times the mean gradient.
  private static func moved(
    _ name: String, _ factor: @escaping @Sendable (_ learningRate: Double, _ batchSize: Int) -> Double
  ) -> Mutant<Subject> {
    Mutant(name) { network, samples, batch, eta in
      var next = network
      next.parameters.add(factor(eta.value, batch.count), gradient(network, samples, batch))
      return next
    }
  }

  private static func gradient(
    _ network: MultilayerPerceptron<Double>, _ samples: Samples<Double>, _ batch: [Int]
  ) -> NetworkParameters<Double> {
    let workspace = Workspace<Double>(for: network.architecture, sampleCount: batch.count)
    workspace.load(batch, of: samples)
    network.forward(workspace)
    network.backward(workspace)
    return network.gradient(.mean, of: workspace)
  }
}
