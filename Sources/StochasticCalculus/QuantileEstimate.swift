// Quantiles of a sample, exact order statistics with a distribution-free standard error.

/// A quantile of a sample.
///
/// The value is the order statistic of rank ⌈np⌉. Its rank among draws is binomial, with standard deviation
/// √(np(1 − p)), so the order statistics one such deviation below and above enclose about 68 % whatever
/// the law; half their distance is the standard error.
///
/// - Source: David, Nagaraja 2003, *Order Statistics*, §7.1.
public struct QuantileEstimate: Sendable, Equatable {
  /// p.
  public let probability: Double
  /// The order statistic; NaN if the sample has a NaN.
  public let value: Double
  /// Half the distance of the order statistics one binomial deviation away; too small where those ranks
  /// fall off the ends of the sample.
  public let standardError: Double

  /// Quantiles of a sample.
  ///
  /// - Parameters:
  ///   - probabilities: each between 0 and 1, both excluded.
  ///   - sample: in any order, not empty.
  /// - Returns: shape [probabilities].
  public static func estimates(of probabilities: [Double], from sample: [Double]) -> [QuantileEstimate] {
    precondition(!sample.isEmpty, "quantiles are estimated from at least one value")
    precondition(probabilities.allSatisfy { $0 > 0 && $0 < 1 }, "a quantile's probability lies between 0 and 1")
    guard !sample.contains(where: \.isNaN) else {
      return probabilities.map { QuantileEstimate(probability: $0, value: .nan, standardError: .nan) }
    }
    let sorted = sample.sorted()
    let n = Double(sorted.count)
    func ranked(_ rank: Double) -> Double {
      sorted[Int(min(max(rank.rounded(.up), 1), n)) - 1]
    }
    return probabilities.map { p in
      let deviation = (n * p * (1 - p)).squareRoot()
      let halfWidth = (ranked(n * p + deviation) - ranked(n * p - deviation)) / 2
      return QuantileEstimate(probability: p, value: ranked(n * p), standardError: halfWidth)
    }
  }
}
