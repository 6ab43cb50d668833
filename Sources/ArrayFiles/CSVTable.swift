// Comma-separated text: rows of numbers and words out, tables of integers in.

/// One field of a row.
public enum CSVField: Sendable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral {
  case text(String)
  case integer(Int)
  case number(Double)
  case empty

  public init(stringLiteral value: String) { self = .text(value) }
  public init(integerLiteral value: Int) { self = .integer(value) }
  public init(floatLiteral value: Double) { self = .number(value) }

  /// The field as RFC 4180 writes it.
  ///
  /// A number is written with the fewest digits that read back to the same bits, at most 17; `nan`, `inf` and
  /// `-inf` are what C, Python and Swift read back.
  public var encoded: String {
    switch self {
    case .integer(let value): return String(value)
    case .number(let value): return value.description
    case .empty: return ""
    case .text(let text):
      // Scalars, not characters: a return followed by a line feed is one character.
      guard text.unicodeScalars.contains(where: { "\",\r\n".unicodeScalars.contains($0) }) else { return text }
      var quoted = "\""
      for scalar in text.unicodeScalars {
        if scalar == "\"" { quoted.unicodeScalars.append(scalar) }
        quoted.unicodeScalars.append(scalar)
      }
      return quoted + "\""
    }
  }
}

/// A table of comma-separated values that grows row by row and appears only when committed.
public final class CSVWriter {
  private let file: AtomicFileWriter
  private let width: Int

  /// Opens a table with the given column names.
  ///
  /// - Throws: ``ArrayFileError`` as ``AtomicFileWriter`` does.
  public init(path: String, columns: [String]) throws(ArrayFileError) {
    file = try AtomicFileWriter(path: path)
    width = columns.count
    try file.write(Self.line(columns.map { .text($0) }))
  }

  /// Appends a row.
  ///
  /// - Parameter fields: as many as there are columns.
  public func write(_ fields: [CSVField]) throws(ArrayFileError) {
    precondition(fields.count == width, "a row of \(fields.count) fields does not fit \(width) columns")
    try file.write(Self.line(fields))
  }

  /// Makes the file appear, whole.
  public func commit() throws(ArrayFileError) { try file.commit() }

  /// One row, ended as RFC 4180 asks.
  public static func line(_ fields: [CSVField]) -> String {
    fields.map(\.encoded).joined(separator: ",") + "\r\n"
  }
}

/// A rectangular table of non-negative integers in comma-separated text, as small image sets are kept.
public enum IntegerCSV {
  /// Parses rows of equally many non-negative integers below 2³¹, without a heading.
  ///
  /// - Parameter bytes: ASCII text; lines end with a line feed, with or without a return before it.
  /// - Parameter file: its name, for messages.
  /// - Returns: an int64 array of shape [rows, fields].
  /// - Throws: ``ArrayFileError/badField(file:line:column:text:expected:)`` naming line and field, both from 1.
  public static func parse(_ bytes: [UInt8], file: String) throws(ArrayFileError) -> NumericArray {
    var values = [Int]()
    var (rows, width, column) = (0, 0, 0)
    var (fieldStart, value, digits) = (0, 0, 0)
    for position in 0...bytes.count {
      let byte = position < bytes.count ? bytes[position] : 0x0A
      if byte >= 0x30 && byte <= 0x39 && digits < 10 && value <= (Int(Int32.max) - 9) / 10 {
        value = value * 10 + Int(byte - 0x30)
        digits += 1
        continue
      }
      if byte == 0x0D, position + 1 < bytes.count, bytes[position + 1] == 0x0A { continue }
      let isLineEnd = byte == 0x0A
      // The file may or may not end with a line feed; blank lines elsewhere are refused below.
      if isLineEnd, column == 0, digits == 0, position == bytes.count { break }
      guard digits > 0, isLineEnd || byte == 0x2C else {
        let text = bytes[fieldStart...].prefix { $0 != 0x2C && $0 != 0x0A && $0 != 0x0D }.prefix(24)
        throw .badField(
          file: file, line: rows + 1, column: column + 1, text: String(decoding: text, as: UTF8.self),
          expected: "an integer from 0 to 2147483639")
      }
      values.append(value)
      column += 1
      (fieldStart, value, digits) = (position + 1, 0, 0)
      guard isLineEnd else { continue }
      if rows == 0 { width = column }
      guard column == width else {
        throw .badField(
          file: file, line: rows + 1, column: min(column, width) + 1, text: "\(column) fields",
          expected: "\(width) fields as in the first line")
      }
      rows += 1
      column = 0
    }
    return NumericArray(shape: [rows, width], values, origin: file)
  }
}
