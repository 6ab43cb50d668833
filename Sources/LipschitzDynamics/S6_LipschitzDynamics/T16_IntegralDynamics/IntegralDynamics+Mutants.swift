// Wrong solutions of the linear stochastic differential equation.

private import Glibc
public import VerificationKit

extension IntegralDynamics {
  public static let mutants: [Mutant<Subject>] = [
    Mutant("dropped −½λ²: Stratonovich's solution") { k, path in
      k * exp(path.reduce(0) { $0 + $1.relativeDrift * $1.duration + $1.noise })
    },
    Mutant("−λ² for −½λ²") { k, path in
      k * exp(path.reduce(0) { $0 + ($1.relativeDrift - 2 * $1.itoCorrection) * $1.duration + $1.noise })
    },
    Mutant("+½λ²: the sign of Itô's correction") { k, path in
      k * exp(path.reduce(0) { $0 + ($1.relativeDrift + $1.itoCorrection) * $1.duration + $1.noise })
    },
    Mutant("drift μ + κ dropped: K as a martingale") { k, path in
      k * exp(path.reduce(0) { $0 - $1.itoCorrection * $1.duration + $1.noise })
    },
    Mutant("drift counted twice") { k, path in
      k * exp(path.reduce(0) { $0 + (2 * $1.relativeDrift - $1.itoCorrection) * $1.duration + $1.noise })
    },
    Mutant("noise against the path") { k, path in
      k * exp(path.reduce(0) { $0 + ($1.relativeDrift - $1.itoCorrection) * $1.duration - $1.noise })
    },
    Mutant("first increment's coefficients kept for ever") { k, path in
      guard let first = path.first else { return k }
      return k * exp(path.reduce(0) { $0 + (first.relativeDrift - first.itoCorrection) * $1.duration + $1.noise })
    },
  ]
}
