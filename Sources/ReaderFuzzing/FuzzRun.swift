// Many inputs through one reader in one process, each under a limit of time, with the number of the current one in a file
// that outlives a crash.

private import Glibc

/// Runs a reader over inputs `first ..< end`.
public struct FuzzRun {
  /// How the inputs ended.
  public struct Tally: Equatable, Sendable {
    public var values = 0
    public var refusals = 0
  }

  /// An input that ended as none may.
  public struct Finding: Error, CustomStringConvertible {
    public let index: Int
    public let description: String
  }

  private let reader: FuzzedReader
  private let seed: UInt64

  public init(_ reader: FuzzedReader, seed: UInt64) { (self.reader, self.seed) = (reader, seed) }

  /// - Parameter began: called with the number of an input before it is read.
  /// - Throws: ``Finding``.
  public func run(_ inputs: Range<Int>, began: (Int) -> Void = { _ in }) throws(Finding) -> Tally {
    var tally = Tally()
    for index in inputs {
      began(index)
      do {
        switch try reader.read(reader.input(index, seed: seed)) {
        case .value: tally.values += 1
        case .refusal: tally.refusals += 1
        }
      } catch { throw Finding(index: index, description: "\(type(of: error)): \(error)") }
    }
    return tally
  }

  /// Ends this process with a signal if an input takes more CPU time than `seconds`; 0 takes the limit away.
  public static func limitTime(seconds: Int) {
    var timer = itimerval(it_interval: timeval(), it_value: timeval(tv_sec: seconds, tv_usec: 0))
    setitimer(__itimer_which_t(ITIMER_PROF.rawValue), &timer, nil)
  }

  /// Makes allocations fail beyond what this process has mapped now and `bytes` more.
  public static func limitMemory(bytes: Int) {
    var limit = rlimit()
    guard let pages = mappedPages(), getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0 else { return }
    limit.rlim_cur = rlim_t(pages * Int(sysconf(Int32(_SC_PAGESIZE))) + bytes)
    setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
  }

  private static func mappedPages() -> Int? {
    guard let file = fopen("/proc/self/statm", "r") else { return nil }
    defer { fclose(file) }
    var text = [CChar](repeating: 0, count: 64)
    guard fgets(&text, 64, file) != nil else { return nil }
    return Int(strtol(text, nil, 10))
  }
}

/// A number in a file that is mapped into memory: writing it costs nothing, and it is there after any death.
public final class FuzzJournal {
  private let place: UnsafeMutablePointer<Int64>

  /// - Returns: nil if the file cannot be made.
  public init?(path: String) {
    let descriptor = open(path, O_RDWR | O_CREAT, 0o644)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    guard ftruncate(descriptor, 8) == 0,
      let memory = mmap(nil, 8, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), memory != MAP_FAILED
    else { return nil }
    place = memory.bindMemory(to: Int64.self, capacity: 1)
  }

  deinit { munmap(place, 8) }

  public var index: Int {
    get { Int(place.pointee) }
    set { place.pointee = Int64(newValue) }
  }
}
