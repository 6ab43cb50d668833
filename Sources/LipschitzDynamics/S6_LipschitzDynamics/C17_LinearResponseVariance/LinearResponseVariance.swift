// What replaces Theorem 17's variance for a real network: noise carried to the end by the descent's own linearisation.

public import ExactArithmetic
public import VerificationKit

/// The variance of log K over sampling seeds, for small noise: the corrected form of Theorem 17's ∫λ².
public enum LinearResponseVariance: Claim {
  public static let source = Source.complement(to: "Theorem 17")
  public static let statement = Statement(
    "Var log K(T) = Σ_k η² p_{k+1}ᵀΣ(θ_k)p_{k+1} · (1 + O(η/M)),  p_T = ∇log K(θ_T),  p_k = (I − ηH_L(θ_k))p_{k+1}",
    meaning: """
      A disturbance at step k reaches log K(T) only after the loss's curvature has acted on it. ∫λ_Z² takes it at its \
      first effect, with ∇log K(θ_k) for p_{k+1}, as if coefficients did not depend on θ; it is too large where that has \
      the larger Σ-norm, as on the digits. One Hessian-vector product a step, backwards along the noise-free path. \
      Theorem 17 speaks of Var K, here it is Var log K, which is Var K/(E K)² to leading order.
      """,
    hypotheses: [smallNoise, independence, .own("σ₁ of every layer simple along the noise-free path")],
    differsFromPrint: "not in the paper; replaces the variance of Theorem 17 where coefficients are random")
  static let smallNoise = Hypothesis.own("η/M so small that runs stay where the linearisation holds")
  static let independence = Hypothesis.own("the batches of different steps are independent")

  public static let subject = ResponseVariance()
}

/// Descent without noise, through what carries a small disturbance of its path to the end.
public protocol LinearisedDescent {
  /// A direction in the space of parameters.
  associatedtype Direction
  /// The numbers in which it is computed; exact ones make exact tests.
  associatedtype Scalar: Field
  /// η, the factor of the gradient in one step.
  var learningRate: Scalar { get }
  /// ∇log K, or of whatever is observed, at θ_k.
  ///
  /// - Parameter step: k, from 0 to T.
  /// - Throws: if log K has no derivative at θ_k.
  func gradient(at step: Int) throws -> Direction
  /// pᵀΣ(θ_k)p for the covariance Σ of the mini-batch gradient, and H_L(θ_k)p.
  ///
  /// - Parameters:
  ///   - p: a direction.
  ///   - step: k, from 0 to T − 1.
  /// - Throws: if the products do not exist at θ_k.
  func response(to p: Direction, at step: Int) throws -> (noise: Scalar, curvature: Direction)
  /// p + s q, the one operation that directions need.
  func sum(_ p: Direction, _ s: Scalar, _ q: Direction) -> Direction
}

/// The sum of linear response, in exact or floating arithmetic.
///
/// Var Z(T) ≈ Σ_{k<T} η² p_{k+1}ᵀΣ(θ_k)p_{k+1},  p_k = (I − ηH_L(θ_k))p_{k+1}
///
/// - Source: complement to Theorem 17, arXiv 2506.18588; the adjoint of the linearised recursion δ_{k+1} = (I − ηH)δ_k − ηξ_k.
/// - Hypotheses: small η/M; independent batches; Z differentiable along the path.
/// - Accuracy: exact for quadratic losses with additive noise and linear Z; otherwise a relative error of order η/M.
public struct ResponseVariance: Sendable {
  /// The factor of ηH_L in p_k = (I + c ηH_L)p_{k+1}.
  var damping = -1
  /// Whether p is carried back; otherwise every step takes its own ∇Z(θ_k), which is Theorem 17's ∫λ².
  var isCarried = true
  /// The step at whose parameters ∇Z ends the chain.
  var terminal: @Sendable (_ end: Int) -> Int = { $0 }
  /// The step whose Σ and H_L are taken for step k.
  var source: @Sendable (_ step: Int) -> Int = { $0 }
  /// Whether step k's noise meets p_k, after the step's own damping, instead of p_{k+1}.
  var isDampedOnceMore = false
  /// The power of η in front.
  var power = 2

  /// - Parameter descent: the noise-free path, and what carries a disturbance along it.
  /// - Parameter end: T, the number of steps, at least 1.
  /// - Returns: Var Z(T); the square of Z's unit.
  /// - Throws: `HypothesisViolation` if T is not positive; what the descent throws.
  public func variance<D: LinearisedDescent>(_ descent: D, at end: Int) throws -> D.Scalar {
    try HypothesisViolation.require(end >= 1, field: "T", value: end, "at least one step")
    let eta = descent.learningRate
    let scale = power == 2 ? eta * eta : eta
    var p = try descent.gradient(at: terminal(end))
    var total: D.Scalar = 0
    for k in (0..<end).reversed() {
      if !isCarried { p = try descent.gradient(at: k) }
      let (noise, curvature) = try descent.response(to: p, at: source(k))
      let damped = descent.sum(p, D.Scalar(damping) * eta, curvature)
      total = total + scale * (isDampedOnceMore ? try descent.response(to: damped, at: source(k)).noise : noise)
      p = damped
    }
    return total
  }

  /// Theorem 17's ∫λ_Z² along the same path: the same sum with ∇log K(θ_k) in place of p_{k+1}.
  public static let plugIn = ResponseVariance(isCarried: false)
}
