// Exact rational evaluation: decides equality and order of whatever stays rational.

public import ExactArithmetic

/// The rational numbers. A function has a value only where it is rational for a visible reason: √4, exp 0, log 1.
public struct RationalDomain: ScalarDomain {
  public typealias Element = Rational

  public init() {}

  public func element(_ value: Rational) -> Rational { value }
  public func add(_ a: Rational, _ b: Rational) -> Rational { a + b }
  public func subtract(_ a: Rational, _ b: Rational) -> Rational { a - b }
  public func multiply(_ a: Rational, _ b: Rational) -> Rational { a * b }
  public func negate(_ a: Rational) -> Rational { -a }

  public func inverse(_ a: Rational) throws(EvaluationError) -> Rational {
    if a.sign == 0 { throw .undefined("division by zero") }
    return 1 / a
  }

  public func isZero(_ a: Rational) -> Bool { a.sign == 0 }
  public func isTooLarge(_ a: Rational) -> Bool { max(a.bits.numerator, a.bits.denominator) > 20_000 }
  public func pivotQuality(_ a: Rational) -> Double { a.sign == 0 ? 0 : 1 }
  public func sign(_ a: Rational) -> Int? { a.sign }

  public func taylor(_ f: ElementaryFunction, at a: Rational, order: Int) throws(EvaluationError) -> [Rational] {
    try coefficients(of: f, at: a, order: order) { (f) throws(EvaluationError) in try value(f, at: a) }
  }

  private func value(_ f: ElementaryFunction, at a: Rational) throws(EvaluationError) -> Rational {
    switch f {
    case .log where a.sign <= 0: throw .undefined(refusal(f, "\(a)"))
    case .power where a.sign < 0: throw .undefined(refusal(f, "\(a)"))
    case .log where a == 1: return 0
    case .exp where a == 0, .cos where a == 0: return 1
    case .sin where a == 0, .tanh where a == 0: return 0
    case .power(let q):
      guard let n = q.numerator.asInt, let m = q.denominator.asInt, let root = a.root(m) else { break }
      let bits = max(root.bits.numerator, root.bits.denominator)
      guard bits * Double(n.magnitude) <= 1e6 else { throw .tooLarge("the power \(q) of \(a)") }
      return root.power(n)
    default: break
    }
    throw .unsupported("\(refusal(f, "\(a)")) among the rational numbers")
  }

  public func largestEigenvalue(_ a: [[Rational]]) throws(EvaluationError) -> Rational {
    guard isDiagonal(a), let largest = a.indices.map({ a[$0][$0] }).max() else {
      throw .unsupported("eigenvalues among the rational numbers")
    }
    return largest
  }

  /// Exact for a diagonal matrix of squares.
  public func squareRoot(_ a: [[Rational]]) throws(EvaluationError) -> [[Rational]] {
    guard isDiagonal(a) else { throw .unsupported("matrix square roots among the rational numbers") }
    var roots: [Rational] = []
    for i in a.indices { roots += try taylor(.power(Rational(1, 2)), at: a[i][i], order: 0) }
    return try diagonalMatrix(roots)
  }
}
