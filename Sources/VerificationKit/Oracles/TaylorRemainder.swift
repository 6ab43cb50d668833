// Oracle: a derivative is right when the Taylor remainder falls with the next power of the step.
//
// A finite difference at one step needs a tolerance that somebody types. The slope of the remainder over a
// ladder of steps needs none: with derivatives up to order p correct it is p + 1, with a wrong one it is less.

private import Glibc

/// A function along one direction and its claimed directional derivatives D f[E], D²f[E, E], …
public struct TaylorCase: Sendable {
  /// Names the entry or direction in messages.
  public let place: String
  /// The claimed D f[E], D²f[E, E], …; as many as the expansion is to be tested for.
  public let derivatives: [Double]
  /// The step up to which the expansion may be trusted, e.g. a fraction of the spectral gap over ‖E‖.
  public let reach: Double
  /// Round-off of one evaluation of the function, in units of its last place.
  public let noise: Double
  let function: @Sendable (Double) throws -> Double

  /// A function of one step along a direction E, and what is claimed of its derivatives at zero.
  ///
  /// - Parameters:
  ///   - place: names the direction in messages.
  ///   - derivatives: D f[E], D²f[E, E], …, from the function under test.
  ///   - reach: the largest step; within the radius of convergence.
  ///   - noise: round-off of one evaluation, in units of its last place.
  ///   - function: t ↦ f(x + tE), which shares no code with the function under test.
  public init(
    _ place: String, derivatives: [Double], reach: Double, noise: Double = 8,
    _ function: @escaping @Sendable (Double) throws -> Double
  ) {
    self.place = place
    self.derivatives = derivatives
    self.reach = reach
    self.noise = noise
    self.function = function
  }

  /// The same function and derivatives along the opposite direction.
  var reversed: TaylorCase {
    let function = self.function
    return TaylorCase(
      place, derivatives: derivatives.enumerated().map { $0.offset % 2 == 0 ? -$0.element : $0.element }, reach: reach,
      noise: noise
    ) { try function(-$0) }
  }
}

/// The measured slope of one Taylor remainder.
struct RemainderSlope {
  enum Outcome {
    /// The ladder, and the relative error of the highest derivative that would have bent its slope.
    case slope(Ladder, resolution: Double)
    /// The remainder is round-off at every step although the highest term is not: the expansion is exact.
    case exact
    case undecided(String)
  }

  static func measure(_ item: TaylorCase) throws -> Outcome {
    let origin = try item.function(0)
    guard origin.isFinite, item.derivatives.allSatisfy(\.isFinite) else {
      return .undecided("\(item.place): the function or a claimed derivative is not finite")
    }
    guard item.reach > 0, item.reach.isFinite else { return .undecided("\(item.place): no step is within reach") }
    var points: [(x: Double, y: Double)] = []
    var largestTerm = 0.0
    var floor = 0.0
    let factor = 0.5.squareRoot()
    for rung in 0..<64 {
      let h = item.reach * pow(factor, Double(rung))
      let value = try item.function(h)
      guard value.isFinite else { return .undecided("\(item.place): f(\(h)) = \(value)") }
      var term = 1.0
      var terms: [Double] = []
      for (k, derivative) in item.derivatives.enumerated() {
        term *= h / Double(k + 1)
        terms.append(derivative * term)
      }
      // Smallest first, so that the subtraction itself adds no round-off of its own.
      let remainder = terms.reversed().reduce(value - origin) { $0 - $1 }
      floor = item.noise * Double.ulpOfOne * max(abs(value), abs(origin))
      if rung == 0 { largestTerm = terms.last.map(abs) ?? 0 }
      // Below this the logarithm of the remainder is blurred by more than a few percent.
      guard abs(remainder) > 32 * floor else { break }
      points.append((log2(h), log2(abs(remainder))))
    }
    // The smallest usable steps: there a wrong coefficient dominates, if there is one.
    let window = points.suffix(7)
    guard window.count >= 5 else {
      return points.count < 2 && largestTerm > 1e4 * floor
        ? .exact : .undecided("\(item.place): only \(points.count) steps rise above round-off")
    }
    let n = Double(window.count)
    let meanX = window.reduce(0) { $0 + $1.x } / n
    let meanY = window.reduce(0) { $0 + $1.y } / n
    let sxx = window.reduce(0) { $0 + ($1.x - meanX) * ($1.x - meanX) }
    let sxy = window.reduce(0) { $0 + ($1.x - meanX) * ($1.y - meanY) }
    // A wrong coefficient c h^p/p! shows once it is of the remainder's size at the smallest step.
    let order = item.derivatives.count
    let factorial = (1...max(1, order)).reduce(1.0) { $0 * Double($1) }
    let smallest = window.last ?? (x: 0, y: 0)
    let noticeable = exp2(smallest.y - Double(order) * smallest.x) * factorial
    let size = max(abs(item.derivatives.last ?? 0), .leastNormalMagnitude)
    let ladder = Ladder(
      at: item.place, slope: sxy / sxx, expected: Double(order + 1),
      rungs: points.map { Rung(step: exp2($0.x), error: exp2($0.y)) })
    return .slope(ladder, resolution: noticeable / size)
  }
}

extension Check {
  /// The Taylor remainder of every case falls at least with the power after its last claimed derivative.
  ///
  /// Steps shrink by √½; the window is the seven smallest steps at which the remainder still
  /// stands 32 times above round-off. Slope ≥ p + ¾ supports, < p + ½ refutes, between is inconclusive. The worst
  /// case is named.
  public static func derivative(
    _ name: String, blindTo: [String: String] = [:],
    cases: @escaping @Sendable (Subject, Setting) throws -> [TaylorCase]
  ) -> Check {
    Check(name, .derivative, blindTo: blindTo) { subject, trial in
      try judgeTaylorRemainders(try cases(subject, trial.setting))
    }
  }
}

/// The verdict on a list of Taylor remainders.
///
/// - Returns: inconclusive without cases, and where a remainder does not rise above round-off at seven steps.
/// - Throws: what a case's function throws.
public func judgeTaylorRemainders(_ cases: [TaylorCase]) throws -> Verdict {
  guard !cases.isEmpty else { return .inconclusive("no direction was examined") }
  var worst: Ladder?
  var measured = 0
  var undecided: String?
  var resolutions: [Double] = []
  for item in cases {
    switch try RemainderSlope.measure(item) {
    case .exact: measured += 1
    case .undecided(let why): undecided = undecided ?? why
    case .slope(var ladder, let resolution):
      measured += 1
      resolutions.append(resolution)
      // Two terms of opposite sign cancel at some step, and just below it the remainder falls too slowly. Along the
      // opposite direction they add. A wrong coefficient shows in both directions.
      if ladder.margin < 0.75, case .slope(let opposite, _) = try RemainderSlope.measure(item.reversed),
        opposite.slope > ladder.slope
      {
        ladder = opposite
      }
      if worst.map({ ladder.margin < $0.margin }) ?? true { worst = ladder }
    }
  }
  if let worst, worst.margin < 0.5 {
    return .refuted(
      Counterexample(
        at: worst.place, claimed: "remainder of order \(Int(worst.expected))",
        found: "slope \((worst.slope * 1000).rounded() / 1000)", ladder: worst))
  }
  if let undecided { return .inconclusive(undecided) }
  guard let worst else {
    return .supported(
      ErrorBudget(
        .derivative, fractionUsed: 0, summary: "\(measured) directions; the expansion is exact to round-off"))
  }
  if worst.margin < 0.75 { return .inconclusive("\(worst.place): slope \(worst.slope) decides neither way") }
  return .supported(
    ErrorBudget(
      .derivative, fractionUsed: max(0, (1 - worst.margin) / 0.25),
      summary:
        "\(measured) directions; flattest remainder has slope \((worst.slope * 1000).rounded() / 1000) at \(worst.place); "
        + "resolves relative errors of the last derivative down to \(short(median(resolutions)))",
      ladder: worst))
}

extension Ladder {
  /// How far a remainder's slope lies above the last claimed derivative's order: one, if all of them are right.
  fileprivate var margin: Double { slope - (expected - 1) }
}

private func median(_ values: [Double]) -> Double { values.isEmpty ? .nan : values.sorted()[values.count / 2] }
