// Steps that are weighted sums of samples' gradients: SGD, its weighted variant, and the SDE's Euler–Maruyama steps.

public import RandomStreams

/// A rule of steps θ ← θ + Σ_i w_i ∇ℓ_{s_i}(θ): which samples s_i run r takes at step k, and with which weights.
///
/// A pure function of (r, k), so that runs may be computed anywhere and in any order.
public protocol WeightedSteps: Sendable {
  /// The number of samples of one step.
  var sampleCount: Int { get }
  /// N; every index is in 0 ..< N.
  var population: Int { get }
  /// A gradient step of the full data that precedes the drift, θ̃ = θ + ½η∇L(θ), or 0 for none: see ``EulerMaruyamaSteps``.
  var lookAhead: Double { get }
  /// −Δt of the drift that is taken at θ̃, if there is one.
  var driftWeight: Double { get }
  /// Writes the samples and the weights of one step.
  func fill(_ step: StepBuffers, run: Int, step k: Int)
}

extension WeightedSteps {
  public var lookAhead: Double { 0 }
  public var driftWeight: Double { 0 }

  /// One step as values.
  public func step(_ k: Int, run: Int) -> (samples: [Int], weights: [Float]) {
    let buffers = StepBuffers(count: sampleCount)
    defer { buffers.deallocate() }
    fill(buffers, run: run, step: k)
    return (buffers.samples.map { Int($0) }, Array(buffers.weights))
  }
}

/// Where a rule writes a step; one for each thread.
public struct StepBuffers {
  /// s_i; shape [samples of a step].
  public let samples: UnsafeMutableBufferPointer<Int32>
  /// w_i; parameter/(loss/parameter).
  public let weights: UnsafeMutableBufferPointer<Float>
  /// For random numbers; shape [samples of a step].
  public let numbers: UnsafeMutableBufferPointer<Double>

  init(count: Int) {
    samples = .allocate(capacity: count)
    weights = .allocate(capacity: count)
    numbers = .allocate(capacity: count)
    samples.initialize(repeating: 0)
    weights.initialize(repeating: 0)
    numbers.initialize(repeating: 0)
  }

  func deallocate() {
    samples.deallocate()
    weights.deallocate()
    numbers.deallocate()
  }
}

/// SGD and SVAG(l) with batches drawn with replacement: l = 1 is SGD, and l → ∞ its SDE.
///
/// θ ← θ − (η/l)(½(1 + √(2l−1)) ḡ₁ + ½(1 − √(2l−1)) ḡ₂) with two independent batches of M: the mean of an SGD step's
/// l-th part, and 1/l of its covariance. One unit of time is 1/η steps of SGD and l/η of SVAG.
///
/// - Source: Li, Malladi, Arora 2021, "On the validity of modeling SGD with stochastic differential equations".
public struct StochasticVarianceAmplifiedSteps: WeightedSteps {
  public let learningRate: LearningRate
  public let batchSize: BatchSize
  public let population: Int
  /// l.
  public let amplification: Int
  private let uniforms: CounterUniforms
  private let factors: [Float]

  /// - Parameters:
  ///   - learningRate: η; a step takes the time η.
  ///   - batchSize: M, drawn with replacement.
  ///   - population: N, the number of samples that there are.
  ///   - amplification: l; 1 for SGD, which then takes one batch a step.
  ///   - stream: the stream's name; run r is its component r.
  ///   - seed: equal streams and seeds give equal digits.
  /// - Throws: ``NetworkTrainingError`` if l is not positive, or there are no samples.
  public init(
    learningRate: LearningRate, batchSize: BatchSize, of population: Int, amplification: Int = 1, stream: StreamName,
    seed: UInt64
  ) throws(NetworkTrainingError) {
    guard (1...1_000_000).contains(amplification) else {
      throw .invalidValue(field: "amplification l", value: "\(amplification)", requirement: "from 1 to 1000000")
    }
    self.batchSize = try BatchSize(batchSize.value, .withReplacement, of: population)
    self.learningRate = learningRate
    self.population = population
    self.amplification = amplification
    uniforms = CounterUniforms(stream, seed: seed)
    let root = Double(2 * amplification - 1).squareRoot()
    let scale = -learningRate.value / Double(amplification * batchSize.value)
    factors = amplification == 1 ? [Float(scale)] : [Float(scale * (1 + root) / 2), Float(scale * (1 - root) / 2)]
  }

  public var sampleCount: Int { batchSize.value * factors.count }

  public func fill(_ step: StepBuffers, run: Int, step k: Int) {
    uniforms.fill(step.numbers, step: k, firstPath: 0, component: run)
    let size = batchSize.value
    for i in 0..<sampleCount {
      // The product may round up to N for a uniform next to 1.
      step.samples[i] = Int32(truncatingIfNeeded: min(Int(step.numbers[i] * Double(population)), population - 1))
      step.weights[i] = i < size ? factors[0] : factors[1]
    }
  }
}

/// Euler–Maruyama steps of SGD's SDE dθ = −∇L dt + √η Σ^{1/2}(θ) dB with the full covariance Σ of a batch's mean.
///
/// With Δt = η/k a step is one weighted backward pass over all N samples, w_i = −Δt/N + √(ηΔt/(NM)) (ξ_i − ξ̄) with
/// independent standard normals ξ: Σ_i (ξ_i − ξ̄) g_i has the covariance Σ_i (g_i − ḡ)(g_i − ḡ)ᵀ = NM Σ.
///
/// The drift of order 2 is −∇(L + (η/4)‖∇L‖²) = −∇L − (η/2)H∇L. It is taken as −∇L(θ + (η/2)∇L(θ)), which differs by
/// O(η²), the order at which that SDE ceases to describe SGD, and needs two full gradients and no Hessian product.
///
/// - Source: Definition 4, arXiv 2506.18588; Li, Tai, E 2019 for the drift of order 2.
/// - Hypotheses: batches drawn with replacement.
public struct EulerMaruyamaSteps: WeightedSteps {
  /// The drift's order in η.
  public enum DriftOrder: Int, CaseIterable, Sendable {
    case first = 1
    case second
  }

  public let learningRate: LearningRate
  public let batchSize: BatchSize
  public let population: Int
  /// k, steps a learning rate.
  public let substeps: Int
  public let driftOrder: DriftOrder
  private let normals: CounterNormals
  private let noise: Double

  /// - Parameters:
  ///   - learningRate: η; a step takes the time η.
  ///   - batchSize: M, drawn with replacement.
  ///   - population: N, the number of samples that there are.
  ///   - substeps: k; a step is η/k units of time.
  ///   - driftOrder: whether the drift has the term of order η (Li, Tai, E 2019).
  ///   - stream: the stream's name; run r is its component r.
  ///   - seed: equal streams and seeds give equal digits.
  /// - Throws: ``NetworkTrainingError`` if k is not positive, or there are no samples.
  public init(
    learningRate: LearningRate, batchSize: BatchSize, of population: Int, substeps: Int,
    driftOrder: DriftOrder = .first, stream: StreamName, seed: UInt64
  ) throws(NetworkTrainingError) {
    guard (1...1_000_000).contains(substeps) else {
      throw .invalidValue(field: "steps a learning rate", value: "\(substeps)", requirement: "from 1 to 1000000")
    }
    self.batchSize = try BatchSize(batchSize.value, .withReplacement, of: population)
    self.learningRate = learningRate
    self.population = population
    self.substeps = substeps
    self.driftOrder = driftOrder
    normals = CounterNormals(stream, seed: seed)
    let eta = learningRate.value
    noise = eta / (Double(substeps) * Double(population) * Double(batchSize.value)).squareRoot()
  }

  public var sampleCount: Int { population }
  public var lookAhead: Double { driftOrder == .second ? learningRate.value / 2 : 0 }
  public var driftWeight: Double { -learningRate.value / Double(substeps) }

  public func fill(_ step: StepBuffers, run: Int, step k: Int) {
    normals.fill(step.numbers, step: k, firstPath: 0, component: run)
    var mean = 0.0
    for xi in step.numbers { mean += xi }
    mean /= Double(population)
    // With a look-ahead the drift has a pass of its own.
    let drift = driftOrder == .second ? 0 : driftWeight / Double(population)
    for i in 0..<population {
      step.samples[i] = Int32(truncatingIfNeeded: i)
      step.weights[i] = Float(drift + noise * (step.numbers[i] - mean))
    }
  }
}
