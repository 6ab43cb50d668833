// Regularisers as text: what is written can be read, and what cannot be meant is refused by name.

import NetworkTraining
import Testing

@Suite struct RegularizerTests {
  static let texts =
    Regularizer.examples + [
      "label-corruption(p=1.0,redrawn,other-class)", "mixup(alpha=1e-05,per-pair)", "batch-norm(conditional)",
      "gradient-scaling(alpha=1.0)", "gradient-scaling(alpha=0.25,uniform,s=0.0)", "weight-decay(0.0)",
      "label-smoothing(epsilon=0.30000000000000004)",
    ]

  @Test(arguments: texts) func textsAreReadAndWritten(text: String) throws {
    let regularizer = try Regularizer(text)
    #expect(regularizer.description == text)
    #expect(try Regularizer(regularizer.description) == regularizer)
    #expect(text.hasPrefix(regularizer.name))
  }

  @Test func formsMeanWhatTheySay() throws {
    #expect(try Regularizer(" mixup ( alpha = 0.2 , per-pair ) ").kind == .mixup(Mixup(alpha: 0.2, .perPair)))
    #expect(
      try Regularizer("label-corruption(fixed,p=0.2)").kind
        == .labelCorruption(LabelCorruption(probability: 0.2, .fixed)))
    #expect(
      try Regularizer("gradient-scaling(alpha=0.5,uniform,s=0.01)").kind
        == .gradientScaling(GradientScaling(alpha: 0.5, .uniform, deviation: 0.01)))
    #expect(try Regularizer("weight-decay(1e-3)").kind == .weightDecay(0.001))
  }

  @Test(arguments: [
    "", "nonsense", "mixup", "mixup(alpha=0.2", "mixup(alpha=0.2))", "mixup(alpha=-1)", "mixup(alpha=nan)",
    "mixup(alpha=0.2,0.3)", "mixup(alpha=0.2,alpha=0.3)", "mixup(beta=0.2)", "mixup(alpha=)", "mixup(alpha=0.2,)",
    "mixup(alpha=inf)", "label-smoothing(epsilon=1.5)", "auto-augment(cifar100)", "auto-augment", "dropout(rate=1)",
    "dropout(0.1)", "weight-decay(-1)", "weight-decay(w=1)", "fgsm(epsilon=-0.1)", "fgsm(epsilon=inf)",
    "label-corruption(p=0.2)", "label-corruption(p=2,fixed)", "label-corruption(p=0.2,fixed,redrawn)",
    "gradient-scaling(alpha=0,gaussian,s=1)", "gradient-scaling(alpha=0.5,gaussian)",
    "gradient-scaling(alpha=0.5,s=0.1)", "gradient-scaling(alpha=2)", "gradient-scaling(alpha=0.5,gaussian,s=-1)",
    "batch-norm(0.1)", "batch-norm(", ")batch-norm(", "Mixup(alpha=0.2)",
  ]) func otherTextsAreRefused(text: String) {
    #expect {
      try Regularizer(text)
    } throws: { error in
      guard case .invalidValue(let field, let value, let requirement)? = error as? NetworkTrainingError else {
        return false
      }
      return !field.isEmpty && !value.isEmpty && !requirement.isEmpty
    }
  }

  @Test func valuesOutOfRangeAreRefusedByName() {
    #expect(
      throws: NetworkTrainingError.invalidValue(
        field: "dropout rate", value: "1.0", requirement: "at least 0 and below 1, such as 0.1")
    ) { try Regularizer(.dropout(rate: 1)) }
    #expect(throws: NetworkTrainingError.self) { try Regularizer(.weightDecay(.nan)) }
    #expect(throws: NetworkTrainingError.self) { try Regularizer(.adversarial(epsilon: -.infinity)) }
  }

  @Test func everySampleGradientHasAMeaning() throws {
    let found = try Self.texts.map { try Regularizer($0).semantics }
    #expect(Set(found) == Set(PerSampleSemantics.allCases), "each meaning occurs")
    #expect(Set(PerSampleSemantics.allCases.map(\.explanation)).count == PerSampleSemantics.allCases.count)
    #expect(try Regularizer("mixup(alpha=1)").semantics == .perPair)
    #expect(try !Regularizer("batch-norm").semantics.hasIndependentSamples)
    #expect(try Regularizer("dropout(rate=0.5)").semantics.hasIndependentSamples)
    #expect(try Regularizer("gradient-scaling(alpha=0.5)").semantics == .scaled)
    #expect(try Regularizer("mixup(alpha=1)").changesData && !Regularizer("fgsm(epsilon=0)").changesData)
  }
}
