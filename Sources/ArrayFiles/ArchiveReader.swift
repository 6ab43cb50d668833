// libarchive behind typed errors: one xz stream, or the wanted members of a tar archive, read in memory.

internal import CArchive

/// An open archive over bytes that its user keeps alive. Nothing is ever extracted to disk, so names are only compared.
final class ArchiveReader {
  private let handle: OpaquePointer
  private let file: String

  /// What the bytes are to be read as; libarchive is offered no other format.
  enum Format {
    case xz, tar
  }

  init(_ format: Format, _ bytes: UnsafeRawBufferPointer, file: String) throws(ArrayFileError) {
    guard let handle = archive_read_new() else {
      throw .system(file: file, operation: "open archive", reason: "libarchive could not start")
    }
    self.handle = handle
    self.file = file
    switch format {
    case .xz:
      archive_read_support_filter_xz(handle)
      archive_read_support_format_raw(handle)
    case .tar: archive_read_support_format_tar(handle)
    }
    guard archive_read_open_memory(handle, bytes.baseAddress, bytes.count) == ARCHIVE_OK else { throw refusal() }
  }

  deinit { archive_read_free(handle) }

  /// The next member, or nothing at the end.
  ///
  /// - Returns: its name, and whether it is a regular file and no link or device.
  func next() throws(ArrayFileError) -> (name: String, isRegular: Bool)? {
    var entry: OpaquePointer?
    let status = archive_read_next_header(handle, &entry)
    if status == ARCHIVE_EOF { return nil }
    // A warning is about a name that this locale cannot show, and such names are not among the wanted ones.
    guard status == ARCHIVE_OK || status == ARCHIVE_WARN else { throw refusal() }
    let name = archive_entry_pathname(entry).map { String(cString: $0) } ?? ""
    let isRegular = archive_entry_filetype(entry) == 0o100000 && archive_entry_hardlink(entry) == nil
    return (name, isRegular)
  }

  /// The bytes of the member that ``next()`` reached; they grow as they are produced, whatever size its header claims.
  func contents(limit: Int) throws(ArrayFileError) -> [UInt8] {
    var bytes = [UInt8]()
    var chunk = [UInt8](repeating: 0, count: 1 << 18)
    while true {
      let count = chunk.withUnsafeMutableBytes { archive_read_data(handle, $0.baseAddress, $0.count) }
      if count == 0 { return bytes }
      guard count > 0 else { throw refusal() }
      guard bytes.count + count <= limit else { throw .tooLarge(file: file, limit: limit) }
      bytes.append(contentsOf: chunk[..<count])
    }
  }

  private func refusal() -> ArrayFileError {
    .corrupt(
      file: file,
      detail: archive_error_string(handle).map { String(cString: $0) } ?? "libarchive status \(archive_errno(handle))")
  }
}
