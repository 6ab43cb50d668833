// The constants by quadrature over a Fredholm determinant; the law by dense and by bidiagonal Gaussian matrices.

internal import DenseLinearAlgebra
internal import ExactArithmetic
private import Glibc
internal import RandomStreams
public import VerificationKit

extension InitializationScale {
  private static let oneLayer = [sumForProduct: "a network of one layer"]
  private static let meanOnly = oneLayer.merging([varianceForDeviation: "the mean is examined"]) { a, _ in a }

  /// The determinant knows the fluctuation alone; edge and scale are those of the claim's own formula.
  private static let blindToEdge = oneLayer.merging(
    centringFaults.map { ($0, "the edge is taken off as the formula has it") }
  ) { a, _ in a }

  public static let checks: [Check<Subject>] = [
    Check("mean and variance of the Tracy–Widom law from its Fredholm determinant", .quadrature, blindTo: blindToEdge) {
      constant, _ in
      // Where the scale (1/a + 1/b)^⅓/2 and the edge a + b are as large as the fluctuation, so that nothing cancels.
      let (a, b, s) = (0.5.squareRoot(), 1.5.squareRoot(), 0.75)
      let scale = s * pow(1 / a + 1 / b, 1.0 / 3) / 2
      let norm = try constant([GaussianLayer(rows: 1, columns: 2, deviation: s)])
      let (mean, spread) = ((norm.mean - s * (a + b)) / scale, norm.standardDeviation / scale)
      var used = 0.0
      for (name, claimed, integral, size) in [
        ("mean", mean, FredholmMoments.mean, FredholmMoments.reach),
        ("second moment", spread * spread + mean * mean, FredholmMoments.second, pow(FredholmMoments.reach, 2)),
      ] {
        guard let integral else { return .inconclusive("\(name): the quadrature did not reach its accuracy") }
        // The quadrature's own error, and one rounding a node in every determinant under the integral.
        let bound = integral.error + Double(TracyWidom.nodeCount) * Double.ulpOfOne * size
        let difference = abs(claimed - integral.value)
        guard difference <= bound else {
          return .refuted(Counterexample(at: name, claimed: "\(claimed)", found: "\(integral.value) ± \(bound)"))
        }
        used = max(used, difference / bound)
      }
      return .supported(
        ErrorBudget(.quadrature, fractionUsed: used, summary: "both moments agree with the determinant's"))
    },
    .ensembleMean("mean of σ₁ at five widths", evidence: .monteCarlo, blindTo: meanOnly) { constant, setting in
      // The finite-size error falls like n^{−5/6}, so with eightfold widths faster than a fourfold standard error.
      let (count, s) = (12_000 * setting.tier.scale, 0.5)
      let widths = (0..<5).map { (setting.tier == .quick ? 128 : 1_024) << $0 }
      let samples = try widths.map { n in
        try GaussianEdge.sample(2 * n, n, count: count, setting.name, seed: setting.seed)
      }
      let claimed = try widths.map { try constant([GaussianLayer(rows: 2 * $0, columns: $0, deviation: s)]).mean }
      return (0..<count).map { i in widths.indices.map { s * samples[$0][i] - claimed[$0] } }
    },
    .ensembleMean(
      "wide layers, and a network of two, by bidiagonal matrices", evidence: .monteCarlo,
      blindTo: [wholeCentring: "layers are so wide that ½ beside m and n is hardly above the standard error"]
    ) { constant, setting in
      // So wide that the finite-size error is far below the standard error.
      let (n, count) = (setting.tier == .quick ? 1_000 : 8_000, 4_000 * setting.tier.scale)
      let layers = [
        GaussianLayer(rows: n, columns: 2 * n, deviation: 0.5), GaussianLayer(rows: n, columns: n, deviation: 1.5),
      ]
      let samples = try layers.map { layer in
        try GaussianEdge.sample(layer.rows, layer.columns, count: count, setting.name, seed: setting.seed)
          .map { layer.deviation * $0 }
      }
      let (first, network) = (try constant([layers[0]]), try constant(layers))
      return (0..<count).map { i in
        let (x, k) = (samples[0][i] - first.mean, samples[0][i] * samples[1][i] - network.mean)
        return [
          x, x * x - first.standardDeviation * first.standardDeviation, k,
          k * k - network.standardDeviation * network.standardDeviation,
        ]
      }
    },
    Check("dense Gaussian matrices of one width, in law equal to bidiagonal ones", .monteCarlo, blindTo: meanOnly) {
      constant, trial in
      let setting = trial.setting
      let (m, n, count, s) = setting.tier == .quick ? (24, 40, 4_000, 0.5) : (60, 100, 8_000, 0.5)
      let dense = try GaussianEdge.denseSample(m, n, count: count, setting.name, seed: setting.seed)
      let bidiagonal = try GaussianEdge.sample(m, n, count: count, setting.name, seed: setting.seed)
      var difference = VectorMoments(dimension: 2)
      let center = bidiagonal.mean
      for (x, y) in zip(dense, bidiagonal) {
        difference.add([x - y, (x - center) * (x - center) - (y - center) * (y - center)])
      }
      let agreement = judgeZeroMean(difference, .monteCarlo)
      guard agreement.isSupported else { return .inconclusive("the two laws differ: \(agreement.summary)") }
      var moments = VectorMoments(dimension: 1)
      let claimed = try constant([GaussianLayer(rows: m, columns: n, deviation: s)]).mean
      for x in dense { moments.add([s * x - claimed]) }
      return judgeZeroMean(moments, .monteCarlo)
    },
  ]

  public static let boundaries = [
    Boundary(
      "Kaiming initialisation: s² = 2/n", drops: fixedScale,
      remedy: "compare √2(1 + √(m/n)) layer by layer: the aspect counts, not the width"
    ) { setting in
      // The mean norm of 64 x 64, of twice its width, and of 64 x 256 (more parameters, fewer outputs an input).
      let layers = [(64, 64), (128, 128), (64, 256)].map { GaussianLayer.kaiming(rows: $0.0, columns: $0.1) }
      let norms = try layers.map { layer in
        let sample = try GaussianEdge.sample(
          layer.rows, layer.columns, count: 1_000 * setting.tier.scale, setting.name, seed: setting.seed)
        return meanAndError(sample.map { layer.deviation * $0 })
      }
      let predicted = try layers.map { try subject([$0]).mean }
      // The same shapes with the deviation of the first.
      let fixed = try layers.map { layer in
        try subject([GaussianLayer(rows: layer.rows, columns: layer.columns, deviation: layers[0].deviation)]).mean
      }
      let drop = norms[0].mean - norms[2].mean
      let error = hypot(norms[0].error, norms[2].error)
      let isPredicted = abs(predicted[2] - norms[2].mean) < FalseAlarms.threshold * norms[2].error
      guard drop > FalseAlarms.threshold * error, isPredicted else {
        return .inconclusive("norms \(norms), predicted \(predicted)")
      }
      return .refuted(
        Counterexample(
          at: "from 64 x 64 to 128 x 128 and to 64 x 256",
          claimed: "a larger network has a larger Lipschitz constant: at fixed s mean σ₁ = \(fixed.map(rounded))",
          found: "mean σ₁ from \(rounded(norms[0].mean)) to \(rounded(norms[1].mean)) and to \(rounded(norms[2].mean))")
      )
    },
    Boundary(
      "Student entries of 2.5 degrees of freedom and unit variance", drops: gaussian,
      remedy: "without a fourth moment the largest entry decides, not the sum of all (Bai, Silverstein, Yin 1988)"
    ) { setting in
      let (n, nu, count) = (100, 2.5, 60)
      let generator = setting.generator("matrices")
      let deviation = ((nu - 2) / nu).squareRoot()
      let norms = try (0..<count).map { _ in
        let theta = Matrix<Double>(rows: n, columns: n) { _, _ in
          deviation * generator.studentT(degreesOfFreedom: nu)
        }
        return try TopSingularTriplet(theta).sigma
      }
      let claimed = try subject([GaussianLayer(rows: n, columns: n, deviation: 1)])
      // By Chebyshev's inequality at most one matrix in a hundred lies ten standard deviations away.
      let far = norms.count { $0 > claimed.mean + 10 * claimed.standardDeviation }
      let pValue = Distribution.binomialUpperTail(far, trials: count, probability: 0.01)
      guard pValue < FalseAlarms.perCheck else { return .inconclusive("\(far) of \(count) norms lie far out") }
      return .refuted(
        Counterexample(
          at: "100 x 100, n = \(count)",
          claimed: "σ₁ = \(rounded(claimed.mean)) ± \(rounded(claimed.standardDeviation))",
          found: "median \(rounded(norms.sorted()[count / 2])), \(100 * far / count) % beyond ten standard deviations",
          pValue: pValue))
    },
  ]

  private static func meanAndError(_ sample: [Double]) -> (mean: Double, error: Double) {
    var moments = VectorMoments(dimension: 1)
    for x in sample { moments.add([x]) }
    return (moments.mean[0], moments.standardErrors[0])
  }

  private static func rounded(_ x: Double) -> Double { (x * 100).rounded() / 100 }
}

/// Moments of the Tracy–Widom law, ∫ s dF and ∫ s² dF by parts, both halves of the line at once.
private enum FredholmMoments {
  /// Beyond it F₁ is zero and one to round-off.
  static let reach = 14.0
  static let mean = Quadrature(from: 0, to: reach) { 1 - TracyWidom.distribution($0) - TracyWidom.distribution(-$0) }
  static let second = Quadrature(from: 0, to: reach) {
    2 * $0 * (1 - TracyWidom.distribution($0) + TracyWidom.distribution(-$0))
  }
}
