// The cumulants over every batch, the distance from the Gaussian over ladders of batch sizes, and batches of digits.

internal import DenseLinearAlgebra
internal import ExactArithmetic
private import Glibc
internal import RandomStreams
public import VerificationKit

extension GradientCentralLimit {
  private static let higherOnly = Dictionary(
    uniqueKeysWithValues: mutants.map(\.name).dropFirst(2).map {
      ($0, "the limit law depends on the variance only")
    })

  public static let checks: [Check<Subject>] = [
    .exactIdentity("cumulants over every batch of a skew population") { scaled, _ in
      // Integer cumulants and square batch sizes: the claim's only rounding is that of one quotient.
      try [([0, 1, 4, 11], 1), ([0, 1, 4, 11], 4), ([0, 0, 3], 9)].map { population, size in
        let root = Int(Double(size).squareRoot())
        let sums = try batchSums(population, size)
        let expected = centralCumulants(sums)
        let own = centralCumulants(population.map { Rational($0) })
        let claimed = try scaled(
          Cumulants(
            variance: own[0].approximation, third: own[1].approximation, fourth: own[2].approximation), size)
        return Identity(
          "M = \(size) of \(population)", claimed: [claimed.variance, claimed.third, claimed.fourth],
          expected: zip(expected, [size, size * root, size * size]).map { ($0 / Rational($1)).approximation })
      }
    },
    .order("distance of a two-point law's mean from the Gaussian", expected: 0.5, blindTo: higherOnly) { scaled, _ in
      // Success with probability 1/5: the sum is binomial, and the largest distance is at one side of a jump.
      let p = 0.2
      let sample = Cumulants(variance: p * (1 - p), third: p * (1 - p) * (1 - 2 * p), fourth: 0)
      return try (4...10).map { level in
        let m = 1 << level
        let deviation = try scaled(sample, m).variance.squareRoot()
        var probability = pow(1 - p, Double(m))
        var (cumulative, worst) = (0.0, 0.0)
        for k in 0...m {
          let z = (Double(k) - p * Double(m)) / Double(m).squareRoot() / deviation
          let normal = Distribution.normalUpperTail(-z)
          worst = max(worst, abs(cumulative - normal), abs(cumulative + probability - normal))
          cumulative += probability
          probability *= p / (1 - p) * Double(m - k) / Double(k + 1)
        }
        return Rung(step: 1 / Double(m), error: worst)
      }
    },
    .order("distance of an exponential law's mean from Edgeworth's expansion", expected: 1.5) { scaled, _ in
      // M exponential variables add up to an Erlang variable, whose distribution function is a finite sum.
      let sample = Cumulants(variance: 1, third: 2, fourth: 6)
      return try (4...9).map { level in
        let m = 1 << level
        let c = try scaled(sample, m)
        let (skewness, excess) = (c.third / pow(c.variance, 1.5), c.fourth / (c.variance * c.variance))
        let worst = (-128...128).reduce(0.0) { worst, index in
          let x = Double(index) / 32
          let z = x / c.variance.squareRoot()
          let correction =
            skewness / 6 * (z * z - 1) + excess / 24 * (z * z * z - 3 * z)
            + skewness * skewness / 72 * (pow(z, 5) - 10 * z * z * z + 15 * z)
          let density = exp(-z * z / 2) / (2 * Double.pi).squareRoot()
          let expansion = Distribution.normalUpperTail(-z) - density * correction
          return max(worst, abs(erlang(m, Double(m) + Double(m).squareRoot() * x) - expansion))
        }
        return Rung(step: 1 / Double(m), error: worst)
      }
    },
    // Fourth powers scatter so unevenly that a short pilot would take them for tamer than they are.
    .monteCarloMean("batches of real gradients: second to fourth moment", pilot: 30_000, minimum: 30_000) { scaled, _ in
      // The gradient of one output's bias: skew, because one digit in ten belongs to that output.
      let population = try DigitsPopulation.shared.get()
      let gradients = population.gradients(at: population.network)[1].deltas.row(0).elements
      let (mean, size) = (gradients.mean, 8)
      func moment(_ k: Double) -> Double { gradients.map { pow($0 - mean, k) }.mean }
      // In units of the standard deviation, so that all three residuals are of one size.
      let unit = moment(2).squareRoot()
      let values = gradients.map { ($0 - mean) / unit }
      let claimed = try scaled(
        Cumulants(variance: 1, third: moment(3) / pow(unit, 3), fourth: moment(4) / pow(unit, 4) - 3), size)
      return { generator in
        let sum = (0..<size).reduce(0.0) { sum, _ in sum + values[generator.uniform(below: values.count)] }
        let square = sum * sum / Double(size)
        return [
          square - claimed.variance, square * sum / Double(size).squareRoot() - claimed.third,
          square * square - claimed.fourth - 3 * claimed.variance * claimed.variance,
        ]
      }
    },
  ]

  public static let boundaries = [
    Boundary(
      "gradients with a Cauchy law", drops: finiteVariance,
      remedy: "clip gradients, or model the noise by stable laws; averaging leaves Cauchy noise as it is, and reduces "
        + "other noise of infinite variance more slowly than 1/√M"
    ) { setting in
      // The quartiles of a Cauchy variable are ±1: a Gaussian with the same quartiles would shrink like 1/√M.
      let (m, generator) = (256, setting.generator("batches"))
      let quartile = Distribution.normalUpperQuantile(0.25)
      let claimed = 2 * Distribution.normalUpperTail(quartile * Double(m).squareRoot())
      var moments = VectorMoments(dimension: 1)
      for _ in 0..<(1_000 * setting.tier.scale) {
        let sum = (0..<m).reduce(0.0) { sum, _ in sum + tan(Double.pi * (generator.uniformPositive() - 0.5)) }
        moments.add([(abs(sum) > Double(m) ? 1 : 0) - claimed])
      }
      guard case .refuted(let why) = judgeZeroMean(moments, .monteCarlo) else {
        return .inconclusive("P(|ḡ| > 1) = \(moments.mean[0] + claimed)")
      }
      return .refuted(
        Counterexample(
          at: "mean of \(m) Cauchy variables, \(moments.count) batches",
          claimed: "P(|ḡ| > 1) = ½ falls below 10^\(Int(log10(max(claimed, .leastNormalMagnitude)).rounded(.up)))",
          found: "\(thousandths(moments.mean[0] + claimed)) ± \(thousandths(moments.standardErrors[0]))",
          pValue: why.pValue))
    },
    Boundary(
      "distinct samples, up to the whole data set", drops: independence,
      remedy: "multiply C by (N − M)/(N − 1) (Equation 2), which is zero for a batch of all samples"
    ) { _ in
      let population = [0, 1, 4, 11]
      let variances = (1...4).map { size in
        centralCumulants(BatchEnumeration.subsets(size, of: population).map { Rational($0.reduce(0, +)) })[0]
          / Rational(size)
      }
      let single = Cumulants(variance: variances[0].approximation, third: 0, fourth: 0)
      let claimed = try (1...4).map { try subject(single, $0).variance }
      guard claimed.allSatisfy({ $0 == single.variance }), variances.dropFirst().allSatisfy({ $0 < variances[0] })
      else {
        return .inconclusive("variances \(variances), claimed \(claimed)")
      }
      return .refuted(
        Counterexample(
          at: "M = 1 … \(variances.count) of N = \(population.count) without replacement",
          claimed: "Var √M(ḡ − g) = \(variances[0]) for every M",
          found: "\(variances)"))
    },
  ]

  private static func thousandths(_ x: Double) -> Double { (x * 1000).rounded() / 1000 }

  private static let sums = Memo<[Int], [Rational]>(capacity: 1_000)

  /// The sums of all ordered batches with replacement.
  private static func batchSums(_ population: [Int], _ size: Int) throws -> [Rational] {
    try sums.value(for: population + [size]) {
      BatchEnumeration.ordered(size, of: population).map { Rational($0.reduce(0, +)) }
    }
  }

  /// κ₂, κ₃, κ₄ of equally likely values, from their central moments.
  private static func centralCumulants(_ values: [Rational]) -> [Rational] {
    let mean = values.mean
    let squares = values.map { ($0 - mean).squared }
    let second = squares.mean
    return [
      second, zip(squares, values).map { $0 * ($1 - mean) }.mean, squares.map(\.squared).mean - 3 * second.squared,
    ]
  }

  /// P(S ≤ x) for the sum S of m exponential variables of mean one.
  private static func erlang(_ m: Int, _ x: Double) -> Double {
    guard x > 0 else { return 0 }
    var (term, tail) = (exp(-x), 0.0)
    for k in 1...m {
      tail += term
      term *= x / Double(k)
    }
    return 1 - tail
  }
}
