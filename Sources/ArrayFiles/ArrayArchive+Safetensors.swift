// The .safetensors format: a JSON header and raw little-endian arrays, as PyTorch users exchange weights.

/// The vocabulary of the format.
enum Safetensors {
  static let metadataKey = "__metadata__"
  /// The reference implementation's limit on a header.
  static let maximumHeader = 100_000_000

  /// How an element type is stored.
  enum Storage {
    case plain(ElementType)
    /// Half precision, IEEE or "brain"; read as float32, never written.
    case half, brain

    var size: Int {
      if case .plain(let type) = self { type.size } else { 2 }
    }
  }

  /// Plain types in the order in which the reference implementation writes them: widest first, so that all are aligned.
  static let types: [(name: String, type: ElementType)] = [
    ("U64", .uint64), ("I64", .int64), ("F64", .float64), ("F32", .float32), ("U32", .uint32), ("I32", .int32),
    ("U16", .uint16), ("I16", .int16), ("I8", .int8), ("U8", .uint8), ("BOOL", .bool),
  ]

  static func storage(of name: String) -> Storage? {
    switch name {
    case "F16": .half
    case "BF16": .brain
    default: types.first { $0.name == name }.map { .plain($0.type) }
    }
  }
}

extension ArrayArchive {
  /// Reads a .safetensors file.
  ///
  /// - Parameter path: as `safetensors.torch.save_file` and its relatives write it.
  /// - Parameter maximumBytes: the largest file to accept.
  /// - Throws: ``ArrayFileError`` naming the offset and what is wrong there.
  public init(
    readingSafetensors path: String, maximumBytes: Int = FileBytes.defaultMaximum
  ) throws(ArrayFileError) {
    try self.init(safetensors: try FileBytes.read(path, maximumBytes: maximumBytes), file: path)
  }

  /// Decodes the bytes of a .safetensors file.
  ///
  /// Numbers of 8 to 64 bits are read as they are; F16 and BF16 become float32, exactly. Metadata is checked and dropped.
  ///
  /// - Source: the format as the `safetensors` package documents it: eight bytes with the header's length, the header,
  ///   and the data of all arrays without gap or overlap up to the end of the file.
  /// - Throws: ``ArrayFileError``. Lengths, shapes and offsets are held against the bytes that are there before
  ///   anything is allocated.
  public init(safetensors bytes: [UInt8], file: String) throws(ArrayFileError) {
    self.init(origin: file)
    guard bytes.count >= 8 else {
      throw .truncated(file: file, field: "header length", expected: 8, found: bytes.count)
    }
    let announced = bytes[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard announced <= UInt64(min(bytes.count - 8, Safetensors.maximumHeader)) else {
      throw .badBytes(
        file: file, offset: 0, found: "a header of \(announced) bytes",
        expected: "one that fits the \(bytes.count - 8) that follow, and \(Safetensors.maximumHeader)")
    }
    let start = 8 + Int(announced)
    let header = try SafetensorsHeader(parsing: Array(bytes[8..<start]), at: 8, file: file)
    let available = bytes.count - start
    var reached = 0
    for entry in header.entries.sorted(by: { $0.data < $1.data }) {
      guard entry.data.begin == reached, entry.data.end >= reached, entry.data.end <= available else {
        throw .badBytes(
          file: file, offset: entry.offset,
          found: "\(entry.name.debugDescription) from \(entry.data.begin) to \(entry.data.end)",
          expected: "data from \(reached), where the array before it ends, to at most \(available)")
      }
      reached = entry.data.end
    }
    guard reached == available else { throw .trailingBytes(file: file, extra: available - reached) }
    for entry in header.entries {
      guard let storage = Safetensors.storage(of: entry.type) else {
        throw .unsupportedElementType(file: "\(file)[\(entry.name)]", descriptor: entry.type)
      }
      let size = entry.data.end - entry.data.begin
      guard let count = NumericArray.elementCount(of: entry.shape), count <= Int.max / 8, count * storage.size == size
      else {
        throw .badBytes(
          file: file, offset: entry.offset, found: "\(entry.name.debugDescription) of \(size) bytes",
          expected: "as many as shape \(entry.shape) of \(entry.type) takes")
      }
      self[entry.name] = bytes.withUnsafeBytes { all in
        let raw = UnsafeRawBufferPointer(rebasing: all[start + entry.data.begin..<start + entry.data.end])
        return NumericArray(storage, shape: entry.shape, raw, origin: "\(file)[\(entry.name)]")
      }
    }
  }

  /// The bytes of a .safetensors file with these arrays.
  ///
  /// Arrays stand in the order of the reference implementation (widest type first, then by name), so that equal
  /// arrays give the same bytes as it does, in whatever order they were added.
  ///
  /// - Parameter metadata: text for other programs; some want `["format": "pt"]`.
  /// - Throws: ``ArrayFileError/unexpectedMember(file:name:reason:)`` for an array of the name `__metadata__`.
  public func safetensors(metadata: [String: String] = [:]) throws(ArrayFileError) -> [UInt8] {
    guard self[Safetensors.metadataKey] == nil else {
      throw .unexpectedMember(file: origin, name: Safetensors.metadataKey, reason: "is reserved by .safetensors")
    }
    var descriptions: [String] = []
    if !metadata.isEmpty {
      let pairs = metadata.sorted { $0.key < $1.key }.map { "\(Self.quoted($0.key)):\(Self.quoted($0.value))" }
      descriptions.append("\"\(Safetensors.metadataKey)\":{\(pairs.joined(separator: ","))}")
    }
    var data: [UInt8] = []
    for (typeName, type) in Safetensors.types {
      let matching = names.compactMap { name in self[name].map { (name, $0) } }.filter { $0.1.elementType == type }
      for (name, array) in matching.sorted(by: { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }) {
        let begin = data.count
        data += array.elements.encoded(as: type)
        let shape = array.shape.map(String.init).joined(separator: ",")
        descriptions.append(
          "\(Self.quoted(name)):{\"dtype\":\"\(typeName)\",\"shape\":[\(shape)],\"data_offsets\":[\(begin),\(data.count)]}"
        )
      }
    }
    var header = Array("{\(descriptions.joined(separator: ","))}".utf8)
    header += [UInt8](repeating: 0x20, count: (8 - header.count % 8) % 8)
    return (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) } + header + data
  }

  /// Writes a .safetensors file, whole or not at all.
  public func writeSafetensors(to path: String, metadata: [String: String] = [:]) throws(ArrayFileError) {
    try AtomicFile.write(try safetensors(metadata: metadata), to: path)
  }

  /// A JSON string; only what must be escaped is.
  private static func quoted(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\r": out += "\\r"
      case "\t": out += "\\t"
      case "\u{8}": out += "\\b"
      case "\u{C}": out += "\\f"
      case ..<" ":
        let digits = String(scalar.value, radix: 16)
        out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out + "\""
  }
}

extension NumericArray {
  /// `raw` holds exactly the elements of the shape.
  fileprivate init(_ storage: Safetensors.Storage, shape: [Int], _ raw: UnsafeRawBufferPointer, origin: String) {
    func halves(_ value: (UInt16) -> Float) -> Elements {
      .float(
        stride(from: 0, to: raw.count, by: 2).map {
          value(UInt16(littleEndian: raw.loadUnaligned(fromByteOffset: $0, as: UInt16.self)))
        })
    }
    switch storage {
    case .plain(let type):
      self.init(shape: shape, elementType: type, elements: Elements(type, bigEndian: false, raw), origin: origin)
    case .half:
      let elements = halves { Float(Float16(bitPattern: $0)) }
      self.init(shape: shape, elementType: .float32, elements: elements, origin: origin)
    case .brain:
      let elements = halves { Float(bitPattern: UInt32($0) << 16) }
      self.init(shape: shape, elementType: .float32, elements: elements, origin: origin)
    }
  }
}
