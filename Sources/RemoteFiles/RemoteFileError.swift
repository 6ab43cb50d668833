// Every way in which a file can fail to be fetched or vouched for, each with its remedy.

internal import Glibc

/// A refusal of this module: which file or address, what happened, and what to do about it, in one line.
public enum RemoteFileError: Error, Equatable, Sendable, CustomStringConvertible {
  /// No server was reached at all.
  case unreachable(url: String, reason: String)
  /// The server answered, with an error.
  case refused(url: String, status: Int)
  /// The transfer broke off; what arrived is kept.
  case brokenOff(url: String, received: Int, partial: String, reason: String)
  /// The caller asked to stop; what arrived is kept.
  case interrupted(url: String, received: Int, expected: Int, partial: String)
  case diskFull(file: String, received: Int)
  case system(file: String, operation: String, reason: String)
  /// Another process is writing the same partial file.
  case busy(partial: String)
  /// The server has more bytes than the file is known to have.
  case tooLong(url: String, expected: Int)
  case wrongDigest(file: String, kind: String, found: String, expected: String, remedy: String)

  public var description: String {
    switch self {
    case .unreachable(let url, let reason):
      "\(url): not reached (\(reason)); check the connection, or name another --mirror, which may be a folder"
    case .refused(let url, let status):
      "\(url): the server answered with HTTP status \(status)\(Self.meaning(status)); name another --mirror"
    case .brokenOff(let url, let received, let partial, let reason):
      "\(url): broken off after \(received) bytes (\(reason)); they are kept in \(partial), run the command again to resume"
    case .interrupted(let url, let received, let expected, let partial):
      "\(url): interrupted after \(received) of \(expected) bytes; they are kept in \(partial), "
        + "run the command again to resume"
    case .diskFull(let file, let received):
      "\(file): the disk is full after \(received) bytes, which are kept; free some space and run the command again"
    case .system(let file, let operation, let reason):
      "\(file): \(operation) failed: \(reason)"
    case .busy(let partial):
      "\(partial): another process is fetching this file; wait for it"
    case .tooLong(let url, let expected):
      "\(url): holds more than the \(expected) bytes that were published; name another --mirror"
    case .wrongDigest(let file, let kind, let found, let expected, let remedy):
      "\(file): \(kind) is \(found), published is \(expected); \(remedy)"
    }
  }

  private static func meaning(_ status: Int) -> String {
    switch status {
    case 401, 403: " (not allowed)"
    case 404, 410: " (no such file)"
    case 429: " (too many requests: wait)"
    case 500...599: " (trouble on the server's side: try again later)"
    default: ""
    }
  }

  /// The error that `errno` stands for after `operation` on `file`.
  static func fromSystem(_ file: String, _ operation: String, _ code: Int32 = errno) -> RemoteFileError {
    .system(file: file, operation: operation, reason: String(cString: strerror(code)))
  }
}
