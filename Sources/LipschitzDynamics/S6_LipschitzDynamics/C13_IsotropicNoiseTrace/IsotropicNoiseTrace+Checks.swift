// The trace over an orthonormal basis, exactly and in floating point, and the mean rise under isotropic noise.

internal import DenseLinearAlgebra
internal import ExactArithmetic
internal import RandomStreams
public import VerificationKit

extension IsotropicNoiseTrace {
  public static let checks: [Check<Subject>] = [
    .exactIdentity("sum of exact second derivatives over a rational orthonormal basis") { trace, _ in
      try RationalSVD.examples.map { example in
        let (m, n) = (example.theta.rows, example.theta.columns)
        // Any orthonormal basis does; this one has nothing to do with θ's singular vectors.
        let (p, q) = (rotation(m), rotation(n))
        let sum = (0..<m * n).map { index in
          let (a, b) = (p.column(index / n), q.column(index % n))
          return example.secondDerivative(along: FieldMatrix(rows: m, columns: n) { a[$0] * b[$1] })
        }.sum
        return Identity(
          "\(m) x \(n)", claimed: try trace.trace(example.sigma, rows: m, columns: n), expected: sum)
      }
    },
    .roundOffIdentity("resolvent form over the standard basis") { trace, setting in
      try SpectralSamples.matrices(setting).map { label, theta in
        let (m, n) = (theta.rows, theta.columns)
        let top = try TopSingularTriplet(theta)
        let hessian = try ResolventHessian(theta, at: top)
        let units = (0..<m * n).map { (index: Int) -> Matrix<Double> in
          Vector.basis(index, count: m * n).unvec(rows: m, columns: n)
        }
        let forms = hessian.relativeForms(
          right: Matrix(columns: units.map { $0 * top.v }),
          left: Matrix(columns: units.map { $0.transposedTimes(top.u) }))
        return NumericIdentity(
          label,
          claimed: try trace.trace(SingularValueDecomposition(theta).values.elements, rows: m, columns: n),
          expected: forms.reduce(0, +) * top.sigma, operations: 4 * m * n, condition: top.sigma / top.gap)
      }
    },
    .monteCarloMean("mean rise of σ₁ under isotropic noise") { trace, setting in
      let spectrum = [2.0, 1.2, 0.5]
      let basis = try SingularValueDecomposition(gaussian(setting.problem("bases"), 3, 5))
      let theta = basis.u * .diagonal(Vector(spectrum)) * basis.vTransposed
      let sigma = try SingularValueDecomposition(theta).values[0]
      let claimed = try trace.trace(spectrum, rows: 3, columns: 5)
      // So small that the fourth-order term is below round-off, so large that round-off is below the sampling error.
      let s = 1e-4
      return { generator in
        let noise = s * gaussian(generator, 3, 5)
        let pair =
          try SingularValueDecomposition(theta + noise).values[0] + SingularValueDecomposition(theta - noise).values[0]
        return [(pair - 2 * sigma) / (s * s) - claimed]
      }
    },
  ]

  public static let boundaries = [
    Boundary(
      "noise of the same trace along one direction", drops: isotropic,
      remedy: "use ⟨H, Σ⟩ itself: Lemma 13 on a factor of Σ"
    ) { _ in
      // All of tr Σ = mn s², s = 1, along u₁v₁ᵀ, where σ₁ is linear, or along the symmetric direction of the gap.
      let (spectrum, gap) = ([1.0, 0.9], 0.1)
      let theta = Matrix<Double>.diagonal(Vector(spectrum))
      let (total, h) = (4.0, 1e-4)
      func curvature(_ e: Matrix<Double>) throws -> Double {
        let pair =
          try SingularValueDecomposition(theta + h * e).values[0] + SingularValueDecomposition(theta - h * e).values[0]
        return total * (pair - 2) / (h * h)
      }
      let along = try curvature(Matrix([[1, 0], [0, 0]]))
      let across = try curvature(Matrix([[0, 1], [1, 0]]) / 2.0.squareRoot())
      let claimed = try subject.trace(spectrum, rows: 2, columns: 2)
      // Of a second difference: round-off of the norms over h², and the next term, smaller by (h/gap)².
      let slack = total * (64 * Double.ulpOfOne / (h * h) + (h / gap) * (h / gap) / gap)
      guard abs(along) <= slack, abs(across - total / gap) <= slack, claimed > slack, across > claimed + slack else {
        return .inconclusive("tr H = \(claimed), ⟨H, Σ⟩ = \(along) and \(across)")
      }
      func rounded(_ x: Double) -> Double { (x * 100).rounded() / 100 }
      return .refuted(
        Counterexample(
          at: "θ = diag(1, 0.9), tr Σ = 4", claimed: "⟨H, Σ⟩ = tr H = \(rounded(claimed))",
          found: "\(rounded(abs(along))) for noise along u₁v₁ᵀ, \(rounded(across)) across the gap of \(gap)"))
    }
  ]

  private static func gaussian(_ generator: RandomGenerator, _ m: Int, _ n: Int) -> Matrix<Double> {
    Matrix(rows: m, columns: n) { _, _ in generator.gaussian() }
  }

  private static func rotation(_ order: Int) -> FieldMatrix<Rational> {
    .cayley(skew: FieldMatrix(rows: order, columns: order) { i, j in i == j ? 0 : Rational(i < j ? 1 : -1, i + j + 1) })
  }
}
