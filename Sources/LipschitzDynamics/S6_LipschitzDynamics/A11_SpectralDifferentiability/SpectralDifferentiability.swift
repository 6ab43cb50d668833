// Assumption 11: what is left of the derivative of the largest singular value where it is not simple.

public import DenseLinearAlgebra
public import VerificationKit

/// Assumption 11: one-sided derivatives of the operator norm always exist; two-sided ones if σ₁ is simple.
public enum SpectralDifferentiability: Claim {
  public static let source = Source.luo2025("Assumption 11")
  public static let statement = Statement(
    "lim_{h↓0} (σ₁(θ + hE) − σ₁(θ))/h = λ_max(½(B + Bᵀ)),  B = U₁ᵀE V₁;  linear in E iff σ₁ > σ₂",
    meaning: """
      The operator norm is convex, so one-sided directional derivatives always exist, and centred noise never lowers its \
      mean. U₁, V₁ are paired orthonormal bases of the top singular space. Where σ₁ is multiple, noise of variance h \
      that splits the top space, such as isotropic noise, raises the mean by order √h, not h: there κ is infinite, yet \
      the rise is small.
      """,
    hypotheses: [simple, positive],
    differsFromPrint: "says what holds without the assumption; the assumption itself is needed for Lemmas 12 and 13")
  static let simple = Hypothesis.stated("σ₁ > σ₂, for a two-sided derivative and a finite κ")
  static let positive = Hypothesis.stated("σ₁ > 0, for the formula in U₁ and V₁")

  /// The function under test: θ and E, both of shape [m, n], to the one-sided derivative.
  public typealias Subject = @Sendable (_ theta: Matrix<Double>, _ direction: Matrix<Double>) throws -> Double
  public static let subject: Subject = { try oneSidedDerivative(at: $0, along: $1) }

  /// The derivative of h ↦ σ₁(θ + hE) at h = 0 from the right.
  ///
  /// Singular values within 1024 units of round-off of σ₁ count as equal to it
  /// (`TopSingularTriplet/minimumRelativeGap`), so the value is that of a matrix within round-off of θ.
  ///
  /// - Source: Assumption 11, arXiv 2506.18588; Danskin's theorem for σ₁ = max uᵀθv.
  /// - Parameters:
  ///   - theta: θ; shape [m, n]. At θ = 0 the derivative is ‖E‖.
  ///   - direction: E; shape [m, n].
  /// - Returns: unit of E; convex and positively homogeneous in E.
  /// - Accuracy: u‖E‖/(relative gap below the top singular space).
  /// - Throws: `LinearAlgebraError` on empty or non-finite input.
  public static func oneSidedDerivative(
    at theta: Matrix<Double>, along direction: Matrix<Double>
  ) throws(LinearAlgebraError) -> Double {
    let top = try TopSingularSpace(theta)
    guard top.sigma > 0 else { return try SingularValueDecomposition(direction).values[0] }
    let b = top.compression(of: direction)
    let values = try SymmetricEigen((b + b.transposed) / 2).values
    return values[values.count - 1]
  }
}

/// σ₁ and paired orthonormal bases of its singular spaces: θV₁ = σ₁U₁, θᵀU₁ = σ₁V₁.
struct TopSingularSpace: Sendable {
  let sigma: Double
  /// Shape [m, r].
  let u: Matrix<Double>
  /// Shape [n, r].
  let v: Matrix<Double>
  /// r.
  var multiplicity: Int { u.columns }

  init(_ theta: Matrix<Double>) throws(LinearAlgebraError) {
    let svd = try SingularValueDecomposition(theta)
    let sigma = svd.values[0]
    let least = sigma * (1 - TopSingularTriplet<Double>.minimumRelativeGap)
    let count = svd.values.elements.count { $0 >= least }
    self.sigma = sigma
    u = svd.u.columns(0..<count)
    v = svd.vTransposed.transposed.columns(0..<count)
  }

  /// B = U₁ᵀE V₁; shape [r, r].
  func compression(of e: Matrix<Double>) -> Matrix<Double> { Matrix.product(u, .transposed, e * v) }
}
