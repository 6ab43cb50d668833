// One training run of an experiment: steps, a row of terms now and then, and a state that survives being killed.

internal import ArrayFiles
internal import DenseLinearAlgebra
private import Foundation
internal import LipschitzDynamics
internal import NetworkTraining
internal import RandomStreams

/// A run that can be cut at any row and continued bit for bit.
struct Trial<Scalar: NetworkScalar> {
  private var run: RegularizedDescent<Scalar>
  private let rowSteps: [Int]
  private let termImages: Int
  private let usesAll: Bool
  private let room: SequentialWorkspace<Scalar>
  private let ledger: SequentialLedger<Scalar>
  private let moments: [GradientMoments<Scalar>]
  private let checkpoint: String
  private var rows: [TrialRow] = []
  private var step = 0

  /// - Parameters:
  ///   - termImages: how many images a row's terms come from; 0 for all.
  ///   - checkpoint: a file for the state, which is read if it is there.
  init(
    _ settings: RegularizedDescent<Scalar>.Settings, on images: ImageSet, rows: Int, steps: Int, termImages: Int,
    checkpoint: String
  ) throws {
    let stream = StreamName("experiment")
    let run = try RegularizedDescent(settings, on: images, stream: stream)
    let all = termImages == 0 || termImages >= images.count
    let count = all ? images.count : termImages
    let room = SequentialWorkspace<Scalar>(for: settings.architecture, sampleCount: count)
    (self.run, self.room, self.termImages, usesAll) = (run, room, count, all)
    var rowSteps = [0]
    for k in 1...rows {
      let ideal = Double(steps) * pow(Double(k) / Double(rows), 1.5)
      rowSteps.append(max(rowSteps[k - 1] + 1, Int(ideal.rounded())))
    }
    self.rowSteps = rowSteps
    let noise = (all ? TermSource.full : .independent).noise(
      settings.sampling, batchSize: settings.batchSize, population: images.count)
    ledger = try SequentialLedger(for: room, noise: noise, learningRate: run.learningRate)
    // A convolution's per-sample gradients are formed for their moments: not beyond half a gigabyte.
    let largest = run.network.linearUnits.map(\.weight.count).max() ?? 0
    let isAffordable = settings.architecture.layers.allSatisfy { $0.isDense } || largest * count < 1 << 26
    moments = isAffordable ? run.network.linearUnits.map { GradientMoments(for: room, layer: $0.layer) } : []
    self.checkpoint = checkpoint
    try resume()
  }

  /// Runs to the end, or until it is cancelled at a row.
  ///
  /// - Parameter atRow: called with the share done; the state is written where it returns true.
  /// - Returns: nil if cancelled; the state is then written.
  mutating func finish(
    atRow: (Double) -> Bool, isCancelled: () -> Bool
  ) throws -> [TrialRow]? {
    while rows.count < rowSteps.count {
      let next = rowSteps[rows.count]
      while step < next {
        run.prepare(step)
        guard run.workspace.meanLoss.isFinite else {
          throw ExperimentError(
            origin: "step \(step)",
            problem: "the loss is \(run.workspace.meanLoss): the run diverged; lower learningRate")
        }
        run.descend(step)
        if let last = rows.last, Int(last.step) == step { rows[rows.count - 1].nextLogNorm = try logNorm() }
        step += 1
      }
      rows.append(try row())
      let wantsState = atRow(Double(step) / Double(rowSteps[rowSteps.count - 1]))
      if rows.count < rowSteps.count && (wantsState || isCancelled()) {
        try save()
        if isCancelled() { return nil }
      }
    }
    return rows
  }

  private mutating func row() throws -> TrialRow {
    run.probe(run.independentDraw(termImages, at: step), room, at: step)
    // From scratch, so that a run that was cut here has the same digits.
    ledger.forget()
    let found = try ledger.row(run.network, room)
    var row = TrialRow()
    (row.step, row.loss, row.accuracy, row.logNorm) = (Double(step), room.meanLoss, room.accuracy, found.logNorm)
    if let c = try RunCoefficients(found, of: run) {
      (row.mu, row.kappa, row.discreteStep) = (c.mu, c.kappa, c.discreteStep)
      (row.lambdaSquaredLayerwise, row.lambdaSquared) = (c.layerwiseLambdaSquared, c.exactLambdaSquared)
      row.driftVariance =
        usesAll
        ? 0
        : c.driftVariance(
          batchSize: run.settings.batchSize, images: termImages, learningRate: run.learningRate.value)
    }
    if !moments.isEmpty {
      for m in moments { m.update(room) }
      let weight = try ledger.noise.weight(sampleCount: room.sampleCount)
      row.noiseTrace = weight * moments.reduce(0) { $0 + $1.totalSumOfSquares }
    }
    (row.scoreKurtosis, row.tailIndex) = Tails.of(scores(found))
    return row
  }

  /// Z = Σ log σ₁ of the weights as they are.
  private func logNorm() throws -> Double {
    try run.network.linearUnits.reduce(0) { $0 + log(Double(try TopSingularTriplet($1.weight).sigma)) }
  }

  /// Σ_ℓ⟨J, g_i⟩/σ₁ of every image.
  private func scores(_ row: SequentialLedger<Scalar>.Row) -> [Double] {
    var scores = [Double](repeating: 0, count: room.sampleCount)
    for layer in row.layers where layer.triplet.sigma > 0 {
      let (u, v) = (layer.triplet.u.elements, layer.triplet.v.elements)
      var right = [Scalar](repeating: 0, count: u.count * room.sampleCount)
      var left = [Scalar](repeating: 0, count: v.count * room.sampleCount)
      right.withUnsafeMutableBufferPointer { right in
        left.withUnsafeMutableBufferPointer { left in
          v.withUnsafeBufferPointer { v in
            u.withUnsafeBufferPointer { u in
              room.gradientProducts(ofLayer: layer.layer, right: v, left: u, into: right, left)
            }
          }
        }
      }
      for j in scores.indices {
        let product = (0..<u.count).reduce(0.0) { $0 + Double(u[$1]) * Double(right[j * u.count + $1]) }
        scores[j] += product / Double(layer.triplet.sigma)
      }
    }
    return scores
  }

  // MARK: State

  private func save() throws {
    var archive = run.network.stateDictionary
    archive["experiment.rows"] = TrialRecord.array(rows)
    try archive.writeNPZ(to: checkpoint)
  }

  private mutating func resume() throws {
    guard FileManager.default.fileExists(atPath: checkpoint) else { return }
    var archive = try ArrayArchive(readingNPZ: checkpoint)
    rows = try TrialRecord.rows(archive.array(named: "experiment.rows"), checkpoint)
    archive["experiment.rows"] = nil
    try run.network.load(archive)
    step = rows.last.map { Int($0.step) } ?? 0
  }
}

extension SequentialLayer {
  fileprivate var isDense: Bool {
    if case .conv2d = self { false } else { true }
  }
}

/// How heavy the tails of a sample are.
enum Tails {
  /// Excess kurtosis, and Hill's estimate from the 5 % farthest from the mean.
  static func of(_ sample: [Double]) -> (kurtosis: Double, index: Double) {
    let n = Double(sample.count)
    let mean = sample.reduce(0, +) / n
    let (second, fourth) = sample.reduce((0.0, 0.0)) { sum, x in
      let d = (x - mean) * (x - mean)
      return (sum.0 + d, sum.1 + d * d)
    }
    let sizes = sample.map { abs($0 - mean) }.sorted(by: >)
    let count = sample.count / 20
    var index = Double.nan
    if count >= 10, sizes[count] > 0 {
      index = Double(count) / sizes[..<count].reduce(0) { $0 + log($1 / sizes[count]) }
    }
    return (second > 0 ? n * fourth / (second * second) - 3 : .nan, index)
  }
}
