// lipdyn benchmark sharing: what giving out the work costs, with pieces that sleep, so that few cores show many ranks.

import ArgumentParser
import DistributedWork
import Foundation

extension Benchmark {
  struct Sharing: SharedCommand {
    static let configuration = CommandConfiguration(
      commandName: "sharing",
      abstract: "Pieces of work that only sleep, shared out to all ranks.",
      discussion: "Example: mpirun --oversubscribe -n 16 lipdyn-mpi benchmark sharing --milliseconds 100")

    @Option(help: "Pieces a thread.") var pieces = 50
    @Option(help: "How long each sleeps.") var milliseconds = 20.0
    @Option(help: "Of a piece's value.") var bytes = 1_000
    @Option var threads = 1

    func run() throws {
      try UsageError.require((1...1_000_000).contains(pieces), "--pieces \(pieces): use from 1 to 1000000")
      try UsageError.require((0...1e5).contains(milliseconds), "--milliseconds \(milliseconds): use from 0 to 100000")
      try UsageError.require((0...1_000_000_000).contains(bytes), "--bytes \(bytes): use from 0 to 1000000000")
      try UsageError.require((1...1024).contains(threads), "--threads \(threads): use from 1 to 1024")
      let sharing = Ranks.sharing
      let (bytes, pause) = (bytes, useconds_t(1_000 * milliseconds))
      // Until all ranks are there.
      _ = try sharing.once { true }
      let (start, before) = (ContinuousClock.now, clock())
      let count = pieces * threads * sharing.size
      let values = try sharing.map(count, threads: threads) { index -> [UInt8] in
        usleep(pause)
        return [UInt8](repeating: UInt8(truncatingIfNeeded: index), count: bytes)
      }
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      let isWhole = values.indices.allSatisfy { i in
        values[i].count == bytes && values[i].allSatisfy { $0 == UInt8(truncatingIfNeeded: i) }
      }
      guard sharing.isRoot else { return }
      print(
        """
        {"job": "sharing", "ranks": \(sharing.size), "threads": \(threads), "pieces": \(count), \
        "milliseconds": \(milliseconds), "bytes": \(bytes), "wall_s": \(seconds), \
        "ideal_share": \(Double(pieces) * milliseconds / 1_000 / seconds), \
        "root_cpu_s": \(Double(clock() - before) / Double(CLOCKS_PER_SEC)), "whole": \(isWhole)}
        """)
    }
  }
}
