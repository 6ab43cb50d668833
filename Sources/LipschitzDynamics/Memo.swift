// Costly samples that several checks and every mutant share: computed once for each setting.

internal import Synchronization

/// A table of results, each computed by the first who asks while others wait for it.
final class Memo<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  private let table = Mutex<[Key: Value]>([:])

  func value(for key: Key, compute: () throws -> Value) throws -> Value {
    try table.withLock { table in
      if let known = table[key] { return known }
      let value = try compute()
      table[key] = value
      return value
    }
  }
}
