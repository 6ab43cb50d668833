// When two printed numbers agree.

/// How far a number may be from the expected one.
public struct Tolerance: Equatable, Sendable {
  /// Relative to the larger of the two; for numbers with a point or an exponent. Whole numbers are counts, and must be equal.
  public var relative = 1e-9
  /// For every number.
  public var absolute = 0.0
  /// For x ± s: the number of standard errors, of both sides together, that two means may be apart.
  public var sigma: Double?
  /// Whether every digit must be as printed.
  public var isExact = false

  public init() {}

  /// Nil if the tokens agree, and otherwise why they do not.
  func complaint(expected: OutputToken, found: OutputToken) -> String? {
    switch (expected, found) {
    case (.number(let a, let left), .number(let b, let right)):
      if isExact || (a.isNaN || b.isNaN) {
        return left == right ? nil : "expected \(left), found \(right), and every digit counts"
      }
      let isCount = OutputToken.isWhole(left) && OutputToken.isWhole(right)
      let allowed = max(absolute, isCount ? 0 : relative * max(abs(a), abs(b)))
      if abs(a - b) <= allowed { return nil }
      return "expected \(left), found \(right): \(Self.rounded(abs(a - b))) apart, allowed \(Self.rounded(allowed)) "
        + (isCount && absolute == 0 ? "(whole numbers)" : "(rtol=\(relative) atol=\(absolute))")
    case (.measured(let a, let s, let left), .measured(let b, let t, let right)):
      let error = (s * s + t * t).squareRoot()
      let sigma = sigma ?? 0
      guard abs(a - b) <= sigma * error else {
        return
          "expected \(left), found \(right): \(Self.rounded(abs(a - b) / error)) standard errors apart, allowed \(sigma)"
      }
      // An error that may be anything would let any mean pass.
      guard max(s, t) <= 2 * min(s, t) else {
        return "expected \(left), found \(right): standard errors that differ by more than a factor of 2"
      }
      return nil
    default:
      return expected == found ? nil : "expected '\(expected.text)', found '\(found.text)'"
    }
  }

  private static func rounded(_ x: Double) -> String {
    guard x.isFinite, x != 0 else { return "\(x)" }
    // Three significant digits are enough to see by how much.
    var scale = 1.0
    while abs(x) * scale < 100 { scale *= 10 }
    while abs(x) * scale >= 1000 { scale /= 10 }
    return "\((x * scale).rounded() / scale)"
  }
}
