// Polynomials in several variables with rational coefficients, by FLINT: the parts of rational functions.

internal import CFLINT
internal import Glibc

/// ℚ[x₁, …, xₙ] and its quotients, with a bound on how many terms a numerator or a denominator may have.
public final class RationalFunctionField: @unchecked Sendable {
  public let names: [String]
  /// A result with more terms is only marked as too large.
  public let termBudget: Int
  /// Read only, once it is made.
  let context: UnsafeMutablePointer<fmpq_mpoly_ctx_struct>

  public init(_ names: [String], termBudget: Int = 2000) {
    (self.names, self.termBudget) = (names, termBudget)
    context = .allocate(capacity: 1)
    fmpq_mpoly_ctx_init(context, names.count, ORD_DEGREVLEX)
  }

  deinit {
    fmpq_mpoly_ctx_clear(context)
    context.deallocate()
  }
}

/// A polynomial, written once, while it is made.
final class Polynomial: @unchecked Sendable {
  typealias Value = UnsafeMutablePointer<fmpq_mpoly_struct>
  typealias Context = UnsafeMutablePointer<fmpq_mpoly_ctx_struct>
  let field: RationalFunctionField
  private let value: Value

  private init(_ field: RationalFunctionField, _ fill: (Value, Context) -> Void) {
    self.field = field
    value = .allocate(capacity: 1)
    fmpq_mpoly_init(value, field.context)
    fill(value, field.context)
  }

  convenience init(_ constant: Rational, _ field: RationalFunctionField) {
    self.init(field) { out, context in constant.withFLINT { fmpq_mpoly_set_fmpq(out, $0, context) } }
  }

  convenience init(variable: Int, _ field: RationalFunctionField) {
    precondition(field.names.indices.contains(variable), "variable \(variable) of \(field.names.count)")
    self.init(field) { fmpq_mpoly_gen($0, variable, $1) }
  }

  deinit {
    fmpq_mpoly_clear(value, field.context)
    value.deallocate()
  }

  private func read<T>(_ body: (Value, Context) -> T) -> T { withExtendedLifetime(self) { body(value, field.context) } }

  private func combine(_ other: Polynomial, _ operation: (Value, Value, Value, Context) -> Void) -> Polynomial {
    read { a, _ in other.read { b, _ in Polynomial(field) { out, context in operation(out, a, b, context) } } }
  }

  static func + (a: Polynomial, b: Polynomial) -> Polynomial { a.combine(b) { fmpq_mpoly_add($0, $1, $2, $3) } }
  static func * (a: Polynomial, b: Polynomial) -> Polynomial { a.combine(b) { fmpq_mpoly_mul($0, $1, $2, $3) } }
  /// The quotient, where it is known that b divides a.
  static func / (a: Polynomial, b: Polynomial) -> Polynomial { a.combine(b) { fmpq_mpoly_div($0, $1, $2, $3) } }

  func divided(by scalar: Rational) -> Polynomial {
    read { a, _ in
      Polynomial(field) { out, context in scalar.withFLINT { fmpq_mpoly_scalar_div_fmpq(out, a, $0, context) } }
    }
  }

  /// The monic greatest common divisor; nil if FLINT gives up.
  func commonDivisor(_ other: Polynomial) -> Polynomial? {
    var succeeded = false
    let divisor = combine(other) { succeeded = fmpq_mpoly_gcd($0, $1, $2, $3) != 0 }
    return succeeded ? divisor : nil
  }

  static func == (a: Polynomial, b: Polynomial) -> Bool {
    a.read { x, context in b.read { y, _ in fmpq_mpoly_equal(x, y, context) != 0 } }
  }

  var terms: Int { read { fmpq_mpoly_length($0, $1) } }
  var isOne: Bool { read { fmpq_mpoly_is_one($0, $1) != 0 } }

  /// The value of a polynomial without variables.
  var constant: Rational? {
    read { value, context in
      guard fmpq_mpoly_is_fmpq(value, context) != 0 else { return nil }
      return Rational { fmpq_mpoly_get_fmpq($0, value, context) }
    }
  }

  /// The first coefficient in the order of terms; there must be one.
  var leading: Rational {
    read { value, context in Rational { fmpq_mpoly_get_term_coeff_fmpq($0, value, 0, context) } }
  }

  var description: String {
    var names = field.names.map { UnsafePointer<CChar>(strdup($0)) }
    defer { for name in names { free(UnsafeMutableRawPointer(mutating: name)) } }
    return read { value, context in
      guard let text = fmpq_mpoly_get_str_pretty(value, &names, context) else { return "?" }
      defer { flint_free(text) }
      return String(cString: text)
    }
  }
}
