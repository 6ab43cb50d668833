// Files made by NumPy 2.4 and gzip, and the small tools that the tests of this room share.

import ArrayFiles
import Foundation

enum Fixture {
  static func bytes(_ base64: String) -> [UInt8] { [UInt8](Data(base64Encoded: base64)!) }

  /// numpy.arange(6).reshape(2, 3) as big-endian float32 in Fortran order.
  static let bigEndianFortran = bytes(
    "k05VTVBZAQB2AHsnZGVzY3InOiAnPmY0JywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAoMiwgMyksIH0gICAgICAgICAgICAg"
      + "ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAQEAAAD+AAABAgAAAQAAAAECgAAA=")
  /// [1.5, −2] as float64, format version 2.0.
  static let versionTwo = bytes(
    "k05VTVBZAgB0AAAAeydkZXNjcic6ICc8ZjgnLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMiwpLCB9ICAgICAgICAgICAg"
      + "ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAAD4PwAAAAAAAADA")
  /// [[1, −2]] as int16, format version 3.0.
  static let versionThree = bytes(
    "k05VTVBZAwB0AAAAeydkZXNjcic6ICc8aTInLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMSwgMiksIH0gICAgICAgICAg"
      + "ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoBAP7/")
  /// {"0.weight": float32 [2, 3] of 0…5, "0.bias": [True, False]}, stored.
  static let stored = bytes(
    "UEsDBC0AAAAAAAAAIQBP6QAq//////////8MABQAMC53ZWlnaHQubnB5AQAQAJgAAAAAAAAAmAAAAAAAAACTTlVNUFkBAHYAeydkZXNjcic6"
      + "ICc8ZjQnLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMiwgMyksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg"
      + "ICAgICAgICAgICAgICAgICAgICAgICAgICAgCgAAAAAAAIA/AAAAQAAAQEAAAIBAAACgQFBLAwQtAAAAAAAAACEA7hm7Xf//////////CgAU"
      + "ADAuYmlhcy5ucHkBABAAggAAAAAAAACCAAAAAAAAAJNOVU1QWQEAdgB7J2Rlc2NyJzogJ3xiMScsICdmb3J0cmFuX29yZGVyJzogRmFsc2Us"
      + "ICdzaGFwZSc6ICgyLCksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAKAQBQ"
      + "SwECLQMtAAAAAAAAACEAT+kAKpgAAACYAAAADAAAAAAAAAAAAAAAgAEAAAAAMC53ZWlnaHQubnB5UEsBAi0DLQAAAAAAAAAhAO4Zu12CAAAA"
      + "ggAAAAoAAAAAAAAAAAAAAIAB1gAAADAuYmlhcy5ucHlQSwUGAAAAAAIAAgByAAAAlAEAAAAA")
  /// {"a": float64 zeros [4, 5, 6] in Fortran order}, deflated.
  static let deflated = bytes(
    "UEsDBC0AAAAIAAAAIQDNmzXE//////////8FABQAYS5ucHkBABAAQAQAAAAAAABQAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loG6TZqGu"
      + "o6Cell9UUpSYF59flJIKEg8pKk0FChdnJBakArkaJjoKpjoKZpo6CrUKZAIuhlEwCkbBkAUAUEsBAi0DLQAAAAgAAAAhAM2bNcRQAAAAQAQA"
      + "AAUAAAAAAAAAAAAAAIABAAAAAGEubnB5UEsFBgAAAAABAAEAMwAAAIcAAAAAAA==")
  /// The text "0,16,3\n1,2,255\n" through gzip.
  static let gzip = bytes("H4sIAAAAAAACAzPQMTTTMeYy1DHSMTI15QIAaRrtcQ8AAAA=")

  /// 64 KiB of zeros through xz 5.4.1.
  static let xzOfZeros = bytes(
    "/Td6WFoAAAD/EtlBAgAhARYAAAB0L+Wj4P//AExdAABv/f//o7f/Rz5IFXI5YVG4kijmo4YH+e7kHoLTL8U6PAFLsX7JiopNL6MN2X+m44wj"
      + "EVPgWRjFdYrid/i2lH8MasDedElkXJ460QAAAAFggIAEAADydReQqAAK/AIAAAAAAFla")

  /// A version 1.0 file with the given header text and data.
  static func npy(_ header: String, data: [UInt8] = []) -> [UInt8] {
    [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count & 0xFF), UInt8(header.utf8.count >> 8)]
      + Array(header.utf8) + data
  }

  /// What reading `bytes` as .npy is refused with, or nothing.
  static func refusal(_ bytes: [UInt8]) -> ArrayFileError? {
    do {
      _ = try NumericArray(npy: bytes, file: "f.npy")
      return nil
    } catch {
      return error
    }
  }
}

/// A directory that is removed with its contents.
final class TemporaryDirectory {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("array-files-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  var entries: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] }
}

/// SplitMix64: reproducible bits for corrupting files, nothing more.
struct Corruption {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

  /// The bytes with a few of them changed, removed, repeated, or cut off.
  mutating func damage(_ bytes: [UInt8]) -> [UInt8] {
    var out = bytes
    for _ in 0...below(4) where !out.isEmpty {
      let at = below(out.count)
      switch below(6) {
      case 0: out.removeLast(out.count - at)
      case 1: out.remove(at: at)
      case 2: out.insert(out[below(out.count)], at: at)
      case 3: out[at] ^= 1 << UInt8(below(8))
      // Digits and brackets where the header's text is, so that the parser sees plausible lies.
      case 4: out[at] = Array("0123456789'(),:{}[]<>|TFL-".utf8)[below(26)]
      default: out[at] = UInt8(below(256))
      }
    }
    return out
  }
}
