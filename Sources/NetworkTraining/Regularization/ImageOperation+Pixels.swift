// The loops over bytes behind each operation: tables for what looks at one value, copies for what moves pixels.

private import Glibc

extension ImageOperation {
  typealias Bytes = UnsafeMutableBufferPointer<UInt8>

  /// - Parameters:
  ///   - size: as ``magnitude(level:isNegative:shape:)`` gives it.
  ///   - image: the image, changed in place.
  ///   - scratch: as many bytes; left with anything.
  func apply(magnitude size: Double, to image: Bytes, scratch: Bytes, shape: ImageShape) {
    switch self {
    case .shearX: Affine(xx: 1, xy: size, x0: 0, yx: 0, yy: 1, y0: 0).move(image, scratch, shape)
    case .shearY: Affine(xx: 1, xy: 0, x0: 0, yx: size, yy: 1, y0: 0).move(image, scratch, shape)
    case .translateX:
      Affine(xx: 1, xy: 0, x0: -size.rounded(.towardZero), yx: 0, yy: 1, y0: 0).move(image, scratch, shape)
    case .translateY:
      Affine(xx: 1, xy: 0, x0: 0, yx: 0, yy: 1, y0: -size.rounded(.towardZero)).move(image, scratch, shape)
    case .rotate: if size != 0 { Affine(rotating: size, shape).move(image, scratch, shape) }
    case .brightness: tabulate(image) { Self.blend(0, Float($0), Float(1 + size)) }
    case .contrast:
      let grey = Float(Self.meanGrey(image, shape))
      tabulate(image) { Self.blend(grey, Float($0), Float(1 + size)) }
    case .color: if shape.channels == 3 { Self.saturate(image, by: Float(1 + size)) }
    case .sharpness: Self.sharpen(image, scratch, shape, by: Float(1 + size))
    case .posterize:
      let mask = UInt8(truncatingIfNeeded: 0xFF << (8 - Int(size)))
      tabulate(image) { UInt8($0) & mask }
    case .solarize: tabulate(image) { Double($0) < size ? UInt8($0) : UInt8(255 - $0) }
    case .invert: tabulate(image) { UInt8(255 - $0) }
    case .autoContrast: Self.mapChannels(image, shape, by: Self.stretch)
    case .equalize: Self.mapChannels(image, shape, by: Self.flatten)
    }
  }

  /// a + factor (b − a), cut off at 0 and 255 and rounded towards 0.
  @inline(__always) private static func blend(_ a: Float, _ b: Float, _ factor: Float) -> UInt8 {
    let value = a + factor * (b - a)
    return value <= 0 ? 0 : value >= 255 ? 255 : UInt8(value)
  }

  /// Luminance of ITU-R 601 in 16-bit fixed point, rounded.
  @inline(__always) private static func grey(_ r: UInt8, _ g: UInt8, _ b: UInt8) -> Int {
    (Int(r) * 19_595 + Int(g) * 38_470 + Int(b) * 7_471 + 0x8000) >> 16
  }

  @inline(__always) private func tabulate(_ image: Bytes, _ value: (Int) -> UInt8) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 256) { table in
      for v in 0..<256 { table[v] = value(v) }
      for i in image.indices { image[i] = table[Int(image[i])] }
    }
  }

  /// The mean grey value, rounded half up.
  private static func meanGrey(_ image: Bytes, _ shape: ImageShape) -> Int {
    var sum = 0
    if shape.channels == 3 {
      for i in stride(from: 0, to: image.count, by: 3) { sum += grey(image[i], image[i + 1], image[i + 2]) }
    } else {
      for value in image { sum += Int(value) }
    }
    let n = shape.height * shape.width
    return (2 * sum + n) / (2 * n)
  }

  private static func saturate(_ image: Bytes, by factor: Float) {
    for i in stride(from: 0, to: image.count, by: 3) {
      let grey = Float(grey(image[i], image[i + 1], image[i + 2]))
      for c in i..<i + 3 { image[c] = blend(grey, Float(image[c]), factor) }
    }
  }

  /// Blends with the 3 × 3 mean that weighs the centre five times; the border is left as it is.
  private static func sharpen(_ image: Bytes, _ scratch: Bytes, _ shape: ImageShape, by factor: Float) {
    guard factor != 1, shape.height >= 3, shape.width >= 3 else { return }
    _ = scratch.update(from: image)
    let (c, row) = (shape.channels, shape.width * shape.channels)
    for y in 1..<shape.height - 1 {
      for i in y * row + c..<(y + 1) * row - c {
        var sum = Int32(scratch[i - row - c]) + Int32(scratch[i - row]) + Int32(scratch[i - row + c])
        sum += Int32(scratch[i - c]) + 5 * Int32(scratch[i]) + Int32(scratch[i + c])
        sum += Int32(scratch[i + row - c]) + Int32(scratch[i + row]) + Int32(scratch[i + row + c])
        // sum/13 is never half-way between integers, so that the reference's floating point rounds alike.
        image[i] = blend(Float((2 * sum + 13) / 26), Float(scratch[i]), factor)
      }
    }
  }

  /// Replaces each channel by a table made from its histogram.
  private static func mapChannels(
    _ image: Bytes, _ shape: ImageShape,
    by fill: (_ histogram: UnsafeMutableBufferPointer<Int>, _ table: Bytes) -> Void
  ) {
    withUnsafeTemporaryAllocation(of: Int.self, capacity: 256) { histogram in
      withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 256) { table in
        for c in 0..<shape.channels {
          histogram.initialize(repeating: 0)
          for i in stride(from: c, to: image.count, by: shape.channels) { histogram[Int(image[i])] += 1 }
          for v in 0..<256 { table[v] = UInt8(v) }
          fill(histogram, table)
          for i in stride(from: c, to: image.count, by: shape.channels) { image[i] = table[Int(image[i])] }
        }
      }
    }
  }

  private static func stretch(_ histogram: UnsafeMutableBufferPointer<Int>, _ table: Bytes) {
    guard let low = histogram.firstIndex(where: { $0 > 0 }), let high = histogram.lastIndex(where: { $0 > 0 }),
      low < high
    else { return }
    let scale = 255 / Double(high - low)
    let offset = -Double(low) * scale
    for v in 0..<256 { table[v] = UInt8(min(max(Double(v) * scale + offset, 0), 255)) }
  }

  private static func flatten(_ histogram: UnsafeMutableBufferPointer<Int>, _ table: Bytes) {
    guard let high = histogram.lastIndex(where: { $0 > 0 }) else { return }
    let step = (histogram.reduce(0, +) - histogram[high]) / 255
    guard step > 0 else { return }
    var below = step / 2
    for v in 0..<256 {
      table[v] = UInt8(min(below / step, 255))
      below += histogram[v]
    }
  }
}

/// Where a pixel comes from: the pixel at (x, y) is that of (xx x + xy y + x0, yx x + yy y + y0), pixel centres at ½.
private struct Affine {
  let xx, xy, x0: Double
  let yx, yy, y0: Double

  init(xx: Double, xy: Double, x0: Double, yx: Double, yy: Double, y0: Double) {
    (self.xx, self.xy, self.x0, self.yx, self.yy, self.y0) = (xx, xy, x0, yx, yy, y0)
  }

  /// The inverse of a rotation counter-clockwise by degrees about the centre.
  init(rotating degrees: Double, _ shape: ImageShape) {
    let angle = -(degrees < 0 ? degrees + 360 : degrees) * (Double.pi / 180)
    // The reference rounds to 15 decimals, which makes sines of round angles exact.
    func rounded(_ x: Double) -> Double { (x * 1e15).rounded() / 1e15 }
    let (cosine, sine) = (rounded(cos(angle)), rounded(sin(angle)))
    let (cx, cy) = (Double(shape.width) / 2, Double(shape.height) / 2)
    self.init(
      xx: cosine, xy: sine, x0: cosine * -cx + sine * -cy + cx, yx: -sine, yy: cosine,
      y0: -sine * -cx + cosine * -cy + cy)
  }

  /// Moves the pixels in 16.16 fixed point, black where the source is outside.
  func move(_ image: ImageOperation.Bytes, _ scratch: ImageOperation.Bytes, _ shape: ImageShape) {
    func fixed(_ v: Double) -> Int { Int((v * 65_536 + 0.5).rounded(.down)) }
    _ = scratch.update(from: image)
    let (ax, bx, ay, by) = (fixed(xx), fixed(xy), fixed(yx), fixed(yy))
    var (startX, startY) = (fixed(x0 + xx * 0.5 + xy * 0.5), fixed(y0 + yx * 0.5 + yy * 0.5))
    let (height, width, channels) = (shape.height, shape.width, shape.channels)
    var out = 0
    for _ in 0..<height {
      var (x, y) = (startX, startY)
      for _ in 0..<width {
        let (column, row) = (x >> 16, y >> 16)
        if column >= 0, column < width, row >= 0, row < height {
          let source = (row * width + column) * channels
          for c in 0..<channels { image[out + c] = scratch[source + c] }
        } else {
          for c in 0..<channels { image[out + c] = 0 }
        }
        out += channels
        x += ax
        y += ay
      }
      startX += bx
      startY += by
    }
  }
}
