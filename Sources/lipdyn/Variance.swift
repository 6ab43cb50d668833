// lipdyn variance: an ensemble of SGD runs from one network, and which theory of its spread holds.

import ArgumentParser
import ArrayFiles
import DenseLinearAlgebra
import DistributedWork
import Foundation
import LipschitzDynamics
import NetworkTraining
import RandomStreams
import Reporting
import StochasticCalculus
import VerificationKit

struct Variance: SharedCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compare the law of log K over sampling seeds with Theorems 16 and 17 and with linear response.",
    discussion: """
      Runs differ in their batches only. The observed mean beside Theorem 16's with the coefficients of the noise-free \
      path, skewness and excess kurtosis (0 if K is log-normal), and observed over predicted variance with 99 % intervals, at five times, for \
      LinearResponseVariance, for Theorem 17 as printed (∫Σ‖λ⁽ˡ⁾‖²) and with the exact cross-layer λ_Z².
      Several learning rates or batch sizes make a ladder of η/M.
      Example: lipdyn variance --runs 2000 --batch-size 64 16 4 1 --json variance.json
      """)

  @Option(help: "digits (1,797 of 8 x 8) or mnist5k (5,000 of 28 x 28).") var data: Train.Source = .digits
  @Option(parsing: .unconditional, help: "How many samples of it to train on, evenly spaced; all if not given.")
  var samples: Int?
  @Option(help: "Layer widths, input first.") var model = "64-16-10"
  @Option(help: "tanh; relu has kinks, where linear response is not defined.") var activation: Activation = .tanh
  @Option(parsing: .upToNextOption, help: "One or more M.") var batchSize = [64]
  @Option(parsing: .upToNextOption, help: "One or more η.") var learningRate = [0.05]
  @Option(parsing: .unconditional, help: "The horizon t; a run has t/η steps.") var time = 20.0
  @Option(parsing: .unconditional, help: "Runs, at least 50.") var runs = 2_000
  @Option(help: "withReplacement or withoutReplacement.") var sampling: Sampling = .withReplacement
  @Option(parsing: .unconditional, help: "Full-batch steps at rate 0.5 before the runs begin.") var warmUp = 30
  @Option(help: "Start from FILE.npz instead of random weights.") var initialWeights: String?
  @Option(parsing: .unconditional, help: "Seed of the initial weights and of the batches.") var seed: UInt64 = 1
  @Option(parsing: .unconditional, help: "Runs at once.") var threads = 2
  @OptionGroup var output: JSONOutput

  func run() throws {
    try UsageError.require(runs >= 50 && runs <= 10_000_000, "--runs \(runs): use from 50 to 10000000")
    try UsageError.require(threads >= 1, "--threads \(threads): use at least 1")
    try UsageError.require(warmUp >= 0 && warmUp <= 100_000, "--warm-up \(warmUp): use from 0 to 100000")
    try UsageError.require(time > 0 && time.isFinite, "--time \(time): use a positive number")
    try UsageError.require(
      sampling != .epochShuffling,
      "--sampling epochShuffling: the noise of an epoch nearly cancels, and neither prediction holds for it")
    for eta in learningRate {
      try UsageError.require(eta > 0 && eta.isFinite, "--learning-rate \(eta): use a positive number, such as 0.05")
    }
    let whole = try data == .digits ? DataSet.digits() : DataSet.mnist5k()
    let count = samples ?? whole.count
    try UsageError.require(
      count >= 2 && count <= whole.count, "--samples \(count): \(whole.name) has \(whole.count); use from 2 to that")
    let set = whole.subset((0..<count).map { $0 * whole.count / count }).samples(as: Double.self)
    let architecture = try Architecture(parsing: model, activation: activation)
    try UsageError.require(
      architecture.widths[0] == whole.features && architecture.widths.last == whole.classes,
      "--model \(model): \(whole.name) has \(whole.features) inputs and \(whole.classes) classes: use \(whole.features)-…-\(whole.classes)"
    )
    if activation == .relu {
      Progress.write("lipdyn: warning: relu has kinks, at which linear response and the SDE are not defined\n")
    }
    // Everything is checked before anything is computed.
    let ladder = try learningRate.flatMap { eta in
      try batchSize.map { size in
        let steps = time / eta
        try UsageError.require(
          steps >= 5 && steps <= 1e7,
          "--time \(time) with --learning-rate \(eta): \(steps) steps; use from 5 to 10000000")
        try UsageError.requireMemory(
          8e-9 * steps * Double(architecture.parameterCount), for: "the noise-free path of \(Int(steps)) steps")
        let last = Int(steps.rounded())
        return try SpreadOfLogNorm.Regime(
          sampling: sampling, batchSize: BatchSize(size, sampling, of: count), learningRate: LearningRate(eta),
          steps: (1...5).map { last * $0 / 5 })
      }
    }
    try UsageError.require(!ladder.isEmpty, "--learning-rate and --batch-size: give at least one of each")
    var network =
      try initialWeights.map {
        try MultilayerPerceptron<Double>(readingNPZ: $0, activation: activation, expecting: architecture.widths)
      } ?? MultilayerPerceptron(kaiming: architecture, stream: "variance/initial weights", seed: seed)
    for _ in 0..<warmUp { network.parameters.add(-0.5, network.fullGradient(set)) }
    try report(network, set, ladder)
  }

  /// Predicts for every rung first, which is where a rung is refused; then observes, and prints every rung that is whole.
  private func report(
    _ network: MultilayerPerceptron<Double>, _ set: Samples<Double>, _ ladder: [SpreadOfLogNorm.Regime]
  ) throws {
    Interrupt.watch()
    let progress = Progress()
    defer { progress.clear() }
    let names = ladder.map(name)
    let predictions = try Ranks.sharing.map(ladder.count, threads: 1) { rung -> [SpreadOfLogNorm.Prediction] in
      guard !Interrupt.isRequested else { return [] }
      progress.now("\(names[rung]): predicting")
      return try SpreadOfLogNorm.predict(network, set, ladder[rung])
    }
    var rows: [VarianceRecord.Row] = []
    var failure: (any Error)?
    for (regime, predicted) in zip(ladder, predictions) where !Interrupt.isRequested && failure == nil {
      do {
        let changes = try SpreadOfLogNorm.observe(
          network, set, regime, runs: 0..<runs, stream: StreamName("variance", name(regime)), seed: seed,
          workers: threads, progress: { progress.now("\(name(regime)): \($0) of \(runs) runs") },
          isCancelled: { Interrupt.isRequested }, sharing: Ranks.sharing)
        // An interrupted rung counts if it has enough runs for an interval.
        if changes[0].count >= 50 {
          rows += regime.steps.indices.map { VarianceRecord.Row(regime, $0, changes[$0], predicted[$0]) }
        }
      } catch { failure = error }
    }
    progress.clear()
    if !rows.isEmpty && Ranks.isRoot { try write(rows, set.count) }
    if let failure { throw failure }
    if Interrupt.isRequested {
      print("interrupted: fewer runs than asked for, each whole")
      throw ExitCode(130)
    }
  }

  private func name(_ regime: SpreadOfLogNorm.Regime) -> String {
    "η = \(regime.learningRate.value), M = \(regime.batchSize.value)"
  }

  private func write(_ rows: [VarianceRecord.Row], _ count: Int) throws {
    var table = TextTable([
      ("η", .right), ("M", .right), ("η/M", .right), ("runs", .right), ("t", .right), ("Var log K", .right),
      ("over linear response", .left), ("over Theorem 17", .left), ("with exact λ_Z²", .left),
    ])
    for row in rows {
      table.append([
        rounded(row.learningRate), "\(row.batchSize)", rounded(row.learningRate / Double(row.batchSize)), "\(row.runs)",
        rounded(row.time), rounded(row.observed), row.overLinearResponse.text, row.overTheorem17.text,
        row.overExactDiffusion.text,
      ])
    }
    var means = TextTable([
      ("η", .right), ("M", .right), ("t", .right), ("mean of Δ log K", .left), ("Theorem 16", .right),
      ("mean − Theorem 16", .left), ("without noise", .right), ("skewness", .left), ("excess kurtosis", .left),
    ])
    for row in rows {
      let width = row.mean.upper99 - row.mean.value
      means.append([
        rounded(row.learningRate), "\(row.batchSize)", rounded(row.time),
        String(format: "%.5f ± %.5f", row.mean.value, width),
        rounded(row.predicted.mean),
        String(format: "%+.5f ± %.5f", row.mean.value - row.predicted.mean, width),
        rounded(row.predicted.noiseFreeMean),
        row.skewness.text, row.excessKurtosis.text,
      ])
    }
    for line in means.lines { print(line) }
    print("Theorem 16: ∫(μ + κ − ½Σ‖λ⁽ˡ⁾‖²) along the noise-free path; skewness and kurtosis are 0 if K is log-normal.")
    print()
    for line in table.lines { print(line) }
    print("observed/predicted variance of log K over sampling seeds, ± half of the 99 % interval; one is agreement.")
    if let narrow = rows.max(by: { $0.predicted.rotation < $1.predicted.rotation }),
      let gap = narrow.predicted.relativeGap
    {
      print(
        "smallest (σ₁ − σ₂)/σ₁ on the noise-free path until t = \(rounded(narrow.time)): \(rounded(gap)); "
          + "predicted sd of log K over it, at M = \(narrow.batchSize): \(rounded(narrow.predicted.rotation))")
      if narrow.predicted.rotation > 0.5 {
        Progress.write(
          "lipdyn: warning: at M = \(narrow.batchSize) the spread is not well below the gap to the second singular value: "
            + "linear response is doubtful; larger batches or a smaller --learning-rate make it small\n")
      }
    }
    if let far = rows.first(where: { $0.overLinearResponse.upper99 < 0.2 }) {
      Progress.write(
        "lipdyn: warning: linear response is more than five times too large at η = \(far.learningRate), t = \(rounded(far.time)): "
          + "the noise-free path amplifies disturbances, so the small-noise prediction does not apply; lower --learning-rate\n"
      )
    }
    try output.write(
      VarianceRecord(
        seed: seed, data: data.rawValue, samples: count, model: model, activation: activation.rawValue,
        sampling: sampling.rawValue, warmUp: warmUp, initialWeights: initialWeights, machine: .current, rows: rows))
  }
}

/// What `lipdyn variance --json` writes, in schema version 1: with the version of the program, enough to repeat the run.
struct VarianceRecord: Codable {
  /// With its 99 % interval.
  struct Ratio: Codable {
    let value: Double
    let lower99: Double
    let upper99: Double

    init(_ ratio: VarianceRatio) { self.init(ratio.value, halfWidth: ratio.halfWidth) }

    init(_ value: Double, halfWidth: Double) {
      (self.value, lower99, upper99) = (value, value - halfWidth, value + halfWidth)
    }

    var text: String { String(format: "%.3f ± %.3f", value, upper99 - value) }
  }

  struct Row: Codable {
    let learningRate: Double
    let batchSize: Int
    let step: Int
    let time: Double
    let runs: Int
    let mean: Ratio
    let skewness: Ratio
    let excessKurtosis: Ratio
    let observed: Double
    let predicted: SpreadOfLogNorm.Prediction
    let overLinearResponse: Ratio
    let overTheorem17: Ratio
    let overExactDiffusion: Ratio

    init(
      _ regime: SpreadOfLogNorm.Regime, _ index: Int, _ changes: [Double], _ predicted: SpreadOfLogNorm.Prediction
    ) {
      (learningRate, batchSize) = (regime.learningRate.value, regime.batchSize.value)
      (step, time, runs) = (regime.steps[index], Double(regime.steps[index]) * learningRate, changes.count)
      let (moments, n) = (RunningMoments(changes), Double(changes.count))
      let z = Distribution.normalUpperQuantile(0.005)
      mean = Ratio(moments.mean, halfWidth: z * moments.standardErrorOfMean)
      // The errors that they have in a normal sample: it is normality that they are held against.
      skewness = Ratio(moments.skewness, halfWidth: z * (6 / n).squareRoot())
      excessKurtosis = Ratio(moments.excessKurtosis, halfWidth: z * (24 / n).squareRoot())
      observed = VarianceRatio(of: changes, over: 1).value
      self.predicted = predicted
      overLinearResponse = Ratio(VarianceRatio(of: changes, over: predicted.linearResponse))
      overTheorem17 = Ratio(VarianceRatio(of: changes, over: predicted.theorem17))
      overExactDiffusion = Ratio(VarianceRatio(of: changes, over: predicted.exactDiffusion))
    }
  }

  var schema = 1
  let seed: UInt64
  let data: String
  let samples: Int
  let model: String
  let activation: String
  let sampling: String
  let warmUp: Int
  let initialWeights: String?
  let machine: VerificationRecord.Machine
  let rows: [Row]
}
