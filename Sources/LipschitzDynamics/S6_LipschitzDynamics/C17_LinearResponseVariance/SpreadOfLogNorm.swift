// How much log K scatters over sampling seeds, beside what the theories say: the comparison that a person reads.

public import DenseLinearAlgebra
public import NetworkTraining
public import RandomStreams
internal import VerificationKit

/// Observed and predicted variances of log K of one network at several times.
public struct SpreadOfLogNorm: Sendable {
  public struct Row: Sendable {
    /// The number of steps.
    public let step: Int
    /// t = η · step.
    public let time: Double
    /// log K of every run, minus that of the initial network.
    public let changes: [Double]
    /// By ``LinearResponseVariance``.
    public let linearResponse: Double
    /// Theorem 17 with the exact cross-layer λ_Z²: ∫λ_Z² along the noise-free path.
    public let plugIn: Double
    /// Theorem 17 as printed, layer by layer.
    public let layerwisePlugIn: Double
  }

  /// An observed variance over a predicted one, with its interval.
  public struct Ratio: Sendable, CustomStringConvertible {
    public let value: Double
    public let standardError: Double

    /// - Parameter changes: independent; the fourth moment is measured, not assumed Gaussian.
    public init(of changes: [Double], over predicted: Double) {
      let n = Double(changes.count)
      let mean = changes.reduce(0, +) / n
      let (second, fourth) = changes.reduce((0.0, 0.0)) { sum, x in
        let d = (x - mean) * (x - mean)
        return (sum.0 + d, sum.1 + d * d)
      }
      let variance = second / (n - 1)
      value = variance / predicted
      standardError = max(0, fourth / n - (second / n) * (second / n)).squareRoot() / (n.squareRoot() * predicted)
    }

    /// Half of the 99 % interval.
    public var halfWidth: Double { Distribution.normalUpperQuantile(0.005) * standardError }
    public var interval: ClosedRange<Double> { (value - halfWidth)...(value + halfWidth) }
    /// "0.98 ± 0.08".
    public var description: String { "\(hundredths(value)) ± \(hundredths(halfWidth))" }

    private func hundredths(_ x: Double) -> Double { (x * 100).rounded() / 100 }
  }

  public let rows: [Row]

  /// Runs the ensemble and both predictions.
  ///
  /// - Parameters:
  ///   - network: θ_0 of every run.
  ///   - steps: the numbers of steps at which log K is observed, ascending.
  ///   - runs: their numbers; run r draws its batches from the stream's child r, so ensembles can be continued.
  ///   - workers: threads; the digits do not depend on it.
  ///   - isCancelled: asked before each block of runs; what is done until then counts.
  /// - Throws: ``HypothesisViolation`` naming what does not fit; σ₁ not simple along the noise-free path.
  public init(
    from network: MultilayerPerceptron<Double>, on samples: Samples<Double>, sampling: Sampling, batchSize: BatchSize,
    learningRate: LearningRate, steps: [Int], runs: Range<Int>, stream: StreamName, seed: UInt64, workers: Int? = nil,
    progress: (Int) -> Void = { _ in }, isCancelled: () -> Bool = { false }
  ) throws {
    try HypothesisViolation.require(
      !steps.isEmpty && steps[0] >= 1 && zip(steps, steps.dropFirst()).allSatisfy { $0 < $1 }, field: "times",
      value: "\(steps)", "ascending positive numbers of steps")
    try HypothesisViolation.require(
      sampling != .epochShuffling, field: "sampling", value: sampling.rawValue,
      "independent batches: the noise of an epoch nearly cancels, and no prediction here holds for it")
    let last = steps.last ?? 0
    let noise: NoiseModel =
      sampling == .withReplacement
      ? .populationWithReplacement(batchSize: batchSize.value)
      : .populationWithoutReplacement(batchSize: batchSize.value)
    let path = try NetworkDescentPath(
      from: network, on: samples, noise: noise, learningRate: learningRate, steps: last)
    let diffusion = try path.diffusion()
    let predictions = try steps.map { end in
      (
        response: try ResponseVariance().variance(path, at: end),
        plugIn: diffusion[..<end].reduce(0) { $0 + $1.exact },
        layerwise: diffusion[..<end].reduce(0) { $0 + $1.layerwise }
      )
    }
    try HypothesisViolation.require(
      predictions.allSatisfy { $0.response > 0 && $0.response.isFinite }, field: "batch size M",
      value: batchSize.value, "batches that differ, and a descent whose disturbances stay finite")
    let changes = try Self.observe(
      network, samples, sampling, batchSize, learningRate, steps: steps, runs: runs, stream: stream, seed: seed,
      workers: workers, progress: progress, isCancelled: isCancelled)
    rows = steps.indices.map { i in
      Row(
        step: steps[i], time: Double(steps[i]) * learningRate.value, changes: changes[i],
        linearResponse: predictions[i].response, plugIn: predictions[i].plugIn,
        layerwisePlugIn: predictions[i].layerwise)
    }
  }

  /// log K of every run minus the initial one; shape [times][runs].
  static func observe(
    _ network: MultilayerPerceptron<Double>, _ samples: Samples<Double>, _ sampling: Sampling, _ batchSize: BatchSize,
    _ learningRate: LearningRate, steps: [Int], runs: Range<Int>, stream: StreamName, seed: UInt64, workers: Int?,
    progress: (Int) -> Void = { _ in }, isCancelled: () -> Bool = { false }
  ) throws -> [[Double]] {
    let last = steps.last ?? 0
    let descent = StochasticGradientDescent(on: samples, learningRate: learningRate)
    let origin = DigitsPopulation.logNorms(network).reduce(0, +)
    var changes = [[Double]](repeating: [], count: steps.count)
    // In blocks, so that an interrupted ensemble is a smaller ensemble.
    let block = 128
    var next = runs.lowerBound
    while next < runs.upperBound && !isCancelled() {
      let first = next
      let count = min(block, runs.upperBound - first)
      let samplers = try (first..<first + count).map { run in
        try BatchSampler(
          sampling, batchSize: batchSize, of: samples.count, stream: stream.appending("run").appending(run), seed: seed)
      }
      let ensemble = SGDEnsemble(descent, from: network) { samplers[$0] }
      let observe: @Sendable (inout [Double], TrainingStep<Double>) -> Void = { seen, step in
        if seen.count < steps.count, step.index == steps[seen.count] {
          seen.append(DigitsPopulation.logNorms(step.network).reduce(0, +) - origin)
        }
      }
      let results = ensemble.run(count, steps: last, workers: workers, state: { _ in [] }, observe: observe)
      for result in results {
        let values = result.state + [DigitsPopulation.logNorms(result.network).reduce(0, +) - origin]
        for (index, value) in values.enumerated() { changes[index].append(value) }
      }
      next += count
      progress(next - runs.lowerBound)
    }
    try HypothesisViolation.require(
      changes[0].count >= 50, field: "runs", value: changes[0].count, "at least 50 for an interval")
    try HypothesisViolation.require(
      changes.allSatisfy { $0.allSatisfy(\.isFinite) }, field: "log K of some run", value: "not finite",
      "a learning rate at which SGD is stable")
    return changes
  }
}
