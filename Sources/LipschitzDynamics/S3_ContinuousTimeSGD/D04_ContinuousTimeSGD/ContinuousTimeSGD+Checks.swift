// One step exactly, over every batch; the order in η of the moments' errors; and runs of SGD itself.

internal import ExactArithmetic
private import Glibc
internal import RandomStreams
public import VerificationKit

extension ContinuousTimeSGD {
  public static let checks: [Check<SDECoefficients>] = [
    .exactIdentity("an Euler–Maruyama step of length η has SGD's mean and variance") { sde, _ in
      let population = try LinearGradients(slopes: Regression.slopes, offsets: Regression.offsets)
      let eta = Rational(1, 3)
      return try [Rational(3), Rational(-1, 2)].flatMap { theta in
        try [2, 3].map { size in
          let claimed = try sde.coefficients(at: theta, of: population, learningRate: eta, batchSize: size)
          let ends = BatchEnumeration.ordered(size, of: Array(0..<4)).map { batch in
            theta - eta * batch.map { Regression.slopes[$0] * theta - Regression.offsets[$0] }.mean
          }
          return Identity(
            "θ = \(theta), M = \(size)", claimed: [theta + eta * claimed.drift, eta * claimed.squaredDiffusion],
            expected: [ends.mean, ends.map { ($0 - ends.mean).squared }.mean])
        }
      }
    },
    .order(
      "mean and second moment at a fixed time", expected: 1,
      blindTo: Dictionary(
        uniqueKeysWithValues: mutants.map(\.name).filter { !visibleInMoments.contains($0) }.map {
          ($0, "changes these moments at order η only: the SDE's own error is of that order")
        })
    ) { sde, _ in
      try ladder(sde) { descent, plain, _ in
        abs(descent.first - plain.first) + abs(descent.second - plain.second)
      }
    },
    .order("variance, and mean under the drift −∇(L + (η/4)‖∇L‖²)", expected: 2) { sde, _ in
      try ladder(sde) { descent, plain, modified in
        abs(descent.variance - plain.variance) + abs(descent.first - modified.first)
      }
    },
    .ensembleMean(
      "runs of SGD", evidence: .monteCarlo,
      blindTo: [
        "Stratonovich's sense for Itô's": "changes the mean by order η times the noise: below the standard error"
      ]
    ) { sde, setting in
      let runs = try RegressionRuns(setting)
      let (plain, modified) = try moments(
        sde, learningRate: runs.learningRate, batchSize: RegressionRuns.batchSize, until: RegressionRuns.horizon)
      return runs.ends.map { end in
        let centred = end - modified.first
        return [centred, centred * centred - plain.variance]
      }
    },
  ]

  private static let visibleInMoments = [
    "√η lost from the diffusion", "drift up the gradient", "drift of a step, not of a unit of time: −η∇L",
  ]

  public static let boundaries = [
    Boundary(
      "a learning rate above 2/λ_max", drops: smallSteps,
      remedy: "keep η far below 2/λ_max, or follow the discrete steps: the SDE is stable where SGD diverges"
    ) { _ in
      let population = try LinearGradients(slopes: Regression.slopes, offsets: Regression.offsets)
      let (eta, steps) = (Rational(2), 20)
      let curvature = Regression.slopes.mean
      let equilibrium = Regression.offsets.mean / curvature
      // Mean distances from the minimum, relative to that of the start: exactly for SGD.
      let found = (0..<steps).reduce(Rational(1)) { distance, _ in distance * (1 - eta * curvature) }.approximation
      let drift = try subject.coefficients(at: equilibrium + 1, of: population, learningRate: eta, batchSize: 1).drift
      let claimed = exp((drift * eta).approximation * Double(steps))
      guard eta * curvature > 2, 0 < claimed, claimed < 1, abs(found) > 1 else {
        return .inconclusive("distances \(claimed) and \(found)")
      }
      return .refuted(
        Counterexample(
          at: "η = \(eta), λ = \(curvature), \(steps) steps",
          claimed: "mean distance 10^\(Int(log10(claimed).rounded())) of the first",
          found: "\(Int(abs(found).rounded())) times the first"))
    },
    Boundary(
      "one shuffled epoch", drops: SGDUpdate.independence,
      remedy: "draw every batch afresh; for shuffled epochs take gradient flow, which is nearer: at the ends of epochs "
        + "their variance is of order η³, the SDE's of order η"
    ) { _ in
      let population = try LinearGradients(slopes: Regression.slopes, offsets: Regression.offsets)
      let theta = Rational(Regression.start)
      let steps = Regression.slopes.count
      func variance(_ orders: [[Int]], _ eta: Rational) -> Rational {
        let ends = orders.map { order in
          order.reduce(theta) { $0 - eta * (Regression.slopes[$1] * $0 - Regression.offsets[$1]) }
        }
        return ends.map { ($0 - ends.mean).squared }.mean
      }
      let all = BatchEnumeration.ordered(steps, of: Array(0..<steps))
      let shuffled = all.filter { Set($0).count == steps }
      let rates = (6...11).map { Rational(1, 1 << $0) }
      func ladder(_ variance: (Rational) throws -> Rational) rethrows -> [Rung] {
        try rates.map { Rung(step: $0.approximation, error: try variance($0).approximation) }
      }
      // The SDE's variance after the epoch's time, to first order in that time.
      func claimed(_ eta: Rational) throws -> Rational {
        try Rational(steps) * eta
          * subject.coefficients(at: theta, of: population, learningRate: eta, batchSize: 1).squaredDiffusion
      }
      let (predicted, independent) = (judgeOrder(try ladder(claimed), expected: 2), ladder { variance(all, $0) })
      guard predicted.isSupported, judgeOrder(independent, expected: 2).isSupported else {
        return .inconclusive("not of order 2: the SDE's variance, or that of independent draws")
      }
      let verdict = judgeOrder(ladder { variance(shuffled, $0) }, expected: 2, insteadOf: 4)
      guard case .refuted(let why) = verdict else { return verdict }
      let eta = rates[0]
      func percent(_ orders: [[Int]]) throws -> String {
        "\((try variance(orders, eta) / claimed(eta) * 100_000).approximation.rounded() / 1_000) %"
      }
      return .refuted(
        Counterexample(
          at: "all \(shuffled.count) orders of \(steps) samples, η = \(eta) … \(rates[rates.count - 1])",
          claimed: "a variance of order 2 in η",
          found: "\(why.found); at η = \(eta) \(try percent(shuffled)) of the SDE's variance, independent draws "
            + "\(try percent(all))"))
    },
  ]

  /// Errors at time 2 over learning rates 1/16 … 1/512: SGD's moments, the SDE's, and the SDE's under a modified drift.
  private static func ladder(
    _ sde: SDECoefficients, _ error: (_ descent: Moments, _ plain: Moments, _ modified: Moments) -> Double
  ) throws -> [Rung] {
    try (4...9).map { level in
      let eta = 1 / Double(1 << level)
      let descent = Moments.descent(
        Regression.slopes.map(\.approximation), Regression.offsets.map(\.approximation), from: Double(Regression.start),
        steps: 2 << level, learningRate: eta, batchSize: 2)
      let (plain, modified) = try moments(sde, learningRate: eta, batchSize: 2, until: 2)
      return Rung(step: eta, error: error(descent, plain, modified))
    }
  }

  /// The claimed SDE's moments: a linear drift and a quadratic squared diffusion are known from three values of θ.
  private static func moments(
    _ sde: SDECoefficients, learningRate eta: Double, batchSize: Int, until end: Double
  ) throws -> (plain: Moments, modified: Moments) {
    let population = try LinearGradients(
      slopes: Regression.slopes.map(\.approximation), offsets: Regression.offsets.map(\.approximation))
    let values = try [-1.0, 0, 1].map {
      try sde.coefficients(at: $0, of: population, learningRate: eta, batchSize: batchSize)
    }
    let (left, middle, right) = (values[0], values[1], values[2])
    let drift = [middle.drift, (right.drift - left.drift) / 2]
    let squaredDiffusion = [
      middle.squaredDiffusion, (right.squaredDiffusion - left.squaredDiffusion) / 2,
      (right.squaredDiffusion + left.squaredDiffusion) / 2 - middle.squaredDiffusion,
    ]
    // −(η/4)(‖∇L‖²)′ is −(η/2) times the drift's slope times the drift.
    return (
      .diffusion(drift: drift, squaredDiffusion: squaredDiffusion, from: Double(Regression.start), until: end),
      .diffusion(
        drift: drift.map { $0 - eta / 2 * drift[1] * $0 }, squaredDiffusion: squaredDiffusion,
        from: Double(Regression.start), until: end)
    )
  }
}

/// Ends of SGD runs on the regression, with steps so small that the variance's relative error, of order η, stays far
/// below its standard error: the number of steps grows with the root of the number of runs.
private struct RegressionRuns: Sendable {
  static let batchSize = 2
  static let horizon = 0.5
  let learningRate: Double
  let ends: [Double]

  private static let memo = Memo<String, [Double]>()

  init(_ setting: Setting) throws {
    let runs = 4_000 * setting.tier.scale
    let steps = 256 * Int(Double(setting.tier.scale).squareRoot())
    let eta = Self.horizon / Double(steps)
    learningRate = eta
    ends = try Self.memo.value(for: "\(setting.name) \(setting.seed) \(runs)") {
      let (a, b) = (Regression.slopes.map(\.approximation), Regression.offsets.map(\.approximation))
      let generator = setting.generator("batches")
      return (0..<runs).map { _ in
        (0..<steps).reduce(Double(Regression.start)) { theta, _ in
          var sum = 0.0
          for _ in 0..<Self.batchSize {
            let i = generator.uniform(below: a.count)
            sum += a[i] * theta - b[i]
          }
          return theta - eta * sum / Double(Self.batchSize)
        }
      }
    }
  }
}
