// The step against slopes of the loss, against plain loops over samples, and on average over all batches.

internal import DenseLinearAlgebra
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
      "shuffled epochs", drops: independence,
      remedy: "draw every batch afresh; to first order in η the noise of a shuffled epoch's batches cancels"
    ) { setting in
      // Were batches independent, the moves of N/M steps from one point would have N/M times one move's variance.
      let spreads = try [Sampling.withReplacement, .epochShuffling].map { try EpochMoves.variance($0, setting) }
      guard spreads[0].observed > spreads[0].predicted / 2, spreads[1].observed < 1e-9 * spreads[1].predicted else {
        return .inconclusive("variances \(spreads)")
      }
      let shares = spreads.map { $0.observed / $0.predicted }
      return .refuted(
        Counterexample(
          at: "10 digits in shuffled batches of 2, all steps of an epoch from one point",
          claimed: "N/M times one step's variance, as if E[ḡ | past] = ∇L",
          found:
            "10^\(Int(log10(shares[1]).rounded())) of that; \((shares[0] * 100).rounded()) % for independent batches"))
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

/// How far the steps of one epoch move a projection of the parameters, all taken from one point.
private enum EpochMoves {
  static func variance(_ sampling: Sampling, _ setting: Setting) throws -> (observed: Double, predicted: Double) {
    let population = try DigitsPopulation.shared.get().first(10)
    let (network, size, epochs) = (population.network, 2, 400)
    let steps = population.count / size
    let sampler = try BatchSampler(
      sampling, batchSize: try BatchSize(size), of: population.count,
      stream: setting.name.appending(sampling.rawValue), seed: setting.seed)
    let eta = try LearningRate(0.1)
    /// One entry of the last layer's bias stands for all parameters.
    func move(_ batch: [Int]) throws -> Double {
      let next = try SGDUpdate.subject(network, population.samples, batch, eta)
      return next.parameters.biases[1][0] - network.parameters.biases[1][0]
    }
    func variance(_ values: [Double]) -> Double {
      let mean = values.reduce(0, +) / Double(values.count)
      return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    }
    let sums = try (0..<epochs).map { epoch in
      try (0..<steps).reduce(0.0) { try $0 + move(sampler.batch(step: epoch * steps + $1)) }
    }
    let single = try variance((0..<population.count).map { try move([$0]) })
    return (variance(sums), Double(steps) * single / Double(size))
  }
}
