// The part of a file that has arrived, kept from one run to the next and written by one process at a time.

internal import Glibc

/// An open partial file; bytes go to its end.
final class PartialFile {
  /// Bytes that are there.
  private(set) var count: Int
  /// Where the last transfer began.
  var resumedAt = 0
  private let path: String
  private let descriptor: Int32
  private var isOurs = false

  /// Opens or creates the file and locks it; the lock ends with the process at the latest.
  init(_ path: String) throws(RemoteFileError) {
    self.path = path
    // No link is followed: the name is predictable, and a shared folder may hold traps.
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_APPEND, 0o666)
    count = 0
    guard descriptor >= 0 else { throw .fromSystem(path, "open for writing") }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { throw .busy(partial: path) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw .system(file: path, operation: "open for writing", reason: "it is no regular file")
    }
    count = Int(status.st_size)
    isOurs = true
  }

  deinit {
    // A part without bytes is not worth keeping; another process's is not ours to remove.
    if isOurs, count == 0 { unlink(path) }
    if descriptor >= 0 { close(descriptor) }
  }

  func empty() throws(RemoteFileError) {
    guard ftruncate(descriptor, 0) == 0 else { throw .fromSystem(path, "truncate") }
    count = 0
  }

  /// - Returns: 0, or the error number; what was written before it counts.
  func append(_ bytes: UnsafeRawBufferPointer) -> Int32 {
    var written = 0
    while written < bytes.count {
      let step = write(descriptor, bytes.baseAddress! + written, bytes.count - written)
      if step < 0 {
        if errno == EINTR { continue }
        return errno
      }
      written += step
      count += step
    }
    return 0
  }

  func flush() throws(RemoteFileError) {
    guard fsync(descriptor) == 0 else { throw .fromSystem(path, "flush to disk") }
  }
}
