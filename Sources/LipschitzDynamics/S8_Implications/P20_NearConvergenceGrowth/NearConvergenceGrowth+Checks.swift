// Divergence by exact condensation, limits by quadrature; boundaries where κ > 0 is not what makes E K grow.

internal import ExactArithmetic
private import Glibc
public import VerificationKit

extension NearConvergenceGrowth {
  private static let whetherOnly = [
    "a for a/(p − 1)": "only whether the mean is finite is examined",
    "variance without the −1": "only whether the mean is finite is examined",
    "E K for (E K)² in the variance": "only whether the mean is finite is examined",
  ]
  private static let finiteOnly = ["1/t counted as integrable": "only finite limits are integrated"]

  public static let checks: [Check<Subject>] = [
    .exactIdentity("divergence by Cauchy condensation, in rationals", blindTo: whetherOnly) { limit, _ in
      // Σ 2^k 2^{−pk} is geometric with ratio 2^{1−p}, an exact rational for integer p: divergent from ratio one on.
      try (0...4).map { p in
        let ratio = p == 0 ? Rational(2) : Rational(1, 1 << (p - 1))
        let claimed = try limit(PowerLawTail(0.3, exponent: Double(p)), PowerLawTail(0, exponent: 2))
        return Identity("p = \(p)", claimed: claimed.mean.isInfinite, expected: ratio >= 1)
      }
    },
    .quadrature("finite limits by integration over 1/t", blindTo: finiteOnly) { limit, _ in
      try [(0.4, 2.0, 0.3, 2.5), (0.7, 3, 0.2, 2), (-0.5, 2, 0.5, 3)].flatMap { a, p, b, q -> [QuadratureCase] in
        let (drift, diffusion) = (PowerLawTail(a, exponent: p), PowerLawTail(b, exponent: q))
        let claimed = try limit(drift, diffusion)
        // t = 1/x maps [1, ∞) to (0, 1]: ∫ a x^{p−2} dx.
        return [
          QuadratureCase("log of the mean, a = \(a), p = \(p)", claimed: log(claimed.mean), from: 0, to: 1) {
            a * pow($0, p - 2)
          },
          QuadratureCase(
            "∫λ² from both limits, b = \(b), q = \(q)",
            claimed: log1p(claimed.variance / (claimed.mean * claimed.mean)), from: 0, to: 1
          ) { b * pow($0, q - 2) },
        ]
      }
    },
  ]

  public static let boundaries = [
    Boundary(
      "least squares that the data allow to solve exactly", drops: divergence,
      remedy: "ask whether ∫(μ_Z + κ_Z) diverges, where coefficients are deterministic; κ alone does not tell"
    ) { _ in try RealisableLeastSquares.judge() },
    Boundary(
      "a stationary Ornstein–Uhlenbeck layer", drops: LipschitzStatistics.deterministic,
      remedy: """
        for random coefficients log E[K(μ + κ)] for E K, or μ + κ − ½Σ‖λ‖² for E log K; ∫(μ + κ) decides for \
        deterministic coefficients only
        """
    ) { _ in StationaryLayer.judge() },
    Boundary(
      "separable logistic regression by gradient flow", drops: lastingNoise,
      remedy: "log ∫μ beside ∫κ: norms grow there through μ, like log t, while κ decays like (t log t)⁻²"
    ) { _ in try SeparableGrowth.judge() },
  ]
}
