// The mixture by enumeration of every label and of every corrupted data set, and by SGD steps on digits.

internal import DenseLinearAlgebra
internal import ExactArithmetic
internal import RandomStreams
public import VerificationKit

extension UniformLabelCorruption {
  private static let blindToDrawnOnce = Dictionary(
    uniqueKeysWithValues: drawnOnceFaults.map { ($0, "labels are drawn anew at every visit") })

  public static let checks: [Check<LabelCorruption>] = [
    .exactIdentity("labels drawn anew: every sample under every label", blindTo: blindToDrawnOnce) { corruption, _ in
      try LabelledPopulation.examples.flatMap { example in
        let claimed = try corruption.statistics(
          of: example.gradients, labels: example.labels, probability: example.probability)
        let (mean, covariance) = example.redrawn()
        return [
          Identity("\(example.name), mean", claimed: FieldMatrix(column: claimed.mean), expected: mean),
          Identity("\(example.name), covariance", claimed: claimed.redrawn, expected: covariance),
        ]
      }
    },
    .exactIdentity("labels drawn once: every corruption of a data set") { corruption, _ in
      try LabelledPopulation.examples.flatMap { example in
        let claimed = try corruption.statistics(
          of: example.gradients, labels: example.labels, probability: example.probability)
        let (mean, covariance) = example.drawnOnce()
        return [
          Identity("\(example.name), mean", claimed: FieldMatrix(column: claimed.mean), expected: mean),
          Identity("\(example.name), covariance", claimed: claimed.drawnOnce, expected: covariance),
        ]
      }
    },
    .monteCarloMean("one SGD step on digits, labels drawn anew and drawn once", evidence: .training) {
      corruption, setting in
      let steps = try LabelledSteps.shared.get()
      let p = LabelledSteps.probability
      let claimed = try corruption.statistics(of: steps.slopes, labels: steps.labels, probability: p)
      func draw(_ i: Int, _ generator: RandomGenerator) -> [Double] {
        steps.changes[i][
          generator.bernoulli(probability: p) ? generator.uniform(below: steps.classes) : steps.labels[i]]
      }
      return { generator in
        let once = steps.labels.indices.map { draw($0, generator) }
        let anew = draw(generator.uniform(below: steps.labels.count), generator)
        let mean = (0..<2).map { j in once.map { $0[j] }.mean }
        func deviation(_ j: Int, _ k: Int) -> Double {
          (anew[j] - claimed.mean[j]) * (anew[k] - claimed.mean[k]) - claimed.redrawn[j, k]
        }
        func spread(_ j: Int, _ k: Int) -> Double {
          once.map { ($0[j] - mean[j]) * ($0[k] - mean[k]) }.mean - claimed.drawnOnce[j, k]
        }
        return [
          mean[0] - claimed.mean[0], mean[1] - claimed.mean[1], deviation(0, 0), deviation(0, 1), deviation(1, 1),
          spread(0, 0), spread(0, 1), spread(1, 1),
        ]
      }
    },
    Check("every SGD step with one digit under every label", .training, blindTo: blindToDrawnOnce) { corruption, _ in
      let steps = try LabelledSteps.shared.get()
      let claimed = try corruption.statistics(
        of: steps.slopes, labels: steps.labels, probability: LabelledSteps.probability)
      let mean = judgeOrder(
        steps.ladder.map { Rung(step: $0.learningRate, error: abs($0.mean - $0.learningRate * claimed.mean[0])) },
        expected: 2
      ).relabelled(.training, place: "mean change of K, last layer")
      guard mean.isSupported else { return mean }
      let second = claimed.redrawn[0, 0] + claimed.mean[0] * claimed.mean[0]
      return judgeOrder(
        steps.ladder.map {
          Rung(step: $0.learningRate, error: abs($0.square - $0.learningRate * $0.learningRate * second))
        }, expected: 3
      ).relabelled(.training, place: "mean squared change of K, last layer")
    },
  ]

  public static let boundaries = [
    Boundary(
      "the gradient of cross-entropy under uniform labels, on digits", drops: symmetricLoss,
      remedy: "keep pḡ_n, or train with a loss whose sum over labels is constant, such as 1 − p_y"
    ) { _ in try CorruptedTraining.judgeNoiseGradient() },
    Boundary(
      "κ of the digits' network with half of the labels corrupted", drops: noiselessLabels,
      remedy: "use the mixture's covariance: noise labels add noise of their own"
    ) { _ in try CorruptedTraining.judgeExponentLaw() },
    Boundary(
      "labels corrupted once, covariance of labels drawn anew", drops: redrawn,
      remedy: """
        take off N⁻² Σᵢ Cov_label(gᵢ), or corrupt anew at every visit; for large N the two agree only at parameters that do \
        not depend on the drawn labels
        """
    ) { _ in
      let example = LabelledPopulation.pair
      let claimed = try subject.statistics(
        of: example.gradients, labels: example.labels, probability: example.probability)
      let found = example.drawnOnce().covariance
      guard claimed.redrawn != found else { return .inconclusive("the two agree on this population") }
      return .refuted(
        Counterexample(
          at: "all corruptions of two samples with two classes", claimed: "\(claimed.redrawn[0, 0])",
          found: "\(found[0, 0])"))
    },
  ]
}
