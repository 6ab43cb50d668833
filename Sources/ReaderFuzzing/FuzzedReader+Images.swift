// The readers of image sets.

internal import ArrayFiles
internal import NetworkTraining

extension FuzzedReader {
  public static let images: [FuzzedReader] = [idx, cifar]

  private static func lyingIdx(_ m: Mutator) -> [UInt8] {
    let dimensions = m.below(5)
    let shape = (0..<dimensions).map { _ in m.chance(6) ? m.pick(Mutator.patterns) : UInt64(m.below(6)) }
    let count = shape.reduce(1) { min($0 * Int(min($1, 64)), 4096) }
    return [0, 0, m.chance(8) ? 13 : 8, UInt8(dimensions)] + shape.flatMap { littleEndian($0, 4).reversed() }
      + m.bytes(max(0, count + (m.chance(6) ? m.below(3) - 1 : 0)))
  }

  static let idx = FuzzedReader(
    "idx",
    corpus: [
      [0, 0, 8, 3] + [0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 2] + [UInt8](1...12),
      [0, 0, 8, 1] + [0, 0, 0, 4] + [0, 9, 3, 1],
    ],
    almostValid: lyingIdx
  ) { bytes in
    do {
      // As images and as labels: the reader is told which it must be.
      let dimensions = bytes.count > 3 && bytes[3] == 1 ? 1 : 3
      let file = try IDXFile(bytes, file: "input-idx", dimensions: dimensions)
      try HalfResult.require(file.elements.count == file.shape.reduce(1, *), "elements do not fill \(file.shape)")
      if dimensions == 1 {
        try HalfResult.require(try file.labels(classes: 10).allSatisfy { (0..<10).contains($0) }, "a label beyond 9")
      } else {
        _ = try? ImageSet(
          name: "input", height: file.shape[1], width: file.shape[2], channels: 1, pixels: file.elements,
          labels: [Int](repeating: 0, count: file.shape[0]), classes: 10, licence: "", citation: "")
      }
      return .value
    } catch let error as ArrayFileError { return error.description.isEmpty ? .value : .refusal }
  }

  private static func record(_ labels: [UInt8]) -> [UInt8] {
    labels + (0..<CIFARRecords.imageBytes).map { UInt8(truncatingIfNeeded: $0) }
  }

  private static func lyingCifar(_ m: Mutator) -> [UInt8] {
    (0..<m.below(3)).flatMap { _ in record(m.bytes(1 + m.below(2)).map { m.chance(3) ? $0 : $0 % 10 }) }
      + (m.chance(4) ? m.bytes(m.below(4)) : [])
  }

  static let cifar = FuzzedReader(
    "cifar", corpus: [record([3]), record([9]) + record([0]), record([19, 99]), []],
    almostValid: lyingCifar
  ) { bytes in
    do {
      var records = CIFARRecords(labelBytes: 1 + bytes.count % 2, labelPosition: 0, classes: 10)
      let count = bytes.count / records.recordBytes
      try records.append(bytes, file: "input.bin", records: count)
      try HalfResult.require(
        records.labels.count == count && records.pixels.count == count * CIFARRecords.imageBytes
          && records.labels.allSatisfy { $0 < 10 }, "not as many images as labels")
      return .value
    } catch let error as ArrayFileError { return error.description.isEmpty ? .value : .refusal }
  }
}
