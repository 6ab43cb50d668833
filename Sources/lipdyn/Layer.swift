// lipdyn layer: the terms of the theory for a researcher's own layer.

import ArgumentParser
import ArrayFiles
import DenseLinearAlgebra
import Foundation
import LipschitzDynamics

struct Layer: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compute the dynamics' terms for one layer from its weights and per-sample gradients.",
    discussion: """
      Terms are relative to the operator norm and per unit of time; one SGD step is η units. discreteStep is an unbiased \
      estimate of (η/2) gᵀHg/σ₁: the noise in the batch's own mean gradient is taken off, so it may be negative.
      Example: lipdyn layer --weights W.npy --gradients G.npy --learning-rate 0.05 --json
      """)

  @Option(help: "W.npy: m x n, float32 or float64, C or Fortran order.")
  var weights: String

  @Option(help: "G.npy: M x m x n gradients of each sample's own loss.")
  var gradients: String

  @Option(parsing: .unconditional, help: "η, positive.")
  var learningRate: Double

  @Option(
    parsing: .unconditional,
    help: "Treat the samples as the whole population and batches of this size as drawn from it with replacement.")
  var populationBatchSize: Int?

  @Option(help: "Also write J = ∂σ₁/∂θ, shape m x n, to this .npy file.")
  var jacobian: String?

  @Flag(help: "Print JSON.")
  var json = false

  struct Terms: Encodable {
    let rows, columns, samples: Int
    let learningRate: Double
    let noise: String
    let sigma1, sigma2, gap, relativeGap: Double
    let mu, lambda, lambdaSquared, kappa, logDrift, discreteStep: Double
    /// κ by the two forms that need the full spectrum, for comparison; in JSON only, because that takes long.
    let kappaKronecker, kappaSpectral: Double?
    let lambdaDiagonalShare, lambdaOffDiagonalShare, kappaDiagonalShare, kappaOffDiagonalShare: Double?
    let noiseTrace: Double
  }

  func run() throws {
    let eta = try checkedLearningRate(learningRate)
    let theta: Matrix<Double> = try NumericArray(readingNPY: weights).matrix()
    let stack: [Matrix<Double>] = try NumericArray(readingNPY: gradients).stack()
    try theta.requireFinite("layer", operand: "weights (\(weights))")
    try UsageError.require(!stack.isEmpty, "gradients (\(gradients)): no samples; give shape M x m x n with M ≥ 2")
    for (index, g) in stack.enumerated() {
      try UsageError.require(
        g.rows == theta.rows && g.columns == theta.columns,
        "gradients (\(gradients)): samples are \(g.shape), but the weights are \(theta.shape)")
      try g.requireFinite("layer", operand: "gradients (\(gradients)), sample \(index)")
    }
    let noise: NoiseModel = populationBatchSize.map { .populationWithReplacement(batchSize: $0) } ?? .batchEstimate
    try UsageError.require(
      jacobian?.hasSuffix(".npy") ?? true, "--jacobian \(jacobian ?? ""): the name must end in .npy")
    try UsageError.requireWritable([jacobian])
    let terms = try terms(theta, DenseGradients(stack), noise, eta)
    for (name, value) in [
      ("mu", terms.mu), ("lambda", terms.lambda), ("lambda²", terms.lambdaSquared), ("kappa", terms.kappa),
      ("discreteStep", terms.discreteStep), ("noiseTrace", terms.noiseTrace),
    ] {
      try UsageError.require(
        value.isFinite,
        "\(name) is \(value): beyond the range of Double; multiply weights and gradients by one common power")
    }
    if let jacobian {
      let j = OperatorNormJacobian.jacobian(at: try TopSingularTriplet(theta).requireSimple())
      try NumericArray(j).writeNPY(to: jacobian)
    }
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      print(String(decoding: try encoder.encode(terms), as: UTF8.self))
    } else {
      for line in describe(terms) { print(line) }
    }
  }

  private func terms(
    _ theta: Matrix<Double>, _ sample: DenseGradients<Double>, _ noise: NoiseModel, _ eta: Double
  ) throws -> Terms {
    let point = LayerPoint(weights: theta, sample: sample, noise: noise, learningRate: eta)
    let p = try point.projections()
    let c = LayerCoefficients(p, learningRate: eta)
    let shares = try NoiseShares(point, p)
    let forms = json ? try point.spectralNoiseCurvature() : nil
    func share(_ x: Double) -> Double? { x.isFinite ? x : nil }
    return Terms(
      rows: theta.rows, columns: theta.columns, samples: sample.count, learningRate: eta,
      noise: populationBatchSize.map { "population, batches of \($0) with replacement" } ?? "batch estimate",
      sigma1: p.triplet.sigma, sigma2: p.triplet.sigma2, gap: p.triplet.gap, relativeGap: p.triplet.relativeGap,
      mu: c.mu, lambda: eta.squareRoot() * p.noiseNorm, lambdaSquared: c.lambdaSquared, kappa: c.kappa,
      logDrift: c.logDrift, discreteStep: c.discreteStep, kappaKronecker: forms.map { eta / 2 * $0.kronecker },
      kappaSpectral: forms.map { eta / 2 * $0.spectral }, lambdaDiagonalShare: share(shares.lambdaDiagonal),
      lambdaOffDiagonalShare: share(1 - shares.lambdaDiagonal), kappaDiagonalShare: share(shares.kappaDiagonal),
      kappaOffDiagonalShare: share(1 - shares.kappaDiagonal), noiseTrace: shares.noiseTrace)
  }

  private func describe(_ t: Terms) -> [String] {
    func percent(_ x: Double?) -> String { x.map { "\(($0 * 1000).rounded() / 10) %" } ?? "undefined (no noise)" }
    return [
      "layer \(t.rows) x \(t.columns), \(t.samples) gradients, η = \(t.learningRate), noise: \(t.noise)",
      "σ1              \(t.sigma1)", "σ2              \(t.sigma2)",
      "gap             \(t.gap)  (relative \(t.relativeGap))", "μ               \(t.mu)",
      "κ               \(t.kappa)", "λ               \(t.lambda)", "μ + κ − λ²/2    \(t.logDrift)",
      "discrete step   \(t.discreteStep)",
      "λ² from variances \(percent(t.lambdaDiagonalShare)), from covariances \(percent(t.lambdaOffDiagonalShare))",
      "κ  from variances \(percent(t.kappaDiagonalShare)), from covariances \(percent(t.kappaOffDiagonalShare))",
    ]
  }
}

/// η from the command line, or one line that says what is wrong with it.
func checkedLearningRate(_ value: Double) throws -> Double {
  try UsageError.require(value > 0 && value.isFinite, "--learning-rate \(value): must be positive and finite")
  return value
}
