// One run of lipdyn train-network: steps, rows of its ledger, and the state that a checkpoint keeps.

public import ArgumentParser
import ArrayFiles
import DenseLinearAlgebra
import Foundation
import LipschitzDynamics
import NetworkTraining
import RandomStreams
import Reporting

extension TermSource: ExpressibleByArgument {}

/// At which steps the ledger has rows.
enum RowSchedule: CustomStringConvertible {
  /// Every so many steps; 0 for none.
  case every(Int)
  /// So many steps a decade, evenly spaced in the logarithm.
  case logarithmic(perDecade: Int)

  init(parsing argument: String) throws {
    if let n = Int(argument), n >= 0 {
      self = .every(n)
    } else if argument == "log" {
      self = .logarithmic(perDecade: 10)
    } else if argument.hasPrefix("log:"), let n = Int(argument.dropFirst(4)), n >= 1 {
      self = .logarithmic(perDecade: n)
    } else {
      throw UsageError("use a number of steps, 0 for no ledger, log, or log:N with N rows a decade")
    }
  }

  var description: String {
    switch self {
    case .every(let n): "\(n)"
    case .logarithmic(let n): "log:\(n)"
    }
  }

  var isNever: Bool { if case .every(0) = self { true } else { false } }

  /// Whether step k has a row, k ≥ 0.
  func contains(_ k: Int) -> Bool {
    switch self {
    case .every(let n): return n > 0 && k % n == 0
    case .logarithmic(let n):
      guard k > 0 else { return true }
      // The smallest step at or beyond some 10^(j/N).
      let j = (Double(n) * log10(Double(k))).rounded(.down)
      return [j, j + 1].contains { Int(pow(10, $0 / Double(n)).rounded(.up)) == k }
    }
  }
}

/// A run's network, ledger and observers.
struct NetworkRun {
  var descent: RegularizedDescent<Float>
  var ledger: NetworkLedger
  /// The row before, which the next one's prediction starts from.
  var anchor: PredictionAnchor?
  private let terms: TermSource
  private let every: RowSchedule
  private let normsEvery: Int
  /// Holds the images of the terms; the descent's own for a batch.
  private let room: SequentialWorkspace<Float>
  private let book: SequentialLedger<Float>?
  private let bracket: LipschitzBracketTracker<Float>?
  private let moments: [GradientMoments<Float>]
  private let standardization: InputStandardization
  private var last: SequentialLedger<Float>.Row?

  /// - Parameters:
  ///   - sampleCount: images of the terms.
  ///   - normsEvery: rows between rows with norms and shares; 0 for none.
  init(
    _ settings: RegularizedDescent<Float>.Settings, on images: ImageSet, test: ImageSet, terms: TermSource,
    sampleCount: Int, every: RowSchedule, normsEvery: Int
  ) throws {
    descent = try RegularizedDescent(settings, on: images, stream: "train-network")
    (self.terms, self.every, self.normsEvery) = (terms, every, normsEvery)
    standardization = try InputStandardization(of: images)
    let hasRows = !every.isNever
    room =
      terms == .batch || !hasRows
      ? descent.workspace : SequentialWorkspace(for: settings.architecture, sampleCount: sampleCount)
    let noise = terms.noise(settings.sampling, batchSize: settings.batchSize, population: images.count)
    book = hasRows ? try SequentialLedger(for: room, noise: noise, learningRate: descent.learningRate) : nil
    var bracket: LipschitzBracketTracker<Float>?
    var moments: [GradientMoments<Float>] = []
    if hasRows && normsEvery > 0 {
      let sample = SequentialWorkspace<Float>(for: settings.architecture, sampleCount: min(64, test.count))
      try Self.load(0..<sample.sampleCount, of: test, standardization, sample)
      bracket = LipschitzBracketTracker(sample: sample)
      moments = settings.architecture.linearUnits.map { [room] in GradientMoments(for: room, layer: $0) }
    }
    (self.bracket, self.moments) = (bracket, moments)
    ledger = NetworkLedger(settings.architecture, hasPrediction: terms.isPrediction, hasNorms: normsEvery > 0)
    ledger.open(notes)
  }

  /// Step k, with its row if it has one.
  mutating func step(_ k: Int, of steps: Int) throws {
    descent.prepare(k)
    guard descent.workspace.meanLoss.isFinite else {
      throw UsageError(
        "the loss is \(descent.workspace.meanLoss) at step \(k): the run diverged; lower --learning-rate")
    }
    if let book, every.contains(k) || k == steps - 1 { try append(k, book) }
    descent.descend(k)
  }

  /// The next row starts from scratch, as that of a run that is continued here does.
  func forget() {
    book?.forget()
    bracket?.forget()
  }

  private mutating func append(_ k: Int, _ book: SequentialLedger<Float>) throws {
    let eta = descent.learningRate.value
    if terms != .batch { descent.probe(descent.independentDraw(room.sampleCount, at: k), room, at: k) }
    let row = try book.row(descent.network, room)
    last = row
    let coefficients = try RunCoefficients(row, of: descent)
    let next = coefficients.map { c in
      PredictionAnchor(
        step: k, logNorm: row.logNorm, drift: c.drift, lambdaSquared: c.exactLambdaSquared,
        driftVariance: terms == .independent
          ? c.driftVariance(batchSize: descent.settings.batchSize, images: room.sampleCount, learningRate: eta) : 0)
    }
    var norms: NetworkLedger.Norms?
    if let bracket, ledger.rows % normsEvery == 0 {
      norms = NetworkLedger.Norms(
        bracket: try bracket.bracket(of: descent.network, row), diagonals: try diagonals(row, book))
    }
    let hasIndependentBatches = descent.settings.sampling != .epochShuffling
    ledger.append(
      step: k, learningRate: eta, loss: descent.workspace.meanLoss, accuracy: descent.workspace.accuracy, row,
      coefficients, prediction: next.flatMap { n in anchor.map { $0.prediction(of: n, eta, hasIndependentBatches) } },
      norms)
    anchor = next
  }

  /// By layer; nil where the gap is closed.
  private func diagonals(
    _ row: SequentialLedger<Float>.Row, _ book: SequentialLedger<Float>
  ) throws -> [DiagonalNoise?] {
    let weight = try book.noise.weight(sampleCount: room.sampleCount)
    return try zip(moments, row.layers).map { moments, layer in
      guard layer.coefficients != nil, let theta = descent.network.parameters.block(ofLayer: layer.layer)?.weight else {
        return nil
      }
      moments.update(room)
      let weights = Matrix<Double>(rows: theta.rows, columns: theta.columns) { Double(theta[$0, $1]) }
      let variances = Matrix<Double>(rows: theta.rows, columns: theta.columns) {
        weight * Double(moments.sumOfSquares[$0, $1])
      }
      return try DiagonalNoise(weights: weights, variances: variances, at: TopSingularTriplet(weights))
    }
  }

  /// What a sample's own gradient means in this run, and what the ledger's columns are.
  var notes: [String] {
    var notes = descent.settings.regularizers.map { "\($0): \($0.semantics.rawValue): \($0.semantics.explanation)" }
    let layers = descent.settings.architecture.layers
    if layers.contains(.batchNorm) {
      let meaning: PerSampleSemantics =
        descent.settings.batchNorm == .coupled ? .coupled : .conditionalOnBatchStatistics
      notes.append("batch-norm: \(meaning.rawValue): \(meaning.explanation)")
    }
    if layers.contains(where: { if case .dropout = $0 { true } else { false } }) {
      let meaning = PerSampleSemantics.conditionalOnMask
      notes.append("dropout: \(meaning.rawValue): \(meaning.explanation)")
    }
    switch terms {
    case .batch:
      notes.append("terms: of the step's own batch, whose noise they hold: a description, not a prediction")
    case .independent:
      notes.append(
        "terms: of \(room.sampleCount) images that no step draws; Σ is that of i.i.d. batches"
          + (descent.settings.sampling == .withReplacement ? "" : ", a little more than that of these"))
    case .full: notes.append("terms: of all \(room.sampleCount) training images")
    }
    if terms.isPrediction && descent.settings.sampling == .epochShuffling {
      notes.append("z: none, because batches of an epoch are dependent; --sampling withReplacement has it")
    }
    return notes
  }

  /// The present in one line.
  var view: String {
    let loss = "loss \(rounded(descent.workspace.meanLoss))"
    guard let last else { return loss }
    let terms = last.network.map { "  μ \(String(format: "%.3g", $0.mu))  κ \(String(format: "%.3g", $0.kappa))" } ?? ""
    return loss + "  Z \(String(format: "%.4f", last.logNorm))" + terms
  }

  /// Loss and accuracy on a data set, as a predictor.
  func evaluate(_ images: ImageSet) -> (loss: Double, accuracy: Double) {
    var (loss, correct) = (0.0, 0)
    let architecture = descent.settings.architecture
    var room = SequentialWorkspace<Float>(for: architecture, sampleCount: min(256, images.count))
    for start in stride(from: 0, to: images.count, by: 256) {
      let part = start..<min(start + 256, images.count)
      if part.count != room.sampleCount { room = SequentialWorkspace(for: architecture, sampleCount: part.count) }
      guard (try? Self.load(part, of: images, standardization, room)) != nil else { return (.nan, .nan) }
      descent.network.run(room, .prediction)
      descent.network.backward(room)
      loss += room.meanLoss * Double(part.count)
      correct += room.correct
    }
    return (loss / Double(images.count), Double(correct) / Double(images.count))
  }

  private static func load(
    _ part: Range<Int>, of images: ImageSet, _ standardization: InputStandardization,
    _ room: SequentialWorkspace<Float>
  ) throws {
    var plain = try BatchPipeline<Float>(
      images, standardization: standardization, stream: "train-network/test", seed: 1)
    var (x, t) = (Matrix<Float>.zeros(plain.features, part.count), Matrix<Float>.zeros(plain.classes, part.count))
    plain.load(Array(part), step: 0, into: &x, targets: &t)
    room.load(inputs: x, targets: t)
  }

  var summary: [String] {
    guard let last else { return [] }
    var table = TextTable([
      ("layer", .left), ("σ1", .right), ("rel. gap", .right), ("μ", .right), ("κ", .right), ("λ²", .right),
      ("discrete step", .right),
    ])
    for row in last.layers {
      let c = row.coefficients
      table.append([
        descent.settings.architecture.layers[row.layer].description, rounded(Double(row.triplet.sigma)),
        rounded(Double(row.triplet.relativeGap)), c.map { rounded($0.mu) } ?? "gap closed",
        c.map { rounded($0.kappa) } ?? "–", c.map { rounded($0.lambdaSquared) } ?? "–",
        c.map { rounded($0.discreteStep) } ?? "–",
      ])
    }
    let source =
      switch terms {
      case .batch: "the last row's batch"
      case .independent: "independent images at the last row"
      case .full: "all images at the last row"
      }
    return ["terms of \(source), per unit of time t = η·step:"] + table.lines
      + ["Z = Σ log σ1 = \(rounded(last.logNorm))"] + ledger.norms
  }
}

/// What the prediction of the next row starts from.
struct PredictionAnchor: Equatable {
  var step: Int
  var logNorm: Double
  /// d E Z/dt.
  var drift: Double
  /// d Var Z/dt.
  var lambdaSquared: Double
  /// Of the drift's own sampling error.
  var driftVariance: Double

  /// ΔZ between two rows, by trapezoids, and how it compares.
  ///
  /// z counts the batches' noise and that of the images that the drifts come from; integration between rows has errors
  /// of its own, which z shows where rows are far apart.
  func prediction(of next: PredictionAnchor, _ eta: Double, _ hasScore: Bool) -> NetworkLedger.Prediction {
    let time = eta * Double(next.step - step)
    let predicted = time * (drift + next.drift) / 2
    let variance =
      time * (lambdaSquared + next.lambdaSquared) / 2 + time * time / 4 * (driftVariance + next.driftVariance)
    let observed = next.logNorm - logNorm
    return NetworkLedger.Prediction(
      observed: observed, predicted: predicted, deviation: variance.squareRoot(),
      score: hasScore && variance > 0 ? (observed - predicted) / variance.squareRoot() : nil)
  }

  var values: [Double] { [Double(step), logNorm, drift, lambdaSquared, driftVariance] }

  init(step: Int, logNorm: Double, drift: Double, lambdaSquared: Double, driftVariance: Double) {
    (self.step, self.logNorm, self.drift) = (step, logNorm, drift)
    (self.lambdaSquared, self.driftVariance) = (lambdaSquared, driftVariance)
  }

  init?(_ v: [Double]) {
    guard v.count == 5 else { return nil }
    self.init(step: Int(v[0]), logNorm: v[1], drift: v[2], lambdaSquared: v[3], driftVariance: v[4])
  }
}
