// The shape of a fully connected network: its widths and the nonlinearity of its hidden layers.

/// The nonlinearity of the hidden layers; both have Lipschitz constant 1.
public enum Activation: String, CaseIterable, Sendable {
  case relu, tanh
}

/// Widths from input to classes, and the activation between them.
public struct Architecture: Equatable, Sendable, CustomStringConvertible {
  /// n_0, …, n_L: layer ℓ maps n_ℓ numbers to n_{ℓ+1}.
  public let widths: [Int]
  public let activation: Activation

  /// The most parameters a network may have: 2³⁰.
  public static let maximumParameters = 1 << 30

  /// - Throws: ``NetworkTrainingError/invalidArchitecture(text:reason:)``.
  public init(widths: [Int], activation: Activation = .relu) throws(NetworkTrainingError) {
    let text = widths.map(String.init).joined(separator: "-")
    guard widths.count >= 2 else {
      throw .invalidArchitecture(text: text, reason: "a network needs an input width and an output width")
    }
    if let bad = widths.first(where: { $0 < 1 }) {
      throw .invalidArchitecture(text: text, reason: "width \(bad) is not positive")
    }
    guard widths.last! >= 2 else {
      throw .invalidArchitecture(text: text, reason: "one output cannot tell classes apart, so two are needed")
    }
    var parameters = 0
    for (n, m) in zip(widths, widths.dropFirst()) {
      let (entries, overflow) = m.multipliedReportingOverflow(by: n)
      let (sum, overflowed) = parameters.addingReportingOverflow(entries)
      guard !overflow, !overflowed, m <= Self.maximumParameters, sum <= Self.maximumParameters - m else {
        throw .invalidArchitecture(text: text, reason: "it has more than \(Self.maximumParameters) parameters")
      }
      parameters = sum + m
    }
    self.widths = widths
    self.activation = activation
  }

  /// Parses widths joined by hyphens, as in `64-32-10`.
  ///
  /// - Throws: ``NetworkTrainingError/invalidArchitecture(text:reason:)`` naming the part that is no width.
  public init(parsing text: String, activation: Activation = .relu) throws(NetworkTrainingError) {
    var widths: [Int] = []
    for part in text.split(separator: "-", omittingEmptySubsequences: false) {
      guard !part.isEmpty, part.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let width = Int(part) else {
        throw .invalidArchitecture(text: text, reason: "\(String(part).debugDescription) is not a positive integer")
      }
      widths.append(width)
    }
    try self.init(widths: widths, activation: activation)
  }

  /// L, the number of linear layers.
  public var layerCount: Int { widths.count - 1 }

  /// Weights and biases together.
  public var parameterCount: Int { zip(widths, widths.dropFirst()).reduce(0) { $0 + $1.1 * ($1.0 + 1) } }

  public var description: String { widths.map(String.init).joined(separator: "-") }
}
