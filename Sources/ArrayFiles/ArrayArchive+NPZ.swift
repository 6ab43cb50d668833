// The .npz format of NumPy: a ZIP archive of .npy members, stored or deflated.

internal import CZip

extension ArrayArchive {
  /// The version of libzip that was found at run time.
  public static var libraryVersion: String { String(cString: zip_libzip_version()) }

  /// Reads a .npz file.
  ///
  /// - Parameter path: an archive as numpy.savez and numpy.savez_compressed write it.
  /// - Parameter maximumBytes: the largest file to accept, and the most that its members may unfold to together.
  /// - Throws: ``ArrayFileError`` naming the member and what is wrong with it.
  public init(readingNPZ path: String, maximumBytes: Int = FileBytes.defaultMaximum) throws(ArrayFileError) {
    try self.init(
      npz: try FileBytes.read(path, maximumBytes: maximumBytes), file: path, maximumBytes: maximumBytes)
  }

  /// Decodes the bytes of a .npz file.
  ///
  /// - Throws: ``ArrayFileError``; each member's check sum is verified.
  public init(
    npz bytes: [UInt8], file: String, maximumBytes: Int = FileBytes.defaultMaximum
  ) throws(ArrayFileError) {
    self.init(origin: file)
    // An archive without members is the end-of-directory record alone.
    guard bytes.starts(with: [0x50, 0x4B, 3, 4]) || bytes.starts(with: [0x50, 0x4B, 5, 6]) else {
      let found = bytes.prefix(4).map { String($0, radix: 16) }.joined(separator: " ")
      throw .badMagic(file: file, expected: "50 4b of .npz", found: found.isEmpty ? "(none)" : found)
    }
    var left = maximumBytes
    // libzip reads from the buffer as long as the archive is open, so all happens inside one closure.
    let members = try bytes.withUnsafeBufferPointer { buffer throws(ArrayFileError) -> [(String, NumericArray)] in
      let archive = try ZipArchive(reading: UnsafeRawBufferPointer(buffer), file: file)
      defer { archive.discard() }
      var members: [(String, NumericArray)] = []
      for index in 0..<archive.count {
        let name = try archive.name(index)
        guard name.hasSuffix(".npy") else {
          throw .unexpectedMember(file: file, name: name, reason: "is not an .npy array")
        }
        let contents = try archive.contents(index, name: name, limit: left)
        left -= contents.count
        let array = try NumericArray(npy: contents, file: "\(file)[\(name)]")
        members.append((String(name.dropLast(4)), array))
      }
      return members
    }
    for (name, array) in members {
      guard self[name] == nil else {
        throw .unexpectedMember(file: file, name: name + ".npy", reason: "appears twice")
      }
      self[name] = array
    }
  }

  /// The bytes of a .npz file with these arrays; equal archives give equal bytes.
  ///
  /// - Parameter compressed: deflate the members, or store them.
  public func npz(compressed: Bool = true) throws(ArrayFileError) -> [UInt8] {
    // libzip copies nothing until the archive is closed: these buffers must outlive it.
    var buffers: [UnsafeMutableBufferPointer<UInt8>] = []
    defer { for buffer in buffers { buffer.deallocate() } }
    var members: [(String, UnsafeMutableBufferPointer<UInt8>)] = []
    for name in names {
      guard let bytes = self[name]?.npy() else { continue }
      let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
      _ = buffer.initialize(from: bytes)
      buffers.append(buffer)
      members.append((name + ".npy", buffer))
    }
    return try ZipArchive.write(members, compressed: compressed, file: origin)
  }

  /// Writes a .npz file, whole or not at all.
  public func writeNPZ(to path: String, compressed: Bool = true) throws(ArrayFileError) {
    try AtomicFile.write(try npz(compressed: compressed), to: path)
  }
}
