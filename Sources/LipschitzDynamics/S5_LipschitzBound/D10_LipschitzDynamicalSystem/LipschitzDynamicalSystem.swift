// Definition 10: the norms that the dynamics are about, as functions of the weights along a run.

public import DenseLinearAlgebra
private import Glibc
public import VerificationKit

/// Definition 10: the layers' norms, their log-sum and its exponential along a run, known from the batches so far.
public enum LipschitzDynamicalSystem: Claim {
  public static let source = Source.luo2025("Definition 10")
  public static let statement = Statement(
    "K⁽ˡ⁾ = σ₁(θ⁽ˡ⁾),  Z = Σ_ℓ log K⁽ˡ⁾,  K = e^Z = Π_ℓ K⁽ˡ⁾;  adapted to the filtration of the batches",
    meaning: """
      The bound of Proposition 8 along a run is a function of the present weights, and so of the batches drawn so far \
      and of no later one.
      """,
    hypotheses: [noZeroLayer, onlyBatches],
    differsFromPrint: """
      "adapted" is checked for SGD's own weights, with the filtration of the batches; for the SDE it is read with the \
      filtration of B (Definition 4)
      """)
  static let noZeroLayer = Hypothesis.stated("no layer is zero, as σ₁ > σ₂ implies (Assumption 11)")
  static let onlyBatches = Hypothesis.unstated(
    "batches are the only randomness; otherwise the filtration carries dropout masks, augmentations and injected noise, too"
  )

  /// The function under test: the weights of every step of a run, and a step, to the norms at that step.
  public typealias Subject = @Sendable (_ run: [[Matrix<Double>]], _ step: Int) throws -> NetworkNorms
  public static let subject: Subject = { run, step in
    try HypothesisViolation.require(
      run.indices.contains(step), field: "step", value: step, "the run has steps 0 to \(run.count - 1)")
    return try NetworkNorms(run[step])
  }
}

/// The layers' operator norms and the bound that they make.
///
/// - Source: Definition 10, arXiv 2506.18588.
public struct NetworkNorms: Sendable, Equatable {
  /// K⁽ˡ⁾ = σ₁(θ⁽ˡ⁾), from the input on.
  public let layers: [Double]
  /// Z = Σ log K⁽ˡ⁾.
  public let logBound: Double
  /// K = e^Z; infinite where Z is above 709.
  public let bound: Double

  init(layers: [Double], logBound: Double, bound: Double) {
    self.layers = layers
    self.logBound = logBound
    self.bound = bound
  }

  /// - Parameter weights: θ⁽ˡ⁾, from the input on; none of them zero.
  /// - Accuracy: c(m, n)·u relative for every norm; absolute for Z the sum of these and L·u·Σ|log K⁽ˡ⁾|.
  /// - Throws: `HypothesisViolation` naming a layer that is zero; `LinearAlgebraError` on non-finite weights.
  public init(_ weights: [Matrix<Double>]) throws {
    let layers = try weights.map { try TopSingularTriplet($0).sigma }
    for (index, norm) in layers.enumerated() {
      try HypothesisViolation.require(
        norm > 0, field: "σ₁ of layer \(index)", value: norm, "a zero layer has no log-norm; the network is constant")
    }
    let logBound = layers.reduce(0) { $0 + log($1) }
    self.init(layers: layers, logBound: logBound, bound: exp(logBound))
  }
}
