// Wrong estimators, each with a single fault that has been seen in the wild.

public import VerificationKit

extension UnbiasedNoiseEstimator {
  public static let mutants: [Mutant<NoiseEstimator>] = [
    Mutant("divides by M², not M(M−1)", NoiseEstimator(divisor: { $0 * $0 })),
    Mutant("loses the 1/M of the batch mean", NoiseEstimator(divisor: { $0 - 1 })),
    Mutant("applies the 1/M of the batch mean twice", NoiseEstimator(divisor: { $0 * $0 * ($0 - 1) })),
    Mutant("second moment about zero", NoiseEstimator(isCentred: false)),
    Mutant("centres with a mean over M−1", NoiseEstimator(meanDivisor: { $0 - 1 })),
    Mutant(
      "finite-population factor (N−M)/(N−1) instead of (N−M)/N",
      NoiseEstimator(finitePopulationFactor: { ($1 - $0, $1 - 1) })),
    Mutant("drops the finite-population factor", NoiseEstimator(finitePopulationFactor: { _, _ in (1, 1) })),
  ]
}
