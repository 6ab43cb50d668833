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

  init(_ fill: (UnsafeMutablePointer<fmpq>) -> Void) { storage = Storage(fill) }

  /// FLINT's own number, for other functions of that library; it must not be written to.
  func withFLINT<T>(_ body: (UnsafePointer<fmpq>) -> T) -> T { withUnsafePointer(to: storage.value, body) }

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
    Rational { out in a.withFLINT { a in b.withFLINT { b in operation(out, a, b) } } }
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

  /// Residues modulo a prime tell numbers apart as well as their digits do, and are cheaper.
  public func hash(into hasher: inout Hasher) {
    let prime: UInt = (1 << 61) - 1
    withFLINT {
      var (numerator, denominator) = ($0.pointee.num, $0.pointee.den)
      hasher.combine(fmpz_fdiv_ui(&numerator, prime))
      hasher.combine(fmpz_fdiv_ui(&denominator, prime))
    }
  }

  private static func order(_ a: Rational, _ b: Rational) -> Int32 {
    a.withFLINT { a in b.withFLINT { b in fmpq_cmp(a, b) } }
  }

  /// The version of FLINT that was built against.
  public static var libraryVersion: String { FLINT_VERSION }

  /// The nearest `Double`, for messages only.
  public var approximation: Double {
    withFLINT { fmpq_get_d($0) }
  }

  public var description: String {
    withFLINT { value in
      guard let text = fmpq_get_str(nil, 10, value) else { return "?" }
      defer { flint_free(text) }
      return String(cString: text)
    }
  }
}
