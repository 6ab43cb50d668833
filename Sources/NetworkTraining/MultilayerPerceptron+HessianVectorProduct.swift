// Products of the loss's Hessian with a direction, by differentiating the backward pass along it.

public import DenseLinearAlgebra

/// The buffers of a Hessian-vector product: the tangents of every layer's inputs and deltas.
public final class TangentWorkspace<Scalar: BLASScalar> {
  let architecture: Architecture
  let sampleCount: Int
  var inputs: [Matrix<Scalar>]
  var deltas: [Matrix<Scalar>]
  /// θᵀδ before the activation's derivative is applied; afterwards the tangents scaled by per-sample weights.
  var raw: [Matrix<Scalar>]
  var logits: Matrix<Scalar>

  public init(for architecture: Architecture, sampleCount: Int) {
    precondition(sampleCount > 0, "a batch has at least one sample, not \(sampleCount)")
    self.architecture = architecture
    self.sampleCount = sampleCount
    inputs = architecture.widths.dropLast().map { .zeros($0, sampleCount) }
    deltas = architecture.widths.dropFirst().map { .zeros($0, sampleCount) }
    raw = architecture.widths.dropFirst().map { .zeros($0, sampleCount) }
    logits = .zeros(architecture.widths.last!, sampleCount)
  }
}

extension MultilayerPerceptron {
  /// H v for the Hessian H of the mean, sum or weighted sum of the batch's losses, after a backward pass.
  ///
  /// With a dot for the derivative along v = (V, c): ż⁽ˡ⁾ = V x + θ ẋ + c, ẋ⁽ˡ⁺¹⁾ = φ′ ∘ ż⁽ˡ⁾,
  /// δ̇⁽ᴸ⁻¹⁾ = p ∘ (ż − pᵀż), δ̇⁽ˡ⁾ = (Vᵀδ + θᵀδ̇) ∘ φ′ + θᵀδ ∘ φ″ ∘ ż, and Hv has the blocks δ̇xᵀ + δẋᵀ and δ̇1.
  ///
  /// - Source: Pearlmutter 1994, "Fast exact multiplication by the Hessian".
  /// - Hypotheses: for ReLU, no pre-activation is exactly zero; the product is then that of the smooth piece.
  /// - Parameters:
  ///   - direction: v, a point of the parameter space.
  ///   - reduction: as for ``gradient(_:of:into:adding:)``.
  ///   - workspace: as ``backward(_:)`` left it.
  ///   - tangents: buffers of the same size.
  ///   - out: overwritten, or added to if `adding`; unit loss/parameter² times that of v.
  ///   - adding: whether `out` keeps what it held, plus this.
  public func hessianVectorProduct(
    _ direction: NetworkParameters<Scalar>, _ reduction: Reduction<Scalar>, _ workspace: Workspace<Scalar>,
    _ tangents: TangentWorkspace<Scalar>, into out: inout NetworkParameters<Scalar>, adding: Bool = false
  ) {
    requireFit(workspace)
    precondition(
      tangents.architecture == architecture && tangents.sampleCount == workspace.sampleCount,
      "tangent buffers of another architecture or batch size")
    let last = architecture.layerCount - 1
    let activation = architecture.activation

    for l in 0...last {
      let x = workspace.layers[l].inputs
      let xDot = tangents.inputs[l]
      func tangent(into z: inout Matrix<Scalar>) {
        Kernel.fillColumns(&z.elements, with: direction.biases[l].elements)
        z.accumulate(1, direction.weights[l], .asIs, x, .asIs, scaling: 1)
        // The inputs of the first layer are data and have no tangent.
        if l > 0 { z.accumulate(1, parameters.weights[l], .asIs, xDot, .asIs, scaling: 1) }
      }
      if l < last {
        tangent(into: &tangents.inputs[l + 1])
        Kernel.differentiate(
          activation, workspace.layers[l + 1].inputs.elements, &tangents.inputs[l + 1].elements)
      } else {
        tangent(into: &tangents.logits)
      }
    }

    Kernel.softmaxTangent(
      deltas: workspace.layers[last].deltas.elements, labels: workspace.labels,
      logitTangent: tangents.logits.elements, into: &tangents.deltas[last].elements)
    for l in stride(from: last, to: 0, by: -1) {
      let delta = workspace.layers[l].deltas
      let deltaDot = tangents.deltas[l]
      let y = workspace.layers[l].inputs.elements
      tangents.raw[l - 1].accumulate(1, parameters.weights[l], .transposed, delta, .asIs, scaling: 0)
      tangents.deltas[l - 1].accumulate(1, direction.weights[l], .transposed, delta, .asIs, scaling: 0)
      tangents.deltas[l - 1].accumulate(1, parameters.weights[l], .transposed, deltaDot, .asIs, scaling: 1)
      Kernel.differentiate(activation, y, &tangents.deltas[l - 1].elements)
      Kernel.addCurvature(
        activation, y, tangents.inputs[l].elements, tangents.raw[l - 1].elements,
        to: &tangents.deltas[l - 1].elements)
    }

    let scale = workspace.prepare(reduction)
    for l in 0...last {
      let delta = workspace.reduced(l, reduction)
      let deltaDot: Matrix<Scalar>
      if case .weighted(let w) = reduction {
        Kernel.scaleColumns(of: tangents.deltas[l].elements, by: w.elements, into: &tangents.raw[l].elements)
        deltaDot = tangents.raw[l]
      } else {
        deltaDot = tangents.deltas[l]
      }
      let keep: Scalar = adding ? 1 : 0
      out.weights[l].accumulate(scale, deltaDot, .asIs, workspace.layers[l].inputs, .transposed, scaling: keep)
      if l > 0 { out.weights[l].accumulate(scale, delta, .asIs, tangents.inputs[l], .transposed, scaling: 1) }
      Kernel.scale(keep, &out.biases[l].elements)
      Kernel.addColumns(scale, of: deltaDot.elements, to: &out.biases[l].elements)
    }
  }
}
