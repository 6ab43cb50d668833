// Labelled images as bytes: data sets of full size, of which only the batch at hand becomes floating point.

/// Labelled images of one size with 8-bit channels, validated when they were made.
///
/// Pixel (n, row, column, channel) is at ((n · height + row) · width + column) · channels + channel (NHWC), so that
/// sample n is the contiguous column n of a column-major matrix [height · width · channels, N].
public struct ImageSet: Equatable, Sendable {
  public let name: String
  /// Rows of an image.
  public let height: Int
  /// Columns of an image.
  public let width: Int
  /// Bytes a pixel: 1 for grey, 3 for red, green, blue.
  public let channels: Int
  /// N · height · width · channels bytes, the channel fastest.
  public let pixels: [UInt8]
  /// One in 0 ..< ``classes`` an image.
  public let labels: [Int]
  public let classes: Int
  /// The licence under which the data may be used, in one line.
  public let licence: String
  /// How to cite the data.
  public let citation: String

  /// Images from any source.
  ///
  /// - Parameters:
  ///   - name: for messages and results.
  ///   - height: rows of every image.
  ///   - width: columns of every image.
  ///   - channels: 1 for grey, 3 for colour.
  ///   - pixels: N · height · width · channels bytes in NHWC order, at least one image.
  ///   - labels: N of them, each in 0 ..< classes.
  ///   - classes: how many classes the labels distinguish; labels lie below.
  ///   - licence: under which the data may be used, for results to repeat.
  ///   - citation: how their authors want to be cited.
  /// - Throws: ``NetworkTrainingError/invalidDataSet(name:field:value:requirement:)`` naming the first offence.
  public init(
    name: String, height: Int, width: Int, channels: Int, pixels: [UInt8], labels: [Int], classes: Int,
    licence: String, citation: String
  ) throws(NetworkTrainingError) {
    func refuse(_ field: String, _ value: some CustomStringConvertible, _ requirement: String) -> NetworkTrainingError {
      .invalidDataSet(name: name, field: field, value: value.description, requirement: requirement)
    }
    guard classes >= 2 else { throw refuse("number of classes", classes, "at least 2") }
    for (field, value) in [("height", height), ("width", width), ("number of channels", channels)] {
      guard (1...65_536).contains(value) else { throw refuse(field, value, "from 1 to 65536") }
    }
    guard !labels.isEmpty else { throw refuse("number of labels", 0, "at least 1") }
    let (expected, overflow) = labels.count.multipliedReportingOverflow(by: height * width * channels)
    guard !overflow, pixels.count == expected else {
      throw refuse(
        "number of bytes", pixels.count, "\(labels.count) images of \(height) x \(width) x \(channels) bytes")
    }
    if let bad = labels.firstIndex(where: { !(0..<classes).contains($0) }) {
      throw refuse("label of image \(bad)", labels[bad], "from 0 to \(classes - 1)")
    }
    (self.name, self.height, self.width, self.channels) = (name, height, width, channels)
    (self.pixels, self.labels, self.classes) = (pixels, labels, classes)
    (self.licence, self.citation) = (licence, citation)
  }

  /// Parts of a validated set need no validation.
  private init(_ original: ImageSet, _ pixels: [UInt8], _ labels: [Int]) {
    (name, height, width, channels) = (original.name, original.height, original.width, original.channels)
    (self.pixels, self.labels, classes) = (pixels, labels, original.classes)
    (licence, citation) = (original.licence, original.citation)
  }

  /// N.
  public var count: Int { labels.count }
  /// Bytes an image: height · width · channels.
  public var features: Int { height * width * channels }

  /// The images at the given positions, in that order.
  ///
  /// - Parameter indices: positions in 0 ..< N; at least one, repetitions allowed.
  public func subset(_ indices: some Collection<Int>) -> ImageSet {
    precondition(!indices.isEmpty, "a data set cannot be empty")
    var part: [UInt8] = []
    part.reserveCapacity(indices.count * features)
    for i in indices {
      precondition((0..<count).contains(i), "image \(i) is not among the \(count) of \(name)")
      part.append(contentsOf: pixels[i * features..<(i + 1) * features])
    }
    return ImageSet(self, part, indices.map { labels[$0] })
  }

  /// The first images in stored order.
  ///
  /// - Parameter count: from 1 to N.
  public func prefix(_ count: Int) -> ImageSet {
    precondition((1...self.count).contains(count), "\(count) images are not among the \(self.count) of \(name)")
    return ImageSet(self, Array(pixels[..<(count * features)]), Array(labels[..<count]))
  }

  /// The mean of pixels / 255 over all images and positions, one a channel; takes a pass over all bytes.
  public var channelMean: [Double] { moments.map(\.mean) }

  /// The standard deviation of pixels / 255 (divisor N · height · width), one a channel; takes a pass over all bytes.
  public var channelDeviation: [Double] { moments.map(\.deviation) }

  /// Both moments of every channel from exact counts of the 256 values, so that nothing cancels.
  private var moments: [(mean: Double, deviation: Double)] {
    var counts = [Int](repeating: 0, count: 256 * channels)
    pixels.withUnsafeBufferPointer { pixels in
      counts.withUnsafeMutableBufferPointer { counts in
        var position = 0
        while position < pixels.count {
          for c in 0..<channels { counts[256 * c + Int(pixels[position + c])] += 1 }
          position += channels
        }
      }
    }
    let total = Double(pixels.count / channels)
    return (0..<channels).map { c in
      let histogram = counts[256 * c..<256 * (c + 1)].enumerated().map { (Double($0) / 255, Double($1)) }
      let mean = histogram.reduce(0) { $0 + $1.0 * $1.1 } / total
      let variance = histogram.reduce(0) { $0 + ($1.0 - mean) * ($1.0 - mean) * $1.1 } / total
      return (mean, variance.squareRoot())
    }
  }
}
