// What a limit on the address space (`ulimit -v`, as batch systems set it) needs of us before any work.

import Foundation

enum AddressSpace {
  /// OpenBLAS takes 128 MiB for each thread that uses it, and asks for ever where it gets none (0.3.21).
  private static let needed = 160 << 20

  /// Ends OpenBLAS's own threads, which it starts when it is loaded, and refuses a limit that leaves BLAS no room.
  static func prepare() throws {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0, limit.rlim_cur != .max else {
      return
    }
    // Only a program that is started anew has none of these threads.
    if ProcessInfo.processInfo.environment["OPENBLAS_NUM_THREADS"] != "1" {
      setenv("OPENBLAS_NUM_THREADS", "1", 1)
      execv("/proc/self/exe", CommandLine.unsafeArgv)
    }
    let room = mmap(nil, needed, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    try UsageError.require(
      room != MAP_FAILED,
      "a limit of \(limit.rlim_cur >> 20) MiB of address space leaves BLAS no room; raise it: ulimit -v \(1 << 20)")
    munmap(room, needed)
  }
}
