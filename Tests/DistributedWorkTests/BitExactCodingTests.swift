// Values survive as bytes, and damaged bytes are errors.

import DistributedWork
import Testing

@Suite("Bit-exact coding")
struct BitExactCodingTests {
  private enum Shape: Codable, Equatable {
    case point
    case circle(radius: Double)
    case path([Double], String?)
  }

  private struct Everything: Codable, Equatable {
    var flag = true
    var small: Int8 = -7
    var large = UInt64.max
    var negative = Int.min
    var single: Float = -0.1
    var text = "η = ½ “ ”"
    var missing: Int?
    var there: Double? = 2.5
    var bytes: [UInt8] = [0, 255]
    var none: [Int] = []
    var range = 3..<9
    var names = ["a": [1.5], "b": []]
    var shapes: [Shape] = [.point, .circle(radius: -.infinity), .path([1, 2], nil), .path([], "x")]
    var nested: [[String: Int?]] = [["x": nil], ["y": 4]]
  }

  @Test("everything a Codable type may hold")
  func everything() throws {
    let value = Everything()
    #expect(try BitExactCoding.decode(Everything.self, from: BitExactCoding.encode(value)) == value)
    #expect(try BitExactCoding.decode(Int?.self, from: BitExactCoding.encode(Int?.none)) == nil)
    #expect(try BitExactCoding.decode([Double?].self, from: BitExactCoding.encode([1, nil] as [Double?])) == [1, nil])
  }

  @Test("every bit of a number, alone, in an array, in an array of arrays, in a field")
  func bits() throws {
    let patterns: [UInt64] = [0, 1 << 63, 0xFFF8_0000_0000_0001, 0x7FF4_0000_0000_0002, 0x7FF0 << 48, 1]
    let values = patterns.map(Double.init(bitPattern:))
    for (value, pattern) in zip(values, patterns) {
      #expect(try BitExactCoding.decode(Double.self, from: BitExactCoding.encode(value)).bitPattern == pattern)
      let field = try BitExactCoding.decode([String: Double].self, from: BitExactCoding.encode(["x": value]))
      #expect(field["x"]?.bitPattern == pattern)
    }
    #expect(try BitExactCoding.decode([Double].self, from: BitExactCoding.encode(values)).map(\.bitPattern) == patterns)
    let rows = try BitExactCoding.decode([[Double]].self, from: BitExactCoding.encode([values, [], values]))
    #expect(rows.map { $0.map(\.bitPattern) } == [patterns, [], patterns])
  }

  @Test("cut or changed bytes are an error or another value, never a trap")
  func damage() throws {
    let whole = try BitExactCoding.encode(Everything())
    for count in 0..<whole.count {
      #expect(throws: (any Error).self) { try BitExactCoding.decode(Everything.self, from: Array(whole[..<count])) }
    }
    for index in whole.indices {
      for bit in 0..<8 {
        var bytes = whole
        bytes[index] ^= 1 << bit
        _ = try? BitExactCoding.decode(Everything.self, from: bytes)
      }
    }
    #expect(throws: (any Error).self) {
      try BitExactCoding.decode([Double].self, from: BitExactCoding.encode("text"))
    }
    #expect(throws: (any Error).self) { try BitExactCoding.decode(String.self, from: BitExactCoding.encode(1.5)) }
  }
}
