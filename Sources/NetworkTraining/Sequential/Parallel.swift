// Loops over chunks of a batch on all cores.
//
// One pool for everything: within a chunk, OpenBLAS and oneDNN compute on the calling thread, so nothing competes. What
// a chunk is does not depend on the number of threads, and so neither do the digits.

private import Dispatch
private import Foundation
private import Synchronization

/// How many threads the loops of this room use.
public enum TrainingThreads {
  private static let limit = Atomic<Int>(0)

  /// The number of threads, at least 1; by default as many as the machine has cores.
  public static var current: Int {
    let chosen = limit.load(ordering: .relaxed)
    return chosen > 0 ? chosen : max(1, ProcessInfo.processInfo.activeProcessorCount)
  }

  /// Threads for every later loop; 0 for the default.
  public static func limit(to count: Int) { limit.store(max(0, count), ordering: .relaxed) }

  /// Runs `body` for 0 ..< count, in any order, on as many threads as there are.
  public static func forEach(_ count: Int, _ body: (Int) -> Void) { forEachInParallel(count, body) }
}

/// Runs `body` for 0 ..< count, in any order, on as many threads as ``TrainingThreads`` allows.
func forEachInParallel(_ count: Int, _ body: (Int) -> Void) {
  let threads = min(TrainingThreads.current, count)
  guard threads > 1 else {
    for i in 0..<count { body(i) }
    return
  }
  // The loop ends before this function does, and every index is taken once.
  nonisolated(unsafe) let body = body
  let next = Atomic<Int>(0)
  DispatchQueue.concurrentPerform(iterations: threads) { _ in
    while true {
      let i = next.wrappingAdd(1, ordering: .relaxed).oldValue
      guard i < count else { return }
      body(i)
    }
  }
}
