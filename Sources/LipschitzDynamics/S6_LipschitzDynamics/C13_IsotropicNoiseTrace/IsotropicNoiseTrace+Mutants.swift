// Wrong traces.

internal import ExactArithmetic
public import VerificationKit

extension IsotropicNoiseTrace {
  public static let mutants: [Mutant<Subject>] = [
    Mutant("drops |m − n|", Spoiled(surplus: 0)),
    Mutant("max(m, n) for min(m, n): the null space twice", Spoiled(surplus: 2)),
    Mutant("lost factor 2", Spoiled(pair: .single)),
    Mutant("σᵢ for σ₁ in the numerator", Spoiled(pair: .otherNumerator)),
    Mutant("1/(σ₁ − σᵢ): the antisymmetric directions dropped", Spoiled(pair: .gapOnly)),
    Mutant("2/(σ₁ − σᵢ): every direction divided by the gap", Spoiled(pair: .gapForAll)),
  ]

  private struct Spoiled: CurvatureTrace {
    enum Pair { case right, single, otherNumerator, gapOnly, gapForAll }

    var pair = Pair.right
    /// How often the null space counts.
    var surplus = 1

    func trace<F: Field>(_ sigma: [F], rows: Int, columns: Int) -> F {
      let first = sigma[0]
      let pairs = sigma.dropFirst().map { other -> F in
        let difference = first.squared - other.squared
        return switch pair {
        case .right: F(2) * first / difference
        case .single: first / difference
        case .otherNumerator: F(2) * other / difference
        case .gapOnly: F(1) / (first - other)
        case .gapForAll: F(2) / (first - other)
        }
      }
      return pairs.sum + F(surplus * abs(rows - columns)) / first
    }
  }
}
