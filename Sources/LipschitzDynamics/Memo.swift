// Costly samples that several checks and every mutant share: computed once for each setting.

internal import Synchronization

/// A table of results, each computed by the first who asks while others who want the same one wait for it.
final class Memo<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  /// One result with a lock of its own, so that other keys need not wait.
  private final class Entry: Sendable {
    let value = Mutex<Value?>(nil)
  }

  private let table = Mutex<[Key: Entry]>([:])

  func value(for key: Key, compute: () throws -> Value) throws -> Value {
    let entry = table.withLock { table in
      if let known = table[key] { return known }
      let fresh = Entry()
      table[key] = fresh
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
