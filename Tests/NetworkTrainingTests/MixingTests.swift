// Mixup, corrupted labels and injected noise: their laws at a false-alarm rate of 10⁻⁹ each, and that they are functions
// of the step.

import Glibc
import NetworkTraining
import RandomStreams
import Testing

@Suite struct MixingTests {
  func lambdas(alpha: Double, _ count: Int) throws -> [Double] {
    let sampler = Mixup.Sampler(try Mixup(alpha: alpha), stream: "tests/mixup", seed: 4)
    return (0..<count).map { sampler.coefficient(step: $0, pair: 0) }
  }

  @Test func coefficientsAreBeta() throws {
    let count = 20_000
    let arcsine = { (x: Double) in 2 / Double.pi * asin(x.squareRoot()) }
    for (alpha, law) in [(0.5, arcsine), (1, { $0 }), (2, { 3 * $0 * $0 - 2 * $0 * $0 * $0 })]
      as [(Double, (Double) -> Double)]
    {
      let (distance, alarm) = kolmogorov(try lambdas(alpha: alpha, count), law)
      #expect(distance < alarm, "Beta(\(alpha), \(alpha))")
    }
    // The alarm is not deaf.
    let (distance, alarm) = kolmogorov(try lambdas(alpha: 1, count), arcsine)
    #expect(distance > alarm)
    // Var λ = 1/(4(2α + 1)), also where most of the mass is next to 0 and 1.
    for alpha in [0.01, 0.2, 30] {
      let values = try lambdas(alpha: alpha, count)
      #expect(values.allSatisfy { (0...1).contains($0) })
      let (mean, square) = (values.reduce(0, +), values.reduce(0) { $0 + ($1 - 0.5) * ($1 - 0.5) })
      #expect(abs(mean / Double(count) - 0.5) < hoeffding(count, width: 1))
      #expect(abs(square / Double(count) - 0.25 / (2 * alpha + 1)) < hoeffding(count, width: 0.25))
    }
  }

  @Test func pairsShareACoefficientOrHaveTheirOwn() throws {
    let shared = Mixup.Sampler(try Mixup(alpha: 0.4), stream: "tests/mixup", seed: 4)
    #expect((0..<9).allSatisfy { shared.coefficient(step: 2, pair: $0) == shared.coefficient(step: 2, pair: 0) })
    let own = Mixup.Sampler(try Mixup(alpha: 0.4, .perPair), stream: "tests/mixup", seed: 4)
    let count = 20_000
    var product = 0.0
    for step in 0..<count {
      product += (own.coefficient(step: step, pair: 0) - 0.5) * (own.coefficient(step: step, pair: 1) - 0.5)
    }
    #expect(abs(product) / Double(count) < hoeffding(count, width: 0.5), "pairs are uncorrelated")
  }

  @Test func permutationsAreUniform() throws {
    let sampler = Mixup.Sampler(try Mixup(alpha: 1), stream: "tests/permutations", seed: 4)
    var (permutation, scratch) = ([Int](repeating: 0, count: 4), [Double](repeating: 0, count: 4))
    var counts: [Int: Int] = [:]
    for step in 0..<12_000 {
      sampler.fillPermutation(&permutation, scratch: &scratch, step: step)
      #expect(permutation.sorted() == [0, 1, 2, 3])
      counts[permutation.reduce(0) { 4 * $0 + $1 }, default: 0] += 1
    }
    #expect(counts.count == 24 && chiSquare(Array(counts.values)) < chiSquareAlarm(23))
  }

  @Test(arguments: LabelCorruption.Timing.allCases, LabelCorruption.Replacement.allCases)
  func corruptedLabelsHaveTheirLaw(timing: LabelCorruption.Timing, replacement: LabelCorruption.Replacement) throws {
    let (classes, p, count, label) = (5, 0.3, 40_000, 2)
    let sampler = LabelCorruption.Sampler(
      try LabelCorruption(probability: p, timing, replacement), stream: "tests/labels", seed: 5)
    var counts = [Int](repeating: 0, count: classes)
    for i in 0..<count {
      counts[sampler.label(label, classes: classes, sample: i, position: i % 50, step: i / 50)] += 1
    }
    let kept = replacement == .anyClass ? 1 - p + p / Double(classes) : 1 - p
    #expect(abs(Double(counts[label]) / Double(count) - kept) < hoeffding(count, width: 1))
    counts.remove(at: label)
    #expect(chiSquare(counts) < chiSquareAlarm(classes - 2), "the other classes are equally likely")
  }

  @Test func fixedLabelsDependOnTheSampleAndRedrawnOnTheVisit() throws {
    func label(_ timing: LabelCorruption.Timing, sample: Int, position: Int, step: Int) throws -> Int {
      let corruption = try LabelCorruption(probability: 0.5, timing)
      return LabelCorruption.Sampler(corruption, stream: "tests/labels", seed: 6)
        .label(0, classes: 10, sample: sample, position: position, step: step)
    }
    for i in 0..<50 {
      #expect(
        try label(.fixed, sample: i, position: 0, step: 0) == label(.fixed, sample: i, position: 7, step: 9))
      #expect(
        try label(.redrawn, sample: 0, position: i, step: 3) == label(.redrawn, sample: 8, position: i, step: 3))
    }
    // Of 50 labels, kept with probability 0.55, all alike has probability 10⁻¹³.
    #expect(try Set((0..<50).map { try label(.redrawn, sample: 1, position: 2, step: $0) }).count > 1)
    #expect(try Set((0..<50).map { try label(.redrawn, sample: 1, position: $0, step: 2) }).count > 1)
    #expect(try Set((0..<50).map { try label(.fixed, sample: $0, position: 0, step: 0) }).count > 1)
  }

  @Test func injectedNoiseHasItsLaw() throws {
    let (s, count) = (0.02, 40_000)
    let laws: [(GradientScaling.Law, (Double) -> Double)] = [
      (.gaussian, { 0.5 * erfc(-$0 / (s * 2.squareRoot())) }),
      (.uniform, { min(max(0.5 + $0 / (2 * s * 3.squareRoot()), 0), 1) }),
    ]
    for (law, distribution) in laws {
      let scaling = try GradientScaling(alpha: 0.5, law, deviation: s)
      let injection = try #require(GradientInjection(scaling, stream: "tests/noise", seed: 7))
      var values = [Double](repeating: 0, count: count)
      injection.fill(&values, step: 11, layer: 2)
      let (distance, alarm) = kolmogorov(values, distribution)
      #expect(distance < alarm, "\(law)")
      // Two of 40,000 numbers of 52 bits agree with probability 10⁻⁶ (a uniform one), and the seed is fixed.
      #expect(Set(values).count == count, "no entry repeats another")
      // Entries do not depend on the length of the buffer, and single precision rounds double precision.
      var short = [Float](repeating: 0, count: 1500)
      injection.fill(&short, step: 11, layer: 2)
      #expect(short == values.prefix(1500).map { Float($0) })
      var other = values
      injection.fill(&other, step: 12, layer: 2)
      #expect(zip(values, other).allSatisfy { $0 != $1 })
      injection.fill(&other, step: 11, layer: 3)
      #expect(zip(values, other).allSatisfy { $0 != $1 })
    }
    #expect(try GradientInjection(GradientScaling(alpha: 0.5), stream: "tests/noise", seed: 7) == nil)
    #expect(try abs(GradientScaling(alpha: 0.75, .gaussian, deviation: 2).addedVariance - 0.25) < 1e-15)
  }
}
