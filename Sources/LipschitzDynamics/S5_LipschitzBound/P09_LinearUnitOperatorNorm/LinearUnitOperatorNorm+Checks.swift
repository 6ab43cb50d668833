// The bounds against explicit matrices of convolutions, against Fourier blocks, and against directions that attain them.

internal import DenseLinearAlgebra
private import Glibc
internal import RandomStreams
public import VerificationKit

extension LinearUnitOperatorNorm {
  private static let convolutionOnly = [
    "the largest row sum for the operator norm": "only convolutions are examined here"
  ]
  private static let denseOnly: [String: String] = Dictionary(
    uniqueKeysWithValues: mutants.map(\.name).filter { !$0.contains("row sum") && !$0.contains("Frobenius") }
      .map { ($0, "a dense unit has neither patches nor stride") })

  public static let checks: [Check<Subject>] = [
    .roundOffIdentity("dense units by power iteration on θᵀθ", blindTo: denseOnly) {
      bounds, setting in
      // One problem for all seeds: a seed with two nearly equal singular values would stop the iteration short.
      let generator = setting.problem("dense")
      return try [(3, 5), (6, 4)].flatMap { m, n -> [NumericIdentity] in
        let theta = Matrix(rows: m, columns: n) { _, _ in generator.gaussian() }
        let claimed = try bounds(.dense(theta))
        // Power iteration on θᵀθ from a random start: no decomposition. The norm's error is of second order in x's.
        var x = Vector((0..<n).map { _ in generator.gaussian() }).normalized
        var change = Double.infinity
        while change > Double.ulpOfOne.squareRoot() / 16 {
          let next = theta.transposedTimes(theta * x).normalized
          (change, x) = ((next - x).norm, next)
        }
        let attained = (theta * x).norm
        return [
          NumericIdentity("\(m) x \(n), lower", claimed: claimed.lowerBound, expected: attained, operations: 16 * n),
          NumericIdentity("\(m) x \(n), upper", claimed: claimed.upperBound, expected: attained, operations: 16 * n),
        ]
      }
    },
    Check("explicit matrices of convolutions lie within the bounds", .roundOff, blindTo: convolutionOnly) {
      bounds, trial in
      let generator = trial.setting.generator("kernels")
      var closest = 0.0
      var count = 0
      for (size, stride, padding, side) in [
        (3, 1, Convolution.Padding.zero(1), 6), (3, 2, .zero(1), 7), (3, 1, .circular, 5), (2, 1, .zero(0), 4),
        (3, 3, .zero(0), 6), (4, 3, .zero(2), 7), (1, 1, .zero(0), 3), (3, 2, .circular, 6), (4, 2, .circular, 4),
        (3, 3, .circular, 6),
      ] {
        for isConstant in [false, true] {
          // A random kernel, and the constant one, whose patches add up: the upper bound's hardest case.
          let kernel = Matrix<Double>(rows: 2, columns: 3 * size * size) { _, _ in isConstant ? 1 : generator.gaussian()
          }
          let convolution = try Convolution(
            reshapedKernel: kernel, inputs: 3, size: size, stride: stride, padding: padding, height: side, width: side)
          let norm = try SingularValueDecomposition(convolution.explicitMatrix).values[0]
          let claimed = try bounds(.convolution(convolution))
          let slack = roundOff(convolution, norm)
          let place = "\(size) x \(size), stride \(stride), \(padding), \(isConstant ? "constant" : "random") kernel"
          guard claimed.lowerBound <= norm + slack, norm <= claimed.upperBound + slack else {
            return .refuted(
              Counterexample(
                at: place, claimed: "\(claimed.lowerBound) ≤ ‖conv‖ ≤ \(claimed.upperBound)", found: "\(norm)"))
          }
          closest = max(closest, norm / claimed.upperBound)
          count += 1
        }
      }
      return .supported(
        ErrorBudget(
          .roundOff, fractionUsed: 0,
          summary: "\(count) convolutions within their bounds; the upper one is attained to \(Int(100 * closest)) %"))
    },
    .exactIdentity("patches that share a pixel, counted one by one", blindTo: countOnly) { bounds, _ in
      // ‖conv x‖² ≤ σ₁(R)² Σ‖patch‖², and Σ‖patch‖² counts every pixel as often as patches hold it.
      try (1...5).flatMap { size in
        try (1...4).map { stride in
          let side = 4 * size * stride
          let counts = (0..<side).map { pixel in
            Swift.stride(from: 0, through: side - size, by: stride).count { $0 <= pixel && pixel < $0 + size }
          }
          let convolution = try Convolution(
            reshapedKernel: Matrix<Double>(rows: 1, columns: size * size) { _, _ in 1 }, inputs: 1, size: size,
            stride: stride, padding: .zero(0), height: side, width: side)
          return Identity(
            "k = \(size), s = \(stride)", claimed: try bounds(.convolution(convolution)).multiplicity,
            expected: counts.max() ?? 0)
        }
      }
    },
    Check("circular convolutions by Fourier blocks (Sedghi, Gupta, Long 2019)", .roundOff, blindTo: fourier) {
      bounds, trial in
      let generator = trial.setting.problem("fourier")
      var used = 0.0
      for (side, isConstant) in [(4, false), (5, false), (5, true)] {
        // The constant kernel attains the upper bound, at frequency zero.
        let kernel = Matrix<Double>(rows: 2, columns: 2 * 9) { _, _ in isConstant ? 1 : generator.gaussian() }
        let convolution = try Convolution(
          reshapedKernel: kernel, inputs: 2, size: 3, padding: .circular, height: side, width: side)
        let fourier = try fourierNorm(convolution)
        let explicit = try SingularValueDecomposition(convolution.explicitMatrix).values[0]
        let slack = roundOff(convolution, explicit)
        guard abs(fourier - explicit) <= slack else {
          return .inconclusive("the two oracles differ: \(fourier) and \(explicit)")
        }
        let claimed = try bounds(.convolution(convolution))
        guard claimed.lowerBound <= fourier + slack, fourier <= claimed.upperBound + slack else {
          return .refuted(
            Counterexample(
              at: "\(side) x \(side) torus", claimed: "\(claimed.lowerBound) ≤ ‖conv‖ ≤ \(claimed.upperBound)",
              found: "\(fourier)"))
        }
        used = max(used, fourier / claimed.upperBound)
      }
      return .supported(
        ErrorBudget(
          .roundOff, fractionUsed: 0,
          summary: "Fourier blocks agree with explicit matrices; ‖conv‖ up to \(Int(100 * used)) % of the bound"))
    },
  ]

  private static let countOnly = convolutionOnly.merging([
    "the Frobenius norm for the operator norm": "only the number of shared patches is counted",
    "√⌈k/s⌉ for ⌈k/s⌉": "only the number of shared patches is counted",
    "⌈k/s⌉σ₁(R) as a lower bound": "only the number of shared patches is counted",
  ]) { a, _ in a }
  private static let fourier = convolutionOnly.merging([
    "the Frobenius norm for the operator norm": "this interval, too, holds these norms",
    "⌊k/s⌋ for ⌈k/s⌉": "⌊3/1⌋ = ⌈3/1⌉",
  ]) { a, _ in a }

  public static let boundaries = [
    Boundary(
      "σ₁ of the reshaped kernel as the norm of a convolution", drops: denseUnit,
      remedy: "report both norms; the reshaped kernel's dynamics μ, κ, λ are right for σ₁(R), and ‖conv‖ shifts Z only"
    ) { _ in
      let convolution = try Convolution(
        reshapedKernel: Matrix<Double>(rows: 1, columns: 9) { _, _ in 1 }, inputs: 1, size: 3, padding: .zero(1),
        height: 8,
        width: 8)
      let norm = try SingularValueDecomposition(convolution.explicitMatrix).values[0]
      let sigma = try SingularValueDecomposition(convolution.reshapedKernel).values[0]
      guard norm > sigma + roundOff(convolution, norm) else {
        return .inconclusive("‖conv‖ = \(norm), σ₁(R) = \(sigma)")
      }
      return .refuted(
        Counterexample(
          at: "3 x 3 kernel of ones, stride 1, padding 1, 8 x 8 image", claimed: "‖conv‖ = σ₁(R) = \(sigma)",
          found: "‖conv‖ = \(norm)"))
    },
    Boundary(
      "a kernel larger than its image", drops: wholePatch,
      remedy: "use the lower bound only where some output sees a whole patch and no padding"
    ) { _ in
      // A 3 x 3 kernel that is zero but at a corner, on one pixel with padding 1: the corner never meets the pixel.
      let kernel = Matrix<Double>(rows: 1, columns: 9) { _, j in j == 0 ? 1 : 0 }
      let convolution = try Convolution(
        reshapedKernel: kernel, inputs: 1, size: 3, padding: .zero(1), height: 1, width: 1)
      let norm = try SingularValueDecomposition(convolution.explicitMatrix).values[0]
      let sigma = try SingularValueDecomposition(kernel).values[0]
      guard norm < sigma - roundOff(convolution, sigma) else {
        return .inconclusive("‖conv‖ = \(norm), σ₁(R) = \(sigma)")
      }
      return .refuted(
        Counterexample(
          at: "corner kernel on one pixel", claimed: "‖conv‖ ≥ σ₁(R) = \(sigma)", found: "‖conv‖ = \(norm)"))
    },
  ]

  /// A decomposition of a matrix of this order is right to a few units of round-off a row.
  private static func roundOff(_ c: Convolution, _ norm: Double) -> Double {
    64 * Double.ulpOfOne * norm * Double(c.height * c.width)
  }

  /// max over frequencies of σ₁ of the c_out x c_in transfer matrix A + iB, as half of the spectrum of [[A, −B], [B, A]].
  private static func fourierNorm(_ c: Convolution) throws -> Double {
    var largest = 0.0
    for p in 0..<c.height {
      for q in 0..<c.width {
        var (a, b) = (Matrix<Double>.zeros(c.outputs, c.inputs), Matrix<Double>.zeros(c.outputs, c.inputs))
        for o in 0..<c.outputs {
          for k in 0..<c.inputs {
            for i in 0..<c.size {
              for j in 0..<c.size {
                let phase = 2 * Double.pi * (Double(p * i) / Double(c.height) + Double(q * j) / Double(c.width))
                let weight = c.reshapedKernel[o, (k * c.size + i) * c.size + j]
                a[o, k] += weight * cos(phase)
                b[o, k] += weight * sin(phase)
              }
            }
          }
        }
        let (m, n) = (c.outputs, c.inputs)
        let real = Matrix<Double>(rows: 2 * m, columns: 2 * n) { i, j in
          switch (i < m, j < n) {
          case (true, true): a[i, j]
          case (true, false): -b[i, j - n]
          case (false, true): b[i - m, j]
          case (false, false): a[i - m, j - n]
          }
        }
        largest = max(largest, try SingularValueDecomposition(real).values[0])
      }
    }
    return largest
  }
}
