// Inputs that were never meant: good ones damaged in the ways that break readers.

internal import RandomStreams

/// Makes one input; the same stream and seed make the same.
struct Mutator {
  /// Integers at which counters wrap, signs flip and allocations explode, and bits of NaN, infinity and the smallest
  /// number.
  static let patterns: [UInt64] =
    [0, 1, 2, 7, 63, 64, 127, 128, 255, 256, 1000, 65_535, 65_536, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF]
    + [1 << 32, 1 << 40, 1 << 53, 1 << 60, 1 << 61, 1 << 62, (1 << 63) - 1, 1 << 63, .max, .max - 1]
    + [0x7FC0_0000, 0x7F80_0000, 0x7FF8_0000_0000_0000, 0x7FF0_0000_0000_0000, 0xFFF0_0000_0000_0000]
  /// Numbers as text asks for them.
  static let numerals =
    patterns.map(String.init)
    + ["-1", "-9223372036854775808", "18446744073709551616", "1e308", "1e309", "-0.0", "1e-320", "nan", "inf", "0x10"]
    + ["1e999999999", "00", "1.5", "+1", "1e", "", String(repeating: "9", count: 400)]
  /// Inputs longer than this are cut: a mutation may repeat a part often.
  static let longest = 1 << 16

  private let random: RandomGenerator

  init(_ stream: StreamName, seed: UInt64) { random = RandomGenerator(stream: stream, seed: seed) }

  func below(_ n: Int) -> Int { random.uniform(below: n) }
  func chance(_ oneIn: Int) -> Bool { below(oneIn) == 0 }
  func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }
  func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(below(256)) } }

  /// One to eight faults, few more often than many.
  func damage(_ start: [UInt8], among others: [[UInt8]], words: [String]) -> [UInt8] {
    var bytes = start
    repeat { fault(&bytes, others, words) } while !chance(2)
    return bytes.count > Self.longest ? Array(bytes.prefix(Self.longest)) : bytes
  }

  private func fault(_ bytes: inout [UInt8], _ others: [[UInt8]], _ words: [String]) {
    // Headers come first: half of all faults fall into the first 128 bytes.
    let reach = chance(2) ? min(bytes.count, 128) : bytes.count
    let at = below(reach + 1)
    let length = min(below(1 << below(10)) + 1, bytes.count - at)
    switch below(12) {
    case 0, 1: if at < bytes.count { bytes[at] ^= 1 << UInt8(below(8)) }
    case 2: if at < bytes.count { bytes[at] = UInt8(truncatingIfNeeded: pick(Self.patterns)) }
    case 3: bytes.removeSubrange(at...)
    case 4: bytes.removeSubrange(at..<at + length)
    case 5: bytes.insert(contentsOf: self.bytes(min(length, 16)), at: at)
    case 6:
      let part = Array(bytes[at..<at + length])
      let times = min(1 << below(12), Self.longest / max(part.count, 1))
      bytes.insert(contentsOf: repeatElement(part, count: times).joined(), at: at)
    case 7:
      let value = pick(Self.patterns)
      let width = 1 << below(4)
      let isBig = chance(2)
      for k in 0..<width where at + k < bytes.count {
        bytes[at + k] = UInt8(truncatingIfNeeded: value >> UInt64(8 * (isBig ? width - 1 - k : k)))
      }
    case 8: renumber(&bytes, from: at)
    case 9:
      let other = pick(others)
      bytes = Array(bytes[..<at]) + other[below(other.count + 1)...]
    case 10: bytes.insert(contentsOf: (words.isEmpty ? "" : pick(words)).utf8, at: at)
    default:
      // One word for another, which often still means something.
      guard !words.isEmpty else { return }
      let (old, new) = (Array(pick(words).utf8), pick(words).utf8)
      guard let first = old.first,
        let place = (at..<bytes.count).first(where: { bytes[$0] == first && bytes[$0...].starts(with: old) })
      else { return }
      bytes.replaceSubrange(place..<place + old.count, with: new)
    }
  }

  /// Replaces the next number written in digits.
  private func renumber(_ bytes: inout [UInt8], from at: Int) {
    func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    guard let start = bytes[at...].firstIndex(where: isDigit) else { return }
    let end = bytes[start...].firstIndex { !isDigit($0) } ?? bytes.count
    bytes.replaceSubrange(start..<end, with: pick(Self.numerals).utf8)
  }
}
