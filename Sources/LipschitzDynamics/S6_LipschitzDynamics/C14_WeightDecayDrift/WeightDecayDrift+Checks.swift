// The added terms exactly, in the dynamics of a real network, in idle steps, and over every step of real SGD.

internal import DenseLinearAlgebra
internal import ExactArithmetic
private import Glibc
internal import NetworkTraining
public import VerificationKit

extension WeightDecayDrift {
  private static func blind(_ names: [String], _ reason: String) -> [String: String] {
    Dictionary(uniqueKeysWithValues: names.map { ($0, reason) })
  }

  public static let checks: [Check<Subject>] = [
    .exactIdentity("rational triplets", blindTo: blind(idleStepOnly, "the terms are per unit of time")) { effect, _ in
      // Dyadic w and η: every product with them is exact in floating point, too.
      let (w, eta) = (Rational(3, 64), Rational(1, 8))
      let added = RationalSVD.examples.map { AddedTerms($0, decay: w, learningRate: eta) }
      let weights = RationalSVD.examples.map { dense($0.theta) }
      let claimed = try effect(weights, w.approximation, eta.approximation)
      return [
        Identity("μ_Z", claimed: claimed.drift, expected: added.map(\.drift).sum.approximation),
        Identity("λ²", claimed: claimed.diffusion, expected: added.map(\.diffusion).sum.approximation),
        Identity("κ_Z", claimed: claimed.noiseCurvature, expected: added.map(\.noiseCurvature).sum.approximation),
        Identity(
          "gᵀHg", claimed: claimed.gradientCurvature, expected: added.map(\.gradientCurvature).sum.approximation),
      ]
    },
    .roundOffIdentity(
      "dynamics of the digits network with and without decay",
      blindTo: blind(
        idleStepOnly, "the terms are per unit of time")
    ) { effect, _ in
      let (w, eta) = (0.3, 0.25)
      let network = try DigitsPopulation.shared.get().network
      let (plain, decayed) = try coefficients(decay: w, learningRate: eta).get()
      let claimed = try effect(network.weights, w, eta)
      func identity(
        _ place: String, _ value: KeyPath<LayerCoefficients, Double>, _ claimed: Double
      ) -> NumericIdentity {
        let (before, after) = (plain.map { $0[keyPath: value] }, decayed.map { $0[keyPath: value] })
        return NumericIdentity(
          place, claimed: claimed, expected: after.sum - before.sum, magnitude: w + after.sum.magnitude,
          operations: 64 * 16, condition: condition(network.weights))
      }
      return [
        identity("μ_Z", \.mu, claimed.drift), identity("λ²", \.lambdaSquared, claimed.diffusion),
        identity("κ_Z", \.kappa, claimed.noiseCurvature), identity("gᵀHg", \.discreteStep, claimed.gradientCurvature),
      ]
    },
    .roundOffIdentity(
      "steps without a gradient", blindTo: blind(besideDrift, "without a gradient there is neither noise nor curvature")
    ) { effect, setting in
      try [0.01, 0.5, 2].map { w in
        let eta = 0.2
        let layers = try SpectralSamples.matrices(setting).map(\.theta)
        let change = try layers.map { theta in
          let step = theta - eta * w * theta
          return log(try SingularValueDecomposition(step).values[0] / SingularValueDecomposition(theta).values[0])
        }.sum
        return NumericIdentity(
          "w = \(w)", claimed: try effect(layers, w, eta).idleStep, expected: change,
          magnitude: Double(layers.count), operations: 64)
      }
    },
    Check(
      "every SGD step with one digit, with decay against without: ΔZ to second order", .training,
      blindTo: blind(besideDrift, "to leading order decay moves the mean alone").merging(
        blind(idleStepOnly, "gradients do not vanish here")
      ) { a, _ in a }
    ) { effect, _ in
      let weights = try DigitsPopulation.shared.get().network.weights
      let rungs = try steps.get().map { rung in
        let claimed = try effect(weights, decay, rung.learningRate)
        return Rung(step: rung.learningRate, error: abs(rung.difference - rung.learningRate * claimed.drift))
      }
      return judgeOrder(rungs, expected: 2).relabelled(.training, place: "digits")
    },
  ]

  public static let boundaries = [
    Boundary(
      "decay decoupled from the learning rate: a step subtracts wθ", drops: coupled,
      remedy: "per unit of time use −log(1 − w)/η for w, which is w/η for small w"
    ) { _ in
      let network = try DigitsPopulation.shared.get().network
      let eta = 0.005
      // What one step changes of Z: not in proportion to η, and so no rate.
      let changes = try [eta, eta / 2].map { try meanDifference(decay: decay / $0, learningRate: $0) }
      let found = FirstOrderLimit(step: changes[0], half: changes[1])
      let claimed = try effect(on: network.weights, decay: decay, learningRate: eta).drift
      // As if the gradient's own decay were w/η.
      let decoupled = try effect(on: network.weights, decay: decay / eta, learningRate: eta).idleStep
      guard found.agrees(with: decoupled), !found.agrees(with: eta * claimed) else {
        return .inconclusive("a step changes Z by \(found), claimed \(eta * claimed), decoupled \(decoupled)")
      }
      return .refuted(
        Counterexample(
          at: "w = \(decay), η = \(eta), digits", claimed: "log K falls at the rate Lw = \(-claimed)",
          found: "\(rounded(-changes[0] / eta)), where −L log(1 − w)/η is \(rounded(-decoupled / eta)), and "
            + "\(rounded(-changes[1] / (eta / 2))) at half of η"))
    },
    Boundary(
      "a layer without decay", drops: everyLayer, remedy: "count the decayed layers; rates that differ add up"
    ) { _ in
      let network = try DigitsPopulation.shared.get().network
      let eta = 1e-3
      let rates = try [eta, eta / 2].map { try meanDifference(decay: decay, learningRate: $0, layers: [0]) / $0 }
      let found = FirstOrderLimit(step: rates[0], half: rates[1])
      let claimed = try effect(on: network.weights, decay: decay, learningRate: eta).drift
      let counted = try effect(on: [network.weights[0]], decay: decay, learningRate: eta).drift
      guard found.agrees(with: counted), !found.agrees(with: claimed) else {
        return .inconclusive("rate \(found), not \(counted)")
      }
      return .refuted(
        Counterexample(
          at: "w = \(decay) on the first of two layers", claimed: "log K falls at the rate 2w = \(-claimed)",
          found: "\(rounded(-found.value))"))
    },
  ]

  private static func rounded(_ x: Double) -> Double { (x * 1000).rounded() / 1000 }

  /// w of the training checks.
  private static let decay = 0.4

  private struct DecayRung: Sendable {
    let learningRate: Double
    /// Mean over all steps with one digit of ΔZ with decay minus ΔZ without.
    let difference: Double
  }

  private static let steps = Result {
    try (0..<6).map { rung in
      let eta = 0.02 / Double(1 << rung)
      return DecayRung(learningRate: eta, difference: try meanDifference(decay: decay, learningRate: eta))
    }
  }

  /// Mean of Z after a step with decay minus Z after the same step without, over every digit of a small population.
  private static func meanDifference(
    decay: Double, learningRate eta: Double, layers: [Int] = [0, 1]
  ) throws -> Double {
    let population = try DigitsPopulation.shared.get().first(40)
    let gradients = population.gradients(at: population.network)
    return try (0..<population.count).map { i in
      try layers.map { l in
        let theta = population.network.weights[l]
        let moved = theta - gradients[l].deltas.column(i).outer(eta * gradients[l].inputs.column(i))
        let decayed = moved - eta * decay * theta
        return log(try SingularValueDecomposition(decayed).values[0] / SingularValueDecomposition(moved).values[0])
      }.sum
    }.mean
  }

  /// Theorem 14's coefficients of the digits network's layers, from per-sample gradients g_i and g_i + wθ.
  private static func coefficients(
    decay: Double, learningRate: Double
  ) -> Result<(plain: [LayerCoefficients], decayed: [LayerCoefficients]), any Error> {
    Result {
      let population = try DigitsPopulation.shared.get().first(40)
      func of(_ w: Double) throws -> [LayerCoefficients] {
        try zip(population.network.weights, population.gradients(at: population.network)).map { theta, sample in
          let gradients = (0..<sample.count).map {
            sample.deltas.column($0).outer(sample.inputs.column($0)) + w * theta
          }
          return try LayerDynamics.subject(
            LayerPoint(
              weights: theta, sample: DenseGradients(gradients), noise: .populationWithReplacement(batchSize: 4),
              learningRate: learningRate))
        }
      }
      return (try of(0), try of(decay))
    }
  }

  private static func condition(_ weights: [Matrix<Double>]) -> Double {
    weights.map { theta in
      guard let values = try? SingularValueDecomposition(theta).values else { return .nan }
      return values[0] / (values[0] - values[1])
    }.max() ?? 1
  }

  private static func dense(_ a: FieldMatrix<Rational>) -> Matrix<Double> {
    Matrix(rows: a.rows, columns: a.columns) { a[$0, $1].approximation }
  }
}

/// Exact differences of one layer's terms with and without decay, for two rational per-sample gradients.
private struct AddedTerms {
  let drift: Rational
  let diffusion: Rational
  let noiseCurvature: Rational
  let gradientCurvature: Rational

  init(_ example: RationalSVD, decay w: Rational, learningRate eta: Rational) {
    let (theta, sigma) = (example.theta, example.sigma[0])
    let (u, v) = (example.u.column(0), example.v.column(0))
    let samples = [0, 1].map { shift in
      FieldMatrix<Rational>(rows: theta.rows, columns: theta.columns) {
        Rational(2 * $0 - $1 * $1 + 1 + 3 * shift, $0 + 2 + shift * $1)
      }
    }
    func half(_ a: FieldMatrix<Rational>) -> FieldMatrix<Rational> { a.map { $0 / 2 } }
    func terms(_ gradients: [FieldMatrix<Rational>]) -> [Rational] {
      let mean = half(gradients[0] + gradients[1])
      // Of two samples the covariance is that of ± half their difference.
      let deviation = half(gradients[0] - gradients[1])
      let slope = u.dot(deviation * v)
      return [
        -u.dot(mean * v) / sigma, eta * slope.squared / sigma.squared,
        eta * example.secondDerivative(along: deviation) / (2 * sigma),
        eta * example.secondDerivative(along: mean) / (2 * sigma),
      ]
    }
    let decayed = samples.map { $0 + theta.map { w * $0 } }
    let difference = zip(terms(decayed), terms(samples)).map { $0 - $1 }
    (drift, diffusion, noiseCurvature, gradientCurvature) = (
      difference[0], difference[1], difference[2], difference[3]
    )
  }
}
