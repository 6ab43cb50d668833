// Singular triplets at a point: drawn with their matrix, or found by the domain when they are first needed.

internal import ExactArithmetic

extension Model {
  /// σₖ, uₖ and vₖ of one matrix, the same for every evaluation.
  final class Triplet {
    let matrix: G
    let index: Int
    fileprivate(set) var value: Number<D.Element>
    /// nil if there are fewer on this side.
    fileprivate(set) var left: G?
    fileprivate(set) var right: G?
    /// Of the equations that define it, once known.
    var jacobianInverse: G?

    fileprivate init(_ matrix: G, _ index: Int, _ value: Number<D.Element>, _ left: G?, _ right: G?) {
      (self.matrix, self.index, self.value, self.left, self.right) = (matrix, index, value, left, right)
    }
  }

  /// The k-th triplet of a matrix without infinitesimal parts. Errors: unsupported where it was not drawn and the domain
  /// cannot find it, undecided where σₖ may be another one or zero.
  func triplet(_ k: Int, of matrix: G, keeping isKept: Bool) throws(EvaluationError) -> Triplet {
    if let known = triplets.first(where: { $0.index == k && linear.isEqual($0.matrix, matrix) }) { return known }
    let found: Triplet
    if let drawn = drawnTriplet(k, matrix) { found = drawn } else { found = try computedTriplet(k, matrix) }
    try orient(found)
    if isKept { triplets.append(found) }
    return found
  }

  private func drawnTriplet(_ k: Int, _ matrix: G) -> Triplet? {
    func column(_ a: G) -> G? { k <= a.columns ? a.column(k - 1) : nil }
    for spectrum in spectra {
      let value = k <= spectrum.values.count ? spectrum.values[k - 1] : arithmetic.zero
      if linear.isEqual(spectrum.matrix, matrix) {
        return Triplet(matrix, k, value, column(spectrum.left), column(spectrum.right))
      }
      if linear.isEqual(spectrum.matrix.transposed, matrix) {
        return Triplet(matrix, k, value, column(spectrum.right), column(spectrum.left))
      }
    }
    return nil
  }

  private func computedTriplet(_ k: Int, _ matrix: G) throws(EvaluationError) -> Triplet {
    try arithmetic.chargeDecomposition(matrix.rows, matrix.columns)
    let found = try arithmetic.domain.singularTriplet(k, of: try linear.base(matrix, for: "singular vectors"))
    func column(_ entries: [D.Element]?) -> G? {
      entries.map { G(rows: $0.count, columns: 1, entries: $0.map(arithmetic.constant)) }
    }
    return Triplet(matrix, k, arithmetic.constant(found.value), column(found.left), column(found.right))
  }

  /// Makes Σ e^{1/j} vⱼ positive, so that balls of one matrix that differ by rounding get the same signs. The weights are
  /// linearly independent over the algebraic numbers (Lindemann and Weierstrass), so no rational matrix has the sum zero.
  private func orient(_ triplet: Triplet) throws(EvaluationError) {
    let domain = arithmetic.domain
    guard domain is any ApproximatesReals, let left = triplet.left, let right = triplet.right else { return }
    var sum = arithmetic.zeroElement
    for (j, entry) in right.entries.enumerated() {
      // Rational numbers have no exponentials; there every vector is drawn, and has one sign.
      guard let weight = try? domain.taylor(.exp, at: domain.element(Rational(1, j + 1)), order: 0)[0] else { return }
      sum = domain.add(sum, domain.multiply(weight, try arithmetic.base(entry, for: "a singular vector")))
    }
    guard let sign = try domain.sign(sum), sign != 0 else { throw .undecided("the sign of a singular vector") }
    if sign < 0 { (triplet.left, triplet.right) = (linear.negate(left), linear.negate(right)) }
  }
}
