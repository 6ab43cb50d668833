// Proposition 20: does the Lipschitz constant grow without bound near convergence?

private import Glibc
public import VerificationKit

/// Proposition 20: unbounded growth, under the hypothesis that it needs.
public enum NearConvergenceGrowth: Claim {
  public static let source = Source.luo2025("Proposition 20")
  public static let statement = Statement(
    "∫(μ_Z + κ_Z)dt = ∞  ⇒  E K → ∞;  and then Var K → ∞ if ∫λ_Z² > 0",
    meaning: """
      For coefficients that are functions of time alone, what decides is whether the drift's integral diverges. A positive \
      κ alone does not decide: where the model interpolates, κ vanishes together with the loss. Nor is growth κ's doing \
      wherever there is growth.
      """,
    hypotheses: [divergence, LipschitzStatistics.deterministic, lastingNoise],
    differsFromPrint: "the hypothesis is a divergent integral, not μ → 0 with κ > 0")
  static let divergence = Hypothesis.contradicted("∫(μ_Z + κ_Z) diverges; μ → 0 with κ > 0 is not enough")
  static let lastingNoise = Hypothesis.contradicted(
    "∫κ_Z diverges, for the growth to be κ's doing as Section 8.3 has it; the growth itself does not need it")

  /// The function under test: tails of μ_Z + κ_Z and of λ_Z² to the limits of E K/K(1) and Var K/K(1)².
  public typealias Subject = @Sendable (_ drift: PowerLawTail, _ diffusion: PowerLawTail) throws -> GrowthLimit
  public static let subject: Subject = { try limit(drift: $0, diffusion: $1) }

  /// The limits as t → ∞ of Theorem 17's mean and variance.
  ///
  /// - Source: Proposition 20, arXiv 2506.18588, with the hypothesis that it needs.
  /// - Parameters:
  ///   - drift: μ_Z + κ_Z from t = 1 on.
  ///   - diffusion: λ_Z² ≥ 0 from t = 1 on.
  /// - Throws: `HypothesisViolation` naming a coefficient or exponent that is not finite, or a negative diffusion.
  public static func limit(
    drift: PowerLawTail, diffusion: PowerLawTail
  ) throws(HypothesisViolation) -> GrowthLimit {
    for (field, tail) in [("μ_Z + κ_Z", drift), ("λ_Z²", diffusion)] {
      try HypothesisViolation.require(
        tail.coefficient.isFinite && tail.exponent.isFinite, field: field,
        value: "\(tail.coefficient) t^−\(tail.exponent)", "a finite coefficient and exponent")
    }
    try HypothesisViolation.require(
      diffusion.coefficient >= 0, field: "λ_Z²", value: diffusion.coefficient, "a square is non-negative")
    let mean = exp(drift.total)
    let spread = expm1(diffusion.total)
    // 0 · ∞ does not occur in the limit: without diffusion the variance is zero at every time.
    return GrowthLimit(mean: mean, variance: spread == 0 ? 0 : mean * mean * spread)
  }
}

/// A rate a t^{−p} on t ≥ 1.
public struct PowerLawTail: Sendable, Equatable {
  /// a, the rate at t = 1; per unit of time.
  public let coefficient: Double
  /// p, how fast the rate decays; its integral converges for p > 1.
  public let exponent: Double

  /// The rate a t^{−p}.
  ///
  /// - Parameters:
  ///   - coefficient: a, of either sign.
  ///   - exponent: p.
  public init(_ coefficient: Double, exponent: Double) {
    self.coefficient = coefficient
    self.exponent = exponent
  }

  /// The rate at a time.
  ///
  /// - Parameter t: at least 1.
  public func callAsFunction(_ t: Double) -> Double { coefficient * pow(t, -exponent) }

  /// ∫₁^∞: a/(p − 1) for p > 1, else infinite with the sign of a.
  public var total: Double {
    if coefficient == 0 { return 0 }
    return exponent > 1 ? coefficient / (exponent - 1) : coefficient * .infinity
  }
}

/// Limits of the mean and the variance, relative to K(1) and its square; infinite if they diverge.
public struct GrowthLimit: Sendable, Equatable {
  /// lim E K(t)/K(1); +∞ if it diverges.
  public let mean: Double
  /// lim Var K(t)/K(1)²; +∞ if it diverges.
  public let variance: Double

  /// Two limits, each a number or +∞.
  ///
  /// - Parameters:
  ///   - mean: relative to K(1).
  ///   - variance: relative to K(1)².
  public init(mean: Double, variance: Double) {
    self.mean = mean
    self.variance = variance
  }
}
