// Sequential networks: every layer's derivatives against differences of the loss, both precisions, every refusal.

import ArrayFiles
import DenseLinearAlgebra
import NetworkTraining
import RandomStreams
import Testing

@Suite("Sequential networks") struct SequentialNetworkTests {
  static let image = SampleShape(height: 7, width: 6, channels: 3)
  static let stacks = [
    "flatten linear(9) tanh linear(4)",
    "flatten linear(9) sigmoid relu linear(4)",
    "flatten tanh linear(9) leaky-relu(0.1) linear(4)",
    "conv(5,kernel=3,padding=1) tanh flatten linear(4)",
    "conv(5,kernel=3,stride=2,padding=1) relu flatten linear(4)",
    "conv(4,kernel=2) relu maxpool(2) conv(6,kernel=3,stride=2,padding=2) sigmoid flatten linear(5) tanh linear(3)",
    "conv(4,kernel=3,padding=1) maxpool(3,stride=2) tanh flatten linear(4)",
    "conv(4,kernel=3,padding=1) tanh maxpool(3,stride=1) flatten linear(4)",
    "conv(4,kernel=3,padding=1) relu maxpool(2) sigmoid flatten linear(4)",
    "conv(4,kernel=3) batch-norm tanh maxpool(2) flatten linear(6) batch-norm tanh linear(3)",
    "batch-norm conv(4,kernel=3) dropout(0.3) tanh flatten dropout(0.4) linear(3)",
  ]

  struct Problem<Scalar: NetworkScalar> {
    var network: SequentialNetwork<Scalar>
    let workspace: SequentialWorkspace<Scalar>
    var inputs: Matrix<Scalar>
    let targets: Matrix<Scalar>

    /// - Parameter samples: more than a chunk, so that chunks are tested too.
    init(_ layers: String, samples: Int = 70, input: SampleShape = image) throws {
      let architecture = try SequentialArchitecture(input: input, parsing: layers)
      network = SequentialNetwork(kaiming: architecture, stream: "test/sequential", seed: 3)
      workspace = SequentialWorkspace(for: architecture, sampleCount: samples)
      let generator = RandomGenerator(stream: "test/sequential/data", seed: 5)
      inputs = Matrix(rows: input.count, columns: samples) { _, _ in Scalar(generator.gaussian()) }
      let classes = architecture.classes
      // Soft targets, of which some are one-hot.
      targets = Matrix(
        columns: (0..<samples).map { j in
          var t = Vector<Scalar>.zeros(classes)
          t[j % classes] = j % 3 == 0 ? 1 : 0.75
          if j % 3 != 0 { t[(j + 1) % classes] = 0.25 }
          return t
        })
      for b in network.parameters.blocks.indices {
        for k in network.parameters.blocks[b].bias.indices {
          network.parameters.blocks[b].bias[k] = Scalar(0.1 * generator.gaussian())
        }
      }
    }

    /// Σ ℓ.
    mutating func loss() -> Double {
      workspace.load(inputs: inputs, targets: targets)
      network.run(workspace, .training(step: 4))
      network.backward(workspace, wantsInputGradient: true)
      return workspace.meanLoss * Double(workspace.sampleCount)
    }
  }

  @Test("gradients are the derivatives of the loss", arguments: stacks)
  func derivatives(layers: String) throws {
    var problem = try Problem<Double>(layers)
    _ = problem.loss()
    let gradient = problem.network.gradient(.sum, of: problem.workspace)
    let inputGradient = try #require(problem.workspace.inputGradient)
    let start = problem
    let generator = RandomGenerator(stream: "test/sequential/direction", seed: 7)
    for b in gradient.blocks.indices {
      for part in 0..<2 {
        // One block at a time, along a random direction, by a five-point difference.
        let direction = (0..<gradient.blocks[b].weight.count).map { _ in generator.gaussian() }
        let biasDirection = (0..<gradient.blocks[b].bias.count).map { _ in generator.gaussian() }
        func at(_ h: Double) -> Double {
          var moved = start
          if part == 0 {
            for k in direction.indices { moved.network.parameters.blocks[b].weight.elements[k] += h * direction[k] }
          } else {
            for k in biasDirection.indices { moved.network.parameters.blocks[b].bias[k] += h * biasDirection[k] }
          }
          return moved.loss()
        }
        let expected =
          part == 0
          ? zip(direction, gradient.blocks[b].weight.elements).reduce(0) { $0 + $1.0 * $1.1 }
          : zip(biasDirection, gradient.blocks[b].bias.elements).reduce(0) { $0 + $1.0 * $1.1 }
        let found = Self.difference(at)
        #expect(abs(found - expected) < 1e-6 * max(1, abs(expected)), "block \(b), part \(part): \(found), \(expected)")
      }
    }
    let direction = Matrix<Double>(rows: start.inputs.rows, columns: start.inputs.columns) { _, _ in
      generator.gaussian()
    }
    let found = Self.difference { h in
      var moved = start
      for k in direction.elements.indices { moved.inputs.elements[k] += h * direction.elements[k] }
      return moved.loss()
    }
    let expected = zip(direction.elements, inputGradient.elements).reduce(0) { $0 + $1.0 * $1.1 }
    #expect(abs(found - expected) < 1e-6 * max(1, abs(expected)), "inputs: \(found), \(expected)")
  }

  /// Kinks of rectifiers are far from a step of 1e-6 with probability near one.
  static func difference(_ f: (Double) -> Double) -> Double {
    let h = 1e-6
    return (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h)
  }

  @Test("single precision agrees with double", arguments: stacks)
  func precisions(layers: String) throws {
    var (single, double) = (try Problem<Float>(layers), try Problem<Double>(layers))
    let (a, b) = (single.loss(), double.loss())
    #expect(abs(a - b) < 1e-5 * abs(b))
    let (g, h) = (
      single.network.gradient(.mean, of: single.workspace), double.network.gradient(.mean, of: double.workspace)
    )
    for (x, y) in zip(g.blocks, h.blocks) {
      let scale = y.weight.elements.map(abs).max() ?? 0
      let error = zip(x.weight.elements, y.weight.elements).map { abs(Double($0) - $1) }.max() ?? 0
      #expect(error <= 2e-4 * max(scale, 1e-3), "layer \(x.layer): \(error) of \(scale)")
    }
  }

  @Test("a weighted sum is the sum of each sample's own gradient")
  func weighted() throws {
    let layers = "conv(4,kernel=3,padding=1) relu maxpool(2) conv(6,kernel=3,stride=2,padding=1) relu flatten linear(3)"
    var all = try Problem<Double>(layers)
    _ = all.loss()
    let weights = Vector((0..<70).map { Double($0 % 5) - 1.5 })
    let together = all.network.gradient(.weighted(weights), of: all.workspace)
    var sum = SequentialParameters<Double>(zerosFor: all.network.architecture)
    let one = SequentialWorkspace<Double>(for: all.network.architecture, sampleCount: 1)
    for j in 0..<70 {
      one.load(inputs: Matrix(columns: [all.inputs.column(j)]), targets: Matrix(columns: [all.targets.column(j)]))
      all.network.run(one, .prediction)
      all.network.backward(one)
      sum.combine(1, weights[j], all.network.gradient(.sum, of: one))
    }
    for (x, y) in zip(together.blocks, sum.blocks) {
      #expect(zip(x.weight.elements, y.weight.elements).allSatisfy { abs($0 - $1) < 1e-11 })
      #expect(zip(x.bias.elements, y.bias.elements).allSatisfy { abs($0 - $1) < 1e-11 })
    }
  }

  @Test("conditional on the batch's statistics, a sample's derivative is its own loss's alone")
  func conditionalBatchNorm() throws {
    var problem = try Problem<Double>("conv(4,kernel=3) batch-norm tanh flatten linear(3)", samples: 6)
    _ = problem.loss()
    problem.network.backward(problem.workspace, batchNorm: .conditionalOnBatchStatistics, wantsInputGradient: true)
    let conditional = try #require(problem.workspace.inputGradient)
    problem.network.backward(problem.workspace, batchNorm: .coupled, wantsInputGradient: true)
    let coupled = try #require(problem.workspace.inputGradient)
    #expect(zip(conditional.elements, coupled.elements).contains { abs($0 - $1) > 1e-6 })
    // With the statistics of training frozen as running ones, prediction has the conditional derivative.
    var frozen = problem
    for _ in 0..<400 { frozen.network.forward(frozen.workspace, .training(step: 4)) }
    // The running variance is unbiased: undo the factor to compare.
    let count = Double(6 * 5 * 4)
    frozen.network.statistics = frozen.network.statistics.mapValues { running in
      var biased = running
      biased.variance = running.variance.map { $0 * (count - 1) / count }
      return biased
    }
    frozen.network.run(frozen.workspace, .prediction)
    frozen.network.backward(frozen.workspace, batchNorm: .conditionalOnBatchStatistics, wantsInputGradient: true)
    let predicted = try #require(frozen.workspace.inputGradient)
    #expect(zip(conditional.elements, predicted.elements).allSatisfy { abs($0 - $1) < 1e-9 })
  }

  @Test("masks are a function of the step, and keep the share they should")
  func masks() throws {
    var problem = try Problem<Float>("flatten dropout(0.3) linear(3)")
    _ = problem.loss()
    let first = try #require(problem.workspace.mask(ofLayer: 1))
    _ = problem.loss()
    #expect(first == problem.workspace.mask(ofLayer: 1))
    problem.network.run(problem.workspace, .training(step: 5))
    #expect(first != problem.workspace.mask(ofLayer: 1))
    let kept = Double(first.elements.count { $0 > 0 }) / Double(first.count)
    // Six standard deviations of 8,820 draws.
    #expect(abs(kept - 0.7) < 6 * (0.21 / 8_820).squareRoot())
    #expect(first.elements.allSatisfy { $0 == 0 || abs($0 - 1 / 0.7) < 1e-6 })
  }

  @Test("loops side by side, and loops within loops, do all their work once")
  func loops() async {
    await withTaskGroup(of: Bool.self) { group in
      for start in 0..<4 {
        group.addTask {
          var isRight = true
          for round in 0..<2_000 {
            let count = (start + round) % 9
            let hits = UnsafeMutableBufferPointer<Int>.allocate(capacity: 9 * 3)
            defer { hits.deallocate() }
            hits.initialize(repeating: 0)
            nonisolated(unsafe) let own = hits
            TrainingThreads.forEach(count) { i in TrainingThreads.forEach(3) { own[3 * i + $0] += 1 } }
            isRight = isRight && hits.indices.allSatisfy { hits[$0] == ($0 < 3 * count ? 1 : 0) }
          }
          return isRight
        }
      }
      for await isRight in group { #expect(isRight) }
    }
  }

  @Test("threads do not change the digits")
  func threads() throws {
    var problem = try Problem<Float>(Self.stacks[9])
    _ = problem.loss()
    let two = problem.network.gradient(.mean, of: problem.workspace)
    TrainingThreads.limit(to: 1)
    defer { TrainingThreads.limit(to: 0) }
    _ = problem.loss()
    #expect(two == problem.network.gradient(.mean, of: problem.workspace))
  }

  @Test(arguments: [
    ("lineer(3)", "no such layer"), ("conv(3,kernel=99)", "kernel is 99"),
    ("conv(3,kernel=9) flatten linear(3)", "fit"),
    ("linear(3)", "put flatten before it"), ("flatten linear(1)", "at least 2 logits"),
    ("flatten", "at least 2 logits"),
    ("flatten linear(3) relu", "layer with weights"), ("dropout(1) flatten linear(3)", "from 0.0 to 0.99"),
    ("maxpool(9) flatten linear(3)", "do not fit"), ("conv flatten linear(3)", "missing"),
    ("relu(2) flatten linear(3)", "means nothing"), ("conv(3,kernel=3 flatten", "not closed"),
    ("conv(3,kernel=3,kernel=2) flatten linear(3)", "twice"), ("flatten linear(1048576) linear(1048576)", "grows"),
  ])
  func refusals(text: String, reason: String) {
    #expect {
      try SequentialArchitecture(input: Self.image, parsing: text)
    } throws: { "\($0)".contains(reason) }
  }

  @Test("the paper's networks, and what prints reads back")
  func papers() throws {
    let cnn = try SequentialArchitecture.paperConvNet()
    #expect(
      cnn.shapes.map(\.count) == [32_768, 32_768, 8_192, 16_384, 16_384, 4_096, 2_048, 2_048, 2_048, 256, 256, 10])
    #expect(cnn.parameterCount == 896 + 18_496 + 73_856 + 524_544 + 2_570)
    let mlp = try SequentialArchitecture.paperMLP()
    #expect(mlp.parameterCount == 535_818)
    for architecture in [cnn, mlp] {
      let text = architecture.layers.map(\.description).joined(separator: " ")
      #expect(try SequentialArchitecture(input: architecture.input, parsing: text) == architecture)
    }
  }
}

@Suite("Sequential networks in files") struct SequentialInterchangeTests {
  static let layers = "conv(4,kernel=3,padding=1) batch-norm relu maxpool(2) flatten linear(5) tanh linear(3)"

  @Test("a state dictionary reads back, and has PyTorch's order of entries")
  func roundTrip() throws {
    let architecture = try SequentialArchitecture(
      input: SampleShape(height: 4, width: 6, channels: 2), parsing: Self.layers)
    let network = SequentialNetwork<Double>(kaiming: architecture, stream: "test/dictionary", seed: 2)
    let archive = network.stateDictionary
    #expect(archive.names.prefix(4) == ["0.weight", "0.bias", "1.weight", "1.bias"])
    #expect(archive["0.weight"]?.shape == [4, 2, 3, 3] && archive["5.weight"]?.shape == [5, 24])
    // Entry (o, c, y, x) of PyTorch's kernel stands at column (y, x, c) of ours.
    let kernel = try #require(network.parameters.block(ofLayer: 0)).weight
    let stored = try #require(archive["0.weight"]).scalars(Double.self)
    #expect(stored[((3 * 2 + 1) * 3 + 2) * 3 + 0] == kernel[3, (2 * 3 + 0) * 2 + 1])
    // Behind the flatten of 2 x 3 pixels with 4 channels, input (c, y, x) of PyTorch is ours at (y, x, c).
    let linear = try #require(network.parameters.block(ofLayer: 5)).weight
    #expect(
      try #require(archive["5.weight"]).scalars(Double.self)[2 * 24 + (3 * 2 + 1) * 3 + 2]
        == linear[2, (1 * 3 + 2) * 4 + 3])
    var other = SequentialNetwork<Double>(kaiming: architecture, stream: "test/dictionary", seed: 9)
    try other.load(archive)
    #expect(other.parameters == network.parameters && other.statistics == network.statistics)
  }

  @Test("what does not fit is named")
  func refusals() throws {
    let architecture = try SequentialArchitecture(
      input: SampleShape(height: 4, width: 6, channels: 2), parsing: Self.layers)
    var network = SequentialNetwork<Double>(kaiming: architecture, stream: "test/dictionary", seed: 2)
    let before = network.parameters
    var archive = network.stateDictionary
    archive["5.weight"] = archive["7.weight"]
    #expect { try network.load(archive) } throws: { "\($0)".contains("5.weight") }
    archive = network.stateDictionary
    archive["9.extra"] = archive["0.bias"]
    #expect { try network.load(archive) } throws: { "\($0)".contains("9.extra") }
    archive = network.stateDictionary
    archive["1.running_var"] = nil
    #expect { try network.load(archive) } throws: { "\($0)".contains("1.running_var") }
    #expect(network.parameters == before)
  }
}
