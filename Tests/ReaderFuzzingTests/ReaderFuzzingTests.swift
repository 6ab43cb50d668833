// A short run of the fuzzer over every reader of the libraries; `lipdyn fuzz` does the same for as long as one likes.

import ReaderFuzzing
import Testing

@Suite struct ReaderFuzzingTests {
  static let readers = FuzzedReader.arrays + FuzzedReader.images + FuzzedReader.documents

  @Test("every input ends in a value or a refusal", arguments: readers.map(\.name))
  func shortRun(name: String) throws {
    let reader = try #require(Self.readers.first { $0.name == name })
    let tally = try FuzzRun(reader, seed: 1).run(0..<1500)
    // A fuzzer that never gets past the first check, or never hits one, tests nothing.
    #expect(tally.values > 20 && tally.refusals > 20, "\(tally)")
  }

  @Test("the same seed makes the same inputs, another seed others")
  func seeds() {
    for reader in Self.readers {
      let inputs = (0..<50).map { reader.input($0, seed: 7) }
      #expect(inputs == (0..<50).map { reader.input($0, seed: 7) })
      #expect(inputs != (0..<50).map { reader.input($0, seed: 8) })
    }
  }

  @Test("a reader that returns half a result is found, with the number of its input")
  func planted() {
    let reader = FuzzedReader("planted", corpus: [[1, 2, 3]]) { bytes in
      try FuzzedReader.HalfResult.require(bytes.first != 0, "a planted fault")
      return .value
    }
    let finding = #expect(throws: FuzzRun.Finding.self) { try FuzzRun(reader, seed: 1).run(0..<100_000) }
    #expect(finding.map { reader.input($0.index, seed: 1).first } == 0)
  }
}
