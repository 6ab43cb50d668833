// Forward and backward passes of a sequential network, chunk by chunk on all cores.

internal import DenseLinearAlgebra
internal import RandomStreams

extension SequentialNetwork {
  /// Fills every layer's values from the inputs that the workspace holds.
  ///
  /// In training, batch norm also updates its running statistics, once per call.
  public mutating func forward(_ workspace: SequentialWorkspace<Scalar>, _ mode: NetworkMode) {
    run(workspace, mode)
    guard case .training = mode else { return }
    for (i, state) in workspace.normalizations {
      let count = Double(
        workspace.sampleCount * architecture.inputShape(of: i).height * architecture.inputShape(of: i).width)
      let unbiased = count > 1 ? count / (count - 1) : 1
      for c in 0..<state.channels {
        // In the network's own precision, so that a file keeps all of them.
        let (mean, variance) = (statistics[i]?.mean[c] ?? 0, statistics[i]?.variance[c] ?? 1)
        statistics[i]?.mean[c] = Double(Scalar(0.9 * mean + 0.1 * state.mean[c]))
        statistics[i]?.variance[c] = Double(Scalar(0.9 * variance + 0.1 * unbiased * state.variance[c]))
      }
    }
  }

  /// The same without remembering statistics.
  public func run(_ workspace: SequentialWorkspace<Scalar>, _ mode: NetworkMode) {
    requireFit(workspace)
    workspace.holdsImages = !workspace.images.isEmpty
    // Batch norm needs all samples before any can go on; between two of them a chunk runs through.
    var start = 0
    for i in architecture.layers.indices where architecture.layers[i] == .batchNorm {
      forward(start..<i, workspace, mode)
      normalize(i, workspace, mode)
      start = i + 1
    }
    forward(start..<architecture.layers.count, workspace, mode)
  }

  private func forward(_ layers: Range<Int>, _ workspace: SequentialWorkspace<Scalar>, _ mode: NetworkMode) {
    guard !layers.isEmpty else { return }
    forEachInParallel(workspace.chunks.count) { chunk in
      for i in layers { apply(i, chunk, workspace, mode, within: layers) }
    }
  }

  private func apply(
    _ i: Int, _ chunk: Int, _ workspace: SequentialWorkspace<Scalar>, _ mode: NetworkMode, within layers: Range<Int>
  ) {
    let samples = workspace.chunks[chunk]
    let (from, to) = (workspace.inputSlot(of: i), workspace.slotOf[i])
    let x = workspace.slots[from].pointer + samples.lowerBound * workspace.slotCounts[from]
    let y = workspace.slots[to].pointer + samples.lowerBound * workspace.slotCounts[to]
    let count = samples.count * workspace.slotCounts[to]
    let layer = architecture.layers[i]
    // A unit rectifies while its values are at hand, and oneDNN on the way out.
    let rectified = layers.contains(i + 1) && architecture.layers[i + 1] == .relu
    switch layer {
    case .linear(let outputs):
      let z = workspace.images[i].map { $0.pointer + samples.lowerBound * outputs } ?? y
      withBlock(i) { w, b, columns in
        Scalar.gemm(false, false, outputs, samples.count, columns, 1, w, outputs, x, columns, 0, z, outputs)
        Scalar.addBias(outputs, samples.count, z, b, y, rectified: rectified)
      }
    case .conv2d:
      withBlock(i) { w, b, _ in workspace.convolutions[i]![chunk].forward(x, w, b, y, rectified: rectified) }
    case .maxPool:
      guard let windows = workspace.windows[i], let choices = workspace.choices[i] else { return }
      let (incoming, outgoing) = (workspace.slotCounts[from], workspace.slotCounts[to])
      for j in samples {
        let local = j - samples.lowerBound
        Scalar.pool(windows, x + local * incoming, y + local * outgoing, choices.pointer + j * outgoing)
      }
    case .relu where i > 0 && layers.contains(i - 1) && architecture.layers[i - 1].isLinearUnit: break
    case .relu, .leakyReLU, .tanh, .sigmoid:
      if from != to { y.update(from: x, count: count) }
      SequentialKernel.activate(layer, y, count)
    case .dropout(let rate):
      guard case .training(let step) = mode, rate > 0, let mask = workspace.masks[i] else {
        y.update(from: x, count: count)
        workspace.masks[i]?.pointer.advanced(by: samples.lowerBound * workspace.slotCounts[to])
          .update(repeating: 1, count: count)
        return
      }
      let m = mask.pointer + samples.lowerBound * workspace.slotCounts[to]
      drawMask(m, samples, workspace.slotCounts[to], rate: rate, step: step, layer: i)
      SequentialKernel.multiply(x, m, y, count)
    case .flatten, .batchNorm: break
    }
  }

  /// 0 with probability `rate`, otherwise 1/(1 − rate): a function of step, layer, sample's place and entry.
  private func drawMask(
    _ mask: UnsafeMutablePointer<Scalar>, _ samples: Range<Int>, _ height: Int, rate: Double, step: Int, layer: Int
  ) {
    let kept = Scalar(1 / (1 - rate))
    withUnsafeTemporaryAllocation(of: Double.self, capacity: height) { uniforms in
      for (local, j) in samples.enumerated() {
        // Blocks of two paths share a counter, so an odd height begins at an even path.
        dropout.fill(uniforms, step: step, firstPath: j * (height + height % 2), component: layer)
        for k in 0..<height { mask[local * height + k] = uniforms[k] < rate ? 0 : kept }
      }
    }
  }

  func withBlock<R>(
    _ i: Int, _ body: (UnsafePointer<Scalar>, UnsafePointer<Scalar>, Int) -> R
  ) -> R {
    guard let block = parameters.block(ofLayer: i) else { preconditionFailure("layer \(i) has no weights") }
    return block.weight.elements.withUnsafeBufferPointer { w in
      block.bias.elements.withUnsafeBufferPointer { b in body(w.baseAddress!, b.baseAddress!, block.weight.columns) }
    }
  }

  // MARK: Backward

  /// Fills losses and the derivatives of Σ_i ℓ_i by every layer's output; a forward pass must have come before.
  ///
  /// δ = p − t at the logits, each of the sample's own loss and not divided by M.
  ///
  /// - Parameters:
  ///   - workspace: as the forward pass left it; receives losses and derivatives.
  ///   - batchNorm: how far a sample's gradient reaches through the statistics.
  ///   - wantsInputGradient: whether to go on to ∂ℓ/∂x, for adversarial examples.
  public func backward(
    _ workspace: SequentialWorkspace<Scalar>, batchNorm: BatchNormGradient = .coupled, wantsInputGradient: Bool = false
  ) {
    backward(workspace, from: .loss, batchNorm: batchNorm, wantsInputGradient: wantsInputGradient)
  }

  /// What is differentiated.
  enum Output {
    case loss
    /// z_c of every sample, as a function of the input: with batch norm's statistics as constants.
    case logit(Int)
  }

  func backward(
    _ workspace: SequentialWorkspace<Scalar>, from output: Output,
    batchNorm: BatchNormGradient = .conditionalOnBatchStatistics, wantsInputGradient: Bool = true
  ) {
    requireFit(workspace)
    if wantsInputGradient, workspace.derivatives[0] == nil {
      workspace.derivatives[0] = SampleBuffer(workspace.slots[0].count, of: 0)
    }
    var end = architecture.layers.count
    for i in architecture.layers.indices.reversed() where architecture.layers[i] == .batchNorm {
      backward(i + 1..<end, workspace, output, wantsInputGradient)
      denormalize(i, workspace, batchNorm, wantsInputGradient)
      end = i
    }
    backward(0..<end, workspace, output, wantsInputGradient)
  }

  private func backward(
    _ layers: Range<Int>, _ workspace: SequentialWorkspace<Scalar>, _ output: Output, _ wantsInputGradient: Bool
  ) {
    guard !layers.isEmpty else { return }
    let last = architecture.layers.count - 1
    forEachInParallel(workspace.chunks.count) { chunk in
      if layers.upperBound - 1 == last { differentiate(output, chunk, workspace) }
      for i in layers.reversed() where workspace.inputSlot(of: i) > 0 || wantsInputGradient || workspace.slotOf[i] > 0 {
        pullBack(i, chunk, workspace, wantsInputGradient)
      }
    }
  }

  private func differentiate(_ output: Output, _ chunk: Int, _ workspace: SequentialWorkspace<Scalar>) {
    let (samples, classes, slot) = (workspace.chunks[chunk], architecture.classes, workspace.slots.count - 1)
    let offset = samples.lowerBound * classes
    if case .logit(let c) = output {
      let derivative = workspace.derivatives[slot]!.pointer + offset
      derivative.update(repeating: 0, count: samples.count * classes)
      for j in 0..<samples.count { derivative[j * classes + c] = 1 }
      return
    }
    workspace.correctOf.pointer[chunk] = SequentialKernel.softmaxCrossEntropy(
      workspace.slots[slot].pointer + offset, workspace.targets.pointer + offset,
      workspace.derivatives[slot]!.pointer + offset, workspace.losses.pointer + samples.lowerBound,
      columns: samples.count, classes: classes)
  }

  private func pullBack(
    _ i: Int, _ chunk: Int, _ workspace: SequentialWorkspace<Scalar>, _ wantsInputGradient: Bool
  ) {
    let samples = workspace.chunks[chunk]
    let (from, to) = (workspace.inputSlot(of: i), workspace.slotOf[i])
    guard let dy = workspace.derivatives[to].map({ $0.pointer + samples.lowerBound * workspace.slotCounts[to] }) else {
      return
    }
    let y = workspace.slots[to].pointer + samples.lowerBound * workspace.slotCounts[to]
    let count = samples.count * workspace.slotCounts[to]
    let layer = architecture.layers[i]
    if layer.isActivation && from == to {
      // A pooling that follows has already let through only what is positive.
      if isGated(i) { return }
      SequentialKernel.differentiate(layer, y, dy, count)
      return
    }
    // Nothing learns from the derivative by the data.
    guard from > 0 || wantsInputGradient,
      let dx = workspace.derivatives[from].map({ $0.pointer + samples.lowerBound * workspace.slotCounts[from] })
    else { return }
    switch layer {
    case .linear(let outputs):
      withBlock(i) { w, _, columns in
        Scalar.gemm(true, false, columns, samples.count, outputs, 1, w, outputs, dy, outputs, 0, dx, columns)
      }
    case .conv2d: withBlock(i) { w, _, _ in workspace.convolutions[i]![chunk].backward(dy, w, dx) }
    case .maxPool:
      guard let windows = workspace.windows[i], let choices = workspace.choices[i] else { return }
      let (incoming, outgoing) = (workspace.slotCounts[from], workspace.slotCounts[to])
      let gated = i > 0 && isGated(i - 1)
      for j in samples {
        let local = j - samples.lowerBound
        Scalar.poolAdjoint(
          windows, dy + local * outgoing, choices.pointer + j * outgoing, gated ? y + local * outgoing : nil,
          dx + local * incoming)
      }
    case .relu, .leakyReLU, .tanh, .sigmoid:
      dx.update(from: dy, count: count)
      SequentialKernel.differentiate(layer, y, dx, count)
    case .dropout:
      guard let mask = workspace.masks[i] else { return }
      SequentialKernel.multiply(dy, mask.pointer + samples.lowerBound * workspace.slotCounts[to], dx, count)
    case .flatten, .batchNorm: break
    }
  }

  /// Whether layer `i` is a rectifier whose derivative the pooling behind it applies: that writes every entry anyway.
  private func isGated(_ i: Int) -> Bool {
    guard architecture.layers[i] == .relu, i > 0, !architecture.layers[i - 1].isActivation,
      architecture.layers.indices.contains(i + 1), case .maxPool = architecture.layers[i + 1]
    else { return false }
    // The maxima themselves must still stand in their slot.
    return !architecture.layers[i + 2].isActivation
  }
}

extension SequentialLayer {
  fileprivate var isLinearUnit: Bool {
    switch self {
    case .linear, .conv2d: true
    default: false
    }
  }
}
