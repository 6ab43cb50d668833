// Wrong moment-generating functions.

private import Glibc
public import VerificationKit

extension LogNormalMGF {
  public static let mutants: [Mutant<Subject>] = [
    Mutant("s for s² in the exponent") { s, m, v in exp(s * m + s * v / 2) },
    Mutant("lost ½") { s, m, v in exp(s * m + s * s * v) },
    Mutant("standard deviation for variance") { s, m, v in exp(s * m + s * s * v.squareRoot() / 2) },
    Mutant("Jensen ignored: e^{sm}") { s, m, _ in exp(s * m) },
    Mutant("characteristic function's sign") { s, m, v in exp(s * m - s * s * v / 2) },
  ]
}
