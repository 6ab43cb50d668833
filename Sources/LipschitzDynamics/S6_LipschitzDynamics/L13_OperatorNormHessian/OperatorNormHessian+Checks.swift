// The Hessian against exact perturbation theory, Taylor remainders, its own spectrum, and itself in three forms.

internal import DenseLinearAlgebra
internal import ExactArithmetic
internal import RandomStreams
public import VerificationKit

extension OperatorNormHessian {
  public static let checks: [Check<Subject>] = [
    .roundOffIdentity("rational triplets: σ″ from the bordered linear system, every k") { forms, _ in
      try RationalSVD.examples.flatMap { example -> [NumericIdentity] in
        let (m, n) = (example.theta.rows, example.theta.columns)
        let e = FieldMatrix<Rational>(rows: m, columns: n) { Rational(2 * $0 - $1 * $1 + 1, $0 + 2) }
        let theta = dense(example.theta)
        return try example.sigma.indices.flatMap { k -> [NumericIdentity] in
          let exact = secondDerivative(example, k, e).approximation
          let point = try SpectralPoint(theta, index: k)
          // A multiple singular value of the same set would amplify; these are well separated rationals.
          let condition =
            example.sigma.indices.filter { $0 != k }
            .map { (example.sigma[0] / abs(example.sigma[k] - example.sigma[$0])).approximation }.max() ?? 1
          func identity(_ label: String, _ value: Double) -> NumericIdentity {
            NumericIdentity(
              "\(m) x \(n), k = \(k + 1), \(label)", claimed: value, expected: exact,
              magnitude: dense(e).inner(dense(e)) / example.sigma.last!.approximation, operations: 8 * m * n,
              condition: condition * condition)
          }
          return [
            identity("Kronecker form", forms.kronecker(point, dense(e))),
            identity("spectral form", try forms.spectral(point, dense(e))),
          ] + (k == 0 ? [identity("resolvent form", try forms.resolvent(point, dense(e)))] : [])
        }
      }
    },
    .derivative("Taylor remainder of order three, every k", blindTo: onlyGenericK) { forms, setting in
      try SpectralSamples.matrices(setting).flatMap { label, theta -> [TaylorCase] in
        let values = try SingularValueDecomposition(theta).values.elements
        return try values.indices.flatMap { k -> [TaylorCase] in
          guard let point = try? SpectralPoint(theta, index: k) else { return [] }
          let reach = try SpectralSamples.reach(theta, index: k)
          return try SpectralSamples.directions(theta, setting, count: 2).flatMap { e -> [TaylorCase] in
            let slope = point.svd.u.column(k).dot(e * point.svd.v(k))
            return try [("Kronecker", forms.kronecker), ("spectral", forms.spectral)].map { name, form in
              TaylorCase(
                "\(label), k = \(k + 1), \(name)", derivatives: [slope, try form(point, e)], reach: reach,
                noise: 8 * values[0] / values[k]
              ) { step in try SingularValueDecomposition(theta + step * e).values[k] }
            }
          }
        }
      }
    },
    .derivative("Taylor remainder of the resolvent form", blindTo: onlyResolvent) { forms, setting in
      try SpectralSamples.matrices(setting).flatMap { label, theta -> [TaylorCase] in
        let point = try SpectralPoint(theta)
        let reach = try SpectralSamples.reach(theta)
        return try SpectralSamples.directions(theta, setting).enumerated().map { number, e in
          let slope = point.svd.u.column(0).dot(e * point.svd.v(0))
          return TaylorCase(
            "\(label), direction \(number)", derivatives: [slope, try forms.resolvent(point, e)], reach: reach
          ) { step in try SingularValueDecomposition(theta + step * e).values[0] }
        }
      }
    },
    .roundOffIdentity("spectrum and kernel of the full matrix", blindTo: sameSpectrum) { forms, setting in
      try SpectralSamples.matrices(setting).flatMap { label, theta -> [NumericIdentity] in
        let point = try SpectralPoint(theta)
        let s = point.svd.values
        let (m, n) = (theta.rows, theta.columns)
        // 1/(σ₁ ∓ σᵢ), 1/σ₁ |m − n| times, and 0 twice: for θ itself and for the rotation of (u₁, v₁) against each other.
        let pairs = (1..<s.count).flatMap { [1 / (s[0] - s[$0]), 1 / (s[0] + s[$0])] }
        let spectrum = (pairs + [Double](repeating: 1 / s[0], count: abs(m - n)) + zeros(m * n + 2 - m - n)).sorted()
        let condition = s[0] / (s[0] - s[1])
        return try [("Kronecker", forms.kronecker), ("spectral", forms.spectral), ("resolvent", forms.resolvent)]
          .flatMap { name, form -> [NumericIdentity] in
            let h = try hessian(point, form)
            func identity(_ what: String, _ claimed: [Double], _ expected: [Double]) -> NumericIdentity {
              NumericIdentity(
                "\(label), \(name), \(what)", claimed: claimed, expected: expected, magnitude: spectrum.last ?? 0,
                operations: 16 * m * n, condition: condition)
            }
            return [
              identity("eigenvalues", try SymmetricEigen(h).values.elements, spectrum),
              identity("H vec θ / σ₁", (h * theta.vec / s[0]).elements, zeros(m * n)),
            ]
          }
      }
    },
    .exactIdentity("the Kronecker form over the rationals", blindTo: onlyKronecker) { forms, _ in
      RationalSVD.examples.flatMap { example in
        example.sigma.indices.map { k in
          let e = FieldMatrix<Rational>(rows: example.theta.rows, columns: example.theta.columns) {
            Rational(($0 + 1) * ($1 + 2) % 4 - 1, $1 + 1)
          }
          return Identity(
            "\(example.theta.rows) x \(example.theta.columns), k = \(k + 1)",
            claimed: kroneckerForm(
              forms.weights, sigma: example.sigma, k: k, a: example.u.transposed * (e * example.v.column(k)),
              b: example.v.transposed * (e.transposed * example.u.column(k))),
            expected: secondDerivative(example, k, e))
        }
      }
    },
  ]

  private static func blind(to isInvisible: (String) -> Bool, _ reason: String) -> [String: String] {
    Dictionary(uniqueKeysWithValues: mutants.map(\.name).filter(isInvisible).map { ($0, reason) })
  }

  private static let sameSpectrum = blind(
    to: { $0 == "opposite sign of the cross terms" || $0 == "spectral form: gap and sum exchanged" },
    "vⱼ to −vⱼ turns it into the true form: the same spectrum with other eigenvectors")

  private static func zeros(_ count: Int) -> [Double] { [Double](repeating: 0, count: count) }

  private static let onlyGenericK = blind(
    to: { $0.hasPrefix("resolvent") }, "the resolvent form is for k = 1; its own check follows")
  private static let onlyResolvent = blind(
    to: { !$0.hasPrefix("resolvent") }, "only the resolvent form is evaluated here")
  private static let onlyKronecker = blind(
    to: { $0.hasPrefix("resolvent") || $0.hasPrefix("spectral") }, "only the Kronecker form is evaluated here")

  public static let boundaries = [
    Boundary(
      "positive semidefiniteness for k = 2", drops: principal, remedy: "only σ₁ is convex; use κ ≥ 0 for k = 1 alone"
    ) { _ in
      let point = try SpectralPoint(Matrix<Double>.diagonal([2, 1]), index: 1)
      let e = Matrix<Double>([[0, 1], [1, 0]])
      let value = kronecker(point, e)
      guard value < 0 else { return .inconclusive("D²σ₂ = \(value)") }
      return .refuted(
        Counterexample(
          at: "θ = diag(2, 1), E = e₁e₂ᵀ + e₂e₁ᵀ", claimed: "D²σ₂[E, E] ≥ 0", found: "D²σ₂[E, E] = \(value)"))
    },
    Boundary(
      "two equal largest singular values", drops: simple,
      remedy: "report the gap; derivatives are refused where it falls below 1024 units of round-off"
    ) { _ in
      // σ₁(I + tE) = 1 + |t|: its second difference 2/|t| has no limit.
      let e = Matrix<Double>.diagonal([1, -1])
      func difference(_ t: Double) throws -> Double {
        let (up, down) = (Matrix.identity(2) + t * e, Matrix.identity(2) - t * e)
        let sum = try SingularValueDecomposition(up).values[0] + SingularValueDecomposition(down).values[0]
        return (sum - 2) / (t * t)
      }
      let (coarse, fine) = (try difference(0.25), try difference(0.25 / 1024))
      guard fine > 100 * coarse else { return .inconclusive("second differences \(coarse) and \(fine)") }
      return .refuted(
        Counterexample(
          at: "θ = I, E = diag(1, −1)", claimed: "a second derivative",
          found: "second differences \(coarse) at t = 1/4, \(fine) at t = 1/4096"))
    },
  ]

  /// D²σ_k[E, E] exactly: differentiate θv = σu, θᵀu = σv, ‖v‖ = 1 once, solve for (u′, v′), and use
  /// σ″ = u′ᵀEv + uᵀEv′ after projecting the twice-differentiated equations on u and v.
  private static func secondDerivative(
    _ example: RationalSVD, _ k: Int, _ e: FieldMatrix<Rational>
  ) -> Rational {
    let (m, n) = (e.rows, e.columns)
    let (u, v, sigma) = (example.u.column(k), example.v.column(k), example.sigma[k])
    let slope = u.dot(e * v)
    // Unknowns (u′, v′). Rows: θv′ − σu′ = σ′u − Ev; θᵀu′ − σv′ = σ′v − Eᵀu. The kernel (u, v) is removed by
    // bordering with the normalisation uᵀu′ + vᵀv′ = 0.
    let order = m + n + 1
    let system = FieldMatrix<Rational>(rows: order, columns: order) { i, j in
      switch (i, j) {
      case (0..<m, 0..<m): i == j ? -sigma : 0
      case (0..<m, m..<(m + n)): example.theta[i, j - m]
      case (m..<(m + n), 0..<m): example.theta[j, i - m]
      case (m..<(m + n), m..<(m + n)): i == j ? -sigma : 0
      case (order - 1, 0..<m): u[j]
      case (order - 1, m..<(m + n)): v[j - m]
      case (0..<m, order - 1): u[i]
      case (m..<(m + n), order - 1): v[i - m]
      default: 0
      }
    }
    let (ev, etu) = (e * v, e.transposed * u)
    let right = FieldMatrix<Rational>(rows: order, columns: 1) { i, _ in
      i < m ? slope * u[i] - ev[i] : i < m + n ? slope * v[i - m] - etu[i - m] : 0
    }
    guard let solution = system.solve(right) else {
      preconditionFailure("the bordered system is regular for a simple σ_k")
    }
    let du = (0..<m).map { solution[$0, 0] }
    let dv = (0..<n).map { solution[m + $0, 0] }
    return du.dot(ev) + u.dot(e * dv)
  }

  private static func dense(_ a: FieldMatrix<Rational>) -> Matrix<Double> {
    Matrix(rows: a.rows, columns: a.columns) { a[$0, $1].approximation }
  }

  private static func abs(_ x: Rational) -> Rational { x < 0 ? -x : x }
  private static func abs(_ x: Int) -> Int { Swift.abs(x) }

  /// The mn x mn matrix of a quadratic form, by polarisation.
  private static func hessian(_ point: SpectralPoint, _ form: Subject.Form) throws -> Matrix<Double> {
    let (m, n) = (point.theta.rows, point.theta.columns)
    func unit(_ a: Int) -> Matrix<Double> { Vector.basis(a, count: m * n).unvec(rows: m, columns: n) }
    let squares = try (0..<m * n).map { try form(point, unit($0)) }
    return try Matrix(rows: m * n, columns: m * n) { a, b in
      a == b ? squares[a] : (try form(point, unit(a) + unit(b)) - squares[a] - squares[b]) / 2
    }
  }
}
