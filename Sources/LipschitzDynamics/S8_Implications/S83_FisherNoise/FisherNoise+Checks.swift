// Every batch of a rational population, λ² of a real network, and batches drawn along descent that does not interpolate.

internal import DenseLinearAlgebra
internal import ExactArithmetic
private import Glibc
internal import NetworkTraining
internal import RandomStreams
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
    .monteCarloMean("batches drawn along gradient descent on the parity of digits", evidence: .training) { fisher, _ in
      let batch = 4
      let points = try descent.get()
      let limits = try points.map { try fisher(of: $0.gradients, batchSize: batch) }
      return { generator in
        let drawn = (0..<batch).map { _ in generator.uniform(below: points[0].gradients.count) }
        return points.indices.map { k in
          let (g, all) = (points[k].mean, points[k].gradients)
          let square = g.indices.reduce(0.0) { sum, j in
            let mean = drawn.reduce(0.0) { $0 + all[$1][j] } / Double(batch)
            return sum + (mean - g[j]) * (mean - g[j])
          }
          // tr Σ is tr F/M less ‖g‖²/M, and at the last point, where g is nothing beside F, tr F/M itself.
          let excess = k + 1 < points.count ? g.dot(g) / Double(batch) : 0
          return square + excess - g.indices.map { limits[k][$0, $0] }.sum
        }
      }
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
      let shares = try SeparableRegression.points(at: [1e2, 1e4, 1e6]).map { point in
        let limit = try subject(of: point.gradients.map(\.elements), batchSize: 1)
        let g = (point.gradients[0] + point.gradients[1]) / 2
        let trace = limit[0, 0] + limit[1, 1]
        return (trace - g.dot(g)) / trace
      }
      let (first, before, last) = (shares[0], shares[1], shares[2])
      // It settles: over the second factor of a hundred in time it moves less than over the first, and less by far
      // than it is away from one.
      let settling = abs(last - before)
      guard settling < abs(before - first), 1 - last > settling + abs(before - first) else {
        return .inconclusive("tr Σ/tr(F/M) = \(shares)")
      }
      return .refuted(
        Counterexample(
          at: "t = 10⁶, loss → 0", claimed: "tr Σ = tr F/M",
          found: "tr Σ/tr(F/M) = \(rounded(last)), and \(rounded(before)) at t = 10⁴: a constant below one"))
    },
    Boundary(
      "the model's Fisher matrix: labels drawn from the model", drops: empirical,
      remedy: "average gᵢgᵢᵀ over the observed labels; near interpolation the model's own labels give a larger matrix"
    ) { _ in
      let points = SeparableRegression.points(at: [1e2, 1e4])
      let ratios = try points.map { point in
        let limit = try subject(of: point.gradients.map(\.elements), batchSize: 1)
        return (limit[0, 0] + limit[1, 1]) / point.modelFisherTrace
      }
      // A sample whose label has probability p contributes (1 − p)²zzᵀ to the one and p(1 − p)zzᵀ to the other, so the
      // ratio is at most the largest (1 − p)/p, and tends to zero instead of one.
      let odds = points.map { point in
        zip(point.gradients, SeparableRegression.separated).map { g, z in
          let q = g.norm / z.norm
          return q / (1 - q)
        }.max() ?? .nan
      }
      guard ratios[1] < ratios[0], zip(ratios, odds).allSatisfy({ $0 <= $1 && $1 < 1 }) else {
        return .inconclusive("ratios \(ratios), odds against the labels \(odds)")
      }
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
    let mean: [Double]
  }

  /// Logistic regression of the parity of twenty digits on four sums of rows: no line separates them, so descent ends
  /// at a stationary point with residuals. Kept at its start, at ‖g‖² = tr F/100, and where ‖g‖² is 10⁻⁸ of tr F.
  private static let descent = Result { () throws -> [DescentPoint] in
    let digits = try DigitsPopulation.shared.get().first(20).samples
    let features = (0..<digits.count).map { i in
      let pixels = digits.inputs.column(i)
      return Vector((0..<4).map { row in (0..<16).map { pixels[16 * row + $0] }.sum / 16 } + [1])
    }
    var w = Vector<Double>.zeros(5)
    var points: [DescentPoint] = []
    var thresholds = [Double.infinity, 1e-2, 1e-8]
    for _ in 0..<200_000 {
      let gradients = zip(features, digits.labels).map { x, label in
        (1 / (1 + exp(-w.dot(x))) - Double(label % 2)) * x
      }
      let mean = gradients.dropFirst().reduce(gradients[0], +) / Double(gradients.count)
      let trace = gradients.map { $0.dot($0) }.mean
      if mean.dot(mean) < thresholds[0] * trace {
        points.append(DescentPoint(gradients: gradients.map(\.elements), mean: mean.elements))
        thresholds.removeFirst()
        if thresholds.isEmpty { return points }
      }
      w -= 4 * mean
    }
    throw HypothesisViolation(
      field: "descent", value: "\(points.count) of 3 points", requirement: "a stationary point with residual gradients")
  }
}
