// What the sharing of work needs of whatever carries messages between processes.

/// Numbered processes, the ranks, that can send each other bytes.
///
/// Messages of one sender and tag come in the order in which they were sent. Any thread may call, and no call but
/// ``broadcast(_:)`` waits for another rank to do something, apart from taking a message that is too long to be kept.
public protocol MessageTransport: Sendable {
  /// This process: 0 ..< size. Rank 0 gives out the work, and prints.
  var rank: Int { get }
  var size: Int { get }

  func send(_ bytes: [UInt8], to rank: Int, tag: Int)

  /// The next message with this tag, of one rank or of any; nil if none is there now.
  func receive(from sender: Int?, tag: Int) -> (bytes: [UInt8], sender: Int)?

  /// Gives all ranks the bytes of rank 0; every rank calls it.
  func broadcast(_ bytes: [UInt8]) -> [UInt8]

  /// Nothing is sent after that.
  func end()
}
