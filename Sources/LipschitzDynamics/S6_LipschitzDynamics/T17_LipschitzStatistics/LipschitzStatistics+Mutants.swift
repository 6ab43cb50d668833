// Wrong statistics of K(t).

private import Glibc
public import VerificationKit

extension LipschitzStatistics {
  public static let mutants: [Mutant<Subject>] = [
    Mutant("variance without the −1") { k, g, s in
      let mean = k * exp(g)
      return (mean, mean * mean * exp(s))
    },
    Mutant("variance to first order: (E K)² ∫λ²") { k, g, s in
      let mean = k * exp(g)
      return (mean, mean * mean * s)
    },
    Mutant("variance with e^{∫λ²/2}") { k, g, s in
      let mean = k * exp(g)
      return (mean, mean * mean * expm1(s / 2))
    },
    Mutant("E K for (E K)² in the variance") { k, g, s in
      let mean = k * exp(g)
      return (mean, mean * expm1(s))
    },
    Mutant("mean of the logarithm exponentiated: −½∫λ² left in E K") { k, g, s in
      let mean = k * exp(g - s / 2)
      return (mean, mean * mean * expm1(s))
    },
    Mutant("Itô correction counted twice: +½∫λ² in E K") { k, g, s in
      let mean = k * exp(g + s / 2)
      return (mean, mean * mean * expm1(s))
    },
  ]
}
