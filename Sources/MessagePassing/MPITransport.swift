// Messages between the ranks that mpirun or srun started, by MPI.

internal import CMPI
public import DistributedWork
internal import Glibc
internal import Synchronization

/// The ranks of `MPI_COMM_WORLD`.
///
/// One thread at a time talks to MPI (`MPI_THREAD_SERIALIZED`), and none waits inside it for a message: MPI's own waiting
/// spins, and would take a core from the work. An error of MPI's ends all ranks, as its standard handler has it.
public struct MPITransport: MessageTransport {
  public let rank: Int
  public let size: Int
  private let turn = Turn()
  /// A message of MPI has at most 2³¹ − 1 bytes; longer ones go in parts.
  private static let part = 1 << 30

  private final class Turn: Sendable { let lock = Mutex(()) }

  /// Starts MPI, which is done once in a process.
  ///
  /// - Throws: ``MPIError`` if there is no MPI to start, or one that threads may not use in turns.
  public init() throws(MPIError) {
    var (rank, size) = (Int32(0), Int32(1))
    let status = cmpi_start(&rank, &size)
    guard status == 0 else { throw MPIError(status: Int(status)) }
    (self.rank, self.size) = (Int(rank), Int(size))
  }

  public func send(_ bytes: [UInt8], to rank: Int, tag: Int) {
    let message = UInt64(bytes.count).bytes + bytes
    turn.lock.withLock { _ in
      message.withUnsafeBytes { buffer in
        for (start, count) in Self.parts(of: buffer.count) {
          _ = cmpi_send(buffer.baseAddress! + start, count, Int32(rank), Int32(tag))
        }
      }
    }
  }

  public func receive(from sender: Int?, tag: Int) -> (bytes: [UInt8], sender: Int)? {
    turn.lock.withLock { _ -> (bytes: [UInt8], sender: Int)? in
      var (count, source) = (Int32(-1), Int32(0))
      _ = cmpi_probe(sender.map { Int32($0) } ?? -1, Int32(tag), &count, &source)
      guard count >= 8 else { return nil }
      var first = [UInt8](repeating: 0, count: Int(count))
      _ = first.withUnsafeMutableBytes { cmpi_receive($0.baseAddress, count, source, Int32(tag)) }
      let total = first.withUnsafeBytes { Int($0.loadUnaligned(as: UInt64.self)) } + 8
      guard total > first.count else { return (Array(first.dropFirst(8)), Int(source)) }
      var message = first + [UInt8](repeating: 0, count: total - first.count)
      message.withUnsafeMutableBytes { buffer in
        // Parts of one sender come in their order, and their sender's turn lasts until the last.
        for (start, count) in Self.parts(of: total).dropFirst() {
          _ = cmpi_receive(buffer.baseAddress! + start, count, source, Int32(tag))
        }
      }
      return (Array(message.dropFirst(8)), Int(source))
    }
  }

  public func broadcast(_ bytes: [UInt8]) -> [UInt8] {
    turn.lock.withLock { _ in
      var length = UInt64(bytes.count)
      _ = cmpi_broadcast(&length, 8)
      var message = rank == 0 ? bytes : [UInt8](repeating: 0, count: Int(length))
      message.withUnsafeMutableBytes { buffer in
        for (start, count) in Self.parts(of: buffer.count) {
          _ = cmpi_broadcast(buffer.baseAddress! + start, count)
        }
      }
      return message
    }
  }

  public func end() { _ = turn.lock.withLock { _ in MPI_Finalize() } }

  private static func parts(of count: Int) -> [(start: Int, count: Int32)] {
    stride(from: 0, to: count, by: part).map { ($0, Int32(min(part, count - $0))) }
  }
}

/// MPI did not start.
public struct MPIError: Error, CustomStringConvertible {
  let status: Int

  public var description: String {
    "MPI does not start (status \(status)): use the mpirun of the library that the program was built with, or srun --mpi=pmix"
  }
}

extension UInt64 {
  fileprivate var bytes: [UInt8] { withUnsafeBytes(of: self) { Array($0) } }
}
