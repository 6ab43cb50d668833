// Every oracle sees a planted failure, supports what is true, and calls nothing a pass that it could not decide.

import RandomStreams
import Testing
import VerificationKit

private let setting = Setting(name: "kit/oracle", seed: 1, tier: .quick)

/// Runs a check whose subject is a plain number, against given rivals.
private func verdict(
  _ check: Check<Double>, on subject: Double, truth: Double = 1, rivals: [Double] = []
) -> Verdict {
  check.run(
    subject,
    Trial(setting: setting, reference: truth, rivals: rivals.map { Mutant("\($0)", $0) }))
}

@Suite("Oracles")
struct OracleTests {
  @Test("exact identity: one wrong instance refutes, none is inconclusive")
  func exact() {
    let check = Check<Double>.exactIdentity("squares") { x, _ in
      [Identity("x", claimed: Int(x), expected: 1), Identity("x²", claimed: Int(x * x), expected: 1)]
    }
    #expect(verdict(check, on: 1).isSupported)
    #expect(verdict(check, on: -1).isRefuted)
    let vacuous = Check<Double>.exactIdentity("none") { _, _ in [Identity<Int>]() }
    #expect(verdict(vacuous, on: 1) == .inconclusive("no instance was examined"))
  }

  @Test("round-off identity: ten units in the last place are too many for one operation")
  func roundOff() {
    let check = Check<Double>.roundOffIdentity("one") { x, _ in
      [NumericIdentity("x", claimed: x, expected: 1, operations: 1)]
    }
    #expect(verdict(check, on: 1.nextUp).isSupported)
    #expect(verdict(check, on: 1 + 10 * Double.ulpOfOne).isRefuted)
    #expect(verdict(check, on: .nan) == .inconclusive("x: the claimed value is nan"))
    let hopeless = Check<Double>.roundOffIdentity("ill-conditioned") { x, _ in
      [NumericIdentity("x", claimed: x, expected: 1, operations: 1, condition: 1e15)]
    }
    #expect(!verdict(hopeless, on: 1).isSupported)
    #expect(!verdict(hopeless, on: 1).isRefuted)
  }

  @Test("Taylor remainder: sees an error of a millionth in the first, second and third derivative", arguments: 1...3)
  func derivative(_ order: Int) {
    // f = sin(2x + 0.3) at 0: no derivative vanishes.
    func check(_ error: Double) -> Check<Double> {
      .derivative("sine") { _, _ in
        let (s, c) = (Oracle.sin(0.3), Oracle.cos(0.3))
        var derivatives = Array([2 * c, -4 * s, -8 * c].prefix(order))
        derivatives[order - 1] *= 1 + error
        return [TaylorCase("sine", derivatives: derivatives, reach: 0.5, noise: 2) { Oracle.sin(2 * $0 + 0.3) }]
      }
    }
    #expect(verdict(check(0), on: 1).isSupported)
    for error in [1.0, 0.01, -1e-3] { #expect(verdict(check(error), on: 1).isRefuted, "error \(error)") }
  }

  @Test("Taylor remainder: the worst entry is named, exact expansions pass, NaN does not")
  func derivativePlaces() {
    @Sendable func linear(_ place: String, _ slope: Double) -> TaylorCase {
      TaylorCase(place, derivatives: [slope], reach: 1) { 3 + 2 * $0 + $0 * $0 }
    }
    let check = Check<Double>.derivative("parabola") { x, _ in [linear("entry 0", 2), linear("entry 1", x)] }
    #expect(verdict(check, on: 2).isSupported)
    guard case .refuted(let counterexample) = verdict(check, on: 2.1) else {
      Issue.record("a wrong slope was not seen")
      return
    }
    #expect(counterexample.place == "entry 1")
    let exact = Check<Double>.derivative("line") { x, _ in
      [TaylorCase("line", derivatives: [x], reach: 1) { 1 + 2 * $0 }]
    }
    #expect(verdict(exact, on: 2).isSupported)
    #expect(verdict(exact, on: 2.0001).isRefuted)
    let broken = Check<Double>.derivative("nan") { _, _ in
      [TaylorCase("nan", derivatives: [2], reach: 1) { $0 > 0 ? .nan : 1 }]
    }
    #expect(!verdict(broken, on: 1).isSupported && !verdict(broken, on: 1).isRefuted)
  }

  @Test("Monte Carlo: kills the nearest mutant at the planned size, and n does not depend on the subject")
  func monteCarlo() {
    let check = Check<Double>.monteCarloMean("mean of a normal") { claimed, _ in { [1 + $0.gaussian() - claimed] } }
    let rivals = [1.05, 2.0]
    #expect(verdict(check, on: 1, rivals: rivals).isSupported)
    for rival in rivals { #expect(verdict(check, on: rival, rivals: rivals).isRefuted) }
    guard case .supported(let budget) = verdict(check, on: 1, rivals: rivals) else { return }
    // (separation / 0.05)² and half on top, up to the pilot's knowledge of the variance.
    let planned = 1.5 * (FalseAlarms.separation / 0.05) * (FalseAlarms.separation / 0.05)
    let n = Int(budget.summary.split(separator: ",")[0].dropFirst(4)) ?? 0
    #expect(abs(Double(n) / planned - 1) < 0.3)
  }

  @Test("Monte Carlo: unresolvable mutants, constant residuals and NaN are inconclusive")
  func monteCarloInconclusive() {
    let check = Check<Double>.monteCarloMean("normal") { claimed, _ in { [1 + $0.gaussian() - claimed] } }
    #expect(verdict(check, on: 1, rivals: [1 + 1e-6]).summary.contains("would need"))
    let constant = Check<Double>.monteCarloMean("constant") { claimed, _ in { _ in [1 - claimed] } }
    #expect(verdict(constant, on: 1, rivals: [2]).summary.hasPrefix("inconclusive"))
    let broken = Check<Double>.monteCarloMean("nan") { _, _ in { [$0.gaussian() > 3 ? .nan : 0.1 * $0.gaussian()] } }
    #expect(verdict(broken, on: 1).summary.hasPrefix("inconclusive"))
    let tiny = Check<Double>.ensembleMean("ten samples", evidence: .monteCarlo) { _, _ in (0..<10).map { [Double($0)] }
    }
    #expect(verdict(tiny, on: 1).summary.contains("only 10 samples"))
  }

  @Test("a Taylor remainder's ladder is kept: of the flattest direction, right or wrong")
  func remainderLadder() throws {
    for (first, slope) in [(1.0, 2.0), (1.1, 1.0)] {
      let verdict = try judgeTaylorRemainders([
        TaylorCase("exp", derivatives: [first], reach: 0.25) { Oracle.exp($0) },
        TaylorCase("cos", derivatives: [0], reach: 0.25) { Oracle.cos($0) },
      ])
      #expect(verdict.isSupported == (first == 1))
      let ladder = try #require(verdict.ladder)
      #expect(ladder.expected == 2 && abs(ladder.slope - slope) < 0.1)
      guard ladder.place == "exp" else { continue }
      for rung in ladder.rungs {
        let exact = abs(Oracle.exp(rung.step) - 1 - first * rung.step)
        #expect(abs(rung.error - exact) < 1e-14 + 1e-9 * exact)
      }
    }
  }

  @Test("NaN and infinity end inconclusive, and are named where they arose")
  func origins() throws {
    func reason(_ verdict: Verdict) -> String { if case .inconclusive(let why) = verdict { why } else { "" } }
    for bad in [Double.nan, .infinity, -.infinity] {
      let rungs = (1...6).map { Rung(step: Oracle.exp2(-Double($0)), error: $0 == 3 ? bad : 1) }
      #expect(reason(judgeOrder(rungs, expected: 1)) == "the error at step 0.125 is \(bad)")
      var moments = VectorMoments(dimension: 3)
      for k in 0..<80 { moments.add([Double(k % 7) - 3, k == 61 ? bad : Double(k % 5) - 2, 0.5]) }
      #expect(reason(judgeZeroMean(moments, .monteCarlo)) == "entry 1 of sample 61 is \(bad)")
      let pilot = Check<Double>.monteCarloMean("pilot") { claimed, _ in { _ in [bad * claimed] } }
      #expect(reason(verdict(pilot, on: 1)) == "pilot: entry 0 of sample 0 is \(bad)")
      let taylor = TaylorCase("entry (2, 1)", derivatives: [1], reach: 0.5) { $0 == 0 ? 0 : bad }
      #expect(reason(try judgeTaylorRemainders([taylor])).hasPrefix("entry (2, 1): f(0.5) = "))
      let derivative = TaylorCase("entry (2, 1)", derivatives: [bad], reach: 0.5) { $0 }
      #expect(reason(try judgeTaylorRemainders([derivative])).contains("entry (2, 1)"))
      let identity = NumericIdentity(
        "σ₁", claimed: [1, bad], expected: [1, 1], operations: 1)
      #expect(reason(judgeRoundOff([identity])) == "σ₁, entry 1: the claimed value is \(bad)")
      let integral = Check<Double>.quadrature("hole") { x, _ in
        [QuadratureCase("I", claimed: x, from: 0, to: 1) { $0 > 0.5 ? bad : 1 }]
      }
      #expect(reason(verdict(integral, on: 1)).hasPrefix("I: the integrand at 0.50"))
    }
    var large = VectorMoments(dimension: 1)
    for k in 0..<80 { large.add([k % 2 == 0 ? 1e308 : -1e308 * 1.5]) }
    #expect(reason(judgeZeroMean(large, .monteCarlo)).contains("leaves floating point"))
  }

  @Test("order of convergence: tells orders half a unit apart, and says when it cannot")
  func order() {
    func ladder(_ order: Double, noise: Double) -> [Rung] {
      (3...9).map { k in
        let h = Oracle.exp2(-Double(k))
        let wiggle = 1 + noise * (k % 2 == 0 ? 1 : -1)
        let error = Oracle.pow(h, order) * wiggle
        return Rung(step: h, error: error, standardError: noise * error)
      }
    }
    #expect(judgeOrder(ladder(1, noise: 0.02), expected: 1).isSupported)
    #expect(judgeOrder(ladder(0.5, noise: 0.02), expected: 1).isRefuted)
    #expect(judgeOrder(ladder(1.5, noise: 0.02), expected: 1).isRefuted)
    #expect(judgeOrder(ladder(1, noise: 0.5), expected: 1).summary.hasPrefix("inconclusive"))
    for expected in [1.0, 2] {
      let kept = judgeOrder(ladder(1, noise: 0.02), expected: expected).ladder
      #expect(kept?.rungs == ladder(1, noise: 0.02) && kept?.expected == expected)
      #expect(abs((kept?.slope ?? 0) - 1) < 0.05)
    }
    #expect(judgeOrder([], expected: 1).summary.hasPrefix("inconclusive"))
  }

  @Test("quadrature: GSL's error estimate is the tolerance")
  func quadrature() {
    let check = Check<Double>.quadrature("∫₀¹ 3x²") { x, _ in
      [QuadratureCase("cube", claimed: x, from: 0, to: 1) { 3 * $0 * $0 }]
    }
    #expect(verdict(check, on: 1).isSupported)
    #expect(verdict(check, on: 1 + 1e-9).isRefuted)
    let divergent = Check<Double>.quadrature("∫₀¹ 1/x") { x, _ in
      [QuadratureCase("pole", claimed: x, from: 0, to: 1) { 1 / $0 }]
    }
    #expect(!verdict(divergent, on: 1).isSupported)
  }

  @Test("an unmet hypothesis or any error leaves a check inconclusive")
  func hypotheses() {
    let check = Check<Double>("needs x > 0", .exact) { x, _ in
      try HypothesisViolation.require(x > 0, field: "x", value: x, "x is positive")
      return .supported(ErrorBudget(.exact, fractionUsed: 0, summary: "fine"))
    }
    #expect(verdict(check, on: 1).isSupported)
    #expect(verdict(check, on: -1) == .inconclusive("x = -1.0 violates the hypothesis: x is positive"))
  }
}
