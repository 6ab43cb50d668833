// Divergence by exact condensation, limits by quadrature, and three ways in which κ > 0 does not make E K grow.

internal import DenseLinearAlgebra
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
      "μ = 0 and κ = t⁻²", drops: divergence, remedy: "ask whether ∫(μ_Z + κ_Z) diverges: log it, not κ alone"
    ) { _ in
      let kappa = PowerLawTail(1, exponent: 2)
      // ∫₁^∞ κ(t)dt with t = 1/x.
      let integral = Quadrature(from: 0, to: 1) { x in kappa(1 / x) / (x * x) }
      guard let integral else { return .inconclusive("the quadrature failed") }
      return .refuted(
        Counterexample(
          at: "κ(t) = t⁻² > 0 for all t", claimed: "E K → ∞", found: "E K → \(exp(integral.value)) K(1)"))
    },
    Boundary(
      "a stationary Ornstein–Uhlenbeck layer", drops: divergence,
      remedy: "in a stationary law μ cancels κ on average; E K stays where it is"
    ) { _ in StationaryLayer.judge() },
    Boundary(
      "separable logistic regression by gradient flow", drops: divergence,
      remedy: "norms grow there through μ, like log t; κ decays like t⁻² and contributes a bounded factor"
    ) { _ in try SeparableRegression.judge() },
  ]
}

/// θ ∈ R³ under dθ = −(θ − θ*)dt + √η s dB: L = ½‖θ − θ*‖², Σ = s²I, in its stationary law N(θ*, vI), v = ηs²/2.
private enum StationaryLayer {
  /// Tests that κ > 0 makes E K grow: the generator's two parts E[Kμ] and E[Kκ], by quadrature over K = ‖θ‖.
  static func judge() -> Verdict {
    let (center, v) = (1.0, 0.25)
    // ‖θ‖ has the non-central Maxwell law.
    @Sendable func density(_ r: Double) -> Double {
      r / (center * (2 * Double.pi * v).squareRoot())
        * (exp(-(r - center) * (r - center) / (2 * v)) - exp(-(r + center) * (r + center) / (2 * v)))
    }
    func mean(_ f: @escaping @Sendable (Double) -> Double) -> Quadrature? {
      Quadrature(from: 0, to: center + 14 * v.squareRoot()) { density($0) * f($0) }
    }
    // Kμ = −⟨θ, θ − θ*⟩/‖θ‖, where given ‖θ‖ = r the mean cosine to θ* is Langevin's function of r‖θ*‖/v.
    let optimization = mean { r in center * (1 / tanh(r * center / v) - v / (r * center)) - r }
    // Kκ = (η/2)⟨H, Σ⟩ = 2v/‖θ‖ for one row of three.
    let noise = mean { r in 2 * v / r }
    guard let optimization, let noise, let size = mean({ $0 }) else { return .inconclusive("the quadrature failed") }
    let error = optimization.error + noise.error + 256 * Double.ulpOfOne * noise.value
    guard abs(optimization.value + noise.value) <= error, noise.value > error else {
      return .inconclusive("E[K(μ + κ)] = \(optimization.value + noise.value) ± \(error)")
    }
    func rounded(_ x: Double) -> Double { (x * 1e4).rounded() / 1e4 }
    return .refuted(
      Counterexample(
        at: "stationary law, κ > 0 throughout",
        claimed: "E K grows by E[Kκ] = \(rounded(noise.value)) per unit of time, without bound",
        found: "E[Kμ] = \(rounded(optimization.value)) cancels it: E K = \(rounded(size.value)) at every time"))
  }
}

/// Two points that a line through the origin separates: L = Σ log(1 + exp(−wᵀz_i))/2, z_i = y_i x_i.
private enum SeparableRegression {
  /// Measures the power with which κ decays along gradient flow; a power below −1 has a finite integral.
  static func judge() throws -> Verdict {
    let points: [Vector<Double>] = [[1, 0.6], [0.7, -0.8]]
    let eta = 0.1
    var (w, t) = (Vector<Double>([0.3, 0.1]), 1.0)
    var rungs: [Rung] = []
    var (next, integral) = (100.0, 0.0)
    let start = w.norm
    while t < 2e6 {
      // Each sample's own gradient is −z σ(−wᵀz).
      let gradients = points.map { z in -1 / (1 + exp(w.dot(z))) * z }
      let mean = (gradients[0] + gradients[1]) / 2
      let point = LayerPoint(
        weights: Matrix(rows: 1, columns: 2, columnMajor: w.elements),
        sample: DenseGradients(gradients.map { Matrix(rows: 1, columns: 2, columnMajor: $0.elements) }),
        noise: .populationWithReplacement(batchSize: 1), learningRate: eta)
      let kappa = try LayerDynamics.subject(point).kappa
      if t >= next {
        rungs.append(Rung(step: t, error: kappa))
        next *= 4
      }
      // Steps in proportion to t: the flow moves like log t.
      let h = 1e-3 * t
      integral += h * kappa
      let middle = w - (h / 2) * mean
      let slopes = points.map { z in -1 / (1 + exp(middle.dot(z))) * z }
      w -= (h / 2) * (slopes[0] + slopes[1])
      t += h
    }
    guard rungs.allSatisfy({ $0.error > 0 }), let fit = OrderFit(rungs) else {
      return .inconclusive("κ could not be followed")
    }
    guard fit.slope + fit.halfWidth < -1.25 else { return .inconclusive("κ ~ t^\(fit.slope) ± \(fit.halfWidth)") }
    func rounded(_ x: Double) -> Double { (x * 100).rounded() / 100 }
    return .refuted(
      Counterexample(
        at: "κ > 0 at every t up to 2·10⁶", claimed: "κ drives E K → ∞",
        found: "κ ~ t^\(rounded(fit.slope)), so ∫κ < ∞; of log‖w‖'s growth by \(rounded(log(w.norm / start))) "
          + "κ would add \(rounded(integral)), the rest is μ"))
  }
}
