// Wrong mixtures, one share or one term each.

public import VerificationKit

extension UniformLabelCorruption {
  static let drawnOnceFaults = [
    "labels drawn once as if drawn anew", "the correction over N instead of N²",
  ]

  public static let mutants: [Mutant<LabelCorruption>] = [
    Mutant("(1 − p)²C_s", LabelCorruption(signalInCovariance: [1, -2, 1])),
    Mutant("p² for p before C_n", LabelCorruption(noiseInCovariance: [0, 0, 1])),
    Mutant("C_n dropped: noise labels add no noise", LabelCorruption(noiseInCovariance: [0])),
    Mutant("difference of the means dropped", LabelCorruption(differenceInCovariance: [0])),
    Mutant("p for p(1 − p) before the difference", LabelCorruption(differenceInCovariance: [0, 1])),
    Mutant("C_n without the spread over labels", LabelCorruption(includesLabelSpread: false)),
    Mutant("mean of the true labels", LabelCorruption(signalInMean: [1], noiseInMean: [0])),
    Mutant("pḡ_n dropped from the mean", LabelCorruption(noiseInMean: [0])),
    Mutant(drawnOnceFaults[0], LabelCorruption(correction: { _ in 0 })),
    Mutant(drawnOnceFaults[1], LabelCorruption(correction: { $0 })),
  ]
}
