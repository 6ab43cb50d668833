// The schemes, and their loop over a block of scalar paths, the hottest of this module.

/// Schemes for Itô equations; ``advance(_:_:next:noise:scale:by:)`` is that for scalar ones, which all of them can take,
/// and ``ItoStep`` that for vectors, whose noise decides (``takes(_:additive:)``).
///
/// What is said of orders below is for scalar equations; ``strongOrder(for:additive:)`` has those for vectors.
///
/// - Source: Maruyama 1955; Milstein 1974; Kloeden, Platen 1992, §10.2, §10.3, (11.1.3) and (15.1.1); Rümelin 1982.
public enum ItoScheme: String, CaseIterable, Sendable, CustomStringConvertible {
  /// X + a h + b ΔW; strong order 1/2, weak order 1.
  case eulerMaruyama
  /// X + a h + b ΔW + ½ b b′ (ΔW² − h); strong order 1, weak order 1.
  case milstein
  /// Platen's explicit scheme, Milstein's without b′: strong order 1, weak order 1.
  case platen
  /// Heun's scheme for the equal Stratonovich equation, whose drift is a − ½ b b′: strong order 1, weak order 1.
  case heun
  /// Platen's explicit scheme of weak order 2, which has Milstein's term and so strong order 1; without b′.
  case weakOrderTwo

  public var description: String {
    switch self {
    case .eulerMaruyama: "Euler–Maruyama"
    case .milstein: "Milstein's scheme"
    case .platen: "Platen's scheme"
    case .heun: "Heun's scheme"
    case .weakOrderTwo: "Platen's scheme of weak order 2"
    }
  }

  /// Whether it needs the coefficients at the end of the step, too.
  @inlinable public var looksAhead: Bool { self == .heun || self == .weakOrderTwo }

  /// Advances a block of paths by one step, in place.
  ///
  /// - Parameters:
  ///   - x: shape [paths].
  ///   - coefficients: those at the beginning of the step.
  ///   - next: those at its end; only schemes that look ahead read them.
  ///   - noise: shape [paths]; ΔW = scale × noise, so that unit normals need no pass of their own.
  ///   - scale: √h for unit normals, 1 for Brownian increments.
  ///   - h: the length of the step, in units of time.
  @inlinable
  public func advance<Coefficients: ScalarItoCoefficients>(
    _ x: UnsafeMutableBufferPointer<Double>, _ coefficients: Coefficients, next: Coefficients,
    noise: UnsafeBufferPointer<Double>, scale: Double, by h: Double
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
    case .platen:
      let root = h.squareRoot()
      for path in 0..<x.count {
        let value = state[path]
        let increment = scale * normals[path]
        let slope = coefficients.diffusion(value)
        let ahead = value + coefficients.drift(value) * h
        let difference = coefficients.diffusion(ahead + slope * root) - slope
        state[path] = ahead + slope * increment + difference * (increment * increment - h) / (2 * root)
      }
    case .heun:
      for path in 0..<x.count {
        let value = state[path]
        let increment = scale * normals[path]
        let (drift, slope) = (coefficients.stratonovichDrift(value), coefficients.diffusion(value))
        let guess = value + drift * h + slope * increment
        state[path] =
          value + (drift + next.stratonovichDrift(guess)) * h / 2 + (slope + next.diffusion(guess)) * increment / 2
      }
    case .weakOrderTwo:
      let root = h.squareRoot()
      for path in 0..<x.count {
        let value = state[path]
        let increment = scale * normals[path]
        let (drift, slope) = (coefficients.drift(value), coefficients.diffusion(value))
        let ahead = value + drift * h
        let (up, down) = (next.diffusion(ahead + slope * root), next.diffusion(ahead - slope * root))
        let meanDrift = (drift + next.drift(ahead + slope * increment)) / 2
        state[path] =
          value + meanDrift * h + (up + down + 2 * slope) * increment / 4
          + (up - down) * (increment * increment - h) / (4 * root)
      }
    }
  }
}
