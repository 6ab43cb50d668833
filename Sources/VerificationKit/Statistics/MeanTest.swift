// Is the mean of these random vectors zero? Hotelling's T², which respects their correlations.

public import DenseLinearAlgebra

/// Running mean and covariance of vectors, by Welford's stable update.
public struct VectorMoments: Sendable {
  /// How many samples were added.
  public private(set) var count = 0
  /// The average so far, shape [k]; zero before the first sample.
  public private(set) var mean: Vector<Double>
  private var scatter: Matrix<Double>
  /// The first entry that was NaN or infinite: which, of which sample, and what it was; nil if all are finite.
  public private(set) var firstNonFinite: (sample: Int, entry: Int, value: Double)?

  /// Moments of no samples yet.
  ///
  /// - Parameter dimension: the number k of entries of a sample; at least 1.
  public init(dimension: Int) {
    mean = .zeros(dimension)
    scatter = .zeros(dimension, dimension)
  }

  /// Takes one more sample into account, in O(k²) operations.
  ///
  /// - Parameter sample: shape [k]; another length is a caller's mistake and stops the program.
  public mutating func add(_ sample: [Double]) {
    precondition(sample.count == mean.count, "a sample of \(sample.count) among vectors of \(mean.count)")
    if firstNonFinite == nil, let entry = sample.firstIndex(where: { !$0.isFinite }) {
      firstNonFinite = (count, entry, sample[entry])
    }
    count += 1
    let before = sample.indices.map { sample[$0] - mean[$0] }
    for i in sample.indices { mean[i] += before[i] / Double(count) }
    for j in sample.indices {
      for i in sample.indices { scatter[i, j] += before[i] * (sample[j] - mean[j]) }
    }
  }

  /// Where a mean that is not finite comes from, in words; nil if it is finite.
  var originOfNonFinite: String? {
    if let first = firstNonFinite { return "entry \(first.entry) of sample \(first.sample) is \(first.value)" }
    guard let entry = mean.indices.first(where: { !mean[$0].isFinite }) else { return nil }
    return "entry \(entry) leaves floating point in its mean over \(count) samples"
  }

  /// The unbiased sample covariance.
  public var covariance: Matrix<Double> { scatter / Double(max(1, count - 1)) }

  /// Standard errors of the entries of ``mean``.
  public var standardErrors: Vector<Double> {
    covariance.diagonal.map { ($0 / Double(max(1, count))).squareRoot() }
  }

  /// δᵀ S⁻¹ δ for the sample covariance S; nil if S is singular or not finite.
  public func mahalanobisSquared(_ delta: Vector<Double>) -> Double? {
    let scales = covariance.diagonal.map { $0.squareRoot() }
    guard scales.elements.allSatisfy({ $0 > 0 && $0.isFinite }) else { return nil }
    // Scaling to correlations first, because entries may differ by many orders of magnitude.
    let correlation = Matrix(rows: scales.count, columns: scales.count) { i, j in
      covariance[i, j] / (scales[i] * scales[j])
    }
    guard let factor = try? Cholesky(correlation) else { return nil }
    let scaled = Matrix(columns: [Vector(delta.indices.map { delta[$0] / scales[$0] })])
    return factor.solveLower(.asIs, scaled).elements.reduce(0) { $0 + $1 * $1 }
  }

  /// The p-value of "the true mean is zero": Hotelling's T², for one entry Student's t.
  ///
  /// Entries that vary only together leave no covariance to invert; then each is tested alone and the smallest
  /// p-value counts as many times as there are entries (Bonferroni). Nil if an entry does not vary at all.
  public var pValueOfZeroMean: Double? {
    let (n, k) = (Double(count), Double(mean.count))
    guard count > mean.count + 1 else { return nil }
    if let distance = mahalanobisSquared(mean) {
      let f = (n - k) / (k * (n - 1)) * n * distance
      return f.isFinite ? Distribution.fisherUpperTail(f, k, n - k) : nil
    }
    let errors = standardErrors
    guard errors.elements.allSatisfy({ $0 > 0 && $0.isFinite }) else { return nil }
    let smallest =
      mean.indices.map { i in
        2 * Distribution.studentUpperTail(abs(mean[i] / errors[i]), degreesOfFreedom: n - 1)
      }.min() ?? 1
    return min(1, k * smallest)
  }
}
