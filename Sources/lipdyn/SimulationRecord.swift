// What lipdyn simulate --json writes, in schema version 1: enough to repeat the run.

import Reporting
import StochasticCalculus

struct SimulationRecord: Encodable {
  struct Quantile: Encodable { let probability, value, error: Double }

  /// One observed number at one time.
  struct Row: Encodable {
    /// The entry's name, where the state has several.
    let entry: String?
    let time: Double
    let mean, meanError: Double
    /// By the closed form, where there is one.
    let exactMean: Double?
    let variance, varianceError: Double
    let exactVariance: Double?
    let quantiles: [Quantile]

    init(
      _ moments: RunningMoments, at time: Double, entry: String? = nil, exact: (mean: Double, variance: Double)? = nil,
      quantiles: [QuantileEstimate]
    ) {
      (self.entry, self.time) = (entry, time)
      (mean, meanError) = (moments.mean, moments.standardErrorOfMean)
      (variance, varianceError) = (moments.variance, moments.standardErrorOfVariance)
      (exactMean, exactVariance) = (exact?.mean, exact?.variance)
      self.quantiles = quantiles.map {
        Quantile(probability: $0.probability, value: $0.value, error: $0.standardError)
      }
    }
  }

  var schema = 1
  let machine = VerificationRecord.Machine.current
  let title: String
  let paths, steps: Int
  let horizon: Double
  let seed: UInt64
  let rows: [Row]

  init(_ title: String, _ ensemble: EnsembleOptions, _ rows: [Row]) {
    (self.title, self.rows) = (title, rows)
    (paths, steps, horizon, seed) = (ensemble.paths, ensemble.steps, ensemble.horizon, ensemble.seed)
  }
}
