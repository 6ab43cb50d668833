// The numbers that an expression is evaluated in: one protocol, from a prime field to balls and floating point.

public import ExactArithmetic

/// What a domain cannot do, or a point at which the expression has no value.
public enum EvaluationError: Error, Hashable, Sendable {
  /// The domain has no such function: another kind of evidence is needed. Not a fault of the expression.
  case unsupported(String)
  /// The expression has no value here: division by zero, the logarithm of a negative number.
  case undefined(String)
  /// A ball too wide to decide, such as a divisor that contains zero: more precision may help.
  case undecided(String)
  /// The work exceeds the budget.
  case tooLarge(String)
}

/// Smooth functions of one number, given to a domain by name.
public enum ElementaryFunction: Hashable, Sendable {
  case exp, log, sin, cos, tanh
  /// x^q for a rational q that is no integer; x > 0.
  case power(Rational)
}

/// The arithmetic of one kind of number. A value, so that a modulus or a precision belongs to it.
public protocol ScalarDomain: Sendable {
  associatedtype Element: Sendable
  func element(_ value: Rational) throws(EvaluationError) -> Element
  func add(_ a: Element, _ b: Element) -> Element
  func subtract(_ a: Element, _ b: Element) -> Element
  func multiply(_ a: Element, _ b: Element) -> Element
  func negate(_ a: Element) -> Element
  func inverse(_ a: Element) throws(EvaluationError) -> Element
  /// Whether a is exactly zero, so that it may be dropped without loss; a ball around zero is not.
  func isZero(_ a: Element) -> Bool
  /// Whether a and b are one and the same value for certain: equal numbers, or balls with equal centre and radius.
  func isSame(_ a: Element, _ b: Element) -> Bool
  /// Whether a has grown beyond what is worth computing with.
  func isTooLarge(_ a: Element) -> Bool
  /// How good a pivot a is: 0 for zero or possibly zero, larger is better; exact fields give 1 for anything else.
  func pivotQuality(_ a: Element) -> Double
  /// f(a), f′(a), f″(a)/2, …, f⁽ⁿ⁾(a)/n!.
  func taylor(_ f: ElementaryFunction, at a: Element, order: Int) throws(EvaluationError) -> [Element]
  /// −1, 0 or 1 where it is certain; nil if not. Throws if the domain has no order.
  func sign(_ a: Element) throws(EvaluationError) -> Int?
  /// λ_max of a symmetric matrix, given row by row. Throws if the domain cannot.
  func largestEigenvalue(_ a: [[Element]]) throws(EvaluationError) -> Element
  /// The symmetric positive definite square root of a symmetric positive definite matrix.
  func squareRoot(_ a: [[Element]]) throws(EvaluationError) -> [[Element]]
  /// σ₁ ≥ σ₂ ≥ … of a matrix, given row by row. Throws if the domain cannot.
  func singularValues(_ a: [[Element]]) throws(EvaluationError) -> [Element]
  /// σₖ, uₖ and vₖ of a matrix in which σₖ is simple and positive, k = 1, 2, …; the sign of (u, v) is arbitrary.
  func singularTriplet(_ k: Int, of a: [[Element]]) throws(EvaluationError) -> SingularTriplet<Element>
}

extension ScalarDomain {
  public func isTooLarge(_ a: Element) -> Bool { false }
  public func isSame(_ a: Element, _ b: Element) -> Bool { isZero(subtract(a, b)) }
}
