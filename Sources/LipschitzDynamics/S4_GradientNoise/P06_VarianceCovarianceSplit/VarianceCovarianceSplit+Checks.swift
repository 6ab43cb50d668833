// The split against the full matrix, exactly and in floating point, and the sign of the off-diagonal part.

internal import DenseLinearAlgebra
internal import ExactArithmetic
internal import RandomStreams
public import VerificationKit

extension VarianceCovarianceSplit {
  public static let checks: [Check<any CovarianceSplit>] = [
    .exactIdentity("both parts of rational factors") { split, _ in
      [(3, 2), (2, 4), (4, 4)].flatMap { p, m in
        let factor = FieldMatrix<Rational>(rows: p, columns: m) { Rational(2 * $0 - 3 * $1 + 1, $0 + $1 + 1) }
        let sigma = factor * factor.transposed
        let offDiagonal = FieldMatrix<Rational>(rows: p, columns: p) { $0 == $1 ? 0 : sigma[$0, $1] }
        let variances = FieldMatrix.diagonal(split.variances(of: factor), rows: p, columns: p)
        return [
          Identity("variances, P = \(p), M = \(m)", claimed: variances, expected: sigma - offDiagonal),
          Identity("covariances, P = \(p), M = \(m)", claimed: split.covariances(of: factor), expected: offDiagonal),
        ]
      }
    },
    .roundOffIdentity("quadratic forms of random factors") { split, setting in
      // xᵀΣ̂x = Σ xᵢ² varᵢ + xᵀ(off)x = ‖Ωᵀx‖²; and the two parts separately against SYRK's matrix.
      let generator = setting.generator("factor")
      return [(6, 3), (12, 20)].flatMap { p, m in
        let factor = FieldMatrix<Double>(rows: p, columns: m) { _, _ in generator.gaussian() }
        let omega = Matrix<Double>(rows: p, columns: m) { factor[$0, $1] }
        let sigma = omega.gram()
        let covariances = split.covariances(of: factor)
        let x = Vector((0..<p).map { _ in generator.gaussian() })
        let variances = split.variances(of: factor)
        let form = (0..<p).map { i in
          x[i] * x[i] * variances[i] + (0..<p).map { x[i] * covariances[i, $0] * x[$0] }.sum
        }.sum
        let expected = omega.transposedTimes(x)
        return [
          NumericIdentity(
            "quadratic form, P = \(p), M = \(m)", claimed: form, expected: expected.dot(expected),
            magnitude: x.dot(x) * sigma.trace, operations: p * p + m),
          NumericIdentity(
            "diagonal, P = \(p), M = \(m)", claimed: variances, expected: sigma.diagonal.elements, operations: 2 * m),
        ]
      }
    },
  ]

  public static let boundaries = [
    Boundary(
      "the off-diagonal part of a correlated pair as a covariance matrix", drops: diagonalSigma,
      remedy: "treat the off-diagonal part as an indefinite correction, never as noise of its own"
    ) { _ in
      let factor = FieldMatrix<Rational>(rows: 2, columns: 1) { i, _ in Rational(i + 1) }
      let part = subject.covariances(of: factor)
      let form = [Rational(1), -1].dot(part * [Rational(1), -1])
      guard form < 0 else { return .inconclusive("xᵀ(off)x = \(form)") }
      return .refuted(
        Counterexample(at: "Ω = (1, 2)ᵀ, x = (1, −1)ᵀ", claimed: "xᵀ(off)x ≥ 0", found: "xᵀ(off)x = \(form)"))
    }
  ]
}
