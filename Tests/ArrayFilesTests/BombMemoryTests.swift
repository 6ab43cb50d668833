// What a bomb takes before it is refused: measured in a process of its own, where nothing else allocates.

import ArrayFiles
import Foundation
import Testing

@Suite("Memory of allocation bombs")
struct BombMemoryTests {
  /// A small file that unfolds to, or announces, at least 64 MiB, where 1 MiB is allowed.
  enum Bomb: String, CaseIterable, Codable, Sendable {
    case npy, npz, safetensors, gzip, xz, tar
    /// Not refused: shows that the measurement sees what is allocated.
    case none

    func bytes() throws -> [UInt8] {
      switch self {
      case .npy:
        return Fixture.npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1048576, 1024), }", data: [0, 0])
      case .npz: return try Self.zeros()
      case .safetensors:
        let header = #"{"a":{"dtype":"F64","shape":[1073741824],"data_offsets":[0,8589934592]}}"#
        return [UInt8(header.utf8.count), 0, 0, 0, 0, 0, 0, 0] + Array(header.utf8)
      case .gzip: return try Self.gzipped()
      case .xz: return [[UInt8]](repeating: Fixture.xzOfZeros, count: 1_024).flatMap { $0 }
      case .tar: return try Self.gzipped()
      case .none: return [0]
      }
    }

    func read(_ bytes: [UInt8]) throws {
      let limit = 1 << 20
      switch self {
      case .npy: _ = try NumericArray(npy: bytes, file: "f")
      case .npz: _ = try ArrayArchive(npz: bytes, file: "f", maximumBytes: limit)
      case .safetensors: _ = try ArrayArchive(safetensors: bytes, file: "f")
      case .gzip: _ = try GzipFile.decompress(bytes, file: "f", maximumBytes: limit)
      case .xz: _ = try XZFile.decompress(bytes, file: "f", maximumBytes: limit)
      case .tar: _ = try TarFile.members(["a"], of: bytes, file: "f", maximumBytes: limit)
      case .none:
        #expect([UInt8](repeating: bytes[0], count: 64 << 20).allSatisfy { $0 == 0 })
        throw ArrayFileError.tooLarge(file: "f", limit: limit)
      }
    }

    /// 64 MiB of zeros as a compressed .npz.
    private static func zeros() throws -> [UInt8] {
      var archive = ArrayArchive()
      archive["a"] = NumericArray(shape: [8 << 20], [Double](repeating: 0, count: 8 << 20))
      return try archive.npz()
    }

    /// The same deflated member with gzip's head and foot, which hold what the archive's directory says.
    private static func gzipped() throws -> [UInt8] {
      let zip = try zeros()
      let entry = zip.count - 22 - 46 - "a.npy".utf8.count
      func number(_ offset: Int, _ bytes: Int) -> Int {
        (0..<bytes).reduce(0) { $0 | Int(zip[offset + $1]) << (8 * $1) }
      }
      try #require(zip[entry..<entry + 4].elementsEqual([0x50, 0x4B, 1, 2]) && number(entry + 30, 2) == 0)
      let start = 30 + number(26, 2) + number(28, 2)
      let (sum, packed) = (entry + 16, number(entry + 20, 4))
      return [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3] + zip[start..<start + packed] + zip[sum..<sum + 4]
        + zip[(entry + 24)..<(entry + 28)]
    }
  }

  @Test("refused within 16 MiB", arguments: Bomb.allCases)
  func peak(bomb: Bomb) async {
    await #expect(processExitsWith: .success) { [bomb] in
      let bytes = try bomb.bytes()
      #expect(bytes.count < 1 << 18)
      let peak = try PeakMemory.growth { #expect(throws: ArrayFileError.self) { try bomb.read(bytes) } }
      #expect((peak < 16 << 20) == (bomb != .none), "\(bomb) took \(peak) bytes")
    }
  }
}

/// How far this process's resident memory grew.
enum PeakMemory {
  static func growth(during body: () throws -> Void) throws -> Int {
    // Forgets the greatest size so far (proc(5)).
    try Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/self/clear_refs"))
    let before = try peak()
    try body()
    return try peak() - before
  }

  private static func peak() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
    return try #require(line.split(separator: " ").compactMap { Int($0) }.first) << 10
  }
}
