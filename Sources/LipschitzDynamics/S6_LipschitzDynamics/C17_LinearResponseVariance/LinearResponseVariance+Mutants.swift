// Wrong sums of linear response.

public import VerificationKit

extension LinearResponseVariance {
  public static let mutants: [Mutant<ResponseVariance>] = [
    Mutant("∇log K(θ_k) at every step: Theorem 17's ∫λ²", .plugIn),
    Mutant("∇log K(θ_T) at every step: no curvature of the loss", ResponseVariance(damping: 0)),
    Mutant("I + ηH: disturbances that grow", ResponseVariance(damping: 1)),
    Mutant("2ηH for ηH", ResponseVariance(damping: -2)),
    Mutant("chain begun at ∇log K(θ_0)", ResponseVariance(terminal: { _ in 0 })),
    Mutant("noise and curvature frozen at θ_0", ResponseVariance(source: { _ in 0 })),
    Mutant("p_k for p_{k+1}", ResponseVariance(isDampedOnceMore: true)),
    Mutant("η for η²", ResponseVariance(power: 1)),
  ]
}
