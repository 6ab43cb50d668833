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

  /// - Parameter projections: of the same point.
  public init(_ point: LayerPoint, _ projections: LayerProjections<Double>) throws {
    let weight = try point.noise.weight(sampleCount: point.sample.count)
    let variances = weight * point.sample.sumOfSquares(centred: point.noise.isCentred)
    let triplet = projections.triplet
    let squares = triplet.u.map { $0 * $0 }.outer(triplet.v.map { $0 * $0 })
    let scale = triplet.sigma * triplet.sigma
    lambdaDiagonal = squares.inner(variances) / scale / projections.noise
    let diagonal = try ResolventHessian(point.weights, at: triplet).scaledDiagonal
    kappaDiagonal = diagonal.inner(variances) / scale / projections.noiseCurvature
    noiseTrace = variances.elements.reduce(0, +)
  }
}
