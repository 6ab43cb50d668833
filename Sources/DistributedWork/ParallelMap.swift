// Work shared out to threads in numbered pieces, with results in the order of the numbers.

internal import Glibc
internal import Synchronization

/// Calls a function for 0 ..< count on several threads and returns the results in order.
///
/// The calling thread is one of them. Which thread takes which piece is not fixed; the results do not tell,
/// if each depends on its number only. After an error no new piece is begun, and the error thrown is that
/// of the lowest failing number, which does not depend on the threads either: pieces are begun in order.
///
/// - Parameters:
///   - count: the number of pieces.
///   - threads: how many threads at most; 1 means the calling one.
///   - body: makes the piece of a number; called from several threads at once.
/// - Returns: shape [count].
public func parallelMap<Value: Sendable, Failure: Error>(
  _ count: Int, threads: Int, _ body: @escaping @Sendable (Int) throws(Failure) -> Value
) throws(Failure) -> [Value] {
  precondition(count >= 0, "a number of pieces is not negative")
  precondition(threads >= 1, "work needs at least one thread")
  let slots = Locked([Result<Value, Failure>?](repeating: nil, count: count))
  let piece: @Sendable (Int) -> Bool = { index in
    let result: Result<Value, Failure>
    do throws(Failure) { result = .success(try body(index)) } catch { result = .failure(error) }
    slots.withLock { $0[index] = result }
    if case .failure = result { return false }
    return true
  }
  SharedWork(count: count, piece: piece).run(threads: min(threads, count))
  var values: [Value] = []
  values.reserveCapacity(count)
  for result in slots.withLock({ $0 }) {
    // An empty slot comes after a failed one, which throws first.
    guard let result else { break }
    values.append(try result.get())
  }
  return values
}

/// Calls a function for 0 ..< count on several threads, and returns when all calls have.
///
/// - Parameters:
///   - count: the number of pieces.
///   - threads: how many threads at most; 1 means the calling one.
///   - body: does the piece of a number; called from several threads at once.
public func parallelFor(_ count: Int, threads: Int, _ body: @escaping @Sendable (Int) -> Void) {
  precondition(count >= 0, "a number of pieces is not negative")
  precondition(threads >= 1, "work needs at least one thread")
  let piece: @Sendable (Int) -> Bool = { index in
    body(index)
    return true
  }
  SharedWork(count: count, piece: piece).run(threads: min(threads, count))
}

/// A counter of pieces that threads take from. Plain threads, because the interface is synchronous: a caller
/// without an executor, such as a test or a command, may block here, a task of Swift's pool may not.
private final class SharedWork: Sendable {
  private let count: Int
  private let piece: @Sendable (Int) -> Bool
  private let next = Atomic(0)
  private let hasFailed = Atomic(false)

  init(count: Int, piece: @escaping @Sendable (Int) -> Bool) {
    self.count = count
    self.piece = piece
  }

  func run(threads: Int) {
    var helpers: [pthread_t] = []
    for _ in 0..<max(threads - 1, 0) {
      var helper = pthread_t()
      let reference = Unmanaged.passRetained(self)
      let status = pthread_create(
        &helper, nil,
        { reference in
          if let reference { Unmanaged<SharedWork>.fromOpaque(reference).takeRetainedValue().takePieces() }
          return nil
        }, reference.toOpaque())
      // Without a further thread the ones there are do the work.
      if status == 0 { helpers.append(helper) } else { reference.release() }
    }
    takePieces()
    for helper in helpers { pthread_join(helper, nil) }
  }

  private func takePieces() {
    while !hasFailed.load(ordering: .relaxed) {
      let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
      guard index < count else { return }
      if !piece(index) { hasFailed.store(true, ordering: .relaxed) }
    }
  }
}
