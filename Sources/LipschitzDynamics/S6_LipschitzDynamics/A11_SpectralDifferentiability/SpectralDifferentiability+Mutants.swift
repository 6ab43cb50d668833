// Wrong one-sided derivatives.

internal import DenseLinearAlgebra
public import VerificationKit

extension SpectralDifferentiability {
  public static let mutants: [Mutant<Subject>] = [
    spoiled("u₁ᵀEv₁ of one basis of the top space") { b in b[0, 0] },
    spoiled("λ_min: the derivative from the left") { b in try symmetric(b)[0] },
    spoiled("the mean over the top space: tr B/r") { b in b.trace / Double(b.rows) },
    spoiled("‖B‖: not symmetrised, largest singular value") { b in try SingularValueDecomposition(b).values[0] },
    // The decomposition reads the lower triangle alone.
    spoiled("one triangle of B for its symmetric part") { b in try SymmetricEigen(b).values.elements.last ?? .nan },
    spoiled("largest |λ|") { b in try symmetric(b).reduce(0) { max($0, abs($1)) } },
    spoiled("bases of the two spaces that are not paired") { b in
      let unpaired = Matrix(rows: b.rows, columns: b.rows) { b[$0, b.rows - 1 - $1] }
      return try symmetric(unpaired).last ?? .nan
    },
    spoiled("a multiplicity above two taken for two") { b in
      let r = min(2, b.rows)
      return try symmetric(Matrix(rows: r, columns: r) { b[$0, $1] }).last ?? .nan
    },
  ]

  private static func symmetric(_ b: Matrix<Double>) throws -> [Double] {
    try SymmetricEigen((b + b.transposed) / 2).values.elements
  }

  private static func spoiled(
    _ name: String, _ value: @escaping @Sendable (Matrix<Double>) throws -> Double
  ) -> Mutant<Subject> {
    Mutant(name) { theta, e in try value(try TopSingularSpace(theta).compression(of: e)) }
  }
}
