// Costly samples that several checks and every mutant share: computed once for each setting.

internal import Synchronization

/// A table of results, each computed by the first who asks while others who want the same one wait for it.
///
/// Only the results last asked for are kept: a calibration runs through hundreds of seeds, and would keep the samples of all.
final class Memo<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  /// One result with a lock of its own, so that other keys need not wait.
  private final class Entry: Sendable {
    let value = Mutex<Value?>(nil)
  }

  private struct Table {
    var entries: [Key: Entry] = [:]
    /// The keys of ``entries``, the longest unused first.
    var keys: [Key] = []
  }

  private let table = Mutex(Table())
  private let capacity: Int

  /// - Parameter capacity: how many results are kept; more than the checks of one seed ask for, times the seeds at once.
  init(capacity: Int = 32) { self.capacity = capacity }

  func value(for key: Key, compute: () throws -> Value) throws -> Value {
    let entry = table.withLock { table in
      if let known = table.entries[key] {
        if let place = table.keys.lastIndex(of: key) { table.keys.append(table.keys.remove(at: place)) }
        return known
      }
      let fresh = Entry()
      table.entries[key] = fresh
      table.keys.append(key)
      // Who is still computing a dropped result has its entry in hand.
      if table.keys.count > capacity { table.entries[table.keys.removeFirst()] = nil }
      return fresh
    }
    return try entry.value.withLock { slot in
      if let known = slot { return known }
      let value = try compute()
      slot = value
      return value
    }
  }
}
