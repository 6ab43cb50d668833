// Means with less variance from as many paths: antithetic and control variates.

internal import DenseLinearAlgebra

/// The mean of a function of paths, and how far it may be from the truth.
public struct MeanEstimate: Sendable, Equatable {
  /// In units of the function.
  public let mean: Double
  /// Its standard error.
  public let standardError: Double
  /// How many independent values it is of: pairs count once.
  public let count: Int
  /// The optimal coefficients of the controls, shape [controls].
  public let coefficients: [Double]

  /// The variance of one independent value.
  public var variance: Double { standardError * standardError * Double(count) }

  /// The plain mean of independent values, shape [n], n ≥ 2.
  public init(_ values: [Double]) {
    precondition(values.count >= 2, "a standard error needs two values")
    let moments = RunningMoments(values)
    (mean, standardError, count, coefficients) = (moments.mean, moments.standardErrorOfMean, values.count, [])
  }

  /// The mean of ½ (f(W) + f(−W)): odd functions of the noise cancel.
  ///
  /// - Parameters:
  ///   - values: f along paths driven by W, shape [n], n ≥ 2.
  ///   - mirrored: f along the same paths driven by −W, shape [n].
  /// - Source: Hammersley, Morton 1956.
  public init(_ values: [Double], mirrored: [Double]) {
    precondition(values.count == mirrored.count, "a mirrored path for every path")
    self.init(zip(values, mirrored).map { ($0 + $1) / 2 })
  }

  /// The intercept of the regression on controls, variables whose mean is known to be zero.
  ///
  /// - Accuracy: estimated coefficients cost a bias of order 1/n and a share (controls)/n of the variance.
  /// - Parameters:
  ///   - values: f along independent paths, shape [n].
  ///   - controls: shape [controls][n], n > controls + 1; dependent ones are left out.
  /// - Throws: `LinearAlgebraError` if a value is not finite.
  /// - Source: Glasserman 2003, *Monte Carlo Methods in Financial Engineering*, section 4.1.
  public init(_ values: [Double], controls: [[Double]]) throws {
    let (n, k) = (values.count, controls.count)
    precondition(n > k + 1, "more values than controls")
    precondition(controls.allSatisfy { $0.count == n }, "a value of every control for every path")
    let controlMeans = controls.map { $0.reduce(0, +) / Double(n) }
    let mean = values.reduce(0, +) / Double(n)
    let centred = Matrix<Double>(rows: n, columns: k) { controls[$1][$0] - controlMeans[$1] }
    let scales = (0..<k).map { max(centred.column($0).norm, Double.leastNormalMagnitude) }
    let unit = Matrix<Double>(rows: n, columns: k) { centred[$0, $1] / scales[$1] }
    // Least squares by the eigenvectors of the correlations, without those of none.
    let eigen = try SymmetricEigen(unit.gram(.transposed))
    let residuals = Vector(values.map { $0 - mean })
    let correlations = unit.transposedTimes(residuals)
    var solution = Vector<Double>.zeros(k)
    for i in 0..<k where eigen.values[i] > 1e-10 * Double(k) {
      let direction = eigen.vectors.column(i)
      solution = solution + (direction.dot(correlations) / eigen.values[i]) * direction
    }
    let rest = residuals - unit * solution
    coefficients = (0..<k).map { solution[$0] / scales[$0] }
    self.mean = mean - zip(coefficients, controlMeans).reduce(0) { $0 + $1.0 * $1.1 }
    // The intercept's variance in a regression: the controls' own means are away from zero by chance, too.
    let away = Vector((0..<k).map { controlMeans[$0] / scales[$0] })
    var leverage = 0.0
    for i in 0..<k where eigen.values[i] > 1e-10 * Double(k) {
      let part = eigen.vectors.column(i).dot(away)
      leverage += part * part / eigen.values[i]
    }
    let power = rest.dot(rest) / Double(n - k - 1)
    standardError = (power * (1 / Double(n) + leverage)).squareRoot()
    count = n
  }
}
