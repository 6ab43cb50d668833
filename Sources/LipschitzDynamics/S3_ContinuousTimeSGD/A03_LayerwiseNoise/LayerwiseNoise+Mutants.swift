// Wrong diffusions of the network.

internal import ExactArithmetic
public import VerificationKit

extension LayerwiseNoise {
  public static let mutants: [Mutant<Subject>] = [
    spoiled("cross-layer covariances dropped") { NetworkDiffusion(exact: $0.layerwise, layerwise: $0.layerwise) },
    spoiled("cross-layer covariances once, not twice") {
      NetworkDiffusion(exact: $0.layerwise + $0.crossLayer / 2, layerwise: $0.layerwise)
    },
    spoiled("cross-layer covariances with the opposite sign") {
      NetworkDiffusion(exact: $0.layerwise - $0.crossLayer, layerwise: $0.layerwise)
    },
    spoiled("cross-layer covariances put into the layers' own sum") {
      NetworkDiffusion(exact: $0.exact, layerwise: $0.exact)
    },
    Mutant("λ summed over layers, then squared") { scores, eta, batch in
      let norms = try scores.map { try subject([$0], eta, batch).exact.squareRoot() }
      return NetworkDiffusion(exact: norms.sum.squared, layerwise: try subject(scores, eta, batch).layerwise)
    },
    Mutant("second moment about zero") { scores, eta, batch in
      // Every score beside its negative: the mean is gone, and the squares are not.
      try subject(scores.map { $0 + $0.map { -$0 } }, eta, batch)
    },
    Mutant("lost 1/M") { scores, eta, _ in try subject(scores, eta, 1) },
    Mutant("η² for η: the variance of a step, not of a unit of time") { scores, eta, batch in
      try subject(scores, eta * eta, batch)
    },
  ]

  private static func spoiled(
    _ name: String, _ change: @escaping @Sendable (NetworkDiffusion) -> NetworkDiffusion
  ) -> Mutant<Subject> {
    Mutant(name) { change(try subject($0, $1, $2)) }
  }
}
