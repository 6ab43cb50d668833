// Inputs of the spectral checks: random matrices with known reach, and rational matrices with known triplets.

internal import DenseLinearAlgebra
internal import ExactArithmetic
internal import RandomStreams
internal import VerificationKit

enum SpectralSamples {
  /// Matrices of every aspect with random singular vectors, one with repeated non-principal singular values and one of
  /// rank two. The spectra are prescribed: a Gaussian matrix now and then has two that nearly cross.
  static func matrices(_ setting: Setting) throws -> [(label: String, theta: Matrix<Double>)] {
    let generator = setting.generator("matrices")
    func gaussian(_ m: Int, _ n: Int) -> Matrix<Double> {
      Matrix(rows: m, columns: n) { _, _ in generator.gaussian() }
    }
    func withSpectrum(_ values: Vector<Double>, _ m: Int, _ n: Int) throws -> Matrix<Double> {
      let (u, v) = (try QRDecomposition(gaussian(m, m)).q, try QRDecomposition(gaussian(n, n)).q)
      return u * .diagonal(values, rows: m, columns: n) * v.transposed
    }
    return [
      ("4 x 6", try withSpectrum([3, 2.1, 1.3, 0.6], 4, 6)), ("6 x 4", try withSpectrum([2.5, 2, 0.9, 0.4], 6, 4)),
      ("5 x 5", try withSpectrum([4, 3.1, 2.2, 1.5, 0.7], 5, 5)),
      ("4 x 5, repeated σ₂ = σ₃", try withSpectrum([3, 1, 1, 0.5], 4, 5)),
      ("5 x 3, rank two", try withSpectrum([2, 1, 0], 5, 3)),
    ]
  }

  /// Unit directions without structure.
  static func directions(_ theta: Matrix<Double>, _ setting: Setting, count: Int = 4) -> [Matrix<Double>] {
    let generator = setting.generator("directions")
    return (0..<count).map { _ in
      let e = Matrix(rows: theta.rows, columns: theta.columns) { _, _ in generator.gaussian() }
      return e / e.frobeniusNorm
    }
  }

  /// The step at which the Taylor ladder starts: an eighth of the gap around σ_k, over a unit direction.
  static func reach(_ theta: Matrix<Double>, index: Int = 0) throws -> Double {
    let values = try SingularValueDecomposition(theta).values.elements
    let others = values.enumerated().filter { $0.offset != index }.map { abs($0.element - values[index]) }
    return (others + [values[index]]).min()! / 8
  }
}

/// A matrix with rational singular triplets, from two Cayley transforms: θ = U diag(σ) Vᵀ exactly.
struct RationalSVD: Sendable {
  let theta: FieldMatrix<Rational>
  let u: FieldMatrix<Rational>
  let sigma: [Rational]
  let v: FieldMatrix<Rational>

  init(_ m: Int, _ n: Int, sigma: [Rational]) {
    func orthogonal(_ order: Int, _ shift: Int) -> FieldMatrix<Rational> {
      .cayley(
        skew: FieldMatrix(rows: order, columns: order) { i, j in
          let entry = Rational((i + 1) * (j + 2) % 5 - 2 + shift, 3)
          let mirrored = Rational((j + 1) * (i + 2) % 5 - 2 + shift, 3)
          return i == j ? 0 : i < j ? entry : -mirrored
        })
    }
    u = orthogonal(m, 1)
    v = orthogonal(n, 2)
    self.sigma = sigma
    theta = u * FieldMatrix.diagonal(sigma, rows: m, columns: n) * v.transposed
  }

  /// σ_i, zero beyond min(m, n).
  func sigma(_ i: Int) -> Rational { i < sigma.count ? sigma[i] : 0 }

  /// How much the top vectors amplify an error of θ, relative to σ₁.
  var condition: Double { (sigma[0] / (sigma[0] - self.sigma(1))).approximation }

  static let examples = [
    RationalSVD(2, 3, sigma: [3, Rational(1, 2)]), RationalSVD(3, 3, sigma: [Rational(5, 2), 1, Rational(1, 3)]),
    RationalSVD(4, 2, sigma: [2, Rational(3, 4)]),
  ]
}
