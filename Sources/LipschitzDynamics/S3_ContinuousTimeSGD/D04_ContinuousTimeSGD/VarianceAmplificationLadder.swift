// How far SGD's law of Z is from that of its SDE on a network, and how stochastic variance amplification bridges the two.

public import DenseLinearAlgebra
public import DistributedWork
internal import ExactArithmetic
public import NetworkTraining
public import RandomStreams
internal import StochasticCalculus
public import VerificationKit

/// Laws of Z(T) − Z(0) on one network: SGD, SVAG(l) for a ladder of l, and the SDE of Definition 4 with full covariance.
///
/// SVAG(l) shares mean and covariance of every unit of time with SGD and tends to the SDE as l grows. If its laws do
/// not move with l, the SDE describes SGD; if they do, the fall of the distance to the SDE shows that it is SGD's steps,
/// not the SDE's solution, that make the difference.
///
/// - Source: Definition 4, arXiv 2506.18588; Li, Malladi, Arora 2021 for SVAG; Li, Tai, E 2019 for the drift of order 2.
public struct VarianceAmplificationLadder: Sendable {
  /// η; a step takes the time η.
  public let learningRate: LearningRate
  /// M, drawn with replacement.
  public let batchSize: BatchSize
  /// Steps of SGD until T.
  public let steps: Int
  /// l, ascending.
  public let amplifications: [Int]
  /// Euler–Maruyama steps a learning rate; the coarser reference has a quarter of them, the coarsest two one and four.
  public let substeps: Int

  /// - Throws: `HypothesisViolation` naming what cannot be a ladder.
  public init(
    learningRate: LearningRate, batchSize: BatchSize, steps: Int, amplifications: [Int] = [1, 2, 4, 8],
    substeps: Int = 32
  ) throws(HypothesisViolation) {
    try HypothesisViolation.require((1...1_000_000).contains(steps), field: "steps", value: steps, "from 1 to 1000000")
    try HypothesisViolation.require(
      amplifications.first == 1 && zip(amplifications, amplifications.dropFirst()).allSatisfy { $0 < $1 }
        && amplifications.allSatisfy { $0 <= 1000 }, field: "amplifications l", value: "\(amplifications)",
      "ascending from 1, which is SGD, to at most 1000")
    try HypothesisViolation.require(
      substeps % 4 == 0 && (8...1000).contains(substeps), field: "Euler–Maruyama steps a learning rate",
      value: substeps, "a multiple of 4, from 8 to 1000")
    (self.learningRate, self.batchSize, self.steps) = (learningRate, batchSize, steps)
    (self.amplifications, self.substeps) = (amplifications, substeps)
  }

  /// Mean and spread of an ensemble's Z(T) − Z(0), and what the noise is to the gradient.
  public struct Law: Sendable, Encodable {
    /// Which process the ensemble ran: "SGD", "SVAG(2)", …
    public let name: String
    /// How many independent runs the ensemble has.
    public let runs: Int
    /// E[Z(T) − Z(0)], estimated; dimensionless, as all of Z.
    public let mean: Double
    /// Standard error of ``mean``.
    public let meanError: Double
    /// Spread of Z(T) − Z(0) over runs.
    public let standardDeviation: Double
    /// Standard error of ``standardDeviation``, from the measured fourth moment.
    public let standardDeviationError: Double
    /// tr Σ/‖∇L‖² at time T, the mean over runs; Σ the covariance of a batch's mean.
    public let noiseToSignal: Double
    /// Full-data loss at time T, averaged over runs.
    public let loss: Double
    /// Z(T) − Z(0) of every run; not written.
    public let changes: [Double]

    enum CodingKeys: CodingKey {
      case name, runs, mean, meanError, standardDeviation, standardDeviationError, noiseToSignal, loss
    }

    fileprivate init(_ name: String, _ ends: [End]) {
      self.name = name
      changes = ends.map(\.change)
      let moments = RunningMoments(changes)
      runs = moments.count
      mean = moments.mean
      meanError = moments.standardErrorOfMean
      standardDeviation = moments.standardDeviation
      standardDeviationError = moments.standardErrorOfVariance / (2 * moments.standardDeviation)
      noiseToSignal = ends.map(\.noiseToSignal).mean
      loss = ends.map(\.loss).mean
    }
  }

  /// How two independent ensembles of Z differ: in the mean, in the standard deviation, and in anything.
  public struct Distance: Sendable, Encodable {
    /// The first law's mean less the second's.
    public let mean: Double
    /// Standard error of ``mean``, both ensembles' errors together.
    public let meanError: Double
    /// The first law's standard deviation less the second's.
    public let standardDeviation: Double
    /// Standard error of ``standardDeviation``, both ensembles' errors together.
    public let standardDeviationError: Double
    /// Székely's distance of the two laws, which is zero for equal laws only.
    public let energy: EnergyDistance

    /// Compares two ensembles that share no random number.
    ///
    /// - Parameters:
    ///   - a: at least three runs.
    ///   - b: at least three runs.
    public init(_ a: Law, _ b: Law) {
      func root(_ x: Double, _ y: Double) -> Double { (x * x + y * y).squareRoot() }
      mean = a.mean - b.mean
      meanError = root(a.meanError, b.meanError)
      standardDeviation = a.standardDeviation - b.standardDeviation
      standardDeviationError = root(a.standardDeviationError, b.standardDeviationError)
      energy = EnergyDistance(a.changes, b.changes)
    }

    /// Whether all of them are within z standard errors of zero.
    public func isZero(within z: Double) -> Bool {
      abs(mean) <= z * meanError && abs(standardDeviation) <= z * standardDeviationError
        && energy.value <= z * energy.standardError
    }
  }

  /// The laws, and what follows from them.
  public struct Outcome: Sendable, Encodable {
    /// SGD and SVAG, a law for each l.
    public let descents: [Law]
    /// The SDE by Euler–Maruyama with the fine and the four times coarser step.
    public let diffusion: Law
    /// The same SDE with the four times larger step, from which the discretisation's error shows.
    public let coarseDiffusion: Law
    /// Euler–Maruyama with the steps η and η/4: what solving the SDE no finer than SGD makes of it.
    public let largeSteps: [Law]
    /// The SDE with the drift of order 2.
    public let secondOrder: Law
    /// tr Σ/‖∇L‖² at time 0.
    public let initialNoiseToSignal: Double

    /// Distances of the laws of SVAG(l) from the SDE's.
    public var distances: [Distance] { descents.map { Distance($0, diffusion) } }
    /// What is left of the discretisation: it should be nothing within errors.
    public var discretisation: Distance { Distance(coarseDiffusion, diffusion) }
    /// Euler–Maruyama's law with the step η against that with η/4.
    public var largeStepDistance: Distance { Distance(largeSteps[0], largeSteps[1]) }
    /// SGD against the SDE with the drift of order 2, which is the nearer of the two for small η.
    public var secondOrderDistance: Distance { Distance(descents[0], secondOrder) }

    /// Whether no distance in the mean, the spread or the energy exceeds the one before it by more than z standard errors.
    public func falls(within z: Double) -> Bool {
      zip(distances, distances.dropFirst()).allSatisfy { before, after in
        abs(after.mean) <= abs(before.mean) + z * (before.meanError + after.meanError)
          && abs(after.standardDeviation) <= abs(before.standardDeviation)
            + z * (before.standardDeviationError + after.standardDeviationError)
          && after.energy.value <= before.energy.value
            + z * (before.energy.standardError + after.energy.standardError)
      }
    }

    /// Whether SGD's own distance in the mean is seen at all, and the last rung's is smaller beyond z standard errors.
    public func isResolved(at z: Double) -> Bool {
      let (first, last) = (distances[0], distances[distances.count - 1])
      return abs(first.mean) > z * first.meanError
        && abs(first.mean) - abs(last.mean) > z * Distance(descents[0], descents[descents.count - 1]).meanError
    }
  }

  /// What is known of one run at its end.
  public struct End: Sendable, Equatable, Codable {
    /// Z(T) − Z(0) of the run; dimensionless.
    public let change: Double
    /// tr Σ/‖∇L‖² there.
    public let noiseToSignal: Double
    /// Full-data loss at time T.
    public let loss: Double

    /// One run's end, as measured or as read from a checkpoint.
    ///
    /// - Parameters:
    ///   - change: Z(T) − Z(0).
    ///   - noiseToSignal: tr Σ/‖∇L‖² at time T.
    ///   - loss: full-data loss at time T.
    public init(change: Double, noiseToSignal: Double, loss: Double) {
      (self.change, self.noiseToSignal, self.loss) = (change, noiseToSignal, loss)
    }
  }

  /// Runs all ensembles.
  ///
  /// - Parameters:
  ///   - network: θ_0; its activation should be smooth.
  ///   - samples: the population; the SDE costs a pass over it at every step.
  ///   - runs: of each ensemble, at least 50. All ensembles have streams of their own.
  ///   - stream: whose children are the ensembles' streams.
  ///   - seed: equal streams and seeds give equal digits.
  ///   - workers: threads; the digits do not depend on it.
  ///   - finished: runs of earlier calls with the same arguments, by the ensemble's name, from run 0 on.
  ///   - keep: given all finished runs after each block of them, so that a later call can go on from there.
  ///   - progress: the ensemble's name and the number of its finished runs.
  ///   - isCancelled: asked before each block of runs; several processes must agree.
  ///   - sharing: who does the runs; the digits do not depend on it either. All processes need the same `finished`.
  /// - Returns: nothing if it was cancelled.
  /// - Throws: `HypothesisViolation` if a run leaves the finite numbers, `NetworkTrainingError` if data do not fit.
  public func run(
    _ network: MultilayerPerceptron<Float>, _ samples: Samples<Float>, runs: Int, stream: StreamName, seed: UInt64,
    workers: Int? = nil, finished: [String: [End]] = [:], keep: ([String: [End]]) throws -> Void = { _ in },
    progress: (String, Int) -> Void = { _, _ in }, isCancelled: () -> Bool = { false },
    sharing: WorkSharing = .alone
  ) throws -> Outcome? {
    try HypothesisViolation.require(
      (50...100_000_000).contains(runs), field: "runs", value: runs, "from 50, for an interval, to 100000000")
    let origin = network.inDoublePrecision.logNorm
    var finished = finished
    func law(_ name: String, _ rule: some WeightedSteps, _ last: Int) throws -> Law? {
      let ensemble = try PerceptronEnsemble(rule, from: network, on: samples)
      var ends = Array((finished[name] ?? []).prefix(runs))
      while ends.count < runs && !isCancelled() {
        // A block of runs is seconds of work, and what is lost by an interruption.
        let first = ends.count
        let block = first..<min(runs, first + 512 * sharing.size)
        let end: @Sendable (EnsembleSnapshot) -> End = { snapshot in
          End(
            change: snapshot.network.inDoublePrecision.logNorm - origin,
            noiseToSignal: noiseToSignal(snapshot.network, samples), loss: snapshot.meanLoss())
        }
        if sharing.size == 1 {
          ends += ensemble.run(
            block, recording: [last], workers: workers, progress: { progress(name, first + $0) },
            isCancelled: isCancelled, observe: end
          ).map { $0[0] }
        } else {
          progress(name, first)
          let piece = 16
          ends += try sharing.map((block.count + piece - 1) / piece, threads: workers ?? 1) { index in
            let start = first + index * piece
            return ensemble.run(
              start..<min(block.upperBound, start + piece), recording: [last], workers: 1, observe: end
            ).map { $0[0] }
          }.joined()
        }
        finished[name] = ends
        try keep(finished)
      }
      guard ends.count == runs else { return nil }
      try HypothesisViolation.require(
        ends.allSatisfy { $0.change.isFinite && $0.loss.isFinite }, field: "learning rate", value: learningRate.value,
        "one at which every run of \(name) stays finite")
      return Law(name, ends)
    }
    func diffusion(_ name: String, _ substeps: Int, _ order: EulerMaruyamaSteps.DriftOrder) throws -> Law? {
      let rule = try EulerMaruyamaSteps(
        learningRate: learningRate, batchSize: batchSize, of: samples.count, substeps: substeps, driftOrder: order,
        stream: stream.appending(name), seed: seed)
      return try law(name, rule, steps * substeps)
    }
    var descents: [Law] = []
    for l in amplifications {
      let name = l == 1 ? "SGD" : "SVAG(\(l))"
      let rule = try StochasticVarianceAmplifiedSteps(
        learningRate: learningRate, batchSize: batchSize, of: samples.count, amplification: l,
        stream: stream.appending(name), seed: seed)
      guard let found = try law(name, rule, steps * l) else { return nil }
      descents.append(found)
    }
    guard let whole = try diffusion("SDE, step η", 1, .first),
      let quarter = try diffusion("SDE, step η/4", 4, .first),
      let coarse = substeps == 16 ? quarter : try diffusion("SDE, step η/\(substeps / 4)", substeps / 4, .first),
      let fine = try diffusion("SDE, step η/\(substeps)", substeps, .first),
      let second = try diffusion("SDE of order 2", substeps, .second)
    else { return nil }
    return Outcome(
      descents: descents, diffusion: fine, coarseDiffusion: coarse, largeSteps: [whole, quarter],
      secondOrder: second,
      initialNoiseToSignal: noiseToSignal(network, samples))
  }

  /// tr Σ/‖∇L‖² with Σ = C_N/M: batches drawn with replacement.
  private func noiseToSignal(_ network: MultilayerPerceptron<Float>, _ samples: Samples<Float>) -> Double {
    var squares = 0.0
    network.overAll(samples) { workspace in
      for layer in workspace.layers {
        for i in 0..<workspace.sampleCount {
          // A sample's gradients of a layer's weights and biases are δxᵀ and δ.
          let (delta, x) = (layer.deltas.column(i), layer.inputs.column(i))
          squares += Double(delta.dot(delta)) * (Double(x.dot(x)) + 1)
        }
      }
    }
    let gradient = network.fullGradient(samples).flattened
    let signal = Double(gradient.dot(gradient))
    return (squares / Double(samples.count) - signal) / Double(batchSize.value) / signal
  }
}

extension MultilayerPerceptron<Float> {
  var inDoublePrecision: MultilayerPerceptron<Double> {
    MultilayerPerceptron<Double>(
      architecture,
      parameters: NetworkParameters(
        flattened: Vector(parameters.flattened.elements.map { Double($0) }), architecture))
  }
}
