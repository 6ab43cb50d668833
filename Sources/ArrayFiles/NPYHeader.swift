// The header of the .npy format: a Python dictionary literal with exactly three keys.

/// What the header of a .npy file says: element type, order and shape.
struct NPYHeader: Equatable {
  var descriptor: String
  var isFortranOrder: Bool
  var shape: [Int]

  /// The values that a header may hold.
  private enum Literal: Equatable {
    case text(String)
    case truth(Bool)
    case integer(Int)
    case tuple([Literal])
  }

  /// Parses the text between the header's length and the data.
  ///
  /// Keys may come in any order and with any blank space, as other writers than numpy produce them, but each
  /// exactly once and no other: an unknown key might change the meaning of the data.
  init(parsing text: [UInt8], file: String) throws(ArrayFileError) {
    var scanner = Scanner(text: text, file: file)
    try scanner.expect(UInt8(ascii: "{"), "an opening brace")
    var found: [String: Literal] = [:]
    while !scanner.take(UInt8(ascii: "}")) {
      guard case .text(let key) = try scanner.literal() else {
        throw scanner.malformed("dictionary", "has a key that is no text")
      }
      try scanner.expect(UInt8(ascii: ":"), "a colon after \(key.debugDescription)")
      guard found.updateValue(try scanner.literal(), forKey: key) == nil else {
        throw scanner.malformed(key, "appears twice")
      }
      if !scanner.take(UInt8(ascii: ",")) {
        try scanner.expect(UInt8(ascii: "}"), "a comma or a closing brace")
        break
      }
    }
    guard scanner.isAtEnd else { throw scanner.malformed("dictionary", "is followed by other text") }
    for key in found.keys.sorted() where !["descr", "fortran_order", "shape"].contains(key) {
      throw scanner.malformed(key.debugDescription, "is not a key of the format")
    }

    switch found["descr"] {
    case .text(let descriptor): self.descriptor = descriptor
    case nil: throw scanner.malformed("descr", "is missing")
    default: throw scanner.malformed("descr", "is not a type string")
    }
    guard case .truth(let order) = found["fortran_order"] else {
      throw scanner.malformed("fortran_order", "is not True or False")
    }
    isFortranOrder = order
    guard case .tuple(let lengths) = found["shape"] else { throw scanner.malformed("shape", "is not a tuple") }
    shape = []
    for length in lengths {
      guard case .integer(let value) = length, value >= 0 else {
        throw scanner.malformed("shape", "has a length that is not a non-negative integer")
      }
      shape.append(value)
    }
    // numpy itself allows 64; an unbounded list would only serve to exhaust memory.
    guard shape.count <= 64 else { throw scanner.malformed("shape", "has \(shape.count) dimensions, more than 64") }
  }

  init(descriptor: String, isFortranOrder: Bool, shape: [Int]) {
    self.descriptor = descriptor
    self.isFortranOrder = isFortranOrder
    self.shape = shape
  }

  /// The dictionary as numpy writes it, without padding.
  var text: String {
    let lengths = shape.count == 1 ? "\(shape[0])," : shape.map(String.init).joined(separator: ", ")
    return "{'descr': '\(descriptor)', 'fortran_order': \(isFortranOrder ? "True" : "False"), 'shape': (\(lengths)), }"
  }

  private struct Scanner {
    let text: [UInt8]
    let file: String
    var position = 0

    func malformed(_ field: String, _ detail: String) -> ArrayFileError {
      .malformedHeader(file: file, field: field, detail: detail)
    }

    private mutating func skipBlanks() {
      while position < text.count, [0x20, 0x09, 0x0A, 0x0D].contains(text[position]) { position += 1 }
    }

    var isAtEnd: Bool {
      mutating get {
        skipBlanks()
        return position == text.count
      }
    }

    /// Takes the byte if it comes next.
    mutating func take(_ byte: UInt8) -> Bool {
      skipBlanks()
      guard position < text.count, text[position] == byte else { return false }
      position += 1
      return true
    }

    mutating func expect(_ byte: UInt8, _ what: String) throws(ArrayFileError) {
      guard take(byte) else { throw malformed("dictionary", "expected \(what) at byte \(position)") }
    }

    mutating func literal() throws(ArrayFileError) -> Literal {
      skipBlanks()
      guard position < text.count else { throw malformed("dictionary", "ends in the middle") }
      switch text[position] {
      case UInt8(ascii: "'"), UInt8(ascii: "\""): return .text(try quoted())
      case UInt8(ascii: "("): return .tuple(try tuple())
      case UInt8(ascii: "["):
        // Only a structured element type is a list; its beginning is kept to be named in the refusal.
        let beginning = String(decoding: text[position...].prefix(40), as: UTF8.self)
        throw .unsupportedElementType(file: file, descriptor: beginning)
      case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .integer(try integer())
      default:
        if takeWord("True") { return .truth(true) }
        if takeWord("False") { return .truth(false) }
        throw malformed("dictionary", "unexpected byte \(text[position]) at byte \(position)")
      }
    }

    private mutating func takeWord(_ word: String) -> Bool {
      guard text[position...].starts(with: word.utf8) else { return false }
      position += word.utf8.count
      return true
    }

    private mutating func quoted() throws(ArrayFileError) -> String {
      let quote = text[position]
      guard let end = text[(position + 1)...].firstIndex(of: quote) else {
        throw malformed("dictionary", "a text has no closing quote")
      }
      defer { position = end + 1 }
      return String(decoding: text[(position + 1)..<end], as: UTF8.self)
    }

    private mutating func integer() throws(ArrayFileError) -> Int {
      let start = position
      position += 1
      while position < text.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(text[position]) { position += 1 }
      let digits = String(decoding: text[start..<position], as: UTF8.self)
      // Python 2 wrote long integers with a suffix.
      if position < text.count, text[position] == UInt8(ascii: "L") { position += 1 }
      guard let value = Int(digits) else { throw malformed("shape", "\(digits) does not fit an integer") }
      return value
    }

    private mutating func tuple() throws(ArrayFileError) -> [Literal] {
      position += 1
      var values: [Literal] = []
      while !take(UInt8(ascii: ")")) {
        skipBlanks()
        // Only lengths live in tuples here, so nothing nests and nothing recurses.
        guard position < text.count, text[position] == 0x2D || (0x30...0x39).contains(text[position]) else {
          throw malformed("shape", "has a length that is not an integer")
        }
        values.append(.integer(try integer()))
        if !take(UInt8(ascii: ",")) {
          try expect(UInt8(ascii: ")"), "a comma or a closing parenthesis")
          break
        }
      }
      return values
    }
  }
}
