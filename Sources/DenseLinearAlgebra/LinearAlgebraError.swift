// What can go wrong on the way from a caller's numbers to LAPACK and back, with the likely causes.

/// A refusal of this module: which operation, which operand, which value, and what to do about it.
public enum LinearAlgebraError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Two operands whose shapes cannot meet in `operation`.
  case shapeMismatch(operation: String, found: String, expected: String)
  /// An entry that is NaN or infinite. Indices are zero-based.
  case nonFinite(operation: String, operand: String, row: Int, column: Int, value: Double)
  /// An operand without rows or columns.
  case empty(operation: String, operand: String)
  /// A matrix that Cholesky found not to be positive definite at a leading minor (one-based, as in LAPACK).
  case notPositiveDefinite(leadingMinor: Int)
  /// An iteration that used up its steps.
  case notConverged(routine: String, detail: String)
  /// A result that is larger than the largest number of the type.
  case overflow(operation: String)
  /// LAPACK reported an illegal argument: a defect of this module, reported rather than trapped.
  case illegalArgument(routine: String, position: Int)
  /// The largest singular value is not simple to working precision, so its derivatives do not exist numerically.
  case gapTooSmall(sigma1: Double, sigma2: Double, minimumRelativeGap: Double)
  /// σ_k (zero-based k) of a matrix of a batch is zero or shared with another to working precision, so it has no Hessian.
  case singularValueNotSimple(matrix: Int, k: Int, sigma: Double, nearest: Double, resolution: Double)

  public var description: String {
    switch self {
    case .shapeMismatch(let operation, let found, let expected):
      "\(operation): shapes \(found) do not fit; expected \(expected)"
    case .nonFinite(let operation, let operand, let row, let column, let value):
      "\(operation): \(operand)[\(row), \(column)] is \(value); remove or repair non-finite entries first"
    case .empty(let operation, let operand):
      "\(operation): \(operand) has no entries; give at least one row and one column"
    case .notPositiveDefinite(let minor):
      "Cholesky: leading minor \(minor) is not positive; the matrix is indefinite, singular to round-off, or not symmetric"
    case .notConverged(let routine, let detail):
      "\(routine) did not converge: \(detail)"
    case .overflow(let operation):
      "\(operation): a result leaves the range of numbers; scale the matrix down first"
    case .illegalArgument(let routine, let position):
      "\(routine) refused argument \(position): please report this as a defect, with the matrix"
    case .gapTooSmall(let sigma1, let sigma2, let minimum):
      """
      largest singular value is not simple: sigma1 = \(sigma1), sigma2 = \(sigma2), relative gap \
      \(sigma1 > 0 ? (sigma1 - sigma2) / sigma1 : 0) is below \(minimum); its derivatives are undefined or lost to round-off here
      """
    case .singularValueNotSimple(let matrix, let k, let sigma, let nearest, let resolution):
      """
      matrix \(matrix): singular value \(k) = \(sigma) has no second derivative: it or its distance from its nearest \
      neighbour \(nearest) is below the resolution \(resolution); leave index \(k) out, or perturb the matrix
      """
    }
  }
}
