// Regularisers as one writes them on a command line: a name, and arguments in parentheses.

extension Regularizer: CustomStringConvertible {
  /// One example of each form, for a help text.
  public static let examples = [
    "auto-augment(cifar10)", "label-corruption(p=0.2,fixed)", "label-smoothing(epsilon=0.1)", "mixup(alpha=0.2)",
    "dropout(rate=0.1)", "batch-norm", "weight-decay(0.001)", "fgsm(epsilon=0.03)",
    "gradient-scaling(alpha=0.5,gaussian,s=0.01)",
  ]

  /// The textual form, from which ``init(_:)-(String)`` makes the same again.
  public var description: String {
    switch kind {
    case .autoAugment(let augmentation): "auto-augment(\(augmentation.policy.rawValue))"
    case .labelCorruption(let corruption):
      "label-corruption(p=\(corruption.probability),\(corruption.timing.rawValue)"
        + (corruption.replacement == .anyClass ? ")" : ",\(corruption.replacement.rawValue))")
    case .labelSmoothing(let smoothing): "label-smoothing(epsilon=\(smoothing.epsilon))"
    case .mixup(let mixup):
      "mixup(alpha=\(mixup.alpha)" + (mixup.coefficients == .perBatch ? ")" : ",\(mixup.coefficients.rawValue))")
    case .dropout(let rate): "dropout(rate=\(rate))"
    case .batchNormalization(.coupled): "batch-norm"
    case .batchNormalization(.conditionalOnBatchStatistics): "batch-norm(conditional)"
    case .weightDecay(let w): "weight-decay(\(w))"
    case .adversarial(let epsilon): "fgsm(epsilon=\(epsilon))"
    case .gradientScaling(let scaling):
      if let law = scaling.law {
        "gradient-scaling(alpha=\(scaling.alpha),\(law.rawValue),s=\(scaling.deviation))"
      } else {
        "gradient-scaling(alpha=\(scaling.alpha))"
      }
    }
  }

  /// Reads the textual form.
  ///
  /// - Parameter text: such as `mixup(alpha=0.2,per-pair)`; spaces around names and values do not matter.
  /// - Throws: ``NetworkTrainingError/invalidValue(field:value:requirement:)`` naming what is not understood.
  public init(_ text: String) throws(NetworkTrainingError) {
    var arguments = try Arguments(text)
    let kind: Kind
    switch arguments.name {
    case "auto-augment":
      guard let policy = arguments.takeChoice(AutoAugment.Policy.self) else {
        throw arguments.refusal("auto-augment(cifar10), the policy for CIFAR-100 too, which has none of its own")
      }
      kind = .autoAugment(AutoAugment(policy))
    case "label-corruption":
      let form = "label-corruption(p=0.2,fixed) or label-corruption(p=0.2,redrawn,other-class)"
      let p = try arguments.takeNumber("p", form)
      guard let timing = arguments.takeChoice(LabelCorruption.Timing.self) else { throw arguments.refusal(form) }
      let replacement = arguments.takeChoice(LabelCorruption.Replacement.self) ?? .anyClass
      kind = .labelCorruption(try LabelCorruption(probability: p, timing, replacement))
    case "label-smoothing":
      let epsilon = try arguments.takeNumber("epsilon", "label-smoothing(epsilon=0.1)")
      kind = .labelSmoothing(try LabelSmoothing(epsilon: epsilon))
    case "mixup":
      let alpha = try arguments.takeNumber("alpha", "mixup(alpha=0.2) or mixup(alpha=0.2,per-pair)")
      kind = .mixup(try Mixup(alpha: alpha, arguments.takeChoice(Mixup.Coefficients.self) ?? .perBatch))
    case "dropout": kind = .dropout(rate: try arguments.takeNumber("rate", "dropout(rate=0.1)"))
    case "batch-norm":
      kind = .batchNormalization(arguments.takeChoice(BatchNormGradient.self) ?? .coupled)
    case "weight-decay": kind = .weightDecay(try arguments.takeNumber(nil, "weight-decay(0.001)"))
    case "fgsm": kind = .adversarial(epsilon: try arguments.takeNumber("epsilon", "fgsm(epsilon=0.03)"))
    case "gradient-scaling":
      let form = "gradient-scaling(alpha=0.5) or gradient-scaling(alpha=0.5,gaussian,s=0.01)"
      let alpha = try arguments.takeNumber("alpha", form)
      if let law = arguments.takeChoice(GradientScaling.Law.self) {
        let deviation = try arguments.takeNumber("s", form)
        kind = .gradientScaling(try GradientScaling(alpha: alpha, law, deviation: deviation))
      } else {
        kind = .gradientScaling(try GradientScaling(alpha: alpha))
      }
    default:
      throw arguments.refusal("one of " + Self.examples.joined(separator: ", "))
    }
    guard arguments.rest.isEmpty else {
      throw arguments.refusal("without \(arguments.rest.joined(separator: ", ").debugDescription)")
    }
    try self.init(kind)
  }
}

/// The arguments of one textual form, taken one after another; what is left over was not understood.
private struct Arguments {
  let text: String
  let name: String
  var rest: [String]

  init(_ text: String) throws(NetworkTrainingError) {
    self.text = text
    let whole = Self.trimmed(text[...])
    guard let open = whole.firstIndex(of: "(") else {
      (name, rest) = (whole, [])
      return
    }
    name = Self.trimmed(whole[..<open])
    guard whole.last == ")" else { throw Self.refusal(text, "closed with a parenthesis, as in mixup(alpha=0.2)") }
    let inner = whole[whole.index(after: open)..<whole.index(before: whole.endIndex)]
    rest = inner.split(separator: ",", omittingEmptySubsequences: false).map(Self.trimmed)
  }

  private static func trimmed(_ part: Substring) -> String {
    let start = part.drop { $0.isWhitespace }
    return String(start.reversed().drop { $0.isWhitespace }.reversed())
  }

  func refusal(_ requirement: String) -> NetworkTrainingError { Self.refusal(text, requirement) }

  private static func refusal(_ text: String, _ requirement: String) -> NetworkTrainingError {
    .invalidValue(field: "regulariser", value: text.debugDescription, requirement: requirement)
  }

  /// Takes `key=number`, or the first bare number if there is no key.
  mutating func takeNumber(_ key: String?, _ form: String) throws(NetworkTrainingError) -> Double {
    for (i, argument) in rest.enumerated() {
      let parts = argument.split(separator: "=", omittingEmptySubsequences: false).map(Self.trimmed)
      let isMeant = key.map { parts.count == 2 && parts[0] == $0 } ?? (parts.count == 1)
      guard isMeant, let last = parts.last, let number = Double(last) else { continue }
      rest.remove(at: i)
      return number
    }
    throw refusal("written as \(form)")
  }

  /// Takes the first argument that is one of the words of an enumeration.
  mutating func takeChoice<Choice: RawRepresentable<String>>(_: Choice.Type) -> Choice? {
    for (i, argument) in rest.enumerated() {
      guard let choice = Choice(rawValue: argument) else { continue }
      rest.remove(at: i)
      return choice
    }
    return nil
  }
}
