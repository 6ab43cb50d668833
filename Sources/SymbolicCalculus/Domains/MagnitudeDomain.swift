// Floating point that remembers how large the terms were: how much of a difference is left after cancellation.

internal import ExactArithmetic
internal import Glibc

/// A value, and the sum of the magnitudes of the terms that made it: their quotient is near 0 where terms cancel.
struct MagnitudeDomain: DrawingDomain, ApproximatesReals {
  struct Element: Sendable {
    var value: Double
    var magnitude: Double
    init(_ value: Double, _ magnitude: Double? = nil) {
      (self.value, self.magnitude) = (value, magnitude ?? abs(value))
    }
  }

  private let plain = FloatingDomain()

  func element(_ value: Rational) -> Element { Element(plain.element(value)) }
  func add(_ a: Element, _ b: Element) -> Element { Element(a.value + b.value, a.magnitude + b.magnitude) }
  func subtract(_ a: Element, _ b: Element) -> Element { Element(a.value - b.value, a.magnitude + b.magnitude) }
  func multiply(_ a: Element, _ b: Element) -> Element { Element(a.value * b.value, a.magnitude * b.magnitude) }
  func negate(_ a: Element) -> Element { Element(-a.value, a.magnitude) }
  func inverse(_ a: Element) throws(EvaluationError) -> Element { Element(try plain.inverse(a.value)) }
  func isZero(_ a: Element) -> Bool { a.value == 0 }
  func isSame(_ a: Element, _ b: Element) -> Bool { a.value == b.value }
  func pivotQuality(_ a: Element) -> Double { plain.pivotQuality(a.value) }
  func sign(_ a: Element) -> Int? { plain.sign(a.value) }

  func taylor(_ f: ElementaryFunction, at a: Element, order: Int) throws(EvaluationError) -> [Element] {
    try plain.taylor(f, at: a.value, order: order).map { Element($0) }
  }
  func largestEigenvalue(_ a: [[Element]]) throws(EvaluationError) -> Element {
    Element(try plain.largestEigenvalue(a.map { $0.map(\.value) }))
  }
  func squareRoot(_ a: [[Element]]) throws(EvaluationError) -> [[Element]] {
    try plain.squareRoot(a.map { $0.map(\.value) }).map { $0.map { Element($0) } }
  }
}
