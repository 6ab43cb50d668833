// The exponential formula against Milstein's scheme on a shared path, the matrix SDE, a martingale, and real SGD.

private import Glibc
internal import DenseLinearAlgebra
internal import NetworkTraining
internal import RandomStreams
public import VerificationKit

extension IntegralDynamics {
  /// Smooth, non-constant coefficients of a synthetic path on [0, 1].
  private static func drift(_ t: Double) -> Double { 0.4 + 0.6 * sin(3 * t) }
  private static func volatility(_ t: Double) -> Double { 0.7 + 0.3 * cos(2 * t) }

  public static let checks: [Check<Subject>] = [
    .order("Milstein's scheme on one Brownian path, a ladder of steps", expected: 1) { solution, setting in
      // K by Milstein, which knows nothing of logarithms, against the formula on the finest grid.
      let (paths, finest) = (400 * setting.tier.scale, 1 << 10)
      let levels = [5, 6, 7, 8]
      var moments = levels.map { _ in VectorMoments(dimension: 1) }
      for path in 0..<paths {
        let generator = RandomGenerator(stream: setting.name.appending("path \(path)"), seed: setting.seed)
        let dt = 1 / Double(finest)
        let dW = (0..<finest).map { _ in dt.squareRoot() * generator.gaussian() }
        let exact = solution(
          1.5,
          dW.enumerated().map { k, w in
            let t = Double(k) * dt
            let lambda = volatility(t)
            return DynamicsIncrement(
              duration: dt, relativeDrift: drift(t), itoCorrection: lambda * lambda / 2, noise: lambda * w)
          })
        for (index, level) in levels.enumerated() {
          let (steps, h) = (1 << level, 1 / Double(1 << level))
          var k = 1.5
          for step in 0..<steps {
            let width = finest / steps
            let w = dW[step * width..<(step + 1) * width].reduce(0, +)
            let (a, b) = (drift(Double(step) * h), volatility(Double(step) * h))
            k += k * (a * h + b * w + b * b * (w * w - h) / 2)
          }
          moments[index].add([abs(k - exact)])
        }
      }
      return zip(levels, moments).map {
        Rung(step: 1 / Double(1 << $0), error: $1.mean[0], standardError: $1.standardErrors[0])
      }
    },
    .order("the matrix SDE of Definition 4: σ₁ along its own path", expected: 0.5, margin: 0.15) { solution, setting in
      try matrixLadder(solution, setting)
    },
    .monteCarloMean("K exp(−∫(μ+κ)) is a martingale", blindTo: ["noise against the path": "noise is symmetric in law"]) {
      solution, setting in
      let steps = 8
      let dt = 1 / Double(steps)
      let growth = exp((0..<steps).reduce(0.0) { $0 + drift(Double($1) * dt) * dt })
      return { generator in
        let path = (0..<steps).map { k in
          let lambda = volatility(Double(k) * dt)
          return DynamicsIncrement(
            duration: dt, relativeDrift: drift(Double(k) * dt), itoCorrection: lambda * lambda / 2,
            noise: lambda * dt.squareRoot() * generator.gaussian())
        }
        return [solution(1, path) / growth - 1]
      }
    },
    Check("SGD on digits, pathwise, a ladder of learning rates", .training) { solution, trial in
      judgeOrder(
        try RealPaths.ladder(solution, trial.setting, includesDiscreteStep: true), expected: 1.5, margin: 0.2
      ).relabelled(.training, place: "digits")
    },
  ]

  public static let boundaries = [
    Boundary(
      "SGD on digits with the continuous drift alone", drops: discreteSteps,
      remedy: "add (η/2)(gᵀHg/σ₁ − ⟨J, g⟩²/σ₁²) to the drift of log K, a layer at a time"
    ) { setting in
      judgeOrder(
        try RealPaths.ladder(subject, setting, includesDiscreteStep: false), expected: 1.5, margin: 0.2
      ).relabelled(.training, place: "digits")
    }
  ]

  /// d vec θ = −A(θ − θ*) dt + √η Ω dB by Euler–Maruyama, and σ₁ predicted from coefficients along that path.
  private static func matrixLadder(_ solution: Subject, _ setting: Setting) throws -> [Rung] {
    let (paths, finest, horizon, eta) = (12 * setting.tier.scale, 1 << 9, 0.5, 0.25)
    let levels = [5, 6, 7, 8, 9]
    let fixed = setting.generator("problem")
    func gaussian() -> Matrix<Double> { Matrix(rows: 3, columns: 4) { _, _ in fixed.gaussian() } }
    let basis = try SingularValueDecomposition(gaussian())
    let start = basis.u * .diagonal([3, 1.5, 0.5]) * basis.vTransposed
    // The noise leaves the gap open: its size is a fraction of it over the whole horizon.
    let (target, columns) = (0.5 * start, (0..<2).map { _ in gaussian() / 4 })
    var moments = levels.map { _ in VectorMoments(dimension: 1) }
    for path in 0..<paths {
      let generator = RandomGenerator(stream: setting.name.appending("path \(path)"), seed: setting.seed)
      let dt = horizon / Double(finest)
      let dB = (0..<finest).map { _ in columns.map { _ in dt.squareRoot() * generator.gaussian() } }
      for (index, level) in levels.enumerated() {
        let (steps, h) = (1 << level, horizon / Double(1 << level))
        let width = finest / steps
        var theta = start
        var increments: [DynamicsIncrement] = []
        for step in 0..<steps {
          let gradient = theta - target
          let point = LayerPoint(
            weights: theta, gradient: gradient, sample: DenseGradients(columns), noise: .factor, learningRate: eta)
          let p = try point.projections()
          let c = LayerCoefficients(p, learningRate: eta)
          var noise = 0 * theta
          var projected = 0.0
          for (k, column) in columns.enumerated() {
            let w = eta.squareRoot() * dB[step * width..<(step + 1) * width].reduce(0) { $0 + $1[k] }
            noise += column * w
            projected += p.perSample[k] * w
          }
          increments.append(
            DynamicsIncrement(
              duration: h, relativeDrift: c.mu + c.kappa, itoCorrection: c.lambdaSquared / 2, noise: projected))
          theta = theta - h * gradient + noise
        }
        let sigma = try SingularValueDecomposition(theta).values[0]
        moments[index].add([pow(log(solution(3, increments) / sigma), 2)])
      }
    }
    // Root mean squares, with the standard error carried through the root.
    return zip(levels, moments).map { level, m in
      let rms = m.mean[0].squareRoot()
      return Rung(
        step: horizon / Double(1 << level), error: rms, standardError: m.standardErrors[0] / (2 * rms))
    }
  }
}

/// Real SGD runs on the digits, compared step by step with the integral formula.
enum RealPaths {
  struct Run: Sendable {
    /// log K(T) − log K(0), as it happened.
    let observed: Double
    /// The increments with the continuous drift, and what discrete steps add to it.
    let increments: [DynamicsIncrement]
    let discreteSteps: [Double]
  }

  /// Root mean square of log K(T) − log K_formula(T) at fixed T, over a ladder of learning rates.
  static func ladder(
    _ solution: IntegralDynamics.Subject, _ setting: Setting, includesDiscreteStep: Bool
  ) throws -> [Rung] {
    try RunCache.shared.runs(setting.seed, setting.tier).map { eta, runs in
      var moments = VectorMoments(dimension: 1)
      for run in runs {
        let increments = zip(run.increments, run.discreteSteps).map { item, extra in
          DynamicsIncrement(
            duration: item.duration, relativeDrift: item.relativeDrift + (includesDiscreteStep ? extra : 0),
            itoCorrection: item.itoCorrection, noise: item.noise)
        }
        let error = log(solution(1, increments)) - run.observed
        moments.add([error * error])
      }
      let rms = moments.mean[0].squareRoot()
      return Rung(step: eta, error: rms, standardError: moments.standardErrors[0] / (2 * rms))
    }
  }

  /// Runs at learning rates η = T/k, all from the same initial network, with batches of four.
  static func simulate(seed: UInt64, tier: Tier) throws -> [(eta: Double, runs: [Run])] {
    let population = try DigitsPopulation.shared.get()
    let (horizon, batch, count) = (0.4, 4, 40 * tier.scale)
    return try [8, 16, 32, 64].map { steps in
      let eta = horizon / Double(steps)
      let descent = StochasticGradientDescent(on: population.samples, learningRate: try LearningRate(eta))
      let ensemble = SGDEnsemble(descent, from: population.network) { run in
        UniformBatches(
          batchSize: batch, population: population.count,
          stream: StreamName("RealPaths", "\(steps) steps", "run \(run)"), seed: seed)
      }
      let runs = ensemble.run(count, steps: steps, workers: 1) { _ in
        (log: [DynamicsIncrement](), extra: [Double](), failure: String?.none)
      } observe: { state, step in
        do {
          let layers = population.layers(at: step.network, batchSize: batch, learningRate: eta)
          let projections = try layers.map { try $0.projections() }
          let c = try NetworkCoefficients(projections, noise: layers[0].noise, learningRate: eta)
          // The noise as it was realised: the batch's gradient minus the full one, through J/σ₁.
          let noise = zip(projections, step.layers).reduce(0.0) { sum, item in
            let (p, layer) = item
            let scores = layer.deltas.transposedTimes(p.triplet.u).dot(layer.inputs.transposedTimes(p.triplet.v))
            return sum - eta * (scores / Double(batch) / p.triplet.sigma - p.gradient)
          }
          state.log.append(
            DynamicsIncrement(
              duration: eta, relativeDrift: c.mu + c.kappa, itoCorrection: c.layerwiseLambdaSquared / 2, noise: noise))
          state.extra.append(c.logDiscreteStep)
        } catch { state.failure = "\(error)" }
      }
      let origin = DigitsPopulation.logNorms(population.network).reduce(0, +)
      return (
        eta,
        try runs.map { run in
          if let failure = run.state.failure {
            throw HypothesisViolation(field: "path", value: failure, requirement: "σ₁ simple along the path")
          }
          return Run(
            observed: DigitsPopulation.logNorms(run.network).reduce(0, +) - origin, increments: run.state.log,
            discreteSteps: run.state.extra)
        }
      )
    }
  }
}
