// Every free entry an indeterminate: equality here is equality of normal forms, with nothing left to chance.

internal import ExactArithmetic
internal import RandomStreams

/// Rational functions, in which every draw is an indeterminate of its own.
final class GenericDomain: DrawingDomain, @unchecked Sendable {
  // One evaluation at a time uses it.
  typealias Element = RationalFunction

  static let variables = 12
  private let rational = RationalFunctionDomain(
    RationalFunctionField((0..<GenericDomain.variables).map { "x\($0)" }, termBudget: 200))
  private var indexOf: [UInt64: Int] = [:]

  /// The same state of the same stream is the same indeterminate.
  func draw(_ generator: RandomGenerator, spread: Spread) throws(EvaluationError) -> RationalFunction {
    let key = UInt64(generator.next32()) << 32 | UInt64(generator.next32())
    let index = indexOf[key] ?? indexOf.count
    guard index < Self.variables else { throw .tooLarge("more than \(Self.variables) free entries") }
    indexOf[key] = index
    return rational.variable(index)
  }

  func element(_ value: Rational) -> RationalFunction { rational.element(value) }
  func add(_ a: RationalFunction, _ b: RationalFunction) -> RationalFunction { a + b }
  func subtract(_ a: RationalFunction, _ b: RationalFunction) -> RationalFunction { a - b }
  func multiply(_ a: RationalFunction, _ b: RationalFunction) -> RationalFunction { a * b }
  func negate(_ a: RationalFunction) -> RationalFunction { -a }
  func inverse(_ a: RationalFunction) throws(EvaluationError) -> RationalFunction { try rational.inverse(a) }
  func isTooLarge(_ a: RationalFunction) -> Bool { a.isTooLarge }
  func isZero(_ a: RationalFunction) -> Bool { rational.isZero(a) }
  func pivotQuality(_ a: RationalFunction) -> Double { rational.pivotQuality(a) }
  func taylor(_ f: ElementaryFunction, at a: RationalFunction, order: Int) throws(EvaluationError) -> [RationalFunction]
  {
    try rational.taylor(f, at: a, order: order)
  }
  func sign(_ a: RationalFunction) throws(EvaluationError) -> Int? { try rational.sign(a) }
  func largestEigenvalue(_ a: [[RationalFunction]]) throws(EvaluationError) -> RationalFunction {
    try rational.largestEigenvalue(a)
  }
  func squareRoot(_ a: [[RationalFunction]]) throws(EvaluationError) -> [[RationalFunction]] {
    try rational.squareRoot(a)
  }
}
