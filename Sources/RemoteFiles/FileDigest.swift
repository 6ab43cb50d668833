// MD5 and SHA-256 of files through OpenSSL: what their publishers let one check.

internal import COpenSSL
internal import Glibc

/// The length and the digests of a file's bytes.
public struct FileDigest: Equatable, Sendable {
  public let bytes: Int
  /// Lower-case hexadecimal. Says that nothing broke on the way; forgeries of it are easy.
  public let md5: String
  /// Lower-case hexadecimal.
  public let sha256: String

  public init(bytes: Int, md5: String, sha256: String) {
    (self.bytes, self.md5, self.sha256) = (bytes, md5, sha256)
  }

  /// Reads a file once for all three.
  ///
  /// - Throws: ``RemoteFileError/system(file:operation:reason:)``.
  public init(of path: String) throws(RemoteFileError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .fromSystem(path, "open for reading") }
    defer { close(descriptor) }
    let md5 = try Hash(EVP_md5(), path)
    let sha256 = try Hash(EVP_sha256(), path)
    var total = 0
    var chunk = [UInt8](repeating: 0, count: 1 << 18)
    while true {
      let count = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
      if count == 0 { break }
      if count < 0 {
        if errno == EINTR { continue }
        throw .fromSystem(path, "read")
      }
      total += count
      try md5.update(chunk[..<count])
      try sha256.update(chunk[..<count])
    }
    (bytes, self.md5, self.sha256) = (total, try md5.finish(), try sha256.finish())
  }

  /// Refuses a file whose bytes are not those that were published.
  ///
  /// - Throws: ``RemoteFileError/wrongDigest(file:kind:found:expected:remedy:)`` for the first of length, SHA-256 and
  ///   MD5 that differs.
  public func require(_ published: FileDigest, of file: String, remedy: String) throws(RemoteFileError) {
    for (kind, found, expected) in [
      ("the length", "\(bytes) bytes", "\(published.bytes) bytes"), ("SHA-256", sha256, published.sha256),
      ("MD5", md5, published.md5),
    ] where found != expected {
      throw .wrongDigest(file: file, kind: kind, found: found, expected: expected, remedy: remedy)
    }
  }
}

/// One running digest.
private final class Hash {
  private let context: OpaquePointer
  private let file: String

  init(_ kind: OpaquePointer?, _ file: String) throws(RemoteFileError) {
    guard let context = EVP_MD_CTX_new() else {
      throw .system(file: file, operation: "compute a digest", reason: "out of memory")
    }
    (self.context, self.file) = (context, file)
    // A system under FIPS rules has no MD5.
    guard EVP_DigestInit_ex(context, kind, nil) == 1 else {
      throw .system(file: file, operation: "compute a digest", reason: "OpenSSL does not offer it")
    }
  }

  deinit { EVP_MD_CTX_free(context) }

  func update(_ bytes: ArraySlice<UInt8>) throws(RemoteFileError) {
    guard bytes.withUnsafeBytes({ EVP_DigestUpdate(context, $0.baseAddress, $0.count) }) == 1 else {
      throw .system(file: file, operation: "compute a digest", reason: "OpenSSL stopped")
    }
  }

  func finish() throws(RemoteFileError) -> String {
    var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
    var count: UInt32 = 0
    guard EVP_DigestFinal_ex(context, &digest, &count) == 1 else {
      throw .system(file: file, operation: "compute a digest", reason: "OpenSSL stopped")
    }
    return digest[..<Int(count)].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
