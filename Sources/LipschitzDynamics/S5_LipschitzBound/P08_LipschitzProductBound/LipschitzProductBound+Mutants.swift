// Wrong bounds of a network.

internal import DenseLinearAlgebra
public import VerificationKit

extension LipschitzProductBound {
  public static let mutants: [Mutant<Subject>] = [
    Mutant("sum for product") { layers in
      try layers.reduce(0.0) { try $0 + $1.activationConstant * TopSingularTriplet($1.weights).sigma }
    },
    Mutant("the largest layer only") { layers in
      try layers.map { try $0.activationConstant * TopSingularTriplet($0.weights).sigma }.max() ?? 1
    },
    Mutant("last layer left out") { try subject(Array($0.dropLast())) },
    Mutant("Frobenius norms") { layers in
      layers.reduce(1.0) { $0 * $1.activationConstant * $1.weights.frobeniusNorm }
    },
    Mutant("activation constants ignored") { layers in try subject(layers.map { BoundedLayer($0.weights) }) },
    Mutant("geometric mean for product") { layers in
      let bound = try subject(layers)
      return layers.count > 1 ? bound.squareRoot() : bound
    },
  ]
}
