// Every way in which a file of numbers can refuse to be read or written, each with its remedy.

internal import Glibc

/// A refusal of this module: which file, which field, which value, and what to do about it, in one line.
public enum ArrayFileError: Error, Equatable, Sendable, CustomStringConvertible {
  case missing(file: String)
  case isDirectory(file: String)
  case notRegular(file: String)
  case permissionDenied(file: String, operation: String)
  /// Any other refusal of the operating system, with its own words.
  case system(file: String, operation: String, reason: String)
  /// More bytes than the caller allowed to be held in memory.
  case tooLarge(file: String, limit: Int)
  case badMagic(file: String, expected: String, found: String)
  case truncated(file: String, field: String, expected: Int, found: Int)
  case trailingBytes(file: String, extra: Int)
  case malformedHeader(file: String, field: String, detail: String)
  case unsupportedElementType(file: String, descriptor: String)
  /// The array is sound, but of another shape than the one asked for.
  case wrongShape(file: String, found: [Int], expected: String)
  case notIntegral(file: String, index: Int, value: Double)
  case corrupt(file: String, detail: String)
  case missingMember(file: String, name: String, available: [String])
  case unexpectedMember(file: String, name: String, reason: String)
  /// Bytes that a binary format does not allow where they stand; `offset` counts from 0 in the decompressed file.
  case badBytes(file: String, offset: Int, found: String, expected: String)
  case badField(file: String, line: Int, column: Int, text: String, expected: String)

  public var description: String {
    switch self {
    case .missing(let file):
      "\(file): no such file; check the path"
    case .isDirectory(let file):
      "\(file): is a directory; name a file inside it"
    case .notRegular(let file):
      "\(file): is a device or the like and no regular file; choose another path"
    case .permissionDenied(let file, let operation):
      "\(file): permission denied (\(operation)); check the rights of the file and its directory"
    case .system(let file, let operation, let reason):
      "\(file): \(operation) failed: \(reason)"
    case .tooLarge(let file, let limit):
      "\(file): holds more than the limit of \(limit) bytes; split it into smaller files"
    case .badMagic(let file, let expected, let found):
      "\(file): starts with bytes \(found), not with the signature \(expected); is it another kind of file?"
    case .truncated(let file, let field, let expected, let found):
      "\(file): \(field) needs \(expected) bytes and \(found) are there; the file was cut short, copy or save it again"
    case .trailingBytes(let file, let extra):
      "\(file): \(extra) bytes follow the array that its header describes; save it again, one array a file"
    case .malformedHeader(let file, let field, let detail):
      "\(file): header field \(field): \(detail); save it again with numpy.save"
    case .unsupportedElementType(let file, let descriptor):
      "\(file): element type \(descriptor) is not read (\(Self.reason(descriptor))); "
        + "save numbers instead, as in numpy.save(path, a.astype(numpy.float64))"
    case .wrongShape(let file, let found, let expected):
      "\(file): shape is \(found), expected \(expected); reshape or transpose it before saving"
    case .notIntegral(let file, let index, let value):
      "\(file): element \(index) is \(value), not an integer that fits 64 bits; save indices as int64"
    case .corrupt(let file, let detail):
      "\(file): damaged compressed data: \(detail); copy or save it again"
    case .missingMember(let file, let name, let available):
      "\(file): no array named \(name.debugDescription); it has \(available.sorted().joined(separator: ", "))"
    case .unexpectedMember(let file, let name, let reason):
      "\(file): member \(name.debugDescription): \(reason); save or download it again"
    case .badBytes(let file, let offset, let found, let expected):
      "\(file): at byte \(offset): \(found), expected \(expected); copy, download or save it again"
    case .badField(let file, let line, let column, let text, let expected):
      "\(file): line \(line), field \(column) is \(text.debugDescription), expected \(expected); correct that line"
    }
  }

  private static func reason(_ descriptor: String) -> String {
    if descriptor.contains("O") { return "object arrays hold pickled Python code" }
    if descriptor.hasPrefix("[") { return "a structured type has several fields" }
    if descriptor.contains("c") { return "complex numbers have no place here" }
    return "only bool, integers of 1 to 8 bytes, float32 and float64 are"
  }

  /// The error that `errno` stands for after `operation` on `file`.
  static func fromSystem(_ file: String, _ operation: String, _ code: Int32 = errno) -> ArrayFileError {
    switch code {
    case ENOENT, ENOTDIR: .missing(file: file)
    case EISDIR: .isDirectory(file: file)
    case EACCES, EPERM: .permissionDenied(file: file, operation: operation)
    default: .system(file: file, operation: operation, reason: String(cString: strerror(code)))
    }
  }
}
