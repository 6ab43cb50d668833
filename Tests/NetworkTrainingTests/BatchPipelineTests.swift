// The batch pipeline against its parts put together by hand, and that a batch is a function of the step.

import DenseLinearAlgebra
import NetworkTraining
import RandomStreams
import Testing

@Suite struct BatchPipelineTests {
  let images: ImageSet
  let indices = [3, 0, 17, 3, 9, 11, 29]

  init() throws {
    let (count, height, width, channels) = (30, 9, 8, 3)
    let uniforms = CounterUniforms("tests/pipeline/images", seed: 1)
    let pixels = (0..<count * height * width * channels).map { UInt8(255 * uniforms.uniform(path: $0, step: 0)) }
    images = try ImageSet(
      name: "noise", height: height, width: width, channels: channels, pixels: pixels,
      labels: (0..<count).map { $0 % 4 }, classes: 4, licence: "none", citation: "none")
  }

  func pipeline(_ texts: [String], seed: UInt64 = 2) throws -> BatchPipeline<Double> {
    try BatchPipeline(
      images, standardization: InputStandardization(of: images), regularizers: texts.map { try Regularizer($0) },
      stream: "tests/pipeline", seed: seed)
  }

  func load(_ pipeline: inout BatchPipeline<Double>, step: Int) -> [Matrix<Double>] {
    var inputs = Matrix<Double>.zeros(pipeline.features, indices.count)
    var targets = Matrix<Double>.zeros(pipeline.classes, indices.count)
    pipeline.load(indices, step: step, into: &inputs, targets: &targets)
    return [inputs, targets]
  }

  let everything = [
    "auto-augment(cifar10)", "label-corruption(p=0.4,redrawn)", "label-smoothing(epsilon=0.1)", "mixup(alpha=0.7)",
  ]

  @Test func plainBatchesAreStandardisedImages() throws {
    var plain = try pipeline([])
    let batch = load(&plain, step: 5)
    let (mean, deviation) = (images.channelMean, images.channelDeviation)
    for (j, index) in indices.enumerated() {
      let bytes = images.pixels[index * plain.features..<(index + 1) * plain.features]
      let expected = bytes.enumerated().map { (Double($1) / 255 - mean[$0 % 3]) / deviation[$0 % 3] }
      #expect(batch[0].column(j).elements == expected)
      for k in 0..<4 { #expect(batch[1][k, j] == (k == images.labels[index] ? 1 : 0)) }
    }
    // The whole set has mean 0 and variance 1 in each channel, up to round-off of 2160 terms.
    var inputs = Matrix<Double>.zeros(plain.features, images.count)
    var targets = Matrix<Double>.zeros(4, images.count)
    plain.load(Array(0..<images.count), step: 0, into: &inputs, targets: &targets)
    for c in 0..<3 {
      let values = stride(from: c, to: inputs.count, by: 3).map { inputs.elements[$0] }
      let n = Double(values.count)
      #expect(abs(values.reduce(0, +) / n) < 1e-12 && abs(values.reduce(0) { $0 + $1 * $1 } / n - 1) < 1e-11)
    }
  }

  @Test func stagesComeInTheirOrder() throws {
    for own in ["mixup(alpha=0.7)", "mixup(alpha=0.7,per-pair)"] {
      let texts = everything.dropLast() + [own]
      // The list's order does not matter, nor does what changes no data.
      var all = try pipeline(["dropout(rate=0.2)"] + texts.reversed())
      let step = 6
      let found = load(&all, step: step)
      let regularizers = try texts.map { try Regularizer($0).kind }
      guard case .autoAugment(let augmentation) = regularizers[0],
        case .labelCorruption(let corruption) = regularizers[1], case .mixup(let mixup) = regularizers[3]
      else { return #expect(Bool(false), "the texts are other regularisers") }
      let augments = AutoAugment.Sampler(augmentation, stream: "tests/pipeline", seed: 2)
      let labels = LabelCorruption.Sampler(corruption, stream: "tests/pipeline", seed: 2)
      let mixes = Mixup.Sampler(mixup, stream: "tests/pipeline", seed: 2)
      let shape = try ImageShape(height: 9, width: 8, channels: 3)
      let (mean, deviation) = (images.channelMean, images.channelDeviation)
      var (inputs, targets): ([[Double]], [[Double]]) = ([], [])
      for (j, index) in indices.enumerated() {
        var pixels = Array(images.pixels[index * shape.count..<(index + 1) * shape.count])
        augmentation.apply(augments.choice(position: j, step: step), to: &pixels, shape: shape)
        inputs.append(pixels.enumerated().map { (Double($1) / 255 - mean[$0 % 3]) / deviation[$0 % 3] })
        let y = labels.label(images.labels[index], classes: 4, sample: index, position: j, step: step)
        targets.append((0..<4).map { 0.1 / 4 + ($0 == y ? 0.9 : 0) })
      }
      var (permutation, scratch) = ([Int](repeating: 0, count: 7), [Double](repeating: 0, count: 7))
      mixes.fillPermutation(&permutation, scratch: &scratch, step: step)
      for (j, partner) in permutation.enumerated() {
        let lambda = mixes.coefficient(step: step, pair: j)
        let mixed = zip(inputs[j], inputs[partner]).map { lambda * $0 + (1 - lambda) * $1 }
        #expect(zip(mixed, found[0].column(j).elements).allSatisfy { abs($0 - $1) < 1e-14 })
        for k in 0..<4 {
          let expected = lambda * targets[j][k] + (1 - lambda) * targets[partner][k]
          #expect(abs(found[1][k, j] - expected) < 1e-15)
        }
        #expect(abs(found[1].column(j).elements.reduce(0, +) - 1) < 1e-15)
      }
      #expect(all.regularizers.count == 4)
    }
  }

  @Test func batchesAreFunctionsOfTheStep() throws {
    var used = try pipeline(everything)
    let forwards = (0..<12).map { load(&used, step: $0) }
    for step in (0..<12).reversed() {
      var fresh = try pipeline(everything)
      #expect(load(&used, step: step) == forwards[step] && load(&fresh, step: step) == forwards[step])
    }
    #expect(forwards[0] != forwards[1])
    var other = try pipeline(everything, seed: 3)
    #expect(load(&other, step: 0) != forwards[0])
    // A batch of another size in between does not matter either.
    var (inputs, targets) = (Matrix<Double>.zeros(used.features, 2), Matrix<Double>.zeros(4, 2))
    used.load([1, 2], step: 0, into: &inputs, targets: &targets)
    #expect(load(&used, step: 4) == forwards[4])
  }

  @Test func singlePrecisionIsRounded() throws {
    var single = try BatchPipeline<Float>(
      images, standardization: InputStandardization(of: images), regularizers: [Regularizer(everything[0])],
      stream: "tests/pipeline", seed: 2)
    var (inputs, targets) = (Matrix<Float>.zeros(single.features, 7), Matrix<Float>.zeros(4, 7))
    single.load(indices, step: 2, into: &inputs, targets: &targets)
    var double = try pipeline([everything[0]])
    let expected = load(&double, step: 2)
    #expect(inputs.elements == expected[0].elements.map { Float($0) })
    #expect(targets.elements == expected[1].elements.map { Float($0) })
  }

  @Test func impossiblePipelinesAreRefused() throws {
    #expect(throws: NetworkTrainingError.self) { try pipeline(["mixup(alpha=1)", "mixup(alpha=2)"]) }
    #expect(throws: NetworkTrainingError.self) { try pipeline(["dropout(rate=0)", "dropout(rate=0.1)"]) }
    #expect(throws: NetworkTrainingError.self) {
      try BatchPipeline<Float>(images, standardization: .unitInterval(channels: 1), stream: "tests/pipeline", seed: 1)
    }
    #expect(throws: NetworkTrainingError.self) { try InputStandardization(mean: [0.5], deviation: [0]) }
    #expect(throws: NetworkTrainingError.self) { try InputStandardization(mean: [0.5, .nan], deviation: [1, 1]) }
  }
}
