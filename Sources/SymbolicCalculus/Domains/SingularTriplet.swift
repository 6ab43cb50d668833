// Singular values and vectors of a matrix that is given by its entries, where a domain can find them.

internal import ExactArithmetic

/// σ, u and v with X v = σ u and Xᵀ u = σ v; their common sign is the domain's choice.
public struct SingularTriplet<Element: Sendable>: Sendable {
  /// Zero beyond min(m, n).
  public var value: Element
  /// A unit vector; nil if there are fewer on this side.
  public var left: [Element]?
  public var right: [Element]?

  public init(value: Element, left: [Element]?, right: [Element]?) {
    (self.value, self.left, self.right) = (value, left, right)
  }
}

extension ScalarDomain {
  public func singularValues(_ a: [[Element]]) throws(EvaluationError) -> [Element] { throw .noSpectrum }
  public func singularTriplet(_ k: Int, of a: [[Element]]) throws(EvaluationError) -> SingularTriplet<Element> {
    throw .noSpectrum
  }
}

extension EvaluationError {
  fileprivate static let noSpectrum = unsupported("singular values and vectors of a matrix that is not a declared name")
}

extension FloatingDomain {
  public func singularValues(_ a: [[Double]]) throws(EvaluationError) -> [Double] { try decomposition(a).values }

  /// Errors: undecided where σₖ is within rounding of another singular value or of zero.
  public func singularTriplet(_ k: Int, of a: [[Double]]) throws(EvaluationError) -> SingularTriplet<Double> {
    let found = try decomposition(a)
    let place = k - 1
    let left = found.left.indices.contains(place) ? found.left[place] : nil
    let right = found.right.indices.contains(place) ? found.right[place] : nil
    guard found.values.indices.contains(place) else { return SingularTriplet(value: 0, left: left, right: right) }
    let (value, rounding) = (found.values[place], 1e-13 * found.values[0])
    guard value > rounding else { throw .undecided("a singular value that may be zero") }
    for other in [place - 1, place + 1] where found.values.indices.contains(other) {
      guard abs(found.values[other] - value) > rounding else { throw .undecided("singular values that may coincide") }
    }
    return SingularTriplet(value: value, left: left, right: right)
  }

  private func decomposition(_ a: [[Double]]) throws(EvaluationError) -> SingularDecomposition<Double> {
    guard a.first?.isEmpty == false else { throw .undefined("singular values of an empty matrix") }
    guard a.joined().allSatisfy(\.isFinite) else { throw .undecided("singular values of a matrix that is not finite") }
    return SingularDecomposition(a)
  }
}
