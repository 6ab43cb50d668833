// Wrong limits.

private import Glibc
public import VerificationKit

extension NearConvergenceGrowth {
  public static let mutants: [Mutant<Subject>] = [
    Mutant("a positive drift always diverges") { drift, diffusion in
      drift.coefficient > 0
        ? GrowthLimit(mean: .infinity, variance: .infinity) : try limit(drift: drift, diffusion: diffusion)
    },
    Mutant("1/t counted as integrable") { drift, diffusion in
      drift.exponent == 1 ? GrowthLimit(mean: 1, variance: 0) : try limit(drift: drift, diffusion: diffusion)
    },
    Mutant("1/t² counted as divergent") { drift, diffusion in
      drift.exponent == 2 && drift.coefficient > 0
        ? GrowthLimit(mean: .infinity, variance: .infinity) : try limit(drift: drift, diffusion: diffusion)
    },
    Mutant("a for a/(p − 1)") { drift, diffusion in
      drift.exponent > 1
        ? GrowthLimit(mean: exp(drift.coefficient), variance: try limit(drift: drift, diffusion: diffusion).variance)
        : try limit(drift: drift, diffusion: diffusion)
    },
    Mutant("variance without the −1") { drift, diffusion in
      let mean = try limit(drift: drift, diffusion: diffusion).mean
      return GrowthLimit(mean: mean, variance: mean * mean * exp(diffusion.total))
    },
    Mutant("E K for (E K)² in the variance") { drift, diffusion in
      let mean = try limit(drift: drift, diffusion: diffusion).mean
      return GrowthLimit(mean: mean, variance: mean * expm1(diffusion.total))
    },
  ]
}
