// Wrong shares of κ.

internal import ExactArithmetic
public import VerificationKit

extension SpectralGapAmplification {
  public static let mutants: [Mutant<Subject>] = [
    Mutant("1/(σ₁ − σᵢ)² for 1/(σ₁ − σᵢ)", SquaredGap()),
    Mutant("1/(σ₁² − σᵢ²) for both: σ₁ lost", LostNumerator()),
    Mutant("gap and sum exchanged", Exchanged()),
    Mutant("lost ½", LostHalf()),
    Mutant("lost 1/σ₁", LostNorm()),
    Mutant("squared variances", SquaredNoise()),
    Mutant("every direction divided by the gap", GapForAll()),
  ]

  private struct SquaredGap: PairCurvature {
    func share<F: Field>(of pair: SingularPair<F>, noise: PairNoise<F>, learningRate: F) -> F {
      let (gap, sum) = (pair.first - pair.other, pair.first + pair.other)
      return learningRate * (noise.symmetric / gap.squared + noise.antisymmetric / sum) / (F(2) * pair.first)
    }
  }

  private struct LostNumerator: PairCurvature {
    func share<F: Field>(of pair: SingularPair<F>, noise: PairNoise<F>, learningRate: F) -> F {
      let difference = pair.first.squared - pair.other.squared
      return learningRate * (noise.symmetric + noise.antisymmetric) / (F(2) * difference)
    }
  }

  private struct Exchanged: PairCurvature {
    func share<F: Field>(
      of pair: SingularPair<F>, noise: PairNoise<F>, learningRate: F
    ) throws(HypothesisViolation) -> F {
      let exchanged = PairNoise(symmetric: noise.antisymmetric, antisymmetric: noise.symmetric)
      return try GapAmplifiedCurvature().share(of: pair, noise: exchanged, learningRate: learningRate)
    }
  }

  private struct LostHalf: PairCurvature {
    func share<F: Field>(
      of pair: SingularPair<F>, noise: PairNoise<F>, learningRate: F
    ) throws(HypothesisViolation) -> F {
      F(2) * (try GapAmplifiedCurvature().share(of: pair, noise: noise, learningRate: learningRate))
    }
  }

  private struct LostNorm: PairCurvature {
    func share<F: Field>(
      of pair: SingularPair<F>, noise: PairNoise<F>, learningRate: F
    ) throws(HypothesisViolation) -> F {
      pair.first * (try GapAmplifiedCurvature().share(of: pair, noise: noise, learningRate: learningRate))
    }
  }

  private struct SquaredNoise: PairCurvature {
    func share<F: Field>(
      of pair: SingularPair<F>, noise: PairNoise<F>, learningRate: F
    ) throws(HypothesisViolation) -> F {
      let squared = PairNoise(symmetric: noise.symmetric.squared, antisymmetric: noise.antisymmetric.squared)
      return try GapAmplifiedCurvature().share(of: pair, noise: squared, learningRate: learningRate)
    }
  }

  private struct GapForAll: PairCurvature {
    func share<F: Field>(of pair: SingularPair<F>, noise: PairNoise<F>, learningRate: F) -> F {
      learningRate * (noise.symmetric + noise.antisymmetric) / (F(2) * pair.first * (pair.first - pair.other))
    }
  }
}
