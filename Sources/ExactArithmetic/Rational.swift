// Rational numbers of any size, by FLINT: the ground of every check that admits no tolerance.

internal import CFLINT

/// An exact rational number in lowest terms.
public struct Rational: Field, Comparable, Hashable, CustomStringConvertible {
  /// FLINT owns the digits; a box gives them Swift's value semantics, because no box is written after it is made.
  private final class Storage: @unchecked Sendable {
    var value = fmpq()

    init(_ fill: (UnsafeMutablePointer<fmpq>) -> Void) {
      fmpq_init(&value)
      withUnsafeMutablePointer(to: &value, fill)
    }

    deinit { fmpq_clear(&value) }
  }

  private let storage: Storage

  private init(_ fill: (UnsafeMutablePointer<fmpq>) -> Void) { storage = Storage(fill) }

  public init(_ value: Int) { self.init { fmpq_set_si($0, value, 1) } }
  public init(integerLiteral value: Int) { self.init(value) }

  /// numerator / denominator, reduced.
  public init(_ numerator: Int, _ denominator: Int) {
    precondition(denominator != 0, "a rational number needs a denominator other than zero")
    self = Rational(numerator) / Rational(denominator)
  }

  private static func combine(
    _ a: Rational, _ b: Rational,
    _ operation: (UnsafeMutablePointer<fmpq>, UnsafePointer<fmpq>, UnsafePointer<fmpq>) -> Void
  ) -> Rational {
    Rational { out in
      withUnsafePointer(to: a.storage.value) { a in
        withUnsafePointer(to: b.storage.value) { b in operation(out, a, b) }
      }
    }
  }

  public static func + (a: Rational, b: Rational) -> Rational { combine(a, b) { fmpq_add($0, $1, $2) } }
  public static func - (a: Rational, b: Rational) -> Rational { combine(a, b) { fmpq_sub($0, $1, $2) } }
  public static func * (a: Rational, b: Rational) -> Rational { combine(a, b) { fmpq_mul($0, $1, $2) } }

  public static func / (a: Rational, b: Rational) -> Rational {
    precondition(b != 0, "division of \(a) by zero")
    return combine(a, b) { fmpq_div($0, $1, $2) }
  }

  public static func == (a: Rational, b: Rational) -> Bool { order(a, b) == 0 }
  public static func < (a: Rational, b: Rational) -> Bool { order(a, b) < 0 }

  public func hash(into hasher: inout Hasher) { hasher.combine(description) }

  private static func order(_ a: Rational, _ b: Rational) -> Int32 {
    withUnsafePointer(to: a.storage.value) { a in withUnsafePointer(to: b.storage.value) { b in fmpq_cmp(a, b) } }
  }

  /// The version of FLINT that was built against.
  public static var libraryVersion: String { FLINT_VERSION }

  /// The nearest `Double`, for messages only.
  public var approximation: Double {
    withUnsafePointer(to: storage.value) { fmpq_get_d($0) }
  }

  public var description: String {
    withUnsafePointer(to: storage.value) { value in
      guard let text = fmpq_get_str(nil, 10, value) else { return "?" }
      defer { flint_free(text) }
      return String(cString: text)
    }
  }
}
