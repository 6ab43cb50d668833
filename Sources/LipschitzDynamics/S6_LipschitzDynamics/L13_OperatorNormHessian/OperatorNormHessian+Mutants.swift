// Wrong Hessians; each spoils one of the three forms.

internal import DenseLinearAlgebra
internal import ExactArithmetic
public import VerificationKit

extension OperatorNormHessian {
  public static let mutants: [Mutant<Subject>] = [
    Mutant("1/(σ₁−σᵢ) for σ₁/(σ₁²−σᵢ²)", Subject(weights: InverseGap())),
    Mutant("drops the cross terms", Subject(weights: NoCross())),
    Mutant("halves the cross terms", Subject(weights: HalfCross())),
    Mutant("opposite sign of the cross terms", Subject(weights: NegativeCross())),
    Mutant("σ₁ for σₗ in the cross terms", Subject(weights: PrincipalCross())),
    Mutant("drops the |m−n| null space", Subject(weights: NoNullSpace())),
    Mutant(
      "spectral form: gap and sum exchanged",
      Subject(spectral: { point, e in
        let (svd, k) = (point.svd, point.index)
        let a = svd.u.transposedTimes(e * svd.v(k))
        let b = svd.vTransposed * e.transposedTimes(svd.u.column(k))
        let swapped = svd.values.indices.filter { $0 != k }.reduce(0.0) { sum, i in
          let (plus, minus) = (a[i] + b[i], a[i] - b[i])
          let (gap, total) = (svd.values[k] - svd.values[i], svd.values[k] + svd.values[i])
          return sum + (minus * minus - plus * plus) / 2 * (1 / gap - 1 / total)
        }
        return spectral(point, e) + swapped
      })),
    Mutant("spectral form: lost ½", Subject(spectral: { 2 * spectral($0, $1) })),
    Mutant(
      "resolvent form: without the far part ‖q‖²",
      Subject(resolvent: { point, e in
        let top = try TopSingularTriplet(point.theta)
        let q = e.transposedTimes(top.u)
        let along = q.dot(top.v)
        return try resolvent(point, e) - (q.dot(q) - along * along) / top.sigma
      })),
    Mutant("resolvent form: lost 1/σ₁", Subject(resolvent: { try resolvent($0, $1) * $0.svd.values[0] })),
  ]

  private struct InverseGap: KroneckerWeights {
    func square<F: Field>(_ sigmaK: F, _ sigmaI: F) -> F { F(1) / (sigmaK - sigmaI) }
  }

  private struct NoCross: KroneckerWeights {
    func cross<F: Field>(_ sigmaK: F, _ sigmaL: F) -> F { F(0) }
  }

  private struct HalfCross: KroneckerWeights {
    func cross<F: Field>(_ sigmaK: F, _ sigmaL: F) -> F { PaperWeights().cross(sigmaK, sigmaL) / F(2) }
  }

  private struct NegativeCross: KroneckerWeights {
    func cross<F: Field>(_ sigmaK: F, _ sigmaL: F) -> F { -PaperWeights().cross(sigmaK, sigmaL) }
  }

  private struct PrincipalCross: KroneckerWeights {
    func cross<F: Field>(_ sigmaK: F, _ sigmaL: F) -> F { PaperWeights().square(sigmaK, sigmaL) }
  }

  private struct NoNullSpace: KroneckerWeights {
    var keepsNullSpace: Bool { false }
  }
}
