// The step against slopes of the loss, against plain loops over samples, and on average over all batches.

internal import DenseLinearAlgebra
internal import ExactArithmetic
private import Glibc
internal import NetworkTraining
internal import RandomStreams
public import VerificationKit

extension SGDUpdate {
  public static let checks: [Check<Subject>] = [
    .derivative("slope of the batch's mean loss") { step, setting in
      let population = try DigitsPopulation.shared.get()
      let (network, samples) = (population.network, population.samples)
      let eta = try LearningRate(0.5)
      let generator = setting.generator("directions")
      return try [[3, 8, 3, 20], [11, 50, 7]].flatMap { batch in
        let next = try step(network, samples, batch, eta)
        var slope = network.parameters
        slope.add(-1, next.parameters)
        slope.scale(by: 1 / eta.value)
        return (0..<3).map { number in
          let entries = (0..<network.parameters.count).map { _ in generator.gaussian() }
          var direction = NetworkParameters(flattened: Vector(entries), network.architecture)
          // Biases are few: without weight they would hardly show.
          for layer in direction.biases.indices { direction.biases[layer] = 4 * direction.biases[layer] }
          direction.scale(by: 1 / direction.norm)
          let along = direction
          return TaylorCase(
            "batch \(batch), direction \(number)", derivatives: [slope.dot(along)], reach: 0.5, noise: 64
          ) { t in
            var moved = network
            moved.parameters.add(t, along)
            return meanLoss(moved, samples, batch)
          }
        }
      }
    },
    .roundOffIdentity("plain loops over samples, units and weights") { step, _ in
      let digits = try DigitsPopulation.shared.get()
      let eta = 0.5
      let networks = [
        digits.network,
        MultilayerPerceptron<Double>(
          kaiming: try Architecture(widths: [64, 12, 8, 10]), stream: "SGDUpdate/relu", seed: 1),
      ]
      return try networks.flatMap { network in
        try [[5], [3, 8, 3, 20, 120]].map { batch in
          let claimed = try step(network, digits.samples, batch, try LearningRate(eta)).parameters
          var expected = PlainNetwork(network)
          let start = expected
          for i in batch {
            let gradient = start.gradient(digits.samples.inputs.column(i).elements, digits.samples.labels[i])
            expected.add(-eta / Double(batch.count), gradient)
          }
          return NumericIdentity(
            "\(network.architecture), batch \(batch)", claimed: claimed.flattened.elements,
            expected: expected.flattened,
            // The longest chain passes forward and backward through every width, and adds up the batch.
            operations: 2 * network.architecture.widths.reduce(0, +) + batch.count)
        }
      }
    },
    Check("all batches of two digits average to full-batch descent", .training) { step, _ in
      let population = try DigitsPopulation.shared.get().first(6)
      let (network, samples) = (population.network, population.samples)
      let eta = try LearningRate(0.5)
      let batches = BatchEnumeration.ordered(2, of: Array(0..<population.count))
      var average = NetworkParameters<Double>(zerosFor: network.architecture)
      for batch in batches { average.add(1 / Double(batches.count), try step(network, samples, batch, eta).parameters) }
      var descent = network.parameters
      descent.add(-eta.value, network.fullGradient(samples))
      // A batch is a multiset: the moves of its samples alone, each as often as it occurs.
      let batch = [2, 5, 2]
      var multiset = NetworkParameters<Double>(zerosFor: network.architecture)
      for i in batch { multiset.add(1 / Double(batch.count), try step(network, samples, [i], eta).parameters) }
      let operations = 2 * network.architecture.widths.reduce(0, +) + batches.count
      return judgeRoundOff([
        NumericIdentity(
          "mean over \(batches.count) batches", claimed: average.flattened.elements,
          expected: descent.flattened.elements, operations: operations),
        NumericIdentity(
          "batch \(batch)", claimed: try step(network, samples, batch, eta).parameters.flattened.elements,
          expected: multiset.flattened.elements, operations: operations),
      ]).relabelled(.training, place: "digits")
    },
  ]

  public static let boundaries = [
    Boundary(
      "the last batch of a shuffled epoch", drops: independence,
      remedy: "draw every batch afresh, or count an epoch as one step: its mean gradient is ∇L to first order in η"
    ) { _ in
      // Equation 1 in rational arithmetic, one sample a batch: three samples leave one, whose gradient is certain.
      let (samples, eta) = (Regression.slopes.indices, Rational(1, 4))
      func gradient(_ i: Int, _ theta: Rational) -> Rational { Regression.slopes[i] * theta - Regression.offsets[i] }
      func lossGradient(_ theta: Rational) -> Rational { samples.map { gradient($0, theta) }.mean }
      let start = Rational(Regression.start)
      let orders = BatchEnumeration.ordered(samples.count, of: Array(samples)).filter { Set($0).count == $0.count }
      let lastSteps = orders.map { order in
        let (past, last) = (Array(order.dropLast()), order[order.count - 1])
        let theta = past.reduce(start) { $0 - eta * gradient($1, $0) }
        return (past: past, claimed: lossGradient(theta), found: gradient(last, theta))
      }
      let biased = lastSteps.filter { $0.claimed != $0.found }
      guard orders.map({ gradient($0[$0.count - 1], start) }).mean == lossGradient(start), let first = biased.first
      else {
        return .inconclusive("the last sample is not uniform, or its gradient is ∇L after all")
      }
      return .refuted(
        Counterexample(
          at: "all \(orders.count) orders of \(samples.count) samples, η = \(eta)",
          claimed: "E[ḡ | past] = ∇L, \(first.claimed) after samples \(first.past)",
          found: "\(first.found), the gradient of the sample that is left; they differ in \(biased.count) of the "
            + "\(orders.count) orders"))
    }
  ]

  /// Mean cross-entropy of the batch, from the outputs alone.
  private static func meanLoss(
    _ network: MultilayerPerceptron<Double>, _ samples: Samples<Double>, _ batch: [Int]
  ) -> Double {
    let outputs = network.logits(Matrix(columns: batch.map { samples.inputs.column($0) }))
    return batch.enumerated().reduce(0) { sum, item in
      let logits = outputs.column(item.offset).elements
      let top = logits.reduce(-.infinity, max)
      return sum + top + log(logits.reduce(0) { $0 + exp($1 - top) }) - logits[samples.labels[item.element]]
    } / Double(batch.count)
  }
}
