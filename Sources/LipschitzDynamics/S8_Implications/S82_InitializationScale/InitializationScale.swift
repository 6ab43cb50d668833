// Section 8.2: the Lipschitz constant of a network at initialisation, from its layers' shapes alone.

private import Glibc
public import VerificationKit

/// Section 8.2: the operator norms of Gaussian layers, with their Tracy–Widom fluctuation.
public enum InitializationScale: Claim {
  public static let source = Source.luo2025("Section 8.2")
  public static let statement = Statement(
    "θᵢⱼ ~ N(0, s²)  ⇒  σ₁ ≈ s[√(m−½) + √(n−½) + ½((m−½)^{−½} + (n−½)^{−½})^{⅓} TW₁];  K(0) = Π σ₁",
    meaning: """
      The norm of a Gaussian layer is s(√m + √n) less a term of relative order n^{−⅔}. Whether a larger network \
      has a larger constant depends on s: under Kaiming initialisation s² = 2/n the norm is √2(1 + √(m/n)), whatever the width.
      """,
    hypotheses: [gaussian, fixedScale],
    differsFromPrint: """
      with the fluctuation's mean and spread, and centred at √(m−½) + √(n−½) (Ma 2012), which leaves an error of the mean \
      of order n^{−5/6} instead of n^{−½}
      """)
  static let gaussian = Hypothesis.stated("entries are independent N(0, s²)")
  static let fixedScale = Hypothesis.unstated(
    "s does not change with the width, for 'a larger network has a larger Lipschitz constant'")

  /// The function under test: a network's layers to mean and spread of K(0).
  public typealias Subject = @Sendable (_ layers: [GaussianLayer]) throws -> InitialConstant
  public static let subject: Subject = { try initialConstant(of: $0) }

  /// E K(0) and √Var K(0) for independent layers with 1-Lipschitz activations between them.
  ///
  /// - Source: Section 8.2, arXiv 2506.18588; Johnstone 2001, Ma 2012.
  /// - Accuracy: for m ≈ n ≥ 8 a layer's mean is at most 0.05 s n^{−5/6} too large, its spread by a fraction 0.1 n^{−2/3}.
  /// - Throws: `HypothesisViolation` naming a layer without rows or columns, or a spread that is not positive.
  public static func initialConstant(of layers: [GaussianLayer]) throws(HypothesisViolation) -> InitialConstant {
    for layer in layers {
      try HypothesisViolation.require(
        layer.rows >= 1 && layer.columns >= 1, field: "shape", value: "\(layer.rows) x \(layer.columns)", "m, n ≥ 1")
      try HypothesisViolation.require(
        layer.deviation > 0 && layer.deviation.isFinite, field: "s", value: layer.deviation, "positive and finite")
    }
    return product(of: layers.map { $0.norm(fluctuation: tracyWidom) })
  }

  /// Mean and standard deviation of the Tracy–Widom law for β = 1, as published; a check computes them.
  static let tracyWidom = InitialConstant(mean: -1.206_533_574_582_025, standardDeviation: 1.267_983_057_687_034)

  /// Moments of a product of independent factors.
  static func product(of factors: [InitialConstant]) -> InitialConstant {
    let mean = factors.reduce(1) { $0 * $1.mean }
    let growth = factors.reduce(0) { $0 + log1p(pow($1.standardDeviation / $1.mean, 2)) }
    return InitialConstant(mean: mean, standardDeviation: mean * expm1(growth).squareRoot())
  }
}

/// An m x n weight matrix of independent N(0, s²) entries.
public struct GaussianLayer: Sendable, Equatable {
  /// m, the layer's outputs.
  public let rows: Int
  /// n, the layer's inputs.
  public let columns: Int
  /// s, the standard deviation of one entry.
  public let deviation: Double

  /// A law of weights.
  ///
  /// - Parameters:
  ///   - rows: m ≥ 1.
  ///   - columns: n ≥ 1.
  ///   - deviation: s ≥ 0.
  public init(rows: Int, columns: Int, deviation: Double) {
    self.rows = rows
    self.columns = columns
    self.deviation = deviation
  }

  /// s² = 2/n (He, Zhang, Ren, Sun 2015).
  public static func kaiming(rows: Int, columns: Int) -> GaussianLayer {
    GaussianLayer(rows: rows, columns: columns, deviation: (2 / Double(columns)).squareRoot())
  }

  /// Mean and spread of σ₁ for a given law of its standardised fluctuation.
  func norm(fluctuation: InitialConstant) -> InitialConstant {
    let (a, b) = ((Double(rows) - 0.5).squareRoot(), (Double(columns) - 0.5).squareRoot())
    // σ₁² has the scale (a + b)(1/a + 1/b)^⅓ about (a + b)², hence σ₁ half of it over a + b.
    let scale = cbrt(1 / a + 1 / b) / 2
    return InitialConstant(
      mean: deviation * (a + b + scale * fluctuation.mean),
      standardDeviation: deviation * scale * fluctuation.standardDeviation)
  }
}

/// Mean and standard deviation of a random constant.
public struct InitialConstant: Sendable, Equatable {
  /// Expectation over initial weights, in their unit for a layer and that unit to the power L for a product.
  public var mean: Double
  /// Spread over initial weights, in the unit of ``mean``.
  public var standardDeviation: Double

  /// Two moments.
  ///
  /// - Parameters:
  ///   - mean: positive for a product to be formed of it.
  ///   - standardDeviation: not negative.
  public init(mean: Double, standardDeviation: Double) {
    self.mean = mean
    self.standardDeviation = standardDeviation
  }
}
