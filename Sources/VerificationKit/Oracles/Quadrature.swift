// Oracle: an integral, by GSL's adaptive Gauss–Kronrod rule with its own error estimate.

internal import CGSL
private import Glibc

/// A claimed value of ∫ f over [from, to].
public struct QuadratureCase: Sendable {
  /// Which integral this is; a counterexample repeats it.
  public let place: String
  /// The value that the function under test gives to the integral.
  public let claimed: Double
  /// The lower end of the interval; finite.
  public let lower: Double
  /// The upper end of the interval; finite, above ``lower``.
  public let upper: Double
  let integrand: @Sendable (Double) -> Double

  /// A value to compare with the integral that defines it.
  ///
  /// - Parameters:
  ///   - place: for messages.
  ///   - claimed: from the function under test.
  ///   - lower: finite.
  ///   - upper: finite; cut an infinite interval where the integrand is below round-off.
  ///   - integrand: smooth inside the interval; shares no code with the function under test.
  public init(
    _ place: String, claimed: Double, from lower: Double, to upper: Double,
    _ integrand: @escaping @Sendable (Double) -> Double
  ) {
    self.place = place
    self.claimed = claimed
    self.lower = lower
    self.upper = upper
    self.integrand = integrand
  }
}

/// A closure in a box, because C's callback carries a pointer only.
private final class Integrand {
  let function: @Sendable (Double) -> Double
  init(_ function: @escaping @Sendable (Double) -> Double) { self.function = function }
}

/// The result of an adaptive integration.
public struct Quadrature: Sendable {
  /// The integral, in the integrand's unit times the variable's.
  public let value: Double
  /// GSL's estimate, which bounds the true error for smooth integrands.
  public let error: Double

  /// - Returns: nil if the requested accuracy could not be reached or the integrand is not finite.
  public init?(from lower: Double, to upper: Double, _ integrand: @escaping @Sendable (Double) -> Double) {
    _ = gsl_set_error_handler_off()
    let box = Integrand(integrand)
    guard lower < upper, let workspace = gsl_integration_workspace_alloc(1000) else { return nil }
    defer { gsl_integration_workspace_free(workspace) }
    var function = gsl_function(
      function: { x, parameters in
        guard let parameters else { return .nan }
        return Unmanaged<Integrand>.fromOpaque(parameters).takeUnretainedValue().function(x)
      }, params: Unmanaged.passUnretained(box).toOpaque())
    var (value, error) = (0.0, 0.0)
    let status = withExtendedLifetime(box) {
      gsl_integration_qag(
        &function, lower, upper, 0, 1e-13, 1000, Int32(GSL_INTEG_GAUSS61), workspace, &value, &error)
    }
    // Round-off at the last digits is reported as a status although the error estimate is honest.
    guard value.isFinite, error.isFinite, status == 0 || error <= 1e-10 * abs(value) else { return nil }
    self.value = value
    self.error = error
  }
}

extension QuadratureCase {
  /// Where the integrand is not finite, on a grid; nil if it is finite there.
  fileprivate var originOfNonFinite: String? {
    let grid = (0...256).map { lower + (upper - lower) * Double($0) / 256 }
    return grid.first { !integrand($0).isFinite }.map { "the integrand at \(short($0)) is \(integrand($0))" }
  }
}

extension Check {
  /// The claim's values equal integrals within the quadrature's own error estimate plus round-off.
  public static func quadrature(
    _ name: String, blindTo: [String: String] = [:],
    cases: @escaping @Sendable (Subject, Setting) throws -> [QuadratureCase]
  ) -> Check {
    Check(name, .quadrature, blindTo: blindTo) { subject, trial in
      let cases = try cases(subject, trial.setting)
      guard !cases.isEmpty else { return .inconclusive("no integral was examined") }
      var used = 0.0
      for item in cases {
        // An infinite claim about an integral that turns out finite is wrong, not undecided.
        guard !item.claimed.isNaN else { return .inconclusive("\(item.place): the claimed value is NaN") }
        guard let integral = Quadrature(from: item.lower, to: item.upper, item.integrand) else {
          return .inconclusive(
            "\(item.place): \(item.originOfNonFinite ?? "the quadrature did not reach its accuracy")")
        }
        let bound = integral.error + 256 * Double.ulpOfOne * abs(integral.value)
        let difference = abs(item.claimed - integral.value)
        if difference > bound {
          return .refuted(
            Counterexample(at: item.place, claimed: "\(item.claimed)", found: "\(integral.value) ± \(integral.error)"))
        }
        used = max(used, difference / bound)
      }
      return .supported(
        ErrorBudget(
          .quadrature, fractionUsed: used, summary: "\(cases.count) integrals agree within their error estimate"))
    }
  }
}
