// What a vector stochastic differential equation is to the schemes.

/// The Itô equation dX = a(t, X) dt + B(t, X) dW with X in R^d and W in R^r.
///
/// The functions write into buffers they are given, so that a step allocates nothing. Of ``diffusion(at:_:into:)``
/// and ``addNoise(at:_:_:to:)`` only the one that ``noiseStructure`` calls for need be written; derivatives are
/// needed by Milstein's scheme only.
public protocol ItoProcess: Sendable {
  /// d.
  var stateDimension: Int { get }
  /// r; equal to d for diagonal noise.
  var noiseDimension: Int { get }
  /// The form of B.
  var noiseStructure: NoiseStructure { get }
  /// Whether B does not depend on the state; `false` unless a process says so.
  var hasAdditiveNoise: Bool { get }

  /// Writes a(t, x), shape [d], in units of x per time.
  func drift(at t: Double, _ x: Span<Double>, into a: inout MutableSpan<Double>)

  /// Writes B(t, x), in units of x per root of time: its diagonal, shape [d], or all of it, shape [d, r],
  /// column-major.
  func diffusion(at t: Double, _ x: Span<Double>, into b: inout MutableSpan<Double>)

  /// Writes ∂Bᵢᵢ/∂xᵢ, shape [d], for Milstein's scheme; Bᵢᵢ may depend on xᵢ only.
  func diffusionDerivative(at t: Double, _ x: Span<Double>, into slope: inout MutableSpan<Double>)

  /// Adds B(t, x) ΔW to y, shape [d], without forming B.
  func addNoise(at t: Double, _ x: Span<Double>, _ increment: Span<Double>, to y: inout MutableSpan<Double>)

  /// Writes ½ Σⱼ (∂bⱼ/∂x) bⱼ, bⱼ the columns of B, shape [d]: what the Itô drift has more than the Stratonovich drift.
  ///
  /// By central differences unless a process writes it.
  func noiseInducedDrift(at t: Double, _ x: Span<Double>, into c: inout MutableSpan<Double>)

  /// Writes a − ½ Σⱼ (∂bⱼ/∂x) bⱼ, shape [d]: the drift of the Stratonovich equation with the same solutions.
  func stratonovichDrift(at t: Double, _ x: Span<Double>, into a: inout MutableSpan<Double>)
}

extension ItoProcess {
  public var hasAdditiveNoise: Bool { false }

  public func diffusion(at t: Double, _ x: Span<Double>, into b: inout MutableSpan<Double>) {
    preconditionFailure("a process with \(noiseStructure) noise must write its diffusion")
  }

  public func diffusionDerivative(at t: Double, _ x: Span<Double>, into slope: inout MutableSpan<Double>) {
    preconditionFailure("the Milstein scheme needs the derivative of the diffusion, which this process does not write")
  }

  public func addNoise(at t: Double, _ x: Span<Double>, _ increment: Span<Double>, to y: inout MutableSpan<Double>) {
    preconditionFailure("a process whose noise is a low-rank factor must apply it")
  }
}
