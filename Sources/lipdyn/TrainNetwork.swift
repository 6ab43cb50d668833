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
      Terms come from the step's own batch: its μ holds the step's own noise, so they describe a run and test no theory.
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
  @Option(parsing: .unconditional, help: "Steps between rows of the ledger; 0 for no ledger.") var every = 10
  @Option(help: "Seed of weights, batches, masks and regularisers.") var seed: UInt64 = 1
  @Option(parsing: .unconditional, help: "Threads; 0 for one a core.") var threads = 0
  @Option(help: "Write the ledger to FILE.csv.") var ledger: String?
  @Option(help: "Start from a PyTorch-style state dictionary, FILE.npz or FILE.safetensors.") var initialWeights:
    String?
  @Option(help: "Write the final state dictionary to FILE.npz or FILE.safetensors.") var saveWeights: String?

  func run() throws {
    try UsageError.require(epochs >= 1 && epochs <= 10_000, "--epochs \(epochs): use from 1 to 10000")
    try UsageError.require(every >= 0, "--every \(every): use 0 for no ledger, or at least 1")
    try UsageError.require(threads >= 0 && threads <= 1_024, "--threads \(threads): use from 0 to 1024")
    try UsageError.require(ledger?.hasSuffix(".csv") ?? true, "--ledger \(ledger ?? ""): the name must end in .csv")
    for (option, path) in [("--initial-weights", initialWeights), ("--save-weights", saveWeights)] {
      try UsageError.require(
        path.map { $0.hasSuffix(".npz") || $0.hasSuffix(".safetensors") } ?? true,
        "\(option) \(path ?? ""): the name must end in .npz or .safetensors")
    }
    try UsageError.requireWritable([ledger, saveWeights])
    guard let coupling = BatchNormGradient(rawValue: batchNorm) else {
      throw UsageError("--batch-norm \(batchNorm): use coupled or conditional")
    }
    TrainingThreads.limit(to: threads)
    let rate = try LearningRate(learningRate)
    let (training, test) = try images()
    let architecture = try architecture(for: training)
    let values = architecture.shapes.reduce(architecture.input.count) { $0 + $1.count }
    try UsageError.requireMemory(
      (24 * Double(architecture.parameterCount) + 8 * Double(values) * Double(max(batchSize, 256))) * 1e-9,
      for: "--network with --batch-size \(batchSize)")
    var run = try NetworkRun(
      architecture: architecture, images: training,
      regularizers: regularizers.map { try Regularizer($0) },
      coupling: coupling, batchSize: batchSize, rate: rate, seed: seed)
    if let initialWeights { try run.network.load(Self.read(initialWeights)) }
    let steps = epochs * (training.count / batchSize)
    let notes = run.semantics
    let first = run.evaluate(test)
    print(
      "\(run.network.architecture)\n\(run.network.parameters.count) parameters, \(training.name), "
        + "\(training.count) training and \(test.count) test images, \(steps) steps of \(batchSize)")
    for note in notes { print(note) }
    let file = try ledger.map { try NetworkLedgerFile($0, layers: run.network.architecture.linearUnits) }
    let book = try every > 0 ? SequentialLedger(for: run.workspace, learningRate: rate) : nil
    let reached = try train(&run, steps, book, file)
    try file?.commit()
    if let saveWeights { try Self.write(run.network.stateDictionary, saveWeights) }
    let last = run.evaluate(test)
    print(
      "test loss \(rounded(first.loss)) at first, \(rounded(last.loss)) after \(reached) steps; "
        + "test accuracy \(rounded(first.accuracy)) at first, \(rounded(last.accuracy))")
    for line in run.summary { print(line) }
    if reached < steps {
      print("interrupted at step \(reached); the ledger and the weights up to there were written")
      throw ExitCode(130)
    }
  }

  private func train(
    _ run: inout NetworkRun, _ steps: Int, _ book: SequentialLedger<Float>?, _ file: NetworkLedgerFile?
  ) throws -> Int {
    let progress = Progress()
    defer { progress.clear() }
    Interrupt.watch()
    let start = ContinuousClock.now
    for k in 0..<steps {
      if Interrupt.isRequested { return k }
      run.prepare(k)
      guard run.workspace.meanLoss.isFinite else {
        throw UsageError("the loss is \(run.workspace.meanLoss) at step \(k): the run diverged; lower --learning-rate")
      }
      if let book, k % every == 0 || k == steps - 1 {
        let row = try book.row(run.network, run.workspace)
        run.last = row
        try file?.write(k, run.workspace, row, learningRate)
      }
      run.descend(k)
      let left = (ContinuousClock.now - start) / .seconds(1) / Double(k + 1) * Double(steps - k - 1)
      progress.now(
        "step \(k + 1) of \(steps)  loss \(rounded(run.workspace.meanLoss))"
          + (run.last.map { "  Z \(rounded($0.logNorm))" } ?? "") + "  \(Int(left)) s left")
    }
    return steps
  }

  private func architecture(for images: ImageSet) throws -> SequentialArchitecture {
    let shape = SampleShape(height: images.height, width: images.width, channels: images.channels)
    switch network {
    case "paper-convnet": return try .paperConvNet(shape, classes: images.classes)
    case "paper-mlp": return try .paperMLP(inputs: shape.count, classes: images.classes)
    default:
      // A stack of linear layers takes the image as a vector.
      let isFlat = network.hasPrefix("linear")
      let architecture = try SequentialArchitecture(input: isFlat ? SampleShape(shape.count) : shape, parsing: network)
      try UsageError.require(
        architecture.classes == images.classes,
        "--network: it ends in \(architecture.classes) logits, but \(images.name) has \(images.classes) classes")
      return architecture
    }
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

/// A run's network, data and step.
private struct NetworkRun {
  var network: SequentialNetwork<Float>
  let workspace: SequentialWorkspace<Float>
  var last: SequentialLedger<Float>.Row?
  private var pipeline: BatchPipeline<Float>
  private var batches: BatchSampler
  private var descent: SequentialDescent
  private let regularizers: [Regularizer]
  private let coupling: BatchNormGradient
  private var adversary: Double?
  private var indices: [Int]
  private var inputs: Matrix<Float>
  private var targets: Matrix<Float>

  init(
    architecture: SequentialArchitecture, images: ImageSet, regularizers: [Regularizer], coupling: BatchNormGradient,
    batchSize: Int, rate: LearningRate, seed: UInt64
  ) throws {
    self.regularizers = regularizers
    self.coupling = coupling
    let size = try BatchSize(batchSize, .epochShuffling, of: images.count)
    network = SequentialNetwork(kaiming: architecture, stream: "train-network/weights", seed: seed)
    workspace = SequentialWorkspace(for: architecture, sampleCount: batchSize)
    pipeline = try BatchPipeline(
      images, standardization: InputStandardization(of: images), regularizers: regularizers,
      stream: "train-network/regularizers", seed: seed)
    batches = try BatchSampler(
      .epochShuffling, batchSize: size, of: images.count, stream: "train-network/batches", seed: seed)
    descent = SequentialDescent(rate)
    indices = [Int](repeating: 0, count: batchSize)
    inputs = .zeros(pipeline.features, batchSize)
    targets = .zeros(pipeline.classes, batchSize)
    for regularizer in regularizers {
      switch regularizer.kind {
      case .weightDecay(let w): descent.weightDecay = w
      case .adversarial(let epsilon): adversary = epsilon
      case .gradientScaling(let scaling):
        descent.gradientScale = scaling.alpha
        if let noise = GradientInjection(scaling, stream: "train-network/injection", seed: seed) {
          descent.injection = { out, step, block in
            noise.fill(out, step: step, layer: block)
            for k in out.indices { out[k] *= scaling.noiseFactor }
          }
        }
      case .dropout, .batchNormalization:
        throw UsageError("--regularizer \(regularizer): put \(regularizer.name) among the layers of --network")
      case .autoAugment, .labelCorruption, .labelSmoothing, .mixup: break
      }
    }
  }

  /// What a sample's own gradient means in this run.
  var semantics: [String] {
    var notes = regularizers.map { "\($0): \($0.semantics.rawValue): \($0.semantics.explanation)" }
    let layers = network.architecture.layers
    if layers.contains(.batchNorm) {
      let meaning: PerSampleSemantics = coupling == .coupled ? .coupled : .conditionalOnBatchStatistics
      notes.append("batch-norm: \(meaning.rawValue): \(meaning.explanation)")
    }
    if layers.contains(where: { if case .dropout = $0 { true } else { false } }) {
      let meaning = PerSampleSemantics.conditionalOnMask
      notes.append("dropout: \(meaning.rawValue): \(meaning.explanation)")
    }
    return notes
  }

  /// Batch, forward and backward pass of step k.
  mutating func prepare(_ k: Int) {
    batches.fill(&indices, step: k)
    pipeline.load(indices, step: k, into: &inputs, targets: &targets)
    workspace.load(inputs: inputs, targets: targets)
    if let adversary { network.perturbInputs(workspace, epsilon: adversary, mode: .training(step: k)) }
    network.forward(workspace, .training(step: k))
    network.backward(workspace, batchNorm: coupling)
  }

  mutating func descend(_ k: Int) { descent.descend(&network, workspace, step: k) }

  /// Loss and accuracy on a data set, as a predictor.
  func evaluate(_ images: ImageSet) -> (loss: Double, accuracy: Double) {
    guard
      var plain = try? BatchPipeline<Float>(
        images, standardization: pipeline.standardization, stream: "train-network/test", seed: 1)
    else { return (.nan, .nan) }
    var (loss, correct) = (0.0, 0)
    var room = SequentialWorkspace<Float>(for: network.architecture, sampleCount: min(256, images.count))
    for start in stride(from: 0, to: images.count, by: 256) {
      let part = Array(start..<min(start + 256, images.count))
      if part.count != room.sampleCount {
        room = SequentialWorkspace(for: network.architecture, sampleCount: part.count)
      }
      var (x, t) = (Matrix<Float>.zeros(plain.features, part.count), Matrix<Float>.zeros(plain.classes, part.count))
      plain.load(part, step: 0, into: &x, targets: &t)
      room.load(inputs: x, targets: t)
      network.run(room, .prediction)
      network.backward(room)
      loss += room.meanLoss * Double(part.count)
      correct += room.correct
    }
    return (loss / Double(images.count), Double(correct) / Double(images.count))
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
        network.architecture.layers[row.layer].description, rounded(Double(row.triplet.sigma)),
        rounded(Double(row.triplet.relativeGap)), c.map { rounded($0.mu) } ?? "gap closed",
        c.map { rounded($0.kappa) } ?? "–", c.map { rounded($0.lambdaSquared) } ?? "–",
        c.map { rounded($0.discreteStep) } ?? "–",
      ])
    }
    return ["terms of the last batch, per unit of time t = η·step:"] + table.lines
      + ["Z = Σ log σ1 = \(rounded(last.logNorm))"]
  }
}

/// The ledger as CSV; whole or absent.
private final class NetworkLedgerFile {
  private let file: AtomicFileWriter

  init(_ path: String, layers: [Int]) throws {
    file = try AtomicFileWriter(path: path)
    let network = [
      "step", "time", "loss", "accuracy", "Z", "mu_Z", "kappa_Z", "lambda2_Z_layerwise", "lambda2_Z_exact",
      "discrete_step_Z",
    ]
    let names = ["sigma1", "sigma2", "mu", "kappa", "lambda2", "discrete_step"]
    let columns = network + layers.flatMap { l in names.map { "layer\(l)_\($0)" } }
    try file.write(columns.joined(separator: ",") + "\n")
  }

  func write(
    _ step: Int, _ workspace: SequentialWorkspace<Float>, _ row: SequentialLedger<Float>.Row, _ rate: Double
  ) throws {
    let n = row.network
    let network: [Double?] = [
      Double(step) * rate, workspace.meanLoss, workspace.accuracy, row.logNorm, n?.mu, n?.kappa,
      n?.layerwiseLambdaSquared, n?.exactLambdaSquared, n?.logDiscreteStep,
    ]
    let layers = row.layers.flatMap { layer -> [Double?] in
      let c = layer.coefficients
      return [
        Double(layer.triplet.sigma), Double(layer.triplet.sigma2), c?.mu, c?.kappa, c?.lambdaSquared, c?.discreteStep,
      ]
    }
    let values = (network + layers).map { $0.map { $0.isFinite ? "\($0)" : "" } ?? "" }
    try file.write("\(step)," + values.joined(separator: ",") + "\n")
  }

  func commit() throws { try file.commit() }
}
