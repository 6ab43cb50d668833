// Small files that ask for much memory, for other files, or for a deep stack: refused before they get it.

import ArrayFiles
import Foundation
import Testing

@Suite("Allocation bombs")
struct BombTests {
  @Test(
    "headers of .npy that announce more than the file holds", arguments: ["1099511627776", "4294967296, 4294967296"])
  func npy(shape: String) {
    let error = Fixture.refusal(
      Fixture.npy(
        "{'descr': '<f8', 'fortran_order': False, 'shape': (\(shape),), }", data: [UInt8](repeating: 0, count: 64)))
    #expect(error != nil)
  }

  @Test("headers of .safetensors that announce more than the file holds")
  func safetensors() {
    for count in [UInt64(1) << 40, .max, 100_000_001] {
      let header = (0..<8).map { UInt8(truncatingIfNeeded: count >> UInt64(8 * $0)) }
      #expect(throws: ArrayFileError.self) { try ArrayArchive(safetensors: header + Array("{}".utf8), file: "f") }
    }
    let text = #"{"a":{"dtype":"F64","shape":[1099511627776],"data_offsets":[0,8796093022208]}}"#
    let header = [UInt8(text.utf8.count), 0, 0, 0, 0, 0, 0, 0]
    #expect(throws: ArrayFileError.self) { try ArrayArchive(safetensors: header + Array(text.utf8), file: "f") }
  }

  @Test("archives and streams that unfold beyond the limit")
  func compressed() throws {
    var archive = ArrayArchive()
    archive["zeros"] = NumericArray(shape: [1 << 20], [Double](repeating: 0, count: 1 << 20))
    let bomb = try archive.npz()
    #expect(bomb.count < 1 << 16)
    #expect(throws: ArrayFileError.tooLarge(file: "f[zeros.npy]", limit: 1 << 20)) {
      try ArrayArchive(npz: bomb, file: "f", maximumBytes: 1 << 20)
    }
    // The size is checked as it grows.
    #expect(try XZFile.decompress(Fixture.xzOfZeros, file: "f") == [UInt8](repeating: 0, count: 1 << 16))
    #expect(throws: ArrayFileError.tooLarge(file: "f", limit: 65_535)) {
      try XZFile.decompress(Fixture.xzOfZeros, file: "f", maximumBytes: 65_535)
    }
  }

  @Test("JSON is refused at the first bracket that opens a level too many, and brackets in texts do not count")
  func nesting() throws {
    for open in ["[", "{\"a\":"] {
      #expect(throws: ArrayFileError.self) {
        try JSONNesting.requireShallow(Array(String(repeating: open, count: 513).utf8), file: "f")
      }
    }
    let deepest = String(repeating: "[", count: JSONNesting.limit) + String(repeating: "]", count: JSONNesting.limit)
    try JSONNesting.requireShallow(Array("[\(deepest)]".dropFirst().dropLast().utf8), file: "f")
    #expect(
      throws: ArrayFileError.badBytes(
        file: "f", offset: 64, found: "level 65 of brackets", expected: "at most 64 levels")
    ) { try JSONNesting.requireShallow(Array("[\(deepest)]".utf8), file: "f") }
    try JSONNesting.requireShallow(Array("\"\(String(repeating: "[\\\"", count: 500))\"".utf8), file: "f")
  }

  @Test("a line of a million characters is refused with a short message")
  func longLine() {
    for text in [String(repeating: "9", count: 1_000_000), String(repeating: "x", count: 1_000_000)] {
      let error = #expect(throws: ArrayFileError.self) { try IntegerCSV.parse(Array(text.utf8), file: "f") }
      #expect((error?.description.utf8.count ?? .max) < 500)
    }
  }
}
