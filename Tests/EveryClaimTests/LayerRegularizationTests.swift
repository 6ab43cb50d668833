// Every layer under every regulariser: what the page says is what a run does.

import DenseLinearAlgebra
import Foundation
import LipschitzDynamics
import NetworkTraining
import RandomStreams
import Testing

@Suite("Layers under regularisers") struct LayerRegularizationTests {
  static let images = Result { try ImageSet.digits().subset(Array(0..<64)) }

  /// A small network with the layer in its middle.
  static func descent(_ met: LayerRegularization) throws -> RegularizedDescent<Double> {
    let images = try images.get()
    let shape = SampleShape(height: images.height, width: images.width, channels: images.channels)
    let layers: [SequentialLayer] =
      switch met.layer {
      case .linear, .flatten: [.conv2d(channels: 3, kernel: 3), .tanh, .flatten, met.layer, .linear(outputs: 10)]
      default: [.conv2d(channels: 3, kernel: 3), .tanh, met.layer, .flatten, .linear(outputs: 10)]
      }
    var settings = RegularizedDescent<Double>.Settings(try SequentialArchitecture(input: shape, layers: layers))
    settings.regularizers = [met.regularizer]
    (settings.batchNorm, settings.batchSize, settings.learningRate) = (met.batchNorm, 8, 0.05)
    return try RegularizedDescent(settings, on: images, stream: "test/layer-regularization")
  }

  static let combinations: [LayerRegularization] = {
    let regularizers = LayerRegularization.regularizers.compactMap { try? Regularizer($0) }
    return LayerRegularization.layers.flatMap { layer in
      regularizers.flatMap { regularizer in
        BatchNormGradient.allCases.map { LayerRegularization(regularizer, at: layer, batchNorm: $0) }
      }
    }
  }()

  @Test("the examples are all layers and all regularisers")
  func complete() throws {
    #expect(Self.combinations.count == 2 * LayerRegularization.layers.count * LayerRegularization.regularizers.count)
    // What the parser's own list of layers names.
    let refusal = #expect(throws: NetworkTrainingError.self) { try SequentialLayer(parsing: "softmax") }
    let listed = try #require(refusal).description.split(separator: "the layers are ")[1].split(separator: ", ")
    #expect(Set(LayerRegularization.layers.map(\.name)) == Set(listed.map(String.init)))
    let examples = try Regularizer.examples.map { try Regularizer($0).name }
    #expect(Set(try LayerRegularization.regularizers.map { try Regularizer($0).name }) == Set(examples))
  }

  @Test("an allowed combination trains and has its terms; a refused one says why")
  func everyCombination() throws {
    var refused = 0
    for met in Self.combinations {
      if let refusal = met.refusal {
        refused += 1
        #expect(throws: refusal, "\(met)") { try Self.descent(met) }
        continue
      }
      var run = try Self.descent(met)
      let ledger = try SequentialLedger(for: run.workspace, learningRate: run.learningRate)
      for k in 0..<2 {
        run.prepare(k)
        #expect(run.workspace.meanLoss.isFinite, "\(met)")
        let row = try ledger.row(run.network, run.workspace)
        #expect(row.layers.map(\.layer) == run.settings.architecture.linearUnits)
        let terms = try #require(try RunCoefficients(row, of: run), "\(met)")
        #expect((row.logNorm + terms.drift + terms.exactLambdaSquared).isFinite, "\(met)")
        #expect(terms.kappa > 0, "\(met)")
        let before = run.network.parameters.blocks[0].weight
        run.descend(k)
        #expect(run.network.parameters.blocks[0].weight != before, "\(met)")
      }
    }
    #expect(refused == 3 * 2 * LayerRegularization.layers.count)
  }

  /// Another image in place of one: the other samples' gradients move exactly if the samples are not independent.
  @Test("samples are independent exactly where the page says so")
  func independence() throws {
    for met in Self.combinations where met.refusal == nil {
      var run = try Self.descent(met)
      let architecture = run.settings.architecture
      var indices = Array(0..<8)
      func gradients() -> [Matrix<Double>] {
        let room = SequentialWorkspace<Double>(for: architecture, sampleCount: indices.count)
        run.probe(indices, room, at: 0)
        return architecture.linearUnits.map { room.sampleGradients(ofLayer: $0) }
      }
      let first = gradients()
      indices[5] = 40
      let second = gradients()
      var largest = 0.0
      for (a, b) in zip(first, second) {
        for j in indices.indices where j != 5 {
          let difference = (a.column(j) - b.column(j)).elements.reduce(0) { max($0, abs($1)) }
          largest = max(largest, difference / (a.frobeniusNorm + .leastNormalMagnitude))
        }
      }
      #expect((largest < 1e-12) == met.hasIndependentSamples, "\(met): \(largest)")
    }
  }

  @Test("constants bound what a layer does to differences, and dropout's is another in training")
  func constants() throws {
    let shape = SampleShape(height: 6, width: 6, channels: 2)
    for layer in LayerRegularization.layers + [.maxPool(kernel: 3, stride: 1)] {
      guard let bound = layer.fixedLipschitzBound else { continue }
      let architecture = try SequentialArchitecture(input: shape, layers: [layer, .flatten, .linear(outputs: 2)])
      let network = SequentialNetwork<Double>(kaiming: architecture, stream: "test/constants", seed: 1)
      // Samples j and j + 40 are 10⁻³ apart in one entry or in all.
      let inputs = Matrix<Double>(rows: shape.count, columns: 80) { i, j in
        sin(Double(7 * i + 3 * (j % 40)) * 0.37) * (j % 2 == 0 ? 1 : 1e-3)
          + (j >= 40 && (j % 3 == 0 || j % shape.count == i) ? 1e-3 : 0)
      }
      func stretch(_ mode: NetworkMode) -> Double {
        let room = SequentialWorkspace<Double>(for: architecture, sampleCount: 80)
        room.load(inputs: inputs, targets: Matrix(rows: 2, columns: 80) { i, _ in i == 0 ? 1 : 0 })
        network.run(room, mode)
        let values = room.inputs(ofLayer: 1)
        // The two of a pair must share their mask for their distance to mean anything.
        let mask = room.mask(ofLayer: 0)
        return (0..<40).reduce(0.0) { largest, j in
          let moved = (0..<values.rows).filter { i in mask.map { $0[i, j] == $0[i, j + 40] } ?? true }
          let out = moved.reduce(0.0) { $0 + pow(values[$1, j] - values[$1, j + 40], 2) }
          let distance = (inputs.column(j) - inputs.column(j + 40)).norm
          return max(largest, out.squareRoot() / distance)
        }
      }
      #expect(stretch(.prediction) <= bound * (1 + 1e-9), "\(layer)")
      // Not by far: the constant is attained, or nearly.
      #expect(stretch(.prediction) > 0.3 * bound, "\(layer): \(stretch(.prediction)) of \(bound)")
      if case .mask(let training) = layer.lipschitzConstant {
        #expect(stretch(.training(step: 1)) > bound, "\(layer)")
        #expect(stretch(.training(step: 1)) <= training * (1 + 1e-9), "\(layer)")
      }
    }
  }

  @Test("a batch norm of one value a channel is refused")
  func statistics() throws {
    var settings = RegularizedDescent<Double>.Settings(
      try SequentialArchitecture(input: SampleShape(64), parsing: "linear(4) batch-norm linear(10)"))
    settings.batchSize = 1
    let error = #expect(throws: NetworkTrainingError.self) {
      try RegularizedDescent(settings, on: Self.images.get(), stream: "test/one")
    }
    #expect(try #require(error).description.contains("layer 2, batch-norm"))
    settings.batchSize = 2
    #expect(throws: Never.self) { try RegularizedDescent(settings, on: Self.images.get(), stream: "test/one") }
  }

  @Test("Documentation/regularizers.md is what lipdyn regularizers prints")
  func page() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let file = try String(contentsOf: root.appendingPathComponent("Documentation/regularizers.md"), encoding: .utf8)
    let page = try LayerRegularization.page().joined(separator: "\n") + "\n"
    #expect(file == page, "write it again: lipdyn regularizers > Documentation/regularizers.md")
  }
}
