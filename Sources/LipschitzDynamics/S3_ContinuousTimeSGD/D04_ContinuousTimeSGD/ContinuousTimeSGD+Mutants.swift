// Wrong drifts and diffusions.

public import VerificationKit

extension ContinuousTimeSGD {
  public static let mutants: [Mutant<SDECoefficients>] = [
    Mutant("η for √η in the diffusion", SDECoefficients(diffusionPower: 2)),
    Mutant("√η lost from the diffusion", SDECoefficients(diffusionPower: 0)),
    Mutant("no diffusion at all: gradient flow", SDECoefficients(hasNoise: false)),
    Mutant("drift up the gradient", SDECoefficients(driftSign: 1)),
    Mutant("drift of a step, not of a unit of time: −η∇L", SDECoefficients(driftPower: 1)),
    Mutant("lost 1/M", SDECoefficients(batchDivisor: { _ in 1 })),
    Mutant("1/M²: the 1/M of the batch mean twice", SDECoefficients(batchDivisor: { $0 * $0 })),
    Mutant("N − 1 in the population's covariance", SDECoefficients(populationDivisor: { $0 - 1 })),
    Mutant("second moment about zero", SDECoefficients(isCentred: false)),
    Mutant("noise of one fixed point", SDECoefficients(isNoiseFrozen: true)),
    Mutant("Stratonovich's sense for Itô's", SDECoefficients(isStratonovich: true)),
  ]
}
