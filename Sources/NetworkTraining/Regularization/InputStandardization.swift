// Bytes to numbers of mean about 0 and standard deviation about 1.

internal import DenseLinearAlgebra

/// x = (byte/255 − m_c)/s_c for each channel c.
public struct InputStandardization: Equatable, Sendable {
  /// m, of pixels/255; shape [channels].
  public let mean: [Double]
  /// s, of pixels/255; shape [channels].
  public let deviation: [Double]

  /// - Parameters:
  ///   - mean: one finite number a channel, of pixels/255.
  ///   - deviation: one positive number a channel, of pixels/255.
  /// - Throws: ``NetworkTrainingError/invalidValue(field:value:requirement:)``.
  public init(mean: [Double], deviation: [Double]) throws(NetworkTrainingError) {
    guard !mean.isEmpty, mean.allSatisfy(\.isFinite) else {
      throw .invalidValue(field: "channel means", value: "\(mean)", requirement: "one finite number a channel")
    }
    guard deviation.count == mean.count, deviation.allSatisfy({ $0 > 0 && $0.isFinite }) else {
      throw .invalidValue(
        field: "channel deviations", value: "\(deviation)",
        requirement: "\(mean.count) positive numbers, one a channel; a constant channel cannot be standardised")
    }
    (self.mean, self.deviation) = (mean, deviation)
  }

  /// The standardisation that gives a data set's own channels mean 0 and standard deviation 1.
  ///
  /// - Throws: ``NetworkTrainingError/invalidValue(field:value:requirement:)`` if a channel is constant.
  public init(of images: ImageSet) throws(NetworkTrainingError) {
    try self.init(mean: images.channelMean, deviation: images.channelDeviation)
  }

  /// Pixels/255 as they are, from 0 to 1.
  public static func unitInterval(channels: Int) -> InputStandardization {
    InputStandardization(identityOf: channels)
  }

  private init(identityOf channels: Int) {
    precondition(channels >= 1, "an image has a channel at least")
    mean = [Double](repeating: 0, count: channels)
    deviation = [Double](repeating: 1, count: channels)
  }

  public var channels: Int { mean.count }

  /// What each byte becomes, correctly rounded from double precision; shape [256, channels].
  func table<Scalar: BLASScalar>(as type: Scalar.Type = Scalar.self) -> [Scalar] {
    (0..<channels).flatMap { c in (0..<256).map { Scalar((Double($0) / 255 - mean[c]) / deviation[c]) } }
  }

  /// Looks up whole images.
  ///
  /// - Parameters:
  ///   - bytes: pixels with the channel fastest.
  ///   - table: as ``table(as:)`` gives it.
  ///   - out: as many numbers.
  @specialized(where Scalar == Double) @specialized(where Scalar == Float)
  static func lookUp<Scalar: BLASScalar>(
    _ bytes: UnsafeBufferPointer<UInt8>, _ table: UnsafeBufferPointer<Scalar>, channels: Int,
    into out: UnsafeMutableBufferPointer<Scalar>
  ) {
    precondition(bytes.count == out.count && bytes.count % channels == 0, "\(bytes.count) bytes, \(out.count) numbers")
    precondition(table.count == 256 * channels, "a table of \(table.count) entries for \(channels) channels")
    switch channels {
    case 1: for i in bytes.indices { out[i] = table[Int(bytes[i])] }
    case 3:
      for i in stride(from: 0, to: bytes.count, by: 3) {
        out[i] = table[Int(bytes[i])]
        out[i + 1] = table[256 + Int(bytes[i + 1])]
        out[i + 2] = table[512 + Int(bytes[i + 2])]
      }
    default:
      for c in 0..<channels {
        for i in stride(from: c, to: bytes.count, by: channels) { out[i] = table[256 * c + Int(bytes[i])] }
      }
    }
  }
}
