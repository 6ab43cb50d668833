// Downloads against a server on the loopback interface: whole, broken off, resumed, refused, and never half there.

import Foundation
import RemoteFiles
import Synchronization
import Testing

@Suite struct DownloadTests {
  static let contents = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) }
  let folder: String
  let path: String
  let digest: FileDigest

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("remote-\(UUID().uuidString)").path
    path = "\(folder)/file.bin"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Data(Self.contents).write(to: URL(fileURLWithPath: "\(folder)/original"))
    digest = try FileDigest(of: "\(folder)/original")
    try FileManager.default.removeItem(atPath: "\(folder)/original")
  }

  private func entries() -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
  }
  private func bytes(_ path: String) -> [UInt8] { [UInt8](FileManager.default.contents(atPath: path) ?? Data()) }
  private func clean() { try? FileManager.default.removeItem(atPath: folder) }

  @Test func digestsAreThePublishedOnes() throws {
    defer { clean() }
    // RFC 1321, A.5, and FIPS 180-2, B.1.
    try Data("abc".utf8).write(to: URL(fileURLWithPath: path))
    let abc = FileDigest(
      bytes: 3, md5: "900150983cd24fb0d6963f7d28e17f72",
      sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(try FileDigest(of: path) == abc)
    #expect(throws: RemoteFileError.self) { try FileDigest(of: folder + "/none") }
    for other in [
      FileDigest(bytes: 4, md5: abc.md5, sha256: abc.sha256), FileDigest(bytes: 3, md5: "0", sha256: abc.sha256),
      FileDigest(bytes: 3, md5: abc.md5, sha256: "0"),
    ] { #expect(throws: RemoteFileError.self) { try abc.require(other, of: "f", remedy: "") } }
  }

  @Test func aFileIsFetchedOnce() throws {
    defer { clean() }
    let server = LocalServer(.init(contents: Self.contents))
    defer { server.stop() }
    let download = Download(server.url, to: path, published: digest)
    #expect(try download.run() == .fetched(resumedAt: 0))
    #expect(bytes(path) == Self.contents && entries() == ["file.bin"])
    #expect(try download.run() == .alreadyThere)
    #expect(server.ranges.withLock { $0 } == [nil])
  }

  @Test func aBrokenTransferIsResumed() throws {
    defer { clean() }
    let server = LocalServer(.init(contents: Self.contents, breaksOffAfter: 100_000))
    defer { server.stop() }
    let download = Download(server.url, to: path, published: digest)
    for received in [100_000, 200_000] {
      let error = #expect(throws: RemoteFileError.self) { try download.run() }
      #expect(error?.description.contains("broken off after \(received) bytes") == true, "\(String(describing: error))")
      #expect(error?.description.contains("run the command again") == true)
      #expect(entries() == ["file.bin.part"])
    }
    server.behaviour.withLock { $0.breaksOffAfter = nil }
    #expect(try download.run() == .fetched(resumedAt: 200_000))
    #expect(bytes(path) == Self.contents && entries() == ["file.bin"])
    #expect(server.ranges.withLock { $0 } == [nil, "100000-", "200000-"])
  }

  @Test func aServerWithoutRangesSendsAllAgain() throws {
    defer { clean() }
    let server = LocalServer(.init(contents: Self.contents, honoursRanges: false))
    defer { server.stop() }
    try Data(Self.contents[..<1000]).write(to: URL(fileURLWithPath: path + ".part"))
    #expect(try Download(server.url, to: path, published: digest).run() == .fetched(resumedAt: 0))
    #expect(bytes(path) == Self.contents)
  }

  @Test func anInterruptedTransferKeepsItsPart() throws {
    defer { clean() }
    let server = LocalServer(.init(contents: Self.contents))
    defer { server.stop() }
    let download = Download(server.url, to: path, published: digest)
    let error = #expect(throws: RemoteFileError.self) { try download.run { $0 == 0 } }
    #expect(error?.description.contains("interrupted after") == true, "\(String(describing: error))")
    #expect(entries() == ["file.bin.part"])
    #expect(try download.run() != .alreadyThere)
    #expect(bytes(path) == Self.contents)
  }

  @Test func wrongBytesNeverGetTheName() throws {
    defer { clean() }
    var wrong = Self.contents
    wrong[77] ^= 1
    let server = LocalServer(.init(contents: wrong))
    defer { server.stop() }
    let download = Download(server.url, to: path, published: digest)
    let error = #expect(throws: RemoteFileError.self) { try download.run() }
    #expect(error?.description.contains("SHA-256 is") == true && entries() == [])
    // A part that was wrong spoils the whole, once.
    server.behaviour.withLock { $0.contents = Self.contents }
    try Data(wrong[..<1000]).write(to: URL(fileURLWithPath: path + ".part"))
    #expect(throws: RemoteFileError.self) { try download.run() }
    #expect(entries() == [])
    #expect(try download.run() == .fetched(resumedAt: 0))
    // What is there under the name is a user's: told apart, not replaced.
    try Data(wrong).write(to: URL(fileURLWithPath: path))
    let kept = #expect(throws: RemoteFileError.self) { try download.run() }
    #expect(kept?.description.contains("never replaced") == true && bytes(path) == wrong)
  }

  @Test func longerAndShorterFilesAreRefused() throws {
    defer { clean() }
    let server = LocalServer(.init(contents: Self.contents + [0]))
    defer { server.stop() }
    let download = Download(server.url, to: path, published: digest)
    #expect(throws: RemoteFileError.tooLong(url: server.url, expected: 300_000)) { try download.run() }
    #expect(entries() == [])
    server.behaviour.withLock { $0.contents = Array(Self.contents.dropLast()) }
    let short = #expect(throws: RemoteFileError.self) { try download.run() }
    #expect(short?.description.contains("only so many bytes") == true, "\(String(describing: short))")
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test func errorsOfServersAreToldApart() throws {
    defer { clean() }
    let server = LocalServer(.init(status: 404))
    let download = Download(server.url, to: path, published: digest)
    #expect(throws: RemoteFileError.refused(url: server.url, status: 404)) { try download.run() }
    server.behaviour.withLock { $0.status = 503 }
    let busy = #expect(throws: RemoteFileError.self) { try download.run() }
    #expect(busy?.description.contains("503 (trouble on the server's side") == true)
    #expect(entries() == [])
    server.stop()
    // Nobody listens on port 1 of this machine.
    let offline = #expect(throws: RemoteFileError.self) {
      try Download("http://127.0.0.1:1/x", to: path, published: digest).run()
    }
    #expect(offline?.description.contains("not reached") == true, "\(String(describing: offline))")
    #expect(throws: RemoteFileError.self) { try Download("ftp://127.0.0.1/x", to: path, published: digest).run() }
    #expect(throws: RemoteFileError.self) {
      try Download("file:///nowhere/x", to: folder + "/none/x", published: digest).run()
    }
  }

  @Test func localFilesAreFetchedAndResumedLikeOthers() throws {
    defer { clean() }
    try Data(Self.contents).write(to: URL(fileURLWithPath: folder + "/source"))
    try Data(Self.contents[..<1234]).write(to: URL(fileURLWithPath: path + ".part"))
    let download = Download("file://\(folder)/source", to: path, published: digest)
    #expect(try download.run() == .fetched(resumedAt: 1234))
    #expect(bytes(path) == Self.contents)
  }

  @Test func aTrapInPlaceOfThePartIsRefused() throws {
    defer { clean() }
    try Data(Self.contents).write(to: URL(fileURLWithPath: folder + "/source"))
    try FileManager.default.createSymbolicLink(atPath: path + ".part", withDestinationPath: folder + "/elsewhere")
    #expect(throws: RemoteFileError.self) {
      try Download("file://\(folder)/source", to: path, published: digest).run()
    }
    #expect(entries() == ["file.bin.part", "source"])
  }
}
