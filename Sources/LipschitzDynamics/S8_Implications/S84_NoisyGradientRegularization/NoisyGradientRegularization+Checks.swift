// The exponent by quadrature in the other time, by a solvable process, by short noisy steps, and by training on digits.

internal import DenseLinearAlgebra
private import Glibc
internal import NetworkTraining
internal import RandomStreams
public import VerificationKit

extension NoisyGradientRegularization {
  private static let constantRates = [printed: "rates that are constant over one step cannot tell t from αt"]
  private static let noiseless = Dictionary(
    uniqueKeysWithValues: noiseMutants.map { ($0.name, "both runs are driven by the same gradients, without κ") })

  public static let checks: [Check<Subject>] = [
    .quadrature("rates integrated over the scaled run's own time") { exponent, _ in
      let reference = IntegratedRates(
        optimization: { 0.8 * -expm1(-$0) - 0.1 * $0 }, curvature: { 0.3 * $0 / (1 + $0) },
        injected: { 0.2 * $0 + 0.1 * (1 - cos($0)) })
      return try [(0.25, 3.0), (0.6, 1.5), (0.9, 4)].map { alpha, t in
        QuadratureCase("α = \(alpha), t = \(t)", claimed: try exponent(reference, alpha, t), from: 0, to: t) { s in
          let tau = alpha * s
          let (mu, kappa) = (0.8 * exp(-tau) - 0.1, 0.3 / ((1 + tau) * (1 + tau)))
          return alpha * mu + alpha * alpha * kappa + (1 - alpha) * (1 - alpha) * (0.2 + 0.1 * sin(tau))
        }
      }
    },
    .order("exact means of Euler's scheme for a layer in R³", expected: 1) { exponent, _ in
      let layer = ProportionalLayer()
      let (alpha, t) = (0.6, 2.0)
      let claimed = exp(try exponent(layer.reference, alpha, t))
      return (5...11).map { level in
        let steps = 1 << level
        return Rung(step: t / Double(steps), error: abs(layer.mean(alpha, until: t, steps: steps) - claimed))
      }
    },
    .ensembleMean("one short step with Gaussian and uniform noise", evidence: .monteCarlo, blindTo: constantRates) {
      exponent, setting in
      let sample = try InjectedShortStep.sample(setting)
      let claimed = try exponent(sample.reference, InjectedShortStep.alpha, sample.duration)
      return sample.growth.map { pair in pair.map { ($0 - claimed) / sample.duration } }
    },
    Check("every SGD step with one digit and injected noise, to third order", .training, blindTo: constantRates) {
      exponent, _ in
      let ladder = try InjectedSGDSteps.ladder.get().map { rung in
        // What discrete steps add to Theorem 14's drift is quadratic in the gradient.
        let claimed = try exponent(rung.reference, InjectedSGDSteps.alpha, rung.learningRate) + rung.discreteStep
        return Rung(step: rung.learningRate, error: abs(rung.growth - claimed))
      }
      return judgeOrder(ladder, expected: 3).relabelled(.training, place: "digits, last layer")
    },
    Check("gradient flow on digits, by descent with ever smaller steps", .training, blindTo: noiseless) {
      exponent, _ in
      let ladder = try GradientFlowPair.ladder.get().map { pair in
        let claimed = try exponent(pair.reference, GradientFlowPair.alpha, GradientFlowPair.time)
        return Rung(step: pair.learningRate, error: abs(pair.growth - claimed))
      }
      return judgeOrder(ladder, expected: 1).relabelled(.training, place: "digits")
    },
    .roundOffIdentity("SGD on digits with αg at η is SGD with g at αη", blindTo: noiseless) { exponent, setting in
      let pair = try ScaledRuns(setting)
      return [
        NumericIdentity(
          "\(pair.steps) steps", claimed: try exponent(pair.reference, ScaledRuns.alpha, pair.time),
          expected: pair.growth, magnitude: 1, operations: pair.operations)
      ]
    },
  ]

  public static let boundaries = [
    Boundary(
      "descent on digits with half of the gradient, predicted from a run with all of it", drops: ownPath,
      remedy: "take the reference run's integrals up to αt: the scaled run is the same path, followed more slowly"
    ) { _ in
      let (alpha, t) = (0.5, 6.0)
      let pairs = try [128, 256].map { try GradientFlowPair(gradientScale: alpha, time: t, steps: $0) }
      func limit(_ value: (GradientFlowPair) throws -> Double) rethrows -> FirstOrderLimit {
        FirstOrderLimit(step: try value(pairs[0]), half: try value(pairs[1]))
      }
      let printed = limit { alpha * $0.reference.optimization(t) }
      let corrected = try limit { try subject($0.reference, alpha, t) }
      let found = limit { $0.growth }
      let fits = abs(corrected.value - found.value) <= corrected.error + found.error
      guard fits, abs(printed.value - found.value) > printed.error + found.error else {
        return .inconclusive("α∫μ = \(printed.value), up to αt \(corrected.value), log K grew by \(found.value)")
      }
      return .refuted(
        Counterexample(
          at: "α = \(alpha), t = \(t)", claimed: "log K grows by α∫₀ᵗμ = \(rounded(printed.value))",
          found: "\(rounded(found.value)); ∫μ up to αt is \(rounded(corrected.value))"))
    },
    Boundary(
      "injected noise of growing size", drops: negligibleInjection,
      remedy: "add (1 − α)²(η/2)⟨H, Σ_n⟩/σ₁ per unit of time; it grows with the square of the noise's size"
    ) { _ in try InjectedSGDSteps.judgeNeglect() },
  ]

  static func rounded(_ x: Double) -> Double { (x * 1e4).rounded() / 1e4 }
}
