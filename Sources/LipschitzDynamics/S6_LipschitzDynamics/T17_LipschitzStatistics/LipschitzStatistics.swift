// Theorem 17: mean and variance of K(t).

private import Glibc
public import VerificationKit

/// Theorem 17: mean and variance of the norm for deterministic coefficients.
public enum LipschitzStatistics: Claim {
  public static let source = Source.luo2025("Theorem 17")
  public static let statement = Statement(
    "E K = K(0) e^{∫(μ_Z + κ_Z)},  Var K = (E K)² (e^{∫λ_Z²} − 1)",
    meaning: """
      For coefficients that are functions of time alone. Coefficients of a real network depend on its random \
      parameters; then neither formula need hold, and what survives is Dynkin's E log K = Z(0) + ∫E[μ + κ − ½Σ‖λ⁽ˡ⁾‖²], if \
      every σ₁ stays simple up to t and the stochastic integral is integrable.
      """,
    hypotheses: [.stated("K solves the SDE of Theorem 15"), NetworkLogDynamics.layerwise, deterministic],
    differsFromPrint: "adds the hypothesis that the coefficients are deterministic")
  static let deterministic = Hypothesis.unstated("μ_Z, κ_Z, λ_Z are deterministic functions of time")

  /// The function under test: K(0), ∫(μ_Z + κ_Z) and ∫λ_Z² to mean and variance.
  public typealias Subject =
    @Sendable (_ initial: Double, _ growth: Double, _ spread: Double) throws -> (
      mean: Double, variance: Double
    )
  public static let subject: Subject = { try moments(initial: $0, growth: $1, spread: $2) }

  /// E K(t) and Var K(t).
  ///
  /// - Source: Theorem 17, arXiv 2506.18588. Differs from print: states its hypothesis.
  /// - Hypotheses: deterministic coefficients.
  /// - Parameters:
  ///   - initial: K(0) > 0.
  ///   - growth: ∫(μ_Z + κ_Z)ds, without Assumption 3 plus ½∫(λ_Z² − Σ‖λ⁽ˡ⁾‖²)ds; dimensionless.
  ///   - spread: ∫λ_Z² ds ≥ 0; dimensionless.
  /// - Accuracy: expm1 keeps all digits of a small variance.
  /// - Throws: `HypothesisViolation` naming a non-positive K(0) or a negative spread.
  public static func moments(
    initial: Double, growth: Double, spread: Double
  ) throws(HypothesisViolation) -> (mean: Double, variance: Double) {
    try HypothesisViolation.require(initial > 0, field: "K(0)", value: initial, "a Lipschitz constant is positive")
    try HypothesisViolation.require(spread >= 0, field: "∫λ²", value: spread, "an integral of squares is non-negative")
    let mean = initial * exp(growth)
    return (mean, mean * mean * expm1(spread))
  }
}
