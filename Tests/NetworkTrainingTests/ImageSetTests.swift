// Images as bytes: validation, moments, parts, and the embedded sets.

import DenseLinearAlgebra
import NetworkTraining
import RandomStreams
import Testing

@Suite struct ImageSetTests {
  /// Three images of 1 × 2 pixels in two channels.
  private func small() throws -> ImageSet {
    try ImageSet(
      name: "small", height: 1, width: 2, channels: 2, pixels: [0, 255, 0, 0, 51, 255, 102, 0, 0, 255, 255, 255],
      labels: [0, 1, 1], classes: 2, licence: "own", citation: "me")
  }

  @Test func momentsAreThoseOfEachChannel() throws {
    let set = try small()
    // Channel 0: 0, 0, 0.2, 0.4, 0, 1. Channel 1: 1, 0, 1, 0, 1, 1.
    #expect(abs(set.channelMean[0] - 1.6 / 6) < 1e-15 && abs(set.channelMean[1] - 4.0 / 6) < 1e-15)
    let variance = (0.04 + 0.16 + 1) / 6 - (1.6 / 6) * (1.6 / 6)
    #expect(abs(set.channelDeviation[0] - variance.squareRoot()) < 1e-15)
    #expect(abs(set.channelDeviation[1] - (2.0 / 9).squareRoot()) < 1e-15)
  }

  @Test func partsKeepPixelsAndLabelsTogether() throws {
    let set = try small()
    let part = set.subset([2, 0, 2])
    #expect(part.labels == [1, 0, 1] && part.pixels == [0, 255, 255, 255, 0, 255, 0, 0, 0, 255, 255, 255])
    #expect(set.prefix(2) == set.subset([0, 1]))
    let (first, rest) = try set.split(first: 1)
    #expect(first == set.subset([0]) && rest == set.subset([1, 2]))
    let digits = try ImageSet.digits()
    let (training, test) = try digits.split(fraction: 0.8, by: "tests/split", seed: 3)
    #expect((training.count, test.count) == (1438, 359))
    #expect(try digits.split(fraction: 0.8, by: "tests/split", seed: 3).test == test)
    #expect(try digits.split(fraction: 0.8, by: "tests/split", seed: 4).test != test)
    func images(_ set: ImageSet) -> [[UInt8]] {
      (0..<set.count).map { Array(set.pixels[$0 * 64..<($0 + 1) * 64]) + [UInt8(set.labels[$0])] }
    }
    func sorted(_ rows: [[UInt8]]) -> [[UInt8]] { rows.sorted { $0.lexicographicallyPrecedes($1) } }
    #expect(sorted(images(training) + images(test)) == sorted(images(digits)))
    #expect(sorted(images(digits.shuffled(by: "tests/shuffle", seed: 1))) == sorted(images(digits)))
    for bad in [0, -1, 3] { #expect(throws: NetworkTrainingError.self) { try set.split(first: bad) } }
    for bad in [0, 1, -0.5, .nan, 0.01] {
      #expect(throws: NetworkTrainingError.self) { try set.split(fraction: bad, by: "tests/split", seed: 1) }
    }
  }

  @Test func badSetsAreRefused() throws {
    func refusal(_ h: Int, _ w: Int, _ c: Int, _ bytes: Int, _ labels: [Int], _ classes: Int) -> String {
      do throws(NetworkTrainingError) {
        _ = try ImageSet(
          name: "bad", height: h, width: w, channels: c, pixels: [UInt8](repeating: 0, count: bytes), labels: labels,
          classes: classes, licence: "", citation: "")
        return "accepted"
      } catch { return error.description }
    }
    #expect(refusal(2, 2, 1, 8, [0, 1], 2) == "accepted")
    #expect(refusal(2, 2, 1, 7, [0, 1], 2).contains("number of bytes is 7; it must be 2 images of 2 x 2 x 1"))
    #expect(refusal(2, 2, 1, 8, [0, 2], 2).contains("label of image 1 is 2; it must be from 0 to 1"))
    #expect(refusal(2, 2, 1, 8, [0, -1], 2).contains("label of image 1 is -1"))
    #expect(refusal(0, 2, 1, 0, [0, 1], 2).contains("height is 0"))
    #expect(refusal(1 << 40, 1 << 40, 1, 0, [0, 1], 2).contains("height"))
    #expect(refusal(2, 2, 1, 0, [], 2).contains("number of labels"))
    #expect(refusal(2, 2, 1, 8, [0, 0], 1).contains("number of classes"))
  }

  @Test func embeddedSetsAreTheSameAsInDoublePrecision() throws {
    let (digits, inputs) = (try ImageSet.digits(), try DataSet.digits())
    #expect((digits.count, digits.height, digits.width, digits.channels, digits.classes) == (1797, 8, 8, 1, 10))
    #expect(digits.labels == inputs.labels)
    #expect(zip(digits.pixels, inputs.inputs.elements).allSatisfy { Double($0) == 240 * $1 })
    let (mnist, doubles) = (try ImageSet.mnist5k(), try DataSet.mnist5k())
    #expect((mnist.count, mnist.features, mnist.labels) == (5000, 784, doubles.labels))
    #expect(zip(mnist.pixels, doubles.inputs.elements).allSatisfy { Double($0) / 255 == $1 })
  }
}
