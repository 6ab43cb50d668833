// How much of λ² and κ comes from the noise's variances, and how much from its covariances (Proposition 6).

public import DenseLinearAlgebra

/// The part of a layer's noise terms that the diagonal of Σ accounts for; the rest is due to covariances.
public struct NoiseShares: Sendable, Equatable {
  /// Jᵀ(I∘Σ)J / JᵀΣJ; may exceed 1, because the off-diagonal part is indefinite. NaN without noise.
  public let lambdaDiagonal: Double
  /// ⟨H, I∘Σ⟩ / ⟨H, Σ⟩; may exceed 1. NaN without noise.
  public let kappaDiagonal: Double
  /// tr Σ; unit (loss/parameter)².
  public let noiseTrace: Double

  /// - Parameter point: weights, gradients and what they stand for.
  /// - Parameter projections: of the same point.
  /// - Throws: `HypothesisViolation` if the sample is too small for its model; `LinearAlgebraError` if σ₁ is not simple.
  public init(_ point: LayerPoint, _ projections: LayerProjections<Double>) throws {
    let weight = try point.noise.weight(sampleCount: point.sample.count)
    let variances = weight * point.sample.sumOfSquares(centred: point.noise.isCentred)
    let diagonal = try DiagonalNoise(weights: point.weights, variances: variances, at: projections.triplet)
    lambdaDiagonal = diagonal.noise / projections.noise
    kappaDiagonal = diagonal.noiseCurvature / projections.noiseCurvature
    noiseTrace = variances.elements.reduce(0, +)
  }
}

/// What noise without covariances does to a layer: Σ's diagonal seen through J/σ₁ and H/σ₁.
public struct DiagonalNoise: Sendable, Equatable {
  /// Jᵀ(I∘Σ)J/σ₁².
  public let noise: Double
  /// ⟨H, I∘Σ⟩/σ₁.
  public let noiseCurvature: Double

  /// - Parameters:
  ///   - weights: θ; shape [m, n].
  ///   - variances: the diagonal of Σ; shape [m, n].
  ///   - triplet: of the weights.
  /// - Throws: `LinearAlgebraError` if σ₁ is not simple to within round-off.
  public init(weights: Matrix<Double>, variances: Matrix<Double>, at triplet: TopSingularTriplet<Double>) throws {
    let squares = triplet.u.map { $0 * $0 }.outer(triplet.v.map { $0 * $0 })
    let scale = triplet.sigma * triplet.sigma
    noise = squares.inner(variances) / scale
    noiseCurvature = try ResolventHessian(weights, at: triplet).scaledDiagonal.inner(variances) / scale
  }
}
