// A prime field that keeps score: every residue carries the bounds that say how likely a false zero is.

internal import ExactArithmetic
internal import RandomStreams

/// Residues with the ``DegreeDomain``'s bounds of the rational function that they are values of.
struct MeasuredPrimeDomain: DrawingDomain {
  struct Element: Sendable {
    var residue: UInt64
    var bound: DegreeDomain.Element
  }

  /// What was evaluated so far.
  final class Ledger: @unchecked Sendable {
    // One evaluation at a time uses it.
    fileprivate(set) var hasUnknowns = false
  }

  let prime: PrimeDomain
  let ledger = Ledger()
  let degrees = DegreeDomain()

  func element(_ value: Rational) throws(EvaluationError) -> Element {
    Element(residue: try prime.element(value), bound: degrees.element(value))
  }
  func draw(_ generator: RandomGenerator, spread: Spread) throws(EvaluationError) -> Element {
    Element(residue: try prime.draw(generator, spread: spread), bound: degrees.variable())
  }
  func add(_ a: Element, _ b: Element) -> Element {
    Element(residue: prime.add(a.residue, b.residue), bound: degrees.add(a.bound, b.bound))
  }
  func subtract(_ a: Element, _ b: Element) -> Element {
    Element(residue: prime.subtract(a.residue, b.residue), bound: degrees.subtract(a.bound, b.bound))
  }
  func multiply(_ a: Element, _ b: Element) -> Element {
    Element(residue: prime.multiply(a.residue, b.residue), bound: degrees.multiply(a.bound, b.bound))
  }
  func negate(_ a: Element) -> Element { Element(residue: prime.negate(a.residue), bound: a.bound) }
  func inverse(_ a: Element) throws(EvaluationError) -> Element {
    Element(residue: try prime.inverse(a.residue), bound: try degrees.inverse(a.bound))
  }
  func isZero(_ a: Element) -> Bool { prime.isZero(a.residue) }
  func pivotQuality(_ a: Element) -> Double { prime.pivotQuality(a.residue) }
  /// A transcendental value is an unknown of its own, the same wherever its argument is the same; its derivatives follow
  /// from it. What then holds, holds for every function with those derivatives: exp, log, … themselves among them.
  func taylor(_ f: ElementaryFunction, at a: Element, order: Int) throws(EvaluationError) -> [Element] {
    try coefficients(of: f, at: a, order: order) { (f) throws(EvaluationError) in
      switch f {
      case .exp where a.residue == 0, .cos where a.residue == 0: try element(1)
      case .sin where a.residue == 0, .tanh where a.residue == 0, .log where a.residue == 1: try element(0)
      default: unknown(StreamName("\(f)", "\(a.residue)"))
      }
    }
  }

  private func unknown(_ name: StreamName) -> Element {
    ledger.hasUnknowns = true
    let key = name.key(seed: prime.field.modulus)
    return Element(residue: key % prime.field.modulus, bound: degrees.variable())
  }

  func sign(_ a: Element) throws(EvaluationError) -> Int? { try prime.sign(a.residue) }
  func largestEigenvalue(_ a: [[Element]]) throws(EvaluationError) -> Element {
    throw .unsupported("eigenvalues modulo a prime")
  }
  func squareRoot(_ a: [[Element]]) throws(EvaluationError) -> [[Element]] {
    throw .unsupported("matrix square roots modulo a prime")
  }
}
