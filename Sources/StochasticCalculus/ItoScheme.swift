// The schemes, and their loop over a block of scalar paths, the hottest of this module.

/// Schemes for Itô equations; ``advance(_:_:noise:scale:by:)`` is that for scalar ones.
///
/// - Source: Maruyama 1955; Milstein 1974; Kloeden, Platen 1992, §10.2 and §10.3.
public enum ItoScheme: String, CaseIterable, Sendable {
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
