// A sequential network: its parameters, and what batch norm remembers for prediction.

public import DenseLinearAlgebra
public import RandomStreams

/// A stack of layers with weights, for classification by softmax cross-entropy.
public struct SequentialNetwork<Scalar: NetworkScalar>: Sendable {
  public let architecture: SequentialArchitecture
  public var parameters: SequentialParameters<Scalar>
  /// Running mean and variance of each batch norm, by layer.
  public var statistics: [Int: RunningStatistics]
  /// Where dropout draws its masks.
  public let dropout: CounterUniforms

  /// What batch norm predicts with: x ← 0.9 x + 0.1 x_batch at each training step, as in PyTorch.
  public struct RunningStatistics: Equatable, Sendable {
    public var mean: [Double]
    /// Unbiased, as in PyTorch.
    public var variance: [Double]
  }

  /// - Parameters:
  ///   - architecture: which layers there are, and how wide.
  ///   - parameters: a point of the architecture's parameter space.
  ///   - dropout: the stream of the dropout masks; the mask of a step is a function of the step.
  ///   - seed: of the dropout masks.
  public init(
    _ architecture: SequentialArchitecture, parameters: SequentialParameters<Scalar>,
    dropout: StreamName = "network/dropout", seed: UInt64 = 1
  ) {
    let expected = architecture.parametricLayers
    precondition(
      parameters.blocks.map(\.layer) == expected
        && zip(parameters.blocks, expected).allSatisfy { block, i in
          architecture.weightShape(of: i).map { $0 == (block.weight.rows, block.weight.columns) } ?? false
        }, "parameters of another architecture than \(architecture)")
    self.architecture = architecture
    self.parameters = parameters
    self.dropout = CounterUniforms(dropout, seed: seed)
    statistics = [:]
    for i in architecture.layers.indices where architecture.layers[i] == .batchNorm {
      let channels = architecture.inputShape(of: i).channels
      statistics[i] = RunningStatistics(
        mean: [Double](repeating: 0, count: channels), variance: [Double](repeating: 1, count: channels))
    }
  }

  /// A network with Kaiming normal weights, zero biases, γ = 1 and β = 0.
  public init(
    kaiming architecture: SequentialArchitecture, scale: Double = 1, stream: StreamName, seed: UInt64
  ) {
    self.init(
      architecture, parameters: SequentialParameters(kaiming: architecture, scale: scale, stream: stream, seed: seed),
      seed: seed)
  }

  /// The weight matrices whose operator norms bound the network, input layer first, by layer.
  public var linearUnits: [(layer: Int, weight: Matrix<Scalar>)] {
    let units = architecture.linearUnits
    return parameters.blocks.filter { units.contains($0.layer) }.map { ($0.layer, $0.weight) }
  }

  func requireFit(_ workspace: SequentialWorkspace<Scalar>) {
    precondition(
      workspace.architecture == architecture, "a workspace for \(workspace.architecture) does not fit \(architecture)")
  }
}
