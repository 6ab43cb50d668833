// The .xz and .tar.gz formats: files of other programs, limits, and damage.

import ArrayFiles
import Testing

@Suite struct ArchiveTests {
  /// The text "0,16,3\n1,2,255\n" through xz 5.4.1.
  static let xz = Fixture.bytes(
    "/Td6WFoAAATm1rRGAgAhARYAAAB0L+WjAQAOMCwxNiwzCjEsMiwyNTUKAACFRqrEoqiSKAABJw/fGvxqH7bzfQEAAAAABFla")
  /// GNU tar and gzip: f/a.bin "abc", f/empty.bin, f/link.bin (a symbolic link to a.bin), f/other "no".
  static let tarball = Fixture.bytes(
    "H4sIAAAAAAACA+3VQQ6CMBSE4R6lJ7At0L7zgIFI1GIQF95ewrIh6qaYyP9tXveT6XRGZWdn4v1yZ+ldeQdXFkp7tYHHfapHrdVOdaY+NH3Mnn+o"
      + "qjf5l0n+YkuvtCX/7OrmqLBfnWmvt+mZ9Q/43P/0LeIt/d8m/0sfz3knYNl/ke/zd7aSOf8i/zSRvxmmUzv+eP+LtP8uBPq/hTiwgQAAAAAAAAAA"
      + "AMC/eAHB2CYuACgAAA==")
  static let text = Array("0,16,3\n1,2,255\n".utf8)

  @Test func xzIsReadWithItsLimits() throws {
    #expect(try XZFile.decompress(Self.xz, file: "f") == Self.text)
    #expect(try XZFile.decompress(Self.xz + Self.xz, file: "f") == Self.text + Self.text)
    #expect(throws: ArrayFileError.tooLarge(file: "f", limit: 14)) {
      try XZFile.decompress(Self.xz, file: "f", maximumBytes: 14)
    }
    let error = #expect(throws: ArrayFileError.self) { try XZFile.decompress(Fixture.gzip, file: "f") }
    #expect(error?.description.contains("fd 37 7a 58 5a 0 of xz") == true)
  }

  @Test func damagedXZIsRefused() {
    for length in 0..<Self.xz.count {
      #expect(throws: ArrayFileError.self, "cut to \(length)") {
        try XZFile.decompress(Array(Self.xz[..<length]), file: "f")
      }
    }
    // Every bit of the data and of its check sum counts.
    for position in 24..<48 {
      var bytes = Self.xz
      bytes[position] ^= 1
      #expect((try? XZFile.decompress(bytes, file: "f")) != Self.text, "byte \(position)")
    }
    var corruption = Corruption(state: 4)
    for _ in 0..<4000 { _ = try? XZFile.decompress(corruption.damage(Self.xz), file: "f", maximumBytes: 1 << 20) }
  }

  @Test func membersOfATarArchiveAreFoundByName() throws {
    let members = try TarFile.members(["f/a.bin", "f/empty.bin", "f/none"], of: Self.tarball, file: "f.tar.gz")
    #expect(members == ["f/a.bin": Array("abc".utf8), "f/empty.bin": []])
    let plain = try GzipFile.decompress(Self.tarball, file: "f.tar.gz")
    #expect(try TarFile.members(["f/other"], of: plain, file: "f.tar") == ["f/other": Array("no".utf8)])
    #expect(
      throws: ArrayFileError.unexpectedMember(file: "f", name: "f/link.bin", reason: "is no regular file")
    ) { try TarFile.members(["f/link.bin"], of: plain, file: "f") }
    // Two archives in a row, without the end mark of the first.
    let twice = #expect(throws: ArrayFileError.self) {
      try TarFile.members(["f/a.bin"], of: Array(plain[..<3584]) + plain, file: "f")
    }
    #expect(twice?.description.contains("appears twice") == true, "\(String(describing: twice))")
    #expect(throws: ArrayFileError.tooLarge(file: "f", limit: 2)) {
      try TarFile.members(["f/a.bin"], of: plain, file: "f", maximumBytes: 2)
    }
  }

  @Test func damagedTarArchivesAreRefusedOrRead() throws {
    let plain = try GzipFile.decompress(Self.tarball, file: "f")
    #expect(throws: ArrayFileError.self) { try TarFile.members(["f/a.bin"], of: Self.text, file: "f") }
    // The header of f/a.bin ends at 1024 and its data at 1536: a cut between the two takes data away.
    for length in 1024..<1027 {
      #expect(throws: ArrayFileError.self, "cut to \(length)") {
        try TarFile.members(["f/a.bin"], of: Array(plain[..<length]), file: "f")
      }
    }
    var corruption = Corruption(state: 5)
    for _ in 0..<2000 {
      _ = try? TarFile.members(["f/a.bin"], of: corruption.damage(plain), file: "f", maximumBytes: 1 << 20)
      _ = try? TarFile.members(["f/a.bin"], of: corruption.damage(Self.tarball), file: "f", maximumBytes: 1 << 20)
    }
  }
}
