// What one batch leaves at every layer, in buffers that are allocated once.

public import DenseLinearAlgebra

/// What a batch leaves at one linear layer: enough for every per-sample gradient, and none of them formed.
///
/// Sample i's own gradient with respect to θ⁽ˡ⁾ is the rank-one matrix δ_i x_iᵀ, and with respect to b⁽ˡ⁾ it is
/// δ_i. The derivative δ_i is that of sample i's *own* loss, not divided by the number of samples, so that
/// a mean over the batch is (1/M) δ xᵀ with the 1/M written where the mean is taken.
public struct LayerBatch<Scalar: BLASScalar>: Sendable {
  /// x, one sample a column; shape [n_ℓ, M].
  public internal(set) var inputs: Matrix<Scalar>
  /// δ = ∂ℓ_i/∂(θx_i + b), one sample a column; shape [n_{ℓ+1}, M].
  public internal(set) var deltas: Matrix<Scalar>

  /// - Parameter inputs: x, shape [n_ℓ, M].
  /// - Parameter deltas: δ of each sample's own loss, shape [n_{ℓ+1}, M].
  public init(inputs: Matrix<Scalar>, deltas: Matrix<Scalar>) {
    precondition(
      inputs.columns == deltas.columns, "\(inputs.columns) inputs and \(deltas.columns) deltas are not one batch")
    self.inputs = inputs
    self.deltas = deltas
  }

  /// M.
  public var sampleCount: Int { inputs.columns }
}

/// The buffers of one batch: its samples, every layer's ``LayerBatch``, losses and hits.
///
/// A step through it allocates nothing (OpenBLAS may, for scratch of its own). It belongs to one thread.
public final class Workspace<Scalar: BLASScalar> {
  public let architecture: Architecture
  /// M.
  public let sampleCount: Int
  /// After a forward pass the inputs of every layer, after a backward pass also the deltas.
  public internal(set) var layers: [LayerBatch<Scalar>]
  /// The outputs of the last layer; shape [classes, M].
  public internal(set) var logits: Matrix<Scalar>
  public internal(set) var labels: [Int]
  /// ℓ_i of every sample, after a backward pass.
  public internal(set) var losses: [Scalar]
  /// How many samples have their largest logit at their label, after a backward pass.
  public internal(set) var correct = 0
  /// Deltas scaled by per-sample weights; empty until they are first asked for.
  var scaledDeltas: [Matrix<Scalar>] = []

  public init(for architecture: Architecture, sampleCount: Int) {
    precondition(sampleCount > 0, "a batch has at least one sample, not \(sampleCount)")
    self.architecture = architecture
    self.sampleCount = sampleCount
    layers = zip(architecture.widths, architecture.widths.dropFirst()).map {
      LayerBatch(inputs: .zeros($0, sampleCount), deltas: .zeros($1, sampleCount))
    }
    logits = .zeros(architecture.widths.last!, sampleCount)
    labels = [Int](repeating: 0, count: sampleCount)
    losses = [Scalar](repeating: 0, count: sampleCount)
  }

  /// Σ ℓ_i / M.
  public var meanLoss: Double { Kernel.sum(losses) / Double(sampleCount) }

  /// The fraction of samples whose largest logit is at their label.
  public var accuracy: Double { Double(correct) / Double(sampleCount) }

  /// Copies the samples with the given indices into the batch.
  ///
  /// - Parameter indices: M positions in `samples`; repetitions are allowed.
  /// - Parameter samples: where the batch is copied from.
  public func load(_ indices: [Int], of samples: Samples<Scalar>) {
    precondition(indices.count == sampleCount, "\(indices.count) indices for a batch of \(sampleCount)")
    precondition(
      samples.inputs.rows == architecture.widths[0] && samples.classes <= architecture.widths.last!,
      "samples of \(samples.inputs.rows) features and \(samples.classes) classes do not fit \(architecture)")
    Kernel.gather(
      indices, of: samples.inputs.elements, height: samples.inputs.rows, into: &layers[0].inputs.elements)
    for (j, index) in indices.enumerated() { labels[j] = samples.labels[index] }
  }
}

extension Workspace {
  /// Readies the deltas of a reduction and returns the factor that its products still need.
  func prepare(_ reduction: Reduction<Scalar>) -> Scalar {
    switch reduction {
    case .mean: return 1 / Scalar(sampleCount)
    case .sum: return 1
    case .weighted(let w):
      precondition(w.count == sampleCount, "\(w.count) weights for \(sampleCount) samples")
      if scaledDeltas.isEmpty { scaledDeltas = layers.map(\.deltas) }
      for l in layers.indices {
        Kernel.scaleColumns(of: layers[l].deltas.elements, by: w.elements, into: &scaledDeltas[l].elements)
      }
      return 1
    }
  }

  /// The deltas of layer ℓ, times the weights of a weighted reduction; ``prepare(_:)`` must have come before.
  func reduced(_ l: Int, _ reduction: Reduction<Scalar>) -> Matrix<Scalar> {
    if case .weighted = reduction { scaledDeltas[l] } else { layers[l].deltas }
  }
}

/// How the gradients of a batch's samples become one.
public enum Reduction<Scalar: BLASScalar>: Sendable {
  /// (1/M) Σ g_i.
  case mean
  /// Σ g_i.
  case sum
  /// Σ w_i g_i with the weights as they are: no 1/M is added.
  case weighted(Vector<Scalar>)
}
