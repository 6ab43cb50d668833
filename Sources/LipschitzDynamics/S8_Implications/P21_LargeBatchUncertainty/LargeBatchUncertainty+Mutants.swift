// Wrong dependences on the batch size.

private import Glibc
public import VerificationKit

extension LargeBatchUncertainty {
  public static let mutants: [Mutant<Subject>] = [
    Mutant("1/√M for 1/M") { c, m in c / Double(m).squareRoot() },
    Mutant("1/M²: the 1/M of the batch mean twice") { c, m in c / Double(m * m) },
    Mutant("no dependence on M") { c, _ in c },
    Mutant("1/(M + 1)") { c, m in c / Double(m + 1) },
    Mutant("half of it") { c, m in c / Double(2 * m) },
  ]
}
