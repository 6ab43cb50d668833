// One layer's dynamics against dense matrices, a simulated SDE step, and every possible step of real SGD.

internal import DenseLinearAlgebra
internal import NetworkTraining
internal import RandomStreams
public import VerificationKit

extension LayerDynamics {
  private static let continuousOnly = [
    "discrete-step term dropped": "continuous time has no such term",
    "discrete-step term without its ½": "continuous time has no such term",
  ]
  private static let driftOnly = [
    "η for √η in the diffusion": "a mean sees the drift only", "λ for λ²": "a mean sees the drift only",
  ]
  private static let diffusionOnly: [String: String] = Dictionary(
    uniqueKeysWithValues: mutants.map(\.name).filter { driftOnly[$0] == nil }
      .map { ($0, "a second moment to leading order sees the diffusion only") })

  public static let checks: [Check<Subject>] = [
    .roundOffIdentity("dense Σ and the spectral Hessian, from per-sample gradients written out") { dynamics, setting in
      let generator = setting.generator("layer")
      return try [(5, 4), (4, 6)].flatMap { m, n -> [NumericIdentity] in
        let batch = randomPoint(m, n, batch: 6, generator)
        let given = LayerPoint(
          weights: batch.weights, gradient: Matrix(rows: m, columns: n) { _, _ in generator.gaussian() },
          sample: batch.sample, noise: .batchEstimate, learningRate: batch.learningRate)
        return try [("gradient of the batch", batch), ("gradient given", given)].flatMap { label, point in
          let (expected, magnitude) = try denseCoefficients(point)
          let claimed = try dynamics(point)
          let svd = try SingularValueDecomposition(point.weights)
          // Sums cancel, so each value is judged beside the terms that it is made of.
          func identity(_ name: String, _ value: KeyPath<LayerCoefficients, Double>) -> NumericIdentity {
            NumericIdentity(
              "\(m) x \(n), \(label), \(name)", claimed: claimed[keyPath: value], expected: expected[keyPath: value],
              magnitude: magnitude[keyPath: value], operations: 40 * m * n,
              condition: svd.values[0] / (svd.values[0] - svd.values[1]))
          }
          return [
            identity("μ", \.mu), identity("κ", \.kappa), identity("λ²", \.lambdaSquared),
            identity("discrete step", \.discreteStep), identity("⟨J, g⟩²", \.relativeGradientSquared),
          ]
        }
      }
    },
    .monteCarloMean(
      "Euler–Maruyama step of Definition 4: drift", blindTo: driftOnly.merging(continuousOnly) { a, _ in a }
    ) {
      dynamics, setting in
      let step = try SyntheticStep(setting)
      let c = try dynamics(step.point)
      return { generator in
        let (up, down) = try step.antitheticPair(generator)
        // The mean of the pair has no term linear in the noise, so what is left is all curvature.
        return [(up + down) / 2 - (c.mu + c.kappa) * step.duration]
      }
    },
    .monteCarloMean(
      "Euler–Maruyama step of Definition 4: diffusion", blindTo: diffusionOnly.merging(continuousOnly) { a, _ in a }
    ) { dynamics, setting in
      let step = try SyntheticStep(setting)
      let c = try dynamics(step.point)
      return { generator in
        let (up, down) = try step.antitheticPair(generator)
        let odd = (up - down) / 2
        return [odd * odd / step.duration - c.lambdaSquared]
      }
    },
    Check("every SGD step with one digit: drift to third order", .training, blindTo: driftOnly) { dynamics, trial in
      try judgeEnumeration(expected: 3) { rung, layer, point in
        let c = try dynamics(point)
        return rung.relativeChange[layer] - rung.learningRate * (c.mu + c.kappa + c.discreteStep)
      }
    },
    Check(
      "every SGD step with one digit: second moment to third order", .training,
      blindTo: diffusionOnly.filter { !$0.key.contains("μ") || $0.key.contains("sign") }
    ) { dynamics, trial in
      try judgeEnumeration(expected: 3) { rung, layer, point in
        let c = try dynamics(point)
        let eta = rung.learningRate
        return rung.relativeSquare[layer] - eta * c.lambdaSquared - eta * eta * c.mu * c.mu
      }
    },
  ]

  public static let boundaries = [
    Boundary(
      "discrete SGD steps predicted by the continuous drift alone", drops: continuousTime,
      remedy: "add (η/2) gᵀHg/σ₁ to the drift when comparing with SGD; it does not shrink with the batch size"
    ) { _ in
      try judgeEnumeration(expected: 3, insteadOf: 2) { rung, layer, point in
        let c = try subject(point)
        return rung.relativeChange[layer] - rung.learningRate * (c.mu + c.kappa)
      }
    }
  ]

  /// The worst verdict over layers on "this error of the exact mean over all batches falls with the given power".
  static func judgeEnumeration(
    expected: Double, insteadOf predicted: Double? = nil,
    error: (EnumeratedSteps.Rung, Int, LayerPoint) throws -> Double
  ) throws -> Verdict {
    let population = try DigitsPopulation.shared.get()
    let rungs = try EnumeratedSteps.shared.get().rungs
    var used: Verdict = .inconclusive("no layer was examined")
    for layer in population.network.weights.indices {
      let ladder = try rungs.map { rung in
        let point = population.layers(
          at: population.network, batchSize: 1, learningRate: rung.learningRate)[layer]
        return Rung(step: rung.learningRate, error: abs(try error(rung, layer, point)))
      }
      used = judgeOrder(ladder, expected: expected, insteadOf: predicted)
        .relabelled(.training, place: "layer \(layer)")
      guard used.isSupported else { return used }
    }
    return used
  }

  static func randomPoint(_ m: Int, _ n: Int, batch: Int, _ generator: RandomGenerator) -> LayerPoint {
    func gaussian(_ rows: Int, _ columns: Int) -> Matrix<Double> {
      Matrix(rows: rows, columns: columns) { _, _ in generator.gaussian() }
    }
    return LayerPoint(
      weights: gaussian(m, n), sample: RankOneGradients(deltas: gaussian(m, batch), inputs: gaussian(n, batch)),
      noise: .batchEstimate, learningRate: 0.3)
  }

  /// The coefficients from dense per-sample gradients and the spectral form, and the sizes of the terms in them.
  private static func denseCoefficients(
    _ point: LayerPoint
  ) throws -> (value: LayerCoefficients, magnitude: LayerCoefficients) {
    guard let sample = point.sample as? RankOneGradients<Double> else {
      throw HypothesisViolation(field: "sample", value: "dense", requirement: "this oracle reads rank-one factors")
    }
    let gradients = (0..<sample.count).map { sample.deltas.column($0).outer(sample.inputs.column($0)) }
    let m = Double(gradients.count)
    let mean = gradients.dropFirst().reduce(gradients[0], +) / m
    let at = try SpectralPoint(point.weights)
    let (sigma, j) = (at.svd.values[0], at.svd.u.column(0).outer(at.svd.v(0)))
    let centred = gradients.map { $0 - mean }
    let curvature = centred.reduce(0.0) { $0 + OperatorNormHessian.spectral(at, $1) } / (m * (m - 1)) / sigma
    let spread = centred.reduce(0.0) { $0 + j.inner($1) * j.inner($1) } / (m * (m - 1)) / (sigma * sigma)
    let (eta, slope) = (point.learningRate, j.inner(point.gradient) / sigma)
    let bend = OperatorNormHessian.spectral(at, point.gradient) / sigma
    // From the batch's own mean, the noise's share is taken off.
    let own = point.gradientNoise
    let size = point.gradient.frobeniusNorm / sigma
    return (
      LayerCoefficients(
        mu: -slope, kappa: eta / 2 * curvature, lambdaSquared: eta * spread,
        discreteStep: eta / 2 * (bend - own * curvature), relativeGradientSquared: slope * slope - own * spread),
      LayerCoefficients(
        mu: size, kappa: eta / 2 * curvature, lambdaSquared: eta * (spread + size * size),
        discreteStep: eta / 2 * (bend + curvature), relativeGradientSquared: size * size + spread)
    )
  }
}

/// One short Euler–Maruyama step of Definition 4 with a fixed gradient and a noise factor of rank three.
struct SyntheticStep: Sendable {
  let point: LayerPoint
  /// So short that the third-order error of the step is far below the sampling error.
  let duration = 1e-5
  let columns: [Matrix<Double>]
  private let sigma: Double

  init(_ setting: Setting, purpose: String = "layer", shares: [Double] = [1.5, -1, 0.5]) throws {
    let generator = setting.problem(purpose)
    func gaussian() -> Matrix<Double> { Matrix(rows: 4, columns: 6) { _, _ in generator.gaussian() } }
    let basis = try SingularValueDecomposition(gaussian())
    // A spectrum with a fixed gap, so that the step's quality does not depend on the seed.
    let values = Vector([2.0, 1.2, 0.7, 0.3])
    let weights = basis.u * .diagonal(values) * basis.vTransposed
    // A share of every column along J, so that diffusion and curvature are of one size.
    let jacobian = basis.u.column(0).outer(basis.v(0))
    columns = shares.map { gaussian() + $0 * jacobian }
    sigma = values[0]
    point = LayerPoint(
      weights: weights, gradient: gaussian(), sample: DenseGradients(columns), noise: .factor, learningRate: 0.25)
  }

  /// K₁/K₀ − 1 after the step with noise ξ and with −ξ.
  func antitheticPair(_ generator: RandomGenerator) throws -> (up: Double, down: Double) {
    let scale = (point.learningRate * duration).squareRoot()
    let noise = columns.dropFirst().reduce(columns[0] * (scale * generator.gaussian())) {
      $0 + $1 * (scale * generator.gaussian())
    }
    return try move(noise)
  }

  func move(_ noise: Matrix<Double>) throws -> (up: Double, down: Double) {
    let drifted = point.weights - duration * point.gradient
    func relative(_ theta: Matrix<Double>) throws -> Double {
      try SingularValueDecomposition(theta).values[0] / sigma - 1
    }
    return (try relative(drifted + noise), try relative(drifted - noise))
  }
}

extension Verdict {
  /// The same verdict as evidence of another kind, at a named place.
  func relabelled(_ evidence: Evidence, place: String) -> Verdict {
    switch self {
    case .supported(let budget):
      .supported(
        ErrorBudget(
          evidence, fractionUsed: budget.fractionUsed, summary: "\(place): \(budget.summary)", pValue: budget.pValue,
          ladder: budget.ladder))
    case .refuted(let c):
      .refuted(
        Counterexample(
          at: "\(place), \(c.place)", claimed: c.claimed, found: c.found, pValue: c.pValue, ladder: c.ladder))
    case .inconclusive(let reason): .inconclusive("\(place): \(reason)")
    }
  }
}
