// The order of the mean's error on real SGD, for one step and to a fixed time, with the term and without it.

internal import DenseLinearAlgebra
private import Glibc
internal import RandomStreams
public import VerificationKit

extension DiscreteStepCorrection {
  public static let checks: [Check<Subject>] = [
    .derivative("one noise-free step: Z(θ − ηg) to second order") { change, setting in
      // Without noise κ = λ = 0, and the claimed mean is a Taylor polynomial in η.
      let generator = setting.generator("layers")
      return try (0..<4).map { number in
        let shapes = [(3, 5), (6, 4)]
        let layers = shapes.map { m, n in
          (
            Matrix(rows: m, columns: n) { _, _ in generator.gaussian() },
            Matrix(rows: m, columns: n) { _, _ in generator.gaussian() }
          )
        }
        func coefficients(_ eta: Double) throws -> [LayerCoefficients] {
          try layers.map { theta, g in
            try LayerDynamics.subject(
              LayerPoint(
                weights: theta, gradient: g, sample: DenseGradients([0 * g]), noise: .factor, learningRate: eta))
          }
        }
        // The claim is a quadratic in η; its two coefficients follow from its values at 1 and 2.
        let (one, two) = (change(try coefficients(1), 1), change(try coefficients(2), 2))
        let reach =
          try layers.map { theta, g in
            let s = try SingularValueDecomposition(theta).values
            return 0.2 * (s[0] - s[1]) / g.frobeniusNorm
          }.min() ?? 1
        return TaylorCase(
          "network \(number)", derivatives: [2 * one - two / 2, two - 2 * one], reach: reach, noise: 64
        ) {
          eta in
          try layers.reduce(0.0) { try $0 + log(SingularValueDecomposition($1.0 - eta * $1.1).values[0]) }
        }
      }
    },
    Check("one SGD step on digits: the mean's error is O(η³)", .training) { change, trial in
      judgeOrder(try SampledDescent.oneStep(trial.setting).map { $0.error(change) }, expected: 3)
        .relabelled(.training, place: "one step")
    },
    Check("SGD on digits to t = 0.8: the mean's error is O(η²)", .training) { change, trial in
      judgeOrder(try SampledDescent.toFixedTime(trial.setting).map { $0.error(change) }, expected: 2)
        .relabelled(.training, place: "fixed time")
    },
  ]

  public static let boundaries = [
    Boundary(
      "continuous time: descent in steps of η/16", drops: perStep,
      remedy: "leave the term out where time is continuous, as in Theorems 14 to 16; it belongs to steps of length η"
    ) { _ in
      judgeOrder(try SampledDescent.continuousTime(subject), expected: 2, insteadOf: 1)
        .relabelled(.training, place: "fixed time")
    }
  ]
}
