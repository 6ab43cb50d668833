// How large a rational expression can be, which bounds the chance that a false identity survives a random prime.

public import ExactArithmetic
internal import Glibc

/// Bounds on a quotient N/D of integer polynomials, propagated through +, −, ×, ÷ in place of numbers.
///
/// Let N ≠ 0 have total degree ≤ d and the sum of its coefficients' magnitudes ≤ 2ʰ. Draw a prime p uniformly from
/// [2⁶², 2⁶³) and a point uniformly modulo p. Then N vanishes there with probability at most
///
///     d/p + (h/62)/(number of primes in that range),    d/p ≤ d/2⁶²,    the number of primes ≥ 2⁵⁶:
///
/// at most h/62 of these primes divide a coefficient other than zero (each has a factor ≥ 2⁶² in it), and modulo any
/// other N stays a nonzero polynomial of degree ≤ d, to which the lemma of Schwartz and Zippel applies. Where points
/// are drawn anew because a denominator vanishes there, the chance must be divided by that of a point which is kept.
public struct DegreeDomain: ScalarDomain {
  /// Degrees, and base-2 logarithms of the sums of coefficients' magnitudes.
  public struct Element: Hashable, Sendable {
    public var numeratorDegree: Double
    public var denominatorDegree: Double
    public var numeratorHeight: Double
    public var denominatorHeight: Double
    /// Whether the function is identically zero, visibly.
    public var isZero: Bool
  }

  public init() {}

  /// One indeterminate.
  public func variable() -> Element {
    Element(numeratorDegree: 1, denominatorDegree: 0, numeratorHeight: 0, denominatorHeight: 0, isZero: false)
  }

  public func element(_ value: Rational) -> Element {
    let bits = value.bits
    let isZero = value.sign == 0
    return Element(
      numeratorDegree: 0, denominatorDegree: 0, numeratorHeight: isZero ? 0 : bits.numerator,
      denominatorHeight: bits.denominator, isZero: isZero)
  }

  public func add(_ a: Element, _ b: Element) -> Element {
    if a.isZero { return b }
    if b.isZero { return a }
    // Both numerators over the common denominator: |f g|₁ ≤ |f|₁ |g|₁.
    let (p, q) = (a.numeratorHeight + b.denominatorHeight, b.numeratorHeight + a.denominatorHeight)
    return Element(
      numeratorDegree: max(a.numeratorDegree + b.denominatorDegree, b.numeratorDegree + a.denominatorDegree),
      denominatorDegree: a.denominatorDegree + b.denominatorDegree,
      numeratorHeight: max(p, q) + log2(1 + exp2(-abs(p - q))),
      denominatorHeight: a.denominatorHeight + b.denominatorHeight, isZero: false)
  }

  public func subtract(_ a: Element, _ b: Element) -> Element { add(a, b) }
  public func negate(_ a: Element) -> Element { a }

  public func multiply(_ a: Element, _ b: Element) -> Element {
    if a.isZero || b.isZero { return element(0) }
    return Element(
      numeratorDegree: a.numeratorDegree + b.numeratorDegree,
      denominatorDegree: a.denominatorDegree + b.denominatorDegree,
      numeratorHeight: a.numeratorHeight + b.numeratorHeight,
      denominatorHeight: a.denominatorHeight + b.denominatorHeight, isZero: false)
  }

  public func inverse(_ a: Element) throws(EvaluationError) -> Element {
    if a.isZero { throw .undefined("division by zero") }
    return Element(
      numeratorDegree: a.denominatorDegree, denominatorDegree: a.numeratorDegree,
      numeratorHeight: a.denominatorHeight, denominatorHeight: a.numeratorHeight, isZero: false)
  }

  public func isZero(_ a: Element) -> Bool { a.isZero }
  public func pivotQuality(_ a: Element) -> Double { a.isZero ? 0 : 1 }

  /// −log₂ of the bound above for the numerator of the difference of two sides; at least 0, infinite if it cannot fail.
  public func failureBits(difference: Element) -> Double {
    if difference.isZero { return .infinity }
    return max(0, -log2(difference.numeratorDegree / 0x1p62 + difference.numeratorHeight / 62 / 0x1p56))
  }

  public func taylor(_ f: ElementaryFunction, at a: Element, order: Int) throws(EvaluationError) -> [Element] {
    throw .unsupported("the degree of \(refusal(f, "a rational function"))")
  }
  public func sign(_ a: Element) throws(EvaluationError) -> Int? { throw .unsupported("degrees have no sign") }
  public func largestEigenvalue(_ a: [[Element]]) throws(EvaluationError) -> Element {
    throw .unsupported("the degree of an eigenvalue")
  }
  public func squareRoot(_ a: [[Element]]) throws(EvaluationError) -> [[Element]] {
    throw .unsupported("the degree of a matrix square root")
  }
}
