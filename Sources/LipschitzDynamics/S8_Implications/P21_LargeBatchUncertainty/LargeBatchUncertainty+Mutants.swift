// Wrong dependences on the batch size.

public import VerificationKit

extension LargeBatchUncertainty {
  static let nextOrderFaults = ["k for 2k in the next order", "A for A/2 in the next order"]

  public static let mutants: [Mutant<BatchVariance>] = [
    Mutant("1/√M for 1/M", BatchVariance(divisor: { Int(Double($0).squareRoot()) })),
    Mutant("1/M²: the 1/M of the batch mean twice", BatchVariance(divisor: { $0 * $0 })),
    Mutant("no dependence on M", BatchVariance(divisor: { _ in 1 })),
    Mutant("1/(M + 1)", BatchVariance(divisor: { $0 + 1 })),
    Mutant("half of it", BatchVariance(divisor: { 2 * $0 })),
    Mutant("finite-population factor dropped", BatchVariance(finitePopulationFactor: { _, _ in (1, 1) })),
    Mutant("(N − M)/N for (N − M)/(N − 1)", BatchVariance(finitePopulationFactor: { ($1 - $0, $1) })),
    Mutant(nextOrderFaults[0], BatchVariance(curvatureFactor: 1)),
    Mutant(nextOrderFaults[1], BatchVariance(spreadFactor: 2)),
  ]
}
