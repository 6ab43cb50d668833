// Named members of a tar archive, plain or through gzip, held in memory and never extracted.

/// Reads tar archives.
public enum TarFile {
  /// The bytes of the wanted members of a .tar or .tar.gz file.
  ///
  /// - Parameters:
  ///   - names: the members' names as the archive has them, such as `folder/file.bin`.
  ///   - path: the archive; gzip is recognised by its first bytes.
  ///   - maximumBytes: the most that the file, its decompressed form, and the wanted members may each hold.
  /// - Returns: those of the names that are there.
  /// - Throws: ``ArrayFileError`` if the file is damaged, or if a wanted member is a link or appears twice.
  public static func read(
    _ names: Set<String>, from path: String, maximumBytes: Int = FileBytes.defaultMaximum
  ) throws(ArrayFileError) -> [String: [UInt8]] {
    let bytes = try FileBytes.read(path, maximumBytes: maximumBytes)
    return try members(names, of: bytes, file: path, maximumBytes: maximumBytes)
  }

  /// The bytes of the wanted members of an archive in memory.
  ///
  /// The gzip layer goes through ``GzipFile``, because libarchive's own does not verify the check sum.
  public static func members(
    _ names: Set<String>, of bytes: [UInt8], file: String, maximumBytes: Int = FileBytes.defaultMaximum
  ) throws(ArrayFileError) -> [String: [UInt8]] {
    let isPacked = bytes.starts(with: [0x1F, 0x8B])
    let plain = isPacked ? try GzipFile.decompress(bytes, file: file, maximumBytes: maximumBytes) : bytes
    return try plain.withUnsafeBufferPointer { buffer throws(ArrayFileError) -> [String: [UInt8]] in
      let reader = try ArchiveReader(.tar, UnsafeRawBufferPointer(buffer), file: file)
      var found: [String: [UInt8]] = [:]
      var left = maximumBytes
      while let (name, isRegular) = try reader.next() {
        guard names.contains(name) else { continue }
        guard isRegular else { throw .unexpectedMember(file: file, name: name, reason: "is no regular file") }
        guard found[name] == nil else { throw .unexpectedMember(file: file, name: name, reason: "appears twice") }
        let contents = try reader.contents(limit: left)
        left -= contents.count
        found[name] = contents
      }
      return found
    }
  }
}
