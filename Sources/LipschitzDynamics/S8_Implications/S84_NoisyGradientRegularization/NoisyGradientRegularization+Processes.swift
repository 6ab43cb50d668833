// Processes whose growth is known without the exponent: one solvable by hand, one sampled over a short step.

internal import DenseLinearAlgebra
private import Glibc
internal import RandomStreams
internal import VerificationKit

/// θ ∈ R³ under the drift −a(τ)θ with isotropic noise of size s(τ)‖θ‖, and injected noise of size s_n(τ)‖θ‖.
///
/// Its rates are deterministic: μ = −a, κ = (η/2)·2·s² and κ_n = (η/2)·2·s_n² for a row of three entries.
struct ProportionalLayer: Sendable {
  let learningRate = 0.25
  private func decay(_ tau: Double) -> Double { 0.6 - 0.4 * tau }
  private func noise(_ tau: Double) -> Double { 1 - 0.3 * tau }
  private func injected(_ tau: Double) -> Double { 0.5 + 0.4 * tau }

  var reference: IntegratedRates {
    let eta = learningRate
    return IntegratedRates(
      optimization: { -0.6 * $0 + 0.2 * $0 * $0 }, curvature: { eta * ($0 - 0.15 * $0 * $0) },
      injected: { eta * (0.5 * $0 + 0.2 * $0 * $0) })
  }

  /// E K(t)/K(0) of Euler's scheme, as a product of exact one-step means.
  ///
  /// A step maps ‖θ‖ to ‖θ‖·|me + sξ| with a unit vector e and Gaussian ξ in R³, a non-central Maxwell variable.
  func mean(_ alpha: Double, until t: Double, steps: Int) -> Double {
    let h = t / Double(steps)
    return (0..<steps).reduce(1) { product, k in
      let tau = alpha * h * Double(k)
      let m = 1 - h * alpha * decay(tau)
      let variance =
        h * learningRate * (alpha * alpha * noise(tau) + (1 - alpha) * (1 - alpha) * injected(tau))
      let s = variance.squareRoot()
      return product
        * (s * (2 / Double.pi).squareRoot() * exp(-m * m / (2 * variance))
          + (m * m + variance) / m * erf(m / (s * 2.0.squareRoot())))
    }
  }
}

/// One short Euler–Maruyama step of Definition 4 with the gradient αG and noise αΩξ + (1 − α)sζ.
struct InjectedShortStep: Sendable {
  static let alpha = 0.6
  let reference: IntegratedRates
  let duration: Double
  /// K₁/K₀ − 1, averaged over the two signs of the noise, for Gaussian and for uniform ζ.
  let growth: [[Double]]

  private static let memo = Memo<String, InjectedShortStep>()

  static func sample(_ setting: Setting) throws -> InjectedShortStep {
    let count = 4_000 * setting.tier.scale
    return try memo.value(for: "\(setting.name) \(setting.seed) \(count)") {
      try InjectedShortStep(setting, count: count)
    }
  }

  private init(_ setting: Setting, count: Int) throws {
    let step = try SyntheticStep(setting)
    let point = step.point
    let coefficients = try LayerDynamics.subject(point)
    let sigma = try SingularValueDecomposition(point.weights).values.elements
    // tr H over σ₁ in closed form, for isotropic noise.
    let trace =
      sigma.dropFirst().reduce(0) { $0 + 2 * sigma[0] / (sigma[0] * sigma[0] - $1 * $1) }
      + Double(abs(point.weights.rows - point.weights.columns)) / sigma[0]
    let eta = point.learningRate
    // The injected noise is as large as the samples' own: κ_n = κ.
    let size = (coefficients.kappa / (eta / 2 * trace / sigma[0])).squareRoot()
    let (alpha, dt) = (Self.alpha, step.duration)
    let generator = setting.generator("steps")
    let drifted = point.weights - dt * alpha * point.gradient
    let unit = (eta * dt).squareRoot()
    func growth(_ injected: () -> Double) throws -> Double {
      let own = step.columns.dropFirst().reduce(step.columns[0] * (alpha * unit * generator.gaussian())) {
        $0 + $1 * (alpha * unit * generator.gaussian())
      }
      let noise = own + own.map { _ in (1 - alpha) * size * unit * injected() }
      let ends = try [drifted + noise, drifted - noise].map { try SingularValueDecomposition($0).values[0] }
      return (ends[0] + ends[1]) / (2 * sigma[0]) - 1
    }
    self.growth = try (0..<count).map { _ in
      [
        try growth { generator.gaussian() },
        // Uniform with variance one.
        try growth { 12.0.squareRoot() * (generator.uniform() - 0.5) },
      ]
    }
    reference = IntegratedRates(constant: coefficients.mu, coefficients.kappa, coefficients.kappa)
    duration = dt
  }
}
