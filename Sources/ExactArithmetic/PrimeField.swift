// Arithmetic modulo a random prime of 63 bits: the ground of identity testing by evaluation.

internal import CFLINT

/// The integers modulo a prime p < 2⁶³. Elements are the residues 0 … p − 1.
public struct PrimeField: Hashable, Sendable {
  public let modulus: UInt64
  /// FLINT's precomputed inverse, which turns a division into multiplications.
  private let reciprocal: UInt

  /// Nil if the modulus is no prime below 2⁶³.
  public init?(modulus: UInt64) {
    guard modulus < 1 << 63, n_is_prime(UInt(modulus)) != 0 else { return nil }
    self.init(prime: modulus)
  }

  private init(prime: UInt64) {
    modulus = prime
    reciprocal = n_preinvert_limb(UInt(prime))
  }

  /// A prime drawn uniformly from [2⁶², 2⁶³), which has more than 2⁵⁶ primes.
  ///
  /// Odd numbers are drawn until one is prime. The next prime after a random number would favour those after long gaps.
  public static func random(using next: () -> UInt64) -> PrimeField {
    while true {
      let candidate = (next() >> 2) | (1 << 62) | 1
      if n_is_prime(UInt(candidate)) != 0 { return PrimeField(prime: candidate) }
    }
  }

  /// A residue drawn uniformly.
  public func randomElement(using next: () -> UInt64) -> UInt64 {
    let mask = UInt64.max >> UInt64(modulus.leadingZeroBitCount)
    while true {
      let candidate = next() & mask
      if candidate < modulus { return candidate }
    }
  }

  public func add(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let sum = a + b
    return sum >= modulus ? sum - modulus : sum
  }
  public func subtract(_ a: UInt64, _ b: UInt64) -> UInt64 { a >= b ? a - b : a + modulus - b }
  public func negate(_ a: UInt64) -> UInt64 { a == 0 ? 0 : modulus - a }
  public func multiply(_ a: UInt64, _ b: UInt64) -> UInt64 {
    UInt64(n_mulmod2_preinv(UInt(a), UInt(b), UInt(modulus), reciprocal))
  }

  /// 1/a; nil for 0.
  public func inverse(_ a: UInt64) -> UInt64? { a == 0 ? nil : UInt64(n_invmod(UInt(a), UInt(modulus))) }

  /// aⁿ for n ≥ 0.
  public func power(_ a: UInt64, _ n: UInt64) -> UInt64 {
    UInt64(n_powmod2_ui_preinv(UInt(a), UInt(n), UInt(modulus), reciprocal))
  }

  /// The residue of a rational number; nil if p divides the denominator.
  public func residue(_ value: Rational) -> UInt64? {
    let (numerator, denominator) = value.withFLINT {
      (
        UInt64(fmpz_fdiv_ui([$0.pointee.num], UInt(modulus))), UInt64(fmpz_fdiv_ui([$0.pointee.den], UInt(modulus)))
      )
    }
    return inverse(denominator).map { multiply(numerator, $0) }
  }
}
