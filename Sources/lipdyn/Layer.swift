// lipdyn layer: the terms of the theory for a researcher's own layer.

import ArgumentParser
import ArrayFiles
import DenseLinearAlgebra
import Foundation
import LipschitzDynamics
import Reporting

struct Layer: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compute the dynamics' terms for one layer from its weights and a batch of gradients.",
    discussion: """
      Gradients come one a sample, or as the layer's inputs x and the derivatives δ of the loss by its outputs, of which \
      they are the products: what one backward pass of any framework leaves, with no per-sample gradient. PyTorch's \
      losses are means over the batch unless told otherwise: their δ carry 1/M, and --reduction mean takes it off. \
      Other weights of samples, such as a mean over positions too, must be taken off before. \
      A layer that is used at T positions of a sample, as convolutions are on their unfolded inputs, has δ and x of \
      shape M x T x width.
      Terms are relative to the operator norm and per unit of time; one SGD step is η units. discreteStep is an unbiased \
      estimate of (η/2) gᵀHg/σ₁: the noise in the batch's own mean gradient is taken off, so it may be negative.
      Examples: lipdyn layer --weights W.npy --gradients G.npy --learning-rate 0.05 --json
                lipdyn layer --weights l.npz:weight --output-gradients l.npz:delta --activations l.npz:x \
                  --reduction mean --learning-rate 0.05
      Every input file may be FILE.npy, FILE.npz with one array, or FILE.npz:name.
      """)

  @Option(help: "W.npy: m x n, float32 or float64, C or Fortran order.")
  var weights: String

  @Option(help: "G.npy: M x m x n gradients of each sample's own loss.")
  var gradients: String?

  @Option(help: "δ, M x m: the derivatives of the loss by the layer's outputs, before any activation.")
  var outputGradients: String?

  @Option(help: "x, M x n: the layer's inputs.")
  var activations: String?

  @Option(help: "What the differentiated loss was of the samples' losses: their sum or their mean; with δ only.")
  var reduction: Reduction?

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
    let schema = 1
    let machine = VerificationRecord.Machine.current
    /// "per-sample", or "outer products of a sum" or "of a mean".
    let gradients: String
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
    let theta: Matrix<Double> = try NumericArray(argument: weights).matrix()
    try theta.requireFinite("layer", operand: "weights (\(weights))")
    let sample = try sample(of: theta)
    let noise: NoiseModel = populationBatchSize.map { .populationWithReplacement(batchSize: $0) } ?? .batchEstimate
    try UsageError.require(
      jacobian?.hasSuffix(".npy") ?? true, "--jacobian \(jacobian ?? ""): the name must end in .npy")
    try UsageError.requireWritable([jacobian])
    let terms = try terms(theta, sample, noise, eta)
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
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      print(String(decoding: try encoder.encode(terms), as: UTF8.self))
    } else {
      for line in describe(terms) { print(line) }
    }
  }

  private func terms(
    _ theta: Matrix<Double>, _ sample: any LayerGradientSample<Double>, _ noise: NoiseModel, _ eta: Double
  ) throws -> Terms {
    let point = LayerPoint(weights: theta, sample: sample, noise: noise, learningRate: eta)
    let p = try point.projections()
    let c = LayerCoefficients(p, learningRate: eta)
    let shares = try NoiseShares(point, p)
    let forms = json ? try point.spectralNoiseCurvature() : nil
    func share(_ x: Double) -> Double? { x.isFinite ? x : nil }
    return Terms(
      gradients: reduction.map { "outer products of a \($0.rawValue)" } ?? "per-sample", rows: theta.rows,
      columns: theta.columns, samples: sample.count, learningRate: eta,
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
