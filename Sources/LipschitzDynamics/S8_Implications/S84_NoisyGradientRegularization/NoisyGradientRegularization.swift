// Section 8.4: what scaling the gradient by α and mixing noise into it do to the growth of the Lipschitz constant.

public import VerificationKit

/// Section 8.4, Equations 25 and 26: scaled gradients run along the same path more slowly and with less noise.
public enum NoisyGradientRegularization: Claim {
  public static let source = Source.luo2025("Section 8.4")
  public static let statement = Statement(
    "log(E K(t)/K(0)) = ∫₀^{αt} (μ + ακ)dτ + (1 − α)² ∫₀^t κ_n(αs)ds  for the gradient αg_s + (1 − α)g_n",
    meaning: """
      SGD with gradients αg at the learning rate η is, step for step, SGD with gradients g at αη: a change of time \
      τ = αt, in which the noise, and with it κ, is α times as large. Along the scaled run's own path this is Equation \
      26, α∫μ + α²∫κ up to t, with the injected noise's κ_n kept; a reference run passes the same places at αt.
      """,
    hypotheses: [ownPath, negligibleInjection, centred, LipschitzStatistics.deterministic],
    differsFromPrint: """
      predicts from a reference run, whose integrals end at αt, where κ then has the factor α; along the scaled run's own \
      path it is Equation 26 as printed, but for κ_n, which is kept
      """)
  static let ownPath = Hypothesis.unstated(
    "the integrals of Equation 26 run along the scaled run's own path; a reference run's end at αt")
  static let negligibleInjection = Hypothesis.stated(
    "the injected noise is small enough for its κ_n to be neglected (Equation 26 only; it is kept here)")
  static let centred = Hypothesis.stated("g_n has mean zero and is independent of the samples")

  /// The function under test: the reference run's integrated rates, α and t to log(E K(t)/K(0)).
  public typealias Subject =
    @Sendable (_ reference: IntegratedRates, _ gradientScale: Double, _ time: Double) throws -> Double
  public static let subject: Subject = { try exponent(of: $0, gradientScale: $1, time: $2) }

  /// M(αt) + ακ̂(αt) + ((1 − α)²/α) κ̂_n(αt) for the reference run's integrals M = ∫μ, κ̂ = ∫κ, κ̂_n = ∫κ_n.
  ///
  /// - Source: Section 8.4, arXiv 2506.18588. Differs from print: see ``statement``.
  /// - Hypotheses: the rates are functions of the position τ on the path only, whatever α.
  /// - Parameters:
  ///   - reference: of the run with α = 1 and no injected noise, at the same η; κ_n as if g_n alone were the noise.
  ///   - alpha: the gradient scale α in (0, 1].
  ///   - time: t ≥ 0; one SGD step is η.
  /// - Returns: log(E K(t)/K(0)); dimensionless.
  /// - Throws: `HypothesisViolation` naming α or t.
  public static func exponent(
    of reference: IntegratedRates, gradientScale alpha: Double, time: Double
  ) throws(HypothesisViolation) -> Double {
    try HypothesisViolation.require(
      alpha > 0 && alpha <= 1, field: "gradient scale α", value: alpha, "0 < α ≤ 1; at α = 0 there is only noise")
    try HypothesisViolation.require(time >= 0, field: "time t", value: time, "t ≥ 0")
    let position = alpha * time
    let remainder = 1 - alpha
    return reference.optimization(position) + alpha * reference.curvature(position)
      + remainder * remainder / alpha * reference.injected(position)
  }
}

/// A reference run's rates, integrated from 0 to the position τ on its path.
public struct IntegratedRates: Sendable {
  /// ∫₀^τ μ; dimensionless.
  public let optimization: @Sendable (_ position: Double) -> Double
  /// ∫₀^τ κ; dimensionless.
  public let curvature: @Sendable (_ position: Double) -> Double
  /// ∫₀^τ κ_n, κ_n = (η/2)⟨H, Σ_n⟩/σ₁ of the injected noise; dimensionless.
  public let injected: @Sendable (_ position: Double) -> Double

  /// Three integrals from 0, each a function of the position τ that vanishes at 0.
  ///
  /// - Parameters:
  ///   - optimization: ∫₀^τ μ.
  ///   - curvature: ∫₀^τ κ; zero if omitted.
  ///   - injected: ∫₀^τ κ_n; zero if omitted.
  public init(
    optimization: @escaping @Sendable (_ position: Double) -> Double,
    curvature: @escaping @Sendable (_ position: Double) -> Double = { _ in 0 },
    injected: @escaping @Sendable (_ position: Double) -> Double = { _ in 0 }
  ) {
    self.optimization = optimization
    self.curvature = curvature
    self.injected = injected
  }

  /// Rates that do not change along the path.
  init(constant mu: Double, _ kappa: Double, _ injected: Double) {
    self.init(optimization: { mu * $0 }, curvature: { kappa * $0 }, injected: { injected * $0 })
  }
}
