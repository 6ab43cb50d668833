// How often the whole suite may cry wolf, and what that leaves for one check.

/// The false-alarm budget: a stated number for the suite, shared equally by its tests of means.
///
/// Ladders (``judgeOrder(_:expected:margin:)``) stand outside it: they refute outside a 99.9 % interval widened by a
/// margin, which leaves many standard errors where their noise is known.
public enum FalseAlarms {
  /// The probability that a run of the whole suite refutes anything true.
  public static let suiteBudget = 1e-6
  /// Room for this many statistical tests; a test of the suite fails when more are registered.
  public static let capacity = 250
  /// How much more often than its nominal level a mean of skewed residuals may cry wolf this far out, where the
  /// central limit theorem has not set in: by importance sampling up to some thirtyfold for the residuals of this suite.
  public static let tailReserve = 100.0
  /// The nominal significance level of one statistical test.
  public static let perCheck = suiteBudget / (Double(capacity) * tailReserve)
  /// The probability that a check misses its nearest mutant, used in planning sample sizes.
  public static let missedMutant = 1e-4

  /// |z| beyond which one normal statistic refutes.
  public static var threshold: Double { Distribution.normalUpperQuantile(perCheck / 2) }
  /// How many standard errors the nearest mutant must be away for a planned sample size.
  public static var separation: Double { threshold + Distribution.normalUpperQuantile(missedMutant) }

  /// The p-value on the scale of the normal threshold: 1 is the point of refutation.
  static func fractionUsed(pValue: Double) -> Double {
    Distribution.normalUpperQuantile(min(1, max(pValue, .leastNormalMagnitude)) / 2) / threshold
  }
}
