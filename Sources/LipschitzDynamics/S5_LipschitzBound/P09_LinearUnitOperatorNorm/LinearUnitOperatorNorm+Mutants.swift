// Wrong norms of linear units.

internal import DenseLinearAlgebra
public import VerificationKit

extension LinearUnitOperatorNorm {
  public static let mutants: [Mutant<Subject>] = [
    Mutant("σ₁(R) sold as the convolution's norm") { unit in
      let bounds = try unit.normBounds()
      return bounds.lowerBound...bounds.lowerBound
    },
    Mutant("the Frobenius norm for the operator norm") { unit in
      switch unit {
      case .dense(let theta): theta.frobeniusNorm...theta.frobeniusNorm
      case .convolution(let c):
        c.reshapedKernel.frobeniusNorm...(c.reshapedKernel.frobeniusNorm * Double(c.patchesPerPixelAndAxis))
      }
    },
    Mutant("√⌈k/s⌉ for ⌈k/s⌉") { unit in
      guard case .convolution(let c) = unit else { return try unit.normBounds() }
      let sigma = try SingularValueDecomposition(c.reshapedKernel).values[0]
      return sigma...(sigma * Double(c.patchesPerPixelAndAxis).squareRoot())
    },
    Mutant("⌊k/s⌋ for ⌈k/s⌉") { unit in
      guard case .convolution(let c) = unit else { return try unit.normBounds() }
      let sigma = try SingularValueDecomposition(c.reshapedKernel).values[0]
      return sigma...(sigma * Double(max(1, c.size / c.stride)))
    },
    Mutant("k σ₁(R) as a lower bound") { unit in
      guard case .convolution(let c) = unit else { return try unit.normBounds() }
      let upper = try unit.normBounds().upperBound
      return upper...(2 * upper * Double(c.size))
    },
    Mutant("the largest row sum for the operator norm") { unit in
      guard case .dense(let theta) = unit else { return try unit.normBounds() }
      let sums = (0..<theta.rows).map { i in theta.row(i).elements.reduce(0) { $0 + abs($1) } }
      let largest = sums.max() ?? 0
      return largest...largest
    },
  ]
}
