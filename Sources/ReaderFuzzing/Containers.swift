// Containers whose check sums are right and whose contents lie: damage alone would never get past the sums.

/// Little-endian bytes.
func littleEndian(_ value: UInt64, _ width: Int) -> [UInt8] {
  (0..<width).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
}

/// The check sum of ZIP and gzip.
func crc32(_ bytes: [UInt8]) -> UInt64 {
  var sum: UInt32 = .max
  for byte in bytes {
    sum ^= UInt32(byte)
    for _ in 0..<8 { sum = sum >> 1 ^ (sum & 1 == 1 ? 0xEDB8_8320 : 0) }
  }
  return UInt64(~sum)
}

/// A ZIP archive of stored members.
func zip(_ members: [(name: String, bytes: [UInt8])], lie: (field: Int, value: UInt64)? = nil) -> [UInt8] {
  var (out, directory): ([UInt8], [UInt8]) = ([], [])
  for (index, (name, bytes)) in members.enumerated() {
    let offset = UInt64(out.count)
    var sizes = [UInt64(bytes.count), UInt64(bytes.count), crc32(bytes)]
    // The first member's packed size, size or check sum.
    if let lie, index == 0, lie.field < 3 { sizes[lie.field] = lie.value }
    let common =
      littleEndian(0, 2) + littleEndian(0, 2) + littleEndian(0x21_0000, 4) + littleEndian(sizes[2], 4)
      + littleEndian(sizes[0], 4) + littleEndian(sizes[1], 4) + littleEndian(UInt64(name.utf8.count), 2)
    out += [0x50, 0x4B, 3, 4, 20, 0] + common + [0, 0] + name.utf8 + bytes
    directory +=
      [0x50, 0x4B, 1, 2, 20, 3, 20, 0] + common + [UInt8](repeating: 0, count: 8)
      // Attributes of Unix: a symbolic link if the lie says so.
      + littleEndian(lie?.field == 3 ? 0o120777 << 16 : 0o100644 << 16, 4)
      + littleEndian(lie?.field == 4 ? lie?.value ?? 0 : offset, 4) + name.utf8
  }
  let counts = littleEndian(lie?.field == 5 ? lie?.value ?? 0 : UInt64(members.count), 2)
  return out + directory + [0x50, 0x4B, 5, 6, 0, 0, 0, 0] + counts + counts + littleEndian(UInt64(directory.count), 4)
    + littleEndian(UInt64(out.count), 4) + [0, 0]
}

/// A gzip member of stored blocks, below 64 KiB.
func gzip(_ bytes: [UInt8]) -> [UInt8] {
  let count = UInt64(bytes.count)
  return [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 1] + littleEndian(count, 2) + littleEndian(~count, 2) + bytes
    + littleEndian(crc32(bytes), 4) + littleEndian(count, 4)
}

/// One member of a tar archive.
///
/// - Parameter size: what the header says; the bytes' own if not given.
/// - Parameter kind: "0" for a file, "2" for a symbolic link.
func tar(_ name: String, _ bytes: [UInt8], size: String? = nil, kind: String = "0", link: String = "") -> [UInt8] {
  func field(_ text: String, _ width: Int) -> [UInt8] {
    Array((Array(text.utf8) + [UInt8](repeating: 0, count: width)).prefix(width))
  }
  let octal = String(bytes.count, radix: 8)
  var header =
    field(name, 100) + field("0000644", 8) + field("0000000", 8) + field("0000000", 8)
    + field(size ?? String(repeating: "0", count: max(0, 11 - octal.count)) + octal, 12) + field("00000000000", 12)
    + [UInt8](repeating: 0x20, count: 8) + field(kind, 1) + field(link, 100) + field("ustar", 6) + field("00", 2)
  header += [UInt8](repeating: 0, count: 512 - header.count)
  let sum = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
  header.replaceSubrange(148..<156, with: field(String(repeating: "0", count: 6 - sum.count) + sum, 7) + [0x20])
  return header + bytes + [UInt8](repeating: 0, count: (512 - bytes.count % 512) % 512)
}
