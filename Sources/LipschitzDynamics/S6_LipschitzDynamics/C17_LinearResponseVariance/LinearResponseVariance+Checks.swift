// Linear response against every path of a rational SGD, a closed form, kicks to a real network, and an ensemble of runs.

internal import DenseLinearAlgebra
internal import ExactArithmetic
private import Glibc
internal import NetworkTraining
internal import RandomStreams
public import VerificationKit

extension LinearResponseVariance {
  public static let checks: [Check<ResponseVariance>] = [
    .exactIdentity("every path of SGD on quadratic losses in the plane, in rationals") { response, _ in
      try (1...4).map { steps in
        let descent = QuadraticDescent(steps: steps)
        return Identity(
          "\(steps) steps", claimed: try response.variance(descent, at: steps), expected: descent.varianceOverAllPaths()
        )
      }
    },
    .roundOffIdentity("one parameter with constant curvature: a geometric series", blindTo: constantEverywhere) {
      response, _ in
      try [(0.1, 1.0, 7), (0.5, 3.0, 40), (0.01, 0.2, 300)].map { eta, a, steps in
        let descent = ScalarDescent(learningRate: eta, curvature: a, noise: 0.7)
        // η²s²(1 − r^{2k})/(1 − r²), r = 1 − ηa.
        let ratio = 1 - eta * a
        let expected = eta * eta * 0.7 * (1 - pow(ratio, Double(2 * steps))) / (1 - ratio * ratio)
        return NumericIdentity(
          "η = \(eta), a = \(a), \(steps) steps", claimed: try response.variance(descent, at: steps),
          expected: expected, operations: 8 * steps)
      }
    },
    .derivative("kicks to a digits network, carried to the end by full-batch descent") { response, setting in
      let generator = setting.generator("kicks")
      return try [(kick: 3, end: 12), (kick: 6, end: 7), (kick: 1, end: 20)].map { kick, end in
        let descent = try KickedDescent(kick: kick, end: end, generator)
        let size = try response.variance(descent, at: end).squareRoot() / descent.learningRate
        // A variance has no sign: the derivative's is read off one difference.
        let sign = try descent.observable(1e-4) < descent.observable(-1e-4) ? -1.0 : 1
        return TaylorCase("kick at step \(kick) of \(end)", derivatives: [sign * size], reach: 0.5, noise: 256) {
          try descent.observable($0)
        }
      }
    },
    .order(
      "linear regression with a noise that depends on θ: the relative error falls like 1/M", expected: 1,
      blindTo: [chainFromStart: "the observable's gradient is constant here"]
    ) { response, _ in
      try [4, 8, 16, 32, 64, 128].map { size in
        let regression = RegressionDescent(learningRate: 0.1, batchSize: size)
        let exact = regression.exactVariance(at: 12)
        return Rung(step: 1 / Double(size), error: abs(try response.variance(regression, at: 12) / exact - 1))
      }
    },
    Check("an ensemble of SGD runs on digits at five times", .training, blindTo: belowNoise) { response, trial in
      let ensemble = try DigitsSpread.shared(trial.setting)
      let predictions = try ensemble.steps.map { try response.variance(ensemble.path, at: $0) }
      return try ensemble.judge(predictions)
    },
  ]

  private static let chainFromStart = "chain begun at ∇log K(θ_0)"
  private static let constantEverywhere = [
    chainFromStart: "the observable's gradient is constant here",
    "noise and curvature frozen at θ_0": "noise and curvature are constant here",
  ]
  private static let belowNoise = [
    "p_k for p_{k+1}": "a step's own damping takes some four to nine percent here, less than this ensemble can refute",
    chainFromStart: "σ₁ grows some ten percent: five to twenty-two percent of the variance, at the edge of refutation",
    "noise and curvature frozen at θ_0": "five to twenty-two percent of the variance, at the edge of refutation",
  ]

  public static let boundaries = [
    Boundary(
      "SGD on digits with one sample a step", drops: smallNoise,
      remedy:
        "lower η/M until the ratio stays at one (lipdyn variance --batch-size 64 16 4), or use an ensemble's own variance"
    ) { setting in
      let noisy = try DigitsSpread(
        setting, learningRate: 0.2, batchSize: 1, runs: 2_000 * setting.tier.scale, steps: (1...5).map { 20 * $0 })
      return try noisy.judge(noisy.steps.map { try subject.variance(noisy.path, at: $0) })
    },
    Boundary(
      "epoch shuffling: the batches of an epoch are disjoint; at ends of epochs", drops: independence,
      remedy: "use the ensemble's own variance; the noise of a whole epoch cancels to first order in η"
    ) { setting in
      let shuffled = try DigitsSpread(
        setting, sampling: .epochShuffling, learningRate: 0.05, batchSize: 20, runs: 500 * setting.tier.scale,
        steps: (1...5).map { 40 * $0 })
      return try shuffled.judge(shuffled.steps.map { try subject.variance(shuffled.path, at: $0) })
    },
  ]
}
