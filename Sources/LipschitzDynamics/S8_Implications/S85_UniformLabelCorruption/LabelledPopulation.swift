// Samples with a gradient for every label, small enough that every corruption of their labels can be listed.

internal import ExactArithmetic

/// Samples with a gradient under each of a few classes, with moments taken from the definition by listing all outcomes.
struct LabelledPopulation: Sendable {
  let name: String
  /// [sample][class][component].
  let gradients: [[[Rational]]]
  let labels: [Int]
  let probability: Rational

  static let examples = [
    LabelledPopulation(
      name: "skew gradients", gradients: skew, labels: [0, 2, 1], probability: Rational(1, 3)),
    LabelledPopulation(
      name: "two samples of one class", gradients: skew, labels: [1, 1, 0], probability: Rational(3, 5)),
    LabelledPopulation(
      name: "the loss 1 − p_y", gradients: absoluteError, labels: [0, 1, 2], probability: Rational(1, 4)),
  ]

  /// Logistic regression of two samples at w = 0: half of ∓x.
  static let pair = LabelledPopulation(
    name: "logistic regression", gradients: [Rational(2), Rational(-3, 2)].map { x in [[x / 2], [-x / 2]] },
    labels: [0, 1], probability: Rational(2, 5))

  private static let skew: [[[Rational]]] = [
    [[Rational(1, 2), 3], [Rational(-2, 3), 1], [5, Rational(-1, 4)]],
    [[Rational(7, 5), 0], [0, Rational(-3, 2)], [2, 2]],
    [[-1, Rational(1, 3)], [Rational(4, 3), -2], [Rational(1, 6), Rational(5, 2)]],
  ]

  /// Gradients of 1 − p_y by the first two logits, −p_y(δ_{yj} − p_j): their sum over labels is zero.
  private static let absoluteError: [[[Rational]]] = [
    [Rational(1, 2), Rational(1, 3), Rational(1, 6)], [Rational(1, 5), Rational(3, 5), Rational(1, 5)],
    [Rational(1, 7), Rational(2, 7), Rational(4, 7)],
  ].map { (p: [Rational]) in
    (0..<3).map { y in (0..<2).map { j in p[y] * (p[j] - (y == j ? 1 : 0)) } }
  }

  /// P(label of sample i = c).
  private func probability(_ i: Int, _ c: Int) -> Rational {
    probability / Rational(gradients[i].count) + (c == labels[i] ? 1 - probability : 0)
  }

  /// Mean and covariance of the gradient of a random sample under a random label.
  func redrawn() -> (mean: FieldMatrix<Rational>, covariance: FieldMatrix<Rational>) {
    moments(
      gradients.indices.flatMap { i in
        gradients[i].indices.map { (probability(i, $0) / Rational(gradients.count), gradients[i][$0]) }
      })
  }

  /// Means, over all labellings of the data set, of its mean gradient and of its covariance.
  func drawnOnce() -> (mean: FieldMatrix<Rational>, covariance: FieldMatrix<Rational>) {
    let labellings = BatchEnumeration.ordered(gradients.count, of: Array(gradients[0].indices))
    let parts = labellings.map { labelling in
      let weight = labelling.enumerated().reduce(Rational(1)) { $0 * probability($1.offset, $1.element) }
      let own = moments(labelling.enumerated().map { (Rational(1, gradients.count), gradients[$0.offset][$0.element]) })
      return (mean: own.mean.map { weight * $0 }, covariance: own.covariance.map { weight * $0 })
    }
    return parts.dropFirst().reduce(parts[0]) { ($0.mean + $1.mean, $0.covariance + $1.covariance) }
  }

  /// E x and E xxᵀ − E x E xᵀ of a law with finitely many outcomes.
  private func moments(
    _ law: [(weight: Rational, value: [Rational])]
  ) -> (mean: FieldMatrix<Rational>, covariance: FieldMatrix<Rational>) {
    let mean = law[0].value.indices.map { j in law.map { $0.weight * $0.value[j] }.sum }
    return (
      FieldMatrix(column: mean),
      FieldMatrix(rows: mean.count, columns: mean.count) { j, k in
        law.map { $0.weight * $0.value[j] * $0.value[k] }.sum - mean[j] * mean[k]
      }
    )
  }
}

extension FieldMatrix {
  init(column: [F]) { self.init(rows: column.count, columns: 1) { i, _ in column[i] } }
}
