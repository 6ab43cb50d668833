// The scaling exactly, over every batch of a small population, and by the spread of real SGD runs over sampling seeds.

internal import DenseLinearAlgebra
internal import ExactArithmetic
private import Glibc
internal import NetworkTraining
internal import RandomStreams
public import VerificationKit

extension LargeBatchUncertainty {
  private static let slopeOnly = [
    "half of it": "the power of M is examined, not the constant",
    "1/(M + 1)": "from M = 4 on its power differs from −1 by less than the interval",
  ]

  public static let checks: [Check<Subject>] = [
    .exactIdentity("variance of a batch mean over every batch") { variance, _ in
      // Dyadic numbers and batches of 1, 2 and 4: every quotient is exact in floating point, too.
      let population: [Rational] = [0, Rational(1, 2), 3, Rational(-5, 4)]
      let scale = spread(population)
      return try [1, 2, 4].map { size in
        let means = BatchEnumeration.ordered(size, of: population).map(\.mean)
        return Identity(
          "M = \(size)", claimed: try variance(scale.approximation, size), expected: spread(means).approximation)
      }
    },
    Check("spread of log K over sampling seeds of SGD on digits", .training, blindTo: slopeOnly) { variance, trial in
      // Var/claim must not depend on M: a slope of zero in log M.
      let rungs = try BatchSweep.measure(trial.setting, .withReplacement).map { size, observed, error in
        let claimed = try variance(1, size)
        return Rung(step: Double(size), error: observed / claimed, standardError: error / claimed)
      }
      return judgeOrder(rungs, expected: 0).relabelled(.training, place: "digits, M from 4 to 64")
    },
  ]

  public static let boundaries = [
    Boundary(
      "batches of distinct samples, up to half of the data", drops: independence,
      remedy: "multiply by the finite-population factor (N − M)/(N − 1)"
    ) { setting in
      // M = 100 of N = 200: the factor halves the variance; tested on the spread itself, M = 25 against M = 100.
      let sweep = try BatchSweep.measure(setting, .withoutReplacement, sizes: [25, 100])
      let ratio = sweep[1].variance / sweep[0].variance
      let error =
        ratio * (pow(sweep[0].error / sweep[0].variance, 2) + pow(sweep[1].error / sweep[1].variance, 2)).squareRoot()
      guard abs(ratio - 0.25) > FalseAlarms.threshold * error else {
        return .inconclusive("Var(M = 100)/Var(M = 25) = \(ratio) ± \(error)")
      }
      return .refuted(
        Counterexample(
          at: "N = 200, without replacement", claimed: "Var(M = 100)/Var(M = 25) = 1/4",
          found: "\((ratio * 1000).rounded() / 1000) ± \((error * 1000).rounded() / 1000)"))
    },
    Boundary(
      "the same number of epochs instead of steps", drops: fixedSteps,
      remedy: "compare at equal steps; at equal epochs fewer steps add noise and the power of M is another"
    ) { _ in
      // n steps add nC₀/M; with n proportional to 1/M the sum falls like 1/M².
      let (few, many) = (2 * (try subject(1, 8)), 4 * (try subject(1, 4)))
      let ratio = few / many
      guard ratio != 0.5 else { return .inconclusive("both fall like 1/M") }
      return .refuted(
        Counterexample(at: "M = 8 with 2 steps against M = 4 with 4", claimed: "Var ratio 1/2", found: "\(ratio)"))
    },
  ]

  private static func spread(_ values: [Rational]) -> Rational {
    let mean = values.mean
    return values.map { ($0 - mean).squared }.mean
  }
}

/// Variance of log K over sampling seeds after a few SGD steps, by batch size.
private enum BatchSweep {
  typealias Row = (size: Int, variance: Double, error: Double)

  private static let memo = Memo<String, [Row]>()

  static func measure(_ setting: Setting, _ sampling: Sampling, sizes: [Int] = [4, 8, 16, 32, 64]) throws -> [Row] {
    let runs = 1_500 * setting.tier.scale
    return try memo.value(for: "\(setting.name) \(setting.seed) \(runs) \(sampling) \(sizes)") {
      let population = try DigitsPopulation.shared.get()
      let origin = DigitsPopulation.logNorms(population.network).reduce(0, +)
      return try sizes.map { size in
        let samplers = try (0..<runs).map { run in
          try BatchSampler(
            sampling, batchSize: try BatchSize(size), of: population.count,
            stream: setting.name.appending("M = \(size)").appending(run), seed: setting.seed)
        }
        let descent = StochasticGradientDescent(on: population.samples, learningRate: try LearningRate(0.02))
        let ends = SGDEnsemble(descent, from: population.network) { samplers[$0] }
          .run(runs, steps: 5, workers: 1, state: { _ in 0 }, observe: { _, _ in })
        let changes = ends.map { DigitsPopulation.logNorms($0.network).reduce(0, +) - origin }
        let mean = changes.reduce(0, +) / Double(runs)
        var moments = VectorMoments(dimension: 1)
        for change in changes { moments.add([(change - mean) * (change - mean)]) }
        return (size, moments.mean[0], moments.standardErrors[0])
      }
    }
  }
}
