// Bad input ends as an error with its cause; and the fast BLAS is the one that is linked.

import DenseLinearAlgebra
import Foundation
import Testing

@Suite("Refusals of linear algebra")
struct RefusalTests {
  @Test("non-finite entries are named by operand and place", arguments: [Double.nan, .infinity, -.infinity])
  func nonFinite(_ value: Double) {
    var a = Matrix<Double>.identity(4)
    a[2, 1] = value
    for attempt: () throws -> Void in [
      { _ = try SingularValueDecomposition(a) }, { _ = try QRDecomposition(a) }, { _ = try Cholesky(a) },
      { _ = try SymmetricEigen(a) }, { _ = try TopSingularTriplet(a) },
    ] {
      let error = #expect(throws: LinearAlgebraError.self) { try attempt() }
      #expect(error?.description.contains("[2, 1]") == true)
    }
  }

  @Test("empty, rectangular and indefinite operands are refused with their cause")
  func shapes() {
    #expect(throws: LinearAlgebraError.empty(operation: "QR", operand: "the matrix")) {
      try QRDecomposition(Matrix<Double>.zeros(0, 3))
    }
    #expect(throws: LinearAlgebraError.self) { try Cholesky(Matrix<Double>.zeros(2, 3)) }
    #expect(throws: LinearAlgebraError.notPositiveDefinite(leadingMinor: 2)) {
      try Cholesky(Matrix([[1, 2], [2, 1]]) as Matrix<Double>)
    }
  }

  @Test("a gap of 1e-14 is refused with the measured gap, a gap of 1e-10 is not")
  func gap() throws {
    let near = try TopSingularTriplet(Matrix<Double>.diagonal([1, 1 - 1e-14, 0.5]))
    let error = #expect(throws: LinearAlgebraError.self) { try near.requireSimple() }
    #expect(error?.description.contains("relative gap 9.9") == true)
    try TopSingularTriplet(Matrix<Double>.diagonal([1, 1 - 1e-10, 0.5])).requireSimple()
    #expect(throws: LinearAlgebraError.self) { try TopSingularTriplet(Matrix<Double>.zeros(3, 3)).requireSimple() }
  }

  @Test("one BLAS thread while any caller wants it, nested and after an error too")
  func oneThread() {
    struct Stopped: Error {}
    // Others may hold it at the same time, so that only what holds meanwhile can be said.
    BLASThreads.withOne {
      #expect(BLASThreads.current == 1)
      #expect(throws: Stopped.self) { try BLASThreads.withOne { throw Stopped() } }
      #expect(BLASThreads.current == 1)
    }
  }

  @Test("GEMM is OpenBLAS' own, not a reference library that slipped in front of it")
  func fastBLAS() throws {
    BLASThreads.limit(to: 1)
    let a = sample(512, 512, of: Double.self)
    let clock = ContinuousClock()
    let best = (0..<8).map { _ in clock.measure { _ = a * a } }.min()!
    let gigaflops =
      2 * 512.0 * 512 * 512 / (Double(best.components.attoseconds) * 1e-18 + Double(best.components.seconds)) / 1e9
    #expect(gigaflops > 12)
    #expect(BLASThreads.libraryDescription.contains("OpenBLAS"))
  }

  @Test(
    "LAPACK is OpenBLAS' own, and GSL's slow CBLAS is bound to nothing",
    arguments: ["dgesdd_", "dpotrf_", "cblas_dgemm"])
  func origin(_ symbol: String) throws {
    // Which library answers for the symbol in this very process: the file mapped at its address.
    let address = UInt(bitPattern: try #require(dlsym(nil, symbol), "\(symbol) is not linked"))
    // A file of no size, so it is read to its end and not by its length.
    let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: "/proc/self/maps"))
    let maps = String(decoding: try #require(try handle.readToEnd()), as: UTF8.self)
    let line = maps.split(separator: "\n").first { line in
      let bounds = line.prefix { $0 != " " }.split(separator: "-").compactMap { UInt($0, radix: 16) }
      return bounds.count == 2 && bounds[0] <= address && address < bounds[1]
    }
    let file = try #require(line?.split(separator: " ").last)
    #expect(file.contains("openblas"), "\(symbol) comes from \(file)")
  }
}
