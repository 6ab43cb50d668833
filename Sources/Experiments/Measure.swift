// What can be measured of an experiment's runs, each with the interval of its own sampling error.

private import Foundation
internal import VerificationKit

/// A number made of the runs of a variant, or of several.
public enum Measure: String, Codable, Sendable, CaseIterable {
  /// E[ΔZ] over the whole run over what Theorem 16's drift says.
  case changeRatio
  /// Slope of one step's ΔZ against η times the drift before it, weighted by the noise: agreement without integration.
  case stepSlope
  /// Variance of one step's (ΔZ − η drift)/√(ηλ_Z²): 1 if λ_Z² is right.
  case stepResidualVariance
  /// Var Z(T) over ∫Σ‖λ⁽ˡ⁾‖²dt along the runs: Theorem 17.
  case varianceRatio
  /// The same with the exact ∫λ_Z²dt.
  case exactVarianceRatio
  /// Slope of log Var Z(T) against log x over variants.
  case logVarianceSlope
  /// Slope of log ∫Σ‖λ⁽ˡ⁾‖²dt against log x: the plug-in's.
  case plugInVarianceSlope
  /// Slope of Z(T) against x over variants.
  case finalSlope
  /// Slope of ΔZ against x over variants.
  case changeSlope
  /// Z(T) less the baseline's.
  case finalDifference
  /// ΔZ less the baseline's.
  case changeDifference
  /// Standard deviation of Z(T) over seeds over |E ΔZ|.
  case spreadOverChange
  /// ΔZ.
  case change
  /// ΔZ from the first row at which all training images are right.
  case lateChange
  /// ∫κ over ΔZ from there.
  case lateKappaShare
  /// ∫μ over ΔZ from there.
  case lateMuShare
  /// log of tr Σ at the end over tr Σ there.
  case lateNoiseDecay
  /// ∫κ over ∫|μ|.
  case kappaOverMu
  /// ∫λ_Z² exact over ∫Σ‖λ⁽ˡ⁾‖²: 1 under Assumption 3.
  case crossLayerRatio
  /// Skewness of Z(T): 0 if K is log-normal.
  case skewness
  /// Excess kurtosis of Z(T).
  case excessKurtosis
  /// Excess kurtosis of a batch's ⟨∇Z, ḡ⟩: that of one image over M; 0 for Gaussian noise.
  case batchKurtosis
  /// Hill's tail index of one image's ⟨∇Z, g_i⟩: above 4 the kurtosis exists.
  case tailIndex

  public var isSlope: Bool {
    switch self {
    case .logVarianceSlope, .plugInVarianceSlope, .finalSlope, .changeSlope: true
    default: false
    }
  }

  /// Whether it can have either sign, so that to have the predicted one says something.
  public var isSigned: Bool {
    switch self {
    case .stepResidualVariance, .varianceRatio, .exactVarianceRatio, .spreadOverChange, .crossLayerRatio, .tailIndex:
      false
    default: true
    }
  }

  var needsBaseline: Bool { self == .finalDifference || self == .changeDifference }

  /// - Parameters:
  ///   - runs: of the variant measured.
  ///   - baseline: of the variant compared with; the same seeds in the same order.
  ///   - groups: all variants that have an x.
  /// - Returns: nil if the runs do not have what is measured.
  func estimate(
    _ runs: [TrialRecord], baseline: [TrialRecord], groups: [(x: Double, batchSize: Double, runs: [TrialRecord])],
    batchSize: Double
  ) -> Estimate? {
    switch self {
    case .changeRatio: Statistics.ratio(runs.map { ($0.change, ($0.predictedPath.last ?? .nan) - $0.rows[0].logNorm) })
    // What is left of a step is a martingale's difference: steps of one run count one by one.
    case .stepSlope: Statistics.ratio(runs.flatMap(Self.steps))
    case .stepResidualVariance: Statistics.mean(runs.flatMap(Self.squaredResiduals))
    case .varianceRatio: Statistics.varianceRatio(runs, over: { $0.integral(\.lambdaSquaredLayerwise) })
    case .exactVarianceRatio: Statistics.varianceRatio(runs, over: { $0.integral(\.lambdaSquared) })
    case .logVarianceSlope: Statistics.logVarianceSlope(groups.map { ($0.x, $0.runs.map(\.finalLogNorm)) })
    case .plugInVarianceSlope:
      Statistics.pairedSlope(groups.map { (log($0.x), $0.runs.map { log($0.integral(\.lambdaSquaredLayerwise)) }) })
    case .finalSlope: Statistics.pairedSlope(groups.map { ($0.x, $0.runs.map(\.finalLogNorm)) })
    case .changeSlope: Statistics.pairedSlope(groups.map { ($0.x, $0.runs.map(\.change)) })
    case .finalDifference: Statistics.mean(zip(runs, baseline).map { $0.finalLogNorm - $1.finalLogNorm })
    case .changeDifference: Statistics.mean(zip(runs, baseline).map { $0.change - $1.change })
    case .spreadOverChange: Statistics.spreadOverMean(runs.map(\.change))
    case .change: Statistics.mean(runs.map(\.change))
    case .lateChange: Self.late(runs) { run, from in run.finalLogNorm - run.rows[from].logNorm }
    case .lateKappaShare:
      Self.late(runs) { run, from in
        run.integral(from: from, \.kappa) / (run.finalLogNorm - run.rows[from].logNorm)
      }
    case .lateMuShare:
      Self.late(runs) { run, from in run.integral(from: from, \.mu) / (run.finalLogNorm - run.rows[from].logNorm) }
    case .lateNoiseDecay:
      Self.late(runs) { run, from in log((run.rows.last?.noiseTrace ?? .nan) / run.rows[from].noiseTrace) }
    case .kappaOverMu: Statistics.mean(runs.map { $0.integral(\.kappa) / $0.integral { abs($0.mu) } })
    case .crossLayerRatio:
      Statistics.mean(runs.map { $0.integral(\.lambdaSquared) / $0.integral(\.lambdaSquaredLayerwise) })
    case .skewness: Statistics.shape(runs.map(\.finalLogNorm)).skewness
    case .excessKurtosis: Statistics.shape(runs.map(\.finalLogNorm)).kurtosis
    case .batchKurtosis: Statistics.mean(runs.map { Self.rowMean($0) { $0.scoreKurtosis / batchSize } })
    case .tailIndex: Statistics.mean(runs.map { Self.rowMean($0, \.tailIndex) })
    }
  }

  /// predicted·observed/λ² and predicted²/λ² of the steps that follow rows, without what the terms' own sampling error adds
  /// to the square: a slope against a noisy number is too small.
  private static func steps(_ run: TrialRecord) -> [(Double, Double)] {
    run.rows.dropLast().map { row in
      let (predicted, observed) = (run.learningRate * row.drift, row.nextLogNorm - row.logNorm)
      return (
        predicted * observed / row.lambdaSquared,
        (predicted * predicted - run.learningRate * run.learningRate * row.driftVariance) / row.lambdaSquared
      )
    }.filter { $0.0.isFinite && $0.1.isFinite }
  }

  private static func squaredResiduals(_ run: TrialRecord) -> [Double] {
    run.rows.dropLast().map { row in
      let residual = row.nextLogNorm - row.logNorm - run.learningRate * row.drift
      let expected = run.learningRate * (row.lambdaSquared + run.learningRate * row.driftVariance)
      return residual * residual / expected
    }.filter(\.isFinite)
  }

  /// Over the runs that converge; at least four must.
  private static func late(_ runs: [TrialRecord], _ body: (TrialRecord, Int) -> Double) -> Estimate? {
    let values = runs.compactMap { run in run.convergence.map { body(run, $0) } }
    return values.count >= 4 && values.count == runs.count ? Statistics.mean(values) : nil
  }

  private static func rowMean(_ run: TrialRecord, _ f: (TrialRow) -> Double) -> Double {
    run.rows.reduce(0) { $0 + f($1) } / Double(run.rows.count)
  }
}

/// Estimates with 99 % intervals.
enum Statistics {
  private static let tail = 0.005

  /// Student's interval.
  static func mean(_ values: [Double]) -> Estimate? {
    let n = Double(values.count)
    guard values.count >= 2 else { return nil }
    let mean = values.reduce(0, +) / n
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (n - 1)
    let t = Distribution.studentUpperQuantile(tail, degreesOfFreedom: n - 1)
    return Estimate(mean, halfWidth: t * (variance / n).squareRoot())
  }

  /// Any function of the sample, by the jackknife.
  static func jackknife<Value>(_ sample: [Value], _ f: ([Value]) -> Double) -> Estimate? {
    let n = Double(sample.count)
    guard sample.count >= 3 else { return nil }
    let whole = f(sample)
    let parts = sample.indices.map { i in f(Array(sample[..<i] + sample[(i + 1)...])) }
    let mean = parts.reduce(0, +) / n
    let variance = (n - 1) / n * parts.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let t = Distribution.studentUpperQuantile(tail, degreesOfFreedom: n - 1)
    return Estimate(whole, halfWidth: t * variance.squareRoot())
  }

  /// Σa/Σb.
  static func ratio(_ pairs: [(Double, Double)]) -> Estimate? {
    guard pairs.count >= 3 else { return nil }
    let n = Double(pairs.count)
    let (a, b) = pairs.reduce((0.0, 0.0)) { ($0.0 + $1.0, $0.1 + $1.1) }
    // The jackknife, without summing anew for every pair left out.
    let parts = pairs.map { (a - $0.0) / (b - $0.1) }
    let mean = parts.reduce(0, +) / n
    let variance = (n - 1) / n * parts.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let t = Distribution.studentUpperQuantile(tail, degreesOfFreedom: n - 1)
    return Estimate(a / b, halfWidth: t * variance.squareRoot())
  }

  static func spreadOverMean(_ values: [Double]) -> Estimate? {
    jackknife(values) { values in
      let mean = values.reduce(0, +) / Double(values.count)
      return variance(values).squareRoot() / abs(mean)
    }
  }

  static func varianceRatio(_ runs: [TrialRecord], over predicted: (TrialRecord) -> Double) -> Estimate? {
    guard runs.count >= 8 else { return nil }
    let pairs = runs.map { ($0.finalLogNorm, predicted($0)) }
    return jackknife(pairs) { pairs in
      variance(pairs.map(\.0)) / (pairs.reduce(0) { $0 + $1.1 } / Double(pairs.count))
    }
  }

  static func variance(_ values: [Double]) -> Double {
    let mean = values.reduce(0, +) / Double(values.count)
    return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
  }

  /// Slope of log Var against log x, weighted by each log variance's own error.
  static func logVarianceSlope(_ groups: [(x: Double, values: [Double])]) -> Estimate? {
    guard groups.count >= 3, groups.allSatisfy({ $0.values.count >= 8 && $0.x > 0 }) else { return nil }
    let points = groups.compactMap { group in
      jackknife(group.values) { log(variance($0)) }.map { (x: log(group.x), y: $0.value, error: $0.halfWidth) }
    }
    guard points.count == groups.count, points.allSatisfy({ $0.error > 0 && $0.y.isFinite }) else { return nil }
    let weights = points.map { 1 / ($0.error * $0.error) }
    let total = weights.reduce(0, +)
    let centre = zip(weights, points).reduce(0) { $0 + $1.0 * $1.1.x } / total
    let spread = zip(weights, points).reduce(0) { $0 + $1.0 * ($1.1.x - centre) * ($1.1.x - centre) }
    let slope = zip(weights, points).reduce(0) { $0 + $1.0 * ($1.1.x - centre) * $1.1.y } / spread
    return Estimate(slope, halfWidth: (1 / spread).squareRoot())
  }

  /// Least squares over the groups, a slope for every seed.
  static func pairedSlope(_ groups: [(x: Double, values: [Double])]) -> Estimate? {
    guard groups.count >= 3, let count = groups.map(\.values.count).min(), count >= 2 else { return nil }
    let centre = groups.reduce(0) { $0 + $1.x } / Double(groups.count)
    let spread = groups.reduce(0) { $0 + ($1.x - centre) * ($1.x - centre) }
    return mean((0..<count).map { s in groups.reduce(0) { $0 + ($1.x - centre) * $1.values[s] } / spread })
  }

  /// Skewness and excess kurtosis with the errors that they have in a normal sample.
  static func shape(_ values: [Double]) -> (skewness: Estimate?, kurtosis: Estimate?) {
    let n = Double(values.count)
    guard values.count >= 20 else { return (nil, nil) }
    let mean = values.reduce(0, +) / n
    let moment = { (k: Int) in values.reduce(0) { sum, x in sum + pow(x - mean, Double(k)) } / n }
    let second = moment(2)
    let z = Distribution.normalUpperQuantile(tail)
    return (
      Estimate(moment(3) / (second * second.squareRoot()), halfWidth: z * (6 / n).squareRoot()),
      Estimate(moment(4) / (second * second) - 3, halfWidth: z * (24 / n).squareRoot())
    )
  }
}
