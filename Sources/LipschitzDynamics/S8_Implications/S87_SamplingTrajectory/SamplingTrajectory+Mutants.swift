// Wrong disagreements.

public import VerificationKit

extension SamplingTrajectory {
  static let wrongConstants = ["C₀/M: one run's variance", "4C₀/M: standard deviations added", "2C₀/(M + 1)"]

  public static let mutants: [Mutant<SeedDisagreement>] = [
    Mutant(wrongConstants[0], SeedDisagreement(factor: 1)),
    Mutant(wrongConstants[1], SeedDisagreement(factor: 4)),
    Mutant(wrongConstants[2], SeedDisagreement(divisor: { $0 + 1 })),
    Mutant("1/√M for 1/M", SeedDisagreement(divisor: { Int(Double($0).squareRoot()) })),
    Mutant("1/M² for 1/M", SeedDisagreement(divisor: { $0 * $0 })),
    Mutant("no dependence on M", SeedDisagreement(divisor: { _ in 1 })),
  ]
}
