// lipdyn train-network: the paper's networks, and any stack of layers, on full data sets, with the ledger of every step.

import ArgumentParser
import ArrayFiles
import DenseLinearAlgebra
import Foundation
import LipschitzDynamics
import NetworkTraining
import RandomStreams
import Reporting

struct TrainNetwork: ParsableCommand {
  enum Source: String, CaseIterable, ExpressibleByArgument {
    case digits, mnist5k, mnist, cifar10, cifar100
    case fashionMNIST = "fashion-mnist"
  }

  static let configuration = CommandConfiguration(
    commandName: "train-network",
    abstract: "Train a sequential network in single precision, with μ, κ, λ of every layer from each step's batch.",
    discussion: """
      Networks: paper-mlp, paper-convnet, or layers such as \
      "conv(32,padding=1) relu maxpool(2) flatten linear(10)". Dropout and batch norm are layers; other regularisers are \
      options: \(Regularizer.examples.joined(separator: ", ")).
      Terms of the step's own batch hold its own noise: they describe a run and test no theory. Those of independent \
      images, or of all, are predictions: the ledger then has the predicted and the observed ΔZ, with a z-score where \
      batches are i.i.d. The ledger is CSV below lines that begin with #, which say what its numbers mean.
      Example: lipdyn train-network --network paper-mlp --data mnist5k --epochs 5 --every 10 --ledger ledger.csv
      """)

  @Option(help: "paper-mlp, paper-convnet, or layers separated by spaces.") var network = "paper-mlp"
  @Option(help: "digits, mnist5k (embedded); mnist, fashion-mnist, cifar10, cifar100 from --data-folder.") var data:
    Source = .mnist5k
  @Option(help: "Where `lipdyn data fetch` put the data.") var dataFolder = DataCommand.defaultFolder
  @Option(name: .customLong("regularizer"), help: "A regulariser; may be given several times.") var regularizers:
    [String] = []
  @Option(help: "The gradient of a sample below batch norm: coupled or conditional.") var batchNorm = "coupled"
  @Option(parsing: .unconditional, help: "M.") var batchSize = 128
  @Option(parsing: .unconditional, help: "η, positive.") var learningRate = 0.1
  @Option(parsing: .unconditional, help: "Passes over the training data.") var epochs = 5
  @Option(help: "How batches are drawn: withReplacement is the theory's.") var sampling: Sampling = .epochShuffling
  @Option(
    help: "Rows of the ledger: every so many steps, 0 for none, log or log:N for N a decade.",
    transform: RowSchedule.init(parsing:))
  var every = RowSchedule.every(10)
  @Option(help: "Terms from the step's own batch, from independent images, or from the full training set.") var terms:
    TermSource = .batch
  @Option(parsing: .unconditional, help: "How many independent images.") var termImages = 1_024
  @Option(
    parsing: .unconditional,
    help:
      "Rows between rows with norms of convolutions, Lipschitz bounds and shares of the noise's diagonal; 0 for none.")
  var normsEvery = 0
  @Option(help: "Seed of weights, batches, masks and regularisers.") var seed: UInt64 = 1
  @Option(parsing: .unconditional, help: "Threads; 0 for one a core.") var threads = 0
  @Option(help: "Write the ledger to FILE.csv.") var ledger: String?
  @Option(help: "Start from a PyTorch-style state dictionary, FILE.npz or FILE.safetensors.") var initialWeights:
    String?
  @Option(help: "Write the final state dictionary to FILE.npz or FILE.safetensors.") var saveWeights: String?
  @Option(help: "Keep the state in FILE.npz; the same command continues from there, to the same bytes.") var checkpoint:
    String?
  @Option(parsing: .unconditional, help: "Steps between checkpoints; one a pass over the data if not given.")
  var checkpointEvery: Int?

  func run() throws {
    try validateOptions()
    TrainingThreads.limit(to: threads)
    let (training, test) = try images()
    let architecture = try TrainingData.architecture(network, for: training)
    let source = terms == .independent && termImages >= training.count ? .full : terms
    let sampleCount = [.batch: batchSize, .independent: termImages, .full: training.count][source] ?? batchSize
    let values = architecture.shapes.reduce(architecture.input.count) { $0 + $1.count }
    try UsageError.requireMemory(
      (24 * Double(architecture.parameterCount) + 8 * Double(values) * Double(max(batchSize + sampleCount, 256)))
        * 1e-9,
      for: source == .full
        ? "--terms full on \(training.count) images (--terms independent takes some of them)"
        : "--network with these numbers of images")
    var settings = RegularizedDescent<Float>.Settings(architecture)
    settings.regularizers = try regularizers.map { try Regularizer($0) }
    guard let coupling = BatchNormGradient(rawValue: batchNorm) else {
      throw UsageError("--batch-norm \(batchNorm): use coupled or conditional")
    }
    (settings.batchNorm, settings.sampling, settings.batchSize) = (coupling, sampling, batchSize)
    (settings.learningRate, settings.initialSeed, settings.seed) = (learningRate, seed, seed)
    var run = try NetworkRun(
      settings, on: training, test: test, terms: source, sampleCount: sampleCount, every: every, normsEvery: normsEvery)
    if let initialWeights { try run.descent.network.load(Self.read(initialWeights)) }
    let steps = epochs * (training.count / batchSize)
    let first = run.evaluate(test)
    let interval = checkpointEvery ?? training.count / batchSize
    let state = checkpoint.map { RunState(path: $0, identity: identity, interval: interval) }
    let start = try state?.resume(&run) ?? 0
    print(
      "\(architecture)\n\(architecture.parameterCount) parameters, \(training.name), "
        + "\(training.count) training and \(test.count) test images, \(steps) steps of \(batchSize)")
    for note in run.notes { print(note) }
    if start > 0 { print("continued from step \(start)") }
    let reached = try train(&run, start, steps, state)
    try run.ledger.write(to: ledger)
    if let saveWeights { try Self.write(run.descent.network.stateDictionary, saveWeights) }
    let last = run.evaluate(test)
    print(
      "test loss \(rounded(first.loss)) at first, \(rounded(last.loss)) after \(reached) steps; "
        + "test accuracy \(rounded(first.accuracy)) at first, \(rounded(last.accuracy))")
    for line in run.summary { print(line) }
    if reached < steps {
      let further = checkpoint.map { "; the same command continues from the last checkpoint in \($0)" } ?? ""
      print("interrupted at step \(reached); the ledger and the weights up to there were written\(further)")
      throw ExitCode(130)
    }
  }

  private func validateOptions() throws {
    try UsageError.require(epochs >= 1 && epochs <= 10_000, "--epochs \(epochs): use from 1 to 10000")
    try UsageError.require(threads >= 0 && threads <= 1_024, "--threads \(threads): use from 0 to 1024")
    try UsageError.require(normsEvery >= 0, "--norms-every \(normsEvery): use 0 for none, or at least 1")
    try UsageError.require(termImages >= 2, "--term-images \(termImages): use at least 2")
    try UsageError.require(
      checkpointEvery.map { $0 >= 1 } ?? true, "--checkpoint-every \(checkpointEvery ?? 0): use at least 1")
    try UsageError.require(
      checkpointEvery == nil || checkpoint != nil, "--checkpoint-every: give --checkpoint FILE.npz too")
    try UsageError.require(ledger?.hasSuffix(".csv") ?? true, "--ledger \(ledger ?? ""): the name must end in .csv")
    try UsageError.require(
      checkpoint?.hasSuffix(".npz") ?? true, "--checkpoint \(checkpoint ?? ""): the name must end in .npz")
    for (option, path) in [("--initial-weights", initialWeights), ("--save-weights", saveWeights)] {
      try UsageError.require(
        path.map { $0.hasSuffix(".npz") || $0.hasSuffix(".safetensors") } ?? true,
        "\(option) \(path ?? ""): the name must end in .npz or .safetensors")
    }
    try UsageError.requireWritable([ledger, saveWeights, checkpoint])
  }

  /// What a checkpoint belongs to: everything that decides a digit. More epochs may follow.
  private var identity: String {
    """
    network \(network); data \(data.rawValue); regularizers \(regularizers.joined(separator: " ")); batch norm \(batchNorm); \
    batch size \(batchSize); learning rate \(learningRate); sampling \(sampling.rawValue); every \(every); \
    terms \(terms.rawValue) \(termImages); norms every \(normsEvery); seed \(seed); weights \(initialWeights ?? "own"); \
    checkpoint every \(checkpointEvery.map { "\($0)" } ?? "pass")
    """
  }

  private func train(_ run: inout NetworkRun, _ start: Int, _ steps: Int, _ state: RunState?) throws -> Int {
    let progress = Progress()
    defer { progress.clear() }
    Interrupt.watch()
    let clock = ContinuousClock.now
    for k in start..<max(start, steps) {
      if Interrupt.isRequested { return k }
      if k > start { try state?.saveIfDue(&run, step: k) }
      try run.step(k, of: steps)
      let share = Double(k + 1) / Double(steps)
      let left = (ContinuousClock.now - clock) / .seconds(1) / Double(k + 1 - start) * Double(steps - k - 1)
      let bar = String(repeating: "█", count: Int(16 * share)) + String(repeating: "░", count: 16 - Int(16 * share))
      progress.now("\(bar) \(k + 1)/\(steps)  \(Int(left)) s left  \(run.view)")
    }
    return max(start, steps)
  }

  private func images() throws -> (training: ImageSet, test: ImageSet) {
    switch data {
    case .digits:
      return try ImageSet.digits().shuffled(by: "train-network/split", seed: 1).split(first: 1_500)
    case .mnist5k:
      return try ImageSet.mnist5k().shuffled(by: "train-network/split", seed: 1).split(first: 4_000)
    case .mnist: return (try .mnist(in: folder, split: .train), try .mnist(in: folder, split: .test))
    case .fashionMNIST:
      return (try .fashionMNIST(in: folder, split: .train), try .fashionMNIST(in: folder, split: .test))
    case .cifar10: return (try .cifar10(in: folder, split: .train), try .cifar10(in: folder, split: .test))
    case .cifar100:
      return (
        try .cifar100(in: folder, split: .train, labels: .fine), try .cifar100(in: folder, split: .test, labels: .fine)
      )
    }
  }

  private var folder: String { dataFolder + "/" + data.rawValue }

  private static func read(_ path: String) throws -> ArrayArchive {
    path.hasSuffix(".npz") ? try ArrayArchive(readingNPZ: path) : try ArrayArchive(readingSafetensors: path)
  }

  private static func write(_ archive: ArrayArchive, _ path: String) throws {
    if path.hasSuffix(".npz") { try archive.writeNPZ(to: path) } else { try archive.writeSafetensors(to: path) }
  }
}
