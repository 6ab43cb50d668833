// The .safetensors format against bytes of its reference implementation, and against lies in its header.

import ArrayFiles
import DenseLinearAlgebra
import Testing

@Suite struct SafetensorsTests {
  /// safetensors.numpy.save of Python's safetensors 0.8.0, of the arrays of ``archive`` added in another order.
  static let reference = Fixture.bytes(
    "uAIAAAAAAAB7IlUiOnsiZHR5cGUiOiJVNjQiLCJzaGFwZSI6WzFdLCJkYXRhX29mZnNldHMiOlswLDhdfSwib3JkZXIiOnsiZHR5cGUiOiJJNjQi"
      + "LCJzaGFwZSI6WzEsMl0sImRhdGFfb2Zmc2V0cyI6WzgsMjRdfSwiZ3LDtsOfZSBcIlxcXG5cdTAwMDF/LyI6eyJkdHlwZSI6IkY2NCIsInNoYXBl"
      + "IjpbMl0sImRhdGFfb2Zmc2V0cyI6WzI0LDQwXX0sIjAud2VpZ2h0Ijp7ImR0eXBlIjoiRjMyIiwic2hhcGUiOlsyLDNdLCJkYXRhX29mZnNldHMi"
      + "Ols0MCw2NF19LCJlIjp7ImR0eXBlIjoiRjMyIiwic2hhcGUiOlswLDNdLCJkYXRhX29mZnNldHMiOls2NCw2NF19LCJ3Ijp7ImR0eXBlIjoiVTMy"
      + "Iiwic2hhcGUiOlsxXSwiZGF0YV9vZmZzZXRzIjpbNjQsNjhdfSwiaSI6eyJkdHlwZSI6IkkzMiIsInNoYXBlIjpbXSwiZGF0YV9vZmZzZXRzIjpb"
      + "NjgsNzJdfSwidiI6eyJkdHlwZSI6IlUxNiIsInNoYXBlIjpbMV0sImRhdGFfb2Zmc2V0cyI6WzcyLDc0XX0sImgiOnsiZHR5cGUiOiJJMTYiLCJz"
      + "aGFwZSI6WzJdLCJkYXRhX29mZnNldHMiOls3NCw3OF19LCJ4Ijp7ImR0eXBlIjoiSTgiLCJzaGFwZSI6WzFdLCJkYXRhX29mZnNldHMiOls3OCw3"
      + "OV19LCJ1Ijp7ImR0eXBlIjoiVTgiLCJzaGFwZSI6WzFdLCJkYXRhX29mZnNldHMiOls3OSw4MF19LCJiIjp7ImR0eXBlIjoiQk9PTCIsInNoYXBl"
      + "IjpbMl0sImRhdGFfb2Zmc2V0cyI6WzgwLDgyXX19ICD//////////wEAAAAAAAAA/v////////8AAAAAAAD4PwAAAAAAAADAAAAAAAAAgD8AAABA"
      + "AABAQAAAgEAAAKBABAAAAAcAAAAJAAEAAgD/+gEA")
  /// The same of {"a": float16 [1.5, −0, 65504, 6e-8, ∞]} with the metadata {"format": "np"}.
  static let half = Fixture.bytes(
    "WAAAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJmb3JtYXQiOiJucCJ9LCJhIjp7ImR0eXBlIjoiRjE2Iiwic2hhcGUiOls1XSwiZGF0YV9vZmZzZXRz"
      + "IjpbMCwxMF19fSAgAD4AgP97AQAAfA==")

  @Test func readsFilesOfTheReferenceImplementation() throws {
    let archive = try ArrayArchive(safetensors: Self.reference, file: "f.safetensors")
    let strange = "größe \"\\\n\u{1}\u{7F}/"
    #expect(archive.names == ["U", "order", strange, "0.weight", "e", "w", "i", "v", "h", "x", "u", "b"])
    #expect(try archive.array(named: "0.weight").matrix() == Matrix<Double>([[0, 1, 2], [3, 4, 5]]))
    #expect(archive["0.weight"] == NumericArray(shape: [2, 3], [0, 1, 2, 3, 4, 5] as [Float]))
    #expect(archive[strange] == NumericArray(shape: [2], [1.5, -2]))
    #expect(archive["order"] == NumericArray(shape: [1, 2], [1, -2]))
    #expect(archive["e"] == NumericArray(shape: [0, 3], [Float]()))
    #expect(archive["i"]?.shape == [] && archive["U"]?.doubles == [0x1p64])
    for (name, values) in [
      ("w", [4]), ("i", [7]), ("v", [9]), ("h", [1, 2]), ("x", [-1]), ("u", [250]), ("b", [1, 0]),
    ] {
      #expect(try archive.array(named: name).integers() == values, "\(name)")
    }
    #expect(archive["0.weight"]?.origin == "f.safetensors[0.weight]")
  }

  @Test func writesTheBytesOfTheReferenceImplementation() throws {
    let archive = try ArrayArchive(safetensors: Self.reference, file: "f")
    #expect(try archive.safetensors() == Self.reference)
    var reversed = ArrayArchive()
    for name in archive.names.reversed() { reversed[name] = archive[name] }
    #expect(try reversed.safetensors() == Self.reference, "the order of addition does not count")
    #expect(try ArrayArchive().safetensors() == [8, 0, 0, 0, 0, 0, 0, 0] + Array("{}      ".utf8))
    let marked = try archive.safetensors(metadata: ["format": "pt"])
    #expect(String(decoding: marked[8..<40], as: UTF8.self) == "{\"__metadata__\":{\"format\":\"pt\"},")
    #expect(try ArrayArchive(safetensors: marked, file: "f") == archive)
  }

  @Test func halfPrecisionBecomesSingle() throws {
    let half = try ArrayArchive(safetensors: Self.half, file: "f")
    #expect(half["a"]?.elementType == .float32)
    #expect(half["a"]?.doubles == [1.5, 0, 65504, 0x1p-24, .infinity])
    // 1.5 and −3.140625 as torch.bfloat16 holds them.
    let brain = file(#"{"a":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}"#, [0xC0, 0x3F, 0x49, 0xC0])
    #expect(try ArrayArchive(safetensors: brain, file: "f")["a"]?.doubles == [1.5, -3.140625])
  }

  @Test func filesGoThroughTheDisk() throws {
    let directory = try TemporaryDirectory()
    let archive = try ArrayArchive(safetensors: Self.reference, file: "f")
    try archive.writeSafetensors(to: directory.path + "/w.safetensors")
    #expect(try ArrayArchive(readingSafetensors: directory.path + "/w.safetensors") == archive)
    #expect(directory.entries == ["w.safetensors"])
    var reserved = ArrayArchive()
    reserved["__metadata__"] = NumericArray(shape: [], [1.0])
    #expect(throws: ArrayFileError.self) { try reserved.safetensors() }
  }

  private func file(_ header: String, _ data: [UInt8] = []) -> [UInt8] {
    let length = header.utf8.count
    return [UInt8(length & 0xFF), UInt8(length >> 8), 0, 0, 0, 0, 0, 0] + Array(header.utf8) + data
  }

  private func refusal(_ bytes: [UInt8]) -> String {
    do throws(ArrayFileError) {
      _ = try ArrayArchive(safetensors: bytes, file: "f")
      return "accepted"
    } catch { return error.description }
  }

  @Test func liesAreRefused() {
    let eight = [UInt8](repeating: 0, count: 8)
    func entry(_ name: String, _ shape: String, _ from: Int, _ to: Int, _ type: String = "F32") -> String {
      "\"\(name)\":{\"dtype\":\"\(type)\",\"shape\":\(shape),\"data_offsets\":[\(from),\(to)]}"
    }
    #expect(refusal(file("{\(entry("a", "[2]", 0, 8))}", eight)) == "accepted")
    #expect(refusal(file(" {\(entry("a", "[2]", 0, 8))}", eight)).contains("at byte 8"))
    #expect(
      refusal(file("{ \"a\" :\n{\"shape\":[ 2 ],\"data_offsets\":[0, 8],\"dtype\":\"F32\"} } ", eight)) == "accepted")
    #expect(refusal([1, 2, 3]).contains("header length needs 8 bytes and 3"))
    #expect(refusal([0xFF] + eight.dropFirst() + eight).contains("a header of 255 bytes"))
    #expect(refusal([UInt8](repeating: 0xFF, count: 8) + eight).contains("18446744073709551615"))
    let two = "{\(entry("a", "[1]", 0, 4)),\(entry("b", "[1]", 4, 8))}"
    #expect(refusal(file(two, eight)) == "accepted")
    for (header, words) in [
      ("{\(entry("a", "[2]", 0, 8)),\(entry("a", "[0]", 8, 8))}", "\"a\" again"),
      ("{\(entry("a", "[1]", 0, 4)),\(entry("b", "[2]", 0, 8))}", "data from 4"),
      ("{\(entry("a", "[1]", 0, 4)),\(entry("b", "[1]", 3, 7))}", "data from 4"),
      ("{\(entry("a", "[1]", 0, 4))}", "4 bytes follow"),
      ("{\(entry("a", "[1]", 4, 8))}", "data from 0"),
      ("{\(entry("a", "[2]", 8, 0))}", "data from 0"),
      ("{\(entry("a", "[4]", 0, 16))}", "to at most 8"),
      ("{\(entry("a", "[3]", 0, 8))}", "shape [3] of F32"),
      ("{\(entry("a", "[4294967296,4294967296,0]", 0, 8))}", "shape"),
      ("{\(entry("a", "[4611686018427387904,4]", 0, 8))}", "shape"),
      ("{\(entry("a", "[9223372036854775807,9223372036854775807]", 0, 8))}", "shape"),
      ("{\(entry("a", "[9223372036854775808]", 0, 8))}", "a whole number"),
      ("{\(entry("a", "[-2]", 0, 8))}", "a whole number"), ("{\(entry("a", "[2.0]", 0, 8))}", "expected ]"),
      ("{\(entry("a", "[02]", 0, 8))}", "a whole number"),
      ("{\(entry("a", "[2", 0, 8))}", "a whole number"),
      ("{\(entry("a", "[\(String(repeating: "1,", count: 64))2]", 0, 8))}", "at most 64"),
      ("{\(entry("a", "[8]", 0, 8, "F8_E4M3"))}", "F8_E4M3 is not read"),
      ("{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}", "incomplete"),
      ("{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", "each once"),
      ("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8],\"x\":1}}", "each once"),
      ("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8,9]}}", "at most 2"),
      ("{\"a\":[]}", "expected {"), ("{\"a\"}", "expected :"), ("[]", "header's first byte"),
      ("", "header's first byte"),
      ("{\(entry("a", "[2]", 0, 8))", "expected }"), ("{\(entry("a", "[2]", 0, 8)),}", "expected \""),
      ("{\(entry("a", "[2]", 0, 8))}x", "blanks"), ("{\"\\q\":{}}", "an escape of JSON"),
      ("{\"\\uD800\":{}}", "surrogates"),
      ("{\"a\nb\":{}}", "control character"), ("{\"a", "ends a name"), ("{\"__metadata__\":{\"a\":1}}", "expected \""),
    ] {
      #expect(refusal(file(header, eight)).contains(words), "\(header): \(refusal(file(header, eight)))")
    }
    var invalid = file("{\(entry("a", "[2]", 0, 8))}", eight)
    invalid[10] = 0xFF
    #expect(refusal(invalid).contains("at byte 10") && refusal(invalid).contains("UTF-8"))
  }

  @Test func damagedFilesAreRefusedOrRead() {
    var corruption = Corruption(state: 6)
    var (read, refused) = (0, 0)
    for _ in 0..<4000 {
      for original in [Self.reference, Self.half] {
        do {
          _ = try ArrayArchive(safetensors: corruption.damage(original), file: "f")
          read += 1
        } catch { refused += 1 }
      }
    }
    #expect(read > 10 && refused > 100, "\(read) read and \(refused) refused")
  }
}
