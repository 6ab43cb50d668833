// The tests' own statistics: thresholds from stated false-alarm probabilities, and slopes with intervals.

import CGSL
import Glibc

/// A standard normal exceeds this in absolute value with probability 1e-9.
let normalLimit = gsl_cdf_ugaussian_Qinv(0.5e-9)

/// The mean of independent values and the half-width of its interval at false-alarm probability 1e-9.
func interval(_ values: [Double]) -> (mean: Double, halfWidth: Double) {
  let n = Double(values.count)
  let mean = values.reduce(0, +) / n
  let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (n - 1)
  return (mean, gsl_cdf_tdist_Qinv(0.5e-9, n - 1) * (variance / n).squareRoot())
}

/// The least-squares slope of y against x.
func slope(_ x: [Double], _ y: [Double]) -> Double {
  let n = Double(x.count)
  let (meanX, meanY) = (x.reduce(0, +) / n, y.reduce(0, +) / n)
  let covariance = zip(x, y).reduce(0) { $0 + ($1.0 - meanX) * ($1.1 - meanY) }
  return covariance / x.reduce(0) { $0 + ($1 - meanX) * ($1 - meanX) }
}

func isClose(_ a: Double, _ b: Double, ulps: Double) -> Bool {
  abs(a - b) <= ulps * max(abs(a), abs(b)).ulp
}
