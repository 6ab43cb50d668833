// Wrong roots.

internal import DenseLinearAlgebra
public import VerificationKit

extension LowRankSquareRoot {
  public static let mutants: [Mutant<Subject>] = [
    Mutant("takes Λ for singular values of Ω: S^½ for S") { omega in
      let root = try root(of: omega)
      return SquareRoot(basis: root.basis, values: root.values.map { $0.squareRoot() })
    },
    Mutant("returns Σ̂ itself: S² for S") { omega in
      let root = try root(of: omega)
      return SquareRoot(basis: root.basis, values: root.values.map { $0 * $0 })
    },
    Mutant("drops the smallest positive singular value") { omega in
      let root = try root(of: omega)
      let rank = root.values.elements.count { $0 > 1e-10 * root.values[0] }
      return SquareRoot(
        basis: root.basis, values: Vector(root.values.indices.map { $0 == rank - 1 ? 0 : root.values[$0] }))
    },
    Mutant("keeps the leading singular value only") { omega in
      let root = try root(of: omega)
      return SquareRoot(basis: root.basis, values: Vector(root.values.indices.map { $0 == 0 ? root.values[0] : 0 }))
    },
    Mutant("pairs singular values with the vectors in reverse") { omega in
      let root = try root(of: omega)
      return SquareRoot(basis: root.basis, values: Vector(root.values.elements.reversed()))
    },
    Mutant("averages over M once more") { omega in
      let root = try root(of: omega)
      return SquareRoot(basis: root.basis, values: root.values / Double(omega.columns).squareRoot())
    },
  ]
}
