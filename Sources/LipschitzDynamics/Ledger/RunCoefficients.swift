// Theorem 15's terms for a run whose steps are θ ← θ − η(αḡ + wθ + sξ), with what α, w and s add.

private import DenseLinearAlgebra
public import NetworkTraining

/// The coefficients of Z = Σ log σ₁ in a run under weight decay, gradient scaling and injected noise.
public struct RunCoefficients: Sendable, Equatable {
  /// α μ_Z − Lw: weight decay takes its rate off each of L layers (exact, and free of parameters).
  public var mu: Double
  /// α² κ_Z of the batches, and what injected noise adds.
  public var kappa: Double
  /// Σ‖λ⁽ˡ⁾‖² with injected noise: twice Itô's correction to the drift of Z, per unit of time.
  public var layerwiseLambdaSquared: Double
  /// λ_Z² with injected noise and all covariances between layers, per unit of time.
  public var exactLambdaSquared: Double
  /// The part of `exactLambdaSquared` that batches make; the rest is injected.
  public var batchLambdaSquared: Double
  /// What finite steps add to the drift: Σ (η/2)(α²gᵀHg/σ₁ − (α⟨J, g⟩/σ₁ + w)²).
  public var discreteStep: Double

  /// d E Z/dt of the run as it steps: μ + κ, less Itô's correction, with what finite steps add; per unit of time.
  public var drift: Double { mu + kappa - layerwiseLambdaSquared / 2 + discreteStep }

  /// Variance of a drift that is estimated from n images of its own: that of one step's mean, times M/n.
  public func driftVariance(batchSize: Int, images n: Int, learningRate eta: Double) -> Double {
    batchLambdaSquared * Double(batchSize) / (eta * Double(n))
  }

  /// - Returns: nil where some layer's gap is below round-off.
  /// - Throws: `LinearAlgebraError` if noise is injected and a weight is not finite.
  public init?<Scalar: NetworkScalar>(
    _ row: SequentialLedger<Scalar>.Row, of run: RegularizedDescent<Scalar>
  ) throws {
    guard let network = row.network else { return nil }
    let (alpha, w, eta) = (run.gradientScale, run.weightDecay, run.learningRate.value)
    mu = alpha * network.mu - w * Double(row.layers.count)
    kappa = alpha * alpha * network.kappa
    layerwiseLambdaSquared = alpha * alpha * network.layerwiseLambdaSquared
    exactLambdaSquared = alpha * alpha * network.exactLambdaSquared
    batchLambdaSquared = exactLambdaSquared
    // Hθ = 0, so decay leaves gᵀHg alone.
    discreteStep =
      alpha * alpha * network.logDiscreteStep
      + row.layers.reduce(0) { $0 - eta / 2 * (w * w - 2 * alpha * w * ($1.coefficients?.mu ?? 0)) }
    let variance = run.injectedDeviation * run.injectedDeviation
    guard variance > 0 else { return }
    // Isotropic noise: Σ = s²I.
    for (_, weight) in run.network.linearUnits {
      let values = try SingularValueDecomposition(weight, .thin).values.elements.map { Double($0) }
      let top = values[0] * values[0]
      let others = values.dropFirst().reduce(0) { $0 + 1 / (top - $1 * $1) }
      kappa += eta * variance * (others + Double(abs(weight.rows - weight.columns)) / (2 * top))
      layerwiseLambdaSquared += eta * variance / top
      exactLambdaSquared += eta * variance / top
    }
  }
}
