// From indices to what a training step needs: inputs and soft targets of a batch, as a function of the step.

public import DenseLinearAlgebra
public import RandomStreams

/// Batches of a set of images under the regularisers that change data.
///
/// In this order, whatever the order of the list: augment, standardise, corrupt labels, smooth, mix. The batch is a
/// function of (stream, seed, step, indices), so a run may be cut anywhere and resumed bit for bit. What is drawn for
/// an image depends on its position in the batch, so that a sample that occurs twice is changed in two ways; only a
/// fixed label corruption depends on the sample.
public struct BatchPipeline<Scalar: BLASScalar>: Sendable {
  public let images: ImageSet
  public let standardization: InputStandardization
  /// Those of the regularisers that change data.
  public let regularizers: [Regularizer]
  private let table: [Scalar]
  private let shape: ImageShape?
  private let augmentation: AutoAugment.Sampler?
  private let corruption: LabelCorruption.Sampler?
  private let smoothing: Double
  private let mixup: Mixup.Sampler?
  private var scratch = PipelineScratch<Scalar>()

  /// - Parameters:
  ///   - images: what batches are drawn from.
  ///   - standardization: of as many channels as the images have; pixels/255 if nil.
  ///   - regularizers: those that do not change data are left to the network and the optimiser.
  ///   - stream: the stream's name, such as `experiment/batches`; each regulariser appends its own.
  ///   - seed: equal streams and seeds give equal digits.
  /// - Throws: ``NetworkTrainingError/invalidValue(field:value:requirement:)`` if a regulariser occurs twice, or if
  ///   there are too many or too few channels.
  public init(
    _ images: ImageSet, standardization: InputStandardization? = nil, regularizers: [Regularizer] = [],
    stream: StreamName, seed: UInt64
  ) throws(NetworkTrainingError) {
    let standardization = standardization ?? .unitInterval(channels: images.channels)
    guard standardization.channels == images.channels else {
      throw .invalidValue(
        field: "number of channel means", value: "\(standardization.channels)",
        requirement: "\(images.channels), one a channel of \(images.name)")
    }
    var augmentation: AutoAugment.Sampler?
    var corruption: LabelCorruption.Sampler?
    var smoothing = 0.0
    var mixup: Mixup.Sampler?
    var names: Set<String> = []
    for regularizer in regularizers {
      guard names.insert(regularizer.name).inserted else {
        throw .invalidValue(
          field: "regularisers", value: "\(regularizer.name) twice", requirement: "a list with each at most once")
      }
      switch regularizer.kind {
      case .autoAugment(let value): augmentation = AutoAugment.Sampler(value, stream: stream, seed: seed)
      case .labelCorruption(let value): corruption = LabelCorruption.Sampler(value, stream: stream, seed: seed)
      case .labelSmoothing(let value): smoothing = value.epsilon
      case .mixup(let value): mixup = Mixup.Sampler(value, stream: stream, seed: seed)
      case .dropout, .batchNormalization, .weightDecay, .adversarial, .gradientScaling: break
      }
    }
    shape =
      augmentation == nil
      ? nil : try ImageShape(height: images.height, width: images.width, channels: images.channels)
    (self.images, self.standardization, self.smoothing) = (images, standardization, smoothing)
    (self.augmentation, self.corruption, self.mixup) = (augmentation, corruption, mixup)
    self.regularizers = regularizers.filter(\.changesData)
    table = standardization.table()
  }

  /// H·W·C, the rows of inputs.
  public var features: Int { images.height * images.width * images.channels }
  /// K, the rows of targets.
  public var classes: Int { images.classes }

  /// Writes the batch of one step.
  ///
  /// Allocates scratch at the first call, and when the number of samples changes.
  ///
  /// - Parameters:
  ///   - indices: M positions in the data set; repetitions allowed.
  ///   - step: from 0, below 2³².
  ///   - inputs: shape [features, M], features ordered (row, column, channel), channel fastest.
  ///   - targets: shape [classes, M]; columns sum to 1.
  public mutating func load(
    _ indices: [Int], step: Int, into inputs: inout Matrix<Scalar>, targets: inout Matrix<Scalar>
  ) {
    let count = indices.count
    precondition(
      inputs.rows == features && inputs.columns == count, "inputs are \(inputs.shape), not \(features) x \(count)")
    precondition(
      targets.rows == classes && targets.columns == count, "targets are \(targets.shape), not \(classes) x \(count)")
    for index in indices {
      precondition(index >= 0 && index < images.count, "image \(index) is not among the \(images.count)")
    }
    loadInputs(indices, step, into: &inputs)
    loadTargets(indices, step, into: &targets)
    guard drawMixing(count, step) else { return }
    Mixup.mix(
      &inputs, coefficients: scratch.numbers, permutation: scratch.permutation, column: &scratch.column,
      visited: &scratch.visited)
    Mixup.mix(
      &targets, coefficients: scratch.numbers, permutation: scratch.permutation, column: &scratch.column,
      visited: &scratch.visited)
  }

  /// π(i) and λ_i of every position of a step's batch, which becomes λ_i times itself plus 1 − λ_i times its partner.
  ///
  /// - Returns: nil without mixup.
  public func mixing(count: Int, step: Int) -> (partners: [Int], coefficients: [Double])? {
    var drawn = self
    return drawn.drawMixing(count, step) ? (drawn.scratch.permutation, drawn.scratch.numbers) : nil
  }

  /// Draws π and λ into the scratch, if there is anything to mix.
  private mutating func drawMixing(_ count: Int, _ step: Int) -> Bool {
    guard let mixup, count > 0 else { return false }
    scratch.makeRoom(samples: count, column: max(features, classes))
    mixup.fillPermutation(&scratch.permutation, scratch: &scratch.numbers, step: step)
    if mixup.mixup.coefficients == .perBatch {
      let lambda = mixup.coefficient(step: step, pair: 0)
      for i in 0..<count { scratch.numbers[i] = lambda }
    } else {
      for i in 0..<count { scratch.numbers[i] = mixup.coefficient(step: step, pair: i) }
    }
    return true
  }

  private mutating func loadInputs(_ indices: [Int], _ step: Int, into inputs: inout Matrix<Scalar>) {
    let (features, channels) = (self.features, images.channels)
    if shape != nil { scratch.makeRoom(bytes: features) }
    images.pixels.withUnsafeBufferPointer { pixels in
      table.withUnsafeBufferPointer { table in
        inputs.elements.withUnsafeMutableBufferPointer { inputs in
          for (position, index) in indices.enumerated() {
            let source = UnsafeBufferPointer(rebasing: pixels[index * features..<(index + 1) * features])
            let out = UnsafeMutableBufferPointer(
              rebasing: inputs[position * features..<(position + 1) * features])
            guard let augmentation, let shape else {
              InputStandardization.lookUp(source, table, channels: channels, into: out)
              continue
            }
            let choice = augmentation.choice(position: position, step: step)
            scratch.image.withUnsafeMutableBufferPointer { image in
              scratch.spare.withUnsafeMutableBufferPointer { spare in
                _ = image.update(from: source)
                augmentation.augmentation.apply(choice, to: image, scratch: spare, shape: shape)
              }
              InputStandardization.lookUp(UnsafeBufferPointer(image), table, channels: channels, into: out)
            }
          }
        }
      }
    }
  }

  private func loadTargets(_ indices: [Int], _ step: Int, into targets: inout Matrix<Scalar>) {
    let base = smoothing / Double(classes)
    let (others, own) = (Scalar(base), Scalar(1 - smoothing + base))
    for (position, index) in indices.enumerated() {
      var label = images.labels[index]
      if let corruption {
        label = corruption.label(label, classes: classes, sample: index, position: position, step: step)
      }
      for k in 0..<classes { targets[k, position] = k == label ? own : others }
    }
  }
}

/// What a pipeline keeps between steps so as not to allocate.
private struct PipelineScratch<Scalar: BLASScalar>: Sendable {
  /// An image in work, and a copy of it for operations that move pixels.
  var image: [UInt8] = []
  var spare: [UInt8] = []
  var permutation: [Int] = []
  var numbers: [Double] = []
  var visited: [Bool] = []
  var column: [Scalar] = []

  mutating func makeRoom(bytes: Int) {
    guard image.count != bytes else { return }
    image = [UInt8](repeating: 0, count: bytes)
    spare = image
  }

  mutating func makeRoom(samples: Int, column height: Int) {
    if column.count != height { column = [Scalar](repeating: 0, count: height) }
    guard permutation.count != samples else { return }
    permutation = [Int](repeating: 0, count: samples)
    numbers = [Double](repeating: 0, count: samples)
    visited = [Bool](repeating: false, count: samples)
  }
}
