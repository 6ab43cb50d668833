// The element types of .npy files that stand for numbers, and how their bytes become numbers.

/// The type an array's elements have in its file.
public enum ElementType: String, CaseIterable, Sendable {
  case bool = "b1"
  case int8 = "i1"
  case int16 = "i2"
  case int32 = "i4"
  case int64 = "i8"
  case uint8 = "u1"
  case uint16 = "u2"
  case uint32 = "u4"
  case uint64 = "u8"
  case float32 = "f4"
  case float64 = "f8"

  /// Bytes an element.
  public var size: Int {
    switch self {
    case .bool, .int8, .uint8: 1
    case .int16, .uint16: 2
    case .int32, .uint32, .float32: 4
    case .int64, .uint64, .float64: 8
    }
  }

  /// The type string of the .npy format in little-endian order, such as `<f8`.
  public var descriptor: String { (size == 1 ? "|" : "<") + rawValue }

  /// The type and byte order that a type string means, or nothing if it is not one of these.
  static func parse(_ descriptor: String) -> (type: ElementType, isBigEndian: Bool)? {
    guard let order = descriptor.first, let type = ElementType(rawValue: String(descriptor.dropFirst())) else {
      return nil
    }
    switch order {
    case "<", "=": return (type, false)
    case ">": return (type, type.size > 1)
    case "|" where type.size == 1: return (type, false)
    default: return nil
    }
  }
}

/// Elements in memory: each type in the narrowest of four that holds it exactly.
enum Elements: Equatable, Sendable {
  case signed([Int64])
  case unsigned([UInt64])
  case float([Float])
  case double([Double])

  var count: Int {
    switch self {
    case .signed(let x): x.count
    case .unsigned(let x): x.count
    case .float(let x): x.count
    case .double(let x): x.count
    }
  }

  /// Decodes as many elements as `bytes` holds; `bytes.count` is a multiple of the element size.
  init(_ type: ElementType, bigEndian: Bool, _ bytes: UnsafeRawBufferPointer) {
    func integers<I: FixedWidthInteger, Wide: FixedWidthInteger>(_: I.Type, _: Wide.Type) -> [Wide] {
      let count = bytes.count / MemoryLayout<I>.size
      return [Wide](unsafeUninitializedCapacity: count) { out, initialised in
        for i in 0..<count {
          let raw = bytes.loadUnaligned(fromByteOffset: i * MemoryLayout<I>.size, as: I.self)
          out.initializeElement(at: i, to: Wide(bigEndian ? I(bigEndian: raw) : I(littleEndian: raw)))
        }
        initialised = count
      }
    }
    switch type {
    case .bool: self = .unsigned(integers(UInt8.self, UInt64.self).map { $0 == 0 ? 0 : 1 })
    case .int8: self = .signed(integers(Int8.self, Int64.self))
    case .int16: self = .signed(integers(Int16.self, Int64.self))
    case .int32: self = .signed(integers(Int32.self, Int64.self))
    case .int64: self = .signed(integers(Int64.self, Int64.self))
    case .uint8: self = .unsigned(integers(UInt8.self, UInt64.self))
    case .uint16: self = .unsigned(integers(UInt16.self, UInt64.self))
    case .uint32: self = .unsigned(integers(UInt32.self, UInt64.self))
    case .uint64: self = .unsigned(integers(UInt64.self, UInt64.self))
    case .float32: self = .float(integers(UInt32.self, UInt32.self).map { Float(bitPattern: $0) })
    case .float64: self = .double(integers(UInt64.self, UInt64.self).map { Double(bitPattern: $0) })
    }
  }

  /// The bytes of the elements as `type`, little-endian; the elements came from or were checked for that type.
  func encoded(as type: ElementType) -> [UInt8] {
    var out = [UInt8]()
    out.reserveCapacity(count * type.size)
    func append<I: FixedWidthInteger>(_ value: I) {
      withUnsafeBytes(of: value.littleEndian) { out.append(contentsOf: $0.prefix(type.size)) }
    }
    // Little-endian two's complement: the low bytes of the wide integer are the narrow one.
    switch self {
    case .signed(let x): for v in x { append(v) }
    case .unsigned(let x): for v in x { append(v) }
    case .float(let x): for v in x { append(v.bitPattern) }
    case .double(let x): for v in x { append(v.bitPattern) }
    }
    return out
  }

  /// The elements in another order: element i of the result is element `order(i)` of these.
  func reordered(_ order: [Int]) -> Elements {
    switch self {
    case .signed(let x): .signed(order.map { x[$0] })
    case .unsigned(let x): .unsigned(order.map { x[$0] })
    case .float(let x): .float(order.map { x[$0] })
    case .double(let x): .double(order.map { x[$0] })
    }
  }
}
