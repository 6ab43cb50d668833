// Values as bytes and back, to the last bit: NaN with its sign and payload, infinities and −0, which JSON and property lists lose.

/// The bytes of a value, for a process of the same program: names of fields are kept, versions are not.
public enum BitExactCoding {
  public static func encode(_ value: some Encodable) throws -> [UInt8] {
    let slot = Slot()
    try slot.put(value, [])
    var bytes: [UInt8] = []
    slot.write(to: &bytes)
    return bytes
  }

  public static func decode<Value: Decodable>(_: Value.Type, from bytes: [UInt8]) throws -> Value {
    var reader = ByteReader(bytes)
    return try Slot(reading: &reader).get(Value.self, [])
  }
}

/// A node of the tree that a value is.
private final class Slot {
  enum Content {
    case null
    case bits(UInt64)
    case text(String)
    case bytes([UInt8])
    case doubles([Double])
    case list([Slot])
    case fields([(name: String, slot: Slot)])
  }

  var content = Content.null

  init() {}

  /// Primitives and arrays of numbers at once; everything else as its own encoding says.
  func put<Value: Encodable>(_ value: Value, _ path: [any CodingKey]) throws {
    switch value {
    case let value as Double: content = .bits(value.bitPattern)
    case let value as Float: content = .bits(UInt64(value.bitPattern))
    case let value as Bool: content = .bits(value ? 1 : 0)
    case let value as String: content = .text(value)
    case let value as any FixedWidthInteger: content = .bits(UInt64(truncatingIfNeeded: value))
    default:
      if Value.self == [Double].self, let value = value as? [Double] {
        content = .doubles(value)
      } else if Value.self == [UInt8].self, let value = value as? [UInt8] {
        content = .bytes(value)
      } else {
        try value.encode(to: TreeEncoder(slot: self, codingPath: path))
      }
    }
  }

  func get<Value: Decodable>(_ type: Value.Type, _ path: [any CodingKey]) throws -> Value {
    let found: Any? =
      switch (content, type) {
      case (.bits(let bits), is Double.Type): Double(bitPattern: bits)
      case (.bits(let bits), is Float.Type): Float(bitPattern: UInt32(truncatingIfNeeded: bits))
      case (.bits(let bits), is Bool.Type): bits != 0
      case (.bits(let bits), let integer as any FixedWidthInteger.Type): integer.init(truncatingIfNeeded: bits)
      case (.text(let text), is String.Type): text
      case (.doubles(let values), _) where type == [Double].self: values
      case (.bytes(let values), _) where type == [UInt8].self: values
      // What these make of themselves would come here again.
      case (_, is Double.Type), (_, is Float.Type), (_, is Bool.Type), (_, is String.Type),
        (_, is any FixedWidthInteger.Type):
        nil
      default: try Value(from: TreeDecoder(slot: self, codingPath: path))
      }
    guard let value = found as? Value else { throw mismatch(type, path) }
    return value
  }

  func mismatch(_ type: Any.Type, _ path: [any CodingKey]) -> DecodingError {
    .typeMismatch(type, .init(codingPath: path, debugDescription: "the bytes are of another kind of value"))
  }

  // MARK: Bytes

  func write(to bytes: inout [UInt8]) {
    func append(_ tag: UInt8, _ number: UInt64) {
      bytes.append(tag)
      withUnsafeBytes(of: number) { bytes.append(contentsOf: $0) }
    }
    func append(_ tag: UInt8, _ text: String) {
      append(tag, UInt64(text.utf8.count))
      bytes.append(contentsOf: text.utf8)
    }
    switch content {
    case .null: bytes.append(0)
    case .bits(let bits): append(1, bits)
    case .text(let text): append(2, text)
    case .bytes(let values):
      append(3, UInt64(values.count))
      bytes.append(contentsOf: values)
    case .doubles(let values):
      append(4, UInt64(values.count))
      values.withUnsafeBytes { bytes.append(contentsOf: $0) }
    case .list(let slots):
      append(5, UInt64(slots.count))
      for slot in slots { slot.write(to: &bytes) }
    case .fields(let fields):
      append(6, UInt64(fields.count))
      for field in fields {
        append(2, field.name)
        field.slot.write(to: &bytes)
      }
    }
  }

  init(reading reader: inout ByteReader) throws {
    switch try reader.byte() {
    case 0: content = .null
    case 1: content = .bits(try reader.number())
    case 2: content = .text(String(decoding: try reader.block(), as: UTF8.self))
    case 3: content = .bytes(Array(try reader.block()))
    case 4:
      let block = try reader.block(of: 8)
      content = .doubles(
        [Double](unsafeUninitializedCapacity: block.count / 8) { buffer, count in
          block.withUnsafeBytes { UnsafeMutableRawBufferPointer(buffer).copyMemory(from: $0) }
          count = block.count / 8
        })
    case 5: content = .list(try (0..<reader.count()).map { _ in try Slot(reading: &reader) })
    case 6:
      content = .fields(
        try (0..<reader.count()).map { _ in
          guard case .text(let name) = try Slot(reading: &reader).content else { throw reader.damaged }
          return (name, try Slot(reading: &reader))
        })
    default: throw reader.damaged
    }
  }
}

/// Bytes from front to back; what is cut off is an error.
private struct ByteReader {
  private let bytes: [UInt8]
  private var place = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var damaged: DecodingError {
    .dataCorrupted(.init(codingPath: [], debugDescription: "the message is damaged at byte \(place)"))
  }

  mutating func byte() throws -> UInt8 {
    guard place < bytes.count else { throw damaged }
    defer { place += 1 }
    return bytes[place]
  }

  mutating func number() throws -> UInt64 {
    guard bytes.count - place >= 8 else { throw damaged }
    defer { place += 8 }
    return bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: place, as: UInt64.self) }
  }

  /// A number of nodes, each of which has a byte at least.
  mutating func count() throws -> Int {
    let count = try number()
    guard count <= UInt64(bytes.count - place) else { throw damaged }
    return Int(count)
  }

  mutating func block(of width: Int = 1) throws -> ArraySlice<UInt8> {
    let count = try number()
    guard count <= UInt64((bytes.count - place) / width) else { throw damaged }
    defer { place += Int(count) * width }
    return bytes[place..<place + Int(count) * width]
  }
}

// MARK: Encoding

private struct TreeEncoder: Encoder {
  let slot: Slot
  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy: Key.Type) -> KeyedEncodingContainer<Key> {
    if case .fields = slot.content {} else { slot.content = .fields([]) }
    return KeyedEncodingContainer(Fields<Key>(slot: slot, codingPath: codingPath))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    slot.content = .list([])
    return List(slot: slot, codingPath: codingPath)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { Single(slot: slot, codingPath: codingPath) }

  private struct Fields<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let slot: Slot
    let codingPath: [any CodingKey]

    private func field(_ name: String) -> Slot {
      let field = Slot()
      if case .fields(let fields) = slot.content { slot.content = .fields(fields + [(name, field)]) }
      return field
    }

    private func encoder(_ key: any CodingKey) -> TreeEncoder {
      TreeEncoder(slot: field(key.stringValue), codingPath: codingPath + [key])
    }

    func encodeNil(forKey key: Key) { _ = field(key.stringValue) }
    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
      try field(key.stringValue).put(value, codingPath + [key])
    }
    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) -> KeyedEncodingContainer<
      Nested
    > { encoder(key).container(keyedBy: type) }
    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { encoder(key).unkeyedContainer() }
    func superEncoder() -> any Encoder { TreeEncoder(slot: field("super"), codingPath: codingPath) }
    func superEncoder(forKey key: Key) -> any Encoder { encoder(key) }
  }

  private struct List: UnkeyedEncodingContainer {
    let slot: Slot
    let codingPath: [any CodingKey]
    var count: Int { if case .list(let slots) = slot.content { slots.count } else { 0 } }

    private func next() -> Slot {
      let next = Slot()
      if case .list(var slots) = slot.content {
        // The tree lets go of the list for the moment, so that it grows in place.
        slot.content = .null
        slots.append(next)
        slot.content = .list(slots)
      }
      return next
    }

    private func encoder() -> TreeEncoder { TreeEncoder(slot: next(), codingPath: codingPath) }

    func encodeNil() { _ = next() }
    func encode<Value: Encodable>(_ value: Value) throws { try next().put(value, codingPath) }
    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
      encoder().container(keyedBy: type)
    }
    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { encoder().unkeyedContainer() }
    func superEncoder() -> any Encoder { encoder() }
  }

  private struct Single: SingleValueEncodingContainer {
    let slot: Slot
    let codingPath: [any CodingKey]

    func encodeNil() { slot.content = .null }
    func encode<Value: Encodable>(_ value: Value) throws { try slot.put(value, codingPath) }
  }
}

// MARK: Decoding

private struct TreeDecoder: Decoder {
  let slot: Slot
  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy: Key.Type) throws -> KeyedDecodingContainer<Key> {
    guard case .fields(let fields) = slot.content else { throw slot.mismatch(Key.self, codingPath) }
    return KeyedDecodingContainer(
      Fields<Key>(fields: Dictionary(fields) { first, _ in first }, codingPath: codingPath))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    guard case .list(let slots) = slot.content else { throw slot.mismatch([Any].self, codingPath) }
    return List(slots: slots, codingPath: codingPath)
  }

  func singleValueContainer() -> any SingleValueDecodingContainer { Single(slot: slot, codingPath: codingPath) }

  private struct Fields<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let fields: [String: Slot]
    let codingPath: [any CodingKey]
    var allKeys: [Key] { fields.keys.compactMap { Key(stringValue: $0) } }

    private func field(_ key: any CodingKey) throws -> Slot {
      guard let slot = fields[key.stringValue] else {
        throw DecodingError.keyNotFound(key, .init(codingPath: codingPath, debugDescription: "the message lacks it"))
      }
      return slot
    }

    private func decoder(_ key: any CodingKey) throws -> TreeDecoder {
      TreeDecoder(slot: try field(key), codingPath: codingPath + [key])
    }

    func contains(_ key: Key) -> Bool { fields[key.stringValue] != nil }
    func decodeNil(forKey key: Key) throws -> Bool { try field(key).isNull }
    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
      try field(key).get(type, codingPath + [key])
    }
    func nestedContainer<Nested: CodingKey>(
      keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> { try decoder(key).container(keyedBy: type) }
    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
      try decoder(key).unkeyedContainer()
    }
    func superDecoder() throws -> any Decoder {
      TreeDecoder(slot: fields["super"] ?? Slot(), codingPath: codingPath)
    }
    func superDecoder(forKey key: Key) throws -> any Decoder { try decoder(key) }
  }

  private struct List: UnkeyedDecodingContainer {
    let slots: [Slot]
    let codingPath: [any CodingKey]
    var currentIndex = 0
    var count: Int? { slots.count }
    var isAtEnd: Bool { currentIndex == slots.count }

    init(slots: [Slot], codingPath: [any CodingKey]) { (self.slots, self.codingPath) = (slots, codingPath) }

    private mutating func next() throws -> Slot {
      guard currentIndex < slots.count else {
        throw DecodingError.dataCorrupted(.init(codingPath: codingPath, debugDescription: "the list is too short"))
      }
      defer { currentIndex += 1 }
      return slots[currentIndex]
    }

    private mutating func decoder() throws -> TreeDecoder { TreeDecoder(slot: try next(), codingPath: codingPath) }

    mutating func decodeNil() throws -> Bool {
      guard currentIndex < slots.count, slots[currentIndex].isNull else { return false }
      currentIndex += 1
      return true
    }
    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try next().get(type, codingPath) }
    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) throws -> KeyedDecodingContainer<
      Nested
    > { try decoder().container(keyedBy: type) }
    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { try decoder().unkeyedContainer() }
    mutating func superDecoder() throws -> any Decoder { try decoder() }
  }

  private struct Single: SingleValueDecodingContainer {
    let slot: Slot
    let codingPath: [any CodingKey]

    func decodeNil() -> Bool { slot.isNull }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try slot.get(type, codingPath) }
  }
}

extension Slot {
  fileprivate var isNull: Bool { if case .null = content { true } else { false } }
}
