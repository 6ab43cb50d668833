// Per-sample gradients of one layer, through the few products that the theory needs of them.
//
// μ, λ and κ never need an mn x mn matrix, and for a dense layer never a per-sample gradient either: G_i = δ_i x_iᵀ
// has rank one, so G_i v and G_iᵀ u for a whole batch are two scalings of matrices that exist already.

public import DenseLinearAlgebra
public import VerificationKit

/// Gradients G_1 … G_M of the samples' own losses with respect to one m x n weight matrix.
public protocol LayerGradientSample<Scalar>: Sendable {
  /// The precision of the gradients.
  associatedtype Scalar: BLASScalar
  /// M, the number of samples.
  var count: Int { get }
  /// Ḡ; shape [m, n], unit loss/parameter.
  var mean: Matrix<Scalar> { get }
  /// [G_1 v … G_M v]; shape [m, M].
  func timesRight(_ v: Vector<Scalar>) -> Matrix<Scalar>
  /// [G_1ᵀ u … G_Mᵀ u]; shape [n, M].
  func timesLeft(_ u: Vector<Scalar>) -> Matrix<Scalar>
  /// Σ_i (G_i − C) ∘ (G_i − C) with C = Ḡ, or C = 0 if not centred; shape [m, n].
  func sumOfSquares(centred: Bool) -> Matrix<Scalar>
}

/// Gradients of a dense layer as their rank-one factors, G_i = δ_i x_iᵀ.
public struct RankOneGradients<Scalar: BLASScalar>: LayerGradientSample {
  /// δ: derivative of each sample's own loss by the layer's output; shape [m, M].
  public let deltas: Matrix<Scalar>
  /// x: the layer's input; shape [n, M].
  public let inputs: Matrix<Scalar>

  /// Gradients of one batch from a backward pass.
  ///
  /// - Parameters:
  ///   - deltas: of the samples' own losses, not of their mean; shape [m, M], as many columns as `inputs`.
  ///   - inputs: shape [n, M].
  public init(deltas: Matrix<Scalar>, inputs: Matrix<Scalar>) {
    precondition(
      deltas.columns == inputs.columns, "\(deltas.columns) output gradients for \(inputs.columns) inputs")
    self.deltas = deltas
    self.inputs = inputs
  }

  /// M, the number of columns of both factors.
  public var count: Int { deltas.columns }

  public var mean: Matrix<Scalar> {
    var mean = Matrix<Scalar>.zeros(deltas.rows, inputs.rows)
    mean.accumulate(1 / Scalar(count), deltas, .asIs, inputs, .transposed, scaling: 0)
    return mean
  }

  public func timesRight(_ v: Vector<Scalar>) -> Matrix<Scalar> { deltas.scalingColumns(inputs.transposedTimes(v)) }
  public func timesLeft(_ u: Vector<Scalar>) -> Matrix<Scalar> { inputs.scalingColumns(deltas.transposedTimes(u)) }

  /// Σ δ²(x²)ᵀ − M Ḡ∘Ḡ: one product and no per-sample gradient.
  ///
  /// - Accuracy: cancels where the mean is large beside the spread: relative error u·(mean/spread)².
  public func sumOfSquares(centred: Bool) -> Matrix<Scalar> {
    let squares = Matrix.product(deltas.map { $0 * $0 }, .asIs, inputs.map { $0 * $0 }, .transposed)
    guard centred else { return squares }
    let mean = self.mean
    // A vanishing variance may round below zero.
    return (squares - Scalar(count) * mean.hadamard(mean)).map { Swift.max(0, $0) }
  }
}

/// Gradients given in full, for layers that are not dense and for data from elsewhere.
public struct DenseGradients<Scalar: BLASScalar>: LayerGradientSample {
  /// G_1 … G_M, each of shape [m, n].
  public let samples: [Matrix<Scalar>]

  /// Gradients that somebody else computed.
  ///
  /// - Parameter samples: M ≥ 1 matrices of one shape [m, n]; unit loss/parameter.
  public init(_ samples: [Matrix<Scalar>]) {
    precondition(!samples.isEmpty, "a sample of gradients has at least one member")
    precondition(
      samples.allSatisfy { $0.rows == samples[0].rows && $0.columns == samples[0].columns },
      "all gradients of one layer have the layer's shape")
    self.samples = samples
  }

  /// M, the number of matrices.
  public var count: Int { samples.count }
  public var mean: Matrix<Scalar> { samples.dropFirst().reduce(samples[0], +) / Scalar(count) }
  public func timesRight(_ v: Vector<Scalar>) -> Matrix<Scalar> { Matrix(columns: samples.map { $0 * v }) }
  public func timesLeft(_ u: Vector<Scalar>) -> Matrix<Scalar> {
    Matrix(columns: samples.map { $0.transposedTimes(u) })
  }
  /// Two passes, so that nothing cancels.
  public func sumOfSquares(centred: Bool) -> Matrix<Scalar> {
    let center = centred ? mean : .zeros(samples[0].rows, samples[0].columns)
    return samples.reduce(.zeros(center.rows, center.columns)) { sum, g in
      let difference = g - center
      return sum + difference.hadamard(difference)
    }
  }
}

/// How a sample of gradients stands for the covariance Σ of a mini-batch gradient.
public enum NoiseModel: Sendable, Equatable {
  /// The sample is the mini-batch itself: Σ̂ = 1/(M(M−1)) Σ (g_i − ḡ)(g_i − ḡ)ᵀ (Proposition 5, i.i.d. sampling).
  case batchEstimate
  /// As above for a batch of distinct samples out of a population of N: Σ̂ carries the factor 1 − M/N.
  case batchEstimateWithoutReplacement(population: Int)
  /// The sample is drawn i.i.d. and independently of the steps, whose batches have the given size:
  /// Σ̂ = 1/(M(n−1)) Σ (g_i − ḡ)(g_i − ḡ)ᵀ for a sample of n.
  case independentSample(batchSize: Int)
  /// The sample is the whole population of N; batches of the given size are drawn with replacement: Σ = C/M.
  case populationWithReplacement(batchSize: Int)
  /// As above without replacement: Σ = (N−M)/(N−1) · C/M.
  case populationWithoutReplacement(batchSize: Int)
  /// The sample is a factor: Σ = Σ_k ω_k ω_kᵀ, neither centred nor averaged.
  case factor

  /// The weight w in Σ = w Σ_i (g_i − c)(g_i − c)ᵀ for a sample of the given size.
  ///
  /// - Throws: `HypothesisViolation` if the sample is too small for the model.
  public func weight(sampleCount: Int) throws(HypothesisViolation) -> Double {
    let n = Double(sampleCount)
    switch self {
    case .batchEstimate:
      try HypothesisViolation.require(
        sampleCount >= 2, field: "batch size M", value: sampleCount, "the estimate needs M ≥ 2 samples")
      return 1 / (n * (n - 1))
    case .batchEstimateWithoutReplacement(let population):
      try HypothesisViolation.require(
        sampleCount >= 2 && sampleCount <= population, field: "batch size M", value: sampleCount,
        "the estimate needs 2 ≤ M ≤ N = \(population) distinct samples")
      return (1 - n / Double(population)) / (n * (n - 1))
    case .independentSample(let batch):
      try HypothesisViolation.require(
        batch >= 1 && sampleCount >= 2, field: "batch size M", value: batch, "M ≥ 1, and a sample of n ≥ 2")
      return 1 / (Double(batch) * (n - 1))
    case .populationWithReplacement(let batch):
      try HypothesisViolation.require(batch >= 1, field: "batch size M", value: batch, "M ≥ 1")
      return 1 / (n * Double(batch))
    case .populationWithoutReplacement(let batch):
      try HypothesisViolation.require(
        batch >= 1 && batch <= sampleCount && sampleCount >= 2, field: "batch size M", value: batch,
        "1 ≤ M ≤ N without replacement, N ≥ 2")
      return (n - Double(batch)) / (n - 1) / (n * Double(batch))
    case .factor: return 1
    }
  }

  var isCentred: Bool { self != .factor }

  /// Whether Σ is that of a known population, not an estimate.
  var isPopulation: Bool {
    switch self {
    case .populationWithReplacement, .populationWithoutReplacement: true
    case .batchEstimate, .batchEstimateWithoutReplacement, .independentSample, .factor: false
    }
  }

  /// The covariance of the sample's own mean about ∇L, in units of Σ: what squares of the mean have in excess.
  func noiseOfMean(sampleCount: Int) -> Double {
    switch self {
    case .batchEstimate, .batchEstimateWithoutReplacement: 1
    case .independentSample(let batch): Double(batch) / Double(sampleCount)
    case .populationWithReplacement, .populationWithoutReplacement, .factor: 0
    }
  }
}

extension Matrix {
  /// A diag(s): column j times s_j.
  @specialized(where Scalar == Double) @specialized(where Scalar == Float)
  func scalingColumns(_ s: Vector<Scalar>) -> Matrix {
    var out = self
    for j in 0..<columns { for i in 0..<rows { out[i, j] *= s[j] } }
    return out
  }

  /// Every column minus x.
  @specialized(where Scalar == Double) @specialized(where Scalar == Float)
  func subtractingFromColumns(_ x: Vector<Scalar>) -> Matrix {
    var out = self
    for j in 0..<columns { for i in 0..<rows { out[i, j] -= x[i] } }
    return out
  }
}
