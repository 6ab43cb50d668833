// Compressed files (.xz) as bytes, with a limit on what they may unfold to.

internal import CArchive

/// Reads xz files.
public enum XZFile {
  private static let magic: [UInt8] = [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0]

  /// The version of libarchive that was found at run time.
  public static var libraryVersion: String { String(cString: archive_version_string()) }

  /// The decompressed bytes of a .xz file.
  ///
  /// - Throws: ``ArrayFileError`` as ``FileBytes`` does, and if the file is no xz file, damaged, or cut short.
  public static func read(
    _ path: String, maximumBytes: Int = FileBytes.defaultMaximum
  ) throws(ArrayFileError) -> [UInt8] {
    try decompress(try FileBytes.read(path, maximumBytes: maximumBytes), file: path, maximumBytes: maximumBytes)
  }

  /// The decompressed bytes of an xz file of one or more streams.
  ///
  /// - Throws: ``ArrayFileError``; the check sums that the format carries are verified.
  public static func decompress(
    _ bytes: [UInt8], file: String, maximumBytes: Int = FileBytes.defaultMaximum
  ) throws(ArrayFileError) -> [UInt8] {
    guard bytes.starts(with: magic) else {
      let found = bytes.prefix(6).map { String($0, radix: 16) }.joined(separator: " ")
      throw .badMagic(file: file, expected: "fd 37 7a 58 5a 0 of xz", found: found.isEmpty ? "(none)" : found)
    }
    return try bytes.withUnsafeBufferPointer { buffer throws(ArrayFileError) -> [UInt8] in
      let reader = try ArchiveReader(.xz, UnsafeRawBufferPointer(buffer), file: file)
      // An empty file has no member to read.
      return try reader.next() == nil ? [] : reader.contents(limit: maximumBytes)
    }
  }
}
