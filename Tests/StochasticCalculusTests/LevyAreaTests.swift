// The law of simulated Lévy areas against closed forms, given the increments and without them.

import Glibc
import RandomStreams
import StochasticCalculus
import Testing

@Suite struct LevyAreaTests {
  private let count = 40_000
  private let h = 0.25

  /// Areas of many steps under the same increments, or under those of a stream: shape [count][pairs].
  private func areas(_ approximation: LevyArea.Approximation, noises: Int, given increments: [Double]?) -> [[Double]] {
    var area = LevyArea(noises: noises, by: approximation, stream: "areas", seed: 1)
    let normals = CounterNormals("increments", seed: 1)
    var values = [Double](repeating: 0, count: area.count)
    return (0..<count).map { path in
      let w =
        increments
        ?? (0..<noises).map { h.squareRoot() * normals.normal(path: path, step: 3, component: $0) }
      area.fill(&values, increments: w, over: h, path: path, step: 3)
      return values
    }
  }

  /// Whether a mean of values is what it should be.
  private func expectMean(of values: [Double], _ expected: Double, _ what: String) {
    let moments = RunningMoments(values)
    #expect(abs(moments.mean - expected) < normalLimit * moments.standardErrorOfMean, "\(what): \(moments.mean)")
  }

  /// Given ΔW: mean 0, Var Aᵢⱼ = h²/12 + h (ΔWᵢ² + ΔWⱼ²)/12 and Cov(Aᵢⱼ, Aᵢₖ) = h ΔWⱼ ΔWₖ/12, whatever the truncation.
  @Test(arguments: [1, 2, 7])
  func conditionalMoments(terms: Int) {
    let w = [0.7, -0.9, 0.4]
    let pairs = [(0, 1), (0, 2), (1, 2)]
    let sample = areas(.fourier(terms: terms), noises: 3, given: w)
    for (p, pair) in pairs.enumerated() {
      expectMean(of: sample.map { $0[p] }, 0, "mean of \(pair)")
      let variance = h * h / 12 + h * (w[pair.0] * w[pair.0] + w[pair.1] * w[pair.1]) / 12
      expectMean(of: sample.map { $0[p] * $0[p] }, variance, "variance of \(pair)")
    }
    expectMean(of: sample.map { $0[0] * $0[1] }, h * w[1] * w[2] / 12, "A₀₁ A₀₂")
    expectMean(of: sample.map { $0[0] * $0[2] }, -h * w[0] * w[2] / 12, "A₀₁ A₁₂")
    expectMean(of: sample.map { $0[1] * $0[2] }, h * w[0] * w[1] / 12, "A₀₂ A₁₂")
  }

  /// Without ΔW: variance h²/4, no correlation with each other or with ΔW; so for the two-point variables.
  @Test(arguments: [LevyArea.Approximation.fourier(terms: 3), .twoPoint])
  func unconditionalMoments(approximation: LevyArea.Approximation) {
    let sample = areas(approximation, noises: 3, given: nil)
    for p in 0..<3 {
      expectMean(of: sample.map { $0[p] }, 0, "mean")
      if approximation == .twoPoint {
        #expect(sample.allSatisfy { abs($0[p]) == h / 2 })
      } else {
        expectMean(of: sample.map { $0[p] * $0[p] }, h * h / 4, "variance")
      }
      expectMean(of: sample.map { $0[p] * $0[(p + 1) % 3] }, 0, "covariance")
    }
  }

  /// Lévy's characteristic function given ΔW, which a normal variable of the same variance has not.
  @Test func characteristicFunction() {
    let w = [0.3, -0.2]
    let sample = areas(.fourier(terms: 3), noises: 2, given: w)
    for u in [20.0, 30] {
      let x = u * h / 2
      let square = w[0] * w[0] + w[1] * w[1]
      let exact = x / sinh(x) * exp(-square / (2 * h) * (x / tanh(x) - 1))
      expectMean(of: sample.map { cos(u * $0[0]) }, exact, "at \(u)")
      let normal = exp(-u * u / 2 * (h * h / 12 + h * square / 12))
      let moments = RunningMoments(sample.map { cos(u * $0[0]) })
      #expect(abs(moments.mean - normal) > 10 * moments.standardErrorOfMean)
    }
  }

  @Test func termsGrowLikeTheRootOfSteps() {
    #expect(LevyArea.terms(noises: 2, steps: 1) == 1)
    #expect(LevyArea.terms(noises: 2, steps: 1024) == 5)
    for (noises, steps) in [(2, 100), (5, 1000), (30, 100_000)] {
      let n = Double(LevyArea.terms(noises: noises, steps: steps))
      // r h²/(12 π² n²) ≤ h³/T, and no term fewer will do.
      let enough = Double(noises * steps) / (12 * .pi * .pi)
      #expect(n * n >= enough && (n - 1) * (n - 1) < enough)
    }
  }
}
