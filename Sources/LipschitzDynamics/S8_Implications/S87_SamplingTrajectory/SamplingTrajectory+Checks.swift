// Two seeds beside each other: all pairs of batches, exactly, and pairs of real SGD runs on digits.

internal import DenseLinearAlgebra
internal import ExactArithmetic
private import Glibc
internal import NetworkTraining
internal import RandomStreams
public import VerificationKit

extension SamplingTrajectory {
  private static let powerOnly = Dictionary(
    uniqueKeysWithValues: wrongConstants.map { ($0, "the power of M is examined, from M = 4 on, not the constant") })

  public static let checks: [Check<SeedDisagreement>] = [
    .exactIdentity("all pairs of batches of a rational population") { disagreement, _ in
      let population: [Rational] = [0, Rational(1, 2), 3, Rational(-5, 4)]
      let mean = population.mean
      let scale = population.map { ($0 - mean).squared }.mean
      return try (1...3).map { size in
        let means = BatchEnumeration.ordered(size, of: population).map(\.mean)
        let pairs = means.flatMap { a in means.map { b in (a - b).squared } }
        return Identity(
          "M = \(size), \(pairs.count) pairs",
          claimed: try disagreement.squaredDifference(scale: scale, batchSize: size), expected: pairs.mean)
      }
    },
    .ensembleMean("pairs of SGD runs on digits, batches of two", evidence: .training) { disagreement, setting in
      let pairs = try SeedPairs.short(setting)
      let claimed = try disagreement.squaredDifference(scale: pairs.scale, batchSize: pairs.batchSize)
      return pairs.differences.map { [$0 * $0 / claimed - 1] }
    },
    Check("pairs of SGD runs on digits over batch sizes", .training, blindTo: powerOnly) { disagreement, trial in
      // The mean squared difference over the claim must not depend on M: a slope of zero in log M.
      let rungs = try [4, 9, 16, 36, 64].map { size in
        let pairs = try SeedPairs.ladder(trial.setting, batchSize: size)
        let claimed = try disagreement.squaredDifference(scale: 1, batchSize: size)
        let (mean, error) = pairs.meanSquare
        return Rung(step: Double(size), error: mean / claimed, standardError: error / claimed)
      }
      return judgeOrder(rungs, expected: 0).relabelled(.training, place: "digits, M from 4 to 64")
    },
  ]

  public static let boundaries = [
    Boundary(
      "batches of one", drops: large,
      remedy: "average over seeds, or give their spread; the disagreement falls only like 1/√M"
    ) { setting in
      func root(_ x: Double) -> Double { (x.squareRoot() * 1e4).rounded() / 1e4 }
      let ladder = try [1, 4, 64].map { try SeedPairs.ladder(setting, batchSize: $0) }
      let (square, error) = ladder[0].meanSquare
      // A natural mark: two seeds lie further apart than either has come.
      let moved = ladder[0].meanChange * ladder[0].meanChange
      guard square - FalseAlarms.threshold * error > moved else {
        return .inconclusive("two seeds differ by \(root(square)), each moved by \(root(moved))")
      }
      let found = ladder.map { "\(root($0.meanSquare.mean)) at M = \($0.batchSize)" }
      return .refuted(
        Counterexample(
          at: "digits, \(ladder[0].steps) steps, in which log K changes by \(root(moved)) on average",
          claimed: "the seed has a negligible effect on log K",
          found: "two seeds differ by \(found.joined(separator: ", "))"))
    },
    Boundary(
      "a learning rate beyond 2/λ on a quadratic loss", drops: fixedHorizon,
      remedy: """
        fix the horizon before M, or keep η below 2/λ_max; a step beyond it is an error of discretisation (Section 9), but \
        then no batch is large enough for ever
        """
    ) { _ in try UnstableDescent.judge() },
  ]
}

/// Pairs of SGD runs from one network that differ only in their batches.
private struct SeedPairs: Sendable {
  let batchSize: Int
  let steps: Int
  /// log K_a − log K_b, a pair each.
  let differences: [Double]
  /// The mean of log K(T)/K(0) over all runs.
  let meanChange: Double
  /// C₀ of log K from Theorem 15 along full-batch descent: M ∫λ_Z².
  let scale: Double

  /// So short that the coefficients' own drift, a bias of some quarter of a percent, is far below the standard error,
  /// and the shorter the larger the ensemble.
  static func short(_ setting: Setting) throws -> SeedPairs {
    let tier = setting.tier.scale
    return try shared(setting, batchSize: 2, pairs: 2_400 * tier, learningRate: 0.001 / Double(tier), steps: 4)
  }

  /// A check and a boundary look at the same pairs, hence a stream of no one's own.
  static func ladder(_ setting: Setting, batchSize: Int) throws -> SeedPairs {
    let setting = Setting(name: StreamName("SamplingTrajectory", "ladder"), seed: setting.seed, tier: setting.tier)
    return try shared(setting, batchSize: batchSize, pairs: 1_500 * setting.tier.scale, learningRate: 0.02, steps: 3)
  }

  private static let memo = Memo<String, SeedPairs>()

  private static func shared(
    _ setting: Setting, batchSize: Int, pairs: Int, learningRate: Double, steps: Int
  ) throws -> SeedPairs {
    try memo.value(for: "\(batchSize) \(pairs) \(setting.name) \(setting.seed)") {
      try SeedPairs(setting, batchSize: batchSize, pairs: pairs, learningRate: learningRate, steps: steps)
    }
  }

  private init(_ setting: Setting, batchSize: Int, pairs: Int, learningRate eta: Double, steps: Int) throws {
    let population = try DigitsPopulation.shared.get()
    let samplers = try population.samplers(
      2 * pairs, batchSize: batchSize, setting.name.appending("M = \(batchSize)"), setting.seed)
    let descent = StochasticGradientDescent(on: population.samples, learningRate: try LearningRate(eta))
    let origin = try Self.logNorm(population.network)
    let ends = SGDEnsemble(descent, from: population.network) { samplers[$0] }
      .run(2 * pairs, steps: steps, workers: 1, state: { _ in 0 }, observe: { _, _ in })
    let changes = try ends.map { try Self.logNorm($0.network) - origin }
    var network = population.network
    var scale = 0.0
    for _ in 0..<steps {
      let layers = population.layers(at: network, batchSize: 1, learningRate: eta)
      scale += eta * (try NetworkCoefficients(layers: layers).exactLambdaSquared)
      network.parameters.add(-eta, network.fullGradient(population.samples))
    }
    (self.batchSize, self.steps, self.scale) = (batchSize, steps, scale)
    differences = (0..<pairs).map { pair -> Double in changes[2 * pair] - changes[2 * pair + 1] }
    meanChange = changes.reduce(0, +) / Double(changes.count)
  }

  /// Σ log σ₁ by the largest eigenvalue of θθᵀ, which costs a fraction of a decomposition.
  private static func logNorm(_ network: MultilayerPerceptron<Double>) throws -> Double {
    try network.weights.reduce(0) { sum, theta in
      let values = try SymmetricEigen(theta.gram()).values
      return sum + log(values[values.count - 1]) / 2
    }
  }

  /// The mean squared difference with its standard error.
  var meanSquare: (mean: Double, error: Double) {
    var moments = VectorMoments(dimension: 1)
    for difference in differences { moments.add([difference * difference]) }
    return (moments.mean[0], moments.standardErrors[0])
  }
}

/// θ ← θ − η((θ − 1) + ξ̄), ξ = ±1 equally likely: a quadratic loss with λ = 1, at η = 5/2 > 2/λ, in rationals.
private enum UnstableDescent {
  private static let rate = Rational(5, 2)

  private static func step(_ theta: Rational, _ noise: Rational) -> Rational { theta - rate * (theta - 1 + noise) }

  static func judge() throws -> Verdict {
    // C₀(k) = M Var θ_k: runs from the minimum, whose difference a step multiplies by 1 − η.
    func scale(_ k: Int) -> Rational {
      (0..<k).reduce(Rational(0)) { variance, _ in (1 - rate).squared * variance + rate.squared }
    }
    func disagreement(_ k: Int, batchSize: Int) throws -> Rational {
      try SamplingTrajectory.subject.squaredDifference(scale: scale(k), batchSize: batchSize)
    }
    // At a fixed number of steps the claim is right, here too: every pair of runs with batches of one.
    let runs = BatchEnumeration.ordered(4, of: [Rational(-1), 1]).map { $0.reduce(Rational(1), step) }
    let listed = runs.flatMap { a in runs.map { b in (a - b).squared } }.mean
    guard listed == (try disagreement(4, batchSize: 1)) else { return .inconclusive("2C₀(4) is not the disagreement") }
    let mark = try disagreement(1, batchSize: 1)
    var (steps, found, claimed) = ([Int](), [Rational](), [Rational]())
    for batch in [100, 10_000, 1_000_000] {
      guard let k = try (1...100).first(where: { try disagreement($0, batchSize: batch) > mark }) else {
        return .inconclusive("runs with M = \(batch) stay together for a hundred steps")
      }
      steps.append(k)
      found.append(try disagreement(k, batchSize: batch))
      claimed.append(try disagreement(1, batchSize: batch))
    }
    func text(_ values: [Rational]) -> String {
      values.map { "\(($0.approximation * 1e6).rounded() / 1e6)" }.joined(separator: ", ")
    }
    return .refuted(
      Counterexample(
        at: "η = 5/2, λ = 1, M = 10², 10⁴, 10⁶ and \(steps.map(String.init).joined(separator: ", ")) steps",
        claimed: "E(θ_a − θ_b)² → 0 as M → ∞, as 2C₀/M = \(text(claimed)) does for one step",
        found: "\(text(found)): always more than batches of one differ after one step, though C₀ is right at each k"))
  }
}
