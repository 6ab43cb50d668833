// The page of all layers under all regularisers, from the same functions that a run asks.

extension LayerRegularization {
  /// One of each layer, with the numbers of an example.
  public static let layers: [SequentialLayer] = [
    .linear(outputs: 16), .conv2d(channels: 4, kernel: 3, padding: 1), .maxPool(kernel: 2, stride: 2), .relu,
    .leakyReLU(slope: 0.1), .tanh, .sigmoid, .dropout(rate: 0.2), .batchNorm, .flatten,
  ]

  /// One of each form of each regulariser, as text that ``Regularizer/init(_:)-(String)`` reads.
  public static let regularizers = [
    "auto-augment(cifar10)", "label-corruption(p=0.2,fixed)", "label-corruption(p=0.2,redrawn)",
    "label-smoothing(epsilon=0.1)", "mixup(alpha=0.2)", "mixup(alpha=0.2,per-pair)", "weight-decay(0.001)",
    "fgsm(epsilon=0.03)", "gradient-scaling(alpha=0.5)", "gradient-scaling(alpha=0.5,gaussian,s=0.01)",
    "gradient-scaling(alpha=0.5,uniform,s=0.01)", "dropout(rate=0.1)", "batch-norm", "batch-norm(conditional)",
  ]

  /// `Documentation/regularizers.md`, in lines.
  ///
  /// - Throws: ``NetworkTrainingError`` never, unless a form in ``regularizers`` has gone out of use.
  public static func page() throws(NetworkTrainingError) -> [String] {
    var lines = [
      "# Layers and regularisers", "",
      "What every regulariser means at every layer. `lipdyn regularizers` prints this page from the functions that a "
        + "training run asks; a test compares the two, and runs every combination.", "",
      "## Layers", "",
      "Z = Σ log σ₁ has a term for every layer with a matrix or a kernel. A layer that is not in this table is refused; "
        + "none counts as 1 because nothing is known of it.", "",
      "| layer | Lipschitz constant as a predictor | in training | term of Z |", "|---|---|---|---|",
    ]
    for layer in layers {
      let (predicting, training, term) = layer.lipschitzConstant.words
      lines.append("| `\(layer)` | \(predicting) | \(training) | \(term) |")
    }
    lines += ["", "## The gradient of one sample", ""]
    for meaning in PerSampleSemantics.allCases {
      lines.append("- **\(meaning.rawValue)**: \(meaning.explanation).")
    }
    lines += [
      "",
      "With several meanings in a row of the tables, all hold, and samples are independent only if they are under each. "
        + "Σ̂ is the estimate of Proposition 5: unbiased where samples are drawn and changed independently.", "",
      "## Regularisers",
    ]
    for text in regularizers { lines += try section(Regularizer(text)) }
    return lines
  }

  private static func section(_ regularizer: Regularizer) -> [String] {
    let title = ["", "### `\(regularizer)`", ""]
    if let refusal = regularizer.refusal {
      return title + ["Refused with every layer: \(refusal)."]
    }
    // Layers at which all is the same share a row.
    var rows: [(layers: [String], text: String)] = []
    for layer in layers {
      for batchNorm in layer == .batchNorm ? BatchNormGradient.allCases : [.coupled] {
        let met = LayerRegularization(regularizer, at: layer, batchNorm: batchNorm)
        let meanings = met.semantics.map(\.rawValue).joined(separator: ", ")
        let text = "\(meanings) | \(met.hasIndependentSamples ? "unbiased" : "biased") | \(met.effect) |"
        let name = layer == .batchNorm ? "\(layer), \(batchNorm.rawValue)" : layer.name
        if let i = rows.firstIndex(where: { $0.text == text }) {
          rows[i].layers.append(name)
        } else {
          rows.append(([name], text))
        }
      }
    }
    return title + ["| layers | gradient of one sample | Σ̂ | here |", "|---|---|---|---|"]
      + rows.map { "| \($0.layers.joined(separator: ", ")) | \($0.text)" }
  }
}

extension SequentialLayer.LipschitzConstant {
  fileprivate var words: (predicting: String, training: String, term: String) {
    switch self {
    case .operatorNorm: ("σ₁ of the weight", "the same", "log σ₁")
    case .kernelNorm(let factor):
      ("norm of the convolution; at most \(factor) σ₁ of the reshaped kernel", "the same", "log σ₁ of the kernel")
    case .fixed(let bound): ("at most \(bound)", "the same", "none")
    case .mask(let training): ("1", "at most \(training): what is kept is divided by 1 − rate", "none")
    case .runningStatistics:
      (
        "max \\|γ\\|/√(running variance + 10⁻⁵)",
        "none: mean and variance are those of the batch, and a sample moves all others", "none"
      )
    }
  }
}
