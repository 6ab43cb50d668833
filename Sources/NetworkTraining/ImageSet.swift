// Labelled images as bytes: full-size data sets in the memory their files take.

/// Labelled images of one size, a byte a value.
public struct ImageSet: Sendable {
  public let name: String
  public let height: Int
  public let width: Int
  public let channels: Int
  /// Values 0 … 255, ordered (image, row, column, channel) with the channel fastest; N·H·W·C of them.
  public let pixels: [UInt8]
  /// One in 0 ..< ``classes`` an image.
  public let labels: [Int]
  public let classes: Int
  /// The licence under which the data may be used, in one line.
  public let licence: String
  /// How to cite the data.
  public let citation: String

  /// - Throws: ``NetworkTrainingError/invalidDataSet(name:field:value:requirement:)`` naming the first offence.
  public init(
    name: String, height: Int, width: Int, channels: Int, pixels: [UInt8], labels: [Int], classes: Int, licence: String,
    citation: String
  ) throws(NetworkTrainingError) {
    func refuse(_ field: String, _ value: some CustomStringConvertible, _ requirement: String) -> NetworkTrainingError {
      .invalidDataSet(name: name, field: field, value: value.description, requirement: requirement)
    }
    guard classes >= 2 else { throw refuse("number of classes", classes, "at least 2") }
    for (field, side) in [("height", height), ("width", width), ("number of channels", channels)] {
      guard (1...65_535).contains(side) else { throw refuse(field, side, "from 1 to 65535") }
    }
    guard !labels.isEmpty else { throw refuse("number of labels", 0, "at least 1") }
    let (expected, overflow) = labels.count.multipliedReportingOverflow(by: height * width * channels)
    guard !overflow, pixels.count == expected else {
      throw refuse("number of pixel values", pixels.count, "\(expected), height x width x channels an image")
    }
    if let bad = labels.firstIndex(where: { !(0..<classes).contains($0) }) {
      throw refuse("label of image \(bad)", labels[bad], "from 0 to \(classes - 1)")
    }
    (self.name, self.height, self.width, self.channels) = (name, height, width, channels)
    (self.pixels, self.labels, self.classes) = (pixels, labels, classes)
    (self.licence, self.citation) = (licence, citation)
  }

  /// N.
  public var count: Int { labels.count }
  /// Mean of pixels/255; shape [channels].
  public var channelMean: [Double] { channelMoments.mean }
  /// Standard deviation of pixels/255, divisor N·H·W; shape [channels].
  public var channelDeviation: [Double] { channelMoments.deviation }

  private var channelMoments: (mean: [Double], deviation: [Double]) {
    // A sum of bytes and of their squares is exact in 64 bits.
    var (sums, squares) = ([Int](repeating: 0, count: channels), [Int](repeating: 0, count: channels))
    var channel = 0
    for byte in pixels {
      sums[channel] += Int(byte)
      squares[channel] += Int(byte) * Int(byte)
      channel = channel + 1 == channels ? 0 : channel + 1
    }
    let n = Double(pixels.count / channels)
    let mean = sums.map { Double($0) / n }
    let deviation = zip(squares, mean).map { max(Double($0) / n - $1 * $1, 0).squareRoot() / 255 }
    return (mean.map { $0 / 255 }, deviation)
  }
}
