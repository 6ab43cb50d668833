// The dense Hessians against the quadratic forms of Lemma 13, finite differences of the decomposition, and refusals.

import DenseLinearAlgebra
import LipschitzDynamics
import Testing
import VerificationKit

private func random(_ m: Int, _ n: Int, _ seed: UInt64) -> Matrix<Double> {
  var state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1
  return Matrix(rows: m, columns: n) { _, _ in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Double(Int32(truncatingIfNeeded: state >> 33)) / Double(Int32.max)
  }
}

@Suite("Dense Hessians of singular values")
struct SingularValueHessiansTests {
  @Test(
    "they reproduce the quadratic form along any direction, for every k",
    arguments: [(6, 10), (10, 6), (5, 5), (1, 4), (4, 1), (7, 3)])
  func quadraticForm(_ m: Int, _ n: Int) throws {
    let thetas = (1...5).map { random(m, n, UInt64($0)) }
    let hessians = try SingularValueHessians(thetas, threads: 2)
    for (t, theta) in thetas.enumerated() {
      for k in 0..<min(m, n) {
        let point = try SpectralPoint(theta, index: k)
        let h = hessians.hessian(of: t, k)
        for direction in 0..<4 {
          let e = random(m, n, UInt64(100 + direction))
          let form = e.vec.dot(h * e.vec)
          let expected = OperatorNormHessian.spectral(point, e)
          #expect(abs(form - expected) <= 1e-12 * h.frobeniusNorm * e.vec.dot(e.vec))
        }
        #expect((h - h.transposed).frobeniusNorm <= 1e-14 * h.frobeniusNorm)
        // σ_k is homogeneous of degree one, so θ is in the kernel.
        #expect((h * theta.vec).norm <= 1e-12 * h.frobeniusNorm * theta.frobeniusNorm)
      }
    }
    #expect(hessians.values == (try thetas.flatMap { try SingularValueDecomposition($0, .full).values.elements }))
  }

  @Test("they are the second differences of LAPACK's singular values")
  func differences() throws {
    let theta = Matrix<Double>.diagonal([3, 2, 1], rows: 3, columns: 4) + 0.1 * random(3, 4, 3)
    let hessians = try SingularValueHessians([theta])
    let step = 1e-3
    func sigma(_ k: Int, _ i: Int, _ x: Double, _ j: Int, _ y: Double) throws -> Double {
      var moved = theta
      moved.elements[i] += x
      moved.elements[j] += y
      return try SingularValueDecomposition(moved).values[k]
    }
    for k in 0..<3 {
      let h = hessians.hessian(of: 0, k)
      for i in 0..<12 {
        for j in 0..<12 {
          let corners =
            try sigma(k, i, step, j, step) - sigma(k, i, step, j, -step) - sigma(k, i, -step, j, step)
            + sigma(k, i, -step, j, -step)
          #expect(abs(corners / (4 * step * step) - h[i, j]) < 2e-5)
        }
      }
    }
  }

  @Test("other singular values may be equal, or zero, or surplus: nothing but distances from σ_k is divided by")
  func degenerate() throws {
    let q = try QRDecomposition(random(6, 6, 1)).q
    let p = try QRDecomposition(random(10, 10, 2)).q
    let theta = q * .diagonal([3, 1, 1, 1, 0, 0], rows: 6, columns: 10) * p.transposed
    let hessians = try SingularValueHessians([theta], indices: [0])
    let h = hessians.hessian(of: 0, 0)
    // 1/(σ₁ ∓ σᵢ), 1/σ₁ |m − n| times, and 0 twice for each remaining pair.
    let spectrum = (0..<3).flatMap { _ in [1 / 2.0, 1 / 4.0] } + [Double](repeating: 1 / 3.0, count: 8)
    let expected = ([Double](repeating: 0, count: 60 - spectrum.count) + spectrum).sorted()
    let found = try SymmetricEigen(h).values.elements
    #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-13 })
  }

  @Test("a multiple or vanishing σ_k is refused by name, and the other indices are not")
  func refusals() throws {
    let good = random(3, 4, 1)
    let multiple = Matrix<Double>.diagonal([2, 1, 1], rows: 3, columns: 4)
    let error = #expect(throws: LinearAlgebraError.self) { try SingularValueHessians([good, multiple], threads: 2) }
    guard case .singularValueNotSimple(matrix: 1, k: 1, _, _, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(try SingularValueHessians([good, multiple], indices: [0]).elements.allSatisfy(\.isFinite))
    let singular = Matrix<Double>.diagonal([2, 1, 0], rows: 3, columns: 4)
    #expect(throws: LinearAlgebraError.self) { try SingularValueHessians([singular], indices: [2]) }
    #expect(try SingularValueHessians([singular], indices: [0, 1]).elements.allSatisfy(\.isFinite))
    #expect(throws: HypothesisViolation.self) { try SingularValueHessians([good], indices: [3]) }
    #expect(throws: LinearAlgebraError.self) { try SingularValueHessians([]) }
    #expect(throws: LinearAlgebraError.self) { try SingularValueHessians([good, good.transposed]) }
    var bad = good
    bad[1, 1] = .infinity
    #expect(throws: LinearAlgebraError.self) { try SingularValueHessians([good, bad]) }
  }
}
