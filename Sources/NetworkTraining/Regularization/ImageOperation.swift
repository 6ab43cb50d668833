// The operations of AutoAugment and what their magnitudes mean.

/// Height, width and channels of an image whose bytes are ordered (row, column, channel), channel fastest.
public struct ImageShape: Equatable, Sendable {
  public let height: Int
  public let width: Int
  /// 1 (grey) or 3 (red, green, blue).
  public let channels: Int

  /// - Throws: ``NetworkTrainingError/invalidValue(field:value:requirement:)`` naming the side.
  public init(height: Int, width: Int, channels: Int) throws(NetworkTrainingError) {
    for (field, side) in [("image height", height), ("image width", width)] {
      guard (1...Self.largestSide).contains(side) else {
        throw .invalidValue(field: field, value: "\(side)", requirement: "from 1 to \(Self.largestSide)")
      }
    }
    guard channels == 1 || channels == 3 else {
      throw .invalidValue(field: "image channels", value: "\(channels)", requirement: "1 (grey) or 3 (colour)")
    }
    (self.height, self.width, self.channels) = (height, width, channels)
  }

  /// The reference computes in 16.16 fixed point while corners stay below 2¹⁵, and differently beyond.
  static let largestSide = 16_384

  /// Bytes of one image.
  public var count: Int { height * width * channels }
}

/// One operation of AutoAugment on an image of bytes.
///
/// Pixel for pixel those of `torchvision.transforms.AutoAugment` on PIL images, with nearest interpolation and
/// black where a moved image leaves nothing.
///
/// - Source: Cubuk, Zoph, Mané, Vasudevan, Le 2019 (arXiv 1805.09501), Table 6; torchvision 0.28 with Pillow 13.
public enum ImageOperation: String, CaseIterable, Sendable {
  /// Column x of row y is taken from column x + ty.
  case shearX
  /// Row y of column x is taken from row y + tx.
  case shearY
  case translateX
  case translateY
  /// Counter-clockwise about the centre.
  case rotate
  /// From black (factor 0) through the image (1) to twice as bright (2).
  case brightness
  /// From grey (factor 0) through the image (1) to twice the difference from grey (2).
  case color
  /// From the mean grey (factor 0) through the image (1).
  case contrast
  /// From the smoothed image (factor 0) through the image (1).
  case sharpness
  /// Keeps the highest bits.
  case posterize
  /// Inverts values from a threshold on.
  case solarize
  /// Stretches each channel's range to 0 … 255.
  case autoContrast
  /// Makes each channel's histogram flat.
  case equalize
  case invert

  /// A policy's magnitudes are levels 0 ..< 10.
  public static let levels = 10

  /// Whether the sign of the magnitude is drawn.
  public var isSigned: Bool {
    switch self {
    case .shearX, .shearY, .translateX, .translateY, .rotate, .brightness, .color, .contrast, .sharpness: true
    case .posterize, .solarize, .autoContrast, .equalize, .invert: false
    }
  }

  /// Whether a level changes anything.
  public var hasMagnitude: Bool {
    switch self {
    case .autoContrast, .equalize, .invert: false
    default: true
    }
  }

  /// The magnitude at a level: slope, pixels, degrees, factor − 1, bits kept, or threshold; 0 where there is none.
  ///
  /// Levels divide a range evenly in single precision, as the reference does: the last bit can decide a pixel.
  ///
  /// - Parameters:
  ///   - level: in 0 ..< ``levels``.
  ///   - isNegative: for signed operations; ignored by the others.
  ///   - shape: height, width and channels of the image.
  public func magnitude(level: Int, isNegative: Bool, shape: ImageShape) -> Double {
    precondition((0..<Self.levels).contains(level), "a level lies in 0 ..< \(Self.levels)")
    // 150 of the 331 pixels that the paper's larger images have.
    let size: Double =
      switch self {
      case .shearX, .shearY: Double(Self.even(level, from: 0, to: 0.3))
      case .translateX: Double(Self.even(level, from: 0, to: Float(150.0 / 331.0 * Double(shape.width))))
      case .translateY: Double(Self.even(level, from: 0, to: Float(150.0 / 331.0 * Double(shape.height))))
      case .rotate: Double(Self.even(level, from: 0, to: 30))
      case .brightness, .color, .contrast, .sharpness: Double(Self.even(level, from: 0, to: 0.9))
      case .posterize: Double(8 - (8 * level + 9) / 18)
      case .solarize: Double(Self.even(level, from: 255, to: 0))
      case .autoContrast, .equalize, .invert: 0
      }
    return isSigned && isNegative ? -size : size
  }

  /// Entry i of ten evenly spaced numbers, counted from the nearer end.
  private static func even(_ i: Int, from start: Float, to end: Float) -> Float {
    let step = (end - start) / Float(levels - 1)
    return i < levels / 2 ? start + step * Float(i) : end - step * Float(levels - 1 - i)
  }

  /// Applies the operation to one image.
  ///
  /// - Parameters:
  ///   - pixels: shape [height, width, channels], channel fastest.
  ///   - shape: height, width and channels of the image.
  ///   - level: in 0 ..< ``levels``; ignored by operations without magnitude.
  ///   - isNegative: for signed operations; ignored by the others.
  public func apply(to pixels: inout [UInt8], shape: ImageShape, level: Int, isNegative: Bool = false) {
    precondition(pixels.count == shape.count, "\(pixels.count) bytes are no image of \(shape.count)")
    let size = magnitude(level: level, isNegative: isNegative, shape: shape)
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: shape.count) { scratch in
      scratch.initialize(repeating: 0)
      pixels.withUnsafeMutableBufferPointer { apply(magnitude: size, to: $0, scratch: scratch, shape: shape) }
    }
  }
}
