// The .npy format: files that NumPy wrote, every type in both orders, and every refusal.

import ArrayFiles
import DenseLinearAlgebra
import Testing

@Suite struct NPYTests {
  @Test func readsFilesOfNumPy() throws {
    let fortran = try NumericArray(npy: Fixture.bigEndianFortran, file: "f")
    #expect(fortran == NumericArray(shape: [2, 3], [0, 1, 2, 3, 4, 5] as [Float]))
    #expect(try fortran.matrix() == Matrix<Double>([[0, 1, 2], [3, 4, 5]]))
    #expect(try NumericArray(npy: Fixture.versionTwo, file: "f") == NumericArray(shape: [2], [1.5, -2]))
    let three = try NumericArray(npy: Fixture.versionThree, file: "f")
    #expect(three.elementType == .int16)
    #expect(try three.indices() == [[1, -2]])
  }

  @Test(arguments: ElementType.allCases) func everyTypeSurvivesBothOrders(type: ElementType) throws {
    let count = 24
    // Bytes that make distinct, finite values of every type; booleans are 0 or 1.
    var data = (0..<count * type.size).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) & 0x3F }
    if type == .bool { data = data.map { $0 & 1 } }
    let header = "{'descr': '\(type.descriptor)', 'fortran_order': False, 'shape': (2, 3, 4), }\n"
    let original = try NumericArray(npy: Fixture.npy(header, data: data), file: "f")
    #expect(original.elementType == type)
    for fortranOrder in [false, true] {
      let bytes = original.npy(fortranOrder: fortranOrder)
      #expect((bytes.count - data.count) % 64 == 0)
      #expect(try NumericArray(npy: bytes, file: "f") == original)
    }
    // Big-endian: the same numbers from the reversed bytes of each element.
    let swapped = stride(from: 0, to: data.count, by: type.size).flatMap { data[$0..<$0 + type.size].reversed() }
    let big = header.replacing("<", with: ">").replacing("|", with: ">")
    #expect(try NumericArray(npy: Fixture.npy(big, data: swapped), file: "f") == original)
  }

  @Test func extremesOfIntegersAreExact() throws {
    let header = "{'shape': (2,), 'descr': \"<i8\", 'fortran_order': False}"
    let data = [UInt8](repeating: 0xFF, count: 7) + [0x7F] + [UInt8](repeating: 0, count: 7) + [0x80]
    let array = try NumericArray(npy: Fixture.npy(header, data: data), file: "f")
    #expect(try array.integers() == [Int.max, Int.min])
    let unsigned = try NumericArray(npy: Fixture.npy(header.replacing("i8", with: "u8"), data: data), file: "f")
    #expect(throws: ArrayFileError.self) { try unsigned.integers() }
    #expect(unsigned.doubles == [0x1p63, 0x1p63])
  }

  @Test func conversionsFollowShapes() throws {
    let stack = [Matrix<Double>([[1, 2, 3], [4, 5, 6]]), Matrix<Double>([[7, 8, 9], [10, 11, 12]])]
    let array = NumericArray(stack: stack)
    #expect(array.shape == [2, 2, 3])
    #expect(array.doubles == (1...12).map(Double.init))
    #expect(try array.stack() == stack)
    #expect(try array.stack(as: Float.self)[1][1, 2] == 12)
    #expect(try NumericArray(stack[0]).matrix() == stack[0])
    #expect(try NumericArray(Vector<Float>([1, 2])).vector(as: Float.self) == [1, 2])
    #expect(try NumericArray(shape: [2, 2], [0, 1, 2, 3.0]).indices() == [[0, 1], [2, 3]])
    #expect(try NumericArray(shape: [0, 4], [Double]()).matrix().shape == "0 x 4")
    #expect(NumericArray(Matrix<Double>.zeros(0, 4)).elementType == .float64)
    #expect(throws: ArrayFileError.notIntegral(file: "array", index: 1, value: 0.5)) {
      try NumericArray(shape: [2], [1, 0.5]).indices()
    }
    #expect(throws: ArrayFileError.self) { try NumericArray(shape: [4], [1.0, 2, 3, 4]).stack() }
    #expect(throws: ArrayFileError.self) { try array.matrix() }
    #expect(throws: ArrayFileError.self) { try array.vector() }
    #expect(throws: ArrayFileError.self) { try NumericArray(shape: [1], [Double.nan]).integers() }
  }

  @Test func hugeEmptyShapesCostNothing() throws {
    let header = "{'descr': '<f8', 'fortran_order': True, 'shape': (1152921504606846976, 0), }"
    let array = try NumericArray(npy: Fixture.npy(header), file: "f")
    #expect(array.count == 0)
    #expect(try array.indices().isEmpty)
    #expect(throws: ArrayFileError.self) { try array.matrix() }
  }

  @Test(arguments: [
    ("{'descr': '|O', 'fortran_order': False, 'shape': (2,), }", "pickled"),
    ("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,), }", "several fields"),
    ("{'descr': '<c16', 'fortran_order': False, 'shape': (1,), }", "complex"),
    ("{'descr': '<f2', 'fortran_order': False, 'shape': (1,), }", "float32 and float64"),
    ("{'descr': '<f8', 'fortran_order': False, 'shape': (9223372036854775807, 9), }", "more elements than memory"),
    ("{'descr': '<f8', 'fortran_order': False, 'shape': (4000000000,), }", "needs 32000000000 bytes and 8"),
    ("{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,), }", "does not fit"),
    ("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }", "non-negative"),
    ("{'descr': '<f8', 'fortran_order': False, 'shape': ((1,),), }", "not an integer"),
    ("{'descr': '<f8', 'fortran_order': False, 'shape': (), 'shape': (), }", "twice"),
    ("{'descr': '<f8', 'fortran_order': False, 'shape': (), 'extra': 1}", "not a key"),
    ("{'descr': '<f8', 'fortran_order': 0, 'shape': ()}", "True or False"),
    ("{'descr': '<f8', 'fortran_order': False}", "not a tuple"),
    ("{'fortran_order': False, 'shape': ()}", "descr: is missing"),
    ("{'descr': '<f8', 'fortran_order': False, 'shape': ()} x", "followed"),
    ("{'descr': '<f8", "closing quote"),
    ("", "opening brace"),
    ("{'descr': '<f8', 'fortran_order': False, 'shape': (3,)", "comma or a closing brace"),
    ("{'descr': '<i4', 'fortran_order': False, 'shape': (1,)}", "4 bytes follow"),
  ])
  func headersAreHeldAgainstTheData(header: String, message: String) throws {
    let refusal = try #require(Fixture.refusal(Fixture.npy(header, data: [UInt8](repeating: 0, count: 8))))
    #expect(refusal.description.contains(message), "\(refusal)")
    #expect(refusal.description.hasPrefix("f.npy: ") && !refusal.description.contains("\n"))
  }

  @Test func truncationIsFoundAtEveryLength() {
    for length in 0..<Fixture.versionTwo.count {
      #expect(Fixture.refusal(Array(Fixture.versionTwo[..<length])) != nil)
    }
  }

  @Test func damagedFilesAreRefusedOrRead() {
    var corruption = Corruption(state: 1)
    var (read, refused) = (0, 0)
    for _ in 0..<6000 {
      for original in [Fixture.bigEndianFortran, Fixture.versionTwo, Fixture.versionThree] {
        do {
          let array = try NumericArray(npy: corruption.damage(original), file: "f")
          _ = (array.doubles, array.npy(fortranOrder: true), try? array.matrix(), try? array.indices())
          read += 1
        } catch { refused += 1 }
      }
    }
    #expect(read > 100 && refused > 100, "\(read) read and \(refused) refused: the damage is too weak or too strong")
  }
}
