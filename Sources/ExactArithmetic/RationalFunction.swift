// Quotients of polynomials in lowest terms: identities between rational expressions decided for all values at once.

/// An element of ℚ(x₁, …, xₙ), numerator and denominator coprime and the denominator monic: equal functions are equal values.
///
/// A result with more terms than its field's budget is only marked ``isTooLarge``, and so is all that is made of it.
public struct RationalFunction: Sendable {
  public let field: RationalFunctionField
  /// Nil if too large.
  private let parts: (numerator: Polynomial, denominator: Polynomial)?

  public init(_ value: Rational, _ field: RationalFunctionField) {
    self.field = field
    parts = (Polynomial(value, field), Polynomial(1, field))
  }

  /// The indeterminate with the number `variable` among the field's names.
  public init(variable: Int, _ field: RationalFunctionField) {
    self.field = field
    parts = (Polynomial(variable: variable, field), Polynomial(1, field))
  }

  /// numerator/denominator, where it is known that they are coprime.
  private init(coprime numerator: Polynomial, _ denominator: Polynomial) {
    field = numerator.field
    guard max(numerator.terms, denominator.terms) <= field.termBudget else {
      parts = nil
      return
    }
    let unit = denominator.leading
    parts = unit == 1 ? (numerator, denominator) : (numerator.divided(by: unit), denominator.divided(by: unit))
  }

  private init(reducing numerator: Polynomial, _ denominator: Polynomial) {
    let field = numerator.field
    // A common factor may still shorten both, but finding one in anything much longer takes too long.
    guard max(numerator.terms, denominator.terms) <= 4 * field.termBudget,
      let divisor = numerator.commonDivisor(denominator)
    else {
      self.init(tooLarge: field)
      return
    }
    if divisor.isOne {
      self.init(coprime: numerator, denominator)
    } else {
      self.init(coprime: numerator / divisor, denominator / divisor)
    }
  }

  private init(tooLarge field: RationalFunctionField) { (self.field, parts) = (field, nil) }

  public static func + (a: RationalFunction, b: RationalFunction) -> RationalFunction {
    guard let p = a.parts, let q = b.parts else { return RationalFunction(tooLarge: a.field) }
    if p.denominator == q.denominator {
      return RationalFunction(reducing: p.numerator + q.numerator, p.denominator)
    }
    return RationalFunction(
      reducing: p.numerator * q.denominator + q.numerator * p.denominator, p.denominator * q.denominator)
  }

  public static func * (a: RationalFunction, b: RationalFunction) -> RationalFunction {
    guard let p = a.parts, let q = b.parts else { return RationalFunction(tooLarge: a.field) }
    // Both are in lowest terms, so that common factors stand crosswise only.
    guard let x = RationalFunction(reducing: p.numerator, q.denominator).parts,
      let y = RationalFunction(reducing: q.numerator, p.denominator).parts
    else { return RationalFunction(tooLarge: a.field) }
    return RationalFunction(coprime: x.numerator * y.numerator, x.denominator * y.denominator)
  }

  public static prefix func - (a: RationalFunction) -> RationalFunction {
    guard let p = a.parts else { return a }
    return RationalFunction(coprime: p.numerator.divided(by: -1), p.denominator)
  }
  public static func - (a: RationalFunction, b: RationalFunction) -> RationalFunction { a + -b }

  /// 1/f; nil for 0.
  public var inverse: RationalFunction? {
    guard let parts else { return self }
    return isZero ? nil : RationalFunction(coprime: parts.denominator, parts.numerator)
  }

  public var isTooLarge: Bool { parts == nil }
  public var isZero: Bool { parts.map { $0.numerator.terms == 0 } ?? false }

  /// The value, if no variable occurs.
  public var constant: Rational? {
    guard let parts, parts.denominator.isOne else { return nil }
    return parts.numerator.constant
  }
}

extension RationalFunction: CustomStringConvertible {
  public var description: String {
    guard let parts else { return "more than \(field.termBudget) terms" }
    if parts.denominator.isOne { return parts.numerator.description }
    return "(\(parts.numerator.description))/(\(parts.denominator.description))"
  }
}
