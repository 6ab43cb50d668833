// The exponential formula against Milstein's scheme on a shared path, the matrix SDE, a martingale, and real SGD.

internal import DenseLinearAlgebra
private import Glibc
internal import RandomStreams
public import VerificationKit

extension IntegralDynamics {
  /// Smooth, non-constant coefficients of a synthetic path on [0, 1].
  private static func drift(_ t: Double) -> Double { 0.4 + 0.6 * sin(3 * t) }
  private static func volatility(_ t: Double) -> Double { 0.7 + 0.3 * cos(2 * t) }

  public static let checks: [Check<Subject>] = [
    .order("Milstein's scheme on one Brownian path, a ladder of steps", expected: 1) { solution, setting in
      // K by Milstein, which knows nothing of logarithms, against the formula on the finest grid.
      // With a quarter of the paths a seed in sixty leaves the slope's interval too wide to tell orders apart.
      let (paths, finest) = (1_600 * setting.tier.scale, 1 << 10)
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
    .monteCarloMean("K exp(−∫(μ+κ)) is a martingale", blindTo: ["noise against the path": "noise is symmetric in law"])
    {
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
    .ensembleMean("an ensemble of SGD runs on digits", evidence: .training, blindTo: belowNoise) { solution, setting in
      // The realised noise is in the formula, so what is left is of second order in η: its mean must vanish.
      try RealPaths.ensemble(setting).map { run in
        [(log(solution(1, run.increments(includingDiscreteStep: true))) - run.observed) / run.learningRate]
      }
    },
    Check("every pair of SGD steps with one digit each", .training, blindTo: twoSteps) { solution, _ in
      try judgePairs(solution, includingDiscreteStep: true)
    },
  ]

  private static let meanZero = [
    "noise against the path": "noise enters log K linearly, so all paths' mean is blind to it"
  ]
  private static let slowCoefficients = [
    "first increment's coefficients kept for ever": "this near convergence they hardly change in so few steps"
  ]
  private static let twoSteps = meanZero.merging(slowCoefficients) { a, _ in a }
  private static let belowNoise = Dictionary(
    uniqueKeysWithValues: mutants.map(\.name).filter { $0.contains("½λ²") }
      .map { ($0, "½∫λ² is a hundredth of one run's second-order noise; all pairs of steps resolve it") }
  ).merging(twoSteps) { a, _ in a }

  public static let boundaries = [
    Boundary(
      "every pair of SGD steps with the continuous drift alone", drops: LayerDynamics.continuousTime,
      remedy: "add (η/2)(gᵀHg/σ₁ − ⟨J, g⟩²/σ₁²) to the drift of log K, a layer at a time"
    ) { _ in try judgePairs(subject, includingDiscreteStep: false, insteadOf: 2) },
    Boundary(
      "one SGD step, sampled batches, by the continuous drift alone", drops: LayerDynamics.continuousTime,
      remedy: "the same term: its error is then of order three"
    ) { setting in
      judgeOrder(try SampledDescent.oneStep(setting).map { $0.error(continuousDrift) }, expected: 3, insteadOf: 2)
        .relabelled(.training, place: "digits, one step")
    },
    Boundary(
      "SGD to a fixed time by the continuous drift alone", drops: LayerDynamics.continuousTime,
      remedy: "the same term, summed along the path: its error is then of order two (DiscreteStepCorrection)"
    ) { setting in
      judgeOrder(try SampledDescent.toFixedTime(setting).map { $0.error(continuousDrift) }, expected: 2, insteadOf: 1)
        .relabelled(.training, place: "digits, fixed time")
    },
    Boundary(
      "one noise drives two layers, and Itô's correction takes the exact λ_Z²", drops: NetworkLogDynamics.layerwise,
      remedy: "correct with ½Σ‖λ⁽ˡ⁾‖², a layer at a time; only the diffusion takes the exact λ_Z²"
    ) { _ in
      // dK⁽ˡ⁾ = λK⁽ˡ⁾dW for two layers with one W: each is exp(λW − λ²t/2), whatever the other does.
      let (lambda, t, w) = (0.5, 2.0, 0.7)
      let found = pow(exp(lambda * w - lambda * lambda * t / 2), 2)
      let exactLambdaSquared = (2 * lambda) * (2 * lambda)
      let claimed = subject(
        1,
        [
          DynamicsIncrement(
            duration: t, relativeDrift: 0, itoCorrection: exactLambdaSquared / 2, noise: 2 * lambda * w)
        ])
      guard abs(claimed - found) > 1e-6 * found else { return .inconclusive("both give \(found)") }
      return .refuted(
        Counterexample(at: "λ = ½, t = 2, W(t) = 0.7", claimed: "K = \(claimed)", found: "K = \(found)"))
    },
  ]

  /// The formula's mean change of log K over one step: what is left of it when the noise is taken off.
  private static let continuousDrift: DiscreteStepCorrection.Subject = { layers, eta in
    let drift = layers.reduce(0.0) { $0 + $1.mu + $1.kappa }
    let correction = layers.reduce(0.0) { $0 + $1.lambdaSquared / 2 }
    return log(
      subject(1, [DynamicsIncrement(duration: eta, relativeDrift: drift, itoCorrection: correction, noise: 0)]))
  }

  private static func judgePairs(
    _ solution: Subject, includingDiscreteStep: Bool, insteadOf predicted: Double? = nil
  ) throws -> Verdict {
    let ladder = try RealPaths.pairs().map { eta, paths in
      let errors = paths.map {
        log(solution(1, $0.increments(includingDiscreteStep: includingDiscreteStep))) - $0.observed
      }
      return Rung(step: eta, error: abs(errors.reduce(0, +) / Double(errors.count)))
    }
    return judgeOrder(ladder, expected: 3, insteadOf: predicted).relabelled(.training, place: "digits, two steps")
  }

  /// Root mean square of log(formula/σ₁) at fixed time, over a ladder of steps.
  private static func matrixLadder(_ solution: Subject, _ setting: Setting) throws -> [Rung] {
    try SyntheticPaths.ladder(setting).map { step, paths in
      var moments = VectorMoments(dimension: 1)
      for path in paths { moments.add([pow(log(solution(path.initial, path.increments) / path.final), 2)]) }
      let rms = moments.mean[0].squareRoot()
      // The standard error, carried through the root.
      return Rung(step: step, error: rms, standardError: moments.standardErrors[0] / (2 * rms))
    }
  }
}
