// First and second moments of SGD and of the SDE for linear regression: closed in both, and computed apart.

internal import ExactArithmetic

/// Four samples of linear regression with one parameter; slopes and offsets vary together, but not wholly.
enum Regression {
  static let start = 3
  static let slopes = [Rational(1, 2), Rational(3, 2), 1, 2]
  static let offsets = [Rational(-1), 2, Rational(1, 2), Rational(3, 2)]
}

/// E θ and E θ².
struct Moments {
  var first: Double
  var second: Double

  var variance: Double { second - first * first }
}

extension Moments {
  /// SGD's moments after some steps with batches drawn with replacement: an exact recursion.
  static func descent(
    _ slopes: [Double], _ offsets: [Double], from start: Double, steps: Int, learningRate eta: Double, batchSize: Int
  ) -> Moments {
    /// E of the product of two batch means: the product of means plus covariance over M.
    func product(_ x: [Double], _ y: [Double]) -> Double {
      let independent = x.mean * y.mean
      return independent + (zip(x, y).map { $0 * $1 }.mean - independent) / Double(batchSize)
    }
    let factors = slopes.map { 1 - eta * $0 }
    let shifts = offsets.map { eta * $0 }
    var moments = Moments(first: start, second: start * start)
    for _ in 0..<steps {
      moments = Moments(
        first: factors.mean * moments.first + shifts.mean,
        second: product(factors, factors) * moments.second + 2 * product(factors, shifts) * moments.first
          + product(shifts, shifts))
    }
    return moments
  }

  /// The moments at a time of dθ = (d₀ + d₁θ)dt + √(q₀ + q₁θ + q₂θ²)dB, by the classical Runge–Kutta scheme.
  static func diffusion(drift d: [Double], squaredDiffusion q: [Double], from start: Double, until end: Double)
    -> Moments
  {
    func rate(_ m: Moments) -> Moments {
      Moments(
        first: d[0] + d[1] * m.first,
        second: 2 * (d[0] * m.first + d[1] * m.second) + q[0] + q[1] * m.first + q[2] * m.second)
    }
    func plus(_ m: Moments, _ h: Double, _ r: Moments) -> Moments {
      Moments(first: m.first + h * r.first, second: m.second + h * r.second)
    }
    let steps = 1_000
    let h = end / Double(steps)
    var m = Moments(first: start, second: start * start)
    for _ in 0..<steps {
      let k1 = rate(m)
      let k2 = rate(plus(m, h / 2, k1))
      let k3 = rate(plus(m, h / 2, k2))
      let k4 = rate(plus(m, h, k3))
      m = plus(plus(m, h / 6, k1), h / 3, k2)
      m = plus(plus(m, h / 3, k3), h / 6, k4)
    }
    return m
  }
}
