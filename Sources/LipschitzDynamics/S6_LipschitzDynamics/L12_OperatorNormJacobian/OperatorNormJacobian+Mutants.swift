// Wrong gradients.

internal import DenseLinearAlgebra
public import VerificationKit

extension OperatorNormJacobian {
  public static let mutants: [Mutant<Subject>] = [
    Mutant("row-major vec: u₁ ⊗ v₁") { theta in
      let top = try TopSingularTriplet(theta)
      return top.v.outer(top.u).vec
    },
    Mutant("second triplet for the first") { theta in
      let svd = try SingularValueDecomposition(theta)
      return svd.u.column(1).outer(svd.v(1)).vec
    },
    Mutant("opposite sign") { -(try subject($0)) },
    Mutant("σ₁u₁v₁ᵀ: the rank-one part instead of its derivative") { theta in
      let top = try TopSingularTriplet(theta)
      return top.sigma * top.u.outer(top.v).vec
    },
    Mutant("derivative of σ₁²") { theta in
      let top = try TopSingularTriplet(theta)
      return 2 * top.sigma * top.u.outer(top.v).vec
    },
    Mutant("UVᵀ: the gradient of the nuclear norm") { theta in
      let svd = try SingularValueDecomposition(theta)
      return (svd.u * svd.vTransposed).vec
    },
  ]
}
