// Wrong splits.

internal import ExactArithmetic
public import VerificationKit

extension VarianceCovarianceSplit {
  public static let mutants: [Mutant<any CovarianceSplit>] = [
    Mutant("squares the row sum instead of summing squares", RowSumSquared()),
    Mutant("sums squares over columns, not rows", ColumnSums()),
    Mutant("leaves the diagonal in the off-diagonal part", DiagonalKept()),
    Mutant("averages over M once more", AveragedAgain()),
    Mutant("subtracts half of the diagonal", HalfDiagonal()),
  ]

  private struct RowSumSquared: CovarianceSplit {
    func variances<F: Field>(of factor: FieldMatrix<F>) -> [F] { (0..<factor.rows).map { factor.row($0).sum.squared } }
    func covariances<F: Field>(of factor: FieldMatrix<F>) -> FieldMatrix<F> { FactorSplit().covariances(of: factor) }
  }

  private struct ColumnSums: CovarianceSplit {
    func variances<F: Field>(of factor: FieldMatrix<F>) -> [F] {
      (0..<factor.rows).map { i in
        i < factor.columns ? factor.column(i).dot(factor.column(i)) : F(0)
      }
    }
    func covariances<F: Field>(of factor: FieldMatrix<F>) -> FieldMatrix<F> { FactorSplit().covariances(of: factor) }
  }

  private struct DiagonalKept: CovarianceSplit {
    func variances<F: Field>(of factor: FieldMatrix<F>) -> [F] { FactorSplit().variances(of: factor) }
    func covariances<F: Field>(of factor: FieldMatrix<F>) -> FieldMatrix<F> { factor * factor.transposed }
  }

  private struct AveragedAgain: CovarianceSplit {
    func variances<F: Field>(of factor: FieldMatrix<F>) -> [F] {
      FactorSplit().variances(of: factor).map { $0 / F(factor.columns) }
    }
    func covariances<F: Field>(of factor: FieldMatrix<F>) -> FieldMatrix<F> { FactorSplit().covariances(of: factor) }
  }

  private struct HalfDiagonal: CovarianceSplit {
    func variances<F: Field>(of factor: FieldMatrix<F>) -> [F] { FactorSplit().variances(of: factor) }
    func covariances<F: Field>(of factor: FieldMatrix<F>) -> FieldMatrix<F> {
      let sigma = factor * factor.transposed
      return FieldMatrix(rows: sigma.rows, columns: sigma.rows) { $0 == $1 ? sigma[$0, $1] / F(2) : sigma[$0, $1] }
    }
  }
}
