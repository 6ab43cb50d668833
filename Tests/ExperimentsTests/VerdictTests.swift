// The rule that turns an interval into a verdict.

import Experiments
import Testing

@Suite("Verdicts of experiments") struct VerdictTests {
  @Test(
    "an interval decides, not its centre",
    arguments: [
      (Estimate(1.02, halfWidth: 0.05), ExpectedRange.value(1, tolerance: 0.1), ExperimentVerdict.agrees),
      (Estimate(1.08, halfWidth: 0.05), .value(1, tolerance: 0.1), .agrees),
      (Estimate(1.02, halfWidth: 0.5), .value(1, tolerance: 0.1), .notDecidable),
      (Estimate(1.5, halfWidth: 0.1), .value(1, tolerance: 0.1), .agreesInSignOnly),
      (Estimate(-1, halfWidth: 0.1), .value(1, tolerance: 0.1), .disagrees),
      (Estimate(0.3, halfWidth: 0.1), .positive, .agrees), (Estimate(0.3, halfWidth: 0.4), .positive, .notDecidable),
      (Estimate(0.3, halfWidth: 0.1), .negative, .disagrees),
      (Estimate(0.02, halfWidth: 0.01), .magnitudeBelow(0.05), .agrees),
      (Estimate(0.2, halfWidth: 0.01), .magnitudeBelow(0.05), .disagrees),
      (Estimate(0.05, halfWidth: 0.02), .magnitudeBelow(0.05), .notDecidable),
      (Estimate(.nan, halfWidth: 0.01), .magnitudeBelow(0.05), .notDecidable),
    ])
  func rule(_ e: Estimate, _ x: ExpectedRange, _ verdict: ExperimentVerdict) {
    #expect(ExperimentVerdict(e, against: x) == verdict)
  }

  @Test("what cannot be negative does not agree in sign only: it always would")
  func unsigned() {
    let far = Estimate(0.2, halfWidth: 0.1)
    #expect(ExperimentVerdict(far, against: .value(1, tolerance: 0.25), isSigned: false) == .disagrees)
    #expect(!Measure.varianceRatio.isSigned && Measure.stepSlope.isSigned)
  }
}
