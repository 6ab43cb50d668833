// lipdyn train: SGD on real data, with the theory's terms of every layer beside the observed norms.

public import ArgumentParser
import ArrayFiles
import DenseLinearAlgebra
import Foundation
import LipschitzDynamics
import NetworkTraining
import RandomStreams
import Reporting

extension Activation: ExpressibleByArgument {}
extension Sampling: ExpressibleByArgument {}
extension TrainingLedger.Estimate: ExpressibleByArgument {}

struct Train: ParsableCommand {
  enum Source: String, CaseIterable, ExpressibleByArgument {
    case digits, mnist5k
  }

  static let configuration = CommandConfiguration(
    abstract: "Train by SGD and keep the ledger of Lipschitz dynamics.",
    discussion: """
      Per row and layer: σ₁, gap, μ, κ, λ², and the discrete-step term; for the network Z = Σ log σ₁ observed and \
      predicted, with the standard deviation of the prediction. One step is η units of time.
      Example: lipdyn train --data digits --model 64-32-10 --steps 400 --every 10 --ledger ledger.csv
      """)

  @Option(help: "Layer widths, input first.") var model = "64-32-10"
  @Option(help: "Hidden activation: relu or tanh.") var activation: Activation = .relu
  @Option(help: "digits (1,797 of 8 x 8) or mnist5k (5,000 of 28 x 28).") var data: Source = .digits
  @Option(parsing: .unconditional, help: "M; 32 unless --batch-order says otherwise.") var batchSize: Int?
  @Option(parsing: .unconditional, help: "η, positive.") var learningRate = 0.05
  @Option(help: "How batches are drawn, or were drawn for --batch-order: the noise model follows it.") var sampling:
    Sampling = .withReplacement
  @Option(parsing: .unconditional, help: "Number of SGD steps.") var steps = 200
  @Option(parsing: .unconditional, help: "Steps between rows of the ledger.") var every = 1
  @Option(help: "Terms from the full data set (a prediction) or from the step's own batch (cheap, but a tautology).")
  var estimate: TrainingLedger.Estimate = .full
  @Option(help: "Seed of the initial weights and of the batches.") var seed: UInt64 = 1
  @Option(help: "Write the ledger to FILE.csv or FILE.jsonl.") var ledger: String?
  @Option(help: "Start from FILE.npz with arrays such as 0.weight, 0.bias, 2.weight, … in layer order.")
  var initialWeights: String?
  @Option(help: "Take batches from FILE.npy: integers of shape [steps, batch].") var batchOrder: String?
  @Option(help: "Write the final weights to FILE.npz.") var saveWeights: String?
  @Option(help: "Write the batches that were used to FILE.npy, for another framework.") var saveBatchOrder: String?
  @Option(parsing: .unconditional, help: "Number of the first step, to continue a saved run.") var firstStep = 0

  func run() throws {
    let limit = Int(Int32.max)
    try UsageError.require(steps >= 1 && steps <= limit, "--steps \(steps): use from 1 to \(limit)")
    try UsageError.require(every >= 1, "--every \(every): use at least 1")
    try UsageError.require(firstStep >= 0 && firstStep <= limit, "--first-step \(firstStep): use from 0 to \(limit)")
    for (option, path, suffix) in [
      ("--save-weights", saveWeights, ".npz"), ("--save-batch-order", saveBatchOrder, ".npy"),
    ] {
      try UsageError.require(
        path?.hasSuffix(suffix) ?? true, "\(option) \(path ?? ""): the name must end in \(suffix)")
    }
    try UsageError.requireWritable([ledger, saveWeights, saveBatchOrder])
    if let ledger {
      try UsageError.require(
        ledger.hasSuffix(".csv") || ledger.hasSuffix(".jsonl"),
        "--ledger \(ledger): the name must end in .csv or .jsonl")
    }
    let eta = try LearningRate(learningRate)
    let set = try data == .digits ? DataSet.digits() : DataSet.mnist5k()
    let architecture = try Architecture(parsing: model, activation: activation)
    try UsageError.require(
      architecture.widths[0] == set.features && architecture.widths.last == set.classes,
      "--model \(model): \(set.name) has \(set.features) inputs and \(set.classes) classes")
    let samples = set.samples(as: Double.self)
    let widest = Double(architecture.widths.reduce(0, +)) * Double(max(batchSize ?? 32, samples.count))
    try UsageError.requireMemory(
      (4 * Double(architecture.parameterCount) + 4 * widest) * 8e-9,
      for: "--model \(model) with --batch-size \(batchSize ?? 32)")
    let batches = try batches(samples.count)
    try UsageError.require(
      batches.length.map { firstStep + steps <= $0 } ?? true,
      "--steps \(steps): \(batchOrder ?? "") has \(batches.length ?? 0) batches")
    let network = try initialNetwork(architecture)
    let book = try TrainingLedger(
      estimate, samples: samples, sampling: sampling, batchSize: batches.source.batchSize, learningRate: eta)
    var run = TrainingRun(
      samples: samples, network: network, rate: eta, range: firstStep..<(firstStep + steps), every: every, book: book)
    let file = try ledger.map { try LedgerFile($0, layers: architecture.layerCount) }
    let range = firstStep..<(firstStep + steps)
    let reached = try run.train(batches.source, file: file)
    try file?.commit()
    if let saveWeights { try run.network.stateDictionary.writeNPZ(to: saveWeights) }
    if let saveBatchOrder, reached > 0 {
      try BatchOrder(recording: batches.source, steps: reached).array.writeNPY(to: saveBatchOrder)
    }
    let final = run.network.evaluate(samples)
    print(
      "steps \(range.lowerBound)–\(reached), loss on all \(samples.count) samples \(rounded(final.loss)), "
        + "accuracy \(rounded(final.accuracy))")
    for line in run.summary { print(line) }
    if let first = run.firstLoss, final.loss > 100 * max(first, 1) {
      Progress.write(
        "lipdyn: warning: the loss rose from \(rounded(first)) to \(rounded(final.loss)): the run diverged\n")
    }
    if reached < range.upperBound {
      print(
        "interrupted; to continue: --first-step \(reached) --steps \(range.upperBound - reached) "
          + "--initial-weights \(saveWeights ?? "FILE.npz (run with --save-weights FILE.npz)")")
      throw ExitCode(130)
    }
  }

  private func batches(_ population: Int) throws -> (source: any BatchSource, length: Int?) {
    if let batchOrder {
      let order = try BatchOrder(readingNPY: batchOrder, population: population)
      try UsageError.require(
        batchSize == nil || batchSize == order.batchSize,
        "--batch-size \(batchSize ?? 0): \(batchOrder) has batches of \(order.batchSize); leave the option out")
      return (order, order.steps)
    }
    return (
      try BatchSampler(
        sampling, batchSize: try BatchSize(batchSize ?? 32), of: population, stream: "train/batches", seed: seed), nil
    )
  }

  private func initialNetwork(_ architecture: Architecture) throws -> MultilayerPerceptron<Double> {
    if let initialWeights {
      return try MultilayerPerceptron(
        readingNPZ: initialWeights, activation: activation, expecting: architecture.widths)
    }
    return MultilayerPerceptron(kaiming: architecture, stream: "train/initial weights", seed: seed)
  }
}

/// One run with its ledger: the loop, the progress line, and what is printed at the end.
struct TrainingRun {
  let samples: Samples<Double>
  var network: MultilayerPerceptron<Double>
  let rate: LearningRate
  let range: Range<Int>
  let every: Int
  var book: TrainingLedger
  private var first: LedgerRow?
  private var last: LedgerRow?

  init(
    samples: Samples<Double>, network: MultilayerPerceptron<Double>, rate: LearningRate, range: Range<Int>, every: Int,
    book: TrainingLedger
  ) {
    (self.samples, self.network, self.rate, self.range) = (samples, network, rate, range)
    (self.every, self.book) = (every, book)
  }

  /// The batch loss of the first row.
  var firstLoss: Double? { first?.loss }

  private struct Interrupted: Error {
    let step: Int
  }

  /// Trains to the end of the range, or to the step at which the user interrupted.
  mutating func train(_ batches: some BatchSource, file: LedgerFile?) throws -> Int {
    let progress = Progress()
    defer { progress.clear() }
    Interrupt.watch()
    let descent = StochasticGradientDescent(on: samples, learningRate: rate)
    // Values leave `self` for the loop, which holds the network exclusively.
    var (network, book, first, last) = (self.network, self.book, self.first, self.last)
    var reached = range.upperBound
    do {
      try descent.train(&network, batches: batches, steps: range) { step throws(any Error) in
        if Interrupt.isRequested { throw Interrupted(step: step.index) }
        guard step.loss.isFinite else {
          throw UsageError(
            "the loss is \(step.loss) at step \(step.index): the run diverged; lower --learning-rate or scale the weights down"
          )
        }
        guard (step.index - range.lowerBound) % every == 0 || step.index == range.upperBound - 1 else { return }
        let row = try book.row(step)
        try file?.write(row)
        if first == nil { first = row }
        last = row
        progress.now(
          "step \(step.index) of \(range.upperBound)  loss \(rounded(row.loss))  Z \(rounded(row.logNorm))"
            + (row.predictedLogNorm.map { "  predicted \(rounded($0))" } ?? ""))
      }
    } catch let stop as Interrupted { reached = stop.step }
    (self.network, self.book, self.first, self.last) = (network, book, first, last)
    return reached
  }

  var summary: [String] {
    guard let first, let last else { return [] }
    var table = TextTable([
      ("layer", .right), ("σ1 first", .right), ("σ1 last", .right), ("rel. gap", .right), ("μ", .right), ("κ", .right),
      ("λ²", .right), ("discrete step", .right),
    ])
    for (l, (a, b)) in zip(first.layers, last.layers).enumerated() {
      let c = b.coefficients
      table.append([
        "\(l)", rounded(a.sigma1), rounded(b.sigma1), rounded(b.relativeGap), c.map { rounded($0.mu) } ?? "gap closed",
        c.map { rounded($0.kappa) } ?? "–", c.map { rounded($0.lambdaSquared) } ?? "–",
        c.map { rounded($0.discreteStep) } ?? "–",
      ])
    }
    var lines = ["terms at step \(last.step), per unit of time t = η·step:"] + table.lines
    lines.append("Z: \(rounded(first.logNorm)) at step \(first.step), \(rounded(last.logNorm)) at step \(last.step)")
    if let predicted = last.predictedLogNorm {
      lines.append(
        "   predicted \(rounded(predicted))"
          + (last.predictedStandardDeviation.map { " ± \(rounded($0)) (one standard deviation of ∫λ_Z dW, pathwise)" }
            ?? " (no band: the batches of an epoch are dependent, and their noise nearly cancels)"))
    }
    if book.estimate == .batch {
      lines.append(
        "   terms come from each step's own batch: its μ holds the step's own noise, so this is no test of the theory")
    }
    return lines
  }
}

/// Ctrl-C and a polite kill as requests that the loop honours between two steps.
enum Interrupt {
  nonisolated(unsafe) private static var flag: sig_atomic_t = 0

  /// One process of several dies of its signal: mpirun then ends the others, and what was kept is there to go on from.
  static func watch() {
    guard Ranks.isAlone else { return }
    for number in [SIGINT, SIGTERM] { signal(number) { _ in Interrupt.flag = 1 } }
  }
  static var isRequested: Bool { flag != 0 }
}

/// The ledger as CSV or as one JSON object a line; whole or absent.
final class LedgerFile {
  private let file: AtomicFileWriter
  private let isCSV: Bool

  init(_ path: String, layers: Int) throws {
    file = try AtomicFileWriter(path: path)
    isCSV = path.hasSuffix(".csv")
    if isCSV { try file.write(LedgerFile.columns(layers).joined(separator: ",") + "\n") }
  }

  func write(_ row: LedgerRow) throws {
    let values = LedgerFile.values(row)
    if isCSV {
      try file.write(values.map { $0.map(text) ?? "" }.joined(separator: ",") + "\n")
    } else {
      let pairs = zip(LedgerFile.columns(row.layers.count), values).map { name, value in
        "\"\(name)\": \(value.map(text) ?? "null")"
      }
      try file.write("{" + pairs.joined(separator: ", ") + "}\n")
    }
  }

  func commit() throws { try file.commit() }

  /// The shortest text that reads back to the same number; whole numbers such as steps without a fraction.
  private func text(_ x: Double) -> String {
    x == x.rounded() && abs(x) < 1e15 ? "\(Int(x))" : "\(x)"
  }

  private static func columns(_ layers: Int) -> [String] {
    let network = [
      "step", "time", "loss", "accuracy", "K", "Z_observed", "Z_predicted", "Z_predicted_sd", "mu_Z", "kappa_Z",
      "lambda2_Z_layerwise", "lambda2_Z_exact", "discrete_step_Z",
    ]
    let layer = ["sigma1", "sigma2", "relative_gap", "mu", "kappa", "lambda2", "discrete_step"]
    return network + (0..<layers).flatMap { l in layer.map { "layer\(l)_\($0)" } }
  }

  /// nil where a gap closed and a term does not exist.
  private static func values(_ row: LedgerRow) -> [Double?] {
    let network: [Double?] = [
      Double(row.step), row.time, row.loss, row.accuracy, exp(row.logNorm), row.logNorm, row.predictedLogNorm,
      row.predictedStandardDeviation, row.network?.mu, row.network?.kappa, row.network?.layerwiseLambdaSquared,
      row.network?.exactLambdaSquared, row.network?.logDiscreteStep,
    ]
    let layers = row.layers.flatMap { layer -> [Double?] in
      let c = layer.coefficients
      return [
        layer.sigma1, layer.sigma2, layer.relativeGap, c?.mu, c?.kappa, c?.lambdaSquared, c?.discreteStep,
      ]
    }
    return (network + layers).map { $0.flatMap { $0.isFinite ? $0 : nil } }
  }
}
