// The scaling exactly, over every batch of a small population; in Theorem 17's own variance; and over seeds of real SGD.

internal import DenseLinearAlgebra
internal import ExactArithmetic
private import Glibc
internal import NetworkTraining
internal import RandomStreams
public import VerificationKit

extension LargeBatchUncertainty {
  private static let leadingOnly = Dictionary(
    uniqueKeysWithValues: nextOrderFaults.map { ($0, "the leading order is examined") })
  private static let slopeOnly = leadingOnly.merging([
    "half of it": "the power of M is examined, not the constant",
    "1/(M + 1)": "from M = 4 on its power differs from −1 by less than the interval",
    "(N − M)/N for (N − M)/(N − 1)": "the power of M is examined; the two differ by a constant",
  ]) { a, _ in a }
  private static let population: [Rational] = [0, Rational(1, 2), 3, Rational(-5, 4)]

  public static let checks: [Check<BatchVariance>] = [
    .exactIdentity("variance of a batch mean over every batch", blindTo: leadingOnly) { variance, _ in
      let scale = spread(population)
      return try (1...4).flatMap { size in
        [
          Identity(
            "M = \(size) with replacement", claimed: try variance.leading(scale: scale, batchSize: size),
            expected: spread(BatchEnumeration.ordered(size, of: population).map(\.mean))),
          Identity(
            "M = \(size) of \(population.count) without replacement",
            claimed: try variance.leading(
              scale: scale, batchSize: size, sampling: .withoutReplacement(population: population.count)),
            expected: spread(BatchEnumeration.subsets(size, of: population).map(\.mean))),
        ]
      }
    },
    Check("Theorem 17's variance as 1/M → 0, to second and third order", .convergence) { variance, _ in
      // Noise x = f/M times that of one sample: e^{2kx}(e^{Ax} − 1) for K(0)² e^{2∫μ} = 1.
      let (curvature, spread) = (0.7, 1.2)
      var last = Verdict.inconclusive("no ladder")
      for distinct in [false, true] {
        let rungs = try (5...12).map { level -> (leading: Rung, second: Rung) in
          let size = 1 << level
          let n = 4 * size
          let share = distinct ? Double(n - size) / Double(n - 1) : 1
          let x = share / Double(size)
          let exact = exp(2 * curvature * x) * expm1(spread * x)
          let sampling = distinct ? BatchVariance.Sampling.withoutReplacement(population: n) : .withReplacement
          let leading = try variance.leading(scale: spread, batchSize: size, sampling: sampling)
          let second = try variance.secondOrder(
            scale: spread, curvature: curvature, spread: spread, batchSize: size, sampling: sampling)
          return (Rung(step: x, error: abs(exact - leading)), Rung(step: x, error: abs(exact - second)))
        }
        let place = distinct ? "M of 4M distinct samples" : "i.i.d. samples"
        for (order, ladder) in [(2.0, rungs.map(\.leading)), (3, rungs.map(\.second))] {
          last = judgeOrder(ladder, expected: order).relabelled(.convergence, place: place)
          guard last.isSupported else { return last }
        }
      }
      return last
    },
    Check("spread of log K over sampling seeds of SGD on digits", .training, blindTo: slopeOnly) { variance, trial in
      // Var/claim must not depend on M: a slope of zero in log M.
      func judge(
        _ sampling: Sampling, _ sizes: [Int], _ model: BatchVariance.Sampling, _ place: String
      ) throws -> Verdict {
        let rungs = try BatchSweep.measure(trial.setting, sampling, sizes: sizes).map { size, observed, error in
          let claimed: Double = try variance.leading(scale: 1, batchSize: size, sampling: model)
          return Rung(step: Double(size), error: observed / claimed, standardError: error / claimed)
        }
        return judgeOrder(rungs, expected: 0).relabelled(.training, place: place)
      }
      let count = try DigitsPopulation.shared.get().count
      let independent = try judge(
        .withReplacement, [4, 9, 16, 36, 64], .withReplacement, "digits, i.i.d., M from 4 to 64")
      guard independent.isSupported else { return independent }
      // Sizes at both ends, between which the finite-population factor falls by eight.
      return try judge(
        .withoutReplacement, [40, 60, 160, 170, 180], .withoutReplacement(population: count),
        "digits, distinct, M from 40 to 180 of \(count)")
    },
  ]

  public static let boundaries = [
    Boundary(
      "batches of distinct samples, up to nine tenths of the data", drops: independence,
      remedy: "multiply by the finite-population factor (N − M)/(N − 1)"
    ) { setting in
      let count = 50
      let sweep = try BatchSweep.measure(setting, .withoutReplacement, sizes: [10, 45], of: count)
      guard let few = sweep.first, let many = sweep.last else {
        return .inconclusive("the sweep is empty")
      }
      func predicted(_ sampling: BatchVariance.Sampling) throws -> Double {
        try subject.leading(scale: 1, batchSize: many.size, sampling: sampling)
          / subject.leading(scale: 1, batchSize: few.size, sampling: sampling)
      }
      let (claimed, corrected) = (
        try predicted(.withReplacement), try predicted(.withoutReplacement(population: count))
      )
      let ratio = many.variance / few.variance
      let error = ratio * (pow(few.error / few.variance, 2) + pow(many.error / many.variance, 2)).squareRoot()
      let bound = FalseAlarms.threshold * error
      guard abs(ratio - claimed) > bound, abs(ratio - corrected) < bound else {
        return .inconclusive("Var(M = \(many.size))/Var(M = \(few.size)) = \(ratio) ± \(error)")
      }
      return .refuted(
        Counterexample(
          at: "N = \(count), without replacement",
          claimed: "Var(M = \(many.size))/Var(M = \(few.size)) = \((claimed * 1000).rounded() / 1000)",
          found: "\((ratio * 1000).rounded() / 1000) ± \((error * 1000).rounded() / 1000); with the factor "
            + "\((corrected * 1000).rounded() / 1000)"))
    },
    Boundary(
      "the same number of epochs instead of steps", drops: fixedSteps,
      remedy: "compare at equal steps; at equal epochs fewer steps add noise and the power is M⁻²"
    ) { _ in
      // Sums of n batch means over every sequence of batches, with nM fixed: four steps of one, two steps of two.
      let ones = BatchEnumeration.ordered(4, of: population).map(\.sum)
      let means = BatchEnumeration.ordered(2, of: population).map(\.mean)
      let twos = means.flatMap { a in means.map { a + $0 } }
      let claimed: Rational =
        try subject.leading(scale: 1, batchSize: 2) / subject.leading(scale: 1, batchSize: 1)
      let found = spread(twos) / spread(ones)
      guard found != claimed, found == claimed.squared else { return .inconclusive("\(found), not M⁻²") }
      return .refuted(
        Counterexample(
          at: "M = 2 with 2 steps against M = 1 with 4, every sequence", claimed: "Var ratio \(claimed)",
          found: "\(found)"))
    },
  ]

  private static func spread(_ values: [Rational]) -> Rational {
    let mean = values.mean
    return values.map { ($0 - mean).squared }.mean
  }
}

/// Variance of log K over sampling seeds after a few SGD steps, by batch size: a spread, never a formula's plug-in.
private enum BatchSweep {
  typealias Row = (size: Int, variance: Double, error: Double)

  private static let memo = Memo<String, [Row]>()

  /// - Parameter count: how many of the digits are the population.
  static func measure(_ setting: Setting, _ sampling: Sampling, sizes: [Int], of count: Int = 200) throws -> [Row] {
    let runs = 1_200 * setting.tier.scale
    return try memo.value(for: "\(setting.seed) \(runs) \(sampling) \(sizes) \(count)") {
      let population = try DigitsPopulation.shared.get().first(count)
      let origin = population.network.logNorm
      let stream = StreamName("LargeBatchUncertainty", "sweep", sampling.rawValue).appending("N = \(count)")
      return try sizes.map { size in
        let samplers = try (0..<runs).map { run in
          try BatchSampler(
            sampling, batchSize: try BatchSize(size), of: population.count,
            stream: stream.appending("M = \(size)").appending(run), seed: setting.seed)
        }
        let descent = StochasticGradientDescent(on: population.samples, learningRate: try LearningRate(0.03))
        let ends = SGDEnsemble(descent, from: population.network) { samplers[$0] }
          .run(runs, steps: 2, workers: 1, state: { _ in 0 }, observe: { _, _ in })
        let changes = ends.map { $0.network.logNorm - origin }
        let mean = changes.reduce(0, +) / Double(runs)
        var moments = VectorMoments(dimension: 1)
        for change in changes { moments.add([(change - mean) * (change - mean)]) }
        return (size, moments.mean[0], moments.standardErrors[0])
      }
    }
  }
}
