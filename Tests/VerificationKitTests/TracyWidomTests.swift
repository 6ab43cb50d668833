// The Tracy–Widom law against a determinant evaluated with forty digits by other means (mpmath).

import Testing
import VerificationKit

@Suite("Tracy–Widom law")
struct TracyWidomTests {
  @Test(
    "agrees with forty-digit values",
    arguments: [
      (-4, 0.007_567_678_598_796_401), (-2, 0.274_320_197_909_217_86), (-0.5, 0.723_691_051_548_381_5),
      (1, 0.951_421_236_911_550_7), (3, 0.998_293_480_349_880_5),
    ])
  func values(_ s: Double, _ expected: Double) {
    #expect(abs(TracyWidom.distribution(s) - expected) < 64 * Double.ulpOfOne)
  }

  @Test("is zero far to the left and one far to the right")
  func tails() {
    #expect(abs(TracyWidom.distribution(-14)) < 1e-12)
    #expect(abs(TracyWidom.distribution(14) - 1) < 1e-12)
  }

  @Test("is NaN, not zero, where it is not defined")
  func undefined() {
    #expect(TracyWidom.distribution(.nan).isNaN)
  }

  @Test("the binomial tail counts from k on")
  func binomialTail() {
    #expect(Distribution.binomialUpperTail(0, trials: 3, probability: 0.5) == 1)
    #expect(abs(Distribution.binomialUpperTail(2, trials: 3, probability: 0.5) - 0.5) < 64 * Double.ulpOfOne)
    #expect(abs(Distribution.binomialUpperTail(3, trials: 3, probability: 0.25) - 1 / 64) < 64 * Double.ulpOfOne)
  }
}
