// Geometric Brownian motion with coefficients that may change in time, and everything known of it exactly.

internal import Glibc

/// Geometric Brownian motion, dK/K = a(t) dt + λ(t) dW.
///
/// - Source: Theorems 14–17, arXiv 2506.18588, where a = μ + κ; Kloeden, Platen 1992, §4.4.
public struct GeometricBrownianMotion: ScalarItoProcess, Equatable {
  /// a, per unit of time.
  public let drift: TimeFunction
  /// λ, per root of a unit of time; its sign does not matter to the law.
  public let volatility: TimeFunction

  /// The process with relative drift a and volatility λ.
  public init(drift: TimeFunction, volatility: TimeFunction) {
    self.drift = drift
    self.volatility = volatility
  }

  public func drift(at t: Double, _ x: Double) -> Double { drift(t) * x }
  public func diffusion(at t: Double, _ x: Double) -> Double { volatility(t) * x }
  public func diffusionDerivative(at t: Double, _ x: Double) -> Double { volatility(t) }

  /// The coefficients at one instant: the tables are read once for a whole block of paths.
  public func coefficients(at t: Double) -> LinearCoefficients {
    LinearCoefficients(drift: drift(t), diffusion: volatility(t))
  }

  /// E K(t) = K(s) exp ∫ a.
  ///
  /// - Source: Theorem 17, arXiv 2506.18588.
  public func mean(initial: Double, from start: Double = 0, at t: Double) -> Double {
    initial * exp(drift.integral(from: start, to: t))
  }

  /// Var K(t) = (E K)² (exp ∫ λ² − 1).
  ///
  /// - Source: Theorem 17, arXiv 2506.18588.
  /// - Accuracy: by expm1, since the two terms cancel for small ∫ λ².
  public func variance(initial: Double, from start: Double = 0, at t: Double) -> Double {
    let mean = mean(initial: initial, from: start, at: t)
    return mean * mean * expm1(volatility.integralOfSquare(from: start, to: t))
  }

  /// E log K(t) = log K(s) + ∫ (a − ½ λ²).
  ///
  /// - Source: Theorem 16, arXiv 2506.18588.
  public func logarithmMean(initial: Double, from start: Double = 0, at t: Double) -> Double {
    precondition(initial > 0, "the logarithm of a geometric Brownian motion needs a positive initial value")
    return log(initial) + drift.integral(from: start, to: t) - volatility.integralOfSquare(from: start, to: t) / 2
  }

  /// Var log K(t) = ∫ λ².
  ///
  /// - Source: Theorem 16, arXiv 2506.18588.
  public func logarithmVariance(from start: Double = 0, at t: Double) -> Double {
    volatility.integralOfSquare(from: start, to: t)
  }

  /// K(t) = K(s) exp(∫ (a − ½ λ²) + ∫ λ dW), on one path.
  ///
  /// - Source: Theorem 16, arXiv 2506.18588.
  /// - Parameters:
  ///   - initial: K at the start; positive.
  ///   - start: the time of the initial value.
  ///   - t: the time wanted; not before the start.
  ///   - noiseIntegral: ∫ λ dW on the path; λ (W(t) − W(s)) if λ is constant.
  public func solution(initial: Double, from start: Double = 0, at t: Double, noiseIntegral: Double) -> Double {
    let exponent = drift.integral(from: start, to: t) - volatility.integralOfSquare(from: start, to: t) / 2
    return initial * exp(exponent + noiseIntegral)
  }

  /// Mean and variance of what Euler–Maruyama computes, without any time-discretisation error in them.
  ///
  /// E K_N = K₀ Π (1 + aₖh),  E K_N² = K₀² Π ((1 + aₖh)² + λₖ²h)
  ///
  /// - Source: independence of the increments; aₖ, λₖ are the coefficients at the beginning of step k.
  /// - Accuracy: the variance by expm1 of Σ log(1 + λₖ²h/(1 + aₖh)²), so that it does not cancel.
  /// - Parameters:
  ///   - initial: K at the start; positive.
  ///   - grid: whose steps the scheme takes.
  ///   - steps: moments after this many steps of the grid.
  public func eulerMaruyamaMoments(
    initial: Double, on grid: UniformTimeGrid, after steps: Int
  ) -> (mean: Double, variance: Double) {
    precondition(steps >= 0 && steps <= grid.steps, "moments are known after 0 to all steps of the grid")
    let h = grid.step
    var mean = initial
    var logarithmOfRatio = 0.0
    var vanishedSquare = 0.0  // E K² once a factor 1 + ah has been exactly zero
    var hasVanished = false
    for step in 0..<steps {
      let t = grid.time(after: step)
      let factor = 1 + drift(t) * h
      let spread = volatility(t) * volatility(t) * h
      if hasVanished {
        vanishedSquare *= factor * factor + spread
      } else if factor == 0 {
        vanishedSquare = mean * mean * exp(logarithmOfRatio) * spread
        hasVanished = true
      } else {
        logarithmOfRatio += log1p(spread / (factor * factor))
      }
      mean *= factor
    }
    return (mean, hasVanished ? vanishedSquare : mean * mean * expm1(logarithmOfRatio))
  }
}

/// Coefficients proportional to the state: a x and b x.
public struct LinearCoefficients: ScalarItoCoefficients {
  /// a.
  public let drift: Double
  /// b.
  public let diffusion: Double

  @inlinable
  public init(drift: Double, diffusion: Double) {
    self.drift = drift
    self.diffusion = diffusion
  }

  @inlinable public func drift(_ x: Double) -> Double { drift * x }
  @inlinable public func diffusion(_ x: Double) -> Double { diffusion * x }
  @inlinable public func diffusionDerivative(_ x: Double) -> Double { diffusion }
}
