// The gradient against Taylor remainders entry by entry, Euler's identity, and matrices whose triplets are rational.

internal import DenseLinearAlgebra
internal import ExactArithmetic
internal import RandomStreams
public import VerificationKit

extension OperatorNormJacobian {
  public static let checks: [Check<Subject>] = [
    .derivative("Taylor remainder in every entry") { jacobian, setting in
      try SpectralSamples.matrices(setting).flatMap { label, theta in
        let gradient = try jacobian(theta)
        let reach = try SpectralSamples.reach(theta)
        return (0..<theta.count).map { index in
          TaylorCase(
            "\(label), entry (\(index % theta.rows), \(index / theta.rows))", derivatives: [gradient[index]],
            reach: reach
          ) { step in
            var moved = theta
            moved.elements[index] += step
            return try SingularValueDecomposition(moved).values[0]
          }
        }
      }
    },
    .derivative("Taylor remainder in dense directions") { jacobian, setting in
      try SpectralSamples.matrices(setting).flatMap { label, theta in
        let gradient = try jacobian(theta)
        let reach = try SpectralSamples.reach(theta)
        return SpectralSamples.directions(theta, setting).enumerated().map { number, e in
          TaylorCase("\(label), direction \(number)", derivatives: [gradient.dot(e.vec)], reach: reach) { step in
            try SingularValueDecomposition(theta + step * e).values[0]
          }
        }
      }
    },
    .roundOffIdentity("rational singular vectors are recovered") { jacobian, _ in
      RationalSVD.examples.map { example in
        let (u, v) = (example.u.column(0), example.v.column(0))
        // Every entry of the expected gradient is the nearest Double of an exact rational.
        let expected = (0..<example.theta.columns).flatMap { j in u.map { ($0 * v[j]).approximation } }
        let theta = example.theta.map(\.approximation)
        let matrix = Matrix(rows: theta.rows, columns: theta.columns) { theta[$0, $1] }
        return NumericIdentity(
          "\(theta.rows) x \(theta.columns)", claimed: (try? jacobian(matrix).elements) ?? [], expected: expected,
          magnitude: 1, operations: 4 * theta.rows * theta.columns, condition: example.condition)
      }
    },
    .roundOffIdentity("Euler's identity ⟨J, θ⟩ = σ₁, and ‖J‖ = 1") { jacobian, setting in
      try SpectralSamples.matrices(setting).flatMap { label, theta in
        let gradient = try jacobian(theta)
        // The largest eigenvalue of the Gram matrix, not the decomposition that the claim uses.
        let gram = try SymmetricEigen(theta.gram()).values
        let sigma = gram[gram.count - 1].squareRoot()
        return [
          NumericIdentity(
            "\(label), ⟨J, θ⟩", claimed: gradient.dot(theta.vec), expected: sigma, operations: 4 * theta.count),
          NumericIdentity("\(label), ‖J‖", claimed: gradient.norm, expected: 1, operations: 4 * theta.count),
        ]
      }
    },
  ]

  public static let boundaries = [
    Boundary(
      "two equal largest singular values", drops: simple,
      remedy: "track the gap; at a crossing only one-sided directional derivatives exist"
    ) { _ in
      // σ₁(I + t diag(1, −1)) = 1 + |t|: no linear term fits both sides.
      let e = Matrix<Double>([[1, 0], [0, -1]])
      func norm(_ t: Double) throws -> Double {
        let theta = Matrix.identity(2) + t * e
        return try SingularValueDecomposition(theta).values[0]
      }
      let t = 0.25
      let right = (try norm(t) - 1) / t
      let left = (1 - (try norm(-t))) / t
      guard right != left else { return .inconclusive("both one-sided slopes are \(right)") }
      return .refuted(
        Counterexample(
          at: "θ = I, E = diag(1, −1)", claimed: "one derivative",
          found: "slope \(right) to the right, \(left) to the left"))
    }
  ]
}
