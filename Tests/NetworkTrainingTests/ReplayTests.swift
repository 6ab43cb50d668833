// Loss curves that PyTorch computed from the same weights and draws: Benchmarks/replay.py made the fixture.

import Foundation
import NetworkTraining
import RandomStreams
import Testing

@Suite("Replays of PyTorch") struct ReplayTests {
  struct Curve: Decodable {
    let network: String
    let regularizers: String
    let losses: [Double]
  }

  static let curves: [Curve] = {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Fixtures/pytorch-losses.json")
    guard let data = try? Data(contentsOf: file) else { return [] }
    return (try? JSONDecoder().decode([Curve].self, from: data)) ?? []
  }()

  @Test("are there, plain and for every regulariser") func coverage() {
    let all = Self.curves.map { $0.regularizers + " " + $0.network }.joined(separator: " ")
    for name in ["weight-decay", "label-smoothing", "mixup", "auto-augment", "fgsm", "fixed", "redrawn", "gaussian"] {
      #expect(all.contains(name), "\(name)")
    }
    for layer in ["dropout", "batch-norm", "conv", "maxpool", "leaky-relu", "tanh", "sigmoid"] {
      #expect(all.contains(layer), "\(layer)")
    }
    #expect(Self.curves.count == 16)
  }

  @Test("the same hundred losses", arguments: curves.indices) func replay(_ k: Int) throws {
    let curve = Self.curves[k]
    let images = try ImageSet.digits()
    var settings = RegularizedDescent<Float>.Settings(try TrainingData.architecture(curve.network, for: images))
    settings.regularizers = try curve.regularizers.split(separator: " ").map { try Regularizer(String($0)) }
    (settings.batchSize, settings.learningRate) = (16, 0.05)
    var run = try RegularizedDescent<Float>(settings, on: images, stream: "benchmark/replay")
    for (step, expected) in curve.losses.enumerated() {
      run.prepare(step)
      #expect(abs(run.workspace.meanLoss - expected) < 1e-4 * expected, "step \(step), \(curve.regularizers)")
      run.descend(step)
    }
    #expect(curve.losses.count == 100)
  }
}
