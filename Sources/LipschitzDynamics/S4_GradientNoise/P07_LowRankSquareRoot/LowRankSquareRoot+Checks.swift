// The root squared, the root by another road, and the noise that it drives.

internal import DenseLinearAlgebra
internal import ExactArithmetic
internal import RandomStreams
public import VerificationKit

extension LowRankSquareRoot {
  public static let checks: [Check<Subject>] = [
    .roundOffIdentity("the root is symmetric, semidefinite, and squares to ΩΩᵀ") { root, setting in
      try factors(setting.generator("factors")).flatMap { label, omega in
        let dense = try root(omega).dense
        let sigma = omega.gram()
        let lowest = try SymmetricEigen(dense).values[0]
        let size = omega.frobeniusNorm
        return [
          NumericIdentity(
            "\(label), square", claimed: (dense * dense).elements, expected: sigma.elements, magnitude: size * size,
            operations: 2 * omega.rows + 8),
          NumericIdentity(
            "\(label), symmetry", claimed: dense.elements, expected: dense.transposed.elements, magnitude: size,
            operations: 2 * omega.rows),
          NumericIdentity(
            "\(label), smallest eigenvalue", claimed: min(0, lowest), expected: 0, magnitude: size,
            operations: 4 * omega.rows),
        ]
      }
    },
    .roundOffIdentity("the root equals ΩV(Λ^½)⁺VᵀΩᵀ through the M x M Gram matrix") { root, setting in
      try factors(setting.generator("factors")).map { label, omega in
        let gram = try SymmetricEigen(omega.gram(.transposed))
        let top = gram.values[gram.values.count - 1]
        // Eigenvalues below round-off of the largest are the kernel, which the pseudo-inverse leaves out.
        let cutoff = Double(omega.columns) * 16 * Double.ulpOfOne * top
        let inverseRoots = gram.values.map { $0 > cutoff ? 1 / $0.squareRoot() : 0 }
        let half = omega * gram.vectors
        let expected = Matrix.product(half.scalingColumns(inverseRoots), .asIs, half, .transposed)
        let smallest = gram.values.elements.first { $0 > cutoff } ?? top
        return NumericIdentity(
          label, claimed: try root(omega).dense.elements, expected: expected.elements,
          magnitude: omega.frobeniusNorm, operations: 8 * omega.columns + omega.rows,
          condition: (top / smallest).squareRoot())
      }
    },
    .monteCarloMean("driven noise has covariance ΩΩᵀ") { root, setting in
      let omega = try factors(setting.problem("factors"))[0].omega
      let (p, sigma, apply) = (omega.rows, omega.gram(), try root(omega))
      let a = Vector((0..<p).map { 1 / Double($0 + 1) })
      let b = Vector((0..<p).map { $0 % 2 == 0 ? 1.0 : -0.5 })
      // Half of the third variance is the weakest direction's, which a pilot of the others may overlook. Batches of M
      // have M − 1; the strongest keeps the residual moving when the weakest is dropped.
      let eigen = try SymmetricEigen(sigma)
      let mixed = [p - (omega.columns - 1), p - 1].reduce(Vector<Double>.zeros(p)) { sum, k in
        sum + (1 / eigen.values[k].squareRoot()) * eigen.vectors.column(k)
      }
      let directions = [a, b, mixed].map { (direction: $0, variance: $0.dot(sigma * $0)) }
      return { generator in
        let noise = apply(Vector((0..<p).map { _ in generator.gaussian() }))
        return directions.map { direction, variance in
          let x = noise.dot(direction)
          return x * x - variance
        }
      }
    },
  ]

  public static let boundaries = [
    Boundary(
      "a plain inverse of Λ^½ on a centred batch", drops: pseudoInverse,
      remedy: "use the pseudo-inverse, or the singular values of Ω"
    ) { _ in
      let gradients = FieldMatrix<Rational>(rows: 6, columns: 4) { Rational($0 * $0 - 3 * $1, $0 + $1 + 1) }
      let centred = FieldMatrix<Rational>(rows: 6, columns: 4) { gradients[$0, $1] - gradients.row($0).mean }
      let gram = centred.transposed * centred
      guard gram.solve(.identity(4)) == nil else { return .inconclusive("ΩᵀΩ has an inverse") }
      return .refuted(
        Counterexample(
          at: "P = 6, M = 4, rational gradients", claimed: "an inverse of ΩᵀΩ",
          found: "none: (ΩᵀΩ)1 = \(gram * [1, 1, 1, 1]) exactly"))
    }
  ]

  /// Centred batches: tall, wide, and with a repeated sample, so that the rank falls below M − 1.
  private static func factors(_ generator: RandomGenerator) throws -> [(label: String, omega: Matrix<Double>)] {
    func factor(_ p: Int, _ m: Int, repeating: Bool = false) throws -> Matrix<Double> {
      var g = Matrix(rows: p, columns: m) { i, _ in generator.gaussian() * (1 + Double(i % 3)) }
      if repeating { for i in 0..<p { g[i, 1] = g[i, 0] } }
      return try UnbiasedNoiseEstimator.subject.factor(of: g)
    }
    return [
      ("12 parameters, batch 5", try factor(12, 5)), ("4 parameters, batch 9", try factor(4, 9)),
      ("10 parameters, batch 6, one sample twice", try factor(10, 6, repeating: true)),
    ]
  }
}
