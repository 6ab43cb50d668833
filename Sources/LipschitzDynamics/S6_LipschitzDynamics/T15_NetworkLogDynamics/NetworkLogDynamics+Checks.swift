// The network's log-norm against Itô's formula by Taylor expansion, a simulated step, and every step of real SGD.

internal import DenseLinearAlgebra
private import Glibc
internal import RandomStreams
public import VerificationKit

extension NetworkLogDynamics {
  private static let diffusionMutants = [
    "λ summed instead of λ²", "cross-layer terms dropped from the exact diffusion",
  ]
  private static let discreteMutants = ["discrete-step term dropped", "discrete-step term of K instead of log K"]
  private static let seesDrift = blind(diffusionMutants, "a mean sees the drift only")
  private static let seesDiffusion = blind(
    mutants.map(\.name).filter { !diffusionMutants.contains($0) },
    "a second moment to leading order sees the exact diffusion only")
  private static let seesNoSteps = blind(discreteMutants, "continuous time has no such term")

  private static func blind(_ names: [String], _ reason: String) -> [String: String] {
    Dictionary(uniqueKeysWithValues: names.map { ($0, reason) })
  }

  public static let checks: [Check<Subject>] = [
    .roundOffIdentity("Itô's formula from Taylor coefficients of Z, by Richardson", blindTo: seesNoSteps) {
      dynamics, setting in
      let network = try SyntheticNetwork(setting)
      let eta = network.layers[0].learningRate
      // DZ and D²Z along each noise column through all layers at once, extrapolated from values of Z alone.
      let drift = try network.taylor(along: network.layers.map { -1 * $0.gradient })
      let noise = try network.columns.map { try network.taylor(along: $0) }
      let curvature = try network.layerwiseCurvature()
      let expectedDrift = drift.first + eta / 2 * curvature.sum
      let expectedLambda = eta * noise.reduce(0) { $0 + $1.first * $1.first }
      let claimed = try dynamics(network.layers)
      // Richardson's extrapolation keeps about nine digits of a second derivative.
      let extrapolation = 1e5
      return [
        NumericIdentity(
          "drift of Z", claimed: claimed.logDrift, expected: expectedDrift,
          magnitude: abs(drift.first) + eta * curvature.size, operations: 64, condition: extrapolation),
        NumericIdentity(
          "exact λ_Z²", claimed: claimed.exactLambdaSquared, expected: expectedLambda, operations: 64,
          condition: extrapolation),
      ]
    },
    .monteCarloMean(
      "Euler–Maruyama step, layer-wise noise: drift of Z", blindTo: seesDrift.merging(seesNoSteps) { a, _ in a }
    ) {
      dynamics, setting in
      let network = try SyntheticNetwork(setting)
      let c = try dynamics(network.layers)
      return { generator in
        let (up, down) = try network.antitheticPair(generator, sharedNoise: false)
        return [(up + down) / 2 - c.logDrift * network.duration]
      }
    },
    .monteCarloMean(
      "Euler–Maruyama step, one noise for all layers: drift of Z", blindTo: seesDrift.merging(seesNoSteps) { a, _ in a }
    ) {
      dynamics, setting in
      let network = try SyntheticNetwork(setting)
      let c = try dynamics(network.layers)
      return { generator in
        let (up, down) = try network.antitheticPair(generator, sharedNoise: true)
        return [(up + down) / 2 - c.logDrift * network.duration]
      }
    },
    .monteCarloMean("Euler–Maruyama step, one noise for all layers: diffusion of Z", blindTo: seesDiffusion) {
      dynamics, setting in
      let network = try SyntheticNetwork(setting)
      let c = try dynamics(network.layers)
      return { generator in
        let (up, down) = try network.antitheticPair(generator, sharedNoise: true)
        let odd = (up - down) / 2
        return [odd * odd / network.duration - c.exactLambdaSquared]
      }
    },
    Check("every SGD step with one digit: drift of Z to third order", .training, blindTo: seesDrift) { dynamics, _ in
      try judgeEnumeration { rung, layers in
        let c = try dynamics(layers)
        return rung.logChange - rung.learningRate * (c.logDrift + c.logDiscreteStep)
      }
    },
    Check("every SGD step with one digit: variance of Z to third order", .training, blindTo: seesDiffusion) {
      dynamics, _ in
      try judgeEnumeration { rung, layers in
        let c = try dynamics(layers)
        let eta = rung.learningRate
        return rung.logSquare - eta * c.exactLambdaSquared - eta * eta * c.mu * c.mu
      }
    },
  ]

  public static let boundaries = [
    Boundary(
      "one batch drives all layers, diffusion summed layer by layer", drops: layerwise,
      remedy: "use the exact λ_Z² = η w Σᵢ(sᵢ − s̄)²: one scalar a sample; Itô's correction keeps the layers' sum"
    ) { _ in
      try judgeEnumeration(insteadOf: 2) { rung, layers in
        let c = try subject(layers)
        let eta = rung.learningRate
        return rung.logSquare - eta * c.layerwiseLambdaSquared - eta * eta * c.mu * c.mu
      }
    }
  ]

  private static func judgeEnumeration(
    insteadOf predicted: Double? = nil, error: (EnumeratedSteps.Rung, [LayerPoint]) throws -> Double
  ) throws -> Verdict {
    let population = try DigitsPopulation.shared.get()
    let ladder = try EnumeratedSteps.shared.get().rungs.map { rung in
      let layers = population.layers(
        at: population.network, batchSize: 1, learningRate: rung.learningRate)
      return Rung(step: rung.learningRate, error: abs(try error(rung, layers)))
    }
    return judgeOrder(ladder, expected: 3, insteadOf: predicted).relabelled(.training, place: "digits, batches of one")
  }
}

/// Two layers whose noise columns come in pairs: column k of every layer belongs to one batch's sample k.
struct SyntheticNetwork: Sendable {
  let layers: [LayerPoint]
  /// Noise columns, one list of layers' matrices a column.
  let columns: [[Matrix<Double>]]
  let duration = 1e-5

  init(_ setting: Setting) throws {
    // Correlated across layers on purpose, but not wholly: sums of λ and of λ² must differ from the exact diffusion.
    let steps = [
      try SyntheticStep(setting, purpose: "layer 0", shares: [1.5, -1, 0.5]),
      try SyntheticStep(setting, purpose: "layer 1", shares: [1.2, -0.4, 1]),
    ]
    let points = steps.map(\.point)
    layers = points
    columns = zip(steps[0].columns, steps[1].columns).map { [$0, $1] }
  }

  private func logNorm(_ moves: [Matrix<Double>], _ step: Double) throws -> Double {
    try zip(layers, moves).reduce(0.0) { sum, item in
      try sum + log(SingularValueDecomposition(item.0.weights + step * item.1).values[0])
    }
  }

  /// DZ and D²Z along a direction through all layers, by central differences with four levels of Richardson.
  func taylor(along direction: [Matrix<Double>]) throws -> (first: Double, second: Double) {
    let origin = try logNorm(direction, 0)
    var first: [Double] = []
    var second: [Double] = []
    for level in 0..<5 {
      let h = 0.04 / Double(1 << level)
      let (up, down) = (try logNorm(direction, h), try logNorm(direction, -h))
      first.append((up - down) / (2 * h))
      second.append((up - 2 * origin + down) / (h * h))
    }
    func extrapolated(_ values: [Double]) -> Double {
      var table = values
      var factor = 4.0
      while table.count > 1 {
        table = zip(table.dropFirst(), table).map { ($0 * factor - $1) / (factor - 1) }
        factor *= 4
      }
      return table[0]
    }
    return (extrapolated(first), extrapolated(second))
  }

  /// Σ_ℓ Σ_k D²(log K⁽ˡ⁾)[ω_k, ω_k], each layer moved alone; and the same sum of magnitudes.
  func layerwiseCurvature() throws -> (sum: Double, size: Double) {
    var total = (sum: 0.0, size: 0.0)
    for l in layers.indices {
      for column in columns {
        var alone = column.map { 0 * $0 }
        alone[l] = column[l]
        let second = try taylor(along: alone).second
        total.sum += second
        total.size += abs(second)
      }
    }
    return total
  }

  /// ΔZ of one Euler–Maruyama step with noise ξ and −ξ, the same ξ in all layers or fresh ones in each.
  func antitheticPair(_ generator: RandomGenerator, sharedNoise: Bool) throws -> (up: Double, down: Double) {
    let scale = (layers[0].learningRate * duration).squareRoot()
    let shared = columns.map { _ in generator.gaussian() }
    var (up, down) = (0.0, 0.0)
    for l in layers.indices {
      var noise = 0 * layers[l].weights
      for (k, column) in columns.enumerated() {
        noise += column[l] * (scale * (sharedNoise ? shared[k] : generator.gaussian()))
      }
      let drifted = layers[l].weights - duration * layers[l].gradient
      let origin = try SingularValueDecomposition(layers[l].weights).values[0]
      up += log(try SingularValueDecomposition(drifted + noise).values[0] / origin)
      down += log(try SingularValueDecomposition(drifted - noise).values[0] / origin)
    }
    return (up, down)
  }
}
