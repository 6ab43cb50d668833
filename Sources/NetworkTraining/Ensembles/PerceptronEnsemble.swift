// Many runs of one small network in one call: a run is a loop over one kernel that keeps its whole state in the cache.

internal import CNetworkKernels
public import DenseLinearAlgebra
private import Dispatch
private import Glibc
private import Synchronization

/// R runs of one perceptron in single precision that differ in their random numbers only.
///
/// For networks too small for BLAS: a step of 64-32-10 with a batch of 16 takes some microseconds, and nothing is
/// allocated in it. Every run is a function of its number, so results are the same bits for every number of threads;
/// the kernels are compiled for several instruction sets, so that they may differ in the last bits between machines.
public struct PerceptronEnsemble<Steps: WeightedSteps>: Sendable {
  public let initial: MultilayerPerceptron<Float>
  public let samples: Samples<Float>
  public let steps: Steps

  /// - Parameters:
  ///   - steps: the rule by which every run weighs samples at each step.
  ///   - initial: θ_0 of every run.
  ///   - samples: the data that the steps' indices mean.
  /// - Throws: ``NetworkTrainingError`` if the data fit neither the network nor the steps.
  public init(
    _ steps: Steps, from initial: MultilayerPerceptron<Float>, on samples: Samples<Float>
  ) throws(NetworkTrainingError) {
    let widths = initial.architecture.widths
    guard samples.inputs.rows == widths[0], samples.classes == widths.last! else {
      throw .invalidArchitecture(
        text: initial.architecture.description,
        reason: "the samples have \(samples.inputs.rows) features and \(samples.classes) classes")
    }
    guard steps.population == samples.count else {
      throw .invalidValue(
        field: "population of the steps", value: "\(steps.population)", requirement: "\(samples.count), the samples")
    }
    (self.steps, self.initial, self.samples) = (steps, initial, samples)
  }

  /// Runs some runs and keeps what an observer makes of each at the steps asked for.
  ///
  /// - Parameters:
  ///   - runs: their numbers, below 2³⁰: an ensemble can be continued by the next range.
  ///   - recording: ascending numbers of steps, of which the last ends the run; k = 0 is the initial network.
  ///   - workers: threads; by default one a processor.
  ///   - progress: called with the number of finished runs, after each block of them.
  ///   - isCancelled: asked before each block of runs; what is done until then is returned.
  ///   - observe: makes a value of a run at one of these steps; may be called on any thread.
  /// - Returns: shape [finished runs][recordings], in the order of runs.
  public func run<Value: Sendable>(
    _ runs: Range<Int>, recording: [Int], workers: Int? = nil, progress: (Int) -> Void = { _ in },
    isCancelled: () -> Bool = { false },
    observe: @Sendable (EnsembleSnapshot) -> Value
  ) -> [[Value]] {
    precondition(
      !recording.isEmpty && recording[0] >= 0 && zip(recording, recording.dropFirst()).allSatisfy { $0 < $1 },
      "recordings are ascending numbers of steps, not \(recording)")
    precondition(runs.lowerBound >= 0 && runs.upperBound <= 1 << 30, "runs are numbered from 0 to 2^30, not \(runs)")
    let workers = min(max(runs.count, 1), max(1, workers ?? Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))))
    let labels = samples.labels.map { Int32(truncatingIfNeeded: $0) }
    let block = max(128, 8 * workers)
    var results: [[Value]] = []
    results.reserveCapacity(runs.count)
    samples.inputs.elements.withUnsafeBufferPointer { inputs in
      labels.withUnsafeBufferPointer { labels in
        // Both are only read, and outlive the threads.
        nonisolated(unsafe) let (inputs, labels) = (inputs, labels)
        var first = runs.lowerBound
        while first < runs.upperBound, !isCancelled() {
          let count = min(block, runs.upperBound - first)
          let start = first
          let next = Atomic<Int>(0)
          let slots = UnsafeMutablePointer<[Value]>.allocate(capacity: count)
          slots.initialize(repeating: [], count: count)
          // Every slot is written by the one worker that took its number, and read after all have returned.
          nonisolated(unsafe) let found = slots
          DispatchQueue.concurrentPerform(iterations: min(workers, count)) { _ in
            let state = RunState(self, inputs, labels)
            while true {
              let r = next.add(1, ordering: .relaxed).oldValue
              guard r < count else { return }
              found[r] = state.run(start + r, recording: recording, observe)
            }
          }
          results.append(contentsOf: UnsafeBufferPointer(start: slots, count: count))
          slots.deinitialize(count: count)
          slots.deallocate()
          first += count
          progress(first - runs.lowerBound)
        }
      }
    }
    return results
  }
}

/// A run of an ensemble as its observer sees it, for the duration of the call.
public struct EnsembleSnapshot {
  public let run: Int
  /// k.
  public let step: Int
  /// θ_k.
  public let network: MultilayerPerceptron<Float>
  private let loss: () -> Double

  fileprivate init(run: Int, step: Int, network: MultilayerPerceptron<Float>, loss: @escaping () -> Double) {
    (self.run, self.step, self.network, self.loss) = (run, step, network, loss)
  }

  /// L(θ_k), the mean loss over all samples, in nats.
  public func meanLoss() -> Double { loss() }
}

/// One thread's buffers: the parameters in the kernel's layout, its scratch, and a step's samples.
private final class RunState<Steps: WeightedSteps> {
  private let ensemble: PerceptronEnsemble<Steps>
  private let layout: PerceptronLayout
  private let buffers: StepBuffers
  private let inputs: UnsafeBufferPointer<Float>
  private let labels: UnsafeBufferPointer<Int32>
  private let start: UnsafeMutableBufferPointer<Float>
  private let theta: UnsafeMutableBufferPointer<Float>
  /// θ̃ of a step with a look-ahead.
  private let ahead: UnsafeMutableBufferPointer<Float>
  private let scratch: UnsafeMutableRawBufferPointer
  private let columns: UnsafeMutableBufferPointer<UnsafePointer<Float>?>
  private let chosen: UnsafeMutableBufferPointer<Int32>
  private let features: Int
  private let even: UnsafeMutableBufferPointer<Float>

  init(
    _ ensemble: PerceptronEnsemble<Steps>, _ inputs: UnsafeBufferPointer<Float>, _ labels: UnsafeBufferPointer<Int32>
  ) {
    self.ensemble = ensemble
    (self.inputs, self.labels) = (inputs, labels)
    layout = PerceptronLayout(ensemble.initial.architecture)
    features = ensemble.initial.architecture.widths[0]
    let looksAhead = ensemble.steps.lookAhead != 0
    let count = max(ensemble.steps.sampleCount, looksAhead ? ensemble.samples.count : 0)
    buffers = StepBuffers(count: ensemble.steps.sampleCount)
    start = .allocate(capacity: layout.parameterCount)
    theta = .allocate(capacity: layout.parameterCount)
    ahead = .allocate(capacity: looksAhead ? layout.parameterCount : 0)
    scratch = .allocate(byteCount: 4 * layout.scratchCount(samples: count), alignment: 64)
    columns = .allocate(capacity: count)
    chosen = .allocate(capacity: count)
    even = .allocate(capacity: looksAhead ? count : 0)
    layout.pack(ensemble.initial.parameters, into: start)
    theta.initialize(repeating: 0)
    ahead.initialize(repeating: 0)
    columns.initialize(repeating: nil)
    chosen.initialize(repeating: 0)
    even.initialize(repeating: 0)
  }

  deinit {
    buffers.deallocate()
    for buffer in [start, theta, ahead, even] { buffer.deallocate() }
    scratch.deallocate()
    columns.deallocate()
    chosen.deallocate()
  }

  func run<Value>(
    _ run: Int, recording: [Int], _ observe: (EnsembleSnapshot) -> Value
  ) -> [Value] {
    _ = theta.update(from: start)
    var values: [Value] = []
    values.reserveCapacity(recording.count)
    var k = 0
    for mark in recording {
      while k < mark {
        step(run, k)
        k += 1
      }
      let network = MultilayerPerceptron(layout.architecture, parameters: layout.unpack(theta))
      values.append(observe(EnsembleSnapshot(run: run, step: k, network: network) { self.meanLoss() }))
    }
    return values
  }

  private func meanLoss() -> Double {
    let count = ensemble.samples.count
    var sum = 0.0
    for first in stride(from: 0, to: count, by: columns.count) {
      let size = min(columns.count, count - first)
      for i in 0..<size { choose(i, Int32(truncatingIfNeeded: first + i)) }
      layout.withKernel { net in
        sum += cnk_perceptron_loss(
          net, theta.baseAddress!, scratch.baseAddress!.assumingMemoryBound(to: Float.self), size,
          columns.baseAddress!, chosen.baseAddress!)
      }
    }
    return sum / Double(count)
  }

  private func step(_ run: Int, _ k: Int) {
    let steps = ensemble.steps
    steps.fill(buffers, run: run, step: k)
    let lookAhead = steps.lookAhead
    if lookAhead != 0 {
      for i in 0..<ensemble.samples.count { choose(i, Int32(truncatingIfNeeded: i)) }
      _ = ahead.update(from: theta)
      apply(Float(lookAhead / Double(even.count)), at: theta, to: ahead)
    }
    for i in buffers.samples.indices { choose(i, buffers.samples[i]) }
    apply(UnsafeBufferPointer(buffers.weights), at: theta, to: theta)
    if lookAhead != 0 {
      for i in 0..<ensemble.samples.count { choose(i, Int32(truncatingIfNeeded: i)) }
      apply(Float(steps.driftWeight / Double(even.count)), at: ahead, to: theta)
    }
  }

  private func choose(_ i: Int, _ sample: Int32) {
    // A rule of another module must not read beyond the data.
    precondition(sample >= 0 && sample < labels.count, "sample \(sample) of \(labels.count)")
    columns[i] = inputs.baseAddress! + Int(sample) * features
    chosen[i] = labels[Int(sample)]
  }

  /// The same weight for all samples.
  private func apply(
    _ weight: Float, at: UnsafeMutableBufferPointer<Float>, to: UnsafeMutableBufferPointer<Float>
  ) {
    even.update(repeating: weight)
    apply(UnsafeBufferPointer(even), at: at, to: to)
  }

  private func apply(
    _ weights: UnsafeBufferPointer<Float>, at: UnsafeMutableBufferPointer<Float>,
    to: UnsafeMutableBufferPointer<Float>
  ) {
    layout.withKernel { net in
      cnk_perceptron_step(
        net, at.baseAddress!, to.baseAddress!, scratch.baseAddress!.assumingMemoryBound(to: Float.self),
        weights.count, columns.baseAddress!, chosen.baseAddress!, weights.baseAddress!)
    }
  }
}

/// Where the kernel keeps a network's parameters: columns of whole registers.
private final class PerceptronLayout {
  let architecture: Architecture
  let parameterCount: Int
  private let numbers: UnsafeMutableBufferPointer<Int>
  private var net: cnk_perceptron

  init(_ architecture: Architecture) {
    self.architecture = architecture
    let lanes = Int(CNK_PERCEPTRON_LANES)
    let widths = architecture.widths
    let strides = widths.dropFirst().map { ($0 + lanes - 1) / lanes * lanes }
    var offsets = [0]
    for (n, stride) in zip(widths, strides) { offsets.append(offsets.last! + (n + 1) * stride) }
    parameterCount = offsets.removeLast()
    numbers = .allocate(capacity: 3 * widths.count)
    _ = numbers.initialize(from: widths + strides + offsets)
    let base = UnsafePointer(numbers.baseAddress!)
    net = cnk_perceptron(
      layers: Int32(strides.count), smooth: architecture.activation == .tanh ? 1 : 0, widths: base,
      strides: base + widths.count, offsets: base + widths.count + strides.count, widest: strides.max()!)
  }

  deinit { numbers.deallocate() }

  func withKernel(_ body: (UnsafePointer<cnk_perceptron>) -> Void) { withUnsafePointer(to: &net, body) }

  func scratchCount(samples: Int) -> Int {
    let (layers, widest) = (architecture.layerCount, net.widest)
    let strides = (0..<layers).reduce(0) { $0 + net.strides[$1] }
    return 2 * samples * (layers + 1) + samples * (strides + 2 * widest)
      + widest * (widest + Int(CNK_PERCEPTRON_LANES))
  }

  func pack(_ parameters: NetworkParameters<Float>, into theta: UnsafeMutableBufferPointer<Float>) {
    theta.initialize(repeating: 0)
    for l in parameters.weights.indices {
      let (weights, bias) = (parameters.weights[l], parameters.biases[l])
      let (stride, offset) = (net.strides[l], net.offsets[l])
      for i in 0..<weights.columns {
        for j in 0..<weights.rows { theta[offset + i * stride + j] = weights.elements[i * weights.rows + j] }
      }
      let end = offset + weights.columns * stride
      if l == architecture.layerCount - 1 { for j in 0..<stride { theta[end + j] = -1e30 } }
      for j in 0..<bias.count { theta[end + j] = bias.elements[j] }
    }
  }

  func unpack(_ theta: UnsafeMutableBufferPointer<Float>) -> NetworkParameters<Float> {
    var out = NetworkParameters<Float>(zerosFor: architecture)
    for l in out.weights.indices {
      let (m, n) = (out.weights[l].rows, out.weights[l].columns)
      let (stride, offset) = (net.strides[l], net.offsets[l])
      for i in 0..<n {
        for j in 0..<m { out.weights[l].elements[i * m + j] = theta[offset + i * stride + j] }
      }
      for j in 0..<m { out.biases[l].elements[j] = theta[offset + n * stride + j] }
    }
    return out
  }
}
