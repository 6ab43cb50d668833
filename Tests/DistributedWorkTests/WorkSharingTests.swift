// Sharing among ranks that are threads of this process: the same protocol, another carrier.

import DistributedWork
import Foundation
import Testing

/// Queues in memory in the place of MPI.
private final class Mailboxes: @unchecked Sendable {
  let size: Int
  private var messages: [(to: Int, from: Int, tag: Int, bytes: [UInt8])] = []
  private var broadcasts: [[UInt8]] = []
  private let lock = NSCondition()

  init(_ size: Int) { self.size = size }

  func send(_ bytes: [UInt8], from: Int, to: Int, tag: Int) {
    lock.withLock { messages.append((to, from, tag, bytes)) }
  }

  func receive(at rank: Int, from sender: Int?, tag: Int) -> (bytes: [UInt8], sender: Int)? {
    lock.withLock {
      guard let index = messages.firstIndex(where: { $0.to == rank && $0.tag == tag && ($0.from == sender ?? $0.from) })
      else { return nil }
      let message = messages.remove(at: index)
      return (message.bytes, message.from)
    }
  }

  func publish(_ bytes: [UInt8]) {
    lock.withLock {
      broadcasts.append(bytes)
      lock.broadcast()
    }
  }

  func published(_ number: Int) -> [UInt8] {
    lock.withLock {
      while broadcasts.count <= number { lock.wait() }
      return broadcasts[number]
    }
  }
}

private final class Mailbox: MessageTransport, @unchecked Sendable {
  let rank: Int
  private let boxes: Mailboxes
  private var broadcasts = 0

  init(_ rank: Int, _ boxes: Mailboxes) { (self.rank, self.boxes) = (rank, boxes) }

  var size: Int { boxes.size }
  func send(_ bytes: [UInt8], to rank: Int, tag: Int) { boxes.send(bytes, from: self.rank, to: rank, tag: tag) }
  func receive(from sender: Int?, tag: Int) -> (bytes: [UInt8], sender: Int)? {
    boxes.receive(at: rank, from: sender, tag: tag)
  }
  func broadcast(_ bytes: [UInt8]) -> [UInt8] {
    defer { broadcasts += 1 }
    if rank == 0 { boxes.publish(bytes) }
    return boxes.published(broadcasts)
  }
  func end() {}
}

private struct Broken: Error, CustomStringConvertible {
  let index: Int
  var description: String { "piece \(index) is broken" }
}

/// What a program makes of its work: a value, or an error's words.
private enum Ending: Sendable, Equatable {
  case value([[UInt64]])
  case failure(String)
}

@Suite("Work shared among ranks", .timeLimit(.minutes(1)))
struct WorkSharingTests {
  /// Runs a program on every rank, and gives what each came to, and its exit status.
  private func run(
    ranks: Int, _ program: @escaping @Sendable (WorkSharing, _ rank: Int) throws -> [[UInt64]]
  ) -> (endings: [Ending], statuses: [Int32], message: String?) {
    let boxes = Mailboxes(ranks)
    let results = parallelMap(ranks, threads: ranks) { rank -> (Ending, Int32, String?) in
      let sharing = WorkSharing(over: Mailbox(rank, boxes))
      let ending: Ending
      do { ending = .value(try program(sharing, rank)) } catch { ending = .failure("\(error)") }
      let (status, message) =
        if case .failure(let text) = ending { sharing.end(status: 1, message: text) } else { sharing.end(status: 0) }
      return (ending, status, message)
    }
    return (results.map(\.0), results.map(\.1), results[0].2)
  }

  /// Values that an exchange in decimals would lose: NaN with sign and payload, −0, infinities, subnormals.
  @Sendable private static func bits(_ index: Int) -> [UInt64] {
    [
      Double(bitPattern: 0xFFF8_0000_0000_0000 | UInt64(index)), -0.0, 0.0, .infinity, -.infinity,
      .leastNonzeroMagnitude,
      Double(index) / 3, -.nan,
    ].map(\.bitPattern)
  }

  @Test("every rank gets every value in order, to the last bit", arguments: [1, 2, 5], [1, 3])
  func sharing(ranks: Int, threads: Int) {
    let expected = (0..<300).map(Self.bits)
    let found = run(ranks: ranks) { sharing, _ in
      let numbers = try sharing.map(300, threads: threads) { index in Self.bits(index).map(Double.init(bitPattern:)) }
      // A second call, of pieces that know the result of the first, and a call without pieces.
      let again = try sharing.map(40, threads: threads) { numbers[$0] }
      #expect(try sharing.map(0, threads: threads) { $0 }.isEmpty)
      #expect(again.map { $0.map(\.bitPattern) } == Array(expected[..<40]))
      return numbers.map { $0.map(\.bitPattern) }
    }
    #expect(found.endings == [Ending](repeating: .value(expected), count: ranks))
    #expect(found.statuses == [Int32](repeating: 0, count: ranks) && found.message == nil)
  }

  @Test("all ranks take part, and a slow piece holds up none of the others")
  func balance() {
    let found = run(ranks: 3) { sharing, rank in
      try sharing.map(60, threads: 1) { index in
        usleep(index == 0 ? 300_000 : 3_000)
        return [UInt64(rank)]
      }
    }
    guard case .value(let who) = found.endings[0] else {
      Issue.record("\(found.endings)")
      return
    }
    #expect(Set(who) == [[0], [1], [2]])
    // The rank with the slow piece has a few that it was given with it, not a third of all.
    #expect(who.filter { $0 == who[0] }.count < 12)
  }

  @Test("the error of the lowest failing piece ends all ranks, whoever had it", arguments: [1, 2, 4])
  func failure(ranks: Int) {
    let found = run(ranks: ranks) { sharing, _ in
      try sharing.map(200, threads: 2) { index in
        if index >= 30 { throw Broken(index: index) }
        usleep(1_000)
        return [0]
      }
    }
    #expect(found.statuses == [Int32](repeating: 1, count: ranks))
    for ending in found.endings {
      guard case .failure(let text) = ending else {
        Issue.record("\(ending)")
        continue
      }
      #expect(text.hasSuffix("piece 30 is broken"))
    }
  }

  @Test("a rank that fails between calls ends all ranks", arguments: [0, 1, 2])
  func departure(rank failing: Int) {
    let found = run(ranks: 3) { sharing, rank in
      _ = try sharing.map(10, threads: 1) { $0 }
      if rank == failing { throw Broken(index: 7) }
      _ = try sharing.map(10, threads: 1) { $0 }
      return []
    }
    #expect(found.statuses == [1, 1, 1])
    #expect(found.endings[0] == .failure(failing == 0 ? "piece 7 is broken" : "rank \(failing): piece 7 is broken"))
  }

  @Test("a rank that fails after the last call is heard")
  func lateFailure() {
    let found = run(ranks: 3) { sharing, rank in
      _ = try sharing.map(10, threads: 1) { $0 }
      if rank == 2 { throw Broken(index: 7) }
      return []
    }
    #expect(found.statuses == [1, 1, 1] && found.message == "rank 2: piece 7 is broken")
  }

  @Test("ranks that do not have the same work are refused")
  func mismatch() {
    let found = run(ranks: 2) { sharing, rank in
      try sharing.map(10 + rank, threads: 1) { [UInt64($0)] }
    }
    #expect(found.statuses == [1, 1])
    guard case .failure(let text) = found.endings[0] else { return }
    #expect(text.contains("rank 1 has other work"))
  }

  @Test("once means on rank 0, with its value or error everywhere")
  func once() {
    let calls = parallelMap(3, threads: 1) { _ in 0 }
    #expect(calls == [0, 0, 0])
    let found = run(ranks: 3) { sharing, rank in
      let value = try sharing.once { rank + 41 }
      return [[UInt64(value)]]
    }
    #expect(found.endings == [Ending](repeating: .value([[41]]), count: 3))
    let failed = run(ranks: 3) { sharing, _ in [try sharing.once { throw Broken(index: 3) }] }
    #expect(failed.endings == [Ending](repeating: .failure("piece 3 is broken"), count: 3))
  }

  @Test("one process has its own errors and nothing else")
  func alone() throws {
    #expect(WorkSharing.alone.isRoot && WorkSharing.alone.size == 1)
    #expect(try WorkSharing.alone.map(5, threads: 2) { $0 } == [0, 1, 2, 3, 4])
    #expect(throws: Broken.self) { try WorkSharing.alone.map(5, threads: 2) { throw Broken(index: $0) } as [Int] }
    #expect(WorkSharing.alone.end(status: 2).status == 2)
  }
}
