// Every batch of a rational population, λ² of a real network, and gradient descent to a point that does not interpolate.

internal import DenseLinearAlgebra
internal import ExactArithmetic
private import Glibc
internal import NetworkTraining
public import VerificationKit

extension FisherNoise {
  public static let checks: [Check<FisherCovariance>] = [
    .exactIdentity("every batch of a rational population") { fisher, _ in
      try (1...3).map { size in
        let means = BatchEnumeration.ordered(size, of: population).map { batch in
          (0..<2).map { j in batch.map { $0[j] }.mean }
        }
        let g = (0..<2).map { j in population.map { $0[j] }.mean }
        let expected = FieldMatrix<Rational>(rows: 2, columns: 2) { i, j in
          // E ḡḡᵀ is Σ + ggᵀ, and Σ = (F − ggᵀ)/M.
          means.map { $0[i] * $0[j] }.mean - g[i] * g[j] + g[i] * g[j] / Rational(size)
        }
        return Identity("M = \(size)", claimed: try fisher(of: population, batchSize: size), expected: expected)
      }
    },
    .roundOffIdentity("λ² of Theorem 14 on the digits network") { fisher, _ in
      let digits = try DigitsPopulation.shared.get()
      let (batch, eta) = (8, 0.1)
      let layers = digits.layers(at: digits.network, batchSize: batch, learningRate: eta)
      return try zip(layers, digits.gradients(at: digits.network)).enumerated().map { l, item in
        let (layer, gradients) = item
        let c = try LayerDynamics.subject(layer)
        let top = try TopSingularTriplet(layer.weights)
        let scores = gradients.timesRight(top.v).transposedTimes(top.u) / top.sigma
        let claimed = try fisher(of: scores.elements.map { [$0] }, batchSize: batch)[0, 0]
        // λ² has Σ, which lacks ggᵀ/M.
        let expected = c.lambdaSquared / eta + c.mu * c.mu / Double(batch)
        return NumericIdentity(
          "layer \(l)", claimed: claimed, expected: expected, operations: 8 * digits.count,
          condition: top.sigma / top.gap)
      }
    },
    Check(
      "gradient descent on parity of digits: Σ − F/M is of second order in ‖g‖", .training,
      blindTo: [centred: "that is Σ itself, by definition"]
    ) { fisher, _ in
      let batch = 8
      let rungs = try descent.get().map { point -> Rung in
        let g = point.gradients[0].indices.map { j in point.gradients.map { $0[j] }.mean }
        let claimed = try fisher(of: point.gradients, batchSize: batch)
        let excess = g.indices.map { j in
          let variance = point.gradients.map { ($0[j] - g[j]) * ($0[j] - g[j]) }.mean
          return claimed[j, j] - variance / Double(batch)
        }
        return Rung(step: Vector(g).norm, error: abs(excess.sum))
      }
      return judgeOrder(rungs, expected: 2).relabelled(.training, place: "trace, ‖g‖²/tr F from 10⁻³ down")
    },
  ]

  public static let boundaries = [
    Boundary(
      "batches of distinct samples", drops: independence, remedy: "multiply by the factor (N − M)/(N − 1)"
    ) { _ in
      let size = 3
      let means = BatchEnumeration.subsets(size, of: population).map { batch in batch.map { $0[0] }.mean }
      let g = population.map { $0[0] }.mean
      let claimed = try subject(of: population, batchSize: size)[0, 0] - g.squared / Rational(size)
      let found = means.map { ($0 - g).squared }.mean
      let factor = Rational(population.count - size, population.count - 1)
      guard found != claimed, found == factor * claimed else { return .inconclusive("\(claimed) and \(found)") }
      return .refuted(
        Counterexample(
          at: "all \(means.count) batches of \(size) of \(population.count), entry (0, 0)",
          claimed: "Σ = (F − ggᵀ)/M = \(claimed)", found: "\(found)"))
    },
    Boundary(
      "interpolation: separable logistic regression by gradient flow", drops: residual,
      remedy: "use Σ = (F − ggᵀ)/M: there ‖g‖²/tr F tends to a constant, because g and all gᵢ vanish together"
    ) { _ in
      let shares = try SeparableFlow.points(until: [1e2, 1e4, 1e6]).map { point in
        let limit = try subject(of: point.gradients, batchSize: 1)
        let g = (0..<2).map { j in point.gradients.map { $0[j] }.mean }
        let trace = limit[0, 0] + limit[1, 1]
        return (trace - g.dot(g)) / trace
      }
      let (before, last) = (shares[1], shares[2])
      guard last < 0.9, abs(last - before) < 0.01 else { return .inconclusive("tr Σ/tr(F/M) = \(shares)") }
      return .refuted(
        Counterexample(
          at: "t = 10⁶, loss → 0", claimed: "tr Σ = tr F/M",
          found: "tr Σ/tr(F/M) = \(rounded(last)), and \(rounded(before)) at t = 10⁴: a constant below one"))
    },
    Boundary(
      "the model's Fisher matrix: labels drawn from the model", drops: empirical,
      remedy: "average gᵢgᵢᵀ over the observed labels; near interpolation the model's own labels give a larger matrix"
    ) { _ in
      let points = try SeparableFlow.points(until: [1e2, 1e4])
      let ratios = try points.map { point in
        let limit = try subject(of: point.gradients, batchSize: 1)
        let model = point.modelFisherTrace
        return (limit[0, 0] + limit[1, 1]) / model
      }
      // A sample whose label has probability p contributes (1 − p)²zzᵀ to the one and p(1 − p)zzᵀ to the other.
      guard ratios[1] < ratios[0] / 5, ratios[0] < 0.2 else { return .inconclusive("ratios \(ratios)") }
      return .refuted(
        Counterexample(
          at: "separable logistic regression, t = 10² and 10⁴",
          claimed: "Σ → F/M for F = E[∇log p ∇log pᵀ] under the model",
          found: "the observed labels' tr F is \(rounded(ratios[0])) and \(rounded(ratios[1])) of it"))
    },
  ]

  private static func rounded(_ x: Double) -> Double { (x * 1e4).rounded() / 1e4 }

  /// Five "gradients" in the plane with a mean that is not small.
  private static let population: [[Rational]] = [
    [Rational(1, 2), 3], [Rational(-2, 3), 1], [5, Rational(-1, 4)], [Rational(7, 5), 0], [0, Rational(-3, 2)],
  ]

  private struct DescentPoint: Sendable {
    let gradients: [[Double]]
  }

  /// Logistic regression of the parity of two hundred digits on their eight row sums: no line separates them, so
  /// descent ends at a stationary point with residuals. Kept where ‖g‖²/tr F passes 10⁻³, and every fourth part of it.
  private static let descent = Result { () throws -> [DescentPoint] in
    let digits = try DigitsPopulation.shared.get().samples
    let features = (0..<digits.count).map { i in
      let pixels = digits.inputs.column(i)
      return Vector((0..<8).map { row in (0..<8).map { pixels[8 * row + $0] }.sum / 8 } + [1])
    }
    var w = Vector<Double>.zeros(9)
    var points: [DescentPoint] = []
    var threshold = 1e-3
    for _ in 0..<200_000 where points.count < 7 {
      let gradients = zip(features, digits.labels).map { x, label in
        (1 / (1 + exp(-w.dot(x))) - Double(label % 2)) * x
      }
      let mean = gradients.dropFirst().reduce(gradients[0], +) / Double(gradients.count)
      let trace = gradients.map { $0.dot($0) }.mean
      if mean.dot(mean) < threshold * trace {
        points.append(DescentPoint(gradients: gradients.map(\.elements)))
        threshold /= 4
      }
      w -= 4 * mean
    }
    return points
  }
}

/// Two points that a line through the origin separates: L = Σ log(1 + exp(−wᵀzᵢ))/2, zᵢ = yᵢxᵢ.
private enum SeparableFlow {
  struct Point: Sendable {
    /// −zᵢ(1 − pᵢ), with pᵢ the probability of the observed label.
    let gradients: [[Double]]
    /// tr (1/N) Σ pᵢ(1 − pᵢ)zᵢzᵢᵀ.
    let modelFisherTrace: Double
  }

  /// Gradient flow from one start, at the given times.
  static func points(until times: [Double]) throws -> [Point] {
    let z: [Vector<Double>] = [[1, 0.6], [0.7, -0.8]]
    func gradients(_ w: Vector<Double>) -> [Vector<Double>] { z.map { -1 / (1 + exp(w.dot($0))) * $0 } }
    var (w, t) = (Vector<Double>([0.3, 0.1]), 1.0)
    return times.map { end in
      while t < end {
        // Steps in proportion to t, by the midpoint rule: the flow moves like log t.
        let h = 1e-3 * t
        func slope(_ w: Vector<Double>) -> Vector<Double> {
          let g = gradients(w)
          return (g[0] + g[1]) / 2
        }
        w -= h * slope(w - (h / 2) * slope(w))
        t += h
      }
      let model = z.map { z in
        let p = 1 / (1 + exp(-w.dot(z)))
        return p * (1 - p) * z.dot(z)
      }
      return Point(gradients: gradients(w).map(\.elements), modelFisherTrace: model.mean)
    }
  }
}
