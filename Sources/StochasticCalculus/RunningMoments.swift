// Sample moments that can be gathered in pieces and merged, with their standard errors.

/// The count, mean and central moments up to the fourth of a sample.
///
/// Pieces are merged by Pébay's formulas; for results that do not depend on threads, merge in a fixed order.
/// A value that is not finite, or too large to square, makes every moment NaN: it cannot pass unseen.
///
/// - Source: Welford 1962; Pébay 2008, SAND2008-6212.
/// - Accuracy: the variance has a relative error of order u |mean|/σ a merge, where sums of uncentred squares
///   would have u (mean/σ)².
public struct RunningMoments: Sendable, Equatable, Codable {
  /// The number of values.
  public private(set) var count = 0
  private var center = 0.0
  private var sumOfSquares = 0.0
  private var sumOfCubes = 0.0
  private var sumOfFourths = 0.0

  /// The moments of no values.
  public init() {}

  /// The moments of a sample, in two passes.
  public init(_ values: some Collection<Double>) {
    guard !values.isEmpty else { return }
    count = values.count
    let n = Double(count)
    let rough = values.reduce(0, +) / n
    // The rounding of the first mean is put right by the mean of the residuals.
    center = rough + values.reduce(0) { $0 + ($1 - rough) } / n
    for value in values {
      let residual = value - center
      let square = residual * residual
      sumOfSquares += square
      sumOfCubes += square * residual
      sumOfFourths += square * square
    }
  }

  /// Adds a value.
  public mutating func add(_ value: Double) {
    var single = RunningMoments()
    (single.count, single.center) = (1, value)
    // A value less itself is 0 for finite values and NaN for all others, which must not vanish.
    single.sumOfSquares = value - value
    merge(single)
  }

  /// Adds the values of another sample.
  public mutating func merge(_ other: RunningMoments) {
    guard other.count > 0 else { return }
    guard count > 0 else {
      self = other
      return
    }
    let (a, b) = (Double(count), Double(other.count))
    let n = a + b
    let delta = other.center - center
    let delta2 = delta * delta
    let (ratioA, ratioB) = (a / n, b / n)
    sumOfFourths +=
      other.sumOfFourths + delta2 * delta2 * a * ratioB * (ratioA * ratioA - ratioA * ratioB + ratioB * ratioB)
      + 6 * delta2 * (ratioA * ratioA * other.sumOfSquares + ratioB * ratioB * sumOfSquares)
      + 4 * delta * (ratioA * other.sumOfCubes - ratioB * sumOfCubes)
    sumOfCubes +=
      other.sumOfCubes + delta2 * delta * a * ratioB * (ratioA - ratioB)
      + 3 * delta * (ratioA * other.sumOfSquares - ratioB * sumOfSquares)
    sumOfSquares += other.sumOfSquares + delta2 * a * ratioB
    center += delta * ratioB
    count += other.count
  }

  /// The sample mean; NaN without values.
  public var mean: Double { count > 0 && sumOfSquares.isFinite ? center : .nan }

  /// The unbiased sample variance, Σ(x − x̄)²/(n − 1); NaN for fewer than two values.
  public var variance: Double { count > 1 && sumOfSquares.isFinite ? sumOfSquares / Double(count - 1) : .nan }

  /// √ of the variance.
  public var standardDeviation: Double { variance.squareRoot() }

  /// m₃/m₂^{3/2}, with mₖ the central moments over n; NaN if the values are all alike.
  public var skewness: Double {
    let m2 = sumOfSquares / Double(count)
    return sumOfCubes / Double(count) / (m2 * m2.squareRoot())
  }

  /// m₄/m₂² − 3, zero in expectation for a large normal sample; NaN if the values are all alike.
  public var excessKurtosis: Double {
    let m2 = sumOfSquares / Double(count)
    return sumOfFourths / Double(count) / (m2 * m2) - 3
  }

  /// The standard error of the mean, √(variance/n).
  public var standardErrorOfMean: Double { (variance / Double(count)).squareRoot() }

  /// The standard error of the variance, √((m₄ − s⁴ (n − 3)/(n − 1))/n).
  ///
  /// - Accuracy: asymptotic; for heavy tails, such as those of a log-normal of large variance, the estimate
  ///   of m₄ is itself too small in most samples, and so is this.
  public var standardErrorOfVariance: Double {
    guard count > 3 else { return .nan }
    let n = Double(count)
    let spread = sumOfFourths / n - variance * variance * (n - 3) / (n - 1)
    return (max(spread, 0) / n).squareRoot()
  }
}
