// The runner computes verdicts: from checks, kill matrix and boundaries, and from nothing else.

import RandomStreams
import Testing
import VerificationKit

/// The claim "the number is one", with as many faults as a test needs.
private enum PlantedClaim: Claim {
  static let source = Source(paper: "none", "Example 1")
  static let statement = Statement("x = 1", meaning: "x is one", hypotheses: [.unstated("x is a number")])
  static let subject = 1.0
  static let checks: [Check<Double>] = [
    .exactIdentity("integer part", blindTo: ["1.5": "rounds"]) { x, _ in
      [Identity("x", claimed: Int(x), expected: 1)]
    },
    .roundOffIdentity("value") { x, _ in [NumericIdentity("x", claimed: x, expected: 1, operations: 1)] },
  ]
  static let mutants = [Mutant("2", 2.0), Mutant("1.5", 1.5)]
  static let boundaries = [
    Boundary("NaN", drops: .unstated("x is a number"), remedy: "use numbers") { _ in
      .refuted(Counterexample(at: "NaN", claimed: "1", found: "NaN"))
    }
  ]
}

/// As above; 1.5 survives the first check, which does not declare it.
private enum SurvivorClaim: Claim {
  static let source = PlantedClaim.source
  static let statement = PlantedClaim.statement
  static let subject = 1.0
  static let checks: [Check<Double>] = [
    .exactIdentity("integer part", blindTo: ["3": "no such mutant"]) { x, _ in
      [Identity("x", claimed: Int(x), expected: 1)]
    },
    PlantedClaim.checks[1],
  ]
  static let mutants = [Mutant("1.5", 1.5)]
}

private enum ClaimWithoutMutants: Claim {
  static let source = PlantedClaim.source
  static let statement = PlantedClaim.statement
  static let subject = 1.0
  static let checks = PlantedClaim.checks
  static let mutants: [Mutant<Double>] = []
}

private enum OneKindOfEvidence: Claim {
  static let source = PlantedClaim.source
  static let statement = PlantedClaim.statement
  static let subject = 1.0
  static let checks = [PlantedClaim.checks[1]]
  static let mutants = PlantedClaim.mutants
}

private enum FalseClaim: Claim {
  static let source = PlantedClaim.source
  static let statement = PlantedClaim.statement
  static let subject = 2.0
  static let checks = PlantedClaim.checks
  static let mutants = PlantedClaim.mutants
}

private enum UndemonstratedClaim: Claim {
  static let source = PlantedClaim.source
  static let statement = PlantedClaim.statement
  static let subject = 1.0
  static let checks = PlantedClaim.checks
  static let mutants = PlantedClaim.mutants
  static let boundaries = [
    Boundary("nothing breaks", drops: .stated("x is real"), remedy: "none") { _ in
      .supported(ErrorBudget(.exact, fractionUsed: 0, summary: "still one"))
    }
  ]
}

private enum ContradictedClaim: Claim {
  static let source = PlantedClaim.source
  static let elsewhere = Hypothesis.contradicted("x is not two")
  static let statement = Statement("x = 1", meaning: "x is one", hypotheses: [elsewhere, .own("x is real")])
  static let subject = 1.0
  static let checks = PlantedClaim.checks
  static let mutants = PlantedClaim.mutants
  static let boundaries = [
    Boundary("two", drops: elsewhere, remedy: "say so") { _ in
      .refuted(Counterexample(at: "2", claimed: "1", found: "2"))
    }
  ]
}

@Suite("Runner")
struct RunnerTests {
  private func verdict<C: Claim>(_: C.Type) -> ClaimVerdict { C.verify(seed: 1, tier: .quick).verdict }

  @Test("a claim with killed mutants and a demonstrated boundary holds under its hypothesis")
  func holds() {
    #expect(verdict(PlantedClaim.self) == .holdsUnder(["x is a number"]))
    let report = PlantedClaim.verify(seed: 1, tier: .quick)
    #expect(report.mutantsPlanted == 3 && report.mutantsKilled == 3)
    #expect(report.mutants[1].outcomes == [.blind("rounds"), .killed])
    #expect(report.slug == "PlantedClaim")
    #expect(verdict(ContradictedClaim.self) == .failsAsStated(["x is not two"]))
    #expect(verdict(ContradictedClaim.self).label == "fails as stated")
  }

  @Test("survivors, empty mutant lists, single evidence and idle boundaries are no pass")
  func failures() {
    #expect(verdict(SurvivorClaim.self).label == "inconclusive")
    #expect(verdict(ClaimWithoutMutants.self).label == "inconclusive")
    #expect(verdict(OneKindOfEvidence.self).label == "inconclusive")
    #expect(verdict(UndemonstratedClaim.self).label == "inconclusive")
    #expect(verdict(FalseClaim.self).label == "refuted")
    for bad in [verdict(SurvivorClaim.self), verdict(FalseClaim.self)] { #expect(!bad.isPass) }
  }

  @Test("declarations that name no mutant are faults")
  func declarations() {
    #expect(PlantedClaim.declarationFaults == [])
    #expect(SurvivorClaim.declarationFaults == ["SurvivorClaim/integer part is blind to '3', which is no mutant"])
  }
}

@Suite("Statistics of the kit")
struct KitStatisticsTests {
  @Test("Hotelling's p-values are uniform for correlated and skewed residuals")
  func uniformity() throws {
    let generator = Setting(name: "kit/uniformity", seed: 3, tier: .quick).generator("draws")
    let pValues = try (0..<400).map { _ in
      var moments = VectorMoments(dimension: 3)
      for _ in 0..<500 {
        let (a, b) = (generator.gaussian(), generator.gaussian())
        moments.add([a, 1e6 * (a + 0.1 * b), 1e-9 * (b * b - 1)])
      }
      return try #require(moments.pValueOfZeroMean)
    }
    let test = try #require(KolmogorovSmirnov(uniform: pValues))
    #expect(test.pValue > 1e-6)
  }

  @Test("one dimension is Student's t, and a shift is seen")
  func student() throws {
    var moments = VectorMoments(dimension: 1)
    for x in [0.3, -0.1, 0.4, 0.2, 0.6] { moments.add([x]) }
    // t = 0.28/0.115758 = 2.41883 with 4 degrees of freedom: p = 0.07287 (R: t.test).
    #expect(abs(try #require(moments.pValueOfZeroMean) - 0.07287) < 1e-4)
    for _ in 0..<200 { moments.add([0.3]) }
    #expect(try #require(moments.pValueOfZeroMean) < 1e-10)
  }

  @Test("residuals that vary only together still count, Bonferroni-wise")
  func degenerate() throws {
    let generator = Setting(name: "kit/degenerate", seed: 3, tier: .quick).generator("draws")
    var (centred, shifted) = (VectorMoments(dimension: 2), VectorMoments(dimension: 2))
    for _ in 0..<1000 {
      let x = generator.gaussian()
      centred.add([x, 2 * x])
      shifted.add([x + 1, 2 * x + 2])
    }
    #expect(try #require(centred.pValueOfZeroMean) > 1e-6)
    #expect(try #require(shifted.pValueOfZeroMean) < 1e-12)
  }

  @Test("Kolmogorov–Smirnov rejects what is not uniform, and knows its limits")
  func kolmogorovSmirnov() throws {
    let grid = (0..<200).map { (Double($0) + 0.5) / 200 }
    #expect(try #require(KolmogorovSmirnov(uniform: grid)).pValue > 0.99)
    #expect(try #require(KolmogorovSmirnov(uniform: grid.map { $0 * $0 })).pValue < 1e-6)
    #expect(KolmogorovSmirnov(uniform: []) == nil)
    #expect(KolmogorovSmirnov(uniform: [0.2, .nan]) == nil)
    // D = 0.12 at n = 100: P = 0.1033 (exact, scipy.stats.kstwo).
    let shifted = try #require(KolmogorovSmirnov(uniform: (0..<100).map { min(1, (Double($0) + 1) / 100 + 0.11) }))
    #expect(abs(shifted.statistic - 0.12) < 1e-12)
    #expect(abs(shifted.pValue / 0.1033 - 1) < 0.02)
  }

  @Test("the false-alarm budget is shared by a stated number of tests")
  func budget() {
    #expect(
      FalseAlarms.perCheck * Double(FalseAlarms.capacity) * FalseAlarms.tailReserve <= FalseAlarms.suiteBudget
        * (1 + 1e-12))
    #expect(abs(2 * Distribution.normalUpperTail(FalseAlarms.threshold) / FalseAlarms.perCheck - 1) < 1e-9)
  }
}
