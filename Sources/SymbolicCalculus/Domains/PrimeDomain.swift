// Residues modulo a random prime: rational identities tested fast, without growth of digits.

public import ExactArithmetic

/// The integers modulo a prime: only +, −, × and ÷; no order, no roots, no transcendental functions.
public struct PrimeDomain: ScalarDomain {
  public typealias Element = UInt64
  public let field: PrimeField

  public init(_ field: PrimeField) { self.field = field }

  public func element(_ value: Rational) throws(EvaluationError) -> UInt64 {
    guard let residue = field.residue(value) else { throw .undefined("\(value) modulo \(field.modulus)") }
    return residue
  }

  public func add(_ a: UInt64, _ b: UInt64) -> UInt64 { field.add(a, b) }
  public func subtract(_ a: UInt64, _ b: UInt64) -> UInt64 { field.subtract(a, b) }
  public func multiply(_ a: UInt64, _ b: UInt64) -> UInt64 { field.multiply(a, b) }
  public func negate(_ a: UInt64) -> UInt64 { field.negate(a) }

  public func inverse(_ a: UInt64) throws(EvaluationError) -> UInt64 {
    guard let inverse = field.inverse(a) else { throw .undefined("division by zero") }
    return inverse
  }

  public func isZero(_ a: UInt64) -> Bool { a == 0 }
  public func pivotQuality(_ a: UInt64) -> Double { a == 0 ? 0 : 1 }

  public func taylor(_ f: ElementaryFunction, at a: UInt64, order: Int) throws(EvaluationError) -> [UInt64] {
    throw .unsupported("\(refusal(f, "a residue")) modulo a prime")
  }
  public func sign(_ a: UInt64) throws(EvaluationError) -> Int? { throw .unsupported("residues have no order") }
  public func largestEigenvalue(_ a: [[UInt64]]) throws(EvaluationError) -> UInt64 {
    throw .unsupported("eigenvalues modulo a prime")
  }
  public func squareRoot(_ a: [[UInt64]]) throws(EvaluationError) -> [[UInt64]] {
    throw .unsupported("matrix square roots modulo a prime")
  }
}
