// Floating-point evaluation: fast and without a guarantee, for finding what is then proved and for messages.

public import ExactArithmetic
internal import Glibc

/// `Double`s. A sign is that of the rounded value.
public struct FloatingDomain: ScalarDomain {
  public typealias Element = Double

  public init() {}

  public func element(_ value: Rational) -> Double { value.approximation }
  public func add(_ a: Double, _ b: Double) -> Double { a + b }
  public func subtract(_ a: Double, _ b: Double) -> Double { a - b }
  public func multiply(_ a: Double, _ b: Double) -> Double { a * b }
  public func negate(_ a: Double) -> Double { -a }

  public func inverse(_ a: Double) throws(EvaluationError) -> Double {
    if a == 0 { throw .undefined("division by zero") }
    return 1 / a
  }

  public func isZero(_ a: Double) -> Bool { a == 0 }
  public func pivotQuality(_ a: Double) -> Double { a.isNaN ? 0 : abs(a) }
  public func sign(_ a: Double) -> Int? { a.isNaN ? nil : a > 0 ? 1 : a < 0 ? -1 : 0 }

  public func taylor(_ f: ElementaryFunction, at a: Double, order: Int) throws(EvaluationError) -> [Double] {
    try coefficients(of: f, at: a, order: order) { (f) throws(EvaluationError) in
      switch f {
      case .exp: return exp(a)
      case .sin: return sin(a)
      case .cos: return cos(a)
      case .tanh: return tanh(a)
      case .log where a <= 0, .power where a <= 0: throw .undefined(refusal(f, "\(a)"))
      case .log: return log(a)
      case .power(let q): return q == Rational(1, 2) ? a.squareRoot() : pow(a, q.approximation)
      }
    }
  }

  public func largestEigenvalue(_ a: [[Double]]) throws(EvaluationError) -> Double {
    guard let largest = try eigen(a).values.max() else { throw .undefined("eigenvalues of an empty matrix") }
    return largest
  }

  public func squareRoot(_ a: [[Double]]) throws(EvaluationError) -> [[Double]] {
    let eigen = try eigen(a)
    let rounding = 1e-15 * Double(a.count) * (eigen.values.max() ?? 0)
    if let negative = eigen.values.first(where: { $0 < -rounding }) {
      throw .undefined("square root of a matrix with the eigenvalue \(negative)")
    }
    return eigen.matrix { max($0, 0).squareRoot() }
  }

  private func eigen(_ a: [[Double]]) throws(EvaluationError) -> SymmetricEigen<Double> {
    guard a.joined().allSatisfy(\.isFinite) else { throw .undecided("eigenvalues of a matrix that is not finite") }
    return SymmetricEigen(a)
  }
}
