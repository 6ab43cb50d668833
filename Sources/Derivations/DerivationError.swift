// What is wrong with a derivation's text, as a value that knows where.

/// A mistake in a derivation's text: one sentence, the place, and perhaps what to write instead.
///
/// ``DerivationSource/rendering(_:)`` shows it under the line it stands in.
public struct DerivationError: Error, Hashable, Sendable {
  public var message: String
  /// Offsets (UTF-8) into the source's text.
  public var span: Range<Int>
  public var hint: String?
  /// Whether the mistake is only that an earlier statement, already reported, failed.
  var isConsequence = false

  public init(_ message: String, at span: Range<Int>, hint: String? = nil) {
    (self.message, self.span, self.hint) = (message, span, hint)
  }
}

/// Bounds that keep hostile input from exhausting the stack, the memory or the reader.
enum Limits {
  static let fileBytes = 10_000_000
  static let derivationBytes = 1_000_000
  static let tokens = 200_000
  static let digits = 400
  static let nameBytes = 64
  /// Of the tree that is read, and of the tree after definitions are written out.
  static let nesting = 200
  static let expandedNesting = 400
  /// Nodes of one statement, definitions written out.
  static let nodes = 200_000
  static let names = 300
  static let claims = 1_000
  /// Errors that are kept, and those after which nothing more is read.
  static let errors = 20
  static let hopeless = 200
  /// Indices of one family, sum or definition.
  static let indices = 8
  /// Names and terms of a size such as m n + 1, and its coefficients.
  static let sizeWeight = 100
  static let sizeCoefficient = 1_000_000
}
