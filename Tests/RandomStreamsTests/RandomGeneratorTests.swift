// The sequential generators: GSL's published numbers, laws of every distribution, copies and memory.

import CGSL
import Testing

@testable import RandomStreams

@Suite struct RandomGeneratorTests {
  @Test func mersenneTwisterGivesThePublishedNumbers() {
    let reference = RandomGenerator(.mt19937, gslSeed: 5489)
    #expect((0..<4).map { _ in reference.next32() } == [3_499_211_612, 581_869_302, 3_890_346_734, 3_586_334_585])
    let standard = RandomGenerator(.mt19937, gslSeed: 5489)  // the C++ standard's check value
    for _ in 1..<10_000 { _ = standard.next32() }
    #expect(standard.next32() == 4_123_659_995)
    let own = RandomGenerator(.mt19937, gslSeed: 4357)  // GSL's own test suite
    for _ in 1..<1000 { _ = own.next32() }
    #expect(own.next32() == 1_186_927_261)
  }

  @Test(arguments: [
    (RandomGenerator.Algorithm.taus2, UInt32(2_733_957_125)), (.mrg, 2_064_828_650), (.cmrg, 719_452_880),
  ])
  func generatorsOfGSLGiveItsTestValues(algorithm: RandomGenerator.Algorithm, expected: UInt32) {
    let generator = RandomGenerator(algorithm, gslSeed: 1)
    for _ in 1..<10_000 { _ = generator.next32() }
    #expect(generator.next32() == expected)
  }

  @Test func philoxReadsItsSequenceDomain() {
    let name: StreamName = "layout"
    let generator = RandomGenerator(stream: name, seed: 5)
    let key = name.key(seed: 5)
    let words = [UInt32(truncatingIfNeeded: key), UInt32(key >> 32)]
    let expected = (0..<3).flatMap { philoxBlock(counter: [$0, 0, 0, 0xC000_0000], key: words) }
    #expect((0..<12).map { _ in generator.next32() } == expected)
    let again = RandomGenerator(stream: name, seed: 5)
    let bits = UInt64(expected[0] >> 5) << 26 | UInt64(expected[1] >> 6)
    #expect(again.uniform() == Double(bits) * 0x1p-53)
  }

  @Test(arguments: RandomGenerator.Algorithm.allCases)
  func streamsRepeatAndDiffer(algorithm: RandomGenerator.Algorithm) {
    func head(_ stream: StreamName, _ seed: UInt64) -> [Double] {
      let generator = RandomGenerator(algorithm, stream: stream, seed: seed)
      return (0..<20).map { _ in generator.uniform() }
    }
    #expect(head("a", 1) == head("a", 1))
    #expect(head("a", 1) != head("b", 1))
    #expect(head("a", 1) != head("a", 2))
    #expect(head("a", 1).allSatisfy { $0 >= 0 && $0 < 1 })
  }

  @Test(arguments: RandomGenerator.Algorithm.allCases)
  func clonesGoOnAlike(algorithm: RandomGenerator.Algorithm) {
    let generator = RandomGenerator(algorithm, stream: "clone", seed: 1)
    for _ in 0..<7 { _ = generator.next32() }
    let copy = generator.clone()
    #expect((0..<50).map { _ in generator.uniform() } == (0..<50).map { _ in copy.uniform() })
  }

  @Test(arguments: RandomGenerator.Algorithm.allCases)
  func normalsAreNormal(algorithm: RandomGenerator.Algorithm) {
    let generator = RandomGenerator(algorithm, stream: "normals", seed: 8)
    var z = [Double](repeating: 0, count: 100_000)
    generator.fillGaussian(&z)
    #expect(kolmogorovSmirnov(z) { gsl_cdf_ugaussian_P($0) } * 1e5.squareRoot() < kolmogorovLimit)
  }

  /// Mean and variance of every distribution, and the fourth central moment for the error of the variance.
  @Test(arguments: [
    Law("gamma", 3, 12, 2448) { $0.gamma(shape: 0.75, scale: 4) },
    Law("beta", 0.4, 0.04, 0.00377142857142857142) { $0.beta(2, 3) },
    Law("chi-squared", 5, 10, 540) { $0.chiSquared(degreesOfFreedom: 5) },
    Law("Student", 0, 1.25, 6.25) { $0.studentT(degreesOfFreedom: 10) },
    Law("exponential", 2, 4, 144) { $0.exponential(mean: 2) },
    Law("Poisson", 3, 3, 30) { Double($0.poisson(mean: 3)) },
    Law("Poisson of a large mean", 50, 50, 7550) { Double($0.poisson(mean: 50)) },
    Law("binomial", 6, 4.2, 51.408) { Double($0.binomial(trials: 20, probability: 0.3)) },
    Law("Bernoulli", 0.3, 0.21, 0.0777) { $0.bernoulli(probability: 0.3) ? 1 : 0 },
    Law("uniform", 0.5, 1.0 / 12, 1.0 / 80) { $0.uniform() },
    Law("integer", 4.5, 8.25, 120.8625) { Double($0.uniform(below: 10)) },
    Law("normal", 0, 1, 3) { $0.gaussian() },
  ])
  func distributionsHaveTheirMoments(law: Law) {
    let count = 400_000
    let generator = RandomGenerator(stream: StreamName("law", law.name), seed: 1)
    let sample = (0..<count).map { _ in law.draw(generator) }
    let n = Double(count)
    let mean = sample.reduce(0, +) / n
    let variance = sample.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (n - 1)
    #expect(abs(mean - law.mean) < 6.2 * (law.variance / n).squareRoot())
    #expect(abs(variance - law.variance) < 6.5 * ((law.fourth - law.variance * law.variance) / n).squareRoot())
  }

  @Test func largeBoundsAreUnbiased() {
    // n = 3 * 2^61: taking a 63-bit number modulo n would give the lower third twice the weight.
    let generator = RandomGenerator(.ranlxs2, stream: "large", seed: 1)
    let bound = 3 << 61
    let count = 30_000
    var thirds = [0, 0, 0]
    for _ in 0..<count {
      let value = generator.uniform(below: bound)
      #expect(value >= 0 && value < bound)
      thirds[value >> 61] += 1
    }
    for third in thirds {
      #expect(abs(Double(third) - 10_000) < 6.2 * (30_000.0 * 2 / 9).squareRoot())
    }
    #expect(generator.uniform(below: 1) == 0)
    #expect(generator.uniform(below: .max) >= 0)
  }

  @Test func permutationsAndChoicesAreUniform() {
    let generator = RandomGenerator(stream: "permutations", seed: 4)
    var permutations: [[Int]: Int] = [:]
    var pairs: [[Int]: Int] = [:]
    for _ in 0..<60_000 {
      var order = [0, 1, 2]
      generator.shuffle(&order)
      permutations[order, default: 0] += 1
      pairs[generator.choose(2, of: 4), default: 0] += 1
    }
    #expect(permutations.count == 6)
    #expect(pairs.count == 12)
    #expect(pairs.keys.allSatisfy { $0[0] != $0[1] })
    for (counts, cells) in [(Array(permutations.values), 6.0), (Array(pairs.values), 12.0)] {
      let expected = 60_000 / cells
      let statistic = counts.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
      #expect(gsl_cdf_chisq_Q(statistic, cells - 1) > 1e-9)
    }
    #expect(generator.choose(5, of: 5).sorted() == [0, 1, 2, 3, 4])
    #expect(generator.choose(0, of: 0).isEmpty)
  }

  @Test func generatorsAreFreed() {
    // A Mersenne twister is 5 kB: a leak of 200,000 would be 1 GB of resident memory.
    let before = residentPages()
    for seed in 0..<200_000 {
      let generator = RandomGenerator(.mt19937, gslSeed: UInt(seed))
      _ = seed % 1000 == 0 ? generator.clone().next32() : generator.next32()
    }
    #expect(residentPages() - before < 50_000)
  }

  @Test func impossibleParametersStop() async {
    await #expect(processExitsWith: .failure) { _ = RandomGenerator(stream: "x", seed: 0).uniform(below: 0) }
    await #expect(processExitsWith: .failure) { _ = RandomGenerator(stream: "x", seed: 0).choose(3, of: 2) }
    await #expect(processExitsWith: .failure) { _ = RandomGenerator(stream: "x", seed: 0).gamma(shape: .nan, scale: 1) }
  }
}

struct Law: Sendable, CustomTestStringConvertible {
  let name: String
  let mean: Double
  let variance: Double
  let fourth: Double
  let draw: @Sendable (RandomGenerator) -> Double

  init(
    _ name: String, _ mean: Double, _ variance: Double, _ fourth: Double,
    _ draw: @escaping @Sendable (RandomGenerator) -> Double
  ) {
    (self.name, self.mean, self.variance, self.fourth, self.draw) = (name, mean, variance, fourth, draw)
  }

  var testDescription: String { name }
}
