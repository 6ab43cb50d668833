// Three looks at Proposition 5: every batch of a small population, exactly; batches of real gradients; the factor.

internal import DenseLinearAlgebra
internal import ExactArithmetic
internal import RandomStreams
public import VerificationKit

extension UnbiasedNoiseEstimator {
  private static let seesNoFinitePopulation = [
    "finite-population factor (N−M)/(N−1) instead of (N−M)/N": "draws with replacement",
    "drops the finite-population factor": "draws with replacement",
  ]

  private static let seesNoSmallMean = [
    "centres with a mean over M−1": "the mean is small beside the noise: a million batches would be needed"
  ]

  public static let checks: [Check<NoiseEstimator>] = [
    .exactIdentity("every batch of a rational population") { estimator, _ in
      var identities: [Identity<FieldMatrix<Rational>>] = []
      for size in 2...3 {
        let ordered = BatchEnumeration.ordered(size, of: population)
        identities.append(
          Identity(
            "M = \(size) with replacement",
            claimed: try average(ordered.map { batch throws in try estimator.covariance(of: batch) }),
            expected: covarianceOfMean(ordered)))
        let subsets = BatchEnumeration.subsets(size, of: population)
        identities.append(
          Identity(
            "M = \(size) without replacement",
            claimed: try average(
              subsets.map { batch throws in
                try estimator.covariance(of: batch, sampling: .withoutReplacement(population: population.count))
              }),
            expected: covarianceOfMean(subsets)))
      }
      return identities
    },
    .monteCarloMean("batches of real gradients", blindTo: seesNoFinitePopulation.merging(seesNoSmallMean) { a, _ in a })
    { estimator, setting in
      // Two fixed projections of the per-sample gradients of a digits network keep all second moments that matter.
      let samples = try RealGradients.projections()
      let batch = 8
      let target = populationCovariance(samples).map { $0 / Double(batch) }
      return { generator in
        let drawn = (0..<batch).map { _ in samples[generator.uniform(below: samples.count)] }
        let estimate = try estimator.covariance(of: drawn)
        return [estimate[0, 0] - target[0, 0], estimate[0, 1] - target[0, 1], estimate[1, 1] - target[1, 1]]
      }
    },
    .roundOffIdentity("the factor squares to the definition", blindTo: seesNoFinitePopulation) { estimator, setting in
      let generator = setting.generator("gradients")
      return try [(3, 2), (7, 5), (40, 16)].map { parameters, batch in
        let g = Matrix(rows: parameters, columns: batch) { _, _ in 3 + generator.gaussian() }
        let claimed = try estimator.factor(of: g).gram()
        // The definition in single entries, two passes, sharing nothing with the factor.
        let expected = Matrix<Double>(rows: parameters, columns: parameters) { i, j in
          let (mi, mj) = (g.row(i).elements.mean, g.row(j).elements.mean)
          let scatter = (0..<batch).map { (g[i, $0] - mi) * (g[j, $0] - mj) }.sum
          return scatter / Double(batch * (batch - 1))
        }
        return NumericIdentity(
          "P = \(parameters), M = \(batch)", claimed: claimed.elements, expected: expected.elements,
          magnitude: g.elements.reduce(0) { max($0, $1 * $1) } / Double(batch), operations: 8 + 2 * batch)
      }
    },
  ]

  public static let boundaries = [
    Boundary(
      "i.i.d. formula on batches drawn without replacement", drops: independence,
      remedy: "multiply the estimate by 1 − M/N"
    ) { _ in
      let subsets = BatchEnumeration.subsets(3, of: population)
      let claimed = try average(subsets.map { batch throws in try subject.covariance(of: batch) })
      let found = covarianceOfMean(subsets)
      guard claimed != found else { return .inconclusive("the two formulas agree on this population") }
      return .refuted(
        Counterexample(
          at: "all \(subsets.count) batches of 3 of \(population.count), entry (0, 0)", claimed: "\(claimed[0, 0])",
          found: "\(found[0, 0])"))
    },
    Boundary("a batch of one sample", drops: atLeastTwoSamples, remedy: "use at least two samples a batch") { _ in
      let scatter = [Rational(3, 2)].map { ($0 - [Rational(3, 2)].mean).squared }.sum
      guard scatter == 0, subject.divisor(1) == 0 else { return .inconclusive("the quotient exists") }
      return .refuted(Counterexample(at: "M = 1", claimed: "an estimate", found: "0/0, exactly"))
    },
  ]

  /// Six "gradients" in the plane with a skew distribution, so that no symmetry can hide a fault.
  private static let population: [[Rational]] = [
    [Rational(1, 2), 3], [Rational(-2, 3), 1], [5, Rational(-1, 4)], [Rational(7, 5), 0], [0, Rational(-3, 2)], [2, 2],
  ]

  private static func average(_ matrices: [FieldMatrix<Rational>]) -> FieldMatrix<Rational> {
    let sum = matrices.dropFirst().reduce(matrices[0], +)
    return sum.map { $0 / Rational(matrices.count) }
  }

  /// E[ḡḡᵀ] − E[ḡ]E[ḡ]ᵀ over the listed, equally likely batches: the definition, not a formula for it.
  private static func covarianceOfMean(_ batches: [[[Rational]]]) -> FieldMatrix<Rational> {
    let means = batches.map { batch in (0..<2).map { j in batch.map { $0[j] }.mean } }
    return FieldMatrix(rows: 2, columns: 2) { i, j in
      means.map { $0[i] * $0[j] }.mean - means.map { $0[i] }.mean * means.map { $0[j] }.mean
    }
  }

  private static func populationCovariance(_ samples: [[Double]]) -> FieldMatrix<Double> {
    let mean = (0..<2).map { j in samples.map { $0[j] }.mean }
    return FieldMatrix(rows: 2, columns: 2) { i, j in
      samples.map { ($0[i] - mean[i]) * ($0[j] - mean[j]) }.mean
    }
  }
}

/// All equally likely batches of a population small enough to list.
enum BatchEnumeration {
  /// The N^M ordered batches drawn with replacement.
  static func ordered<Element>(_ size: Int, of population: [Element]) -> [[Element]] {
    guard size > 0 else { return [[]] }
    return ordered(size - 1, of: population).flatMap { batch in population.map { batch + [$0] } }
  }

  /// The C(N, M) batches drawn without replacement; their order within a batch does not matter here.
  static func subsets<Element>(_ size: Int, of population: [Element]) -> [[Element]] {
    guard size > 0 else { return [[]] }
    guard population.count >= size else { return [] }
    let rest = Array(population.dropFirst())
    return subsets(size - 1, of: rest).map { [population[0]] + $0 } + subsets(size, of: rest)
  }
}
