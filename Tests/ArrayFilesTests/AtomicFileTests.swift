// Files that appear whole or not at all, and tables of comma-separated values.

import ArrayFiles
import Foundation
import Testing

@Suite struct AtomicFileTests {
  @Test func replacesWholeAndLeavesNothingBeside() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/ledger.csv"
    try AtomicFile.write("first", to: path)
    try AtomicFile.write("second", to: path)
    #expect(try FileBytes.read(path) == Array("second".utf8))
    #expect(directory.entries == ["ledger.csv"])
  }

  @Test func droppedWritersLeaveNothing() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/ledger.csv"
    try AtomicFile.write("kept", to: path)
    do {
      let writer = try AtomicFileWriter(path: path)
      try writer.write(String(repeating: "x", count: 200_000))
      // Without a name where the file system can, else hidden.
      #expect(directory.entries.allSatisfy { $0 == "ledger.csv" || $0.hasPrefix(".") })
    }
    #expect(directory.entries == ["ledger.csv"])
    #expect(try FileBytes.read(path) == Array("kept".utf8))
  }

  @Test func rightsOfAReplacedFileAreKept() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/private"
    try AtomicFile.write("a", to: path)
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    try AtomicFile.write("b", to: path)
    let rights = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber
    #expect(rights?.intValue == 0o600)
  }

  @Test func linksAreFollowed() throws {
    let directory = try TemporaryDirectory()
    try AtomicFile.write("a", to: directory.path + "/real")
    try FileManager.default.createSymbolicLink(
      atPath: directory.path + "/link", withDestinationPath: directory.path + "/real")
    try AtomicFile.write("b", to: directory.path + "/link")
    #expect(try FileBytes.read(directory.path + "/real") == Array("b".utf8))
    #expect(Set(directory.entries) == ["real", "link"])
  }

  @Test func refusalsNameTheirCause() throws {
    let directory = try TemporaryDirectory()
    let missing = directory.path + "/none"
    #expect(throws: ArrayFileError.missing(file: missing)) { try FileBytes.read(missing) }
    #expect(throws: ArrayFileError.isDirectory(file: directory.path)) { try FileBytes.read(directory.path) }
    #expect(throws: ArrayFileError.self) { try FileBytes.read("") }
    #expect(throws: ArrayFileError.self) { try FileBytes.read("a\0b") }
    #expect(throws: ArrayFileError.isDirectory(file: directory.path)) { try AtomicFile.write("", to: directory.path) }
    #expect(throws: ArrayFileError.missing(file: missing + "/")) { try AtomicFile.write("", to: missing + "/x") }
    #expect(throws: ArrayFileError.notRegular(file: "/dev/null")) { try AtomicFile.write("", to: "/dev/null") }
    try AtomicFile.write("12345", to: directory.path + "/five")
    #expect(throws: ArrayFileError.tooLarge(file: directory.path + "/five", limit: 4)) {
      try FileBytes.read(directory.path + "/five", maximumBytes: 4)
    }
    #expect(throws: ArrayFileError.notRegular(file: "/dev/zero")) {
      try FileBytes.read("/dev/zero", maximumBytes: 1 << 20)
    }
    try AtomicFile.write("secret", to: directory.path + "/locked")
    try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: directory.path + "/locked")
    // The superuser may read everything, so there is nothing to see then.
    if geteuid() != 0 {
      #expect(throws: ArrayFileError.permissionDenied(file: directory.path + "/locked", operation: "open for reading"))
      {
        try FileBytes.read(directory.path + "/locked")
      }
    }
  }

  @Test func arraysSurviveTheDisk() throws {
    let directory = try TemporaryDirectory()
    let array = NumericArray(shape: [2, 2], [1, .nan, -0.0, .infinity])
    try array.writeNPY(to: directory.path + "/a.npy")
    let back = try NumericArray(readingNPY: directory.path + "/a.npy")
    #expect(back.doubles.map(\.bitPattern) == array.doubles.map(\.bitPattern))
    var archive = ArrayArchive()
    archive["a"] = NumericArray(shape: [1], [7])
    try archive.writeNPZ(to: directory.path + "/a.npz")
    #expect(try ArrayArchive(readingNPZ: directory.path + "/a.npz") == archive)
  }
}

@Suite struct CSVTests {
  @Test func fieldsAreQuotedWhenTheyMustBe() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/t.csv"
    let writer = try CSVWriter(path: path, columns: ["run", "a,b", "quote\"", "line"])
    try writer.write([1, 0.1, "x\r\ny", .empty])
    #expect(!FileManager.default.fileExists(atPath: path), "nothing appears before commit")
    try writer.commit()
    let expected = "run,\"a,b\",\"quote\"\"\",line\r\n1,0.1,\"x\r\ny\",\r\n"
    #expect(try FileBytes.read(path) == Array(expected.utf8))
  }

  @Test func numbersReadBackToTheSameBits() {
    var bits = Corruption(state: 4)
    for x in [0.1, -0.0, .leastNonzeroMagnitude, .greatestFiniteMagnitude, .ulpOfOne, 1 / 3, .infinity] {
      #expect(Double(CSVField.number(x).encoded)?.bitPattern == x.bitPattern)
    }
    for _ in 0..<10_000 {
      let x = Double(bitPattern: bits.next())
      guard !x.isNaN else { continue }
      #expect(Double(CSVField.number(x).encoded)?.bitPattern == x.bitPattern)
    }
  }

  @Test func integerTablesAreParsedStrictly() throws {
    let table = try IntegerCSV.parse(Array("0,16,3\r\n1,2,255".utf8), file: "t")
    #expect(table == NumericArray(shape: [2, 3], [0, 16, 3, 1, 2, 255]))
    #expect(try IntegerCSV.parse([], file: "t").count == 0)
    for (text, line, column) in [
      ("1,2\n3,x\n", 2, 2), ("1,2\n3\n", 2, 2), ("1,2\n3,4,5\n", 2, 3), ("1,,2\n", 1, 2), ("1,2\n\n3,4\n", 2, 1),
      ("-1\n", 1, 1), ("1.5\n", 1, 1), ("9999999999\n", 1, 1), (" 1\n", 1, 1), ("1,\n", 1, 2),
    ] {
      do throws(ArrayFileError) {
        _ = try IntegerCSV.parse(Array(text.utf8), file: "t")
        Issue.record("\(text.debugDescription) was accepted")
      } catch {
        guard case .badField("t", line, column, _, _) = error else {
          Issue.record("\(text.debugDescription): \(error)")
          continue
        }
      }
    }
    var corruption = Corruption(state: 5)
    for _ in 0..<4000 { _ = try? IntegerCSV.parse(corruption.damage(Array("10,2,3\n4,5,6\n".utf8)), file: "t") }
  }
}
