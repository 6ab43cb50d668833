// Sample moments and quantiles.

import Glibc
import RandomStreams
import StochasticCalculus
import Testing

@Suite struct RunningMomentsTests {
  /// A skewed sample far from zero, where uncentred sums of squares would lose 12 digits.
  let sample: [Double] = {
    let generator = RandomGenerator(stream: "moments", seed: 1)
    return (0..<10_000).map { _ in 1e6 + generator.exponential(mean: 1) }
  }()

  private func assertAgree(_ a: RunningMoments, _ b: RunningMoments) {
    #expect(a.count == b.count)
    // One rounding of a number near 10⁶ for each value added.
    #expect(abs(a.mean - b.mean) < Double(a.count) * 1e6.ulp / 2)
    #expect(abs(a.variance / b.variance - 1) < 1e-9)
    #expect(abs(a.skewness - b.skewness) < 1e-7)
    #expect(abs(a.excessKurtosis - b.excessKurtosis) < 1e-6)
  }

  @Test func mergesAgreeWithTwoPasses() {
    let whole = RunningMoments(sample)
    var single = RunningMoments()
    for value in sample { single.add(value) }
    assertAgree(single, whole)
    var merged = RunningMoments()
    for start in stride(from: 0, to: sample.count, by: 1300) {
      merged.merge(RunningMoments(sample[start..<min(start + 1300, sample.count)]))
    }
    assertAgree(merged, whole)
    merged.merge(RunningMoments())
    assertAgree(merged, whole)
  }

  @Test func smallSamplesByHand() {
    let moments = RunningMoments([1, 2, 3, 6])
    #expect(moments.mean == 3)
    #expect(isClose(moments.variance, 14.0 / 3, ulps: 2))
    // m₂ = 3.5, m₃ = (−8 − 1 + 27)/4 = 4.5, m₄ = (16 + 1 + 81)/4 = 24.5.
    #expect(isClose(moments.skewness, 4.5 / pow(3.5, 1.5), ulps: 4))
    #expect(isClose(moments.excessKurtosis, 2 - 3, ulps: 4))
    #expect(isClose(moments.standardErrorOfMean, (14.0 / 12).squareRoot(), ulps: 2))
    #expect(isClose(moments.standardErrorOfVariance, ((24.5 - 196.0 / 27) / 4).squareRoot(), ulps: 8))
    #expect(RunningMoments().mean.isNaN && RunningMoments([1]).variance.isNaN)
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity])
  func nonFiniteValuesPoison(value: Double) {
    var first = RunningMoments()
    first.add(value)
    first.add(1)
    var last = RunningMoments([1, 2])
    last.add(value)
    for moments in [first, last, RunningMoments([1, value, 2])] {
      #expect(moments.mean.isNaN && moments.variance.isNaN && moments.standardErrorOfMean.isNaN)
      #expect(moments.standardErrorOfVariance.isNaN)
    }
  }

  @Test func quantilesAreOrderStatistics() {
    let sample = (1...1000).reversed().map(Double.init)
    let estimates = QuantileEstimate.estimates(of: [0.001, 0.5, 0.75], from: sample)
    #expect(estimates.map(\.value) == [1, 500, 750])
    // √(1000/4) = 15.8: ranks ⌈484.2⌉ and ⌈515.8⌉.
    #expect(estimates[1].standardError == 15.5)
    #expect(QuantileEstimate.estimates(of: [0.5], from: [1, .nan])[0].value.isNaN)
    #expect(QuantileEstimate.estimates(of: [0.5], from: [4])[0].value == 4)
  }
}
