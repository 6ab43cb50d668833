// lipdyn benchmark replay: a short run with everything that it drew, so that another framework can repeat it.

import ArgumentParser
import ArrayFiles
import DenseLinearAlgebra
import Foundation
import NetworkTraining
import RandomStreams

extension Benchmark {
  struct Replay: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "replay", abstract: "Record a run's initial weights, draws and losses for Benchmarks/replay.py.",
      discussion: "Example: lipdyn benchmark replay --steps 100 --output replay.npz")

    @Option var network = "conv(4,padding=1) relu maxpool(2) flatten linear(16) tanh linear(10)"
    @Option var data = "digits"
    @Option var dataFolder = DataCommand.defaultFolder
    @Option(name: .customLong("regularizer")) var regularizers: [String] = []
    @Option var batchSize = 16
    @Option var learningRate = 0.05
    @Option var steps = 100
    @Option var seed: UInt64 = 1
    @Flag(help: "In double precision: where training is chaotic, single precision agrees with nothing for long.")
    var double = false
    @Option var output: String

    func run() throws {
      try UsageError.require(steps >= 1 && steps <= 10_000, "--steps \(steps): use from 1 to 10000")
      try UsageError.require(output.hasSuffix(".npz"), "--output \(output): the name must end in .npz")
      try (double ? record(Double.self) : record(Float.self)).writeNPZ(to: output)
    }

    private func record<Scalar: NetworkScalar>(_: Scalar.Type) throws -> ArrayArchive {
      let images = try TrainingData.training(data, images: nil, folder: dataFolder)
      var settings = RegularizedDescent<Scalar>.Settings(try TrainingData.architecture(network, for: images))
      settings.regularizers = try regularizers.map { try Regularizer($0) }
      (settings.batchSize, settings.learningRate) = (batchSize, learningRate)
      (settings.initialSeed, settings.seed) = (seed, seed)
      return try record(RegularizedDescent(settings, on: images, stream: "benchmark/replay"), images)
    }

    private func record<Scalar: NetworkScalar>(_ start: RegularizedDescent<Scalar>, _ images: ImageSet) throws
      -> ArrayArchive
    {
      var run = start
      let architecture = run.settings.architecture
      var archive = ArrayArchive()
      let weights = run.network.stateDictionary
      for name in weights.names { archive["weights." + name] = weights[name] }
      archive["network"] = Self.text(architecture.layers.map(\.description).joined(separator: " "))
      archive["regularizers"] = Self.text(regularizers.joined(separator: " "))
      archive["learning_rate"] = NumericArray(shape: [1], [learningRate])

      var plain = try BatchPipeline<Scalar>(
        images, standardization: InputStandardization(of: images), stream: "benchmark/plain", seed: 1)
      let shape = [steps, batchSize, images.height, images.width, images.channels]
      var (inputs, targets, originals, losses) = ([Scalar](), [Scalar](), [Scalar](), [Double]())
      var (labels, masks, noise) = ([Int](), [Int: [Scalar]](), [String: [Scalar]]())
      var (partners, coefficients) = ([Int](), [Double]())
      for k in 0..<steps {
        run.prepare(k)
        losses.append(run.workspace.meanLoss)
        inputs += run.inputs.elements
        targets += run.targets.elements
        labels += run.batch.map { Int(images.labels[$0]) }
        var (x, t) = (run.inputs, run.targets)
        plain.load(run.batch, step: k, into: &x, targets: &t)
        originals += x.elements
        for i in architecture.layers.indices {
          if let mask = run.workspace.mask(ofLayer: i) { masks[i, default: []] += mask.elements }
        }
        if let mixing = run.mixing(step: k) {
          partners += mixing.partners
          coefficients += mixing.coefficients
        }
        if let drawn = run.injectedNoise(step: k) {
          // A network of noise, for its weights in PyTorch's layouts.
          var network = run.network
          network.parameters = drawn
          let arrays = network.stateDictionary
          for name in arrays.names { noise[name, default: []] += try arrays.array(named: name).scalars(Scalar.self) }
        }
        run.descend(k)
      }
      archive["inputs"] = Self.array(shape, inputs)
      archive["originals"] = Self.array(shape, originals)
      archive["labels"] = NumericArray(shape: [steps, batchSize], labels)
      archive["targets"] = Self.array([steps, batchSize, images.classes], targets)
      archive["losses"] = NumericArray(shape: [steps], losses)
      for (i, mask) in masks {
        let sample = architecture.shapes[i]
        archive["mask.\(i)"] = Self.array(
          [steps, batchSize, sample.height, sample.width, sample.channels], mask)
      }
      for (name, drawn) in noise {
        archive["noise." + name] = Self.array([steps] + (try weights.array(named: name).shape), drawn)
      }
      guard !partners.isEmpty else { return archive }
      archive["partners"] = NumericArray(shape: [steps, batchSize], partners)
      archive["coefficients"] = NumericArray(shape: [steps, batchSize], coefficients)
      return archive
    }

    private static func array<Scalar: NetworkScalar>(_ shape: [Int], _ values: [Scalar]) -> NumericArray {
      Scalar.self == Float.self
        ? NumericArray(shape: shape, values.map { Float($0) }) : NumericArray(shape: shape, values.map { Double($0) })
    }

    private static func text(_ text: String) -> NumericArray {
      let codes = text.utf8.map { Int($0) }
      return NumericArray(shape: [codes.count], codes)
    }
  }
}
