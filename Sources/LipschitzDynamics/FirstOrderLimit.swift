// What a quantity tends to as its step shrinks, with an error that is measured and not typed.

/// The limit of a quantity whose error is of first order in the step, from its values at a step and at half of it.
struct FirstOrderLimit: Sendable {
  /// Richardson's extrapolation.
  let value: Double
  /// What halving the step changed: it exceeds the error of ``value``, which is of second order.
  let error: Double

  init(step: Double, half: Double) {
    value = 2 * half - step
    error = abs(half - step)
  }

  func agrees(with x: Double) -> Bool { abs(value - x) <= error }
}
