// Section 8.1: how the gap below the largest singular value amplifies gradient noise in κ.

public import ExactArithmetic
public import VerificationKit

/// Section 8.1: inverse spectral gaps amplify the noise along symmetric directions, and no other.
public enum SpectralGapAmplification: Claim {
  public static let source = Source.luo2025("Section 8.1")
  public static let statement = Statement(
    "κᵢ = (η/2σ₁) [s₊²/(σ₁ − σᵢ) + s₋²/(σ₁ + σᵢ)],  s_±² = noise along (uᵢv₁ᵀ ± u₁vᵢᵀ)/√2",
    meaning: """
      Noise that rotates u₁ and v₁ towards uᵢ and vᵢ together enters κ divided by the gap; noise that rotates them \
      against each other, divided by the sum, which no closing gap enlarges. The paper says that inverse gaps "can amplify" \
      the noise; this is when they do.
      """,
    hypotheses: [simple, symmetricShare, smallStep],
    differsFromPrint: "tells the direction that is amplified from the one that is not, with both factors")
  static let simple = Hypothesis.stated("σ₁ > σᵢ (Assumption 11)")
  static let symmetricShare = Hypothesis.unstated("the noise has a share along the symmetric direction")
  static let smallStep = Hypothesis.stated(
    "for discrete steps: the noise of one step is small beside the gap (Section 9 concedes errors of discretisation); "
      + "along continuous paths κ is right at any gap")

  /// The function under test, over any field.
  public typealias Subject = any PairCurvature
  public static let subject: Subject = GapAmplifiedCurvature()
}

/// What one pair of singular values contributes to κ.
public protocol PairCurvature: Sendable {
  /// The share of κ that is due to noise in the plane of (uᵢv₁ᵀ, u₁vᵢᵀ).
  ///
  /// - Parameter pair: σ₁ and σᵢ; zero for i beyond the smaller side of θ.
  /// - Parameter noise: variances of the gradient along (uᵢv₁ᵀ ± u₁vᵢᵀ)/√2; unit (loss/parameter)². For i beyond the
  ///   smaller side of θ only one of uᵢv₁ᵀ and u₁vᵢᵀ exists, and both variances are half of that along it.
  /// - Parameter learningRate: η.
  /// - Throws: `HypothesisViolation` if σᵢ = σ₁ or σ₁ = 0.
  func share<F: Field>(of pair: SingularPair<F>, noise: PairNoise<F>, learningRate: F) throws(HypothesisViolation) -> F
}

/// σ₁ and another singular value.
public struct SingularPair<F: Field>: Sendable {
  /// σ₁, the operator norm.
  public let first: F
  /// σᵢ, i ≠ 1; below σ₁ and not negative.
  public let other: F

  /// Two singular values of one matrix.
  ///
  /// - Parameters:
  ///   - first: σ₁.
  ///   - other: σᵢ ≥ 0.
  public init(_ first: F, _ other: F) {
    self.first = first
    self.other = other
  }

  /// Throws unless both denominators of the curvature are non-zero.
  func requireSimple() throws(HypothesisViolation) {
    try HypothesisViolation.require(
      first != other && first != F(0), field: "(σ₁, σᵢ)", value: "(\(first), \(other))", "σ₁ > σᵢ ≥ 0")
  }
}

/// Variances of the noise along the symmetric and the antisymmetric direction of a pair.
public struct PairNoise<F: Field>: Sendable {
  /// s₊², along (uᵢv₁ᵀ + u₁vᵢᵀ)/√2.
  public let symmetric: F
  /// s₋², along (uᵢv₁ᵀ − u₁vᵢᵀ)/√2.
  public let antisymmetric: F

  /// Two variances, which are not negative; unit (loss/parameter)².
  ///
  /// - Parameters:
  ///   - symmetric: s₊².
  ///   - antisymmetric: s₋².
  public init(symmetric: F, antisymmetric: F) {
    self.symmetric = symmetric
    self.antisymmetric = antisymmetric
  }
}

/// κᵢ = (η/2σ₁) [s₊²/(σ₁ − σᵢ) + s₋²/(σ₁ + σᵢ)].
///
/// - Source: Section 8.1, arXiv 2506.18588, from the eigenvalues 1/(σ₁ ∓ σᵢ) of Lemma 13's Hessian.
/// - Accuracy: u σ₁/(σ₁ − σᵢ) relative, from the gap's own cancellation.
public struct GapAmplifiedCurvature: PairCurvature {
  /// The formula has no parameters.
  public init() {}

  public func share<F: Field>(
    of pair: SingularPair<F>, noise: PairNoise<F>, learningRate: F
  ) throws(HypothesisViolation) -> F {
    try pair.requireSimple()
    let curvature = noise.symmetric / (pair.first - pair.other) + noise.antisymmetric / (pair.first + pair.other)
    return learningRate * curvature / (F(2) * pair.first)
  }
}
