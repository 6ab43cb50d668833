// Both diffusions over every batch of a small population, exactly, over sampled batches of digits, and over SGD steps.

internal import DenseLinearAlgebra
internal import ExactArithmetic
internal import NetworkTraining
internal import RandomStreams
public import VerificationKit

extension LayerwiseNoise {
  public static let checks: [Check<Subject>] = [
    .exactIdentity("every batch of a population of three layers") { diffusion, _ in
      // Dyadic scores, learning rate and batch sizes: every quotient is exact in floating point, too.
      let scores: [[Rational]] = [
        [1, Rational(-1, 2), 3, 0], [Rational(3, 4), 2, Rational(5, 2), Rational(-1, 4)], [2, Rational(1, 2), -1, 1],
      ]
      let eta = Rational(1, 4)
      return try [1, 2, 4].flatMap { size in
        let claimed = try diffusion(scores.map { $0.map(\.approximation) }, eta.approximation, size)
        let batches = BatchEnumeration.ordered(size, of: Array(0..<4))
        /// Variance of the change −η s̄ that one step makes, over its duration η.
        func rate(_ score: (Int) -> Rational) -> Double {
          let changes = batches.map { batch in -eta * batch.map(score).mean }
          return ((changes.map(\.squared).mean - changes.mean.squared) / eta).approximation
        }
        return [
          Identity(
            "M = \(size), all layers at once", claimed: claimed.exact, expected: rate { i in scores.map { $0[i] }.sum }),
          Identity(
            "M = \(size), layer by layer", claimed: claimed.layerwise,
            expected: scores.map { layer in rate { layer[$0] } }.sum),
        ]
      }
    },
    .monteCarloMean("batches of digits through both layers") { diffusion, setting in
      let scores = try digitScores()
      let (eta, size) = (0.1, 8)
      let claimed = try diffusion(scores, eta, size)
      let means = scores.map(\.mean)
      return { generator in
        let batch = (0..<size).map { _ in generator.uniform(below: scores[0].count) }
        let noise = zip(scores, means).map { layer, mean in batch.reduce(0) { $0 + layer[$1] } / Double(size) - mean }
        return [eta * noise.sum.squared - claimed.exact, eta * noise.map(\.squared).sum - claimed.layerwise]
      }
    },
    Check("every SGD step with one digit: variances to third order", .training, blindTo: ["lost 1/M": "batches of one"])
    { diffusion, _ in
      let scores = try digitScores()
      let drifts = scores.map { -$0.mean }
      let ladder = try EnumeratedSteps.shared.get().rungs.map { rung in
        let eta = rung.learningRate
        let claimed = try diffusion(scores, eta, 1)
        let whole = rung.logSquare - eta * eta * drifts.sum.squared - eta * claimed.exact
        let layers = rung.relativeSquare.sum - eta * eta * drifts.map(\.squared).sum - eta * claimed.layerwise
        return Rung(step: eta, error: abs(whole) + abs(layers))
      }
      return judgeOrder(ladder, expected: 3).relabelled(.training, place: "digits, batches of one")
    },
  ]

  public static let boundaries = [
    Boundary(
      "a network in training on digits", drops: negligible,
      remedy: "use the exact λ_Z²: one number a sample, at no further cost"
    ) { _ in
      let scores = try digitScores()
      let claimed = try subject(scores, 1, 1)
      // What the smallest of the enumerated steps did to Z itself: no scores, no derivatives.
      guard let rung = try EnumeratedSteps.shared.get().rungs.last else { return .inconclusive("there is no step") }
      let eta = rung.learningRate
      let found = (rung.logSquare - rung.logChange * rung.logChange) / eta / eta
      guard 3 * abs(found - claimed.exact) < abs(found - claimed.layerwise) else {
        return .inconclusive("Var ΔZ/η² = \(found), between \(claimed)")
      }
      return .refuted(
        Counterexample(
          at: "all \(scores[0].count) SGD steps with one digit, η = \(eta)",
          claimed: "Var ΔZ/η² = \(decimals(claimed.layerwise)), layer by layer",
          found: "\(decimals(found)), \(decimals(found / claimed.layerwise)) times as much"))
    }
  ]

  /// ⟨J⁽ˡ⁾, gᵢ⁽ˡ⁾⟩/σ₁⁽ˡ⁾ of the two hundred digits, from singular vectors and rank-one gradients.
  private static func digitScores() throws -> [[Double]] {
    let population = try DigitsPopulation.shared.get()
    return try zip(population.network.weights, population.gradients(at: population.network)).map { weights, sample in
      let svd = try SingularValueDecomposition(weights)
      let (left, right) = (sample.deltas.transposedTimes(svd.u.column(0)), sample.inputs.transposedTimes(svd.v(0)))
      return left.indices.map { left[$0] * right[$0] / svd.values[0] }
    }
  }

  private static func decimals(_ x: Double) -> Double { (x * 10_000).rounded() / 10_000 }
}
