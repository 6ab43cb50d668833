// Files that appear whole or not at all: written beside their final name, flushed to disk, then renamed.

internal import Glibc
private import Synchronization

/// Writes a file whole or not at all.
public enum AtomicFile {
  /// Replaces the file at `path`, or leaves what was there untouched.
  ///
  /// - Throws: ``ArrayFileError``; the temporary file is then gone.
  public static func write(_ bytes: [UInt8], to path: String) throws(ArrayFileError) {
    let writer = try AtomicFileWriter(path: path)
    try writer.write(bytes)
    try writer.commit()
  }

  /// Replaces the file at `path` by `text` in UTF-8, or leaves what was there untouched.
  public static func write(_ text: String, to path: String) throws(ArrayFileError) {
    try write(Array(text.utf8), to: path)
  }
}

/// A file under construction, for ledgers and tables that grow row by row.
///
/// The bytes go to a file without a name in the same directory (a rename cannot cross file systems), and get the
/// final name only at ``commit()``. A writer that is dropped without it, or killed, leaves nothing behind. Where the
/// file system knows no files without names, the file has a hidden one, which a killed process leaves behind.
public final class AtomicFileWriter {
  /// The final name.
  public let path: String
  private let target: String
  private let temporary: String
  /// Whether the file has no name yet, not even ``temporary``.
  private var isNameless: Bool
  private var descriptor: Int32
  private var buffer: [UInt8] = []
  private static let bufferSize = 1 << 16
  private static let serial = Atomic<Int>(0)

  /// Opens a temporary file beside `path`.
  ///
  /// - Throws: ``ArrayFileError`` if the directory is missing or not writable, or if `path` is a directory or a
  ///   device: renaming over a device such as the null device would destroy it.
  public init(path: String) throws(ArrayFileError) {
    try FileBytes.requireUsable(path)
    self.path = path
    // A link is followed, so that the file it points to is replaced and not the link.
    if let resolved = realpath(path, nil) {
      target = String(cString: resolved)
      free(resolved)
    } else {
      guard errno == ENOENT else { throw .fromSystem(path, "resolve the path") }
      target = path
    }
    var mode: mode_t = 0o666
    var status = stat()
    let exists = stat(target, &status) == 0
    if exists {
      guard status.st_mode & S_IFMT != S_IFDIR else { throw .isDirectory(file: path) }
      guard status.st_mode & S_IFMT == S_IFREG else { throw .notRegular(file: path) }
      mode = status.st_mode & 0o777
    }
    let (directory, name) = Self.split(target)
    let ordinal = Self.serial.add(1, ordering: .relaxed).newValue
    // The name is cut so that the longest legal file name still leaves room for the suffix.
    temporary = "\(directory).\(String(decoding: name.utf8.prefix(200), as: UTF8.self)).\(getpid()).\(ordinal).tmp"
    // O_TMPFILE, which is a macro that Swift cannot read.
    let nameless: Int32 = 0o20_000_000 | O_DIRECTORY
    descriptor = open(directory.isEmpty ? "." : directory, nameless | O_WRONLY | O_CLOEXEC, mode)
    isNameless = descriptor >= 0
    if isNameless, access("/proc/self/fd/\(descriptor)", F_OK) != 0 {
      // Without /proc it could never be given a name.
      close(descriptor)
      isNameless = false
    }
    if !isNameless { descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode) }
    guard descriptor >= 0 else {
      if errno == ENOENT { throw .missing(file: directory.isEmpty ? "." : directory) }
      throw .fromSystem(path, "create a file beside it")
    }
    // The creation mode went through the umask; a replaced file keeps exactly the rights it had.
    if exists { fchmod(descriptor, mode) }
  }

  deinit { discard() }

  /// Appends text in UTF-8.
  public func write(_ text: String) throws(ArrayFileError) {
    var text = text
    precondition(descriptor >= 0, "write to \(path) after commit() or a failed write")
    text.withUTF8 { buffer.append(contentsOf: $0) }
    if buffer.count >= Self.bufferSize { try flush() }
  }

  /// Appends bytes.
  public func write(_ bytes: [UInt8]) throws(ArrayFileError) {
    precondition(descriptor >= 0, "write to \(path) after commit() or a failed write")
    buffer.append(contentsOf: bytes)
    if buffer.count >= Self.bufferSize { try flush() }
  }

  /// Makes the file appear under its final name, on disk.
  ///
  /// - Throws: ``ArrayFileError``; the temporary file is then gone and what was at `path` untouched.
  public func commit() throws(ArrayFileError) {
    precondition(descriptor >= 0, "commit of \(path) after commit() or a failed write")
    try flush()
    guard fsync(descriptor) == 0 else { throw fail("flush to disk") }
    // A link replaces nothing, a rename does: hence two steps.
    if isNameless {
      guard linkat(AT_FDCWD, "/proc/self/fd/\(descriptor)", AT_FDCWD, temporary, AT_SYMLINK_FOLLOW) == 0 else {
        throw fail("give its name")
      }
      isNameless = false
    }
    let closing = descriptor
    descriptor = -1
    guard close(closing) == 0, rename(temporary, target) == 0 else {
      let error = ArrayFileError.fromSystem(path, "rename into place")
      unlink(temporary)
      throw error
    }
    // The rename itself is durable only once the directory is; a system that cannot sync one is left alone.
    let directory = Self.split(target).directory
    let handle = open(directory.isEmpty ? "." : directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if handle >= 0 {
      fsync(handle)
      close(handle)
    }
  }

  /// Removes the temporary file; without effect after ``commit()``.
  public func discard() {
    guard descriptor >= 0 else { return }
    close(descriptor)
    if !isNameless { unlink(temporary) }
    descriptor = -1
    buffer = []
  }

  private func flush() throws(ArrayFileError) {
    var written = 0
    while written < buffer.count {
      let count = buffer.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + written, $0.count - written) }
      if count < 0 {
        if errno == EINTR { continue }
        throw fail("write")
      }
      written += count
    }
    buffer.removeAll(keepingCapacity: true)
  }

  private func fail(_ operation: String) -> ArrayFileError {
    let error = ArrayFileError.fromSystem(path, operation)
    discard()
    return error
  }

  /// The directory with its slash, or nothing for a bare name, and the rest.
  private static func split(_ path: String) -> (directory: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return ("", path) }
    return (String(path[...slash]), String(path[path.index(after: slash)...]))
  }
}
