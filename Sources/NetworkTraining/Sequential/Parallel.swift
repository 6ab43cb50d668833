// Loops over chunks of a batch on all cores.
//
// One pool for everything: within a chunk, OpenBLAS and oneDNN compute on the calling thread, so nothing competes. What
// a chunk is does not depend on the number of threads, and so neither do the digits.

internal import CNetworkKernels
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
  withoutActuallyEscaping(body) { body in
    var body = body
    withUnsafeMutablePointer(to: &body) { pointer in
      cnk_parallel(
        count, threads, { context, i in context!.assumingMemoryBound(to: ((Int) -> Void).self).pointee(i) }, pointer)
    }
  }
}

/// A matrix cut into strips of columns that stay in a near cache; an even number of equal ones, so that two threads end
/// together, unless it is small.
struct ColumnStrips {
  let columns: Int
  let count: Int
  private let width: Int

  init(rows: Int, columns: Int) {
    self.columns = columns
    let most = max(16, (1 << 17) / rows)
    let wanted = rows * columns < 1 << 14 ? 1 : 2 * ((columns + 2 * most - 1) / (2 * most))
    // Multiples of 16 suit the vectors.
    width = ((columns + wanted - 1) / wanted + 15) / 16 * 16
    count = (columns + width - 1) / width
  }

  subscript(i: Int) -> Range<Int> { i * width..<min(columns, (i + 1) * width) }
}
