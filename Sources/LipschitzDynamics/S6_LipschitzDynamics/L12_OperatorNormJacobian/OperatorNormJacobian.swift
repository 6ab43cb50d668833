// Lemma 12: the gradient of the largest singular value.

public import DenseLinearAlgebra
public import VerificationKit

/// Lemma 12: the gradient of the largest singular value is u₁v₁ᵀ.
public enum OperatorNormJacobian: Claim {
  public static let source = Source.luo2025("Lemma 12")
  public static let statement = Statement(
    "∂σ₁/∂vec θ = v₁ ⊗ u₁ = vec(u₁v₁ᵀ)",
    meaning: "The operator norm changes along E at the rate u₁ᵀE v₁.",
    hypotheses: [simple])
  static let simple = Hypothesis.stated("σ₁ > σ₂ (Assumption 11)")

  /// The function under test: θ, of shape [m, n], to the gradient as a vector of length m·n, columns first.
  public typealias Subject = @Sendable (Matrix<Double>) throws -> Vector<Double>
  public static let subject: Subject = { theta in jacobian(at: try TopSingularTriplet(theta).requireSimple()).vec }

  /// J = u₁v₁ᵀ, so that D σ₁[E] = ⟨J, E⟩.
  ///
  /// - Source: Lemma 12, arXiv 2506.18588. Differs from print: none; vec(u₁v₁ᵀ) = v₁ ⊗ u₁ for column-major vec.
  /// - Hypotheses: σ₁ simple.
  /// - Accuracy: the singular vectors' own, u/(relative gap).
  /// - Returns: shape [m, n]; dimensionless; rank one, Frobenius norm 1.
  public static func jacobian<Scalar: BLASScalar>(at triplet: TopSingularTriplet<Scalar>) -> Matrix<Scalar> {
    triplet.u.outer(triplet.v)
  }
}
