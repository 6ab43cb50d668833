// Exact second derivatives of rational matrices, Taylor remainders, and the noise's share as the step shrinks.

internal import DenseLinearAlgebra
internal import ExactArithmetic
private import Glibc
internal import RandomStreams
public import VerificationKit

extension SpectralGapAmplification {
  public static let checks: [Check<Subject>] = [
    .exactIdentity("characteristic polynomials of rational matrices") { curvature, _ in
      try RationalSVD.examples.flatMap { example -> [Identity<Rational>] in
        try example.sigma.indices.dropFirst().map { i in
          let (eta, symmetric, antisymmetric) = (Rational(3, 7), Rational(2, 5), Rational(5, 3))
          let a = outer(example.u.column(i), example.v.column(0))
          let b = outer(example.u.column(0), example.v.column(i))
          // Noise of variance s² along (a ± b)/√2: κ is the sum of (η/2σ₁) s² D²σ₁ along each, and √½ squared is ½.
          let sum =
            symmetric * example.secondDerivative(along: a + b) / 2
            + antisymmetric * example.secondDerivative(along: a - b) / 2
          return Identity(
            "\(example.theta.rows) x \(example.theta.columns), i = \(i + 1)",
            claimed: try curvature.share(
              of: SingularPair(example.sigma[0], example.sigma[i]),
              noise: PairNoise(symmetric: symmetric, antisymmetric: antisymmetric), learningRate: eta),
            expected: eta * sum / (2 * example.sigma[0]))
        }
      }
    },
    .derivative("Taylor remainder of σ₁ along both directions") { curvature, setting in
      try SpectralSamples.matrices(setting).flatMap { label, theta -> [TaylorCase] in
        let svd = try SingularValueDecomposition(theta)
        let reach = try SpectralSamples.reach(theta)
        return try svd.values.indices.dropFirst().flatMap { i -> [TaylorCase] in
          try [1.0, -1.0].map { sign in
            let e = direction(svd, i, sign)
            // The share of noise of variance s² is (η/2σ₁) s² D²σ₁.
            let variance = 1.7
            let noise = PairNoise(symmetric: sign > 0 ? variance : 0, antisymmetric: sign < 0 ? variance : 0)
            let share = try curvature.share(
              of: SingularPair(svd.values[0], svd.values[i]), noise: noise, learningRate: 0.3)
            return TaylorCase(
              "\(label), i = \(i + 1), \(sign > 0 ? "symmetric" : "antisymmetric")",
              derivatives: [0, share * 2 * svd.values[0] / (0.3 * variance)], reach: reach
            ) { h in try SingularValueDecomposition(theta + h * e).values[0] }
          }
        }
      }
    },
    Check("mean rise under noise of both kinds, as the noise shrinks, at three gaps", .convergence) {
      curvature, trial in
      let generator = trial.setting.problem("bases")
      func sample(_ order: Int) -> Matrix<Double> {
        Matrix(rows: order, columns: order) { _, _ in generator.gaussian() }
      }
      let (u, v) = (try QRDecomposition(sample(3)).q, try QRDecomposition(sample(4)).q)
      var verdict: Verdict = .inconclusive("no gap was examined")
      for gap in [1, 0.1, 0.01] {
        let theta = u * .diagonal([1.5, 1.5 - gap, 0.2], rows: 3, columns: 4) * v.transposed
        let svd = try SingularValueDecomposition(theta)
        let (plus, minus) = (direction(svd, 1, 1), direction(svd, 1, -1))
        let rungs = try (3...8).map { rung -> Rung in
          // Standard deviations of the step: half as much along the symmetric direction, so that both shares show.
          let size = gap * pow(2, -Double(rung))
          let (symmetric, antisymmetric) = (size / 2, size / gap.squareRoot())
          let eta = 0.25
          let share = try curvature.share(
            of: SingularPair(svd.values[0], svd.values[1]),
            noise: PairNoise(
              symmetric: symmetric * symmetric / (eta * eta), antisymmetric: antisymmetric * antisymmetric / (eta * eta)
            ),
            learningRate: eta)
          // Each noise is ± its standard deviation: four equally likely steps of exactly these variances. A step takes
          // time η.
          let rise =
            try [(1.0, 1.0), (1, -1), (-1, 1), (-1, -1)].map { a, b in
              try SingularValueDecomposition(theta + a * symmetric * plus + b * antisymmetric * minus).values[0]
            }.mean / svd.values[0] - 1
          return Rung(step: size, error: abs(rise / (eta * share) - 1))
        }
        verdict = judgeOrder(rungs, expected: 2)
        guard verdict.isSupported else { break }
      }
      return verdict
    },
  ]

  public static let boundaries = [
    Boundary(
      "noise along the antisymmetric direction alone", drops: symmetricShare,
      remedy: "project the noise on both directions of every pair before blaming a small gap"
    ) { _ in
      let noise = PairNoise(symmetric: 0.0, antisymmetric: 1)
      let gaps = [0.1, 0.001]
      let claimed = gaps[0] / gaps[1]
      let shares = try gaps.map { try subject.share(of: SingularPair(1, 1 - $0), noise: noise, learningRate: 1) }
      // The same from the matrices themselves: second differences along (e₂e₁ᵀ − e₁e₂ᵀ)/√2.
      let x = 1e-4
      let curvatures = try gaps.map { gap in
        let e = Matrix<Double>([[0, -x], [x, 0]]) / 2.0.squareRoot()
        return 2 * (try SingularValueDecomposition(.diagonal([1, 1 - gap]) + e).values[0] - 1) / (x * x)
      }
      let (found, predicted) = (curvatures[1] / curvatures[0], shares[1] / shares[0])
      // Round-off of the norms, over x² and a curvature of about 1/(σ₁ + σ₂) ≥ ½, in numerator and denominator.
      let slack = 32 * Double.ulpOfOne / (x * x) * predicted
      guard abs(found - predicted) <= slack, found + slack < claimed else {
        return .inconclusive("the curvature grew \(found)-fold, the share \(predicted)-fold")
      }
      return .refuted(
        Counterexample(
          at: "gap from 0.1 to 0.001, σ₁ = 1", claimed: "κ grows \(claimed.rounded())-fold",
          found: "it changes by the factor \((found * 1000).rounded() / 1000)"))
    },
    Boundary(
      "a step's noise larger than the gap", drops: smallStep,
      remedy: "compare √(η²s²) with the gap; beyond it the mean rise per step is bounded by the noise's own size"
    ) { _ in
      // σ₁([[a + g/2, y], [y, a − g/2]]) = a + √(g²/4 + y²), here with y = x/√2 and x the noise of one step.
      let (gap, eta, deviation) = (0.001, 0.1, 0.1)
      let step = eta * deviation
      @Sendable func norm(_ x: Double) -> Double { 1 - gap / 2 + (gap * gap / 4 + x * x / 2).squareRoot() }
      let y = step / 2.0.squareRoot()
      let dense = try SingularValueDecomposition(Matrix<Double>([[1, y], [y, 1 - gap]])).values[0]
      let mean = Quadrature(from: 0, to: 12) { z in
        2 * (norm(step * z) - 1) * exp(-z * z / 2) / (2 * Double.pi).squareRoot()
      }
      guard let mean, abs(dense - norm(step)) < 64 * Double.ulpOfOne else {
        return .inconclusive("the closed form is not the norm, or was not integrated")
      }
      let share = try subject.share(
        of: SingularPair(1, 1 - gap), noise: PairNoise(symmetric: deviation * deviation, antisymmetric: 0),
        learningRate: eta)
      let claimed = eta * share
      guard claimed > mean.value + mean.error + 64 * Double.ulpOfOne else {
        return .inconclusive("κη = \(claimed), mean rise \(mean.value)")
      }
      return .refuted(
        Counterexample(
          at: "σ₁ = 1, gap 0.001, noise of one step 0.01", claimed: "mean rise κη = \((claimed * 1e5).rounded() / 1e5)",
          found: "\((mean.value * 1e5).rounded() / 1e5)"))
    },
  ]

  private static func outer(_ a: [Rational], _ b: [Rational]) -> FieldMatrix<Rational> {
    FieldMatrix(rows: a.count, columns: b.count) { a[$0] * b[$1] }
  }

  /// (uᵢv₁ᵀ ± u₁vᵢᵀ)/√2.
  private static func direction(
    _ svd: SingularValueDecomposition<Double>, _ i: Int, _ sign: Double
  ) -> Matrix<Double> {
    (svd.u.column(i).outer(svd.v(0)) + sign * svd.u.column(0).outer(svd.v(i))) / 2.0.squareRoot()
  }
}
