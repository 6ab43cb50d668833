// Progress of a long run: one line that rewrites itself on a terminal, plain lines in a pipe.

private import Glibc
private import Synchronization

/// Writes progress to standard error, so that results on standard output stay clean.
public final class Progress: Sendable {
  /// A terminal that can rewrite a line; `TERM=dumb` says that it cannot. Nothing here is coloured, so NO_COLOR holds anyway.
  private let isTerminal = isatty(STDERR_FILENO) == 1 && getenv("TERM").map { String(cString: $0) } != "dumb"
  private let hasText = Mutex(false)

  private static let isSilent = Atomic(false)

  public init() {}

  /// From now on nothing is written: one process of several speaks for all.
  public static func silence() { isSilent.store(true, ordering: .relaxed) }

  /// Shows what is being done now: on a terminal only, in place of what was shown before.
  public func now(_ text: String) {
    guard isTerminal else { return }
    hasText.withLock { $0 = true }
    Progress.write("\r\u{1B}[2K\(text.prefix(110))")
  }

  /// A line that stays: in a pipe and on a terminal.
  public func done(_ text: String) {
    clear()
    Progress.write(text + "\n")
  }

  /// Removes the transient line.
  public func clear() {
    let had = hasText.withLock { flag in
      defer { flag = false }
      return flag
    }
    if had { Progress.write("\r\u{1B}[2K") }
  }

  /// Writes to standard error at once; a closed pipe is ignored, because progress is not a result.
  public static func write(_ text: String) {
    guard !isSilent.load(ordering: .relaxed) else { return }
    let bytes = Array(text.utf8)
    _ = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}
