// The ledger of lipdyn train-network as text, and the checkpoint that carries it.

import ArrayFiles
import DenseLinearAlgebra
import Foundation
import LipschitzDynamics
import NetworkTraining

/// Rows of a run as CSV below notes that begin with #; empty cells are what a row does not have.
struct NetworkLedger {
  /// ΔZ since the row before.
  struct Prediction {
    let observed: Double
    let predicted: Double
    let deviation: Double
    let score: Double?
  }

  /// What rows have now and then.
  struct Norms {
    let bracket: LipschitzBracket
    let diagonals: [DiagonalNoise?]
  }

  private(set) var text = ""
  private(set) var rows = 0
  /// The latest norms, for people.
  private(set) var norms: [String] = []
  private let convolutions: [Int]
  private let units: [Int]
  private let hasPrediction: Bool
  private let hasNorms: Bool

  init(_ architecture: SequentialArchitecture, hasPrediction: Bool, hasNorms: Bool) {
    units = architecture.linearUnits
    convolutions = units.filter { if case .conv2d = architecture.layers[$0] { true } else { false } }
    (self.hasPrediction, self.hasNorms) = (hasPrediction, hasNorms)
  }

  mutating func open(_ notes: [String]) {
    var columns = [
      "step", "time", "loss", "accuracy", "Z", "mu_Z", "kappa_Z", "lambda2_Z_layerwise", "lambda2_Z_exact",
      "discrete_step_Z",
    ]
    if hasPrediction { columns += ["observed_dZ", "predicted_dZ", "sd_dZ", "z"] }
    if hasNorms { columns += ["log_lower_bound", "log_product_bound", "log_kernel_product_bound"] }
    for l in units {
      columns += ["sigma1", "sigma2", "mu", "kappa", "lambda2", "discrete_step"].map { "layer\(l)_\($0)" }
      if hasNorms { columns += ["kappa_diagonal", "lambda2_diagonal"].map { "layer\(l)_\($0)" } }
    }
    if hasNorms {
      columns += convolutions.flatMap { ["layer\($0)_operator_norm", "layer\($0)_operator_norm_residual"] }
    }
    text = notes.map { "# \($0)\n" }.joined() + columns.joined(separator: ",") + "\n"
  }

  mutating func append(
    step: Int, learningRate: Double, loss: Double, accuracy: Double, _ row: SequentialLedger<Float>.Row,
    _ network: RunCoefficients?, prediction: Prediction?, _ norms: Norms?
  ) {
    var cells: [Double?] = [
      Double(step) * learningRate, loss, accuracy, row.logNorm, network?.mu, network?.kappa,
      network?.layerwiseLambdaSquared,
      network?.exactLambdaSquared, network?.discreteStep,
    ]
    if hasPrediction {
      cells += [prediction?.observed, prediction?.predicted, prediction?.deviation, prediction?.score]
    }
    if hasNorms {
      let b = norms?.bracket
      cells += [b?.logLowerBound, b?.logProductBound, b?.logKernelProductBound]
    }
    for (place, layer) in row.layers.enumerated() {
      let c = layer.coefficients
      cells += [
        Double(layer.triplet.sigma), Double(layer.triplet.sigma2), c?.mu, c?.kappa, c?.lambdaSquared, c?.discreteStep,
      ]
      let diagonal = norms?.diagonals[place]
      if hasNorms {
        cells += [
          (diagonal?.noiseCurvature).map { learningRate / 2 * $0 }, (diagonal?.noise).map { learningRate * $0 },
        ]
      }
    }
    if hasNorms {
      for l in convolutions {
        let found = norms?.bracket.convolutions.first { $0.layer == l }
        cells += [found?.norm, found?.residual]
      }
    }
    text += "\(step)," + cells.map { $0.map { $0.isFinite ? "\($0)" : "" } ?? "" }.joined(separator: ",") + "\n"
    rows += 1
    if let norms { self.norms = Self.lines(norms, row) }
  }

  private static func lines(_ norms: Norms, _ row: SequentialLedger<Float>.Row) -> [String] {
    let b = norms.bracket
    let convolutions = b.convolutions.map { c in
      let kernel = row.layers.first { $0.layer == c.layer }.map { rounded(Double($0.triplet.sigma)) } ?? "–"
      return "layer \(c.layer): operator norm \(rounded(c.norm)), of the reshaped kernel \(kernel)"
    }
    return convolutions + [
      "Lipschitz constant of the predictor: at least \(rounded(exp(b.logLowerBound))) (largest Jacobian of a sample), "
        + "at most \(rounded(exp(b.logProductBound))) (product of norms)"
    ]
  }

  /// Whole or not at all.
  func write(to path: String?) throws {
    if let path { try AtomicFile.write(text, to: path) }
  }

  /// Continues text that a run before has written.
  mutating func resume(_ text: String) {
    self.text = text
    rows = max(0, text.split(separator: "\n").filter { !$0.hasPrefix("#") }.count - 1)
  }
}

/// A run's state in a file: weights, statistics, ledger and what the next row's prediction starts from.
struct RunState {
  let path: String
  /// What the run is; another run's state is refused.
  let identity: String
  /// Steps between checkpoints.
  let interval: Int

  private static let prefix = "lipdyn."

  /// - Returns: the step to go on with; nil if there is no checkpoint.
  func resume(_ run: inout NetworkRun) throws -> Int? {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    var archive = try ArrayArchive(readingNPZ: path)
    let found = try archive.array(named: Self.prefix + "identity").text()
    try UsageError.require(
      found == identity,
      "--checkpoint \(path): it belongs to another run (\(found)); give another file, or that run's options")
    let step = try archive.array(named: Self.prefix + "step").integers()
    try run.ledger.resume(archive.array(named: Self.prefix + "ledger").text())
    run.anchor = try PredictionAnchor(archive.array(named: Self.prefix + "anchor").doubles)
    for name in archive.names where name.hasPrefix(Self.prefix) { archive[name] = nil }
    try run.descent.network.load(archive)
    return step.first
  }

  /// Writes the state at multiples of the interval, before the step.
  func saveIfDue(_ run: inout NetworkRun, step: Int) throws {
    guard step % interval == 0 else { return }
    // A run that is continued here begins without what this one remembers.
    run.forget()
    var archive = run.descent.network.stateDictionary
    archive[Self.prefix + "identity"] = NumericArray(text: identity)
    archive[Self.prefix + "step"] = NumericArray(shape: [1], [step])
    archive[Self.prefix + "ledger"] = NumericArray(text: run.ledger.text)
    archive[Self.prefix + "anchor"] =
      run.anchor.map { NumericArray(shape: [5], $0.values) }
      ?? NumericArray(
        shape: [0], [Double]())
    try archive.writeNPZ(to: path)
  }
}

extension NumericArray {
  /// A text as its bytes.
  init(text: String) {
    let values = text.utf8.map { Int($0) }
    self.init(shape: [values.count], values)
  }

  /// The text whose bytes these are.
  func text() throws -> String {
    String(decoding: try integers().map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self)
  }
}
