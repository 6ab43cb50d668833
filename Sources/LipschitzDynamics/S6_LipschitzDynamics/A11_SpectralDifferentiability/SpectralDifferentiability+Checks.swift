// One-sided Taylor remainders at simple, double and triple σ₁; exact symmetric parts; noise at and off a crossing.

internal import DenseLinearAlgebra
internal import ExactArithmetic
private import Glibc
internal import RandomStreams
public import VerificationKit

extension SpectralDifferentiability {
  public static let checks: [Check<Subject>] = [
    .derivative("one-sided Taylor remainder at simple, double and triple σ₁") { derivative, setting in
      try crossings(setting).flatMap { label, theta in
        try SpectralSamples.directions(theta, setting, count: 3).flatMap { e in [e, -e] }.enumerated().map {
          number, e in
          TaylorCase("\(label), direction \(number)", derivatives: [try derivative(theta, e)], reach: 0.05) { h in
            // To the left another expansion holds, on which the oracle must not fall back.
            h < 0 ? .nan : try SingularValueDecomposition(theta + h * e).values[0]
          }
        }
      }
    },
    .roundOffIdentity("rational ties: E with a known symmetric part on the top space") { derivative, _ in
      try [(3, 4, [2, 2, Rational(1, 2)]), (4, 3, [3, 3, 3]), (3, 3, [Rational(5, 2), 1, Rational(1, 3)])]
        .flatMap { m, n, sigma -> [NumericIdentity] in
          let example = RationalSVD(m, n, sigma: sigma)
          let r = sigma.count { $0 == sigma[0] }
          return try [[3, 1, -2], [Rational(1, 2), -1, Rational(-7, 2)], [-1, -2, -4]].map { values in
            let (e, largest) = direction(example, r, eigenvalues: Array(values[..<r]))
            return NumericIdentity(
              "\(m) x \(n), r = \(r), λ_max = \(largest)",
              claimed: try derivative(dense(example.theta), dense(e)), expected: largest.approximation,
              magnitude: dense(e).frobeniusNorm, operations: 8 * m * n,
              condition: (sigma[0] / (sigma[0] - (r < 3 ? sigma[r] : 0))).approximation)
          }
        }
    },
    .monteCarloMean(
      "mean under isotropic noise: √π/2 at a double σ₁ of two, 0 at a simple one",
      blindTo: [
        "bases of the two spaces that are not paired": "isotropic noise has the same law in every pair of bases",
        "a multiplicity above two taken for two": "σ₁ is double here",
      ]
    ) { derivative, _ in
      // The symmetric part of a Gaussian 2 x 2 matrix has eigenvalues a ± ρ, a centred, ρ of Rayleigh's law.
      let expected = Double.pi.squareRoot() / 2
      let (double, simple) = (Matrix<Double>.identity(2), Matrix<Double>.diagonal([2, 1]))
      return { generator in
        let noise = Matrix<Double>(rows: 2, columns: 2) { _, _ in generator.gaussian() }
        return [try derivative(double, noise) - expected, try derivative(simple, noise)]
      }
    },
    Check("the remainder under noise of variance h is of order h, at every multiplicity", .convergence) {
      derivative, trial in
      var verdict: Verdict = .inconclusive("no matrix was examined")
      for (label, theta) in try crossings(trial.setting) {
        let noise = gaussians(theta, 40 * trial.setting.tier.scale, trial.setting.generator("noise, \(label)"))
        let sigma = try SingularValueDecomposition(theta).values[0]
        let rungs = try [10, 12, 14, 16, 18].map { exponent -> Rung in
          let h = pow(2.0, -Double(exponent))
          let remainders = try noise.map { xi in
            let moved = try SingularValueDecomposition(theta + h.squareRoot() * xi).values[0]
            return abs(moved - sigma - h.squareRoot() * (try derivative(theta, xi)))
          }
          return Rung(step: h, error: remainders.mean)
        }
        verdict = judgeOrder(rungs, expected: 1)
        guard verdict.isSupported else { break }
      }
      return verdict
    },
  ]

  public static let boundaries = [
    Boundary(
      "noise at two equal largest singular values", drops: simple,
      remedy: "report the gap; below a step's noise use the one-sided derivative: a rise of order √h, not κh"
    ) { setting in
      // Antithetic pairs, because the odd part of the rise has mean zero.
      let theta = Matrix<Double>.identity(2)
      let noise = gaussians(theta, 400 * setting.tier.scale, setting.generator("noise"))
      func rise(_ h: Double, gap: Double = 0) throws -> Double {
        let at = theta + .diagonal([0, -gap])
        return try noise.map { xi in
          let step = h.squareRoot() * xi
          let pair =
            try SingularValueDecomposition(at + step).values[0] + SingularValueDecomposition(at - step).values[0]
          return pair / 2 - 1
        }.mean
      }
      let rungs = try [8, 10, 12, 14, 16].map { exponent in
        let h = pow(2.0, -Double(exponent))
        return Rung(step: h, error: try rise(h))
      }
      let verdict = judgeOrder(rungs, expected: 1, insteadOf: 0.5)
      guard case .refuted(let why) = verdict else { return verdict }
      let (h, gap) = (1e-4, 1e-6)
      // (h/2) tr H for diag(1, 1 − gap).
      let predicted = h / (1 - (1 - gap) * (1 - gap))
      return .refuted(
        Counterexample(
          at: "θ = I and noise of variance h",
          claimed: "a mean rise of order h; (h/2) tr H = \(rounded(predicted)) at "
            + "h = 10⁻⁴ with a gap of 10⁻⁶",
          found: "\(why.found) in h; a rise of \(rounded(try rise(h, gap: gap)))"))
    },
    Boundary(
      "the zero matrix", drops: positive, remedy: "at θ = 0 the one-sided derivative is ‖E‖; log K has none"
    ) { _ in
      // Every pair of bases is a basis of the top space of the zero matrix; (I, I) is one.
      let (zero, e) = (Matrix<Double>.zeros(2, 2), Matrix<Double>([[0, 1], [-1, 0]]))
      let b = e
      let formula = try SymmetricEigen((b + b.transposed) / 2).values[1]
      let h = 0.125
      let found = try SingularValueDecomposition(zero + h * e).values[0] / h
      let handled = try subject(zero, e)
      guard found != formula, handled == found else { return .inconclusive("\(formula), \(found) and \(handled)") }
      return .refuted(
        Counterexample(
          at: "θ = 0, U₁ = V₁ = I, E a rotation by 90°", claimed: "derivative λ_max(½(B + Bᵀ)) = \(formula)",
          found: "σ₁(hE)/h = \(found)"))
    },
  ]

  /// Matrices with σ₁ simple, double and triple and the rest well below.
  private static func crossings(_ setting: Setting) throws -> [(label: String, theta: Matrix<Double>)] {
    let generator = setting.problem("matrices")
    func gaussian(_ m: Int, _ n: Int) -> Matrix<Double> {
      Matrix(rows: m, columns: n) { _, _ in generator.gaussian() }
    }
    return try [
      ("3 x 5, simple", 3, 5, [2, 1, 0.4]), ("5 x 3, double", 5, 3, [2, 2, 0.5]), ("3 x 4, double", 3, 4, [2, 2, 1]),
      ("4 x 6, triple", 4, 6, [2, 2, 2, 0.7]),
    ].map { (label: String, m: Int, n: Int, sigma: [Double]) in
      let (u, v) = (try QRDecomposition(gaussian(m, m)).q, try QRDecomposition(gaussian(n, n)).q)
      return (label, u * .diagonal(Vector(sigma), rows: m, columns: n) * v.transposed)
    }
  }

  private static func gaussians(_ theta: Matrix<Double>, _ count: Int, _ generator: RandomGenerator) -> [Matrix<Double>]
  {
    (0..<count).map { _ in Matrix(rows: theta.rows, columns: theta.columns) { _, _ in generator.gaussian() } }
  }

  /// E = U [[S + A, *], [*, *]] Vᵀ with S symmetric of the given eigenvalues and A skew: λ_max(S) is the derivative.
  private static func direction(
    _ example: RationalSVD, _ r: Int, eigenvalues: [Rational]
  ) -> (e: FieldMatrix<Rational>, largest: Rational) {
    let skew = FieldMatrix<Rational>(rows: r, columns: r) { i, j in
      i == j ? 0 : Rational(i < j ? i + j + 1 : -(i + j + 1), 3)
    }
    let rotation = FieldMatrix.cayley(skew: skew)
    let symmetric = rotation * FieldMatrix.diagonal(eigenvalues, rows: r, columns: r) * rotation.transposed
    let core = FieldMatrix<Rational>(rows: example.theta.rows, columns: example.theta.columns) { i, j in
      i < r && j < r ? symmetric[i, j] + 2 * skew[i, j] : Rational(i - 2 * j + 1, 2)
    }
    let largest = eigenvalues.dropFirst().reduce(eigenvalues[0]) { max($0, $1) }
    return (example.u * core * example.v.transposed, largest)
  }

  private static func dense(_ a: FieldMatrix<Rational>) -> Matrix<Double> {
    Matrix(rows: a.rows, columns: a.columns) { a[$0, $1].approximation }
  }

  /// Three decimals of a number of order one or below one, for messages.
  private static func rounded(_ x: Double) -> Double { (x * 1e4).rounded() / 1e4 }
}
