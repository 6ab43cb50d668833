// Wrong covariances of a batch mean, each with a single fault.

public import VerificationKit

extension BatchGradientNoise {
  public static let mutants: [Mutant<BatchNoise>] = [
    Mutant("lost 1/M", BatchNoise(batchDivisor: { _ in 1 })),
    Mutant("1/M²: the 1/M of the mean twice", BatchNoise(batchDivisor: { $0 * $0 })),
    // Exact at batch sizes 1 and 4, which every check has.
    Mutant("1/√M for 1/M", BatchNoise(batchDivisor: { Int(Double($0).squareRoot()) })),
    Mutant("1/(M − 1): the estimator's divisor", BatchNoise(batchDivisor: { max(1, $0 - 1) })),
    Mutant("N − 1 in the population's covariance", BatchNoise(populationDivisor: { $0 - 1 })),
    Mutant("second moment about zero", BatchNoise(isCentred: false)),
    Mutant("finite-population factor (N − M)/N", BatchNoise(finitePopulationFactor: { ($1 - $0, $1) })),
    Mutant("drops the finite-population factor", BatchNoise(finitePopulationFactor: { _, _ in (1, 1) })),
    Mutant(
      "finite-population factor squared",
      BatchNoise(finitePopulationFactor: {
        (($1 - $0) * ($1 - $0), ($1 - 1) * ($1 - 1))
      })),
  ]
}
