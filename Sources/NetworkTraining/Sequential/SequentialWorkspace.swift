// What one batch leaves at every layer of a sequential network, in memory that is planned once.

public import DenseLinearAlgebra

/// How a sample's own gradient is understood below a batch norm, where samples are coupled through the statistics.
public enum BatchNormGradient: String, CaseIterable, Sendable {
  /// δ_i is the derivative of the *sum* of all losses by sample i's value: Σ_i g_i is the true gradient, but g_i holds a
  /// share of the other samples' losses.
  case coupled
  /// Mean and variance count as constants: g_i is sample i's own, but Σ_i g_i is not the gradient of the loss.
  case conditionalOnBatchStatistics = "conditional"
}

/// Whether layers that behave differently in training do so.
public enum NetworkMode: Sendable {
  /// Dropout draws the masks of this step; batch norm takes the batch's statistics.
  case training(step: Int)
  /// Dropout does nothing; batch norm takes the running statistics.
  case prediction
}

/// The memory of one batch: inputs, targets, every layer's values and derivatives, losses and hits.
///
/// A step through it allocates nothing. It belongs to one run; its loops use all threads that ``TrainingThreads`` allows.
public final class SequentialWorkspace<Scalar: NetworkScalar>: @unchecked Sendable {
  public let architecture: SequentialArchitecture
  /// M.
  public let sampleCount: Int
  /// Samples are worked on in chunks of this many, whatever the number of threads.
  static var chunkSize: Int { 64 }

  let chunks: [Range<Int>]
  /// Values after the input (slot 0) and after each layer; an activation shares the slot of its input.
  let slots: [SampleBuffer<Scalar>]
  let slotCounts: [Int]
  let slotOf: [Int]
  /// Derivatives of the sum of the losses by each slot; that of the input is made when it is first wanted.
  var derivatives: [SampleBuffer<Scalar>?]
  let targets: SampleBuffer<Scalar>
  let losses: SampleBuffer<Scalar>
  let correctOf: SampleBuffer<Int>
  let convolutions: [Int: [WindowedConvolution<Scalar>]]
  /// Per chunk, room for one convolution's gradient: weight, then bias.
  let gradients: [Int: [SampleBuffer<Scalar>]]
  let windows: [Int: ImageWindows]
  let choices: [Int: SampleBuffer<UInt8>]
  let masks: [Int: SampleBuffer<Scalar>]
  let normalizations: [Int: BatchNormState<Scalar>]
  /// Deltas scaled by per-sample weights; made when they are first wanted.
  var scaled: [SampleBuffer<Scalar>?]
  /// θx of linear layers, without bias; kept if a ledger wants them.
  private(set) var images: [Int: SampleBuffer<Scalar>] = [:]
  /// Whether the latest forward pass filled them.
  var holdsImages = false

  public init(for architecture: SequentialArchitecture, sampleCount: Int) {
    precondition(sampleCount > 0, "a batch has at least one sample, not \(sampleCount)")
    self.architecture = architecture
    self.sampleCount = sampleCount
    let size = Self.chunkSize
    chunks = stride(from: 0, to: sampleCount, by: size).map { $0..<min($0 + size, sampleCount) }
    var (slots, counts, slotOf) = (
      [SampleBuffer<Scalar>(architecture.input.count * sampleCount, of: 0)], [architecture.input.count], [Int]()
    )
    var convolutions: [Int: [WindowedConvolution<Scalar>]] = [:]
    var gradients: [Int: [SampleBuffer<Scalar>]] = [:]
    var windows: [Int: ImageWindows] = [:]
    var choices: [Int: SampleBuffer<UInt8>] = [:]
    var masks: [Int: SampleBuffer<Scalar>] = [:]
    var normalizations: [Int: BatchNormState<Scalar>] = [:]
    for (i, layer) in architecture.layers.enumerated() {
      let (incoming, outgoing) = (architecture.inputShape(of: i), architecture.shapes[i])
      // The data must survive, so nothing overwrites slot 0; and of two activations in a row the first one's value must.
      let follows = i > 0 && !architecture.layers[i - 1].isActivation
      let shares = layer == .flatten || layer.isActivation && slots.count > 1 && follows
      if !shares {
        slots.append(SampleBuffer(outgoing.count * sampleCount, of: 0))
        counts.append(outgoing.count)
      }
      slotOf.append(slots.count - 1)
      switch layer {
      case .conv2d(let channels, let kernel, let stride, let padding):
        let w = ImageWindows(incoming, outgoing, kernel: kernel, stride: stride, padding: padding)
        windows[i] = w
        convolutions[i] = chunks.map { .make(w, outputs: channels, samples: $0.count) }
        gradients[i] = chunks.map { _ in SampleBuffer(channels * (w.patch + 1), of: 0) }
      case .maxPool(let kernel, let stride):
        windows[i] = ImageWindows(incoming, outgoing, kernel: kernel, stride: stride, padding: 0)
        choices[i] = SampleBuffer(outgoing.count * sampleCount, of: 0)
      case .dropout: masks[i] = SampleBuffer(outgoing.count * sampleCount, of: 1)
      case .batchNorm:
        normalizations[i] = BatchNormState(channels: incoming.channels, chunks: chunks.count)
      default: break
      }
    }
    (self.slots, slotCounts, self.slotOf) = (slots, counts, slotOf)
    derivatives = slots.indices.map { $0 == 0 ? nil : SampleBuffer(slots[$0].count, of: 0) }
    scaled = slots.map { _ in nil }
    targets = SampleBuffer(architecture.classes * sampleCount, of: 0)
    losses = SampleBuffer(sampleCount, of: 0)
    correctOf = SampleBuffer(chunks.count, of: 0)
    (self.convolutions, self.gradients, self.windows) = (convolutions, gradients, windows)
    (self.choices, self.masks, self.normalizations) = (choices, masks, normalizations)
  }

  /// Lets the next forward passes keep θx of every linear layer with no more outputs than inputs: what κ needs of them
  /// would otherwise be one product more.
  public func keepImages() {
    for i in architecture.linearUnits {
      guard case .linear = architecture.layers[i], let (m, n) = unitShape(i), m <= n, images[i] == nil else { continue }
      images[i] = SampleBuffer(m * sampleCount, of: 0)
    }
  }

  /// The slot that layer `i` reads.
  func inputSlot(of i: Int) -> Int { i == 0 ? 0 : slotOf[i - 1] }

  /// Writes the batch: samples [features, M] and soft targets [classes, M], whose columns sum to 1.
  public func load(inputs: Matrix<Scalar>, targets: Matrix<Scalar>) {
    precondition(
      inputs.rows == slotCounts[0] && inputs.columns == sampleCount,
      "inputs are \(inputs.shape), not \(slotCounts[0]) x \(sampleCount)")
    precondition(
      targets.rows == architecture.classes && targets.columns == sampleCount, "targets are \(targets.shape)")
    inputs.elements.withUnsafeBufferPointer { slots[0].pointer.update(from: $0.baseAddress!, count: $0.count) }
    targets.elements.withUnsafeBufferPointer { self.targets.pointer.update(from: $0.baseAddress!, count: $0.count) }
  }

  /// Writes samples of a data set with one-hot targets.
  public func load(_ indices: [Int], of samples: Samples<Scalar>) {
    precondition(indices.count == sampleCount, "\(indices.count) samples do not fill a batch of \(sampleCount)")
    precondition(samples.inputs.rows == slotCounts[0], "samples of \(samples.inputs.rows) features do not fit")
    let (height, classes) = (slotCounts[0], architecture.classes)
    targets.pointer.update(repeating: 0, count: targets.count)
    samples.inputs.elements.withUnsafeBufferPointer { x in
      for (j, index) in indices.enumerated() {
        precondition((0..<samples.count).contains(index), "sample \(index) is not in the data set")
        (slots[0].pointer + j * height).update(from: x.baseAddress! + index * height, count: height)
        targets.pointer[j * classes + samples.labels[index]] = 1
      }
    }
  }

  /// Calls `body` with the batch's inputs, [features, M], to be written in place.
  public func withInputs<R>(_ body: (UnsafeMutableBufferPointer<Scalar>) throws -> R) rethrows -> R {
    try body(UnsafeMutableBufferPointer(start: slots[0].pointer, count: slots[0].count))
  }

  /// Calls `body` with the batch's soft targets, [classes, M], to be written in place.
  public func withTargets<R>(_ body: (UnsafeMutableBufferPointer<Scalar>) throws -> R) rethrows -> R {
    try body(UnsafeMutableBufferPointer(start: targets.pointer, count: targets.count))
  }

  /// ℓ_i of every sample, nats, after a backward pass.
  public var sampleLosses: [Scalar] { losses.array }
  /// Σ ℓ_i / M.
  public var meanLoss: Double { losses.array.reduce(0.0) { $0 + Double($1) } / Double(sampleCount) }
  /// How many samples have their largest logit at their largest target.
  public var correct: Int { correctOf.array.reduce(0, +) }
  public var accuracy: Double { Double(correct) / Double(sampleCount) }
  /// The outputs of the last layer; shape [classes, M].
  public var logits: Matrix<Scalar> { matrix(slots[slots.count - 1], architecture.classes) }
  /// What layer `i` reads, one sample a column.
  public func inputs(ofLayer i: Int) -> Matrix<Scalar> { matrix(slots[inputSlot(of: i)], slotCounts[inputSlot(of: i)]) }
  /// ∂(Σ ℓ)/∂(output of layer `i` before its activation), one sample a column, after a backward pass.
  public func deltas(ofLayer i: Int) -> Matrix<Scalar> {
    matrix(derivatives[slotOf[i]] ?? slots[0], slotCounts[slotOf[i]])
  }
  /// ∂(Σ ℓ)/∂(input), after a backward pass that was asked for it.
  public var inputGradient: Matrix<Scalar>? { derivatives[0].map { matrix($0, slotCounts[0]) } }
  /// The factors 0 or 1/(1 − rate) that the dropout at layer `i` applied; one sample a column.
  public func mask(ofLayer i: Int) -> Matrix<Scalar>? { masks[i].map { matrix($0, slotCounts[slotOf[i]]) } }

  private func matrix(_ buffer: SampleBuffer<Scalar>, _ rows: Int) -> Matrix<Scalar> {
    Matrix(rows: rows, columns: sampleCount, columnMajor: buffer.array)
  }
}

/// The statistics of one batch norm, and the partial sums of chunks that they are made of.
final class BatchNormState<Scalar: NetworkScalar>: @unchecked Sendable {
  let channels: Int
  var mean: [Double]
  var variance: [Double]
  /// Sums over a chunk, channel by channel: up to two kinds at a time. Each chunk's thread writes its own.
  let partial: [SampleBuffer<Double>]

  init(channels: Int, chunks: Int) {
    self.channels = channels
    mean = [Double](repeating: 0, count: channels)
    variance = [Double](repeating: 1, count: channels)
    partial = (0..<chunks).map { _ in SampleBuffer(2 * channels, of: 0) }
  }

  static var epsilon: Double { 1e-5 }

  func total(_ kind: Int) -> [Double] {
    (0..<channels).map { c in partial.reduce(0) { $0 + $1.pointer[kind * channels + c] } }
  }
}
