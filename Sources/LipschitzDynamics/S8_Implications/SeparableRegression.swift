// Training loss to zero: two points that a line through the origin separates, under gradient flow.

internal import DenseLinearAlgebra
private import Glibc

/// L = Σ log(1 + exp(−wᵀzᵢ))/2 with zᵢ = yᵢxᵢ, along gradient flow from one start at t = 1.
enum SeparableRegression {
  struct Point: Sendable {
    let time: Double
    let weights: Vector<Double>
    /// −zᵢ(1 − pᵢ), with pᵢ the probability of the observed label.
    let gradients: [Vector<Double>]
    /// tr (1/N) Σ pᵢ(1 − pᵢ)zᵢzᵢᵀ.
    let modelFisherTrace: Double
  }

  /// z₁ and z₂.
  static let separated: [Vector<Double>] = [[1, 0.6], [0.7, -0.8]]

  /// The flow up to the first time beyond 2·10⁶, by the midpoint rule in steps in proportion to t: it moves like log t.
  static let flow: [Point] = {
    var (w, t) = (Vector<Double>([0.3, 0.1]), 1.0)
    var points = [point(w, t)]
    func slope(_ w: Vector<Double>) -> Vector<Double> {
      let g = gradients(w)
      return (g[0] + g[1]) / 2
    }
    while t < 2e6 {
      let h = 1e-3 * t
      w -= h * slope(w - (h / 2) * slope(w))
      t += h
      points.append(point(w, t))
    }
    return points
  }()

  /// The first points of the flow at or beyond the given times.
  static func points(at times: [Double]) -> [Point] { times.compactMap { t in flow.first { $0.time >= t } } }

  private static func gradients(_ w: Vector<Double>) -> [Vector<Double>] {
    separated.map { z in -1 / (1 + exp(w.dot(z))) * z }
  }

  private static func point(_ w: Vector<Double>, _ t: Double) -> Point {
    let model = separated.reduce(0.0) { sum, z in
      let p = 1 / (1 + exp(-w.dot(z)))
      return sum + p * (1 - p) * z.dot(z) / Double(separated.count)
    }
    return Point(time: t, weights: w, gradients: gradients(w), modelFisherTrace: model)
  }
}
