// How deep JSON may nest before anything that recurses reads it.

/// A guard in front of Foundation's JSON decoder.
///
/// The decoder refuses more than 512 levels, but ends the program while it words that refusal if the text breaks off
/// right there: Foundation of Swift 6.3 looks for the line of a byte beyond the end.
public enum JSONNesting {
  /// Far deeper than any file of ours.
  public static let limit = 64

  /// - Throws: ``ArrayFileError/badBytes(file:offset:found:expected:)`` at the first bracket that opens a level too many.
  public static func requireShallow(_ bytes: [UInt8], file: String) throws(ArrayFileError) {
    var (depth, isInText, isEscaped) = (0, false, false)
    for (offset, byte) in bytes.enumerated() {
      if isInText {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isInText = false
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""): isInText = true
      case UInt8(ascii: "["), UInt8(ascii: "{"):
        depth += 1
        guard depth <= limit else {
          throw .badBytes(
            file: file, offset: offset, found: "level \(depth) of brackets", expected: "at most \(limit) levels")
        }
      case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
      default: break
      }
    }
  }
}
