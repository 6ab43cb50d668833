// MNIST and CIFAR from folders: synthetic files in every wrapping, hostile ones, and the real data where it is at hand.

import ArrayFiles
import Foundation
import NetworkTraining
import Testing

/// Real data: the folder of LIPDYN_DATA, or a neighbour of the package.
private let realData: String? = {
  let neighbour = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("shared/data").path
  return [ProcessInfo.processInfo.environment["LIPDYN_DATA"] ?? neighbour, "../shared/data"]
    .first { FileManager.default.fileExists(atPath: $0) }
}()

private func hasReal(_ set: PublishedDataSet, _ split: ImageSet.Split) -> Bool {
  realData.map { set.splits(in: "\($0)/\(set.rawValue)").contains(split) } ?? false
}

/// A folder of files that is removed with its owner.
private final class Folder {
  let path = FileManager.default.temporaryDirectory.appendingPathComponent("data-\(UUID().uuidString)").path

  init(_ files: [String: [UInt8]] = [:]) throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    for (name, bytes) in files { try write(bytes, name) }
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ bytes: [UInt8], _ name: String) throws {
    let url = URL(fileURLWithPath: "\(path)/\(name)")
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
  }

  func run(_ tool: String, _ arguments: String...) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [tool] + arguments
    process.currentDirectoryURL = URL(fileURLWithPath: path)
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "\(tool) \(arguments)")
  }
}

private func refusal(_ read: () throws(NetworkTrainingError) -> ImageSet) -> String {
  do throws(NetworkTrainingError) {
    _ = try read()
    return "accepted"
  } catch { return error.description }
}

@Suite struct IDXTests {
  static let images: [UInt8] = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3] + (1...12)
  static let labels: [UInt8] = [0, 0, 8, 1, 0, 0, 0, 2, 9, 0]

  @Test func filesAreReadAsTheyAreAndThroughGzip() throws {
    let folder = try Folder(["t10k-images-idx3-ubyte": Self.images, "t10k-labels-idx1-ubyte": Self.labels])
    let set = try ImageSet.mnist(in: folder.path, split: .test)
    #expect((set.count, set.height, set.width, set.channels) == (2, 2, 3, 1))
    #expect(set.pixels == Array(1...12) && set.labels == [9, 0] && set.name == "MNIST test")
    #expect(PublishedDataSet.mnist.splits(in: folder.path) == [.test])
    try folder.run("gzip", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
    #expect(try ImageSet.mnist(in: folder.path, split: .test) == set)
    let fashion = try ImageSet.fashionMNIST(in: folder.path, split: .test)
    #expect(fashion.name == "Fashion-MNIST test" && fashion.licence == "MIT" && fashion.pixels == set.pixels)
    let missing = refusal { () throws(NetworkTrainingError) in try ImageSet.mnist(in: folder.path, split: .train) }
    #expect(missing.contains("train-images-idx3-ubyte") && missing.contains("lipdyn data fetch mnist"))
  }

  @Test func hostileFilesAreRefusedWithTheirOffset() throws {
    func refusal(images: [UInt8] = Self.images, labels: [UInt8] = Self.labels) throws -> String {
      let folder = try Folder(["train-images-idx3-ubyte": images, "train-labels-idx1-ubyte": labels])
      return NetworkTrainingTests.refusal { () throws(NetworkTrainingError) in
        try ImageSet.mnist(in: folder.path, split: .train)
      }
    }
    func changed(_ bytes: [UInt8], _ position: Int, _ value: UInt8) -> [UInt8] {
      var bytes = bytes
      bytes[position] = value
      return bytes
    }
    #expect(try refusal() == "accepted")
    #expect(try refusal(images: []).contains("0 bytes"))
    #expect(try refusal(images: changed(Self.images, 1, 7)).contains("at byte 1: 7, expected 0"))
    #expect(try refusal(images: changed(Self.images, 2, 13)).contains("at byte 2: 13, expected 8"))
    #expect(try refusal(images: Self.labels).contains("at byte 3: 1, expected 3"))
    #expect(try refusal(images: Array(Self.images.dropLast())).contains("needs 28 bytes and 27"))
    #expect(try refusal(images: Self.images + [0]).contains("1 bytes follow"))
    #expect(try refusal(images: Array(Self.images[..<9])).contains("header needs 16 bytes and 9"))
    #expect(try refusal(images: changed(Self.images, 7, 0)).contains("dimension 0"))
    let huge = Self.images[..<4] + [UInt8](repeating: 0xFF, count: 12) + Self.images[16...]
    #expect(try refusal(images: Array(huge)).contains("dimension 4294967295"))
    #expect(try refusal(images: changed(Self.images, 4, 0x7F)).contains("and 28 are there"))
    #expect(
      try refusal(labels: changed(Self.labels, 8, 10)).contains("at byte 8: label 10, expected a label from 0 to 9"))
    #expect(try refusal(labels: [0, 0, 8, 1, 0, 0, 0, 1, 9]).contains("1 labels, expected 2"))
    for length in 0..<Self.images.count {
      #expect(try refusal(images: Array(Self.images[..<length])) != "accepted", "cut to \(length)")
    }
  }
}

@Suite struct CIFARTests {
  /// Records whose plane c of image n holds (n + 85 c + position) mod 256.
  private func records(_ count: Int, labels: (Int) -> [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    for n in 0..<count {
      out += labels(n)
      for c in 0..<3 { for p in 0..<1024 { out.append(UInt8(truncatingIfNeeded: n + 85 * c + p)) } }
    }
    return out
  }

  @Test func planesBecomeChannelsInEveryWrapping() throws {
    let bytes = records(10_000) { [UInt8($0 % 10)] }
    let folder = try Folder(["cifar-10-batches-bin/test_batch.bin": bytes])
    let set = try ImageSet.cifar10(in: folder.path, split: .test)
    #expect((set.count, set.height, set.width, set.channels, set.classes) == (10_000, 32, 32, 3, 10))
    #expect(set.labels.prefix(12) == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1])
    for (n, row, column, c) in [(0, 0, 0, 0), (0, 0, 0, 2), (3, 1, 5, 1), (9999, 31, 31, 2)] {
      let expected = UInt8(truncatingIfNeeded: n + 85 * c + 32 * row + column)
      #expect(set.pixels[((n * 32 + row) * 32 + column) * 3 + c] == expected)
    }
    #expect(PublishedDataSet.cifar10.splits(in: folder.path) == [.test])
    for n in 1...5 { try folder.write(bytes, "cifar-10-batches-bin/data_batch_\(n).bin") }
    try folder.run("tar", "-czf", "cifar-10-binary.tar.gz", "cifar-10-batches-bin")
    try folder.run("mv", "cifar-10-batches-bin/test_batch.bin", ".")
    try folder.run("xz", "-0", "test_batch.bin")
    #expect(try ImageSet.cifar10(in: folder.path, split: .test) == set)
    try folder.run("rm", "-r", "cifar-10-batches-bin", "test_batch.bin.xz")
    #expect(try ImageSet.cifar10(in: folder.path, split: .test) == set)
    #expect(
      try ImageSet.cifar10(in: folder.path, split: .train).pixels == set.pixels + set.pixels + set.pixels + set.pixels
        + set.pixels)
    try folder.run("truncate", "-s", "100000", "cifar-10-binary.tar.gz")
    #expect(refusal { () throws(NetworkTrainingError) in try .cifar10(in: folder.path, split: .test) }.contains("ends"))
  }

  @Test func bothLabelsOfCIFAR100AreRead() throws {
    let folder = try Folder(["test.bin": records(10_000) { [UInt8($0 % 20), UInt8($0 % 100)] }])
    let fine = try ImageSet.cifar100(in: folder.path, split: .test)
    let coarse = try ImageSet.cifar100(in: folder.path, split: .test, labels: .coarse)
    #expect(fine.classes == 100 && Array(fine.labels.prefix(200)) == Array(0..<100) + Array(0..<100))
    #expect(coarse.classes == 20 && coarse.labels[45] == 5 && coarse.pixels == fine.pixels)
    let missing = refusal { () throws(NetworkTrainingError) in try .cifar100(in: folder.path, split: .train) }
    #expect(missing.contains("train.bin or cifar-100-binary.tar.gz") && missing.contains("data fetch cifar100"))
  }

  @Test func hostileFilesAreRefusedWithTheirOffset() throws {
    let good = records(10_000) { _ in [0] }
    func refusal(_ bytes: [UInt8]) throws -> String {
      let folder = try Folder(["test_batch.bin": bytes])
      return NetworkTrainingTests.refusal { () throws(NetworkTrainingError) in
        try .cifar10(in: folder.path, split: .test)
      }
    }
    var labelled = good
    labelled[3073 * 7] = 10
    #expect(try refusal(labelled).contains("at byte 21511: label 10, expected a label from 0 to 9"))
    #expect(try refusal(good.dropLast(3072)).contains("9999 records and 1 bytes"))
    #expect(try refusal(Array(good[..<3073])).contains("1 records and 0 bytes"))
    #expect(try refusal(good + [0]).contains("at byte 30730000"))
    #expect(try refusal(good + [0, 0]).contains("limit"))
    #expect(try refusal([]).contains("0 records"))
  }
}

@Suite struct RealDataTests {
  /// Sums over all bytes and moments as numpy gives them for the published files.
  @Test(.enabled(if: hasReal(.mnist, .train) && hasReal(.mnist, .test), "MNIST is not at hand: set LIPDYN_DATA"))
  func mnist() throws {
    let train = try ImageSet.mnist(in: "\(realData ?? "")/mnist", split: .train)
    #expect((train.count, train.height, train.width) == (60_000, 28, 28))
    #expect(train.labels.prefix(5) == [5, 0, 4, 1, 9])
    #expect(
      abs(train.channelMean[0] - 0.1306604762738429) < 1e-12
        && abs(train.channelDeviation[0] - 0.30810780385646264) < 1e-12)
    #expect(try ImageSet.mnist(in: "\(realData ?? "")/mnist", split: .test).count == 10_000)
  }

  @Test(.enabled(if: hasReal(.cifar10, .train), "CIFAR-10 is not at hand: set LIPDYN_DATA"))
  func cifar10() throws {
    let train = try ImageSet.cifar10(in: "\(realData ?? "")/cifar10", split: .train)
    #expect(train.count == 50_000 && (0..<10).allSatisfy { c in train.labels.count { $0 == c } == 5000 })
    for (found, expected) in zip(
      train.channelMean + train.channelDeviation,
      [
        0.4913996786152028, 0.4821584083946074, 0.4465309144454644, 0.24703223246328238, 0.2434851280000556,
        0.26158784172796423,
      ])
    {
      #expect(abs(found - expected) < 1e-12)
    }
    #expect(Array(train.pixels[37_924_602..<37_924_608]) == [255, 255, 255, 219, 228, 226])
  }

  @Test(.enabled(if: hasReal(.cifar100, .test), "CIFAR-100 is not at hand: set LIPDYN_DATA"))
  func cifar100() throws {
    let folder = "\(realData ?? "")/cifar100"
    let fine = try ImageSet.cifar100(in: folder, split: .test)
    let coarse = try ImageSet.cifar100(in: folder, split: .test, labels: .coarse)
    #expect((0..<100).allSatisfy { c in fine.labels.count { $0 == c } == 100 })
    #expect((0..<20).allSatisfy { c in coarse.labels.count { $0 == c } == 500 })
    #expect(fine.labels.prefix(4) == [49, 33, 72, 51] && coarse.labels.prefix(4) == [10, 10, 0, 4])
  }
}
