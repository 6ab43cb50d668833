// What an experiment says of a prediction, by one rule for all: the interval decides, not the point.

/// A number with its 99 % interval.
public struct Estimate: Codable, Sendable, Equatable {
  public let value: Double
  public let lower: Double
  public let upper: Double

  public init(_ value: Double, lower: Double, upper: Double) {
    (self.value, self.lower, self.upper) = (value, lower, upper)
  }

  public init(_ value: Double, halfWidth: Double) {
    self.init(value, lower: value - halfWidth, upper: value + halfWidth)
  }

  public var halfWidth: Double { (upper - lower) / 2 }
  var isFinite: Bool { value.isFinite && lower.isFinite && upper.isFinite }
}

/// What a prediction says of a measured number.
public enum ExpectedRange: Codable, Sendable, Equatable, CustomStringConvertible {
  /// `value` to within ± `tolerance`.
  case value(Double, tolerance: Double)
  case positive
  case negative
  /// Below a bound, in size.
  case magnitudeBelow(Double)

  private enum Key: String, CodingKey { case value, tolerance, sign, magnitudeBelow }

  public init(from decoder: any Decoder) throws {
    let box = try decoder.container(keyedBy: Key.self)
    if let value = try box.decodeIfPresent(Double.self, forKey: .value) {
      self = .value(value, tolerance: try box.decode(Double.self, forKey: .tolerance))
    } else if let sign = try box.decodeIfPresent(String.self, forKey: .sign) {
      guard sign == "positive" || sign == "negative" else {
        throw DecodingError.dataCorruptedError(
          forKey: .sign, in: box, debugDescription: "\"\(sign)\": use positive or negative")
      }
      self = sign == "positive" ? .positive : .negative
    } else {
      self = .magnitudeBelow(try box.decode(Double.self, forKey: .magnitudeBelow))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var box = encoder.container(keyedBy: Key.self)
    switch self {
    case .value(let value, let tolerance):
      try box.encode(value, forKey: .value)
      try box.encode(tolerance, forKey: .tolerance)
    case .positive: try box.encode("positive", forKey: .sign)
    case .negative: try box.encode("negative", forKey: .sign)
    case .magnitudeBelow(let bound): try box.encode(bound, forKey: .magnitudeBelow)
    }
  }

  public var description: String {
    switch self {
    case .value(let value, let tolerance): "\(value) ± \(tolerance)"
    case .positive: "> 0"
    case .negative: "< 0"
    case .magnitudeBelow(let bound): "|·| < \(bound)"
    }
  }
}

/// The outcome of one prediction at one scale.
public enum ExperimentVerdict: String, Codable, Sendable, CaseIterable {
  case agrees
  case agreesInSignOnly = "agrees in sign only"
  case disagrees
  case notDecidable = "not decidable at this scale"

  /// An interval against an expectation.
  ///
  /// - `value ± tolerance`: agrees if the interval lies in the band, or overlaps it, has its centre there and is no wider
  ///   than it; disagrees, or agrees in sign only, if the interval lies outside; else not decidable. What cannot be
  ///   negative, such as a ratio of variances, never agrees in sign only.
  /// - A sign: the whole interval must be on one side of zero.
  /// - `|·| < b`: agrees if the interval lies in (−b, b), disagrees if it lies outside.
  public init(_ estimate: Estimate?, against expectation: ExpectedRange, isSigned: Bool = true) {
    guard let e = estimate, e.isFinite else {
      self = .notDecidable
      return
    }
    switch expectation {
    case .value(let value, let tolerance):
      let (low, high) = (value - tolerance, value + tolerance)
      let isInside = e.lower >= low && e.upper <= high
      let isCentred = e.value >= low && e.value <= high && e.halfWidth <= tolerance
      if isInside || isCentred {
        self = .agrees
      } else if e.upper < low || e.lower > high {
        self = isSigned && e.lower * value > 0 && e.upper * value > 0 ? .agreesInSignOnly : .disagrees
      } else {
        self = .notDecidable
      }
    case .positive: self = e.lower > 0 ? .agrees : e.upper < 0 ? .disagrees : .notDecidable
    case .negative: self = e.upper < 0 ? .agrees : e.lower > 0 ? .disagrees : .notDecidable
    case .magnitudeBelow(let bound):
      if e.lower > -bound && e.upper < bound {
        self = .agrees
      } else {
        self = e.lower > bound || e.upper < -bound ? .disagrees : .notDecidable
      }
    }
  }
}
