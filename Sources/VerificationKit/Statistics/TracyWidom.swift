// The law of the largest singular value of a large Gaussian matrix, computed and not tabulated.

internal import CGSL
internal import DenseLinearAlgebra

/// The Tracy–Widom law for β = 1, real matrices.
public enum TracyWidom {
  /// F₁(s) = det(I − B_s), B_s(x, y) = Ai(x + y + s) on L²(0, ∞).
  ///
  /// The determinant of the operator is that of its Gauss–Legendre discretisation, whose error falls exponentially in
  /// the number of nodes.
  ///
  /// - Source: Ferrari and Spohn 2005 for the kernel; Bornemann 2010 for the method.
  /// - Returns: NaN for NaN, and if GSL or LAPACK fail.
  /// - Accuracy: absolute error some units of round-off a node for s ≥ −14, below which F₁ itself is less.
  public static func distribution(_ s: Double) -> Double {
    _ = quiet
    let rule = Self.rule
    guard !s.isNaN, !rule.isEmpty else { return .nan }
    let b = Matrix<Double>(rows: rule.count, columns: rule.count) { i, j in
      let value = i < j ? 0 : gsl_sf_airy_Ai(rule[i].node + rule[j].node + s, gsl_mode_t(GSL_PREC_DOUBLE))
      return (i == j ? 1 : 0) - rule[i].root * rule[j].root * value
    }
    do {
      return try Cholesky(b).lower.diagonal.elements.reduce(1) { $0 * $1 * $1 }
    } catch .notPositiveDefinite {
      // All eigenvalues of B lie below one. Where round-off lifts one of them to it, the determinant is lost in
      // round-off, too.
      return 0
    } catch {
      return .nan
    }
  }

  /// How many Gauss–Legendre nodes discretise the operator.
  public static let nodeCount = 48

  private static let quiet: Void = { _ = gsl_set_error_handler_off() }()

  /// Nodes of (0, 20), beyond which the kernel vanishes for every s ≥ −14 where F₁ does not, and roots of the weights.
  private static let rule: [(node: Double, root: Double)] = {
    guard let table = gsl_integration_glfixed_table_alloc(nodeCount) else { return [] }
    defer { gsl_integration_glfixed_table_free(table) }
    return (0..<nodeCount).map { i in
      var (node, weight) = (0.0, 0.0)
      gsl_integration_glfixed_point(0, 20, i, &node, &weight, table)
      return (node, weight.squareRoot())
    }
  }()
}
