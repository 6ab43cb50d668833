// Assumption 3: what the network's diffusion loses when the noise of different layers is taken as uncorrelated.

public import VerificationKit

/// Assumption 3: the network's diffusion with the covariances between layers, and without them.
public enum LayerwiseNoise: Claim {
  public static let source = Source.luo2025("Assumption 3")
  public static let statement = Statement(
    "λ_Z² = (η/M) Varᵢ(sᵢ),  sᵢ = Σ_ℓ sᵢ⁽ˡ⁾ = Σ_ℓ ⟨J⁽ˡ⁾, gᵢ⁽ˡ⁾⟩/σ₁⁽ˡ⁾;  without cross-layer covariances it is Σ_ℓ ‖λ⁽ˡ⁾‖² = (η/M) Σ_ℓ Varᵢ(sᵢ⁽ˡ⁾)",
    meaning: """
      One batch drives all layers, and in the network tried here their noises are far from uncorrelated. Nor is the \
      assumption needed: one number a sample gives the exact diffusion of Z, and neither κ_Z nor Itô's correction \
      ½Σ‖λ⁽ˡ⁾‖² has cross-layer terms. E K grows at μ_Z + κ_Z + ½(λ_Z² − Σ‖λ⁽ˡ⁾‖²), which is μ_Z + κ_Z under the \
      assumption only.
      """,
    hypotheses: [negligible, .stated("samples are drawn i.i.d.")],
    differsFromPrint: "does not assume it: gives the exact diffusion, which costs no more, beside the layer-wise one")
  static let negligible = Hypothesis.assumed(
    "cross-layer covariances are negligible (assumed for tractability; Section 9, item 1 names the limit)")

  /// The function under test: sᵢ⁽ˡ⁾ of the population, layer by layer, η and M to both diffusions.
  public typealias Subject =
    @Sendable (_ scores: [[Double]], _ learningRate: Double, _ batchSize: Int) throws -> NetworkDiffusion
  public static let subject: Subject = { try NetworkDiffusion(scores: $0, learningRate: $1, batchSize: $2) }
}

/// The squared diffusion of Z, per unit of time t, with and without covariances between layers.
///
/// - Source: Assumption 3, arXiv 2506.18588.
/// - Hypotheses: batches of M i.i.d. samples of the population.
public struct NetworkDiffusion: Sendable, Equatable {
  /// λ_Z² of one batch that drives every layer.
  public let exact: Double
  /// Σ_ℓ ‖λ⁽ˡ⁾‖².
  public let layerwise: Double

  /// What the assumption leaves out, twice the covariances between layers: from −1 to L − 1 times ``layerwise``.
  public var crossLayer: Double { exact - layerwise }

  init(exact: Double, layerwise: Double) {
    self.exact = exact
    self.layerwise = layerwise
  }

  /// - Parameters:
  ///   - scores: ⟨J⁽ˡ⁾, gᵢ⁽ˡ⁾⟩/σ₁⁽ˡ⁾ of the N samples, one list a layer, in one order.
  ///   - learningRate: η, also the time that one step takes.
  ///   - batchSize: M ≥ 1.
  /// - Accuracy: two-pass; round-off ≤ c·(N + L)·u·(η/M)·max(Σ_ℓ|sᵢ⁽ˡ⁾|)².
  /// - Throws: `HypothesisViolation` naming the scores or the batch size.
  public init(scores: [[Double]], learningRate: Double, batchSize: Int) throws(HypothesisViolation) {
    try HypothesisViolation.require(batchSize >= 1, field: "batch size M", value: batchSize, "M ≥ 1")
    let counts = Set(scores.map(\.count))
    try HypothesisViolation.require(
      counts.count == 1 && !counts.contains(0), field: "samples of the layers", value: counts.sorted(),
      "at least one layer, and one common sample for all of them")
    let scale = learningRate / Double(batchSize)
    let perSample = scores[0].indices.map { i in scores.reduce(0) { $0 + $1[i] } }
    self.init(exact: scale * Self.variance(perSample), layerwise: scale * scores.reduce(0) { $0 + Self.variance($1) })
  }

  private static func variance(_ values: [Double]) -> Double {
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
  }
}
