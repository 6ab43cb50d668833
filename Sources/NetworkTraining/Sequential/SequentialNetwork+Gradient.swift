// Gradients of a batch and the step that they make, without any sample's own gradient.

internal import DenseLinearAlgebra

extension SequentialNetwork {
  /// Σ_i w_i g_i over the batch, after a backward pass.
  ///
  /// One product a layer; no per-sample gradient is formed.
  ///
  /// - Parameter reduction: `mean` divides by M; `weighted` takes M weights as they are.
  /// - Parameter workspace: as the backward pass left it.
  public func gradient(_ reduction: Reduction<Scalar>, of workspace: SequentialWorkspace<Scalar>)
    -> SequentialParameters<Scalar>
  {
    var out = SequentialParameters<Scalar>(zerosFor: architecture)
    accumulate(reduction, of: workspace, 1, into: &out, keeping: 0)
    return out
  }

  /// target ← keep target + s Σ_i w_i g_i.
  ///
  /// - Parameters:
  ///   - reduction: `mean` divides by M; `weighted` takes M weights as they are.
  ///   - workspace: as the backward pass left it.
  ///   - s: the factor of the gradient, such as −η.
  ///   - target: a gradient's memory, or the parameters themselves.
  ///   - keep: the factor of what `target` held; 0 overwrites it.
  public func accumulate(
    _ reduction: Reduction<Scalar>, of workspace: SequentialWorkspace<Scalar>, _ s: Scalar,
    into target: inout SequentialParameters<Scalar>, keeping keep: Scalar
  ) {
    requireFit(workspace)
    let scale: Scalar
    switch reduction {
    case .mean: scale = s / Scalar(workspace.sampleCount)
    case .sum, .weighted: scale = s
    }
    for b in target.blocks.indices {
      let i = target.blocks[b].layer
      let deltas = weightedDeltas(i, workspace, reduction)
      switch architecture.layers[i] {
      case .linear: linear(i, workspace, deltas, scale, &target.blocks[b], keep)
      case .conv2d: convolution(i, workspace, deltas, scale, &target.blocks[b], keep)
      case .batchNorm:
        let sums = batchNormGradient(i, workspace, deltas)
        for c in sums.gamma.indices {
          let block = target.blocks[b]
          target.blocks[b].weight.elements[c] = keep * block.weight.elements[c] + scale * Scalar(sums.gamma[c])
          target.blocks[b].bias[c] = keep * block.bias[c] + scale * Scalar(sums.beta[c])
        }
      default: break
      }
    }
  }

  /// The derivatives by a layer's output, each sample's times its weight.
  private func weightedDeltas(
    _ i: Int, _ workspace: SequentialWorkspace<Scalar>, _ reduction: Reduction<Scalar>
  ) -> SampleBuffer<Scalar> {
    let slot = workspace.slotOf[i]
    guard let deltas = workspace.derivatives[slot] else { preconditionFailure("no backward pass came before") }
    guard case .weighted(let weights) = reduction else { return deltas }
    precondition(
      weights.count == workspace.sampleCount, "\(weights.count) weights for \(workspace.sampleCount) samples")
    let out = workspace.scaled[slot] ?? SampleBuffer(deltas.count, of: 0)
    workspace.scaled[slot] = out
    let height = workspace.slotCounts[slot]
    forEachInParallel(workspace.chunks.count) { chunk in
      for j in workspace.chunks[chunk] {
        SequentialKernel.scale(weights[j], deltas.pointer + j * height, into: out.pointer + j * height, height)
      }
    }
    return out
  }

  private func linear(
    _ i: Int, _ workspace: SequentialWorkspace<Scalar>, _ deltas: SampleBuffer<Scalar>, _ scale: Scalar,
    _ block: inout SequentialParameters<Scalar>.Block, _ keep: Scalar
  ) {
    let (m, n, samples) = (block.weight.rows, block.weight.columns, workspace.sampleCount)
    let x = workspace.slots[workspace.inputSlot(of: i)].pointer
    // Each thread writes strips of its own, and the weights are touched once.
    let strips = ColumnStrips(rows: m, columns: n)
    block.weight.elements.withUnsafeMutableBufferPointer { w in
      let w = w.baseAddress!
      forEachInParallel(strips.count) { part in
        let columns = strips[part]
        Scalar.gemm(
          false, true, m, columns.count, samples, scale, deltas.pointer, m, x + columns.lowerBound, n, keep,
          w + columns.lowerBound * m, m)
      }
    }
    block.bias.elements.withUnsafeMutableBufferPointer { b in
      SequentialKernel.addColumns(scale, deltas.pointer, samples, keep, into: b.baseAddress!, m)
    }
  }

  private func convolution(
    _ i: Int, _ workspace: SequentialWorkspace<Scalar>, _ deltas: SampleBuffer<Scalar>, _ scale: Scalar,
    _ block: inout SequentialParameters<Scalar>.Block, _ keep: Scalar
  ) {
    guard let convolutions = workspace.convolutions[i], let partial = workspace.gradients[i] else { return }
    let (from, to) = (workspace.inputSlot(of: i), workspace.slotOf[i])
    let entries = block.weight.count
    forEachInParallel(workspace.chunks.count) { chunk in
      let first = workspace.chunks[chunk].lowerBound
      convolutions[chunk].gradient(
        workspace.slots[from].pointer + first * workspace.slotCounts[from],
        deltas.pointer + first * workspace.slotCounts[to], partial[chunk].pointer, partial[chunk].pointer + entries)
    }
    block.weight.elements.withUnsafeMutableBufferPointer { w in
      SequentialKernel.addAll(scale, partial.map { UnsafePointer($0.pointer) }, keep, into: w)
    }
    block.bias.elements.withUnsafeMutableBufferPointer { b in
      SequentialKernel.addAll(scale, partial.map { UnsafePointer($0.pointer + entries) }, keep, into: b)
    }
  }
}

extension SequentialKernel {
  /// y ← s x.
  @specialized(where S == Double) @specialized(where S == Float)
  static func scale<S: BLASScalar>(_ s: S, _ x: UnsafePointer<S>, into y: UnsafeMutablePointer<S>, _ count: Int) {
    for i in 0..<count { y[i] = s * x[i] }
  }

  /// b ← keep b + s Σ_j y_j over columns.
  @specialized(where S == Double) @specialized(where S == Float)
  static func addColumns<S: BLASScalar>(
    _ s: S, _ y: UnsafePointer<S>, _ columns: Int, _ keep: S, into b: UnsafeMutablePointer<S>, _ m: Int
  ) {
    for i in 0..<m { b[i] = keep == 0 ? 0 : keep * b[i] }
    for j in 0..<columns { for i in 0..<m { b[i] += s * y[j * m + i] } }
  }

  /// y ← keep y + s Σ_k x_k.
  @specialized(where S == Double) @specialized(where S == Float)
  static func addAll<S: BLASScalar>(
    _ s: S, _ parts: [UnsafePointer<S>], _ keep: S, into y: UnsafeMutableBufferPointer<S>
  ) {
    for i in y.indices { y[i] = keep == 0 ? 0 : keep * y[i] }
    for x in parts { for i in y.indices { y[i] += s * x[i] } }
  }
}
