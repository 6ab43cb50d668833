// A reader under test: where its inputs come from, and what counts as a sound ending.

internal import RandomStreams

/// One reader of things that come from outside.
public struct FuzzedReader: Sendable {
  /// How an input ended, both as they should.
  public enum Ending: Sendable { case value, refusal }

  /// A value that contradicts itself.
  public struct HalfResult: Error, CustomStringConvertible {
    public let description: String

    public static func require(_ holds: Bool, _ description: @autoclosure () -> String) throws {
      guard holds else { throw HalfResult(description: description()) }
    }
  }

  public let name: String
  /// Sound inputs that are damaged.
  let corpus: [[UInt8]]
  /// Words of the format, which take each other's places.
  let words: [String]
  /// Makes inputs of the right form whose numbers and names lie.
  let almostValid: (@Sendable (Mutator) -> [UInt8])?
  private let reading: @Sendable ([UInt8]) throws -> Ending

  public init(
    _ name: String, corpus: [[UInt8]], words: [String] = [],
    reading: @escaping @Sendable ([UInt8]) throws -> Ending
  ) {
    self.init(name, corpus: corpus, words: words, almostValid: nil, reading: reading)
  }

  init(
    _ name: String, corpus: [[UInt8]], words: [String] = [], almostValid: (@Sendable (Mutator) -> [UInt8])?,
    reading: @escaping @Sendable ([UInt8]) throws -> Ending
  ) {
    (self.name, self.corpus, self.words, self.almostValid, self.reading) = (name, corpus, words, almostValid, reading)
  }

  /// Input number `index`: the same for the same seed, whatever came before it.
  public func input(_ index: Int, seed: UInt64) -> [UInt8] {
    let mutator = Mutator(StreamName("fuzz", name).appending(index), seed: seed)
    guard let almostValid, !mutator.chance(2) else {
      return mutator.damage(mutator.pick(corpus), among: corpus, words: words)
    }
    let bytes = almostValid(mutator)
    return mutator.chance(4) ? mutator.damage(bytes, among: corpus, words: words) : bytes
  }

  /// Reads an input.
  ///
  /// - Throws: ``HalfResult``, or an error that the reader does not state; both are bugs.
  public func read(_ bytes: [UInt8]) throws -> Ending { try reading(bytes) }
}

func utf8(_ texts: String...) -> [[UInt8]] { texts.map { Array($0.utf8) } }
