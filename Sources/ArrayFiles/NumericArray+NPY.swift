// The .npy format of NumPy, versions 1.0 to 3.0: one array a file.

extension NumericArray {
  private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  /// Reads a .npy file.
  ///
  /// - Parameter path: a .npy file of numbers, in either byte order and in C or Fortran order.
  /// - Parameter maximumBytes: the largest file to accept.
  /// - Throws: ``ArrayFileError`` naming what is wrong; nothing is ever unpickled.
  public init(
    readingNPY path: String, maximumBytes: Int = FileBytes.defaultMaximum
  ) throws(ArrayFileError) {
    try self.init(npy: try FileBytes.read(path, maximumBytes: maximumBytes), file: path)
  }

  /// Decodes the bytes of a .npy file.
  ///
  /// - Source: numpy.lib.format, versions 1.0, 2.0 and 3.0.
  /// - Parameter bytes: the whole file.
  /// - Parameter file: its name, for messages.
  /// - Throws: ``ArrayFileError``. The shape is held against the bytes that are there before anything is allocated.
  public init(npy bytes: [UInt8], file: String) throws(ArrayFileError) {
    guard bytes.starts(with: Self.magic) else {
      let found = bytes.isEmpty ? "(none)" : bytes.prefix(6).map { Self.hexadecimal($0) }.joined(separator: " ")
      throw .badMagic(file: file, expected: "93 4e 55 4d 50 59 of .npy", found: found)
    }
    guard bytes.count >= 8 else { throw .truncated(file: file, field: "version", expected: 8, found: bytes.count) }
    let (major, minor) = (bytes[6], bytes[7])
    guard (1...3).contains(major), minor == 0 else {
      throw .malformedHeader(file: file, field: "version", detail: "\(major).\(minor) is not 1.0, 2.0 or 3.0")
    }
    let start = major == 1 ? 10 : 12
    guard bytes.count >= start else {
      throw .truncated(file: file, field: "header length", expected: start, found: bytes.count)
    }
    let length = bytes[8..<start].reversed().reduce(0) { $0 << 8 | Int($1) }
    let dataStart = start + length
    guard bytes.count >= dataStart else {
      throw .truncated(file: file, field: "header", expected: dataStart, found: bytes.count)
    }
    let header = try NPYHeader(parsing: Array(bytes[start..<dataStart]), file: file)
    guard let (type, isBigEndian) = ElementType.parse(header.descriptor) else {
      throw .unsupportedElementType(file: file, descriptor: header.descriptor)
    }
    let available = bytes.count - dataStart
    guard let count = Self.elementCount(of: header.shape), count <= Int.max / 8 else {
      throw .malformedHeader(file: file, field: "shape", detail: "\(header.shape) has more elements than memory")
    }
    guard count * type.size <= available else {
      throw .truncated(
        file: file, field: "shape \(header.shape) of \(header.descriptor)", expected: count * type.size,
        found: available)
    }
    guard count * type.size == available else {
      throw .trailingBytes(file: file, extra: available - count * type.size)
    }
    let stored = bytes.withUnsafeBytes {
      Elements(type, bigEndian: isBigEndian, UnsafeRawBufferPointer(rebasing: $0[dataStart...]))
    }
    let reorder = header.isFortranOrder && header.shape.filter { $0 != 1 }.count > 1 && count > 0
    self.init(
      shape: header.shape, elementType: type,
      elements: reorder ? stored.reordered(Self.fortranPositions(header.shape, count)) : stored, origin: file)
  }

  /// The bytes of a .npy file with this array: little-endian, data on a 64-byte boundary.
  ///
  /// - Parameter fortranOrder: whether the first index runs fastest in the file.
  public func npy(fortranOrder: Bool = false) -> [UInt8] {
    let header = NPYHeader(descriptor: elementType.descriptor, isFortranOrder: fortranOrder, shape: shape)
    var text = Array(header.text.utf8)
    // 64 dimensions of 19 digits still fit the two-byte length of version 1.0.
    text += [UInt8](repeating: 0x20, count: 63 - (10 + text.count) % 64)
    text.append(0x0A)
    var out = Self.magic + [1, 0, UInt8(text.count & 0xFF), UInt8(text.count >> 8)] + text
    if fortranOrder {
      var inverse = [Int](repeating: 0, count: count)
      for (i, p) in Self.fortranPositions(shape, count).enumerated() { inverse[p] = i }
      out += elements.reordered(inverse).encoded(as: elementType)
    } else {
      out += elements.encoded(as: elementType)
    }
    return out
  }

  /// Writes a .npy file, whole or not at all.
  public func writeNPY(to path: String) throws(ArrayFileError) {
    try AtomicFile.write(npy(), to: path)
  }

  /// For each element in row-major order, its position in Fortran order.
  private static func fortranPositions(_ shape: [Int], _ count: Int) -> [Int] {
    var strides = [Int](repeating: 1, count: shape.count)
    for d in shape.indices.dropFirst() { strides[d] = strides[d - 1] * shape[d - 1] }
    var positions = [Int]()
    positions.reserveCapacity(count)
    var index = [Int](repeating: 0, count: shape.count)
    var position = 0
    for _ in 0..<count {
      positions.append(position)
      // An odometer whose last wheel runs fastest.
      for d in shape.indices.reversed() {
        index[d] += 1
        position += strides[d]
        if index[d] < shape[d] { break }
        position -= index[d] * strides[d]
        index[d] = 0
      }
    }
    return positions
  }

  private static func hexadecimal(_ byte: UInt8) -> String {
    (byte < 16 ? "0" : "") + String(byte, radix: 16)
  }
}
