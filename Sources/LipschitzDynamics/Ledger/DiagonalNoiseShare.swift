// How much of κ and λ² the variances of the single parameters make up, and how much their covariances.

public import DenseLinearAlgebra

/// κ and λ² of one layer from the diagonal of Σ alone (Proposition 6 splits Σ into variances and covariances).
public struct DiagonalNoiseShare: Sendable, Equatable {
  /// (η/2)⟨H, I∘Σ⟩/σ₁.
  public let kappa: Double
  /// η Jᵀ(I∘Σ)J/σ₁².
  public let lambdaSquared: Double

  /// From a full decomposition of the weights: for now and then, not for every step.
  ///
  /// - Parameters:
  ///   - weights: θ; shape [m, n].
  ///   - variances: the diagonal of Σ; shape [m, n].
  ///   - learningRate: η.
  /// - Throws: ``LinearAlgebraError`` if σ₁ is not simple to within round-off, or an entry is not finite.
  public init(weights: Matrix<Double>, variances: Matrix<Double>, learningRate eta: Double) throws {
    precondition(
      weights.rows == variances.rows && weights.columns == variances.columns,
      "variances \(variances.shape) of weights \(weights.shape)")
    let svd = try SingularValueDecomposition(weights, .thin)
    let count = svd.values.count
    let sigma = svd.values[0]
    let gap = 64 * Double.ulpOfOne
    guard count == 1 || sigma - svd.values[1] > gap * sigma else {
      throw LinearAlgebraError.gapTooSmall(sigma1: sigma, sigma2: svd.values[1], minimumRelativeGap: gap)
    }
    let (u, v) = (svd.u.column(0), svd.v(0))
    let (u2, v2) = (u.map { $0 * $0 }, v.map { $0 * $0 })
    let (byRow, byColumn) = (variances * v2, variances.transposedTimes(u2))
    lambdaSquared = eta * u2.dot(byRow) / (sigma * sigma)

    // Diagonals of P = Σ_{l≥2} σ₁/(σ₁² − σ_l²) u_l u_lᵀ and of Q, likewise of v_l; σ_l = 0 beyond min(m, n).
    var (p, q) = (
      Vector([Double](repeating: 1 / sigma, count: u.count)), Vector([Double](repeating: 1 / sigma, count: v.count))
    )
    p = p - u2 / sigma
    q = q - v2 / sigma
    var mixed = 0.0
    let crossed = Matrix(rows: weights.rows, columns: weights.columns) { i, j in variances[i, j] * u[i] * v[j] }
    for l in 1..<max(1, count) {
      let (ul, vl, value) = (svd.u.column(l), svd.v(l), svd.values[l])
      let excess = sigma / (sigma * sigma - value * value) - 1 / sigma
      p = p + excess * ul.map { $0 * $0 }
      q = q + excess * vl.map { $0 * $0 }
      mixed += 2 * value / (sigma * sigma - value * value) * ul.dot(crossed * vl)
    }
    kappa = eta / 2 * (p.dot(byRow) + q.dot(byColumn) + mixed) / sigma
  }
}
