// libzip behind typed errors: archives in memory, read member by member or written at once.

internal import CZip

/// An open archive over a buffer that its user keeps alive.
struct ZipArchive {
  private let handle: OpaquePointer
  private let file: String

  init(reading buffer: UnsafeRawBufferPointer, file: String) throws(ArrayFileError) {
    var error = zip_error_t()
    zip_error_init(&error)
    defer { zip_error_fini(&error) }
    guard let source = zip_source_buffer_create(buffer.baseAddress, UInt64(buffer.count), 0, &error) else {
      throw .corrupt(file: file, detail: Self.text(&error))
    }
    guard let handle = zip_open_from_source(source, ZIP_RDONLY, &error) else {
      zip_source_free(source)
      throw .corrupt(file: file, detail: Self.text(&error))
    }
    self.handle = handle
    self.file = file
  }

  func discard() { zip_discard(handle) }

  var count: Int { Int(zip_get_num_entries(handle, 0)) }

  func name(_ index: Int) throws(ArrayFileError) -> String {
    guard let name = zip_get_name(handle, UInt64(index), 0) else {
      throw .corrupt(file: file, detail: "member \(index) has no name")
    }
    return String(cString: name)
  }

  /// The bytes of a member, check sum verified; they grow as they are produced, whatever size the directory claims.
  func contents(_ index: Int, name: String, limit: Int) throws(ArrayFileError) -> [UInt8] {
    guard let member = zip_fopen_index(handle, UInt64(index), 0) else {
      throw .corrupt(file: file, detail: "member \(name.debugDescription): \(Self.text(zip_get_error(handle)))")
    }
    defer { zip_fclose(member) }
    var bytes = [UInt8]()
    var chunk = [UInt8](repeating: 0, count: 1 << 18)
    while true {
      let count = chunk.withUnsafeMutableBytes { Int(zip_fread(member, $0.baseAddress, UInt64($0.count))) }
      if count == 0 { break }
      guard count > 0 else {
        throw .corrupt(
          file: file, detail: "member \(name.debugDescription): \(Self.text(zip_file_get_error(member)))")
      }
      guard bytes.count + count <= limit else { throw .tooLarge(file: "\(file)[\(name)]", limit: limit) }
      bytes.append(contentsOf: chunk[..<count])
    }
    return bytes
  }

  /// The bytes of an archive with the given members.
  static func write(
    _ members: [(name: String, bytes: UnsafeMutableBufferPointer<UInt8>)], compressed: Bool, file: String
  ) throws(ArrayFileError) -> [UInt8] {
    var error = zip_error_t()
    zip_error_init(&error)
    defer { zip_error_fini(&error) }
    guard let target = zip_source_buffer_create(nil, 0, 0, &error) else {
      throw .system(file: file, operation: "create archive", reason: text(&error))
    }
    // libzip drops its own reference on closing, and the bytes are read after that.
    zip_source_keep(target)
    defer { zip_source_free(target) }
    guard let archive = zip_open_from_source(target, ZIP_CREATE | ZIP_TRUNCATE, &error) else {
      zip_source_free(target)
      throw .system(file: file, operation: "create archive", reason: text(&error))
    }
    var isClosed = false
    defer { if !isClosed { zip_discard(archive) } }
    for (name, bytes) in members {
      guard let source = zip_source_buffer(archive, bytes.baseAddress, UInt64(bytes.count), 0) else {
        throw .system(file: file, operation: "add \(name)", reason: text(zip_get_error(archive)))
      }
      let index = zip_file_add(archive, name, source, UInt32(ZIP_FL_ENC_UTF_8))
      guard index >= 0 else {
        zip_source_free(source)
        throw .system(file: file, operation: "add \(name)", reason: text(zip_get_error(archive)))
      }
      zip_set_file_compression(archive, UInt64(index), compressed ? ZIP_CM_DEFLATE : ZIP_CM_STORE, 0)
      // 1 January 1980, the format's first day: equal arrays give equal files.
      zip_file_set_dostime(archive, UInt64(index), 0, 0x21, 0)
    }
    guard zip_close(archive) == 0 else {
      throw .system(file: file, operation: "write archive", reason: text(zip_get_error(archive)))
    }
    isClosed = true
    // libzip leaves nothing behind for an archive without members; its bytes are the end-of-directory record.
    guard !members.isEmpty else { return [0x50, 0x4B, 5, 6] + [UInt8](repeating: 0, count: 18) }
    return try contents(of: target, file: file)
  }

  private static func contents(of source: OpaquePointer, file: String) throws(ArrayFileError) -> [UInt8] {
    var status = zip_stat_t()
    guard zip_source_open(source) == 0, zip_source_stat(source, &status) == 0 else {
      throw .system(file: file, operation: "write archive", reason: text(zip_source_error(source)))
    }
    defer { zip_source_close(source) }
    var bytes = [UInt8](repeating: 0, count: Int(status.size))
    let count = bytes.withUnsafeMutableBytes { zip_source_read(source, $0.baseAddress, UInt64($0.count)) }
    guard count == bytes.count else {
      throw .system(file: file, operation: "write archive", reason: text(zip_source_error(source)))
    }
    return bytes
  }

  private static func text(_ error: UnsafeMutablePointer<zip_error_t>?) -> String {
    guard let error, let text = zip_error_strerror(error) else { return "unknown reason" }
    return String(cString: text)
  }
}
