// All runs of an experiment at one scale: what they will cost, running them side by side, and continuing after a stop.

internal import ArrayFiles
internal import DenseLinearAlgebra
public import DistributedWork
private import Foundation
internal import NetworkTraining
internal import RandomStreams

/// An experiment at a scale, in a folder of its own that survives being killed.
public struct Campaign: Sendable {
  public let document: ExperimentDocument
  public let scale: ExperimentDocument.Scale
  public let scaleName: ScaleName
  public let variants: [ExperimentDocument.Variant]
  /// Where runs, results and figures go.
  public let folder: String
  private let images: ImageSet
  private let seed: UInt64
  private let stateInterval: Duration
  private let sharing: WorkSharing

  /// - Parameters:
  ///   - document: what is to be run.
  ///   - scaleName: quick or full.
  ///   - folder: made if it is not there. A folder that holds another experiment's runs is refused.
  ///   - dataFolder: where `TrainingData` finds published data sets.
  ///   - seed: added to the seeds of all runs.
  ///   - stateInterval: how often a run writes its state, at its rows.
  ///   - sharing: who does the runs; several processes need the folder in common.
  /// - Throws: an error naming the field that does not fit.
  public init(
    _ document: ExperimentDocument, _ scaleName: ScaleName, folder: String, dataFolder: String, seed: UInt64 = 1,
    stateInterval: Duration = .seconds(20), sharing: WorkSharing = .alone
  ) throws {
    self.document = document
    self.scaleName = scaleName
    scale = document.scale(scaleName)
    variants = document.variants(scaleName)
    self.folder = folder
    (self.seed, self.stateInterval, self.sharing) = (seed, stateInterval, sharing)
    images = try TrainingData.training(scale.data, images: scale.images, folder: dataFolder)
    for v in variants { _ = try settings(v, 0, Double.self) }
    let campaign = self
    _ = try sharing.once {
      try campaign.claimFolder()
      return true
    }
  }

  public var trials: Int { variants.count * scale.seeds }

  /// Trains everything that is not there yet.
  ///
  /// - Parameters:
  ///   - progress: called with the share done, from any thread.
  ///   - isCancelled: asked at rows; runs keep their state.
  /// - Returns: the runs by variant, in the order of seeds; nil if cancelled, and on other ranks than the first.
  public func run(
    progress: @escaping @Sendable (Double) -> Void, isCancelled: @escaping @Sendable () -> Bool
  ) throws -> [[TrialRecord]]? {
    // Or a run that goes on would not have the bits of one that was never cut.
    try BLASThreads.withOne { try runAll(progress, isCancelled) }
  }

  private func runAll(
    _ progress: @escaping @Sendable (Double) -> Void, _ isCancelled: @escaping @Sendable () -> Bool
  ) throws -> [[TrialRecord]]? {
    let shares = Shares(trials, processes: sharing.size)
    let trial: @Sendable (Int) throws -> Void = { k in
      let (v, s) = (k % variants.count, k / variants.count)
      do {
        let variant = variants[v]
        let path = file(variant, s)
        let isDone = FileManager.default.fileExists(atPath: path)
        if !isDone {
          let rows =
            try usesDouble(variant)
            ? train(variant, s, Double.self, shares, k, progress, isCancelled)
            : train(variant, s, Float.self, shares, k, progress, isCancelled)
          guard let rows else { return }
          try TrialRecord(variant: variant.name, seed: s, learningRate: rate(variant), rows: rows).write(to: path)
          try? FileManager.default.removeItem(atPath: path + ".state.npz")
        }
        progress(shares.set(k, 1))
      } catch { throw ExperimentError(origin: "variant \(variants[v].name), seed \(s)", problem: "\(error)") }
    }
    if sharing.size == 1 {
      TrainingThreads.forEach(trials) { k in
        guard !isCancelled(), shares.error == nil else { return }
        do { try trial(k) } catch { shares.fail(error) }
      }
      if let error = shares.error { throw error }
    } else {
      // Threads for runs, none within them.
      let threads = TrainingThreads.current
      TrainingThreads.limit(to: 1)
      defer { TrainingThreads.limit(to: threads) }
      _ = try sharing.map(trials, threads: threads) { k in
        try trial(k)
        return true
      }
    }
    return isCancelled() || !sharing.isRoot ? nil : try records()
  }

  /// Seconds that all runs take on one thread, from a few steps and rows of every variant.
  public func estimatedSeconds() throws -> Double {
    try variants.reduce(0) { sum, v in
      sum + Double(scale.seeds) * (try usesDouble(v) ? measure(v, Double.self) : measure(v, Float.self))
    }
  }

  /// Memory of the runs that are at work at once, in gigabytes.
  public var estimatedGigabytes: Double {
    let largest =
      variants.compactMap { try? architecture($0) }.map { a in
        let values = Double(a.shapes.reduce(a.input.count) { $0 + $1.count })
        let terms = Double(scale.termImages == 0 ? images.count : min(images.count, scale.termImages))
        return 40 * Double(a.parameterCount) + 16 * values * (terms + Double(scale.batchSize))
      }.max() ?? 0
    return (largest * Double(min(trials, TrainingThreads.current)) + Double(images.pixels.count)) * 1e-9
  }

  // MARK: Runs

  private func train<Scalar: NetworkScalar>(
    _ variant: ExperimentDocument.Variant, _ s: Int, _: Scalar.Type, _ shares: Shares, _ k: Int,
    _ progress: (Double) -> Void, _ isCancelled: () -> Bool
  ) throws -> [TrialRow]? {
    var trial = try Trial<Scalar>(
      settings(variant, s, Scalar.self), on: images, rows: scale.rows, steps: steps(variant),
      termImages: scale.termImages, checkpoint: file(variant, s) + ".state.npz")
    var last = ContinuousClock.now
    return try trial.finish(
      atRow: { share in
        progress(shares.set(k, share))
        guard ContinuousClock.now - last >= stateInterval else { return false }
        last = .now
        return true
      }, isCancelled: isCancelled)
  }

  private func measure<Scalar: NetworkScalar>(_ variant: ExperimentDocument.Variant, _: Scalar.Type) throws -> Double {
    // What a run takes to begin is in both times, and does not count as that of its steps.
    func seconds(steps: Int) throws -> (total: Double, rows: Int) {
      var trial = try Trial<Scalar>(
        settings(variant, 0, Scalar.self), on: images, rows: 2, steps: steps, termImages: scale.termImages,
        checkpoint: folder + "/none")
      var rows: [TrialRow]?
      let time = try ContinuousClock().measure {
        rows = try trial.finish(atRow: { _ in false }, isCancelled: { false })
      }
      return (time / .seconds(1), rows?.count ?? 1)
    }
    _ = try seconds(steps: 2)
    let (few, many) = (try seconds(steps: 2), try seconds(steps: 14))
    let step = max(0, (many.total - few.total) / 12)
    let row = max(0, (few.total - 2 * step) / Double(few.rows))
    return Double(steps(variant)) * step + Double(scale.rows + 1) * row
  }

  private func records() throws -> [[TrialRecord]] {
    try variants.map { v in
      try (0..<scale.seeds).map { s in
        guard
          let record = try TrialRecord(
            readingFrom: file(v, s), variant: v.name, seed: s, learningRate: rate(v))
        else { throw ExperimentError(origin: file(v, s), problem: "the run is missing; run the experiment again") }
        return record
      }
    }
  }

  // MARK: Settings

  private func rate(_ v: ExperimentDocument.Variant) -> Double { v.learningRate ?? scale.learningRate }
  private func steps(_ v: ExperimentDocument.Variant) -> Int { v.steps ?? scale.steps }
  func batchSize(_ v: ExperimentDocument.Variant) -> Int { v.batchSize ?? scale.batchSize }

  private func file(_ v: ExperimentDocument.Variant, _ s: Int) -> String {
    let name = String(v.name.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" })
    let place = variants.firstIndex { $0.name == v.name } ?? 0
    return "\(folder)/runs/\(place)-\(name)-\(s).npz"
  }

  private func architecture(_ v: ExperimentDocument.Variant) throws -> SequentialArchitecture {
    try TrainingData.architecture(v.network ?? scale.network, for: images)
  }

  /// Small networks in double precision, which costs them nothing.
  private func usesDouble(_ v: ExperimentDocument.Variant) throws -> Bool {
    try architecture(v).parameterCount <= 60_000
  }

  private func settings<Scalar: NetworkScalar>(
    _ v: ExperimentDocument.Variant, _ s: Int, _: Scalar.Type
  ) throws -> RegularizedDescent<Scalar>.Settings {
    var settings = RegularizedDescent<Scalar>.Settings(try architecture(v))
    settings.regularizers = try (v.regularizers ?? []).map { try Regularizer($0) }
    if let text = scale.sampling {
      guard let sampling = Sampling(rawValue: text) else {
        throw ExperimentError(
          origin: document.name,
          problem: "sampling \"\(text)\": use \(Sampling.allCases.map(\.rawValue).joined(separator: ", "))")
      }
      settings.sampling = sampling
    }
    settings.batchSize = batchSize(v)
    settings.learningRate = rate(v)
    settings.initialScale = v.initialScale ?? 1
    settings.initialSeed = seed &+ (scale.sharesInitialWeights ? 0 : UInt64(s))
    settings.seed = seed &+ UInt64(s)
    _ = try BatchSize(settings.batchSize, settings.sampling, of: images.count)
    _ = try LearningRate(settings.learningRate)
    return settings
  }

  /// The folder belongs to one document, scale and seed: what it holds was made by them.
  private func claimFolder() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    // Predictions may be reworded over the same runs.
    var identity = document
    (identity.predictions, identity.title, identity.paper) = ([], "", "")
    if scaleName == .quick { identity.full = identity.quick } else { identity.quick = identity.full }
    let text = Array(try encoder.encode(Identity(document: identity, scale: scaleName, seed: seed)))
    do { try FileManager.default.createDirectory(atPath: folder + "/runs", withIntermediateDirectories: true) } catch {
      throw ExperimentError(origin: folder, problem: "the folder cannot be made: \(error.localizedDescription)")
    }
    let path = folder + "/experiment.json"
    if let old = FileManager.default.contents(atPath: path) {
      guard Array(old) == text else {
        throw ExperimentError(
          origin: folder, problem: "it holds runs of other settings or another seed; give --output another folder")
      }
    } else {
      try AtomicFile.write(text, to: path)
    }
  }

  private struct Identity: Codable {
    let document: ExperimentDocument
    let scale: ScaleName
    let seed: UInt64
  }

  /// The shares done of all runs, and the first error.
  private final class Shares: @unchecked Sendable {
    private var shares: [Double]
    private var failure: (any Error)?
    private let lock = NSLock()

    private let processes: Double

    /// A process knows of its own runs only, and takes the others to be as far.
    init(_ count: Int, processes: Int) {
      shares = [Double](repeating: 0, count: count)
      self.processes = Double(processes)
    }

    var error: (any Error)? { lock.withLock { failure } }

    func set(_ k: Int, _ share: Double) -> Double {
      lock.withLock {
        shares[k] = share
        return min(1, shares.reduce(0, +) * processes / Double(shares.count))
      }
    }

    func fail(_ error: any Error) { lock.withLock { failure = failure ?? error } }
  }
}
