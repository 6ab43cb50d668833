// Complement to Lemma 13: the curvature that isotropic noise meets, in closed form.

public import ExactArithmetic
public import VerificationKit

/// Complement to Lemma 13: under isotropic noise κ needs the singular values alone.
public enum IsotropicNoiseTrace: Claim {
  public static let source = Source.complement(to: "Lemma 13")
  public static let statement = Statement(
    "Σ = s²I  ⇒  ⟨H, Σ⟩ = s² tr H,  tr H = Σ_{2≤i≤min(m,n)} 2σ₁/(σ₁² − σᵢ²) + |m − n|/σ₁",
    meaning: "Under isotropic noise κ = (ηs²/2σ₁) tr H: no singular vector and no gradient is needed.",
    hypotheses: [simple, isotropic],
    differsFromPrint: "not in the paper: the trace of Lemma 13's Hessian")
  static let simple = Hypothesis.own(
    "σ₁ > σ₂ (Assumption 11, where SpectralDifferentiability shows what noise does at a tie)")
  static let isotropic = Hypothesis.own("Σ = s²I")

  /// The function under test, over any field.
  public typealias Subject = any CurvatureTrace
  public static let subject: Subject = SpectralTrace()
}

/// The trace of the operator norm's Hessian from the singular values.
public protocol CurvatureTrace: Sendable {
  /// tr H.
  ///
  /// - Parameter sigma: all min(m, n) singular values, the largest first.
  /// - Parameter rows: m.
  /// - Parameter columns: n.
  /// - Returns: unit 1/parameter.
  /// - Throws: `HypothesisViolation` on a number of values that does not fit, or if σ₁ is multiple or zero.
  func trace<F: Field>(_ sigma: [F], rows: Int, columns: Int) throws(HypothesisViolation) -> F
}

/// tr H = Σ 2σ₁/(σ₁² − σᵢ²) + |m − n|/σ₁.
///
/// - Source: the eigenvalues 1/(σ₁ ∓ σᵢ) and 1/σ₁ of the Hessian of Lemma 13, arXiv 2506.18588.
/// - Accuracy: u σ₁/(σ₁ − σ₂) relative.
public struct SpectralTrace: CurvatureTrace {
  /// The formula has no parameters.
  public init() {}

  public func trace<F: Field>(_ sigma: [F], rows: Int, columns: Int) throws(HypothesisViolation) -> F {
    try HypothesisViolation.require(
      sigma.count == min(rows, columns) && sigma.count > 0, field: "number of singular values", value: sigma.count,
      "min(m, n) = \(min(rows, columns)) ≥ 1")
    let (first, others) = (sigma[0], sigma.dropFirst())
    try HypothesisViolation.require(
      first != F(0) && !others.contains(first), field: "σ₁", value: "\(first)", "σ₁ > σ₂ and σ₁ > 0")
    let pairs = others.map { F(2) * first / (first.squared - $0.squared) }.sum
    return pairs + F(abs(rows - columns)) / first
  }
}
