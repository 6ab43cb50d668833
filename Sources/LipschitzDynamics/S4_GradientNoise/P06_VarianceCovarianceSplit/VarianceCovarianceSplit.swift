// Proposition 6: the variances and the covariances of the gradient noise, told apart from the factor alone.

public import ExactArithmetic
public import VerificationKit

/// Proposition 6: variances and covariances of the gradient noise from the factor alone.
public enum VarianceCovarianceSplit: Claim {
  public static let source = Source.luo2025("Proposition 6")
  public static let statement = Statement(
    "I∘Σ̂ = diag((Ω∘Ω)1),  off-diagonal part = Σ̂ − I∘Σ̂",
    meaning: "Row sums of squares of the factor are the variances; what is left of ΩΩᵀ are the covariances.",
    hypotheses: [.stated("Σ̂ = ΩΩᵀ"), diagonalSigma])
  /// The paper's own remark. The part has trace zero, so its eigenvalues cannot all be non-negative unless all vanish.
  static let diagonalSigma = Hypothesis.stated("only the whole of Σ̂ is read as a covariance matrix")

  public static let subject: any CovarianceSplit = FactorSplit()
}

/// The two parts of Σ̂ = ΩΩᵀ, computed from the factor.
public protocol CovarianceSplit: Sendable {
  /// The variances; length P.
  func variances<F: Field>(of factor: FieldMatrix<F>) -> [F]
  /// Σ̂ without its diagonal; shape [P, P].
  func covariances<F: Field>(of factor: FieldMatrix<F>) -> FieldMatrix<F>
}

/// The split of Proposition 6.
///
/// - Source: Proposition 6, arXiv 2506.18588. Differs from print: none.
/// - Accuracy: the variances cost P·M operations and no P x P matrix; each is a sum of squares, so no cancellation.
struct FactorSplit: CovarianceSplit {
  func variances<F: Field>(of factor: FieldMatrix<F>) -> [F] {
    (0..<factor.rows).map { factor.row($0).dot(factor.row($0)) }
  }

  func covariances<F: Field>(of factor: FieldMatrix<F>) -> FieldMatrix<F> {
    FieldMatrix(rows: factor.rows, columns: factor.rows) { i, j in
      i == j ? F(0) : factor.row(i).dot(factor.row(j))
    }
  }
}
