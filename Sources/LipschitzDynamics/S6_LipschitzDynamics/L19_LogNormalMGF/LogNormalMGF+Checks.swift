// The moment-generating function against quadrature, its own differential equation, and samples.

private import Glibc
internal import RandomStreams
public import VerificationKit

extension LogNormalMGF {
  /// (s, m, v) with s = 1, 2 of the paper, negative and fractional orders, and small and large variances.
  private static let settings: [(s: Double, m: Double, v: Double)] = [
    (1, 0, 1), (2, 0, 1), (2, -0.7, 0.3), (1, 1.5, 0.04), (-1, 0.2, 2), (0.5, -3, 5), (3, 0.1, 0.25),
  ]

  public static let checks: [Check<Subject>] = [
    .quadrature("the integral against the Gaussian density", blindTo: [:]) { mgf, _ in
      try settings.map { s, m, v in
        // Shifted to the integrand's own peak, where the quadrature wastes no effort on tails.
        let (peak, width) = (m + s * v, v.squareRoot())
        return QuadratureCase(
          "s = \(s), m = \(m), v = \(v)", claimed: try mgf(s, m, v), from: peak - 12 * width, to: peak + 12 * width
        ) { z in exp(s * z - (z - m) * (z - m) / (2 * v)) / (2 * Double.pi * v).squareRoot() }
      }
    },
    .derivative("slope and curvature in s are those of cumulants m and v") { mgf, _ in
      // M′ = (m + sv)M and M″ = ((m + sv)² + v)M characterise the function up to its value at zero.
      try settings.map { s, m, v in
        let value = try mgf(s, m, v)
        return TaylorCase(
          "s = \(s), m = \(m), v = \(v)", derivatives: [(m + s * v) * value, ((m + s * v) * (m + s * v) + v) * value],
          reach: 0.1
        ) { h in try mgf(s + h, m, v) }
      }
    },
    .monteCarloMean("samples of e^{sZ}", minimum: 20_000) { mgf, _ in
      // A small variance: the normal law of a mean of e^{2Z} sets in late where tails are heavy.
      let (m, v) = (-0.2, 0.1)
      let (first, second) = (try mgf(1, m, v), try mgf(2, m, v))
      return { generator in
        let z = m + v.squareRoot() * generator.gaussian()
        return [exp(z) - first, exp(2 * z) - second]
      }
    },
  ]

  public static let boundaries = [
    Boundary(
      "a Laplace variable of the same mean and variance", drops: gaussian,
      remedy:
        "use the variable's own moment-generating function; a central limit theorem does not carry to moments of e^Z"
    ) { _ in
      // Laplace(0, b) has variance 2b² and E e^{sX} = 1/(1 − s²b²), in closed form.
      let (s, v) = (1.0, 1.0)
      let (claimed, found) = (try subject(s, 0, v), 1 / (1 - s * s * v / 2))
      guard abs(claimed - found) > 1e-6 else { return .inconclusive("the two laws agree") }
      return .refuted(Counterexample(at: "Laplace, s = 1, v = 1", claimed: "\(claimed)", found: "\(found)"))
    }
  ]
}
