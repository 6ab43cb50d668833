// Pieces on the threads of one process.

import DistributedWork
import Synchronization
import Testing

@Suite("Work on threads")
struct ParallelMapTests {
  @Test func piecesComeInOrderOnAnyThreads() {
    for threads in [1, 2, 3, 8] {
      #expect(parallelMap(100, threads: threads) { $0 * $0 } == (0..<100).map { $0 * $0 })
      let sum = Atomic(0)
      parallelFor(1000, threads: threads) { index in sum.wrappingAdd(index, ordering: .relaxed) }
      #expect(sum.load(ordering: .relaxed) == 499_500)
    }
    #expect(parallelMap(0, threads: 4) { $0 }.isEmpty)
  }

  @Test func theFirstFailureIsThrown() {
    struct Failure: Error, Equatable { let index: Int }
    for threads in [1, 2, 4] {
      #expect(throws: Failure(index: 37)) {
        _ = try parallelMap(500, threads: threads) { index in
          if index >= 37 { throw Failure(index: index) }
          return index
        }
      }
    }
  }
}
