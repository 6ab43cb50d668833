// Numbered pieces of work shared out to the threads of one process, or to those of several that run the same program.

internal import Glibc
internal import Synchronization

/// Who does the pieces of a piece of work.
///
/// Every rank runs the same program on the same input and comes to the same calls of ``map(_:threads:_:)`` in the same
/// order; each takes pieces from rank 0's counter as it gets free, and every rank receives all values. What a piece
/// makes may depend on its number only, so no bit depends on the number of ranks.
public final class WorkSharing: Sendable {
  /// One process.
  public static let alone = WorkSharing(transport: nil)

  private let transport: (any MessageTransport)?
  private let maps = Atomic(0)
  /// Ranks that have ended, with what went wrong there.
  private let ended = Locked([Int: String?]())

  /// The ranks of a transport.
  public convenience init(over transport: some MessageTransport) { self.init(transport: transport) }

  private init(transport: (any MessageTransport)?) { self.transport = transport }

  public var size: Int { transport?.size ?? 1 }
  /// Whether this process prints and writes: the one with rank 0.
  public var isRoot: Bool { transport.map { $0.rank == 0 } ?? true }

  /// Calls a function for 0 ..< count on the threads of all ranks, and gives every rank the results in order.
  ///
  /// In one process this is ``parallelMap(_:threads:_:)``.
  ///
  /// - Parameters:
  ///   - count: the number of pieces, the same on all ranks.
  ///   - threads: how many threads of each rank at most.
  ///   - body: makes the piece of a number; called from several threads at once.
  /// - Returns: shape [count].
  /// - Throws: on every rank, the error of the lowest failing number; that of another rank as a ``RankFailure``.
  public func map<Value: Codable & Sendable>(
    _ count: Int, threads: Int, _ body: @escaping @Sendable (Int) throws -> Value
  ) throws -> [Value] {
    guard let transport, transport.size > 1 else { return try parallelMap(count, threads: threads, body) }
    return try share(count, threads: threads, over: transport, isRootAlone: false, body)
  }

  /// Calls a function on rank 0 while the others wait, and gives its value to all.
  ///
  /// - Throws: what the function throws; on other ranks as a ``RankFailure``.
  public func once<Value: Codable & Sendable>(_ body: @escaping @Sendable () throws -> Value) throws -> Value {
    guard let transport, transport.size > 1 else { return try body() }
    return try share(1, threads: 1, over: transport, isRootAlone: true) { _ in try body() }[0]
  }

  /// Ends a rank's part: every rank calls this last, also after an error, and exits with the status returned.
  ///
  /// - Parameters:
  ///   - status: how the rank's program ended.
  ///   - message: what went wrong, if something did.
  /// - Returns: the status of rank 0, and what went wrong on another rank without rank 0's knowing.
  public func end(status: Int32, message: String? = nil) -> (status: Int32, message: String?) {
    guard let transport else { return (status, nil) }
    defer { transport.end() }
    guard transport.size > 1 else { return (status, nil) }
    guard isRoot else {
      transport.send(Request(map: 0, failure: status == 0 ? nil : message ?? "status \(status)"))
      while true {
        if case .ended(let status) = transport.awaitReply(thread: 0) { return (status, nil) }
      }
    }
    while ended.withLock({ $0.count }) < transport.size - 1 {
      guard let (request, rank) = transport.nextRequest() else {
        waitABit()
        continue
      }
      if request.map == 0 {
        ended.withLock { $0[rank] = .some(request.failure) }
      } else {
        transport.send(.failed("rank 0 has ended"), to: rank, thread: request.thread)
      }
    }
    let unknown =
      status != 0
      ? nil
      : ended.withLock { ends in
        ends.sorted { $0.key < $1.key }.lazy.compactMap { rank, failure in failure.map { "rank \(rank): \($0)" } }.first
      }
    let final = unknown == nil ? status : 1
    for rank in 1..<transport.size { transport.send(.ended(final), to: rank, thread: 0) }
    return (final, unknown)
  }

  private func share<Value: Codable & Sendable>(
    _ count: Int, threads: Int, over transport: any MessageTransport, isRootAlone: Bool,
    _ body: @escaping @Sendable (Int) throws -> Value
  ) throws -> [Value] {
    precondition(count >= 0, "a number of pieces is not negative")
    precondition(threads >= 1, "work needs at least one thread")
    guard count > 0 else { return [] }
    let map = maps.add(1, ordering: .relaxed).newValue
    let threads = min(threads, count)
    guard isRoot else {
      let worker = Worker(map: map, count: count, transport: transport, body: body)
      parallelFor(threads, threads: threads) { worker.work(thread: $0) }
      if let failure = worker.failure { throw failure }
      let pieces = try BitExactCoding.decode([[UInt8]].self, from: transport.broadcast([]))
      return try pieces.map { try BitExactCoding.decode(Value.self, from: $0) }
    }
    let counter = PieceCounter(count, isRootAlone: isRootAlone)
    let server = Server(map: map, counter: counter, threads: threads, transport: transport)
    let gone = ended.withLock { $0 }
    // One thread more: it serves the others, and sleeps nearly always.
    let departed = Locked([Int: String?]())
    parallelFor(threads + 1, threads: threads + 1) { thread in
      if thread == 0 {
        let found = server.serve(gone)
        departed.withLock { $0 = found }
      } else {
        counter.work(body)
      }
    }
    ended.withLock { ends in ends.merge(departed.withLock { $0 }) { first, _ in first } }
    if let failure = counter.failure {
      server.release(.failed("\(failure)"))
      throw failure
    }
    let pieces = counter.pieces
    server.release(.done)
    _ = transport.broadcast(try BitExactCoding.encode(pieces))
    return try pieces.map { try BitExactCoding.decode(Value.self, from: $0) }
  }
}

/// Something went wrong on another rank.
public struct RankFailure: Error, CustomStringConvertible {
  public let description: String
}

// MARK: Messages

/// What a thread of another rank says to rank 0: what it has done, and that it is free.
private struct Request: Codable {
  struct Piece: Codable {
    let index: Int
    let value: [UInt8]
    let failure: String?
  }

  /// The number of the call of `map`, from 1; 0 if the rank ends.
  var map: Int
  /// Of pieces, which must be rank 0's.
  var count = 0
  var thread = 0
  /// How many pieces it would take at once.
  var wanted = 1
  var done: [Piece] = []
  /// Of a rank that ends.
  var failure: String?
}

private enum Reply: Codable {
  /// Do these.
  case pieces(Range<Int>)
  /// All are done; the values follow.
  case done
  case failed(String)
  /// The run is over, with this status.
  case ended(Int32)
}

extension MessageTransport {
  fileprivate func send(_ request: Request) {
    // Messages consist of numbers, texts and bytes: they cannot fail to be written.
    if let bytes = try? BitExactCoding.encode(request) { send(bytes, to: 0, tag: 0) }
  }

  fileprivate func send(_ reply: Reply, to rank: Int, thread: Int) {
    if let bytes = try? BitExactCoding.encode(reply) { send(bytes, to: rank, tag: 1 + thread) }
  }

  fileprivate func nextRequest() -> (Request, rank: Int)? {
    guard let message = receive(from: nil, tag: 0) else { return nil }
    let request = (try? BitExactCoding.decode(Request.self, from: message.bytes))
    return (request ?? Request(map: 0, failure: "it sent a damaged message"), message.sender)
  }

  fileprivate func awaitReply(thread: Int) -> Reply {
    while true {
      if let message = receive(from: 0, tag: 1 + thread) {
        return (try? BitExactCoding.decode(Reply.self, from: message.bytes)) ?? .failed("rank 0 sent a damaged message")
      }
      waitABit()
    }
  }
}

/// Long enough that waiting costs a tenth of a core and not a whole one, short beside a piece of work.
private func waitABit() { usleep(100) }

// MARK: Rank 0

/// The pieces of one call, who has which, and what became of them.
private final class PieceCounter: Sendable {
  private struct State {
    var next = 0
    /// Begun and not ended, anywhere.
    var open = 0
    var pieces: [[UInt8]?]
    var failure: (index: Int, error: any Error)?
  }

  let total: Int
  private let isRootAlone: Bool
  private let state: Locked<State>

  init(_ count: Int, isRootAlone: Bool) {
    (total, self.isRootAlone) = (count, isRootAlone)
    state = Locked(State(pieces: [[UInt8]?](repeating: nil, count: count)))
  }

  /// Values in order.
  var pieces: [[UInt8]] { state.withLock { $0.pieces.compactMap { $0 } } }
  var failure: (any Error)? { state.withLock { $0.failure?.error } }
  var isFinished: Bool { state.withLock { $0.open == 0 && ($0.next == total || $0.failure != nil) } }

  /// The next pieces, none if there are none left or one has failed.
  ///
  /// - Parameter rivals: how many threads share what is left: none takes more than half of its share at once.
  func take(_ wanted: Int, rivals: Int, forRoot: Bool) -> Range<Int> {
    state.withLock { state in
      guard state.failure == nil, forRoot || !isRootAlone else { return 0..<0 }
      let left = total - state.next
      let taken = min(left, max(1, min(wanted, left / (2 * rivals))))
      defer {
        state.next += taken
        state.open += taken
      }
      return state.next..<state.next + taken
    }
  }

  func finish(_ index: Int, _ result: Result<[UInt8], any Error>) {
    state.withLock { state in
      state.open -= 1
      switch result {
      case .success(let bytes): state.pieces[index] = bytes
      // The lowest number's error, as in one process; pieces below it were begun, and are waited for.
      case .failure(let error): if index < state.failure?.index ?? .max { state.failure = (index, error) }
      }
    }
  }

  /// A failure that belongs to no piece, and yields to one that does.
  func fail(_ error: any Error) {
    state.withLock { if $0.failure == nil { $0.failure = (.max, error) } }
  }

  func work<Value: Encodable>(_ body: (Int) throws -> Value) {
    while let index = take(1, rivals: 1, forRoot: true).first {
      finish(index, Result { try BitExactCoding.encode(try body(index)) })
    }
  }
}

/// Gives pieces to the other ranks until all are done.
private final class Server: Sendable {
  private let map: Int
  private let counter: PieceCounter
  private let threads: Int
  private let transport: any MessageTransport
  /// Threads that wait for the end.
  private let waiting = Locked([(rank: Int, thread: Int)]())

  init(map: Int, counter: PieceCounter, threads: Int, transport: any MessageTransport) {
    (self.map, self.counter, self.threads, self.transport) = (map, counter, threads, transport)
  }

  /// - Parameter gone: ranks that ended before.
  /// - Returns: these, and those that ended meanwhile.
  func serve(_ gone: [Int: String?]) -> [Int: String?] {
    var gone = gone
    if let (rank, failure) = gone.first { depart(rank, failure) }
    while !counter.isFinished || waiting.withLock({ $0.count }) < threads * (transport.size - 1 - gone.count) {
      guard let (request, rank) = transport.nextRequest() else {
        waitABit()
        continue
      }
      guard request.map != 0 else {
        gone[rank] = .some(request.failure)
        depart(rank, request.failure)
        continue
      }
      for piece in request.done {
        counter.finish(
          piece.index,
          piece.failure.map { .failure(RankFailure(description: "rank \(rank): \($0)")) } ?? .success(piece.value))
      }
      if request.map != map || request.count != counter.total {
        counter.fail(
          RankFailure(description: "rank \(rank) has other work than rank 0: give all ranks the same program and input")
        )
      }
      let pieces = counter.take(request.wanted, rivals: threads * transport.size, forRoot: false)
      if pieces.isEmpty {
        waiting.withLock { $0.append((rank, request.thread)) }
      } else {
        transport.send(.pieces(pieces), to: rank, thread: request.thread)
      }
    }
    return gone
  }

  func release(_ reply: Reply) {
    for (rank, thread) in waiting.withLock({ $0 }) { transport.send(reply, to: rank, thread: thread) }
  }

  private func depart(_ rank: Int, _ failure: String?) {
    counter.fail(RankFailure(description: "rank \(rank): \(failure ?? "it has ended before the others")"))
  }
}

// MARK: Other ranks

/// Takes pieces from rank 0, each thread for itself.
private final class Worker<Value: Encodable>: Sendable {
  private let map: Int
  private let count: Int
  private let transport: any MessageTransport
  private let body: @Sendable (Int) throws -> Value
  private let failed = Locked<RankFailure?>(nil)

  init(map: Int, count: Int, transport: any MessageTransport, body: @escaping @Sendable (Int) throws -> Value) {
    (self.map, self.count, self.transport, self.body) = (map, count, transport, body)
  }

  var failure: RankFailure? { failed.withLock { $0 } }

  func work(thread: Int) {
    var request = Request(map: map, count: count, thread: thread)
    while true {
      transport.send(request)
      switch transport.awaitReply(thread: thread) {
      case .pieces(let range): (request.done, request.wanted) = perform(range)
      case .done: return
      case .failed(let text): return failed.withLock { $0 = RankFailure(description: text) }
      case .ended(let status): return failed.withLock { $0 = RankFailure(description: "rank 0 ended with \(status)") }
      }
    }
  }

  /// Asks for some 20 ms of work next, so that messages cost little beside it and the end is nearly even.
  private func perform(_ range: Range<Int>) -> (done: [Request.Piece], wanted: Int) {
    let start = ContinuousClock.now
    var done: [Request.Piece] = []
    for index in range {
      do {
        done.append(.init(index: index, value: try BitExactCoding.encode(try body(index)), failure: nil))
      } catch { done.append(.init(index: index, value: [], failure: "\(error)")) }
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1) / Double(range.count)
    return (done, max(1, min(256, Int(0.02 / max(seconds, 1e-6)))))
  }
}
