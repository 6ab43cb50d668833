// What a scalar stochastic differential equation is to the schemes.

/// The scalar Itô equation dX = a(t, X) dt + b(t, X) dW.
///
/// Implement the three functions and mark them `@inlinable`: the schemes are generic and compiled for each
/// process. A process whose coefficients depend on time in a way that is costly to evaluate gives its own
/// ``coefficients(at:)``, which is called once a step for a whole block of paths.
public protocol ScalarItoProcess: Sendable {
  /// The coefficients at one instant.
  associatedtype Coefficients: ScalarItoCoefficients = CoefficientsAtTime<Self>

  /// a(t, x), in units of x per time.
  func drift(at t: Double, _ x: Double) -> Double
  /// b(t, x), in units of x per root of time.
  func diffusion(at t: Double, _ x: Double) -> Double
  /// ∂b/∂x (t, x), which Milstein's scheme needs.
  func diffusionDerivative(at t: Double, _ x: Double) -> Double
  /// The coefficients as functions of x alone.
  func coefficients(at t: Double) -> Coefficients
}

/// The coefficients of a scalar Itô equation at one instant.
public protocol ScalarItoCoefficients: Sendable {
  /// a(x).
  func drift(_ x: Double) -> Double
  /// b(x).
  func diffusion(_ x: Double) -> Double
  /// b′(x).
  func diffusionDerivative(_ x: Double) -> Double
}

extension ScalarItoCoefficients {
  /// a − ½ b b′: the drift of the Stratonovich equation dX = … dt + b ∘ dW with the same solutions.
  @inlinable public func stratonovichDrift(_ x: Double) -> Double {
    drift(x) - 0.5 * diffusion(x) * diffusionDerivative(x)
  }
}

/// The Itô equation of a Stratonovich one, dX = a dt + b ∘ dW: its drift is a + ½ b b′.
public struct StratonovichProcess<Process: ScalarItoProcess>: ScalarItoProcess {
  /// The equation, its drift read as Stratonovich's.
  public let process: Process

  @inlinable
  public init(_ process: Process) { self.process = process }

  @inlinable public func drift(at t: Double, _ x: Double) -> Double {
    process.drift(at: t, x) + 0.5 * process.diffusion(at: t, x) * process.diffusionDerivative(at: t, x)
  }
  @inlinable public func diffusion(at t: Double, _ x: Double) -> Double { process.diffusion(at: t, x) }
  @inlinable public func diffusionDerivative(at t: Double, _ x: Double) -> Double {
    process.diffusionDerivative(at: t, x)
  }
}

/// dX = dW: on the stream of another process, the Brownian motion that drives that one.
public struct BrownianMotion: ScalarItoProcess {
  @inlinable public init() {}
  @inlinable public func drift(at t: Double, _ x: Double) -> Double { 0 }
  @inlinable public func diffusion(at t: Double, _ x: Double) -> Double { 1 }
  @inlinable public func diffusionDerivative(at t: Double, _ x: Double) -> Double { 0 }
}

/// A process with its time held fixed.
public struct CoefficientsAtTime<Process: ScalarItoProcess>: ScalarItoCoefficients {
  /// The process.
  public let process: Process
  /// The instant.
  public let time: Double

  @inlinable
  public init(process: Process, time: Double) {
    self.process = process
    self.time = time
  }

  @inlinable public func drift(_ x: Double) -> Double { process.drift(at: time, x) }
  @inlinable public func diffusion(_ x: Double) -> Double { process.diffusion(at: time, x) }
  @inlinable public func diffusionDerivative(_ x: Double) -> Double { process.diffusionDerivative(at: time, x) }
}

extension ScalarItoProcess where Coefficients == CoefficientsAtTime<Self> {
  @inlinable
  public func coefficients(at t: Double) -> CoefficientsAtTime<Self> {
    CoefficientsAtTime(process: self, time: t)
  }
}
