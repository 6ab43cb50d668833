// The .npz and .gz formats: files of other programs, round trips, limits, and damage.

import ArrayFiles
import DenseLinearAlgebra
import Testing

@Suite struct NPZTests {
  @Test func readsFilesOfNumPy() throws {
    let archive = try ArrayArchive(npz: Fixture.stored, file: "f.npz")
    #expect(archive.names == ["0.weight", "0.bias"])
    #expect(try archive.array(named: "0.weight").matrix() == Matrix<Double>([[0, 1, 2], [3, 4, 5]]))
    #expect(try archive.array(named: "0.bias").integers() == [1, 0])
    #expect(archive["0.weight"]?.origin == "f.npz[0.weight.npy]")
    let zeros = try ArrayArchive(npz: Fixture.deflated, file: "f.npz")
    #expect(zeros["a"] == NumericArray(shape: [4, 5, 6], [Double](repeating: 0, count: 120)))
  }

  @Test(arguments: [true, false]) func writesWhatItReads(compressed: Bool) throws {
    var archive = ArrayArchive()
    #expect(try ArrayArchive(npz: archive.npz(compressed: compressed), file: "f") == archive)
    archive["größe"] = NumericArray(shape: [], [4.0])
    archive["order"] = NumericArray(shape: [2, 3], [0, 1, 2, 3, 4, 5])
    archive["gone"] = NumericArray(shape: [0], [Double]())
    archive["gone"] = nil
    let bytes = try archive.npz(compressed: compressed)
    #expect(try ArrayArchive(npz: bytes, file: "f") == archive)
    #expect(try archive.npz(compressed: compressed) == bytes, "equal archives give equal bytes")
  }

  @Test func missingMembersAreNamedWithWhatIsThere() throws {
    let archive = try ArrayArchive(npz: Fixture.stored, file: "f.npz")
    #expect(
      throws: ArrayFileError.missingMember(file: "f.npz", name: "1.bias", available: ["0.weight", "0.bias"])
    ) { try archive.array(named: "1.bias") }
  }

  @Test func checkSumsAreVerified() throws {
    var bytes = Fixture.stored
    bytes[200] ^= 1  // inside the data of the first member
    let error = #expect(throws: ArrayFileError.self) { try ArrayArchive(npz: bytes, file: "f.npz") }
    #expect(error?.description.contains("CRC") == true, "\(String(describing: error))")
  }

  @Test func archivesThatUnfoldBeyondTheLimitAreRefused() throws {
    var archive = ArrayArchive()
    archive["zeros"] = NumericArray(shape: [1 << 20], [Double](repeating: 0, count: 1 << 20))
    let bytes = try archive.npz()
    #expect(bytes.count < 20_000)
    #expect(throws: ArrayFileError.tooLarge(file: "f[zeros.npy]", limit: 1 << 20)) {
      try ArrayArchive(npz: bytes, file: "f", maximumBytes: 1 << 20)
    }
  }

  @Test func damagedArchivesAreRefusedOrRead() {
    var corruption = Corruption(state: 2)
    var (read, refused) = (0, 0)
    for _ in 0..<4000 {
      for original in [Fixture.stored, Fixture.deflated] {
        do {
          _ = try ArrayArchive(npz: corruption.damage(original), file: "f", maximumBytes: 1 << 24)
          read += 1
        } catch { refused += 1 }
      }
    }
    #expect(read > 10 && refused > 100, "\(read) read and \(refused) refused")
  }

  @Test func gzipIsReadWithItsLimits() throws {
    let text = Array("0,16,3\n1,2,255\n".utf8)
    #expect(try GzipFile.decompress(Fixture.gzip, file: "f") == text)
    #expect(try GzipFile.decompress(Fixture.gzip + Fixture.gzip, file: "f") == text + text)
    #expect(throws: ArrayFileError.tooLarge(file: "f", limit: 14)) {
      try GzipFile.decompress(Fixture.gzip, file: "f", maximumBytes: 14)
    }
    for length in 0..<Fixture.gzip.count {
      #expect(throws: ArrayFileError.self) { try GzipFile.decompress(Array(Fixture.gzip[..<length]), file: "f") }
    }
    var corruption = Corruption(state: 3)
    for _ in 0..<4000 { _ = try? GzipFile.decompress(corruption.damage(Fixture.gzip), file: "f") }
  }
}
