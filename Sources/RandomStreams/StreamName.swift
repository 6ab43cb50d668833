// A stream's name: what makes two random sequences of one seed different, and the same sequence the
// same on every platform and in every run.

/// The name of a random stream, a path such as "claim/check/purpose".
///
/// Use a name for one purpose: two simulations under one name and seed share their numbers.
///
/// key = mix(mix(FNV-1a(UTF-8 of the path)) xor mix(seed + 0x9E3779B97F4A7C15)), where FNV-1a is the 64-bit
/// hash and mix is the finaliser of splitmix64. The formula is fixed: the same seed and name give the same
/// digits always. For one name, different seeds never give the same key, since mix is one to one; for one
/// seed, n names collide with probability about n²/2⁶⁵.
///
/// Equal means equal bytes of UTF-8, as the hash sees them, not Unicode equivalence.
///
/// - Source: Fowler, Noll, Vo (FNV-1a); Steele, Lea, Flood 2014 (splitmix64).
public struct StreamName: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
  /// The components joined with "/".
  public let path: String

  /// The stream whose path is these components joined with "/".
  public init(_ components: String...) {
    path = components.joined(separator: "/")
  }

  public init(stringLiteral path: String) {
    self.path = path
  }

  /// The stream below this one: "a/b" appending "c" is "a/b/c".
  public func appending(_ component: String) -> StreamName {
    StreamName(path, component)
  }

  /// The stream of a numbered repetition below this one: "a/b" appending 3 is "a/b/3".
  public func appending(_ index: Int) -> StreamName {
    StreamName(path, String(index))
  }

  /// The 64-bit key of this stream under a seed.
  public func key(seed: UInt64) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in path.utf8 {
      hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
    }
    return Self.mix(Self.mix(hash) ^ Self.mix(seed &+ 0x9E37_79B9_7F4A_7C15))
  }

  public var description: String { path }

  public static func == (left: StreamName, right: StreamName) -> Bool {
    left.path.utf8.elementsEqual(right.path.utf8)
  }

  public func hash(into hasher: inout Hasher) {
    for byte in path.utf8 { hasher.combine(byte) }
  }

  private static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
