// Wrong limits of the gradient noise.

public import VerificationKit

extension FisherNoise {
  static let centred = "centred: the covariance in place of F"
  public static let mutants: [Mutant<FisherCovariance>] = [
    Mutant("F: lost 1/M", FisherCovariance(divisor: { n, _ in n })),
    Mutant("F/M²", FisherCovariance(divisor: { n, m in n * m * m })),
    Mutant(centred, FisherCovariance(moment: .central)),
    Mutant("1/(N − 1) for 1/N", FisherCovariance(divisor: { n, m in (n - 1) * m })),
    Mutant("the sum over samples for their mean", FisherCovariance(divisor: { _, m in m })),
    Mutant("ggᵀ for F", FisherCovariance(moment: .ofMean)),
  ]
}
