// Oracle: an error that falls with a stated power of the step.

private import Glibc

/// An error measured at one rung of a ladder of steps.
public struct Rung: Sendable, Equatable, Codable {
  /// The discretisation's step, e.g. a time step or a learning rate; positive.
  public let step: Double
  /// The size of the error at that step; positive.
  public let error: Double
  /// Standard error of ``error``; zero if it is deterministic.
  public let standardError: Double

  /// One measurement of an error.
  ///
  /// - Parameters:
  ///   - step: positive.
  ///   - error: positive, in any unit that all rungs share.
  ///   - standardError: of `error`, in its unit; zero if nothing was sampled.
  public init(step: Double, error: Double, standardError: Double = 0) {
    self.step = step
    self.error = error
    self.standardError = standardError
  }
}

/// The fitted slope of log error against log step, with the half-width of its interval.
public struct OrderFit: Sendable {
  /// The estimated order: d log error / d log step.
  public let slope: Double
  /// Half-width of the 99.9 % interval.
  public let halfWidth: Double

  /// Weighted least squares when every rung has a standard error, ordinary otherwise; nil if fewer than four rungs
  /// carry a positive finite error, or if some error is lost in its own noise.
  public init?(_ rungs: [Rung]) {
    guard rungs.count >= 4,
      rungs.allSatisfy({ $0.error > 0 && $0.error.isFinite && $0.step > 0 && $0.standardError < $0.error / 3 })
    else { return nil }
    let x = rungs.map { log($0.step) }
    let y = rungs.map { log($0.error) }
    let isWeighted = rungs.allSatisfy { $0.standardError > 0 }
    let w = rungs.map { isWeighted ? ($0.error / $0.standardError) * ($0.error / $0.standardError) : 1 }
    let total = w.reduce(0, +)
    let meanX = zip(w, x).reduce(0) { $0 + $1.0 * $1.1 } / total
    let meanY = zip(w, y).reduce(0) { $0 + $1.0 * $1.1 } / total
    let sxx = x.indices.reduce(0) { $0 + w[$1] * (x[$1] - meanX) * (x[$1] - meanX) }
    let sxy = x.indices.reduce(0) { $0 + w[$1] * (x[$1] - meanX) * (y[$1] - meanY) }
    guard sxx > 0 else { return nil }
    let slope = sxy / sxx
    let residual = x.indices.reduce(0) { sum, i in
      let r = y[i] - meanY - slope * (x[i] - meanX)
      return sum + w[i] * r * r
    }
    let freedom = Double(rungs.count - 2)
    self.slope = slope
    // With known noise the normal law applies, inflated if the ladder is curved beyond it; without, the scatter
    // about the line is all there is, and Student's law pays for estimating it.
    halfWidth =
      isWeighted
      ? Distribution.normalUpperQuantile(0.0005) * (max(1, residual / freedom) / sxx).squareRoot()
      : Distribution.studentUpperQuantile(0.0005, degreesOfFreedom: freedom) * (residual / freedom / sxx).squareRoot()
  }
}

/// The verdict on "the error falls with this power of the step".
///
/// Supports when the order lies within the interval widened by `margin` for the ladder's pre-asymptotic curvature,
/// provided that the interval tells orders half a unit apart; refutes when it lies outside.
public func judgeOrder(_ rungs: [Rung], expected: Double, margin: Double = 0.1) -> Verdict {
  for rung in rungs {
    for (name, value) in [("step", rung.step), ("error", rung.error), ("standard error", rung.standardError)]
    where !value.isFinite {
      return .inconclusive("the \(name) at step \(rung.step) is \(value)")
    }
  }
  guard let fit = OrderFit(rungs) else {
    return .inconclusive("the ladder has too few rungs whose error rises above noise")
  }
  let text = "slope \(short(fit.slope)) ± \(short(fit.halfWidth)) (99.9 %) over \(rungs.count) rungs"
  let ladder = Ladder(at: "", slope: fit.slope, expected: expected, rungs: rungs)
  let distance = abs(fit.slope - expected)
  if distance > fit.halfWidth + margin {
    return .refuted(
      Counterexample(
        at: "ladder of \(rungs.count) rungs", claimed: "order \(expected)", found: text, ladder: ladder))
  }
  guard fit.halfWidth + margin < 0.5 else { return .inconclusive("\(text): too wide to tell orders apart") }
  return .supported(
    ErrorBudget(
      .convergence, fractionUsed: distance / (fit.halfWidth + margin), summary: "\(text), expected \(expected)",
      ladder: ladder))
}

/// As ``judgeOrder(_:expected:margin:)`` where the order is known to fail: refutes only if the error falls with the
/// other, predicted power, so that a spoiled ladder demonstrates nothing.
public func judgeOrder(
  _ rungs: [Rung], expected: Double, insteadOf predicted: Double?, margin: Double = 0.1
) -> Verdict {
  let verdict = judgeOrder(rungs, expected: expected, margin: margin)
  guard let predicted, verdict.isRefuted else { return verdict }
  let other = judgeOrder(rungs, expected: predicted, margin: margin)
  return other.isSupported
    ? verdict : .inconclusive("not of order \(expected), but not of order \(predicted) either: \(verdict.summary)")
}

extension Check {
  /// The error falls with the stated power of the step, over a ladder.
  public static func order(
    _ name: String, expected: Double, margin: Double = 0.1, blindTo: [String: String] = [:],
    ladder: @escaping @Sendable (Subject, Setting) throws -> [Rung]
  ) -> Check {
    Check(name, .convergence, blindTo: blindTo) { subject, trial in
      judgeOrder(try ladder(subject, trial.setting), expected: expected, margin: margin)
    }
  }
}
