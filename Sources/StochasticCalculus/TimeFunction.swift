// Coefficients that change in time, in the one form whose integrals are exact: piecewise linear.

/// A real function of time, constant or linearly interpolated from a table.
///
/// f(t) = vᵢ + (vᵢ₊₁ − vᵢ)(t − tᵢ)/(tᵢ₊₁ − tᵢ) on [tᵢ, tᵢ₊₁]; before the first time and after the last the
/// end values hold. A number is a constant function: `let rate: TimeFunction = 0.05`.
///
/// - Accuracy: both integrals are exact for the interpolated function, up to round-off.
public struct TimeFunction: Sendable, Equatable, ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
  /// The times of the table, increasing; a single 0 for a constant.
  public let times: [Double]
  /// The values at ``times``.
  public let values: [Double]

  /// The constant function.
  ///
  /// - Throws: ``TimeFunctionError`` if the value is not finite.
  public init(constant value: Double) throws(TimeFunctionError) {
    guard value.isFinite else { throw .nonFiniteValue(index: 0, value: value) }
    (times, values) = ([0], [value])
  }

  /// The linear interpolation of a table.
  ///
  /// - Parameters:
  ///   - times: shape [n], n ≥ 1, strictly increasing; unit of time.
  ///   - values: shape [n]; unit of the function.
  /// - Throws: ``TimeFunctionError`` naming the first entry that is wrong.
  public init(times: [Double], values: [Double]) throws(TimeFunctionError) {
    guard !times.isEmpty else { throw .emptyTable }
    guard times.count == values.count else { throw .mismatchedLengths(times: times.count, values: values.count) }
    for index in times.indices {
      guard times[index].isFinite else { throw .nonFiniteTime(index: index, value: times[index]) }
      guard values[index].isFinite else { throw .nonFiniteValue(index: index, value: values[index]) }
      guard index == 0 || times[index - 1] < times[index] else {
        throw .unsortedTimes(index: index, previous: times[index - 1], value: times[index])
      }
    }
    (self.times, self.values) = (times, values)
  }

  public init(floatLiteral value: Double) {
    (times, values) = ([0], [value])
  }

  public init(integerLiteral value: Int) {
    (times, values) = ([0], [Double(value)])
  }

  /// The value if the function is constant.
  public var constant: Double? {
    values.allSatisfy { $0 == values[0] } ? values[0] : nil
  }

  /// The value at a time.
  public func callAsFunction(_ t: Double) -> Double {
    let after = firstIndex(after: t)
    if after == 0 { return values[0] }
    if after == times.count { return values[after - 1] }
    let fraction = (t - times[after - 1]) / (times[after] - times[after - 1])
    return values[after - 1] * (1 - fraction) + values[after] * fraction
  }

  /// ∫ f dt between two times, negative if they are in reverse.
  public func integral(from start: Double, to end: Double) -> Double {
    sumOverSegments(from: start, to: end) { width, a, b in width * (a + b) / 2 }
  }

  /// ∫ f² dt between two times, negative if they are in reverse.
  public func integralOfSquare(from start: Double, to end: Double) -> Double {
    sumOverSegments(from: start, to: end) { width, a, b in width * (a * a + a * b + b * b) / 3 }
  }

  /// The sum, exact on the union of both tables.
  public static func + (left: TimeFunction, right: TimeFunction) -> TimeFunction {
    // The one time that stands for a constant need not become a node.
    if let constant = right.constant { return left.mapValues { $0 + constant } }
    if let constant = left.constant { return right.mapValues { $0 + constant } }
    let union = Set(left.times + right.times).sorted()
    return TimeFunction(validTimes: union, values: union.map { left($0) + right($0) })
  }

  private init(validTimes: [Double], values: [Double]) {
    (self.times, self.values) = (validTimes, values)
  }

  private func mapValues(_ transform: (Double) -> Double) -> TimeFunction {
    TimeFunction(validTimes: times, values: values.map(transform))
  }

  /// The number of tabulated times ≤ t, by bisection.
  private func firstIndex(after t: Double) -> Int {
    var low = 0
    var high = times.count
    while low < high {
      let middle = (low + high) / 2
      if times[middle] <= t { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private func sumOverSegments(
    from start: Double, to end: Double, _ segment: (_ width: Double, _ left: Double, _ right: Double) -> Double
  ) -> Double {
    if start > end { return -sumOverSegments(from: end, to: start, segment) }
    var sum = 0.0
    var (t, value) = (start, self(start))
    var next = firstIndex(after: start)
    while next < times.count && times[next] < end {
      sum += segment(times[next] - t, value, values[next])
      (t, value) = (times[next], values[next])
      next += 1
    }
    return sum + segment(end - t, value, self(end))
  }
}

/// Why a table is not a function of time.
public enum TimeFunctionError: Error, Equatable, CustomStringConvertible {
  /// The table has no entries.
  case emptyTable
  /// The lists differ in length.
  case mismatchedLengths(times: Int, values: Int)
  /// A time is not a finite number.
  case nonFiniteTime(index: Int, value: Double)
  /// A value is not a finite number.
  case nonFiniteValue(index: Int, value: Double)
  /// A time is not greater than the one before.
  case unsortedTimes(index: Int, previous: Double, value: Double)

  public var description: String {
    switch self {
    case .emptyTable:
      "times: the table is empty; give at least one time and its value"
    case .mismatchedLengths(let times, let values):
      "values: \(values) values for \(times) times; give one value for each time"
    case .nonFiniteTime(let index, let value):
      "times[\(index)] is \(value); every time must be a finite number"
    case .nonFiniteValue(let index, let value):
      "values[\(index)] is \(value); every value must be a finite number"
    case .unsortedTimes(let index, let previous, let value):
      "times[\(index)] is \(value), not above times[\(index - 1)] = \(previous); sort the table and drop repeated times"
    }
  }
}
