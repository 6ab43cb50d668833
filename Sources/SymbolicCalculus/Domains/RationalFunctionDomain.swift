// Evaluation at indeterminates: a rational identity that holds here holds wherever both sides have a value.

public import ExactArithmetic

/// Rational functions in lowest terms. What outgrows the field's budget is marked so; look at `isTooLarge` at the end.
public struct RationalFunctionDomain: ScalarDomain {
  public typealias Element = RationalFunction
  public let field: RationalFunctionField

  public init(_ field: RationalFunctionField) { self.field = field }

  public func variable(_ index: Int) -> RationalFunction { RationalFunction(variable: index, field) }
  public func element(_ value: Rational) -> RationalFunction { RationalFunction(value, field) }
  public func add(_ a: RationalFunction, _ b: RationalFunction) -> RationalFunction { a + b }
  public func subtract(_ a: RationalFunction, _ b: RationalFunction) -> RationalFunction { a - b }
  public func multiply(_ a: RationalFunction, _ b: RationalFunction) -> RationalFunction { a * b }
  public func negate(_ a: RationalFunction) -> RationalFunction { -a }

  public func inverse(_ a: RationalFunction) throws(EvaluationError) -> RationalFunction {
    if a.isTooLarge { throw .tooLarge(a.description) }
    guard let inverse = a.inverse else { throw .undefined("division by zero") }
    return inverse
  }

  public func isZero(_ a: RationalFunction) -> Bool { a.isZero }
  public func pivotQuality(_ a: RationalFunction) -> Double { a.isZero || a.isTooLarge ? 0 : 1 }

  /// Only constants have an order.
  public func sign(_ a: RationalFunction) throws(EvaluationError) -> Int? { try constant(a, "the sign").sign }

  /// Only at constants, where the coefficients are rational.
  public func taylor(
    _ f: ElementaryFunction, at a: RationalFunction, order: Int
  ) throws(EvaluationError) -> [RationalFunction] {
    try RationalDomain().taylor(f, at: constant(a, "\(f)"), order: order).map(element)
  }

  public func largestEigenvalue(_ a: [[RationalFunction]]) throws(EvaluationError) -> RationalFunction {
    throw .unsupported("eigenvalues of a matrix of rational functions")
  }
  public func squareRoot(_ a: [[RationalFunction]]) throws(EvaluationError) -> [[RationalFunction]] {
    throw .unsupported("the square root of a matrix of rational functions")
  }

  private func constant(_ a: RationalFunction, _ what: String) throws(EvaluationError) -> Rational {
    if a.isTooLarge { throw .tooLarge(a.description) }
    guard let constant = a.constant else { throw .unsupported("\(what) of a rational function") }
    return constant
  }
}
