// The arithmetic that exact and floating evaluation of one formula have in common.

/// Numbers closed under +, −, ×, ÷: a formula written over a `Field` runs in `Double` and, exactly, in ``Rational``.
public protocol Field: Equatable, Sendable, ExpressibleByIntegerLiteral {
  init(_ value: Int)
  static func + (a: Self, b: Self) -> Self
  static func - (a: Self, b: Self) -> Self
  static func * (a: Self, b: Self) -> Self
  static func / (a: Self, b: Self) -> Self
}

extension Field {
  public static func += (a: inout Self, b: Self) { a = a + b }
  public static func -= (a: inout Self, b: Self) { a = a - b }
  public static prefix func - (a: Self) -> Self { Self(0) - a }
  public var squared: Self { self * self }
}

extension Double: Field {}

extension Array where Element: Field {
  /// The sum of the entries; zero for none.
  public var sum: Element { reduce(Element(0)) { $0 + $1 } }
  /// The arithmetic mean of at least one entry.
  public var mean: Element { sum / Element(count) }

  /// Σ aᵢ bᵢ.
  public func dot(_ other: [Element]) -> Element {
    precondition(count == other.count, "dot: vectors of lengths \(count) and \(other.count)")
    return zip(self, other).reduce(Element(0)) { $0 + $1.0 * $1.1 }
  }
}
