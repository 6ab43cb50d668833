// What a vector stochastic differential equation is to the schemes.

/// The Itô equation dX = a(t, X) dt + B(t, X) dW with X in R^d and W in R^r.
///
/// The functions write into buffers they are given, so that a step allocates nothing. Of ``diffusion(at:_:into:)``
/// and ``addNoise(at:_:_:to:)`` only the one that ``noiseStructure`` calls for need be written.
public protocol ItoProcess: Sendable {
  /// d.
  var stateDimension: Int { get }
  /// r; equal to d for diagonal noise.
  var noiseDimension: Int { get }
  /// The form of B.
  var noiseStructure: NoiseStructure { get }

  /// Writes a(t, x), shape [d], in units of x per time.
  func drift(at t: Double, _ x: Span<Double>, into a: inout MutableSpan<Double>)

  /// Writes B(t, x), in units of x per root of time: its diagonal, shape [d], or all of it, shape [d, r],
  /// column-major.
  func diffusion(at t: Double, _ x: Span<Double>, into b: inout MutableSpan<Double>)

  /// Writes ∂Bᵢᵢ/∂xᵢ, shape [d], for Milstein's scheme; Bᵢᵢ may depend on xᵢ only.
  func diffusionDerivative(at t: Double, _ x: Span<Double>, into slope: inout MutableSpan<Double>)

  /// Adds B(t, x) ΔW to y, shape [d], without forming B.
  func addNoise(at t: Double, _ x: Span<Double>, _ increment: Span<Double>, to y: inout MutableSpan<Double>)
}

/// The form of a diffusion matrix B, shape [d, r].
public enum NoiseStructure: String, Sendable {
  /// B is diagonal, and each entry depends on its own coordinate only.
  case diagonal
  /// B is written out in full at every step.
  case general
  /// B is a factor the process applies to r increments itself, such as √η Ω of a gradient noise ΩΩᵀ.
  case lowRankFactor
}

extension ItoProcess {
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

/// A step of a scheme for a vector equation.
@usableFromInline
struct ItoStep<Process: ItoProcess>: Sendable {
  @usableFromInline let process: Process
  @usableFromInline let scheme: ItoScheme

  @inlinable
  init(_ process: Process, scheme: ItoScheme) {
    precondition(
      process.stateDimension >= 1 && process.noiseDimension >= 1, "an equation has at least one dimension and one noise"
    )
    precondition(
      process.noiseStructure != .diagonal || process.noiseDimension == process.stateDimension,
      "diagonal noise has as many dimensions as the state")
    self.process = process
    self.scheme = scheme
  }

  /// The length of the buffer for B.
  @inlinable var diffusionCount: Int {
    switch process.noiseStructure {
    case .diagonal: process.stateDimension
    case .general: process.stateDimension * process.noiseDimension
    case .lowRankFactor: 0
    }
  }

  /// Advances the state by a step on Brownian increments; the other three are buffers.
  @inlinable
  func advance(
    _ state: inout [Double], at t: Double, by h: Double, increments: [Double],
    drift: inout [Double], diffusion: inout [Double], slope: inout [Double]
  ) {
    let d = state.count
    var a = drift.mutableSpan
    process.drift(at: t, state.span, into: &a)
    switch process.noiseStructure {
    case .diagonal:
      var b = diffusion.mutableSpan
      process.diffusion(at: t, state.span, into: &b)
      if scheme == .milstein {
        var c = slope.mutableSpan
        process.diffusionDerivative(at: t, state.span, into: &c)
        for i in 0..<d {
          let square = increments[i] * increments[i] - h
          state[i] += drift[i] * h + diffusion[i] * increments[i] + 0.5 * diffusion[i] * slope[i] * square
        }
      } else {
        for i in 0..<d { state[i] += drift[i] * h + diffusion[i] * increments[i] }
      }
    case .general:
      var b = diffusion.mutableSpan
      process.diffusion(at: t, state.span, into: &b)
      for i in 0..<d { state[i] += drift[i] * h }
      for j in increments.indices {
        for i in 0..<d { state[i] += diffusion[j * d + i] * increments[j] }
      }
    case .lowRankFactor:
      // The factor may depend on the state, so the sum is made beside it.
      for i in 0..<d { drift[i] = state[i] + drift[i] * h }
      var next = drift.mutableSpan
      process.addNoise(at: t, state.span, increments.span, to: &next)
      swap(&state, &drift)
    }
  }
}
