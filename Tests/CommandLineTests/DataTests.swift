// lipdyn data: fetching from folders, listing, checking, and every refusal in one line. Nothing here needs the network.

import Foundation
import NetworkTraining
import Testing

@Suite("lipdyn data")
struct DataCommandTests {
  private static let realData: String? = {
    var url = URL(fileURLWithPath: #filePath)
    for _ in 0..<4 { url.deleteLastPathComponent() }
    let path = ProcessInfo.processInfo.environment["LIPDYN_DATA"] ?? url.appendingPathComponent("shared/data").path
    return [path, "../shared/data"].first { FileManager.default.fileExists(atPath: "\($0)/mnist") }
  }()

  private func write(_ bytes: [UInt8], _ path: String) throws {
    let url = URL(fileURLWithPath: path)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
  }

  @Test("every set is listed with licence and citation")
  func list() throws {
    let directory = try TemporaryDirectory()
    let run = try ToolRun("data", "list", "--folder", directory.path("none"))
    #expect(run.status == 0)
    for set in PublishedDataSet.allCases {
      #expect(run.output.contains(set.rawValue) && run.output.contains(set.licence))
      #expect(run.output.contains("\(set.rawValue): \(set.citation)"))
    }
    #expect(run.output.contains("1797 images") && run.output.contains("170.1 MB"))
  }

  @Test("mirrors that are none")
  func mirrors() throws {
    let directory = try TemporaryDirectory()
    let output = directory.path("data")
    try ToolRun("data", "fetch", "imagenet").expectRefusal(naming: "imagenet")
    try ToolRun("data", "fetch", "mnist", "--output", output, "--mirror", "ftp://x/").expectRefusal(naming: "ftp://x/")
    try ToolRun("data", "fetch", "mnist", "--output", output, "--mirror", directory.path("none"))
      .expectRefusal(naming: "no such folder")
    // An empty folder, and an address at which nobody listens.
    try ToolRun("data", "fetch", "mnist", "--output", output, "--mirror", directory.url.path)
      .expectRefusal(naming: "train-images-idx3-ubyte.gz", "--mirror")
    try ToolRun("data", "fetch", "cifar10", "--output", output, "--mirror", "http://127.0.0.1:1")
      .expectRefusal(naming: "http://127.0.0.1:1/cifar-10-binary.tar.gz", "not reached")
    // Another file under the name of the first.
    try write(Array("other".utf8), directory.path("mirror/train-images-idx3-ubyte.gz"))
    try ToolRun("data", "fetch", "mnist", "--output", output, "--mirror", directory.path("mirror"))
      .expectRefusal(naming: "train-images-idx3-ubyte.gz", "only so many bytes")
    #expect(!FileManager.default.fileExists(atPath: output + "/mnist/train-images-idx3-ubyte.gz"))
    try write([], directory.path("file"))
    try ToolRun("data", "fetch", "mnist", "--output", directory.path("file")).expectRefusal(naming: "--output")
  }

  @Test("a folder is checked image by image")
  func check() throws {
    let directory = try TemporaryDirectory()
    try ToolRun("data", "check", directory.url.path).expectRefusal(naming: "holds none of mnist")
    let images: [UInt8] = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 7, 8]
    try write(images, directory.path("mnist/t10k-images-idx3-ubyte"))
    try write([0, 0, 8, 1, 0, 0, 0, 2, 0, 9], directory.path("mnist/t10k-labels-idx1-ubyte"))
    let sound = try ToolRun("data", "check", directory.url.path)
    #expect(sound.status == 0 && sound.output.contains("MNIST test, 2 images of 1 x 1 x 1"))
    let list = try ToolRun("data", "list", "--folder", directory.url.path)
    #expect(list.output.contains("test"))
    // sha256sum of the two bytes of "a\n".
    let sum = "87428fc522803d31065e7bce3cf03fe475096631e5e07bbd7a0fde60c4cf25c7"
    try write(Array("a\n".utf8), directory.path("a"))
    try write(Array("\(sum)  ./a\n".utf8), directory.path("SHA256SUMS"))
    #expect(try ToolRun("data", "check", directory.url.path).output.contains("a: SHA-256 as listed"))
    try write(Array("b\n".utf8), directory.path("a"))
    let changed = try ToolRun("data", "check", directory.url.path)
    #expect(changed.status == 1 && changed.output.contains("FAIL") && changed.errors.contains("1 of 2 checks"))
    try write(Array("\(sum)  ../a\n".utf8), directory.path("SHA256SUMS"))
    try ToolRun("data", "check", directory.url.path).expectRefusal(naming: "line 1")
    try FileManager.default.removeItem(atPath: directory.path("SHA256SUMS"))
    try write([0, 0, 8, 1, 0, 0, 0, 2, 0, 10], directory.path("mnist/t10k-labels-idx1-ubyte"))
    let bad = try ToolRun("data", "check", directory.url.path)
    #expect(bad.status == 1 && bad.output.contains("at byte 9: label 10"))
    try write([1], directory.path("mnist/t10k-labels-idx1-ubyte.gz"))
    #expect(try ToolRun("data", "check", directory.url.path).output.contains("the length is 1 bytes"))
  }

  @Test("the real files go from a folder to a data folder", .enabled(if: realData != nil, "no MNIST: set LIPDYN_DATA"))
  func fetch() throws {
    let directory = try TemporaryDirectory()
    let mirror = "\(Self.realData ?? "")/mnist"
    // A part from an earlier occasion.
    let name = "train-images-idx3-ubyte.gz"
    let whole = try #require(FileManager.default.contents(atPath: "\(mirror)/\(name)"))
    try write([UInt8](whole[..<5000]), directory.path("mnist/\(name).part"))
    let run = try ToolRun("data", "fetch", "mnist", "--mirror", mirror, "--output", directory.url.path)
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.contains("resumed at byte 5000") && run.output.contains("CC BY-SA 3.0"))
    #expect(FileManager.default.contents(atPath: directory.path("mnist/\(name)")) == whole)
    let again = try ToolRun("data", "fetch", "mnist", "--mirror", mirror, "--output", directory.url.path)
    #expect(again.status == 0 && again.output.components(separatedBy: "already there").count == 5)
    let check = try ToolRun("data", "check", directory.url.path)
    #expect(check.status == 0 && check.output.contains("MNIST train, 60000 images of 28 x 28 x 1"))
  }
}
