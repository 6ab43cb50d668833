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

/// Schemes for scalar equations on a given Brownian increment.
///
/// - Source: Maruyama 1955; Milstein 1974; Kloeden, Platen 1992, §10.2 and §10.3.
public enum ScalarScheme: String, CaseIterable, Sendable {
  /// X + a h + b ΔW; strong order 1/2, weak order 1.
  case eulerMaruyama
  /// X + a h + b ΔW + ½ b b′ (ΔW² − h); strong order 1, weak order 1.
  case milstein

  /// Advances a block of paths by one step, in place.
  ///
  /// - Parameters:
  ///   - x: shape [paths].
  ///   - coefficients: those at the beginning of the step.
  ///   - noise: shape [paths]; ΔW = scale × noise, so that unit normals need no pass of their own.
  ///   - scale: √h for unit normals, 1 for Brownian increments.
  ///   - h: the length of the step, in units of time.
  @inlinable
  public func advance<Coefficients: ScalarItoCoefficients>(
    _ x: UnsafeMutableBufferPointer<Double>, _ coefficients: Coefficients, noise: UnsafeBufferPointer<Double>,
    scale: Double, by h: Double
  ) {
    precondition(noise.count == x.count, "a step needs one increment for each path")
    guard let state = x.baseAddress, let normals = noise.baseAddress else { return }
    switch self {
    case .eulerMaruyama:
      for path in 0..<x.count {
        let value = state[path]
        let increment = scale * normals[path]
        state[path] = value + coefficients.drift(value) * h + coefficients.diffusion(value) * increment
      }
    case .milstein:
      for path in 0..<x.count {
        let value = state[path]
        let increment = scale * normals[path]
        let slope = coefficients.diffusion(value)
        let correction = 0.5 * slope * coefficients.diffusionDerivative(value) * (increment * increment - h)
        state[path] = value + coefficients.drift(value) * h + slope * increment + correction
      }
    }
  }
}
