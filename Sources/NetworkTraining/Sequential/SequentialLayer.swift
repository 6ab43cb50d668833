// The layers that a network may be stacked of, how they are written, and how much each can stretch.

private import Glibc

/// One layer of a sequential network.
public enum SequentialLayer: Hashable, Sendable {
  /// z = θx + b on a flat sample.
  case linear(outputs: Int)
  /// Cross-correlation with square kernels and zero padding, as in PyTorch.
  case conv2d(channels: Int, kernel: Int, stride: Int = 1, padding: Int = 0)
  /// Maxima over square windows.
  case maxPool(kernel: Int, stride: Int)
  case relu, tanh, sigmoid
  /// max(x, slope x), 0 ≤ slope ≤ 1.
  case leakyReLU(slope: Double)
  /// In training each entry is zero with this probability and otherwise divided by 1 − rate.
  case dropout(rate: Double)
  /// Per channel (x − mean)/√(variance + 10⁻⁵) γ + β, with the batch's statistics in training.
  case batchNorm
  /// The sample as one vector, ordered (row, column, channel).
  case flatten

  /// Whether the layer has weights.
  public var isParametric: Bool {
    switch self {
    case .linear, .conv2d, .batchNorm: true
    default: false
    }
  }

  /// Whether the derivative is a function of the value, so that the layer may overwrite its input.
  var isActivation: Bool {
    switch self {
    case .relu, .tanh, .sigmoid, .leakyReLU: true
    default: false
    }
  }

  /// An upper bound of the ℓ₂ Lipschitz constant of a layer without weights when it predicts; nil for those with
  /// weights, whose bound is a norm of them.
  public var fixedLipschitzBound: Double? {
    switch lipschitzConstant {
    case .operatorNorm, .kernelNorm, .runningStatistics: nil
    case .fixed(let bound): bound
    case .mask: 1
    }
  }
}

extension SequentialLayer: CustomStringConvertible {
  /// The word before the parentheses.
  public var name: String { String(description.prefix { $0 != "(" }) }

  /// As ``init(parsing:)`` reads it.
  public var description: String {
    switch self {
    case .linear(let outputs): "linear(\(outputs))"
    case .conv2d(let channels, let kernel, let stride, let padding):
      "conv(\(channels),kernel=\(kernel),stride=\(stride),padding=\(padding))"
    case .maxPool(let kernel, let stride): "maxpool(\(kernel),stride=\(stride))"
    case .relu: "relu"
    case .tanh: "tanh"
    case .sigmoid: "sigmoid"
    case .leakyReLU(let slope): "leaky-relu(\(slope))"
    case .dropout(let rate): "dropout(\(rate))"
    case .batchNorm: "batch-norm"
    case .flatten: "flatten"
    }
  }

  /// The names that a description may use.
  static let names = [
    "linear", "conv", "maxpool", "relu", "leaky-relu", "tanh", "sigmoid", "dropout", "batch-norm", "flatten",
  ]

  /// Parses one layer, such as `conv(32,kernel=3,padding=1)`, `maxpool(2)` or `relu`.
  ///
  /// - Throws: ``NetworkTrainingError/invalidLayer(text:reason:)``; a layer that is not known is refused, because nothing
  ///   may silently count as Lipschitz 1.
  public init(parsing text: String) throws(NetworkTrainingError) {
    func refuse(_ reason: String) -> NetworkTrainingError { .invalidLayer(text: text, reason: reason) }
    let name = String(text.prefix { $0 != "(" })
    var arguments: [String: String] = [:]
    if name.count < text.count {
      guard text.hasSuffix(")") else { throw refuse("the parenthesis is not closed") }
      let inside = text.dropFirst(name.count + 1).dropLast()
      for (i, part) in inside.split(separator: ",", omittingEmptySubsequences: false).enumerated() {
        let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let key = pair.count == 2 ? String(pair[0]) : i == 0 ? "" : String(part)
        guard arguments.updateValue(String(pair[pair.count - 1]), forKey: key) == nil else {
          throw refuse("\(key) is given twice")
        }
      }
    }
    func take(_ key: String) -> String? { arguments.removeValue(forKey: key) }
    func integer(_ key: String, _ range: ClosedRange<Int>, or fallback: Int? = nil) throws(NetworkTrainingError) -> Int
    {
      let what = key.isEmpty ? "its number" : key
      guard let text = take(key) else {
        guard let fallback else { throw refuse("\(what) is missing, as in \(name)(32)") }
        return fallback
      }
      guard let value = Int(text), range.contains(value) else {
        throw refuse("\(what) is \(text); it must be an integer from \(range.lowerBound) to \(range.upperBound)")
      }
      return value
    }
    func number(_ range: ClosedRange<Double>) throws(NetworkTrainingError) -> Double {
      guard let text = take("") else { throw refuse("its number is missing, as in \(name)(0.1)") }
      guard let value = Double(text), range.contains(value) else {
        throw refuse("its number is \(text); it must be from \(range.lowerBound) to \(range.upperBound)")
      }
      return value
    }
    let widths = 1...(1 << 20)
    switch name {
    case "linear": self = .linear(outputs: try integer("", widths))
    case "conv":
      self = .conv2d(
        channels: try integer("", widths), kernel: try integer("kernel", 1...15, or: 3),
        stride: try integer("stride", 1...15, or: 1), padding: try integer("padding", 0...14, or: 0))
    case "maxpool":
      let kernel = try integer("", 1...15)
      self = .maxPool(kernel: kernel, stride: try integer("stride", 1...15, or: kernel))
    case "relu": self = .relu
    case "tanh": self = .tanh
    case "sigmoid": self = .sigmoid
    case "leaky-relu": self = .leakyReLU(slope: try number(0...1))
    case "dropout": self = .dropout(rate: try number(0...0.99))
    case "batch-norm": self = .batchNorm
    case "flatten": self = .flatten
    default: throw refuse("no such layer; the layers are \(Self.names.joined(separator: ", "))")
    }
    if let extra = arguments.keys.sorted().first {
      throw refuse("\(extra.isEmpty ? arguments[extra, default: ""] : extra) means nothing to \(name)")
    }
  }
}
