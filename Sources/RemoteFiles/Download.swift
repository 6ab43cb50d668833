// A published file from the web or a folder: resumed where it broke off, vouched for, and there whole or not at all.

internal import CCurl
internal import Glibc

/// One file to fetch.
///
/// The bytes gather in `path` + `.part`, which outlives interruptions, and get the final name only when their length
/// and both digests are the published ones.
public struct Download: Sendable {
  /// http, https or file.
  public let url: String
  public let path: String
  public let published: FileDigest
  /// Seconds to wait for a connection, and seconds without any byte after which a transfer counts as broken off.
  public var patience = 30

  public init(_ url: String, to path: String, published: FileDigest) {
    (self.url, self.path, self.published) = (url, path, published)
  }

  public enum Outcome: Equatable, Sendable {
    case alreadyThere
    /// Fetched, the first so many bytes on an earlier occasion.
    case fetched(resumedAt: Int)
  }

  public var partial: String { path + ".part" }

  /// Fetches the file, unless it is there already.
  ///
  /// - Parameter progress: called now and then with the number of bytes that are there; false interrupts.
  /// - Throws: ``RemoteFileError``. A file at `path` with other bytes is never replaced.
  public func run(progress: (Int) -> Bool = { _ in true }) throws(RemoteFileError) -> Outcome {
    if access(path, F_OK) == 0 {
      try FileDigest(of: path).require(published, of: path, remedy: "move that file away, it is never replaced")
      return .alreadyThere
    }
    let file = try PartialFile(partial)
    if file.count > published.bytes { try file.empty() }
    let resumed = file.count
    if file.count < published.bytes {
      do throws(RestartError) { try transfer(into: file, progress) } catch {
        guard error.isRestart else { throw error.cause }
        // The server cannot resume, or does not know this part.
        try file.empty()
        do throws(RestartError) { try transfer(into: file, progress) } catch { throw error.cause }
      }
    }
    try file.flush()
    let digest = try FileDigest(of: partial)
    do throws(RemoteFileError) {
      try digest.require(
        published, of: url, remedy: "what arrived was discarded; run the command again, or name another --mirror")
    } catch {
      // Not worth resuming: a part that was wrong before makes the whole wrong for ever.
      unlink(partial)
      throw error
    }
    guard rename(partial, path) == 0 else { throw .fromSystem(path, "rename into place") }
    return .fetched(resumedAt: min(resumed, file.resumedAt))
  }

  /// A failed transfer, and whether one from the beginning might succeed.
  private struct RestartError: Error {
    let cause: RemoteFileError
    var isRestart = false
  }

  /// What the callbacks of one transfer share.
  private final class Transfer {
    let file: PartialFile
    let limit: Int
    let progress: (Int) -> Bool
    var writeError: Int32 = 0
    var isTooLong = false

    init(_ file: PartialFile, _ limit: Int, _ progress: @escaping (Int) -> Bool) {
      (self.file, self.limit, self.progress) = (file, limit, progress)
    }
  }

  private func transfer(into file: PartialFile, _ progress: (Int) -> Bool) throws(RestartError) {
    guard Self.libraryStarted, let curl = curl_easy_init() else {
      throw RestartError(cause: .unreachable(url: url, reason: "libcurl could not start"))
    }
    defer { curl_easy_cleanup(curl) }
    let start = file.count
    file.resumedAt = start
    var errorText = [CChar](repeating: 0, count: Int(CURL_ERROR_SIZE))
    let (status, state) = withoutActuallyEscaping(progress) { progress in
      errorText.withUnsafeMutableBufferPointer { errorText in
        let state = Transfer(file, published.bytes, progress)
        let status = withExtendedLifetime(state) {
          configure(curl, Unmanaged.passUnretained(state).toOpaque(), start, errorText)
        }
        return (status, (writeError: state.writeError, isTooLong: state.isTooLong))
      }
    }
    guard status != CURLE_OK else {
      guard file.count == published.bytes else {
        throw RestartError(
          cause: .brokenOff(
            url: url, received: file.count, partial: partial, reason: "the server has only so many bytes"))
      }
      return
    }
    let reason = errorText[0] == 0 ? String(cString: curl_easy_strerror(status)) : Self.text(errorText)
    let received = file.count
    let response = Int(shim_curl_response(curl))
    switch status {
    case CURLE_HTTP_RETURNED_ERROR:
      throw RestartError(cause: .refused(url: url, status: response), isRestart: response == 416 && start > 0)
    case CURLE_RANGE_ERROR, CURLE_BAD_DOWNLOAD_RESUME:
      throw RestartError(
        cause: .brokenOff(url: url, received: received, partial: partial, reason: reason), isRestart: start > 0)
    case CURLE_WRITE_ERROR:
      if state.isTooLong {
        // A part of another file is not worth resuming.
        unlink(partial)
        throw RestartError(cause: .tooLong(url: url, expected: published.bytes))
      }
      if state.writeError == ENOSPC || state.writeError == EDQUOT || state.writeError == EFBIG {
        throw RestartError(cause: .diskFull(file: partial, received: received))
      }
      throw RestartError(cause: .fromSystem(partial, "write", state.writeError))
    case CURLE_ABORTED_BY_CALLBACK:
      throw RestartError(
        cause: .interrupted(url: url, received: received, expected: published.bytes, partial: partial))
    default:
      if received > start || status == CURLE_PARTIAL_FILE {
        throw RestartError(cause: .brokenOff(url: url, received: received, partial: partial, reason: reason))
      }
      throw RestartError(cause: .unreachable(url: url, reason: reason))
    }
  }

  /// Sets every option and performs the transfer.
  private func configure(
    _ curl: UnsafeMutableRawPointer, _ state: UnsafeMutableRawPointer, _ start: Int,
    _ errorText: UnsafeMutableBufferPointer<CChar>
  ) -> CURLcode {
    shim_curl_set_string(curl, CURLOPT_URL, url)
    shim_curl_set_pointer(curl, CURLOPT_ERRORBUFFER, errorText.baseAddress)
    shim_curl_restrict_protocols(curl)
    let patience = patience
    for (option, value) in [
      (CURLOPT_FAILONERROR, 1), (CURLOPT_FOLLOWLOCATION, 1), (CURLOPT_MAXREDIRS, 5), (CURLOPT_NOSIGNAL, 1),
      (CURLOPT_CONNECTTIMEOUT, patience), (CURLOPT_LOW_SPEED_LIMIT, 1), (CURLOPT_LOW_SPEED_TIME, patience),
      (CURLOPT_NOPROGRESS, 0),
    ] { shim_curl_set_long(curl, option, value) }
    shim_curl_set_string(curl, CURLOPT_USERAGENT, "lipdyn")
    shim_curl_set_offset(curl, CURLOPT_RESUME_FROM_LARGE, curl_off_t(start))
    shim_curl_set_pointer(curl, CURLOPT_WRITEDATA, state)
    shim_curl_set_pointer(curl, CURLOPT_XFERINFODATA, state)
    shim_curl_set_write(curl) { bytes, size, count, state in
      guard let bytes, let state else { return 0 }
      let transfer = Unmanaged<Transfer>.fromOpaque(state).takeUnretainedValue()
      let total = size * count
      guard transfer.file.count + total <= transfer.limit else {
        transfer.isTooLong = true
        return 0
      }
      transfer.writeError = transfer.file.append(UnsafeRawBufferPointer(start: bytes, count: total))
      return transfer.writeError == 0 ? total : 0
    }
    shim_curl_set_progress(curl) { state, _, _, _, _ in
      guard let state else { return 0 }
      let transfer = Unmanaged<Transfer>.fromOpaque(state).takeUnretainedValue()
      return transfer.progress(transfer.file.count) ? 0 : 1
    }
    return curl_easy_perform(curl)
  }

  private static let libraryStarted = shim_curl_start() == CURLE_OK

  private static func text(_ characters: [CChar]) -> String {
    String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
