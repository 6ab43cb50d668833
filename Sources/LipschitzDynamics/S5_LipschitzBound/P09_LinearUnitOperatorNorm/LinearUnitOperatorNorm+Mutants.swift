// Wrong norms of linear units.

internal import DenseLinearAlgebra
public import VerificationKit

extension LinearUnitOperatorNorm {
  public static let mutants: [Mutant<Subject>] = [
    Mutant("σ₁(R) sold as the convolution's norm") { unit in
      let sigma = try unit.normBounds().lowerBound
      return NormBounds(lowerBound: sigma, upperBound: sigma, multiplicity: 1)
    },
    Mutant("the Frobenius norm for the operator norm") { unit in
      let (weights, multiplicity) =
        switch unit {
        case .dense(let theta): (theta, 1)
        case .convolution(let c): (c.reshapedKernel, c.patchesPerPixelAndAxis)
        }
      let norm = weights.frobeniusNorm
      return NormBounds(lowerBound: norm, upperBound: norm * Double(multiplicity), multiplicity: multiplicity)
    },
    convolutional("√⌈k/s⌉ for ⌈k/s⌉") { c, sigma in
      let multiplicity = c.patchesPerPixelAndAxis
      return NormBounds(
        lowerBound: sigma, upperBound: sigma * Double(multiplicity).squareRoot(), multiplicity: multiplicity)
    },
    convolutional("⌊k/s⌋ for ⌈k/s⌉") { c, sigma in
      let multiplicity = max(1, c.size / c.stride)
      return NormBounds(lowerBound: sigma, upperBound: sigma * Double(multiplicity), multiplicity: multiplicity)
    },
    convolutional("⌈k/s⌉σ₁(R) as a lower bound") { c, sigma in
      let multiplicity = c.patchesPerPixelAndAxis
      let upper = sigma * Double(multiplicity)
      return NormBounds(lowerBound: upper, upperBound: 2 * upper * Double(c.size), multiplicity: multiplicity)
    },
    Mutant("the largest row sum for the operator norm") { unit in
      guard case .dense(let theta) = unit else { return try unit.normBounds() }
      let sums = (0..<theta.rows).map { i in theta.row(i).elements.reduce(0) { $0 + abs($1) } }
      let largest = sums.max() ?? 0
      return NormBounds(lowerBound: largest, upperBound: largest, multiplicity: 1)
    },
  ]

  /// A wrong interval for convolutions; dense units stay right.
  private static func convolutional(
    _ name: String, _ bounds: @escaping @Sendable (Convolution, _ sigma: Double) -> NormBounds
  ) -> Mutant<Subject> {
    Mutant(name) { unit in
      guard case .convolution(let c) = unit else { return try unit.normBounds() }
      return bounds(c, try SingularValueDecomposition(c.reshapedKernel).values[0])
    }
  }
}
