// Descents on which linear response can be judged: small exact ones, a kicked network, an ensemble of runs.

internal import DenseLinearAlgebra
internal import ExactArithmetic
internal import NetworkTraining
internal import RandomStreams
internal import VerificationKit

/// θ ∈ Q², per-sample gradients A_kθ − b_i(k) with another A and other b at every step, batches of one of three samples.
struct QuadraticDescent: LinearisedDescent {
  let steps: Int
  let learningRate = Rational(1, 3)

  func curvature(_ k: Int) -> FieldMatrix<Rational> {
    let matrices = [
      [[2, 1], [1, 1]], [[1, Rational(1, 2)], [Rational(1, 2), 3]], [[Rational(3, 2), -1], [-1, 2]],
      [[1, 0], [0, 4]],
    ]
    return FieldMatrix(rows: 2, columns: 2) { matrices[k][$0][$1] }
  }

  private func offsets(_ k: Int) -> [[Rational]] {
    [
      [[1, 0], [0, 2], [-3, 1]], [[2, 1], [0, 0], [1, -1]], [[0, 1], [5, 0], [1, 1]], [[1, 1], [-1, 2], [0, -4]],
    ][k]
  }

  /// Z at step k is linear, with other weights at every step.
  func gradient(at step: Int) -> [Rational] { [[1, 2], [3, -1], [Rational(1, 2), 1], [1, 1], [2, -3]][step] }

  func response(to p: [Rational], at step: Int) -> (noise: Rational, curvature: [Rational]) {
    let scores = offsets(step).map { $0.dot(p) }
    return (scores.map { ($0 - scores.mean).squared }.mean, curvature(step) * p)
  }

  func sum(_ p: [Rational], _ s: Rational, _ q: [Rational]) -> [Rational] { zip(p, q).map { $0 + s * $1 } }

  /// Var Z(θ_T) over all 3^T equally likely orders of samples, by running SGD itself.
  func varianceOverAllPaths() -> Rational {
    var ends: [[Rational]] = [[1, -1]]
    for k in 0..<steps {
      ends = ends.flatMap { theta in
        offsets(k).map { b in
          let gradient = zip(curvature(k) * theta, b).map { $0 - $1 }
          return zip(theta, gradient).map { $0 - learningRate * $1 }
        }
      }
    }
    let values = ends.map { gradient(at: steps).dot($0) }
    return values.map { ($0 - values.mean).squared }.mean
  }
}

/// One parameter with constant curvature and noise, observed itself.
struct ScalarDescent: LinearisedDescent {
  let learningRate: Double
  let curvature: Double
  let noise: Double

  func gradient(at step: Int) -> Double { 1 }
  func response(to p: Double, at step: Int) -> (noise: Double, curvature: Double) { (noise * p * p, curvature * p) }
  func sum(_ p: Double, _ s: Double, _ q: Double) -> Double { p + s * q }
}

/// Linear regression with one parameter, per-sample gradients a_iθ − b_i: the noise depends on θ, and moments are exact.
struct RegressionDescent: LinearisedDescent {
  let learningRate: Double
  let batchSize: Int
  private let samples: [(a: Double, b: Double)] = [(0.5, 1), (2, -1), (1, 3), (1.5, 0.5), (3, 2)]
  private let start = -2.0

  private var slope: Double { samples.map(\.a).mean }
  private var offset: Double { samples.map(\.b).mean }

  func gradient(at step: Int) -> Double { 1 }

  func response(to p: Double, at step: Int) -> (noise: Double, curvature: Double) {
    var theta = start
    for _ in 0..<step { theta -= learningRate * (slope * theta - offset) }
    let gradients = samples.map { $0.a * theta - $0.b }
    return (gradients.map { ($0 - gradients.mean).squared }.mean / Double(batchSize) * p * p, slope * p)
  }

  func sum(_ p: Double, _ s: Double, _ q: Double) -> Double { p + s * q }

  /// Var θ_T by the recursion of SGD's first two moments, batches drawn with replacement.
  func exactVariance(at end: Int) -> Double {
    let m = Double(batchSize)
    func mean(_ f: ((a: Double, b: Double)) -> Double) -> Double { samples.map(f).mean }
    var (first, second) = (start, start * start)
    for _ in 0..<end {
      // E ḡ² = g² + Var(g_i)/M, both quadratic in θ.
      func quadratic(_ aa: Double, _ ab: Double, _ bb: Double) -> Double { aa * second - 2 * ab * first + bb }
      let full = quadratic(slope * slope, slope * offset, offset * offset)
      let all = quadratic(mean { $0.a * $0.a }, mean { $0.a * $0.b }, mean { $0.b * $0.b })
      second +=
        -2 * learningRate * (slope * second - offset * first) + learningRate * learningRate * (full + (all - full) / m)
      first -= learningRate * (slope * first - offset)
    }
    return second - first * first
  }
}

/// Full-batch descent of the digits network whose only "noise" is a unit kick along a fixed direction after one step.
struct KickedDescent: LinearisedDescent {
  let learningRate: Double
  private let path: NetworkDescentPath
  private let population: DigitsPopulation
  private let direction: NetworkParameters<Double>
  private let kick: Int
  private let end: Int

  init(kick: Int, end: Int, _ generator: RandomGenerator) throws {
    population = try DigitsPopulation.shared.get().first(40)
    // So large that curvature shows in few steps, and stable.
    let eta = try LearningRate(0.4)
    learningRate = eta.value
    path = try NetworkDescentPath(
      from: population.network, on: population.samples, noise: .populationWithReplacement(batchSize: 1),
      learningRate: eta, steps: end)
    let architecture = population.network.architecture
    let raw = Vector((0..<architecture.parameterCount).map { _ in generator.gaussian() })
    direction = NetworkParameters(flattened: raw.normalized, architecture)
    (self.kick, self.end) = (kick, end)
  }

  func gradient(at step: Int) throws -> NetworkParameters<Double> { try path.gradient(at: step) }

  func response(
    to p: NetworkParameters<Double>, at step: Int
  ) throws -> (noise: Double, curvature: NetworkParameters<Double>) {
    let slope = p.dot(direction)
    return (step == kick ? slope * slope : 0, try path.response(to: p, at: step).curvature)
  }

  func sum(
    _ p: NetworkParameters<Double>, _ s: Double, _ q: NetworkParameters<Double>
  ) -> NetworkParameters<Double> { path.sum(p, s, q) }

  /// Z(θ_T) after a kick of size h to θ_{k+1}: plain descent, which knows no Hessian.
  func observable(_ h: Double) throws -> Double {
    var network = path.network(at: kick + 1)
    network.parameters.add(h, direction)
    for _ in (kick + 1)..<end { network.parameters.add(-learningRate, network.fullGradient(population.samples)) }
    return network.logNorm
  }
}

/// SGD runs from the digits network, log K at several times, and the noise-free path beside them.
struct DigitsSpread: Sendable {
  let steps: [Int]
  let path: NetworkDescentPath
  /// Batch size, sampling and learning rate, for a person.
  let regime: String
  /// log K of every run minus the initial one, a time each.
  let changes: [[Double]]

  private static let memo = Memo<String, DigitsSpread>()

  /// Larger batches in the full tier, so that the bias of order η/M falls as the standard error does.
  static func shared(_ setting: Setting) throws -> DigitsSpread {
    let isQuick = setting.tier == .quick
    return try memo.value(for: "\(setting.name) \(setting.seed) \(setting.tier)") {
      try DigitsSpread(
        setting, learningRate: 0.1, batchSize: isQuick ? 32 : 128, runs: 3_000 * setting.tier.scale,
        steps: (1...5).map { 20 * $0 })
    }
  }

  init(
    _ setting: Setting, sampling: Sampling = .withReplacement, learningRate: Double, batchSize: Int, runs: Int,
    steps: [Int]
  ) throws {
    let population = try DigitsPopulation.shared.get()
    let eta = try LearningRate(learningRate)
    let size = try BatchSize(batchSize)
    self.steps = steps
    regime = "M = \(batchSize) \(sampling.rawValue), η = \(learningRate)"
    path = try NetworkDescentPath(
      from: population.network, on: population.samples,
      noise: sampling == .withReplacement
        ? .populationWithReplacement(batchSize: batchSize) : .populationWithoutReplacement(batchSize: batchSize),
      learningRate: eta, steps: steps.last ?? 0)
    changes = try SpreadOfLogNorm.observe(
      population.network, population.samples,
      SpreadOfLogNorm.Regime(sampling: sampling, batchSize: size, learningRate: eta, steps: steps),
      runs: 0..<runs, stream: setting.name.appending("batches"), seed: setting.seed, workers: 1)
  }

  /// Tests "the variance of log K is the predicted one" at all times together, in the law of the observed squares.
  func judge(_ predictions: [Double]) throws -> Verdict {
    let runs = changes[0].count
    let means = changes.map { $0.reduce(0, +) / Double(runs) }
    var moments = VectorMoments(dimension: steps.count)
    // n/(n − 1), because the mean is the sample's own.
    let unbiased = Double(runs) / Double(runs - 1)
    for run in 0..<runs {
      moments.add(
        steps.indices.map { i in
          let centred = changes[i][run] - means[i]
          return unbiased * centred * centred / predictions[i] - 1
        })
    }
    let ratios = zip(changes, predictions).map { VarianceRatio(of: $0, over: $1).description }
    let text = "observed/predicted \(ratios.joined(separator: ", ")) (99 %) at steps \(steps)"
    switch judgeZeroMean(moments, .training) {
    case .supported(let budget):
      return .supported(
        ErrorBudget(
          .training, fractionUsed: budget.fractionUsed, summary: "n = \(runs), \(text)", pValue: budget.pValue))
    case .refuted(let why):
      return .refuted(
        Counterexample(
          at: "\(runs) runs, \(regime)", claimed: "observed/predicted = 1", found: text, pValue: why.pValue))
    case .inconclusive(let why): return .inconclusive(why)
    }
  }
}
