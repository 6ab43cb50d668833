// Whole files as bytes, read with a limit and with every refusal of the system told apart.

internal import Glibc

/// Reads whole files into memory.
public enum FileBytes {
  /// The default limit on what one call may hold in memory: 4 GiB.
  public static let defaultMaximum = 1 << 32

  /// The bytes of a file.
  ///
  /// The size that the system reports only guides the first allocation, and the limit holds for what is
  /// really read: pipes and devices report none.
  ///
  /// - Parameter path: a readable file that is not a directory.
  /// - Parameter maximumBytes: the largest number of bytes to accept.
  /// - Throws: ``ArrayFileError`` if the file is missing, a directory, unreadable, or too large.
  public static func read(
    _ path: String, maximumBytes: Int = FileBytes.defaultMaximum
  ) throws(ArrayFileError) -> [UInt8] {
    try requireUsable(path)
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .fromSystem(path, "open for reading") }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .fromSystem(path, "stat") }
    guard status.st_mode & S_IFMT != S_IFDIR else { throw .isDirectory(file: path) }
    // A device such as the zero device has no end.
    guard status.st_mode & S_IFMT != S_IFCHR, status.st_mode & S_IFMT != S_IFBLK else {
      throw .notRegular(file: path)
    }
    let promised = status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : 0
    guard promised <= maximumBytes else { throw .tooLarge(file: path, limit: maximumBytes) }

    var bytes = [UInt8]()
    bytes.reserveCapacity(promised)
    var chunk = [UInt8](repeating: 0, count: 1 << 18)
    while true {
      let count = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
      if count == 0 { return bytes }
      if count < 0 {
        if errno == EINTR { continue }
        throw .fromSystem(path, "read")
      }
      guard bytes.count + count <= maximumBytes else { throw .tooLarge(file: path, limit: maximumBytes) }
      bytes.append(contentsOf: chunk[..<count])
    }
  }

  /// C strings end at a zero byte, so such a path would silently name another file.
  static func requireUsable(_ path: String) throws(ArrayFileError) {
    guard !path.isEmpty else { throw .missing(file: "(empty path)") }
    guard !path.utf8.contains(0) else { throw .missing(file: path.debugDescription) }
  }
}
