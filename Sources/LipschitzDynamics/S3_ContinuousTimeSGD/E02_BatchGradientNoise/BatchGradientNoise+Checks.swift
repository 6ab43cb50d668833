// Equation 2 over every batch of a small population, exactly, and over sampled batches of real gradients.

internal import ExactArithmetic
internal import NetworkTraining
internal import RandomStreams
public import VerificationKit

extension BatchGradientNoise {
  public static let checks: [Check<BatchNoise>] = [
    .exactIdentity("every batch of a rational population") { noise, _ in
      try [1, 2, 4].flatMap { size in
        [
          Identity(
            "M = \(size) with replacement",
            claimed: try noise.covariance(of: population, batchSize: size, sampling: .withReplacement),
            expected: covarianceOfMean(BatchEnumeration.ordered(size, of: population))),
          Identity(
            "M = \(size) without replacement",
            claimed: try noise.covariance(of: population, batchSize: size, sampling: .withoutReplacement),
            expected: covarianceOfMean(BatchEnumeration.subsets(size, of: population))),
        ]
      }
    },
    .monteCarloMean("batches of real gradients, with and without replacement") { noise, setting in
      // Few enough samples that N and N − 1 differ visibly.
      let samples = Array(try RealGradients.projections().prefix(10))
      let size = 4
      let mean = (0..<2).map { j in samples.map { $0[j] }.mean }
      let claimed = try [Sampling.withReplacement, .withoutReplacement].map {
        try noise.covariance(of: samples, batchSize: size, sampling: $0)
      }
      return { generator in
        let batches = [
          (0..<size).map { _ in generator.uniform(below: samples.count) }, generator.choose(size, of: samples.count),
        ]
        return zip(batches, claimed).flatMap { batch, covariance in
          let x = batch.map { samples[$0][0] }.mean - mean[0]
          let y = batch.map { samples[$0][1] }.mean - mean[1]
          return [x * x - covariance[0, 0], x * y - covariance[0, 1], y * y - covariance[1, 1]]
        }
      }
    },
  ]

  public static let boundaries = [
    Boundary(
      "i.i.d. formula on batches drawn without replacement", drops: independence,
      remedy: "multiply by (N − M)/(N − 1); one batch of a shuffled epoch is such a batch"
    ) { _ in
      let size = 4
      let subsets = BatchEnumeration.subsets(size, of: population)
      return differ(
        claimed: try subject.covariance(of: population, batchSize: size, sampling: .withReplacement),
        found: covarianceOfMean(subsets), at: "all \(subsets.count) batches of \(size) of \(population.count)")
    },
    Boundary(
      "mixup with partners from the same batch", drops: uncoupled,
      remedy: "take batches, not samples, as the independent units, and estimate Σ from several batches"
    ) { _ in
      // Sample i and its neighbour each give half of a mixed sample whose gradient is the mean of theirs, as it is
      // where the loss is linear in what is mixed. Every sample enters the batch mean twice, with half its weight.
      let size = 3
      let mixtures = BatchEnumeration.ordered(2, of: population).map(mean)
      let batches = BatchEnumeration.ordered(size, of: population).map { batch in
        (0..<size).map { mean([batch[$0], batch[($0 + 1) % size]]) }
      }
      return differ(
        claimed: try subject.covariance(of: mixtures, batchSize: size, sampling: .withReplacement),
        found: covarianceOfMean(batches), at: "all \(batches.count) batches of \(size) halfway mixed samples")
    },
  ]

  /// Five "gradients" in the plane with a skew distribution, so that no symmetry can hide a fault.
  private static let population: [[Rational]] = [
    [Rational(1, 2), 3], [Rational(-2, 3), 1], [5, Rational(-1, 4)], [Rational(7, 5), 0], [0, Rational(-3, 2)],
  ]

  private static func mean(_ vectors: [[Rational]]) -> [Rational] { (0..<2).map { j in vectors.map { $0[j] }.mean } }

  /// E[ḡḡᵀ] − E[ḡ]E[ḡ]ᵀ over the listed, equally likely batches: the definition of a covariance.
  private static func covarianceOfMean(_ batches: [[[Rational]]]) -> FieldMatrix<Rational> {
    let means = batches.map(mean)
    return FieldMatrix(rows: 2, columns: 2) { i, j in
      means.map { $0[i] * $0[j] }.mean - means.map { $0[i] }.mean * means.map { $0[j] }.mean
    }
  }

  private static func differ(
    claimed: FieldMatrix<Rational>, found: FieldMatrix<Rational>, at place: String
  ) -> Verdict {
    guard claimed[0, 0] != 0, claimed[0, 0] != found[0, 0] else {
      return .inconclusive("\(place): the formula holds on this population")
    }
    return .refuted(
      Counterexample(
        at: "\(place), entry (0, 0)", claimed: "\(claimed[0, 0])",
        found: "\(found[0, 0]), \(found[0, 0] / claimed[0, 0]) times as much"))
  }
}
