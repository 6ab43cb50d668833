// Are these p-values uniform? The sharpest question one can ask of a suite of statistical checks.

private import Glibc

/// The Kolmogorov–Smirnov test of a sample against the uniform law on [0, 1].
public struct KolmogorovSmirnov: Sendable {
  /// sup |F_n(x) − x|.
  public let statistic: Double
  /// P(D ≥ statistic) under uniformity.
  ///
  /// - Accuracy: Stephens' correction of the asymptotic series; within a percent for n ≥ 20.
  public let pValue: Double
  /// The sample's size n.
  public let count: Int

  /// Tests a sample.
  ///
  /// - Parameter sample: values in [0, 1], in any order.
  /// - Returns: nil for no values, or one outside [0, 1] or NaN.
  public init?(uniform sample: [Double]) {
    guard !sample.isEmpty, sample.allSatisfy({ $0 >= 0 && $0 <= 1 }) else { return nil }
    let sorted = sample.sorted()
    let n = Double(sorted.count)
    statistic = sorted.enumerated().reduce(0) { worst, item in
      max(worst, Double(item.offset + 1) / n - item.element, item.element - Double(item.offset) / n)
    }
    let lambda = (n.squareRoot() + 0.12 + 0.11 / n.squareRoot()) * statistic
    // The alternating series does not converge at zero, where the probability is one to all digits.
    var tail = lambda < 0.2 ? 1.0 : 0
    if tail == 0 {
      for k in 1...100 {
        let term = 2 * exp(-2 * lambda * lambda * Double(k * k))
        tail += k % 2 == 1 ? term : -term
      }
    }
    pValue = min(1, max(0, tail))
    count = sorted.count
  }
}
