// Batch norm: the one layer that needs all samples at once.

internal import DenseLinearAlgebra

extension SequentialNetwork {
  /// y = γ (x − mean)/√(variance + ε) + β per channel.
  func normalize(_ i: Int, _ workspace: SequentialWorkspace<Scalar>, _ mode: NetworkMode) {
    guard let state = workspace.normalizations[i] else { return }
    let (from, to) = (workspace.inputSlot(of: i), workspace.slotOf[i])
    let (channels, x) = (state.channels, workspace.slots[from])
    let perSample = workspace.slotCounts[from] / channels
    if case .training = mode {
      let count = Double(workspace.sampleCount * perSample)
      // Two passes, so that a mean far from zero costs the variance no digits.
      eachChunk(workspace, from) { chunk, range in
        BatchNormKernel.sums(x.pointer + range.lowerBound, range.count / channels, into: state.partial[chunk])
      }
      state.mean = state.total(0).map { $0 / count }
      eachChunk(workspace, from) { chunk, range in
        BatchNormKernel.squares(
          x.pointer + range.lowerBound, range.count / channels, about: state.mean, into: state.partial[chunk])
      }
      state.variance = state.total(0).map { $0 / count }
    } else if let running = statistics[i] {
      (state.mean, state.variance) = (running.mean, running.variance)
    }
    let y = workspace.slots[to]
    withBlock(i) { gamma, beta, _ in
      let scale = (0..<channels).map {
        Double(gamma[$0]) / (state.variance[$0] + BatchNormState<Scalar>.epsilon).squareRoot()
      }
      let shift = (0..<channels).map { Double(beta[$0]) - scale[$0] * state.mean[$0] }
      eachChunk(workspace, from) { _, range in
        BatchNormKernel.affine(
          x.pointer + range.lowerBound, range.count / channels, scale, shift, into: y.pointer + range.lowerBound)
      }
    }
  }

  /// max_c |γ_c|/√(variance_c + ε) with the running variances: the Lipschitz constant of the layer as it predicts.
  public func predictionScale(ofBatchNorm i: Int) -> Double {
    guard let running = statistics[i] else { preconditionFailure("layer \(i) is not a batch norm") }
    return withBlock(i) { gamma, _, _ in
      running.variance.indices.reduce(0) {
        max($0, abs(Double(gamma[$1])) / (running.variance[$1] + BatchNormState<Scalar>.epsilon).squareRoot())
      }
    }
  }

  /// The derivative by the input, with or without its way through mean and variance.
  func denormalize(
    _ i: Int, _ workspace: SequentialWorkspace<Scalar>, _ gradient: BatchNormGradient, _ wantsInputGradient: Bool
  ) {
    let (from, to) = (workspace.inputSlot(of: i), workspace.slotOf[i])
    guard let state = workspace.normalizations[i], from > 0 || wantsInputGradient, let dx = workspace.derivatives[from],
      let dy = workspace.derivatives[to]
    else { return }
    let (channels, x) = (state.channels, workspace.slots[from])
    let count = Double(workspace.sampleCount * workspace.slotCounts[from] / channels)
    let inverse = state.variance.map { 1 / ($0 + BatchNormState<Scalar>.epsilon).squareRoot() }
    var (mean, slope) = ([Double](repeating: 0, count: channels), [Double](repeating: 0, count: channels))
    if gradient == .coupled {
      eachChunk(workspace, from) { chunk, range in
        BatchNormKernel.moments(
          dy.pointer + range.lowerBound, x.pointer + range.lowerBound, range.count / channels, state.mean, inverse,
          into: state.partial[chunk])
      }
      mean = state.total(0).map { $0 / count }
      slope = state.total(1).map { $0 / count }
    }
    withBlock(i) { gamma, _, _ in
      let scale = (0..<channels).map { Double(gamma[$0]) * inverse[$0] }
      eachChunk(workspace, from) { _, range in
        BatchNormKernel.pullBack(
          dy.pointer + range.lowerBound, x.pointer + range.lowerBound, range.count / channels,
          (state.mean, inverse, scale, mean, slope), into: dx.pointer + range.lowerBound)
      }
    }
  }

  /// Per-sample weighted sums of the derivatives by γ and β.
  func batchNormGradient(
    _ i: Int, _ workspace: SequentialWorkspace<Scalar>, _ dy: SampleBuffer<Scalar>
  ) -> (gamma: [Double], beta: [Double]) {
    guard let state = workspace.normalizations[i] else { return ([], []) }
    let from = workspace.inputSlot(of: i)
    let inverse = state.variance.map { 1 / ($0 + BatchNormState<Scalar>.epsilon).squareRoot() }
    eachChunk(workspace, from) { chunk, range in
      BatchNormKernel.moments(
        dy.pointer + range.lowerBound, workspace.slots[from].pointer + range.lowerBound, range.count / state.channels,
        state.mean, inverse, into: state.partial[chunk])
    }
    return (state.total(1), state.total(0))
  }

  /// Each chunk with the range of its numbers in a slot.
  private func eachChunk(
    _ workspace: SequentialWorkspace<Scalar>, _ slot: Int, _ body: (Int, Range<Int>) -> Void
  ) {
    let height = workspace.slotCounts[slot]
    forEachInParallel(workspace.chunks.count) { chunk in
      let samples = workspace.chunks[chunk]
      body(chunk, samples.lowerBound * height..<samples.upperBound * height)
    }
  }
}

/// Loops over pixels with channels fastest; sums in double precision.
private enum BatchNormKernel {
  @specialized(where S == Double) @specialized(where S == Float)
  static func sums<S: BLASScalar>(_ x: UnsafePointer<S>, _ pixels: Int, into buffer: SampleBuffer<Double>) {
    let (channels, out) = (buffer.count / 2, buffer.pointer)
    for c in 0..<buffer.count { out[c] = 0 }
    for p in 0..<pixels { for c in 0..<channels { out[c] += Double(x[p * channels + c]) } }
  }

  @specialized(where S == Double) @specialized(where S == Float)
  static func squares<S: BLASScalar>(
    _ x: UnsafePointer<S>, _ pixels: Int, about mean: [Double], into buffer: SampleBuffer<Double>
  ) {
    let channels = mean.count
    let out = buffer.pointer
    for c in 0..<buffer.count { out[c] = 0 }
    mean.withUnsafeBufferPointer { mean in
      for p in 0..<pixels {
        for c in 0..<channels {
          let d = Double(x[p * channels + c]) - mean[c]
          out[c] += d * d
        }
      }
    }
  }

  @specialized(where S == Double) @specialized(where S == Float)
  static func affine<S: BLASScalar>(
    _ x: UnsafePointer<S>, _ pixels: Int, _ scale: [Double], _ shift: [Double], into y: UnsafeMutablePointer<S>
  ) {
    let channels = scale.count
    scale.withUnsafeBufferPointer { scale in
      shift.withUnsafeBufferPointer { shift in
        for p in 0..<pixels {
          for c in 0..<channels { y[p * channels + c] = S(Double(x[p * channels + c]) * scale[c] + shift[c]) }
        }
      }
    }
  }

  /// Σ d and Σ d x̂ per channel.
  @specialized(where S == Double) @specialized(where S == Float)
  static func moments<S: BLASScalar>(
    _ d: UnsafePointer<S>, _ x: UnsafePointer<S>, _ pixels: Int, _ mean: [Double], _ inverse: [Double],
    into buffer: SampleBuffer<Double>
  ) {
    let channels = mean.count
    let out = buffer.pointer
    for c in 0..<buffer.count { out[c] = 0 }
    mean.withUnsafeBufferPointer { mean in
      inverse.withUnsafeBufferPointer { inverse in
        for p in 0..<pixels {
          for c in 0..<channels {
            let value = Double(d[p * channels + c])
            out[c] += value
            out[channels + c] += value * (Double(x[p * channels + c]) - mean[c]) * inverse[c]
          }
        }
      }
    }
  }

  /// dx = scale (d − mean of d − x̂ · mean of d x̂).
  @specialized(where S == Double) @specialized(where S == Float)
  static func pullBack<S: BLASScalar>(
    _ d: UnsafePointer<S>, _ x: UnsafePointer<S>, _ pixels: Int,
    _ s: (center: [Double], inverse: [Double], scale: [Double], mean: [Double], slope: [Double]),
    into dx: UnsafeMutablePointer<S>
  ) {
    let channels = s.center.count
    for p in 0..<pixels {
      for c in 0..<channels {
        let k = p * channels + c
        let normalized = (Double(x[k]) - s.center[c]) * s.inverse[c]
        dx[k] = S(s.scale[c] * (Double(d[k]) - s.mean[c] - normalized * s.slope[c]))
      }
    }
  }
}
