// The largest singular value of a Gaussian matrix in law: of the matrix itself, or of its bidiagonal form.

internal import DenseLinearAlgebra
private import Glibc
internal import RandomStreams

enum GaussianEdge {
  /// σ₁ of an m x n matrix of independent standard normals.
  static func dense(_ m: Int, _ n: Int, _ generator: RandomGenerator) throws -> Double {
    try SingularValueDecomposition(Matrix<Double>(rows: m, columns: n) { _, _ in generator.gaussian() }).values[0]
  }

  /// The same law at the cost of n^⅓: Householder reflections turn the matrix into a lower bidiagonal one with
  /// independent χ_m, χ_{m−1}, … on the diagonal and χ_{n−1}, χ_{n−2}, … below it, n ≤ m.
  ///
  /// The top singular vector lives in the first few n^⅓ coordinates (Airy's function in the limit); ten of them
  /// leave out less than round-off.
  ///
  /// - Source: Silverstein 1985; Dumitriu and Edelman 2002.
  static func bidiagonal(_ m: Int, _ n: Int, _ generator: RandomGenerator) -> Double {
    let (long, short) = (Double(max(m, n)), Double(min(m, n)))
    let order = min(min(m, n), Int(10 * cbrt(short)) + 1)
    // The tridiagonal B Bᵀ: diagonal, and squares of what is beside it.
    var (diagonal, squares) = ([Double](), [Double]())
    var below = 0.0
    for i in 0..<order {
      let square = generator.chiSquared(degreesOfFreedom: long - Double(i))
      diagonal.append(square + below)
      guard i + 1 < order else { break }
      below = generator.chiSquared(degreesOfFreedom: short - 1 - Double(i))
      squares.append(square * below)
    }
    return largestEigenvalue(diagonal, squares).squareRoot()
  }

  /// Bisection on the signs of the leading minors of xI − T.
  private static func largestEigenvalue(_ diagonal: [Double], _ squares: [Double]) -> Double {
    var (lower, upper) = (0.0, 0.0)
    for i in diagonal.indices {
      let beside = (i > 0 ? squares[i - 1].squareRoot() : 0) + (i < squares.count ? squares[i].squareRoot() : 0)
      lower = max(lower, diagonal[i])
      upper = max(upper, diagonal[i] + beside)
    }
    func exceeds(_ x: Double) -> Bool {
      var pivot = x - diagonal[0]
      for i in squares.indices where pivot > 0 { pivot = x - diagonal[i + 1] - squares[i] / pivot }
      return pivot > 0
    }
    while upper - lower > 1e-10 * upper {
      let middle = (lower + upper) / 2
      if exceeds(middle) { upper = middle } else { lower = middle }
    }
    return (lower + upper) / 2
  }

  /// Independent σ₁ of the bidiagonal form, computed once for a purpose and seed.
  static func sample(_ m: Int, _ n: Int, count: Int, _ stream: StreamName, seed: UInt64) throws -> [Double] {
    try samples.value(for: "\(stream) \(m) x \(n) \(count) \(seed)") {
      let generator = RandomGenerator(stream: stream.appending("\(m) x \(n)"), seed: seed)
      return (0..<count).map { _ in bidiagonal(m, n, generator) }
    }
  }

  /// Independent σ₁ of dense matrices, computed once.
  static func denseSample(_ m: Int, _ n: Int, count: Int, _ stream: StreamName, seed: UInt64) throws -> [Double] {
    try samples.value(for: "dense \(stream) \(m) x \(n) \(count) \(seed)") {
      let generator = RandomGenerator(stream: stream.appending("dense \(m) x \(n)"), seed: seed)
      return try (0..<count).map { _ in try dense(m, n, generator) }
    }
  }

  private static let samples = Memo<String, [Double]>()
}
