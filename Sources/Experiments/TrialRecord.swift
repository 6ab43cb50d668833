// What one training run leaves: a row of terms now and then, and what is made of it.

internal import ArrayFiles
private import Foundation

/// The state before a step, in the units of the theory: one step is η units of time.
public struct TrialRow: Sendable, Equatable {
  public var step = 0.0
  /// Mean loss and accuracy on the images that the terms come from, as in training.
  public var loss = Double.nan
  public var accuracy = Double.nan
  /// Z = Σ log σ₁.
  public var logNorm = Double.nan
  /// −Σ⟨J, ∇L⟩/σ₁, with α of a scaled gradient and −w a layer of weight decay.
  public var mu = Double.nan
  /// Of the batches' noise and of injected noise.
  public var kappa = Double.nan
  public var lambdaSquaredLayerwise = Double.nan
  public var lambdaSquared = Double.nan
  /// (η/2)∇LᵀH∇L/σ₁ − ½η⟨J, ∇L⟩²/σ₁², summed over layers: what a finite step adds.
  public var discreteStep = Double.nan
  /// tr Σ of the batches' noise.
  public var noiseTrace = Double.nan
  /// Excess kurtosis of one sample's ⟨∇Z, g_i⟩ over the images.
  public var scoreKurtosis = Double.nan
  /// Hill's estimate of the tail index of |⟨∇Z, g_i − ḡ⟩| from the largest 5 %.
  public var tailIndex = Double.nan
  /// Z after the step that follows; nan in the last row.
  public var nextLogNorm = Double.nan
  /// Of the drift's own sampling error; 0 for terms from all images.
  public var driftVariance = 0.0

  static let names = [
    "step", "loss", "accuracy", "Z", "mu", "kappa", "lambda2_layerwise", "lambda2_exact", "discrete_step",
    "trace_Sigma",
    "score_kurtosis", "tail_index", "Z_next", "drift_variance",
  ]

  public init() {}

  init(_ v: some Collection<Double>) {
    let v = Array(v)
    (step, loss, accuracy, logNorm) = (v[0], v[1], v[2], v[3])
    (mu, kappa, lambdaSquaredLayerwise, lambdaSquared) = (v[4], v[5], v[6], v[7])
    (discreteStep, noiseTrace, scoreKurtosis, tailIndex) = (v[8], v[9], v[10], v[11])
    (nextLogNorm, driftVariance) = (v[12], v[13])
  }

  var values: [Double] {
    [
      step, loss, accuracy, logNorm, mu, kappa, lambdaSquaredLayerwise, lambdaSquared, discreteStep, noiseTrace,
      scoreKurtosis, tailIndex, nextLogNorm, driftVariance,
    ]
  }

  /// d E Z/dt: Theorem 16's drift of the logarithm and the discrete-step term.
  public var drift: Double { mu + kappa - lambdaSquaredLayerwise / 2 + discreteStep }
}

/// The rows of one run of a variant.
public struct TrialRecord: Sendable, Equatable {
  public let variant: String
  public let seed: Int
  public let learningRate: Double
  public let rows: [TrialRow]

  public init(variant: String, seed: Int, learningRate: Double, rows: [TrialRow]) {
    (self.variant, self.seed, self.learningRate, self.rows) = (variant, seed, learningRate, rows)
  }

  /// Z at the end less Z at the beginning.
  public var change: Double { (rows.last?.logNorm ?? .nan) - (rows.first?.logNorm ?? .nan) }
  public var finalLogNorm: Double { rows.last?.logNorm ?? .nan }

  /// ∫ f dt from row `first` to the last, by trapezoids; over rows without terms, where some gap was closed.
  public func integral(from first: Int = 0, _ f: (TrialRow) -> Double) -> Double {
    let known = rows.dropFirst(first).filter { f($0).isFinite }
    guard known.count >= 2 else { return .nan }
    return zip(known, known.dropFirst()).reduce(0) { sum, pair in
      sum + learningRate * (pair.1.step - pair.0.step) * (f(pair.0) + f(pair.1)) / 2
    }
  }

  /// The first row from which every training image of the sample is right.
  public var convergence: Int? {
    let from = rows.lastIndex { !($0.accuracy >= 1) }.map { $0 + 1 } ?? 0
    return from < rows.count - 1 ? from : nil
  }

  /// Z(t) as predicted: from the first row by the drift.
  public var predictedPath: [Double] {
    var z = rows.first?.logNorm ?? .nan
    var out = [z]
    var drift = rows.first { $0.drift.isFinite }?.drift ?? .nan
    for (a, b) in zip(rows, rows.dropFirst()) {
      // A row without terms, where some gap was closed, is taken to be as the last one.
      let next = b.drift.isFinite ? b.drift : drift
      z += learningRate * (b.step - a.step) * (drift + next) / 2
      out.append(z)
      drift = next
    }
    return out
  }
}

extension TrialRecord {
  /// Writes the rows as an array [rows, columns], whole or not at all.
  func write(to path: String) throws {
    var archive = ArrayArchive()
    archive["rows"] = Self.array(rows)
    try archive.writeNPZ(to: path)
  }

  /// nil if the file is not there.
  init?(readingFrom path: String, variant: String, seed: Int, learningRate: Double) throws {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    self.init(
      variant: variant, seed: seed, learningRate: learningRate,
      rows: try Self.rows(try ArrayArchive(readingNPZ: path).array(named: "rows"), path))
  }

  static func array(_ rows: [TrialRow]) -> NumericArray {
    NumericArray(shape: [rows.count, TrialRow.names.count], rows.flatMap(\.values))
  }

  static func rows(_ array: NumericArray, _ origin: String) throws -> [TrialRow] {
    let width = TrialRow.names.count
    guard array.shape.count == 2, array.shape[1] == width else {
      throw ExperimentError(
        origin: origin, problem: "rows of shape \(array.shape): another version wrote it; delete it")
    }
    let values = array.scalars(Double.self)
    return (0..<array.shape[0]).map { TrialRow(values[$0 * width..<($0 + 1) * width]) }
  }
}
