// Proposition 9: the operator norm of a linear unit, dense or convolutional.

public import DenseLinearAlgebra
public import VerificationKit

/// Proposition 9: the operator norm of a dense unit, and two-sided bounds for a convolution's.
public enum LinearUnitOperatorNorm: Claim {
  public static let source = Source.luo2025("Proposition 9")
  public static let statement = Statement(
    "‖x ↦ θx + b‖ = σ₁(θ);  for a k × k convolution of stride s: σ₁(R) ≤ ‖conv‖ ≤ ⌈k/s⌉ σ₁(R)",
    meaning: """
      A dense unit has the operator norm of its matrix. A convolution's kernel reshaped to c_out x c_in·k² gives bounds \
      only: from below if a whole patch fits into the image, from above by how many patches share a pixel.
      """,
    hypotheses: [denseUnit, wholePatch],
    differsFromPrint: """
      a convolution gets the two-sided bound, not equality with σ₁ of the reshaped kernel. Equality is right if θ is read \
      as the convolution's explicit matrix; but Lemmas 12 and 13 differentiate by the entries of θ as free parameters, and \
      those of a convolution are its kernel's
      """)
  static let denseUnit = Hypothesis.contradicted(
    "the unit is a matrix product; for a convolution σ₁(R) is not its norm")
  static let wholePatch = Hypothesis.own("the image holds at least one whole patch, for the lower bound")

  /// The function under test: a unit to the interval that must hold its operator norm.
  public typealias Subject = @Sendable (LinearUnit) throws -> NormBounds
  public static let subject: Subject = { try $0.normBounds() }
}

/// A linear unit of a network: x ↦ θx, or a convolution.
public enum LinearUnit: Sendable {
  /// A matrix product with θ, shape [m, n].
  case dense(Matrix<Double>)
  /// A convolution, as a map between whole images.
  case convolution(Convolution)

  /// The interval that holds the operator norm: a point for a dense unit.
  ///
  /// - Source: Proposition 9, arXiv 2506.18588, corrected for convolutions.
  /// - Returns: bounds in the unit of the weights.
  /// - Throws: `LinearAlgebraError` on empty or non-finite weights.
  public func normBounds() throws -> NormBounds {
    switch self {
    case .dense(let theta):
      let sigma = try SingularValueDecomposition(theta).values[0]
      return NormBounds(lowerBound: sigma, upperBound: sigma, multiplicity: 1)
    case .convolution(let c):
      let sigma = try SingularValueDecomposition(c.reshapedKernel).values[0]
      let multiplicity = c.patchesPerPixelAndAxis
      return NormBounds(
        lowerBound: c.holdsWholePatch ? sigma : 0, upperBound: sigma * Double(multiplicity), multiplicity: multiplicity)
    }
  }
}

/// An interval that holds an operator norm.
public struct NormBounds: Sendable, Equatable {
  /// What the norm is at least; zero where no output sees a whole patch.
  public let lowerBound: Double
  /// What the norm is at most; equal to ``lowerBound`` for a dense unit.
  public let upperBound: Double
  /// How many patches along one axis share a pixel: the integer that the upper bound is multiplied by.
  public let multiplicity: Int

  /// An interval from its ends.
  ///
  /// - Parameters:
  ///   - lowerBound: in the unit of the weights.
  ///   - upperBound: in the unit of the weights.
  ///   - multiplicity: the integer between the two for convolutions, 1 for dense units.
  public init(lowerBound: Double, upperBound: Double, multiplicity: Int) {
    self.lowerBound = lowerBound
    self.upperBound = upperBound
    self.multiplicity = multiplicity
  }
}

/// A two-dimensional convolution with square kernel on images of a fixed size.
public struct Convolution: Sendable {
  /// What lies beyond the image's border.
  public enum Padding: Sendable, Equatable {
    /// Zeros on every side.
    case zero(Int)
    /// The image continues periodically; the stride divides its sides, and the output is smaller by it.
    case circular
  }

  /// c_out, the channels of the output.
  public let outputs: Int
  /// c_in, the channels of the image.
  public let inputs: Int
  /// k, the side of the square kernel in pixels.
  public let size: Int
  /// s, the pixels from one patch to the next.
  public let stride: Int
  /// What lies beyond the border of the image.
  public let padding: Padding
  /// Rows of the image, in pixels.
  public let height: Int
  /// Columns of the image, in pixels.
  public let width: Int
  /// R; shape [c_out, c_in·k²], columns ordered by channel, then row, then column of the kernel.
  public let reshapedKernel: Matrix<Double>

  /// - Throws: `HypothesisViolation` naming a size that does not fit.
  public init(
    reshapedKernel: Matrix<Double>, inputs: Int, size: Int, stride: Int = 1, padding: Padding, height: Int, width: Int
  ) throws(HypothesisViolation) {
    try HypothesisViolation.require(
      inputs >= 1 && size >= 1 && reshapedKernel.columns == inputs * size * size, field: "kernel",
      value: reshapedKernel.shape, "c_out x c_in·k² = ? x \(inputs)·\(size)²")
    try HypothesisViolation.require(stride >= 1, field: "stride", value: stride, "at least 1")
    switch padding {
    case .zero(let p):
      try HypothesisViolation.require(p >= 0, field: "padding", value: p, "at least 0")
      try HypothesisViolation.require(
        min(height, width) >= 1 && min(height, width) + 2 * p >= size, field: "image", value: "\(height) x \(width)",
        "large enough for one output with padding \(p)")
    case .circular:
      try HypothesisViolation.require(
        height % stride == 0 && width % stride == 0, field: "stride", value: stride,
        "a divisor of the image's sides \(height) and \(width) for circular padding")
      try HypothesisViolation.require(
        height >= size && width >= size, field: "image", value: "\(height) x \(width)", "at least the kernel's size")
    }
    (outputs, self.inputs, self.size, self.stride) = (reshapedKernel.rows, inputs, size, stride)
    (self.padding, self.height, self.width, self.reshapedKernel) = (padding, height, width, reshapedKernel)
  }

  /// Whether some output sees a whole patch of the image and no padding.
  public var holdsWholePatch: Bool {
    guard case .zero(let pad) = padding else { return true }
    func holds(_ length: Int) -> Bool {
      Swift.stride(from: -pad, through: length + pad - size, by: stride).contains { $0 >= 0 && $0 + size <= length }
    }
    return holds(height) && holds(width)
  }

  /// ⌈k/s⌉: how many patches along one axis share a pixel.
  public var patchesPerPixelAndAxis: Int { (size + stride - 1) / stride }

  /// The convolution as a matrix on vec(image), channel by channel, row by row: for small images.
  ///
  /// - Returns: shape [c_out · h_out · w_out, c_in · h · w].
  public var explicitMatrix: Matrix<Double> {
    let pad = if case .zero(let p) = padding { p } else { 0 }
    let isCircular = padding == .circular
    let rows = isCircular ? height / stride : (height + 2 * pad - size) / stride + 1
    let columns = isCircular ? width / stride : (width + 2 * pad - size) / stride + 1
    var matrix = Matrix<Double>.zeros(outputs * rows * columns, inputs * height * width)
    for o in 0..<outputs {
      for y in 0..<rows {
        for x in 0..<columns {
          for c in 0..<inputs {
            for i in 0..<size {
              for j in 0..<size {
                var (row, column) = (y * stride + i - pad, x * stride + j - pad)
                if isCircular { (row, column) = (row % height, column % width) }
                guard (0..<height).contains(row), (0..<width).contains(column) else { continue }
                matrix[(o * rows + y) * columns + x, (c * height + row) * width + column] +=
                  reshapedKernel[o, (c * size + i) * size + j]
              }
            }
          }
        }
      }
    }
    return matrix
  }
}
