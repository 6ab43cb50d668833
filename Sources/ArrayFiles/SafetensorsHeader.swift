// The header of a .safetensors file: the one form of JSON that the format allows, parsed strictly.
//
// A general JSON reader would accept a name twice, lose the order, and hide where in the file it objected.

/// What the header says of each array, in stored order; held against nothing yet.
struct SafetensorsHeader {
  struct Entry {
    let name: String
    let type: String
    let shape: [Int]
    /// Where its bytes lie, counted from the end of the header.
    let data: (begin: Int, end: Int)
    /// Where in the file the entry is described, for messages.
    let offset: Int
  }

  private(set) var entries: [Entry] = []
  private let bytes: [UInt8]
  private let file: String
  private let base: Int
  private var position = 0

  /// - Parameter bytes: the header alone.
  /// - Parameter base: its offset in the file.
  /// - Throws: ``ArrayFileError/badBytes(file:offset:found:expected:)`` at the first byte that does not belong.
  init(parsing bytes: [UInt8], at base: Int, file: String) throws(ArrayFileError) {
    (self.bytes, self.base, self.file) = (bytes, base, file)
    guard bytes.first == UInt8(ascii: "{") else { throw refuse("{ as the header's first byte") }
    var names: Set<String> = []
    try object { (parser, name, offset) throws(ArrayFileError) in
      guard names.insert(name).inserted else {
        throw .badBytes(file: file, offset: offset, found: "\(name.debugDescription) again", expected: "each name once")
      }
      if name == Safetensors.metadataKey {
        try parser.object { (parser, _, _) throws(ArrayFileError) in _ = try parser.string() }
      } else {
        try parser.entry(name, offset)
      }
    }
    skipBlanks()
    guard position == bytes.count else { throw refuse("blanks up to the header's end") }
  }

  private mutating func entry(_ name: String, _ offset: Int) throws(ArrayFileError) {
    var type: String?
    var shape: [Int]?
    var data: [Int]?
    try object { (parser, key, at) throws(ArrayFileError) in
      switch key {
      case "dtype" where type == nil: type = try parser.string()
      case "shape" where shape == nil: shape = try parser.integers(limit: 64)
      case "data_offsets" where data == nil: data = try parser.integers(limit: 2)
      default:
        throw .badBytes(
          file: parser.file, offset: at, found: key.debugDescription,
          expected: "dtype, shape and data_offsets of \(name.debugDescription), each once")
      }
    }
    guard let type, let shape, let data, data.count == 2 else {
      throw .badBytes(
        file: file, offset: offset, found: "an incomplete description of \(name.debugDescription)",
        expected: "its dtype, its shape and two data_offsets")
    }
    entries.append(Entry(name: name, type: type, shape: shape, data: (data[0], data[1]), offset: offset))
  }

  /// An object whose values the caller reads, knowing each key and its offset in the file.
  private mutating func object(
    _ value: (inout SafetensorsHeader, String, Int) throws(ArrayFileError) -> Void
  ) throws(ArrayFileError) {
    try take("{")
    if takeIfNext("}") { return }
    repeat {
      skipBlanks()
      let offset = base + position
      let key = try string()
      try take(":")
      try value(&self, key, offset)
    } while takeIfNext(",")
    try take("}")
  }

  private mutating func integers(limit: Int) throws(ArrayFileError) -> [Int] {
    var out: [Int] = []
    try take("[")
    if takeIfNext("]") { return out }
    repeat {
      guard out.count < limit else { throw refuse("at most \(limit) numbers") }
      out.append(try integer())
    } while takeIfNext(",")
    try take("]")
    return out
  }

  /// An integer from 0 to 2⁶³ − 1 without sign, leading zero, fraction or exponent.
  private mutating func integer() throws(ArrayFileError) -> Int {
    skipBlanks()
    let start = position
    while position < bytes.count, (0x30...0x39).contains(bytes[position]) { position += 1 }
    let digits = bytes[start..<position]
    guard !digits.isEmpty, digits.count == 1 || digits.first != 0x30,
      let value = Int(String(decoding: digits.prefix(20), as: UTF8.self))
    else {
      position = start
      throw refuse("a whole number of 0 or more")
    }
    return value
  }

  private mutating func string() throws(ArrayFileError) -> String {
    try take("\"")
    let start = position
    var out: [UInt8] = []
    while position < bytes.count {
      let byte = bytes[position]
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: out, as: UTF8.self) else {
          position = start
          throw refuse("text in UTF-8")
        }
        position += 1
        return text
      case UInt8(ascii: "\\"):
        position += 1
        out += Array(String(try escape()).utf8)
      case ..<0x20: throw refuse("no raw control character in a name")
      default:
        out.append(byte)
        position += 1
      }
    }
    throw refuse("the \" that ends a name")
  }

  /// What stands after a backslash.
  private mutating func escape() throws(ArrayFileError) -> Unicode.Scalar {
    guard position < bytes.count else { throw refuse("an escape") }
    let byte = bytes[position]
    if byte == UInt8(ascii: "u") {
      position += 1
      let high = try unit()
      if let scalar = Unicode.Scalar(high) { return scalar }
      // Beyond 16 bits a scalar is written as a pair of surrogates.
      guard (0xD800..<0xDC00).contains(high), bytes[position...].starts(with: Array("\\u".utf8)) else {
        throw refuse("a pair of surrogates")
      }
      position += 2
      let low = try unit()
      guard (0xDC00..<0xE000).contains(low),
        let scalar = Unicode.Scalar(0x10000 + UInt32(high - 0xD800) << 10 + UInt32(low - 0xDC00))
      else { throw refuse("a pair of surrogates") }
      return scalar
    }
    let plain: [UInt8: Unicode.Scalar] = [
      0x22: "\"", 0x5C: "\\", 0x2F: "/", 0x62: "\u{8}", 0x66: "\u{C}", 0x6E: "\n", 0x72: "\r", 0x74: "\t",
    ]
    guard let scalar = plain[byte] else { throw refuse("an escape of JSON") }
    position += 1
    return scalar
  }

  /// Four hexadecimal digits.
  private mutating func unit() throws(ArrayFileError) -> UInt16 {
    let digits = bytes[position...].prefix(4)
    guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
      let value = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw refuse("four hexadecimal digits") }
    position += 4
    return value
  }

  private mutating func skipBlanks() {
    while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
  }

  private mutating func takeIfNext(_ character: Unicode.Scalar) -> Bool {
    skipBlanks()
    guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func take(_ character: Unicode.Scalar) throws(ArrayFileError) {
    guard takeIfNext(character) else { throw refuse(String(character)) }
  }

  private func refuse(_ expected: String) -> ArrayFileError {
    let found =
      position < bytes.count
      ? String(decoding: bytes[position...].prefix(12), as: UTF8.self).debugDescription : "the end of the header"
    return .badBytes(file: file, offset: base + position, found: found, expected: expected)
  }
}
