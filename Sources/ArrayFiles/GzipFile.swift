// Compressed files (.gz) as bytes, with a limit on what they may unfold to.

internal import CZip

/// Reads gzip files.
public enum GzipFile {
  /// The decompressed bytes of a .gz file.
  ///
  /// - Throws: ``ArrayFileError`` as ``FileBytes`` does, and if the file is no gzip file, damaged, or cut short.
  public static func read(
    _ path: String, maximumBytes: Int = FileBytes.defaultMaximum
  ) throws(ArrayFileError) -> [UInt8] {
    try decompress(try FileBytes.read(path, maximumBytes: maximumBytes), file: path, maximumBytes: maximumBytes)
  }

  /// The decompressed bytes of a gzip stream of one or more members.
  ///
  /// The output grows as it is produced: the size that a stream claims is never trusted, and one that
  /// unfolds beyond the limit is refused before it fills the memory.
  ///
  /// - Throws: ``ArrayFileError``; the check sums that the format carries are verified.
  public static func decompress(
    _ bytes: [UInt8], file: String, maximumBytes: Int = FileBytes.defaultMaximum
  ) throws(ArrayFileError) -> [UInt8] {
    guard bytes.starts(with: [0x1F, 0x8B]) else {
      let found = bytes.prefix(2).map { String($0, radix: 16) }.joined(separator: " ")
      throw .badMagic(file: file, expected: "1f 8b of gzip", found: found.isEmpty ? "(none)" : found)
    }
    // zlib remembers where its state lives, so the state must not move between calls.
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    stream.initialize(to: z_stream())
    defer { stream.deallocate() }
    // 15 is the largest window; 16 more asks for the gzip wrapper and nothing else.
    guard inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw .system(file: file, operation: "decompress", reason: "zlib could not start")
    }
    defer { inflateEnd(stream) }

    var out = [UInt8]()
    var chunk = [UInt8](repeating: 0, count: 1 << 18)
    var consumed = 0
    while true {
      // zlib counts in 32 bits, so a large input is handed over in parts.
      let part = min(bytes.count - consumed, 1 << 30)
      let (status, used, produced) = bytes.withUnsafeBufferPointer { input in
        chunk.withUnsafeMutableBufferPointer { output in
          stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress! + consumed)
          stream.pointee.avail_in = UInt32(part)
          stream.pointee.next_out = output.baseAddress
          stream.pointee.avail_out = UInt32(output.count)
          let status = inflate(stream, Z_NO_FLUSH)
          return (status, part - Int(stream.pointee.avail_in), output.count - Int(stream.pointee.avail_out))
        }
      }
      consumed += used
      guard out.count + produced <= maximumBytes else { throw .tooLarge(file: file, limit: maximumBytes) }
      out.append(contentsOf: chunk[..<produced])
      switch status {
      case Z_OK: continue
      case Z_STREAM_END:
        if consumed == bytes.count { return out }
        inflateReset(stream)
      case Z_BUF_ERROR:
        throw .corrupt(file: file, detail: "the stream ends before its end mark after \(bytes.count) bytes")
      default:
        throw .corrupt(file: file, detail: stream.pointee.msg.map { String(cString: $0) } ?? "zlib status \(status)")
      }
    }
  }
}
