// Evaluation in balls: every result encloses the exact one, so that two that do not meet prove a difference.

public import ExactArithmetic

/// Arb's real balls at one precision.
public struct BallDomain: ScalarDomain {
  public typealias Element = Ball
  public let precision: Int

  /// Numbers are rounded to so many bits.
  public init(precision: Int) { self.precision = precision }

  public func element(_ value: Rational) -> Ball { Ball(value, precision: precision) }
  public func add(_ a: Ball, _ b: Ball) -> Ball { a + b }
  public func subtract(_ a: Ball, _ b: Ball) -> Ball { a - b }
  public func multiply(_ a: Ball, _ b: Ball) -> Ball { a * b }
  public func negate(_ a: Ball) -> Ball { -a }

  public func inverse(_ a: Ball) throws(EvaluationError) -> Ball {
    if a.isExactlyZero { throw .undefined("division by zero") }
    if a.containsZero { throw .undecided("division by \(a.description(digits: 6))") }
    return element(1) / a
  }

  public func isSame(_ a: Ball, _ b: Ball) -> Bool { a.isIdentical(to: b) }
  public func isZero(_ a: Ball) -> Bool { a.isExactlyZero }
  public func sign(_ a: Ball) -> Int? { a.sign }
  public func maximum(_ a: Ball, _ b: Ball) -> Ball? { a.maximum(b) }

  /// A lower bound of |a|; positive for whatever is certainly not zero, however small.
  public func pivotQuality(_ a: Ball) -> Double {
    guard let sign = a.sign, sign != 0 else { return 0 }
    return max(sign > 0 ? a.lower : -a.upper, .leastNonzeroMagnitude)
  }

  /// Errors: undefined where a ≤ 0 for certain and f is a logarithm or a power, undecided where it is not certain.
  public func taylor(_ f: ElementaryFunction, at a: Ball, order: Int) throws(EvaluationError) -> [Ball] {
    try coefficients(of: f, at: a, order: order) { (f) throws(EvaluationError) in
      let value: Ball
      switch f {
      case .exp: value = a.exp
      case .sin: value = a.sin
      case .cos: value = a.cos
      case .tanh: value = a.tanh
      case .log, .power:
        guard a.sign == 1 else {
          let message = refusal(f, a.exactValue?.description ?? a.description(digits: 6))
          throw a.sign == nil ? .undecided(message) : .undefined(message)
        }
        if case .power(let q) = f { value = a.power(q) } else { value = a.log }
      }
      guard value.isFinite else { throw .undecided(refusal(f, a.description(digits: 6))) }
      return value
    }
  }
}
