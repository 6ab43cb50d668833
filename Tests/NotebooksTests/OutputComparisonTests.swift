// One wrong digit is seen, one elided is not, and what is promoted keeps what agreed.

import Notebooks
import Testing

private func compare(
  _ expected: String, _ found: String, _ change: (inout Tolerance) -> Void = { _ in }
) -> OutputComparison {
  var tolerance = Tolerance()
  change(&tolerance)
  return OutputComparison(
    expected: expected.split(separator: "\n").map(String.init), found: found.split(separator: "\n").map(String.init),
    tolerance: tolerance)
}

private func problems(
  _ expected: String, _ found: String, _ change: (inout Tolerance) -> Void = { _ in }
) -> [String] {
  compare(expected, found, change).differences.map { "\($0.line): \($0.problem)" }
}

@Suite("Comparing outputs")
struct OutputComparisonTests {
  @Test("one changed digit fails with its line, both numbers and the tolerance")
  func digit() {
    #expect(problems("a\nb 1.2345678", "a\nb 1.2345678").isEmpty)
    let found = problems("a\nb 1.2345678", "a\nb 1.2345679")
    #expect(found == ["1: expected 1.2345678, found 1.2345679: 1e-07 apart, allowed 1.23e-09 (rtol=1e-09 atol=0.0)"])
    #expect(problems("b 1.2345678", "b 1.2345679") { $0.relative = 1e-6 }.isEmpty)
    #expect(problems("b 1.0", "b 1.0000000001") { $0.isExact = true }.count == 1)
    #expect(problems("x = nan", "x = nan").isEmpty && problems("x = 1.0", "x = nan").count == 1)
  }

  @Test("counts are equal whatever the relative tolerance; an absolute one is for them, too")
  func counts() {
    #expect(problems("11/12", "12/12") { $0.relative = 0.5 }.first?.contains("whole numbers") == true)
    #expect(problems("11 %", "12 %") { $0.absolute = 1 }.isEmpty)
    #expect(problems("11.0", "12.0") { $0.relative = 0.1 }.isEmpty)
  }

  @Test("words are exact, and digits within words are no numbers; space and lengths of rules do not count")
  func words() {
    #expect(problems("σ₁ holds", "σ₁ fails") == ["0: expected 'holds', found 'fails'"])
    #expect(problems("float64 1.2.3 e-3", "float32 1.2.3 e-3") { $0.relative = 0.9 }.count == 1)
    #expect(problems("v1.25", "v1.26") { $0.relative = 0.9 }.count == 1)
    #expect(problems("a   b\n────  ──", "a b\n─────────  ─").isEmpty)
    #expect(problems("x−1.5", "x -1.5").count == 1)
    #expect(problems("(−1.5, 2.0)", "(-1.5, 2.0)").isEmpty)
    #expect(problems("-0.5", "0.5").count == 1)
    #expect(problems("1.0", "1.0 s") == ["0: expected the end of the line, found 's'"])
  }

  @Test("means agree within standard errors of both sides, and errors within a factor of two")
  func monteCarlo() {
    let mc = { (tolerance: inout Tolerance) in tolerance.sigma = 5 }
    #expect(problems("K 1.00 ± 0.03", "K 1.24 ± 0.04", mc).isEmpty)
    let far = problems("K 1.00 ± 0.03", "K 1.26 ± 0.04", mc)
    #expect(far == ["0: expected 1.00 ± 0.03, found 1.26 ± 0.04: 5.2 standard errors apart, allowed 5.0"])
    #expect(problems("K 1.00 ± 0.03", "K 1.00 ± 0.07", mc).first?.contains("a factor of 2") == true)
    #expect(problems("K 1.00 ± 0.03", "K 1.00 ± nan", mc).count == 1)
    #expect(problems("K 1.00 ± 0.03", "K 1.01 ± 0.03").count == 1)
    // Other numbers of the block keep their own tolerance.
    #expect(problems("1.0 ± 0.1, 2.0", "1.1 ± 0.1, 2.1", mc).count == 1)
  }

  @Test("an elision stands for any words of a line, or any lines, and for nothing else")
  func elisions() {
    #expect(problems("took … s", "took 2.31 s").isEmpty && problems("took … s", "took s").isEmpty)
    #expect(problems("took … s", "took 2.31 ms").count == 1)
    #expect(problems("a\n…\nz", "a\nb\nc\nz").isEmpty && problems("a\n…\nz", "a\nz").isEmpty)
    #expect(problems("a\n…\nz", "a\nb\ny") == ["2: expected 'z', found 'y'"])
    #expect(problems("a", "a\nb") == ["1: expected no such line, found 'b'"])
    #expect(problems("a\nb", "a") == ["1: expected 'b', found no such line"])
  }

  @Test("what is promoted keeps lines that agree, and elisions in lines that do not")
  func promotion() {
    let comparison = compare("n  time\n1.5  … s\nkept 2.0\n…\nend", "n  time\n1.7  9.9 s\nkept 2.0000000001\nx\ny\nend")
    #expect(comparison.promoted == ["n  time", "1.7  … s", "kept 2.0", "…", "end"])
    #expect(comparison.differences.map(\.line) == [1])
    let again = OutputComparison(
      expected: comparison.promoted, found: ["n  time", "1.7  8.8 s", "kept 2.0", "end"], tolerance: Tolerance())
    #expect(again.differences.isEmpty && again.promoted == comparison.promoted)
  }
}
