// Real numbers with an error bound that the machine vouches for: Arb's balls.

internal import CFLINT

/// A midpoint and a radius. The result of an operation contains every exact result on members of its operands.
///
/// A result is rounded to the larger of the operands' precisions, and the rounding is part of the radius. Where an operation
/// is not defined on the whole ball (1/x about 0, log x below 0) the result is not finite.
public struct Ball: Sendable {
  /// Written once, while it is made; hence its value semantics.
  private final class Storage: @unchecked Sendable {
    var value = arb_struct()

    init(_ fill: (UnsafeMutablePointer<arb_struct>) -> Void) {
      arb_init(&value)
      withUnsafeMutablePointer(to: &value, fill)
    }

    deinit { arb_clear(&value) }
  }

  /// Bits to which results are rounded.
  public let precision: Int
  private let storage: Storage

  private init(precision: Int, _ fill: (UnsafeMutablePointer<arb_struct>) -> Void) {
    precondition(2...1_000_000 ~= precision, "a precision of \(precision) bits")
    self.precision = precision
    storage = Storage(fill)
  }

  private func withArb<T>(_ body: (UnsafePointer<arb_struct>) -> T) -> T { withUnsafePointer(to: storage.value, body) }

  private func map(
    _ operation: (UnsafeMutablePointer<arb_struct>, UnsafePointer<arb_struct>, Int) -> Void
  ) -> Ball {
    Ball(precision: precision) { out in withArb { operation(out, $0, precision) } }
  }

  private static func combine(
    _ a: Ball, _ b: Ball,
    _ operation: (UnsafeMutablePointer<arb_struct>, UnsafePointer<arb_struct>, UnsafePointer<arb_struct>, Int) -> Void
  ) -> Ball {
    let precision = max(a.precision, b.precision)
    return Ball(precision: precision) { out in a.withArb { a in b.withArb { b in operation(out, a, b, precision) } } }
  }

  /// The smallest ball about the number; exact if the number has so few binary digits.
  public init(_ value: Rational, precision: Int) {
    self.init(precision: precision) { out in value.withFLINT { arb_set_fmpq(out, $0, precision) } }
  }

  public static func + (a: Ball, b: Ball) -> Ball { combine(a, b) { arb_add($0, $1, $2, $3) } }
  public static func - (a: Ball, b: Ball) -> Ball { combine(a, b) { arb_sub($0, $1, $2, $3) } }
  public static func * (a: Ball, b: Ball) -> Ball { combine(a, b) { arb_mul($0, $1, $2, $3) } }
  public static func / (a: Ball, b: Ball) -> Ball { combine(a, b) { arb_div($0, $1, $2, $3) } }
  public static prefix func - (a: Ball) -> Ball { a.map { arb_neg_round($0, $1, $2) } }

  public var absolute: Ball { map { out, a, _ in arb_abs(out, a) } }
  public var squareRoot: Ball { map { arb_sqrt($0, $1, $2) } }
  public var exp: Ball { map { arb_exp($0, $1, $2) } }
  public var log: Ball { map { arb_log($0, $1, $2) } }
  public var sin: Ball { map { arb_sin($0, $1, $2) } }
  public var cos: Ball { map { arb_cos($0, $1, $2) } }
  public var tanh: Ball { map { arb_tanh($0, $1, $2) } }

  /// x^q: for x > 0, or any x if q is an integer.
  public func power(_ q: Rational) -> Ball { map { out, a, bits in q.withFLINT { arb_pow_fmpq(out, a, $0, bits) } } }

  /// A ball that contains both.
  public func hull(_ other: Ball) -> Ball { Ball.combine(self, other) { arb_union($0, $1, $2, $3) } }

  /// The larger of two numbers.
  public func maximum(_ other: Ball) -> Ball { Ball.combine(self, other) { arb_max($0, $1, $2, $3) } }

  /// This ball with the radius of `error` and its distance from zero added: it contains x + e for every |e| ≤ |error|.
  public func widened(by error: Ball) -> Ball {
    Ball.combine(self, error) { out, a, error, _ in
      arb_set(out, a)
      arb_add_error(out, error)
    }
  }

  /// The same number at another precision, rounded if that is lower.
  public func rounded(to precision: Int) -> Ball {
    Ball(precision: precision) { out in withArb { arb_set_round(out, $0, precision) } }
  }

  /// The midpoint alone, as an exact ball.
  public var midpoint: Ball { map { out, a, _ in arb_get_mid_arb(out, a) } }

  /// An exact number that no member of the ball exceeds in magnitude.
  public var magnitudeBound: Ball {
    map { out, a, _ in
      arb_get_mag(&out.pointee.rad, a)
      arf_set_mag(&out.pointee.mid, &out.pointee.rad)
      mag_zero(&out.pointee.rad)
    }
  }
}

extension Ball {
  public var isFinite: Bool { withArb { arb_is_finite($0) != 0 } }
  /// Whether the radius is zero.
  public var isExact: Bool { withArb { arb_is_exact($0) != 0 } }
  public var isExactlyZero: Bool { withArb { arb_is_zero($0) != 0 } }
  public var containsZero: Bool { withArb { arb_contains_zero($0) != 0 } }
  public func contains(_ value: Rational) -> Bool { withArb { a in value.withFLINT { arb_contains_fmpq(a, $0) != 0 } } }

  /// −1, 0 or 1 if every member has this sign; nil if not.
  public var sign: Int? {
    withArb {
      if arb_is_positive($0) != 0 { return 1 }
      if arb_is_negative($0) != 0 { return -1 }
      return arb_is_zero($0) != 0 ? 0 : nil
    }
  }

  /// Whether the two have a number in common. Two balls that do not are certainly different numbers.
  /// Whether centre and radius agree: the same set of numbers.
  public func isIdentical(to other: Ball) -> Bool { withArb { a in other.withArb { arb_equal(a, $0) != 0 } } }
  public func overlaps(_ other: Ball) -> Bool { withArb { a in other.withArb { arb_overlaps(a, $0) != 0 } } }

  /// How many leading bits of the midpoint are certain; negative if not even the sign is.
  public var relativeAccuracyBits: Int { withArb { arb_rel_accuracy_bits($0) } }

  /// At least the radius.
  public var radius: Double { withArb { mag_get_d([$0.pointee.rad]) } }
  /// A lower bound on every member.
  public var lower: Double { withArb { shim_arb_lower($0) } }
  /// An upper bound on every member.
  public var upper: Double { withArb { shim_arb_upper($0) } }
  /// The midpoint alone, rounded: for messages and for what is certified afterwards.
  public var approximation: Double { withArb { shim_arb_midpoint($0) } }

  /// The value, if the ball is one rational number of no unreasonable size.
  public var exactValue: Rational? {
    withArb { a in
      let bits = arf_abs_bound_lt_2exp_si([a.pointee.mid])
      guard isExact, isFinite, isExactlyZero || bits.magnitude < 100_000 else { return nil }
      return Rational { arf_get_fmpq($0, [a.pointee.mid]) }
    }
  }
}

extension Ball: CustomStringConvertible {
  /// At most so many digits: those that are certain, and a bound on the error of the number written.
  public func description(digits: Int) -> String {
    withArb {
      guard let text = arb_get_str($0, digits, 0) else { return "?" }
      defer { flint_free(text) }
      return String(cString: text)
    }
  }

  public var description: String { description(digits: max(1, precision * 3 / 10)) }
}
