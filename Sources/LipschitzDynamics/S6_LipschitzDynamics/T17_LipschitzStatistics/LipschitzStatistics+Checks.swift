// The statistics against quadrature, exact moments of Euler's scheme, simulated paths, and real SGD, short and long.

internal import DenseLinearAlgebra
private import Glibc
internal import NetworkTraining
internal import RandomStreams
internal import StochasticCalculus
public import VerificationKit

extension LipschitzStatistics {
  public static let checks: [Check<Subject>] = [
    .quadrature("moments of the log-normal law") { statistics, _ in
      try [(1.5, 0.3, 0.4), (0.2, -1.0, 1.2), (3.0, 2.0, 0.05)].flatMap { k, growth, spread -> [QuadratureCase] in
        let (mean, variance) = try statistics(k, growth, spread)
        // log K ~ N(m, v) by Theorem 16; the moments are integrals that know nothing of exponentials of v.
        let (m, width) = (log(k) + growth - spread / 2, spread.squareRoot())
        @Sendable func density(_ z: Double) -> Double {
          exp(-(z - m) * (z - m) / (2 * spread)) / (width * (2 * Double.pi).squareRoot())
        }
        let (lower, upper) = (m - 11 * width, m + 11 * width + 2 * spread)
        let center = k * exp(growth)
        return [
          QuadratureCase("E K, ∫λ² = \(spread)", claimed: mean, from: lower, to: upper) { exp($0) * density($0) },
          QuadratureCase("Var K, ∫λ² = \(spread)", claimed: variance, from: lower, to: upper + 2 * spread) {
            (exp($0) - center) * (exp($0) - center) * density($0)
          },
        ]
      }
    },
    .order("exact moments of Euler's scheme: mean and variance", expected: 1) { statistics, _ in
      // Π(1 + a h) and Π((1 + a h)² + λ²h) are the discretised process's own moments, without sampling.
      let (mean, variance) = try statistics(2, Coefficients.growth, Coefficients.spread)
      return (4...10).map { level in
        let steps = 1 << level
        let h = Coefficients.horizon / Double(steps)
        var (first, second) = (2.0, 4.0)
        for k in 0..<steps {
          let t = Double(k) * h
          let (a, b) = (Coefficients.drift(t), Coefficients.volatility(t))
          first *= 1 + a * h
          second *= (1 + a * h) * (1 + a * h) + b * b * h
        }
        return Rung(step: h, error: abs(first - mean) + abs(second - first * first - variance))
      }
    },
    .ensembleMean("Euler–Maruyama paths of a synthetic SDE", evidence: .monteCarlo) { statistics, setting in
      let paths = try Coefficients.simulatedPaths(setting)
      let (mean, variance) = try statistics(1, Coefficients.growth, Coefficients.spread)
      return paths.map { [$0 - mean, ($0 - mean) * ($0 - mean) - variance] }
    },
    .ensembleMean("SGD on digits over a short horizon", evidence: .training, blindTo: shortHorizon) {
      statistics, setting in
      let ensemble = try DigitsEnsemble.short(setting.seed, setting.tier)
      let (mean, variance) = try statistics(1, ensemble.growth, ensemble.spread)
      return ensemble.changes.map { change in
        let centred = exp(change) - mean
        return [centred / variance.squareRoot(), centred * centred / variance - 1]
      }
    },
  ]

  private static let shortHorizon = [
    "variance to first order: (E K)² ∫λ²": "∫λ² is so short of one that the two agree",
    "E K for (E K)² in the variance": "E K is so close to one that the two agree",
    "mean of the logarithm exponentiated: −½∫λ² left in E K": "½∫λ² is far below the ensemble's standard error",
    "Itô correction counted twice: +½∫λ² in E K": "½∫λ² is far below the ensemble's standard error",
  ]

  public static let boundaries = [
    Boundary(
      "one noise drives two layers", drops: NetworkLogDynamics.layerwise,
      remedy: "E K grows at μ_Z + κ_Z + ½(λ_Z² − Σ‖λ⁽ˡ⁾‖²) with the exact λ_Z²"
    ) { _ in
      // dK⁽ˡ⁾ = λK⁽ˡ⁾dW, l = 1, 2, one W: K = K⁽¹⁾K⁽²⁾ = exp(2λW − λ²t), whose mean is an integral over W.
      let (lambda, t) = (0.5, 2.0)
      let integral = Quadrature(from: -12, to: 14) { z in
        exp(2 * lambda * t.squareRoot() * z - lambda * lambda * t - z * z / 2) / (2 * Double.pi).squareRoot()
      }
      guard let integral else { return .inconclusive("the quadrature failed") }
      let claimed = try subject(1, 0, 4 * lambda * lambda * t).mean
      guard abs(claimed - integral.value) > 100 * integral.error + 1e-6 else { return .inconclusive("the two agree") }
      return .refuted(
        Counterexample(at: "λ = ½, t = 2, μ = κ = 0", claimed: "E K = \(claimed)", found: "E K = \(integral.value)"))
    },
    Boundary(
      "Var log K of SGD on digits over a long horizon, coefficients frozen along the mean path", drops: deterministic,
      remedy: "propagate ∇log K backwards along the noise-free path (linear response) instead of integrating λ²"
    ) { setting in
      let ensemble = try DigitsEnsemble.long(setting.seed, setting.tier)
      // Against the formula as printed, layer by layer, which is the smaller and so the nearer one.
      var moments = VectorMoments(dimension: 1)
      let mean = ensemble.changes.reduce(0, +) / Double(ensemble.changes.count)
      for change in ensemble.changes { moments.add([(change - mean) * (change - mean) / ensemble.layerwiseSpread - 1]) }
      let verdict = judgeZeroMean(moments, .training)
      guard case .refuted(let why) = verdict else { return verdict }
      let printed = VarianceRatio(of: ensemble.changes, over: ensemble.layerwiseSpread)
      let exact = VarianceRatio(of: ensemble.changes, over: ensemble.spread)
      return .refuted(
        Counterexample(
          at: "\(ensemble.changes.count) runs, \(ensemble.setting)", claimed: "Var log K = ∫λ_Z²",
          found: "\(printed) of it observed (99 %) as printed, layer by layer; \(exact) with the exact λ_Z²",
          pValue: why.pValue))
    },
  ]
}

/// Deterministic, time-dependent coefficients on [0, 1] with known integrals.
enum Coefficients {
  static let horizon = 1.0
  static func drift(_ t: Double) -> Double { 0.5 - 0.8 * t }
  static func volatility(_ t: Double) -> Double { 0.6 - 0.3 * t }
  /// K(1) of Euler–Maruyama paths, so fine that the scheme's own bias is far below the sampling error.
  static func simulatedPaths(_ setting: Setting) throws -> [Double] {
    let count = 60_000 * setting.tier.scale
    return try paths.value(for: "\(setting.name) \(setting.seed) \(count)") {
      let process = GeometricBrownianMotion(
        drift: try TimeFunction(times: [0, 1], values: [drift(0), drift(1)]),
        volatility: try TimeFunction(times: [0, 1], values: [volatility(0), volatility(1)]))
      return try ScalarEnsemble(
        process, from: 1, paths: count, on: UniformTimeGrid(end: horizon, steps: 4_000),
        stream: setting.name.appending("paths"), seed: setting.seed
      ).simulate().terminal
    }
  }

  private static let paths = Memo<String, [Double]>()

  /// ∫(0.5 − 0.8t) and ∫(0.6 − 0.3t)².
  static let growth = 0.5 - 0.4
  static let spread = 0.36 - 0.18 + 0.03
}

/// Ensembles of SGD runs on the digits and what Theorem 17 predicts from the noise-free path.
struct DigitsEnsemble: Sendable {
  /// log K(T)/K(0), a run each.
  let changes: [Double]
  /// ∫(μ_Z + κ_Z) with the discrete-step term, and ∫λ_Z² (exact, cross-layer), along full-batch descent.
  let growth: Double
  let spread: Double
  /// ∫Σ‖λ⁽ˡ⁾‖² along the same path: the exponent as printed.
  let layerwiseSpread: Double
  /// Network, data, batch size, learning rate and time, for a person.
  let setting: String

  /// The coefficients' own drift along four steps is a relative bias in proportion to η, in the quick tier some half a
  /// percent of the variance. The larger the ensemble the shorter its steps, so that the bias falls faster than the
  /// standard error. Resolves ∫μ and ∫λ²; ∫κ is a quarter of a standard error and less.
  static func short(_ seed: UInt64, _ tier: Tier) throws -> DigitsEnsemble {
    try shared(steps: 4, learningRate: 0.002 / Double(tier.scale), runs: 4_000 * tier.scale, seed: seed)
  }

  static func long(_ seed: UInt64, _ tier: Tier) throws -> DigitsEnsemble {
    try shared(steps: 150, learningRate: 0.1, runs: 300 * tier.scale, seed: seed)
  }

  private static let memo = Memo<[UInt64], DigitsEnsemble>()

  private static func shared(
    steps: Int, learningRate: Double, runs: Int, seed: UInt64
  ) throws -> DigitsEnsemble {
    try memo.value(for: [UInt64(steps), UInt64(runs), seed]) {
      try DigitsEnsemble(steps: steps, learningRate: learningRate, runs: runs, seed: seed)
    }
  }

  private init(steps: Int, learningRate eta: Double, runs: Int, seed: UInt64) throws {
    let population = try DigitsPopulation.shared.get()
    let batch = 8
    let descent = StochasticGradientDescent(on: population.samples, learningRate: try LearningRate(eta))
    let origin = population.network.logNorm
    let samplers = try population.samplers(runs, batchSize: batch, StreamName("DigitsEnsemble", "\(steps) steps"), seed)
    let ensemble = SGDEnsemble(descent, from: population.network) { samplers[$0] }
    let ends = ensemble.run(runs, steps: steps, workers: 1, state: { _ in 0 }, observe: { _, _ in })
    changes = ends.map { $0.network.logNorm - origin }
    var network = population.network
    var (growth, spread, layerwise) = (0.0, 0.0, 0.0)
    for _ in 0..<steps {
      let layers = population.layers(at: network, batchSize: batch, learningRate: eta)
      let c = try NetworkCoefficients(layers: layers)
      growth += eta * (c.relativeDrift + c.logDiscreteStep)
      spread += eta * c.exactLambdaSquared
      layerwise += eta * c.layerwiseLambdaSquared
      network.parameters.add(-eta, network.fullGradient(population.samples))
    }
    self.growth = growth
    self.spread = spread
    layerwiseSpread = layerwise
    setting =
      "\(population.network.architecture) on \(population.count) digits, M = \(batch), η = \(eta), t = \(Double(steps) * eta)"
  }
}
