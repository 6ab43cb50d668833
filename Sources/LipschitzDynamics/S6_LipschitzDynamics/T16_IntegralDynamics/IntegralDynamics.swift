// Theorem 16: K(t) written as an exponential of integrals along its own path.

private import Glibc
public import VerificationKit

/// Theorem 16: the norm as an exponential of integrals along its own path.
public enum IntegralDynamics: Claim {
  public static let source = Source.luo2025("Theorem 16")
  public static let statement = Statement(
    "K(t) = K(0) exp(∫(μ_Z + κ_Z − ½Σ‖λ⁽ˡ⁾‖²)ds + ∫λ_Z dW)",
    meaning: "Itô's formula integrated: pathwise, with coefficients that may depend on the whole past of the path.",
    hypotheses: [
      .stated("σ₁ of every layer simple along the path"), LayerDynamics.regular, NetworkLogDynamics.layerwise,
      LayerDynamics.continuousTime,
    ],
    differsFromPrint: "½λ_Z² is written ½Σ‖λ⁽ˡ⁾‖², equal under Assumption 3 and right without it")

  /// The function under test: K(0) and the increments along a path to K at its end.
  public typealias Subject = @Sendable (_ initial: Double, _ path: [DynamicsIncrement]) -> Double
  public static let subject: Subject = { solution(from: $0, along: $1) }

  /// K(0) exp(Σ (drift − ½λ²)dt + λdW) over the increments of a path.
  ///
  /// - Source: Theorem 16, arXiv 2506.18588. Differs from print: none for increments of continuous time.
  /// - Parameters:
  ///   - initial: K(0) > 0.
  ///   - path: increments in the order of time; Itô integrals are sums with coefficients at the left ends.
  /// - Accuracy: exact for coefficients that are constant over each increment; strong order ½ otherwise.
  public static func solution(from initial: Double, along path: [DynamicsIncrement]) -> Double {
    initial * exp(path.reduce(0) { $0 + ($1.relativeDrift - $1.itoCorrection) * $1.duration + $1.noise })
  }
}

/// One increment of dK/K = drift dt + λ dW.
public struct DynamicsIncrement: Sendable, Equatable {
  /// dt; unit of time t.
  public let duration: Double
  /// μ_Z + κ_Z at the left end; per unit of time.
  public let relativeDrift: Double
  /// ½Σ‖λ⁽ˡ⁾‖² at the left end, whatever the correlation between layers; per unit of time.
  public let itoCorrection: Double
  /// λ_Z dW, as it was realised.
  public let noise: Double

  /// One step of a path of Z.
  ///
  /// - Parameters:
  ///   - duration: of the step, in units of t.
  ///   - relativeDrift: μ_Z + κ_Z at the left end; per unit of time.
  ///   - itoCorrection: ½Σ‖λ⁽ˡ⁾‖² at the left end; per unit of time.
  ///   - noise: λ_Z dW, as it was realised; dimensionless.
  public init(duration: Double, relativeDrift: Double, itoCorrection: Double, noise: Double) {
    self.duration = duration
    self.relativeDrift = relativeDrift
    self.itoCorrection = itoCorrection
    self.noise = noise
  }
}
