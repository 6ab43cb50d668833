// The Ornstein-Uhlenbeck process, exactly and as Euler-Maruyama computes it.

internal import Glibc

/// The Ornstein–Uhlenbeck process dX = −r (X − m) dt + σ dW.
///
/// - Source: Uhlenbeck, Ornstein 1930; Gardiner, *Stochastic Methods*, §4.5.4.
public struct OrnsteinUhlenbeck: ScalarItoProcess, Equatable {
  /// r, per unit of time; may be zero or negative, when there is no stationary law.
  public let rate: Double
  /// m, in units of X.
  public let mean: Double
  /// σ, in units of X per root of a unit of time.
  public let volatility: Double

  /// The process with reversion rate r, long-run mean m and volatility σ.
  ///
  /// - Throws: ``SimulationError`` if a parameter is not finite.
  public init(rate: Double, mean: Double, volatility: Double) throws(SimulationError) {
    for (field, value) in [("rate", rate), ("mean", mean), ("volatility", volatility)] where !value.isFinite {
      throw .parameterOutOfRange(field: field, value: value, allowed: "a finite number")
    }
    (self.rate, self.mean, self.volatility) = (rate, mean, volatility)
  }

  @inlinable public func drift(at t: Double, _ x: Double) -> Double { rate * (mean - x) }
  @inlinable public func diffusion(at t: Double, _ x: Double) -> Double { volatility }
  @inlinable public func diffusionDerivative(at t: Double, _ x: Double) -> Double { 0 }

  /// E X(t) = m + (x₀ − m) e^{−rt}.
  public func mean(initial: Double, at t: Double) -> Double {
    mean + (initial - mean) * exp(-rate * t)
  }

  /// Var X(t) = σ² (1 − e^{−2rt})/(2r), and σ²t for r = 0.
  public func variance(at t: Double) -> Double {
    volatility * volatility * (rate == 0 ? t : -expm1(-2 * rate * t) / (2 * rate))
  }

  /// Cov(X(s), X(t)) = e^{−r|t−s|} Var X(min(s, t)).
  public func covariance(_ s: Double, _ t: Double) -> Double {
    exp(-rate * abs(t - s)) * variance(at: min(s, t))
  }

  /// The variance of the stationary law, σ²/(2r); `nil` without one.
  public var stationaryVariance: Double? {
    rate > 0 ? volatility * volatility / (2 * rate) : nil
  }

  /// X(t + h) given X(t) = x and a standard normal, without discretisation error.
  public func transition(from x: Double, over h: Double, normal z: Double) -> Double {
    mean(initial: x, at: h) + variance(at: h).squareRoot() * z
  }

  /// Mean and variance of what Euler–Maruyama computes after n steps of length h.
  ///
  /// m + (x₀ − m) qⁿ,  σ²h (1 − q²ⁿ)/(1 − q²),  q = 1 − rh
  public func eulerMaruyamaMoments(initial: Double, step h: Double, after steps: Int) -> (
    mean: Double, variance: Double
  ) {
    precondition(steps >= 0, "a number of steps is not negative")
    let q = 1 - rate * h
    let power = pow(q, Double(steps))
    // 1 - q² = rh (2 - rh), without cancellation.
    let gap = rate * h * (2 - rate * h)
    let sum = gap == 0 ? Double(steps) : (1 - power * power) / gap
    return (mean + (initial - mean) * power, volatility * volatility * h * sum)
  }
}
