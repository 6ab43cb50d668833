// The binary format of CIFAR: records of label bytes and three planes of 32 × 32 bytes, turned to NHWC.

package import ArrayFiles

/// Records of a CIFAR binary file, pixels already in NHWC order.
package struct CIFARRecords {
  package static let side = 32
  package static let imageBytes = 3 * side * side

  package private(set) var pixels: [UInt8] = []
  package private(set) var labels: [Int] = []
  /// How many label bytes stand before an image, and which of them counts.
  package let labelBytes: Int
  let labelPosition: Int
  let classes: Int

  package init(labelBytes: Int, labelPosition: Int, classes: Int) {
    (self.labelBytes, self.labelPosition, self.classes) = (labelBytes, labelPosition, classes)
  }

  package var recordBytes: Int { labelBytes + Self.imageBytes }

  /// Appends the records of one file.
  ///
  /// - Source: A. Krizhevsky, The CIFAR-10 dataset, "Binary version".
  /// - Parameter records: how many the file must hold; the format itself carries no count.
  /// - Throws: ``ArrayFileError`` with the offset of the label or of the record that is not as it must be.
  package mutating func append(_ bytes: [UInt8], file: String, records: Int) throws(ArrayFileError) {
    guard bytes.count == records * recordBytes else {
      let whole = bytes.count / recordBytes
      throw .badBytes(
        file: file, offset: min(bytes.count, records * recordBytes),
        found: "the end after \(bytes.count) bytes (\(whole) records and \(bytes.count - whole * recordBytes) bytes)",
        expected: "\(records) records of \(recordBytes) bytes")
    }
    for record in 0..<records {
      let offset = record * recordBytes + labelPosition
      guard bytes[offset] < classes else {
        throw .badBytes(
          file: file, offset: offset, found: "label \(bytes[offset])", expected: "a label from 0 to \(classes - 1)")
      }
      labels.append(Int(bytes[offset]))
    }
    let turned = [UInt8](unsafeUninitializedCapacity: records * Self.imageBytes) { out, initialised in
      bytes.withUnsafeBufferPointer { bytes in
        let plane = Self.side * Self.side
        for record in 0..<records {
          let source = record * recordBytes + labelBytes
          let target = record * Self.imageBytes
          for p in 0..<plane {
            for c in 0..<3 { out[target + 3 * p + c] = bytes[source + c * plane + p] }
          }
        }
      }
      initialised = records * Self.imageBytes
    }
    pixels += turned
  }
}
