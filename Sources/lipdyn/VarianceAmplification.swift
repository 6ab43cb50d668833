// lipdyn svag: the law of Z under SGD, SVAG(l) and the SDE on one network, and whether the SDE describes SGD there.

import ArgumentParser
import ArrayFiles
import DenseLinearAlgebra
import DistributedWork
import Foundation
import LipschitzDynamics
import NetworkTraining
import RandomStreams
import Reporting
import VerificationKit

struct VarianceAmplification: SharedCommand {
  static let configuration = CommandConfiguration(
    commandName: "svag",
    abstract: "Compare the laws of Z = Σ log σ₁ under SGD, SVAG(l) and the SDE with full covariance.",
    discussion: """
      Ensembles from one initial network on evenly spaced digits. Differences to the SDE in mean and standard deviation, \
      and the energy distance 2∫(F − G)², with 99 % intervals: where they are zero for SGD the SDE describes it; where they fall with l, SGD's finite steps \
      make the difference. The noise-to-signal ratio is tr Σ/‖∇L‖² of a batch's mean gradient.
      Example: lipdyn svag --learning-rate 0.8 --batch-size 4 --steps 12 --runs 2000 --json svag.json
      """)

  @Option(parsing: .unconditional, help: "How many digits to train on: the SDE passes over all of them at every step.")
  var samples = 200
  @Option(help: "Layer widths, input first.") var model = "64-16-10"
  @Option(help: "tanh or relu; the SDE of relu is a matter of its kinks, too.") var activation: Activation = .tanh
  @Option(help: "M.") var batchSize = 4
  @Option(parsing: .unconditional, help: "η.") var learningRate = 0.4
  @Option(parsing: .unconditional, help: "SGD's steps until the laws are compared.") var steps = 16
  @Option(parsing: .upToNextOption, help: "l, ascending from 1.") var amplification = [1, 2, 4, 8]
  @Option(parsing: .unconditional, help: "Euler–Maruyama steps a learning rate, a multiple of 4, at least 8.")
  var substeps = 32
  @Option(parsing: .unconditional, help: "Full-batch steps at rate 0.5 before the runs begin.") var warmUp = 0
  @Option(parsing: .unconditional, help: "Runs of each ensemble, at least 50.") var runs = 1_000
  @Option(parsing: .unconditional, help: "Seed of the initial weights and of all streams.") var seed: UInt64 = 1
  @Option(parsing: .unconditional, help: "Runs at once; the digits do not depend on it.") var threads = 2
  @Option(help: "Keep finished runs in FILE.npz; the same command continues from there, to the same digits.")
  var checkpoint: String?
  @OptionGroup var output: JSONOutput

  func run() throws {
    try UsageError.require(threads >= 1, "--threads \(threads): use at least 1")
    try UsageError.require(warmUp >= 0 && warmUp <= 100_000, "--warm-up \(warmUp): use from 0 to 100000")
    try UsageError.require(
      checkpoint?.hasSuffix(".npz") ?? true, "--checkpoint \(checkpoint ?? ""): the name must end in .npz")
    try UsageError.requireWritable([output.file, checkpoint])
    let digits = try DataSet.digits()
    try UsageError.require(
      samples >= 2 && samples <= digits.count,
      "--samples \(samples): the digits are \(digits.count); use from 2 to that")
    let set = digits.subset((0..<samples).map { $0 * digits.count / samples }).samples(as: Float.self)
    let architecture = try Architecture(parsing: model, activation: activation)
    let ladder = try VarianceAmplificationLadder(
      learningRate: LearningRate(learningRate), batchSize: BatchSize(batchSize), steps: steps,
      amplifications: amplification, substeps: substeps)
    var network = MultilayerPerceptron<Float>(kaiming: architecture, stream: "svag/initial weights", seed: seed)
    for _ in 0..<warmUp { network.parameters.add(-0.5, network.fullGradient(set)) }
    Interrupt.watch()
    let progress = Progress()
    defer { progress.clear() }
    let outcome = try ladder.run(
      network, set, runs: runs, stream: "svag", seed: seed, workers: threads,
      finished: try Ranks.sharing.once { try finished() }, keep: keep,
      progress: { progress.now("\($0): \($1) of \(runs) runs") }, isCancelled: { Interrupt.isRequested },
      sharing: Ranks.sharing)
    progress.clear()
    guard let outcome else {
      print("interrupted: nothing to compare yet" + (checkpoint.map { "; the same command goes on from \($0)" } ?? ""))
      throw ExitCode(130)
    }
    if Ranks.isRoot { try write(outcome) }
  }

  /// What runs in a checkpoint belong to: everything that decides a digit. More runs and rungs may follow.
  private var identity: String {
    "samples \(samples); model \(model) \(activation.rawValue); batch size \(batchSize); learning rate \(learningRate); "
      + "steps \(steps); warm-up \(warmUp); seed \(seed)"
  }

  private func finished() throws -> [String: [VarianceAmplificationLadder.End]] {
    guard let checkpoint, FileManager.default.fileExists(atPath: checkpoint) else { return [:] }
    let archive = try ArrayArchive(readingNPZ: checkpoint)
    let found = try archive.array(named: "identity").text()
    try UsageError.require(
      found == identity,
      "--checkpoint \(checkpoint): it belongs to another ladder (\(found)); give another file, or that ladder's options"
    )
    var finished: [String: [VarianceAmplificationLadder.End]] = [:]
    for name in archive.names where name != "identity" {
      let values = try archive.array(named: name).doubles
      finished[name.replacingOccurrences(of: ":", with: "/")] = (0..<values.count / 3).map {
        .init(change: values[3 * $0], noiseToSignal: values[3 * $0 + 1], loss: values[3 * $0 + 2])
      }
    }
    return finished
  }

  private func keep(_ finished: [String: [VarianceAmplificationLadder.End]]) throws {
    guard let checkpoint, Ranks.isRoot else { return }
    var archive = ArrayArchive()
    archive["identity"] = NumericArray(text: identity)
    // In one order, so that equal runs leave equal bytes.
    for (name, ends) in finished.sorted(by: { $0.key < $1.key }) {
      // A slash would make a folder of it.
      archive[name.replacingOccurrences(of: "/", with: ":")] = NumericArray(
        shape: [ends.count, 3], ends.flatMap { [$0.change, $0.noiseToSignal, $0.loss] })
    }
    try archive.writeNPZ(to: checkpoint)
  }

  private func write(_ outcome: VarianceAmplificationLadder.Outcome) throws {
    let z = 2.575829303548901  // 99 % of a normal law, two-sided
    var table = TextTable([
      ("law", .left), ("mean of ΔZ", .right), ("sd", .right), ("mean − SDE's", .left), ("sd − SDE's", .left),
      ("10³ energy distance", .left),
      ("tr Σ/‖∇L‖²", .right), ("loss", .right),
    ])
    let solutions = outcome.largeSteps + [outcome.coarseDiffusion, outcome.diffusion]
    let reduced = zip(solutions, [nil] + solutions.map(\.name)).filter { $0.0.name != $0.1 }.map(\.0)
    for law in outcome.descents + [outcome.secondOrder] + reduced {
      let d = VarianceAmplificationLadder.Distance(law, outcome.diffusion)
      let isReference = law.name == outcome.diffusion.name
      table.append([
        law.name, rounded(law.mean), rounded(law.standardDeviation),
        isReference ? "" : String(format: "%+.4f ± %.4f", d.mean, z * d.meanError),
        isReference ? "" : String(format: "%+.4f ± %.4f", d.standardDeviation, z * d.standardDeviationError),
        isReference ? "" : String(format: "%.3f ± %.3f", 1e3 * d.energy.value, 1e3 * z * d.energy.standardError),
        String(format: "%.2f", law.noiseToSignal), String(format: "%.3f", law.loss),
      ])
    }
    for line in table.lines { print(line) }
    print(
      "after \(steps) SGD steps, \(runs) runs a law; tr Σ/‖∇L‖² was \(rounded(outcome.initialNoiseToSignal)) at first")
    let large = outcome.largeStepDistance
    print(
      "Euler–Maruyama with η and with η/4: means differ by "
        + String(format: "%.4f ± %.4f", large.mean, z * large.meanError)
        + (large.isZero(within: z) ? ", within the intervals" : ": η is too long a step for this SDE"))
    print(
      !outcome.discretisation.isZero(within: z)
        ? "the SDE's two steps differ: raise --substeps before reading the rest"
        : outcome.distances[0].isZero(within: z)
          ? "SGD is within the intervals of the SDE"
          : outcome.falls(within: z)
            ? "SGD differs from the SDE, and the distance falls with l within the intervals"
            : "SGD differs from the SDE, and the distance does not fall with l")
    try output.write(
      VarianceAmplificationRecord(
        seed: seed, samples: samples, model: model, activation: activation.rawValue, learningRate: learningRate,
        batchSize: batchSize, steps: steps, substeps: substeps, warmUp: warmUp, amplifications: amplification,
        machine: .current, outcome: outcome))
  }
}

/// What `lipdyn svag --json` writes, in schema version 1: enough to repeat the run.
struct VarianceAmplificationRecord: Encodable {
  var schema = 1
  let seed: UInt64
  let samples: Int
  let model: String
  let activation: String
  let learningRate: Double
  let batchSize: Int
  let steps: Int
  let substeps: Int
  let warmUp: Int
  let amplifications: [Int]
  let machine: VerificationRecord.Machine
  let outcome: VarianceAmplificationLadder.Outcome
}
