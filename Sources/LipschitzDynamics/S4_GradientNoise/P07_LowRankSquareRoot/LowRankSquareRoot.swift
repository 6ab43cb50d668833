// Proposition 7: the square root of a huge covariance from the singular values of its thin factor.

public import DenseLinearAlgebra
public import VerificationKit

/// Proposition 7: the root of a covariance of low rank from its thin factor.
public enum LowRankSquareRoot: Claim {
  public static let source = Source.luo2025("Proposition 7")
  public static let statement = Statement(
    "ΩᵀΩ = VΛVᵀ  ⇒  Σ̂^½ = ΩV(Λ^½)⁺VᵀΩᵀ = USUᵀ  for  Ω = USVᵀ",
    meaning: "The symmetric positive semidefinite root of ΩΩᵀ has rank at most M and is known from M x M data.",
    hypotheses: [.stated("Σ̂ = ΩΩᵀ"), pseudoInverse],
    differsFromPrint: "a pseudo-inverse, because centring puts the vector of ones into the kernel of ΩᵀΩ")
  static let pseudoInverse = Hypothesis.unstated("(Λ^½)⁺ is a pseudo-inverse: rank ΩᵀΩ ≤ M − 1 always")

  /// The function under test: Ω, of shape [P, M], to its root.
  public typealias Subject = @Sendable (Matrix<Double>) throws -> SquareRoot
  public static let subject: Subject = { try root(of: $0) }

  /// Σ̂^½ = U S Uᵀ from the thin singular value decomposition Ω = U S Vᵀ.
  ///
  /// - Source: Proposition 7, arXiv 2506.18588.
  /// - Accuracy: ‖Σ̂^½ − USUᵀ‖ ≤ c·u·‖Ω‖. The Gram route through ΩᵀΩ halves the digits of small singular values
  ///   (its error is √u·‖Ω‖), so it serves as an oracle only.
  /// - Parameter omega: shape [P, M]; unit loss/parameter.
  /// - Throws: `LinearAlgebraError` on empty or non-finite input.
  public static func root(of omega: Matrix<Double>) throws(LinearAlgebraError) -> SquareRoot {
    let svd = try SingularValueDecomposition(omega)
    return SquareRoot(basis: svd.u, values: svd.values)
  }
}

/// A symmetric positive semidefinite matrix U diag(s) Uᵀ of low rank.
public struct SquareRoot: Sendable {
  /// U; shape [P, k], orthonormal columns.
  public let basis: Matrix<Double>
  /// s ≥ 0; length k.
  public let values: Vector<Double>

  /// Σ̂^½ x in O(P·k) operations.
  public func callAsFunction(_ x: Vector<Double>) -> Vector<Double> {
    let coordinates = basis.transposedTimes(x)
    return basis * Vector(values.indices.map { values[$0] * coordinates[$0] })
  }

  /// The P x P matrix itself, for small P.
  public var dense: Matrix<Double> { .product(basis.scalingColumns(values), .asIs, basis, .transposed) }
}
