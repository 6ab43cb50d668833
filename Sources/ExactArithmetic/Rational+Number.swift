// What an expression needs of a rational number: its text, its parts, powers, roots and size.

internal import CFLINT
internal import Glibc

extension Rational {
  /// The number that a text such as `3`, `-3/4`, `0.25` or `1e-3` writes.
  ///
  /// Nil for anything else, for a denominator of zero, for more than 400 digits, and for an exponent beyond ±400, so that
  /// no short text can ask for a long number.
  public init?(_ text: String) {
    let limit = 400
    var rest = Substring(text)
    func digits() -> String {
      let run = rest.prefix { $0.isASCII && $0.isNumber }
      rest = rest.dropFirst(run.count)
      return String(run)
    }
    func accept(_ symbols: String) -> Character? {
      guard let first = rest.first, symbols.contains(first) else { return nil }
      rest = rest.dropFirst()
      return first
    }

    let sign = accept("+-") == "-" ? "-" : ""
    let whole = digits()
    var (fraction, denominator, exponent) = ("", "1", 0)
    if !whole.isEmpty, accept("/") != nil {
      denominator = digits()
    } else {
      if accept(".") != nil {
        fraction = digits()
        if fraction.isEmpty { return nil }
      }
      if accept("eE") != nil {
        let negative = accept("+-") == "-"
        guard let magnitude = Int(digits()), magnitude <= limit else { return nil }
        exponent = negative ? -magnitude : magnitude
      }
    }
    let count = whole.count + fraction.count
    guard rest.isEmpty, count > 0, count <= limit, !denominator.isEmpty, denominator.count <= limit,
      denominator.contains(where: { $0 != "0" })
    else { return nil }

    let mantissa = Rational {
      fmpq_set_str($0, "\(sign)\(whole)\(fraction)/\(denominator)", 10)
      fmpq_canonicalise($0)
    }
    self = exponent == fraction.count ? mantissa : mantissa * Rational(10).power(exponent - fraction.count)
  }

  public var numerator: Rational {
    Rational { out in withFLINT { fmpz_set(&out.pointee.num, [$0.pointee.num]) } }
  }

  /// Positive.
  public var denominator: Rational {
    Rational { out in withFLINT { fmpz_set(&out.pointee.num, [$0.pointee.den]) } }
  }

  public var isInteger: Bool { withFLINT { $0.pointee.den == 1 } }

  /// The value, if it is an integer that fits.
  public var asInt: Int? {
    withFLINT {
      guard $0.pointee.den == 1, fmpz_fits_si([$0.pointee.num]) != 0 else { return nil }
      return fmpz_get_si([$0.pointee.num])
    }
  }

  /// −1, 0 or 1.
  public var sign: Int { withFLINT { Int(fmpq_sgn($0)) } }
  public var absolute: Rational { Rational { out in withFLINT { fmpq_abs(out, $0) } } }

  /// xⁿ; x must not be 0 if n < 0. The result has |n| times the digits: bound n first where it comes from outside.
  public func power(_ n: Int) -> Rational {
    precondition(n >= 0 || sign != 0, "0 has no power \(n)")
    return Rational { out in withFLINT { fmpq_pow_si(out, $0, n) } }
  }

  /// The rational y ≥ 0 with yⁿ = x for n ≥ 1, if there is one.
  public func root(_ n: Int) -> Rational? {
    precondition(n >= 1, "a root of order \(n)")
    guard sign >= 0 else { return nil }
    var isExact = true
    let root = Rational { out in
      withFLINT {
        // Numerator and denominator are coprime, so each must be a perfect power; so is their quotient reduced.
        let top = fmpz_root(&out.pointee.num, [$0.pointee.num], n)
        let bottom = fmpz_root(&out.pointee.den, [$0.pointee.den], n)
        isExact = top != 0 && bottom != 0
        if !isExact { fmpq_zero(out) }
      }
    }
    return isExact ? root : nil
  }

  /// log₂ of |numerator| and of the denominator; −∞ for the numerator of 0.
  public var bits: (numerator: Double, denominator: Double) {
    withFLINT { value in
      func bits(_ integer: fmpz) -> Double {
        var exponent = 0
        let mantissa = fmpz_get_d_2exp(&exponent, [integer])
        return log2(abs(mantissa)) + Double(exponent)
      }
      return (bits(value.pointee.num), bits(value.pointee.den))
    }
  }
}
