// Divergence by exact condensation, limits by quadrature, and three ways in which κ > 0 does not make E K grow.

internal import DenseLinearAlgebra
internal import ExactArithmetic
private import Glibc
internal import RandomStreams
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
    ) { setting in try StationaryLayer.judge(setting) },
    Boundary(
      "separable logistic regression by gradient flow", drops: divergence,
      remedy: "norms grow there through μ, like log t; κ decays like t⁻² and contributes a bounded factor"
    ) { _ in try SeparableRegression.judge() },
  ]
}

/// θ ∈ R^{1 x n} under dθ = −(θ − θ*)dt + √η s dB: L = ½‖θ − θ*‖², Σ = s²I, in its stationary law.
private enum StationaryLayer {
  /// Tests E K(T) = E[K(0) exp ∫κ], growth by the positive κ alone, on exactly sampled stationary paths.
  static func judge(_ setting: Setting) throws -> Verdict {
    let (n, eta, s, step, steps) = (6, 0.5, 1.0, 0.1, 40)
    let center = Vector((0..<n).map { $0 == 0 ? 1.0 : 0 })
    // Exact transition of the OU process: no discretisation error.
    let (decay, spread) = (exp(-step), (eta * s * s / 2 * -expm1(-2 * step)).squareRoot())
    let generator = setting.generator("paths")
    func noise(_ scale: Double) -> Vector<Double> { Vector((0..<n).map { _ in scale * generator.gaussian() }) }
    var moments = VectorMoments(dimension: 1)
    var ratio = (start: 0.0, end: 0.0)
    for _ in 0..<(2_000 * setting.tier.scale) {
      var theta = center + noise((eta / 2).squareRoot() * s)
      let start = theta.norm
      var integral = 0.0
      for _ in 0..<steps {
        // ⟨H, Σ⟩/σ₁ = s²(n − 1)/‖θ‖² for one row.
        integral += step * eta / 2 * s * s * Double(n - 1) / theta.dot(theta)
        theta = center + decay * (theta - center) + noise(spread)
      }
      moments.add([log(theta.norm) - log(start) - integral])
      ratio.start += start
      ratio.end += theta.norm
    }
    let verdict = judgeZeroMean(moments, .monteCarlo)
    guard case .refuted(let why) = verdict else { return verdict }
    let growth = (ratio.end / ratio.start * 1000).rounded() / 1000
    return .refuted(
      Counterexample(
        at: "stationary law, κ > 0 throughout, t = \(Double(steps) * step)", claimed: "E log K grows by E∫κ",
        found: "mean K(t)/mean K(0) = \(growth); \(why.found)", pValue: why.pValue))
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
    var next = 100.0
    while t < 2e6 {
      // Each sample's own gradient is −z σ(−wᵀz).
      let gradients = points.map { z in -1 / (1 + exp(w.dot(z))) * z }
      let mean = (gradients[0] + gradients[1]) / 2
      if t >= next {
        let point = LayerPoint(
          weights: Matrix(rows: 1, columns: 2, columnMajor: w.elements),
          sample: DenseGradients(gradients.map { Matrix(rows: 1, columns: 2, columnMajor: $0.elements) }),
          noise: .populationWithReplacement(batchSize: 1), learningRate: eta)
        rungs.append(Rung(step: t, error: try LayerDynamics.subject(point).kappa))
        next *= 4
      }
      // Steps in proportion to t: the flow moves like log t.
      let h = 1e-3 * t
      let middle = w - (h / 2) * mean
      let slopes = points.map { z in -1 / (1 + exp(middle.dot(z))) * z }
      w -= (h / 2) * (slopes[0] + slopes[1])
      t += h
    }
    guard rungs.allSatisfy({ $0.error > 0 }), let fit = OrderFit(rungs) else {
      return .inconclusive("κ could not be followed")
    }
    guard fit.slope + fit.halfWidth < -1.25 else { return .inconclusive("κ ~ t^\(fit.slope) ± \(fit.halfWidth)") }
    let slope = (fit.slope * 100).rounded() / 100
    return .refuted(
      Counterexample(
        at: "κ > 0 at every t up to 2·10⁶", claimed: "κ drives E K → ∞",
        found: "κ ~ t^\(slope), so ∫κ < ∞; ‖w‖ = \((w.norm * 100).rounded() / 100) grew through μ"))
  }
}
