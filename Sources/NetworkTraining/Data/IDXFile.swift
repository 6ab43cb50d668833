// The IDX format of MNIST: unsigned bytes in a shape.

package import ArrayFiles

/// An array of bytes from an IDX file: two zero bytes, the type 8 of bytes, the number of dimensions, the
/// dimensions as big-endian 32-bit integers, and the elements with the last index fastest.
///
/// - Source: Y. LeCun, C. Cortes, C. J. C. Burges, The MNIST database of handwritten digits, "File formats".
package struct IDXFile {
  package let file: String
  package let shape: [Int]
  private let bytes: [UInt8]
  private let dataStart: Int

  /// - Parameter bytes: the whole decompressed file.
  /// - Parameter dimensions: how many it must have.
  /// - Throws: ``ArrayFileError`` with the offset of the first byte that is not as it must be.
  package init(_ bytes: [UInt8], file: String, dimensions: Int) throws(ArrayFileError) {
    let expected: [UInt8] = [0, 0, 8, UInt8(dimensions)]
    guard bytes.count >= 4 else {
      throw .badBytes(file: file, offset: 0, found: "\(bytes.count) bytes", expected: "the 4 of an IDX signature")
    }
    if let bad = expected.indices.first(where: { bytes[$0] != expected[$0] }) {
      let meaning = bad == 3 ? "number of dimensions" : bad == 2 ? "element type (8, bytes)" : "signature"
      throw .badBytes(file: file, offset: bad, found: "\(bytes[bad])", expected: "\(expected[bad]), the \(meaning)")
    }
    let start = 4 + 4 * dimensions
    guard bytes.count >= start else {
      throw .truncated(file: file, field: "the IDX header", expected: start, found: bytes.count)
    }
    let shape = (0..<dimensions).map { d in
      bytes[4 + 4 * d..<8 + 4 * d].reduce(0) { $0 << 8 | Int($1) }
    }
    // Three numbers below 2³² may overflow 64 bits; the file's own length bounds what is believed.
    var count = 1
    for (d, length) in shape.enumerated() {
      let (product, overflow) = count.multipliedReportingOverflow(by: length)
      guard length > 0, !overflow else {
        throw .badBytes(file: file, offset: 4 + 4 * d, found: "dimension \(length)", expected: "one that fits the file")
      }
      count = product
    }
    guard bytes.count - start >= count else {
      throw .truncated(
        file: file, field: "shape \(shape), announced at byte 4,", expected: start + count, found: bytes.count)
    }
    guard bytes.count - start == count else { throw .trailingBytes(file: file, extra: bytes.count - start - count) }
    (self.file, self.shape, self.bytes, dataStart) = (file, shape, bytes, start)
  }

  /// The elements.
  package var elements: [UInt8] { Array(bytes[dataStart...]) }

  /// The elements as labels.
  ///
  /// - Throws: ``ArrayFileError/badBytes(file:offset:found:expected:)`` for the first that is no class.
  package func labels(classes: Int) throws(ArrayFileError) -> [Int] {
    if let bad = bytes[dataStart...].firstIndex(where: { $0 >= classes }) {
      throw .badBytes(
        file: file, offset: bad, found: "label \(bytes[bad])", expected: "a label from 0 to \(classes - 1)")
    }
    return bytes[dataStart...].map { Int($0) }
  }
}
