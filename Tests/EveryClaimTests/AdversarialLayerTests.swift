// Derivatives of the operator norm and a layer's coefficients at matrices at the ends of the range of numbers, judged by
// the closed form in ball arithmetic: θ is a diagonal between signed permutations, so its triplets are known exactly.

import DenseLinearAlgebra
import ExactArithmetic
import Foundation
import LipschitzDynamics
import NetworkTraining
import Testing
import VerificationKit

@Suite("Adversarial layers")
struct AdversarialLayerTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let name: String
    let sigma: [Double]
    let (rows, columns): (Int, Int)
    /// Size of the direction E.
    let size: Double
    var testDescription: String { name }

    init(_ name: String, _ sigma: [Double], _ rows: Int, _ columns: Int, size: Double) {
      (self.name, self.sigma, self.rows, self.columns, self.size) = (name, sigma, rows, columns, size)
    }

    private func sign(_ i: Int) -> Double { i % 2 == 0 ? -1 : 1 }

    /// P diag(σ) Q with P a reversal and Q a reversal, both with signs.
    var theta: Matrix<Double> {
      Matrix(rows: rows, columns: columns) { i, j in
        let (k, l) = (rows - 1 - i, columns - 1 - j)
        return k == l && k < sigma.count ? sign(k) * sigma[k] : 0
      }
    }

    var e: Matrix<Double> {
      Matrix(rows: rows, columns: columns) { i, j in size * sin(Double(3 * i + 5 * j + 1)) }
    }

    /// a_i = u_iᵀEv_1 and b_j = u_1ᵀEv_j, exactly; u_k = sign e_{m−1−k}, v_k = e_{n−1−k}.
    var coordinates: (a: [Double], b: [Double]) {
      let e = e
      return (
        (0..<rows).map { sign($0) * e[rows - 1 - $0, columns - 1] },
        (0..<columns).map { sign(0) * e[rows - 1, columns - 1 - $0] }
      )
    }

    /// D²σ₁[E, E].
    var curvature: Ball {
      func ball(_ x: Double) -> Ball {
        let two = Ball(Rational(2), precision: 5000)
        let m = Ball(Rational(x == 0 ? 0 : Int(x.significand * 0x1p52) * (x < 0 ? -1 : 1)), precision: 5000)
        return x == 0 ? m : m * two.power(Rational(Int(x.exponent) - 52))
      }
      let (a, b) = coordinates
      let s = (0..<max(rows, columns)).map { ball($0 < sigma.count ? sigma[$0] : 0) }
      var sum = ball(0)
      for i in 1..<max(rows, columns, 1) {
        let (x, y) = (ball(i < rows ? a[i] : 0), ball(i < columns ? b[i] : 0))
        sum = sum + (s[0] * (x * x + y * y) + ball(2) * s[i] * x * y) / (s[0] * s[0] - s[i] * s[i])
      }
      return sum
    }
  }

  static let cases = [
    Case("moderate", [2, 1, 0.5], 3, 4, size: 1),
    Case("σ at 1e300", [2e300, 1e300, 1e299], 4, 3, size: 1e300),
    Case("σ at 1e-300, E at 1e-170", [2e-300, 1e-300], 2, 3, size: 1e-170),
    Case("σ at 1e-200", [3e-200, 1e-200, 1e-220], 3, 3, size: 1e-200),
    Case("a gap of 1e-6", [1, 1 - 1e-6, 0.1], 3, 3, size: 1),
    Case("a gap of 1e-10", [1, 1 - 1e-10, 0.1], 5, 3, size: 1),
    Case("graded over 300 powers of ten", [1, 1e-150, 1e-300], 3, 3, size: 1),
    Case("rank one", [3, 0, 0], 3, 5, size: 1),
    Case("1 × n", [2], 1, 6, size: 0.1),
    Case("n × 1", [2e-160], 6, 1, size: 1e-160),
    Case("1 × 1", [5], 1, 1, size: 1),
    Case("subnormal", [0x1p-1060, 0x1p-1065], 2, 2, size: 0x1p-1060),
  ]

  @Test("the Jacobian and three forms of the Hessian", arguments: cases)
  func derivatives(_ c: Case) throws {
    let triplet = try TopSingularTriplet(c.theta)
    #expect(triplet.sigma == c.sigma[0])
    let jacobian = OperatorNormJacobian.jacobian(at: triplet)
    for i in 0..<c.rows {
      for j in 0..<c.columns {
        let exact: Double = i == c.rows - 1 && j == c.columns - 1 ? -1 : 0
        #expect(abs(jacobian[i, j] - exact) <= 8 * Double.ulpOfOne, "J[\(i), \(j)] = \(jacobian[i, j])")
      }
    }
    let point = try SpectralPoint(c.theta)
    let exact = c.curvature
    // The stated accuracy: u σ₁/gap, of terms that may cancel by no more than their number.
    let gap = 1 - (c.sigma.count > 1 ? c.sigma[1] / c.sigma[0] : 0)
    let bound = 64 * Double.ulpOfOne / gap * exact.approximation.magnitude + Double.leastNormalMagnitude
    for (name, value) in [
      ("Kronecker", OperatorNormHessian.kronecker(point, c.e)), ("spectral", OperatorNormHessian.spectral(point, c.e)),
      ("resolvent", try OperatorNormHessian.resolvent(point, c.e)),
    ] {
      #expect(abs(value - exact.approximation) <= bound, "\(name): \(value), not \(exact.description(digits: 17))")
    }
  }

  @Test(
    "a layer's μ, κ, λ² scale as they must, from 1e-150 to 1e150",
    arguments: [1.0, 0x1p-500, 0x1p500, 0x1p-900, 0x1p900])
  func coefficients(_ scale: Double) throws {
    func layer(_ scale: Double) throws -> LayerCoefficients {
      let weights = Matrix<Double>(rows: 5, columns: 4) { scale * sin(Double(2 * $0 + 3 * $1 * $1 + 1)) }
      let samples = (0..<6).map { s in
        Matrix<Double>(rows: 5, columns: 4) { scale * cos(Double(s * s + 3 * $0 + $1)) }
      }
      return LayerCoefficients(
        try LayerPoint(
          weights: weights, sample: DenseGradients(samples), noise: .batchEstimate, learningRate: 0.125
        ).projections(), learningRate: 0.125)
    }
    let (one, scaled) = (try layer(1), try layer(scale))
    // All are relative to σ₁, so a common power of two changes nothing but round-off.
    for (name, value) in [
      ("μ", \LayerCoefficients.mu), ("κ", \.kappa), ("λ²", \.lambdaSquared), ("discrete step", \.discreteStep),
    ] {
      let (a, b) = (one[keyPath: value], scaled[keyPath: value])
      #expect(abs(a - b) <= 1e-12 * abs(a), "\(name): \(b) at scale \(scale), \(a) at 1")
    }
  }

  @Test("what has no derivative is refused")
  func refusals() throws {
    let sample = DenseGradients((0..<3).map { s in Matrix<Double>(rows: 3, columns: 3) { Double($0 + $1 * s) } })
    for theta in [
      Matrix<Double>.zeros(3, 3), .identity(3), .diagonal([1, 1.0.nextDown, 0.5]), .diagonal([.nan, 1, 2]),
      .diagonal([.infinity, 1, 2]), .diagonal([0x1p-1074, 0x1p-1074, 0]),
    ] {
      #expect(throws: (any Error).self) { try SpectralPoint(theta) }
      #expect(throws: (any Error).self) {
        try LayerPoint(weights: theta, sample: sample, noise: .batchEstimate, learningRate: 0.1).projections()
      }
    }
    var broken = (0..<3).map { s in Matrix<Double>(rows: 3, columns: 3) { Double($0 + $1 * s) } }
    for bad in [Double.nan, .infinity] {
      broken[1][2, 0] = bad
      // Gradients are data of the caller's, checked where they are read; what is no number stays visible.
      let projections = try LayerPoint(
        weights: .diagonal([3, 2, 1]), sample: DenseGradients(broken), noise: .batchEstimate, learningRate: 0.1
      ).projections()
      #expect(!projections.noiseNorm.isFinite && !projections.noiseCurvature.isFinite, "a gradient of \(bad)")
    }
  }
}
