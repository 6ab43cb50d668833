// Forward and backward passes through preallocated buffers, and the gradients that follow from them.

internal import DenseLinearAlgebra

extension MultilayerPerceptron {
  /// Fills every layer's inputs and the logits from the samples that the workspace holds.
  public func forward(_ workspace: Workspace<Scalar>) {
    requireFit(workspace)
    let last = architecture.layerCount - 1
    for l in 0...last {
      let x = workspace.layers[l].inputs
      if l < last {
        applyLayer(l, to: x, into: &workspace.layers[l + 1].inputs)
        Kernel.activate(architecture.activation, &workspace.layers[l + 1].inputs.elements)
      } else {
        applyLayer(l, to: x, into: &workspace.logits)
      }
    }
  }

  /// Fills losses and every layer's deltas; ``forward(_:)`` must have come before.
  ///
  /// δ⁽ᴸ⁻¹⁾ = p − e_y, δ⁽ˡ⁾ = (θ⁽ˡ⁺¹⁾ᵀδ⁽ˡ⁺¹⁾) ∘ φ′(z⁽ˡ⁾), all of each sample's own loss.
  public func backward(_ workspace: Workspace<Scalar>) {
    requireFit(workspace)
    var l = architecture.layerCount - 1
    workspace.correct = Kernel.softmaxCrossEntropy(
      logits: workspace.logits.elements, labels: workspace.labels, deltas: &workspace.layers[l].deltas.elements,
      losses: &workspace.losses)
    while l > 0 {
      let delta = workspace.layers[l].deltas
      workspace.layers[l - 1].deltas.accumulate(1, parameters.weights[l], .transposed, delta, .asIs, scaling: 0)
      let y = workspace.layers[l].inputs.elements
      Kernel.differentiate(architecture.activation, y, &workspace.layers[l - 1].deltas.elements)
      l -= 1
    }
  }

  /// The mean, sum or weighted sum of the samples' gradients, after a backward pass.
  ///
  /// Σ_i w_i g_i has the blocks (δ diag(w)) xᵀ and δw: one product a layer, no per-sample gradient.
  ///
  /// - Parameters:
  ///   - reduction: `mean` divides by M; `weighted` takes M weights as they are.
  ///   - workspace: as ``backward(_:)`` left it.
  ///   - gradient: overwritten, or added to if `adding`; unit loss/parameter.
  ///   - adding: whether `gradient` keeps what it held, plus this.
  public func gradient(
    _ reduction: Reduction<Scalar>, of workspace: Workspace<Scalar>, into gradient: inout NetworkParameters<Scalar>,
    adding: Bool = false
  ) {
    requireFit(workspace)
    let scale = workspace.prepare(reduction)
    let keep: Scalar = adding ? 1 : 0
    for l in workspace.layers.indices {
      let delta = workspace.reduced(l, reduction)
      gradient.weights[l].accumulate(
        scale, delta, .asIs, workspace.layers[l].inputs, .transposed, scaling: keep)
      Kernel.scale(keep, &gradient.biases[l].elements)
      Kernel.addColumns(scale, of: delta.elements, to: &gradient.biases[l].elements)
    }
  }

  /// The mean, sum or weighted sum of the samples' gradients, after a backward pass.
  public func gradient(_ reduction: Reduction<Scalar>, of workspace: Workspace<Scalar>) -> NetworkParameters<Scalar> {
    var out = NetworkParameters<Scalar>(zerosFor: architecture)
    gradient(reduction, of: workspace, into: &out)
    return out
  }

  /// θ ← θ − η ḡ with the mean gradient of the batch, after a backward pass.
  ///
  /// The product goes straight into the weights, so that no gradient is ever stored.
  public mutating func descend(_ learningRate: LearningRate, _ workspace: Workspace<Scalar>) {
    requireFit(workspace)
    let step = -Scalar(learningRate.value) / Scalar(workspace.sampleCount)
    for l in workspace.layers.indices {
      let layer = workspace.layers[l]
      parameters.weights[l].accumulate(step, layer.deltas, .asIs, layer.inputs, .transposed, scaling: 1)
      Kernel.addColumns(step, of: layer.deltas.elements, to: &parameters.biases[l].elements)
    }
  }

  func requireFit(_ workspace: Workspace<Scalar>) {
    precondition(
      workspace.architecture == architecture,
      "a workspace for \(workspace.architecture) does not fit a network \(architecture)")
  }
}
