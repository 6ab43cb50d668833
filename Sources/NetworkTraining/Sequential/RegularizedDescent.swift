// A training run of a sequential network under regularisers: which batch a step sees, and the step.

public import DenseLinearAlgebra
public import RandomStreams

/// A network with its data, regularisers and streams. Batches, masks and injected noise of step k are functions of
/// (stream, seed, k): a run continues from its parameters and the number of its step, bit for bit.
public struct RegularizedDescent<Scalar: NetworkScalar> {
  /// How a run is made.
  public struct Settings: Sendable {
    public var architecture: SequentialArchitecture
    public var regularizers: [Regularizer] = []
    public var batchNorm: BatchNormGradient = .coupled
    public var sampling: Sampling = .withReplacement
    public var batchSize = 128
    public var learningRate = 0.1
    /// Initial weights are Kaiming's times this.
    public var initialScale = 1.0
    /// Seed of the initial weights.
    public var initialSeed: UInt64 = 1
    /// Seed of batches, masks, regularisers and injected noise.
    public var seed: UInt64 = 1

    public init(_ architecture: SequentialArchitecture) { self.architecture = architecture }
  }

  public let settings: Settings
  public var network: SequentialNetwork<Scalar>
  public let workspace: SequentialWorkspace<Scalar>
  public let learningRate: LearningRate
  /// α of a gradient scaling, else 1.
  public private(set) var gradientScale = 1.0
  /// Standard deviation of each entry of the injected noise.
  public private(set) var injectedDeviation = 0.0
  public private(set) var weightDecay = 0.0
  private var pipeline: BatchPipeline<Scalar>
  private var batches: BatchSampler
  private var descent: SequentialDescent
  private var adversary: Double?
  private var injection: GradientInjection?
  private let imageCount: Int
  private let draws: CounterUniforms
  /// The images of the step that was prepared last.
  public private(set) var batch: [Int]
  /// What the regularisers made of them, before any adversary; shape [features, M].
  public private(set) var inputs: Matrix<Scalar>
  /// Soft targets; shape [classes, M].
  public private(set) var targets: Matrix<Scalar>

  /// - Throws: ``NetworkTrainingError`` naming what does not fit: batch size, rate, or a regulariser that is a layer.
  public init(_ settings: Settings, on images: ImageSet, stream: StreamName) throws {
    self.settings = settings
    try Self.requireMeaning(settings)
    let size = try BatchSize(settings.batchSize, settings.sampling, of: images.count)
    learningRate = try LearningRate(settings.learningRate)
    network = SequentialNetwork(
      settings.architecture,
      parameters: SequentialParameters(
        kaiming: settings.architecture, scale: settings.initialScale, stream: stream.appending("weights"),
        seed: settings.initialSeed),
      dropout: stream.appending("dropout"), seed: settings.seed)
    workspace = SequentialWorkspace(for: settings.architecture, sampleCount: settings.batchSize)
    pipeline = try BatchPipeline(
      images, standardization: InputStandardization(of: images), regularizers: settings.regularizers,
      stream: stream.appending("regularizers"), seed: settings.seed)
    batches = try BatchSampler(
      settings.sampling, batchSize: size, of: images.count, stream: stream.appending("batches"), seed: settings.seed)
    descent = SequentialDescent(learningRate)
    imageCount = images.count
    draws = CounterUniforms(stream.appending("terms"), seed: settings.seed)
    batch = [Int](repeating: 0, count: settings.batchSize)
    inputs = .zeros(pipeline.features, settings.batchSize)
    targets = .zeros(pipeline.classes, settings.batchSize)
    for regularizer in settings.regularizers { try take(regularizer, stream) }
  }

  /// n of step k in the shape of the parameters, before its factor 1 − α; nil if none is injected.
  public func injectedNoise(step k: Int) -> SequentialParameters<Scalar>? {
    guard let injection else { return nil }
    var noise = network.parameters
    for b in noise.blocks.indices {
      let (weights, biases) = (noise.blocks[b].weight.count, noise.blocks[b].bias.count)
      var drawn = [Double](repeating: 0, count: weights + biases)
      injection.fill(&drawn, step: k, layer: b)
      for i in 0..<weights { noise.blocks[b].weight.elements[i] = Scalar(drawn[i]) }
      for i in 0..<biases { noise.blocks[b].bias[i] = Scalar(drawn[weights + i]) }
    }
    return noise
  }

  /// π(i) and λ_i of the batch of step k; nil without mixup.
  public func mixing(step k: Int) -> (partners: [Int], coefficients: [Double])? {
    pipeline.mixing(count: settings.batchSize, step: k)
  }

  /// Refuses what ``LayerRegularization`` does, and batch norms of single values, whose variance is 0.
  private static func requireMeaning(_ settings: Settings) throws(NetworkTrainingError) {
    let architecture = settings.architecture
    for layer in architecture.layers {
      for regularizer in settings.regularizers {
        let met = LayerRegularization(regularizer, at: layer, batchNorm: settings.batchNorm)
        if let refusal = met.refusal { throw refusal }
      }
    }
    for i in architecture.layers.indices where architecture.layers[i] == .batchNorm {
      let shape = architecture.inputShape(of: i)
      guard settings.batchSize * shape.height * shape.width > 1 else {
        throw .invalidValue(
          field: "batch size", value: "\(settings.batchSize)",
          requirement: "at least 2: layer \(i + 1), batch-norm, sees one value a channel and sample")
      }
    }
  }

  private mutating func take(_ regularizer: Regularizer, _ stream: StreamName) throws {
    switch regularizer.kind {
    case .weightDecay(let w):
      descent.weightDecay = w
      weightDecay = w
    case .adversarial(let epsilon): adversary = epsilon
    case .gradientScaling(let scaling):
      descent.gradientScale = scaling.alpha
      gradientScale = scaling.alpha
      if let noise = GradientInjection(scaling, stream: stream.appending("injection"), seed: settings.seed) {
        injection = noise
        injectedDeviation = scaling.noiseFactor * scaling.deviation
        descent.injection = { out, step, block in
          noise.fill(out, step: step, layer: block)
          for k in out.indices { out[k] *= scaling.noiseFactor }
        }
      }
    case .autoAugment, .labelCorruption, .labelSmoothing, .mixup, .dropout, .batchNormalization: break
    }
  }

  /// Batch, forward and backward pass of step k.
  public mutating func prepare(_ k: Int) {
    batches.fill(&batch, step: k)
    pipeline.load(batch, step: k, into: &inputs, targets: &targets)
    workspace.load(inputs: inputs, targets: targets)
    if let adversary { network.perturbInputs(workspace, epsilon: adversary, mode: .training(step: k)) }
    network.forward(workspace, .training(step: k))
    network.backward(workspace, batchNorm: settings.batchNorm)
  }

  /// The step from θ_k to θ_{k+1}.
  public mutating func descend(_ k: Int) { descent.descend(&network, workspace, step: k) }

  /// Images for the terms at step k: all of them if so many are wanted, else i.i.d. draws that no step uses.
  public func independentDraw(_ count: Int, at k: Int) -> [Int] {
    guard count < imageCount else { return Array(0..<imageCount) }
    return withUnsafeTemporaryAllocation(of: Double.self, capacity: count) { u in
      draws.fill(u, step: k, firstPath: 0, component: 0)
      return u.map { min(imageCount - 1, Int($0 * Double(imageCount))) }
    }
  }

  /// Loads a sample that step k does not use into another workspace, under the same regularisers with draws of their
  /// own, and passes it forward and back at θ_k: what estimates that must not contain the step's noise are made from.
  public mutating func probe(_ indices: [Int], _ room: SequentialWorkspace<Scalar>, at k: Int) {
    // Steps of training runs stay below 2³¹; draws of fixed label corruption do not depend on the step.
    let step = k + (1 << 31)
    var x = Matrix<Scalar>.zeros(pipeline.features, indices.count)
    var t = Matrix<Scalar>.zeros(pipeline.classes, indices.count)
    pipeline.load(indices, step: step, into: &x, targets: &t)
    room.load(inputs: x, targets: t)
    if let adversary { network.perturbInputs(room, epsilon: adversary, mode: .training(step: step)) }
    network.run(room, .training(step: step))
    network.backward(room, batchNorm: settings.batchNorm)
  }
}
