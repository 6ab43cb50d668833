// How much log K scatters over sampling seeds, beside what the theories say: the comparison that a person reads.

public import DenseLinearAlgebra
public import DistributedWork
public import NetworkTraining
public import RandomStreams
internal import VerificationKit

/// Observed and predicted variances of log K of one network at several times.
public enum SpreadOfLogNorm {
  /// How batches are drawn, how far a step goes, and the numbers of steps at which log K is observed.
  public struct Regime: Sendable {
    /// How batches are drawn from the data set.
    public let sampling: Sampling
    /// M, the samples of one step.
    public let batchSize: BatchSize
    /// η, the same at every step.
    public let learningRate: LearningRate
    /// Ascending and positive.
    public let steps: [Int]

    /// - Throws: `HypothesisViolation` if the steps are not ascending and positive.
    public init(sampling: Sampling, batchSize: BatchSize, learningRate: LearningRate, steps: [Int]) throws {
      try HypothesisViolation.require(
        steps.first.map { $0 >= 1 } ?? false && zip(steps, steps.dropFirst()).allSatisfy { $0 < $1 },
        field: "times", value: "\(steps)", "ascending positive numbers of steps")
      (self.sampling, self.batchSize, self.learningRate, self.steps) = (sampling, batchSize, learningRate, steps)
    }

    var last: Int { steps.last ?? 0 }
  }

  /// The law of log K less its start after some steps: its mean by two theories, its variance by three.
  public struct Prediction: Sendable, Codable {
    /// Theorem 16 with the coefficients of the noise-free path: ∫(μ + κ − ½Σ‖λ⁽ˡ⁾‖²).
    public let mean: Double
    /// The noise-free path's own log K: what is left of the mean without any noise.
    public let noiseFreeMean: Double
    /// By ``LinearResponseVariance``.
    public let linearResponse: Double
    /// Theorem 17 as printed: ∫Σ‖λ⁽ˡ⁾‖² along the noise-free path.
    public let theorem17: Double
    /// Theorem 17 with the exact cross-layer λ_Z².
    public let exactDiffusion: Double
    /// The smallest (σ₁ − σ₂)/σ₁ of any layer on the noise-free path until then; absent in records of earlier versions.
    public let relativeGap: Double?

    /// The predicted standard deviation of log K over the smallest gap. Singular vectors turn by about that much, so that
    /// linear response is good where it is well below one.
    public var rotation: Double { relativeGap.map { linearResponse.squareRoot() / $0 } ?? 0 }
  }

  /// The predictions, a time each.
  ///
  /// - Parameters:
  ///   - network: θ_0.
  ///   - samples: the whole data set, of which batches are drawn independently.
  ///   - regime: how batches are drawn, how far a step goes, and when log K is observed.
  /// - Throws: `HypothesisViolation` naming what does not fit: batches that are dependent or all equal, a descent whose
  ///   disturbances do not stay finite, a σ₁ that is not simple along the noise-free path.
  public static func predict(
    _ network: MultilayerPerceptron<Double>, _ samples: Samples<Double>, _ regime: Regime
  ) throws -> [Prediction] {
    let size = regime.batchSize.value
    try HypothesisViolation.require(
      regime.sampling != .epochShuffling, field: "sampling", value: regime.sampling.rawValue,
      "independent batches: the noise of an epoch nearly cancels, and no prediction here holds for it")
    let noise: NoiseModel =
      regime.sampling == .withReplacement
      ? .populationWithReplacement(batchSize: size) : .populationWithoutReplacement(batchSize: size)
    let path = try NetworkDescentPath(
      from: network, on: samples, noise: noise, learningRate: regime.learningRate, steps: regime.last)
    let (coefficients, eta, origin) = (try path.coefficients(), regime.learningRate.value, try path.logNorm(at: 0))
    func integral(_ end: Int, _ f: (NetworkCoefficients) -> Double) -> Double {
      coefficients[..<end].reduce(0) { $0 + eta * f($1) }
    }
    var (smallest, looked) = (Double.infinity, 0)
    let stride = max(1, regime.last / 200)
    return try regime.steps.map { end in
      while looked <= end {
        smallest = min(smallest, try path.relativeGap(at: looked))
        looked += stride
      }
      let prediction = Prediction(
        mean: integral(end, \.logDrift), noiseFreeMean: try path.logNorm(at: end) - origin,
        linearResponse: try ResponseVariance().variance(path, at: end),
        theorem17: integral(end, \.layerwiseLambdaSquared), exactDiffusion: integral(end, \.exactLambdaSquared),
        relativeGap: smallest)
      let values = [prediction.linearResponse, prediction.theorem17, prediction.exactDiffusion]
      try HypothesisViolation.require(
        values.allSatisfy(\.isFinite) && prediction.mean.isFinite, field: "learning rate",
        value: regime.learningRate.value,
        "a descent whose disturbances stay finite")
      try HypothesisViolation.require(
        values.allSatisfy { $0 > 0 }, field: "batch size M", value: size,
        "batches that differ: fewer than all samples, or with replacement")
      return prediction
    }
  }

  /// log K of every run minus the initial one.
  ///
  /// - Parameters:
  ///   - network: θ_0 of every run.
  ///   - samples: the whole data set.
  ///   - regime: how batches are drawn, how far a step goes, and when log K is observed.
  ///   - runs: their numbers; run r draws its batches from the stream's child r, so ensembles can be continued.
  ///   - stream: whose children are the runs' streams.
  ///   - seed: equal streams and seeds give equal digits.
  ///   - workers: threads, by default one a processor; the digits do not depend on it.
  ///   - progress: called with the number of finished runs.
  ///   - isCancelled: asked before each block of runs; what is done until then is returned. Several processes must agree.
  ///   - sharing: who does the runs; the digits do not depend on it either.
  /// - Returns: shape [times][runs].
  /// - Throws: `HypothesisViolation` if a run leaves the finite numbers.
  public static func observe(
    _ network: MultilayerPerceptron<Double>, _ samples: Samples<Double>, _ regime: Regime, runs: Range<Int>,
    stream: StreamName, seed: UInt64, workers: Int? = nil, progress: (Int) -> Void = { _ in },
    isCancelled: () -> Bool = { false }, sharing: WorkSharing = .alone
  ) throws -> [[Double]] {
    let descent = StochasticGradientDescent(on: samples, learningRate: regime.learningRate)
    let origin = network.logNorm
    let steps = regime.steps
    var changes = [[Double]](repeating: [], count: steps.count)
    // In blocks, so that an interrupted ensemble is a smaller ensemble.
    let block = 128 * sharing.size
    var next = runs.lowerBound
    while next < runs.upperBound && !isCancelled() {
      let first = next
      let count = min(block, runs.upperBound - first)
      let samplers = try (first..<first + count).map { run in
        try BatchSampler(
          regime.sampling, batchSize: regime.batchSize, of: samples.count,
          stream: stream.appending("run").appending(run),
          seed: seed)
      }
      let observe: @Sendable (inout [Double], TrainingStep<Double>) -> Void = { seen, step in
        if seen.count < steps.count, step.index == steps[seen.count] {
          seen.append(step.network.logNorm - origin)
        }
      }
      let piece = sharing.size == 1 ? count : 4
      let results = try sharing.map(
        (count + piece - 1) / piece, threads: sharing.size == 1 ? 1 : workers ?? 1
      ) { index in
        let start = index * piece
        return SGDEnsemble(descent, from: network) { samplers[start + $0] }
          .run(
            min(piece, count - start), steps: regime.last, workers: sharing.size == 1 ? workers : 1,
            state: { _ in [] }, observe: observe
          ).map { $0.state + [$0.network.logNorm - origin] }
      }
      for values in results.joined() { for (index, value) in values.enumerated() { changes[index].append(value) } }
      next += count
      progress(next - runs.lowerBound)
    }
    try HypothesisViolation.require(
      changes.allSatisfy { $0.allSatisfy(\.isFinite) }, field: "learning rate", value: regime.learningRate.value,
      "one at which log K of every run stays finite")
    return changes
  }
}

/// An observed variance over a predicted one, with its interval.
public struct VarianceRatio: Sendable, CustomStringConvertible {
  /// Observed over predicted; 1 if the prediction is right.
  public let value: Double
  /// Of ``value``, from the measured fourth moment.
  public let standardError: Double

  /// - Parameters:
  ///   - changes: independent, at least two; the fourth moment is measured, not assumed Gaussian.
  ///   - predicted: positive.
  public init(of changes: [Double], over predicted: Double) {
    let n = Double(changes.count)
    let mean = changes.reduce(0, +) / n
    let (second, fourth) = changes.reduce((0.0, 0.0)) { sum, x in
      let d = (x - mean) * (x - mean)
      return (sum.0 + d, sum.1 + d * d)
    }
    value = second / (n - 1) / predicted
    standardError = max(0, fourth / n - (second / n) * (second / n)).squareRoot() / (n.squareRoot() * predicted)
  }

  /// Half of the 99 % interval.
  public var halfWidth: Double { Distribution.normalUpperQuantile(0.005) * standardError }

  /// Ratio and half of its 99 % interval, e.g. "0.98 ± 0.08".
  public var description: String { "\(rounded(value)) ± \(rounded(halfWidth))" }

  /// Two decimals, or two significant digits of a small number.
  private func rounded(_ x: Double) -> Double {
    let scale = x.magnitude < 0.1 ? 10_000.0 : 100
    return (x * scale).rounded() / scale
  }
}
