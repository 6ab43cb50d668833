// An experiment as data: which networks are trained how often, what is measured, and what was predicted of it.

private import ArrayFiles
private import Foundation

/// One experiment file.
public struct ExperimentDocument: Codable, Sendable, Equatable {
  /// What differs between the groups of runs.
  public struct Variant: Codable, Sendable, Equatable {
    /// The group's name in tables and figures; unique.
    public var name: String
    /// Layers, as for `lipdyn train-network`; the scale's own if not given.
    public var network: String?
    public var regularizers: [String]?
    public var batchSize: Int?
    public var learningRate: Double?
    public var steps: Int?
    /// Factor of the initial weights.
    public var initialScale: Double?
    /// The number that slopes are taken against.
    public var x: Double?
  }

  /// How large the experiment is.
  public struct Scale: Codable, Sendable, Equatable {
    /// digits, mnist5k, mnist, fashion-mnist, cifar10 or cifar100.
    public var data: String
    /// Training images used, evenly spaced; all if not given.
    public var images: Int?
    public var network: String
    public var batchSize: Int
    public var learningRate: Double
    public var steps: Int
    /// Runs a variant.
    public var seeds: Int
    /// Every run starts from the same weights, or each from its own.
    public var sharesInitialWeights: Bool
    /// Spaces between rows, shorter at the beginning, where terms change fast; the first row is at step 0 and the last
    /// follows the last step.
    public var rows: Int
    /// Images that the terms of a row are estimated from, drawn independently of the batches; 0 for all of them.
    public var termImages: Int
    public var sampling: String?
    public var variants: [Variant]?
  }

  /// One prediction and how it is measured.
  public struct Prediction: Codable, Sendable, Equatable {
    public var says: String
    /// "paper", or "corrected": ours, where the paper's needs a hypothesis that fails.
    public var source: String
    public var measure: Measure
    /// The variant measured; the first if not given; all of them for slopes.
    public var variant: String?
    /// The variant compared with.
    public var baseline: String?
    public var expects: ExpectedRange
  }

  public var schema: Int
  public var name: String
  public var title: String
  /// Which part of the paper it repeats.
  public var paper: String
  /// What the figure's second panel shows.
  public var figure: Figure
  /// What x is, for the figure.
  public var figureAxis: String?
  public var variants: [Variant]
  public var predictions: [Prediction]
  public var quick: Scale
  public var full: Scale

  public enum Figure: String, Codable, Sendable { case terms, spread, sweep }

  /// Reads and checks a file.
  ///
  /// - Throws: ``ExperimentError`` naming the field and the remedy.
  public init(_ bytes: [UInt8], origin: String) throws(ExperimentError) {
    do {
      try JSONNesting.requireShallow(bytes, file: origin)
      self = try JSONDecoder().decode(Self.self, from: Data(bytes))
    } catch let error as DecodingError {
      throw ExperimentError(origin: origin, problem: Self.text(of: error))
    } catch ArrayFileError.badBytes(_, let offset, let found, let expected) {
      throw ExperimentError(origin: origin, problem: "at byte \(offset): \(found), expected \(expected)")
    } catch { throw ExperimentError(origin: origin, problem: "\(error)") }
    try check(origin)
  }

  public func scale(_ name: ScaleName) -> Scale { name == .quick ? quick : full }
  public func variants(_ name: ScaleName) -> [Variant] { scale(name).variants ?? variants }

  private func check(_ origin: String) throws(ExperimentError) {
    func require(_ holds: Bool, _ problem: String) throws(ExperimentError) {
      guard holds else { throw ExperimentError(origin: origin, problem: problem) }
    }
    try require(schema == 1, "schema \(schema): this program reads schema 1")
    try require(
      !name.isEmpty && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") },
      "name \"\(name)\": use ASCII letters, digits and hyphens, since it names a folder")
    for which in ScaleName.allCases {
      let (scale, variants) = (self.scale(which), self.variants(which))
      let names = variants.map(\.name)
      try require(!variants.isEmpty, "variants: give at least one")
      try require(Set(names).count == names.count, "variants: two have one name; names must be unique")
      try require(
        scale.seeds >= 1 && scale.rows >= 2 && scale.rows <= scale.steps && scale.termImages >= 0,
        "\(which): seeds ≥ 1, 2 ≤ rows ≤ steps and termImages ≥ 0 are needed")
      for (field, value, bound) in [
        ("seeds", scale.seeds, 100_000), ("rows", scale.rows, 1_000_000), ("steps", scale.steps, 1_000_000_000),
      ] {
        try require(value <= bound, "\(which).\(field) is \(value): use at most \(bound)")
      }
      for (owner, size, steps) in [("\(which)", scale.batchSize, scale.steps)]
        + variants.map({ ("variant \($0.name)", $0.batchSize ?? 1, $0.steps ?? scale.steps) })
      {
        try require(size >= 1, "\(owner): batchSize is \(size): use 1 or more")
        try require(
          steps >= scale.rows && steps <= 1_000_000_000,
          "\(owner): steps is \(steps): use from \(scale.rows), the rows, to 1000000000")
      }
      for p in predictions {
        for asked in [p.variant, p.baseline].compactMap({ $0 }) {
          try require(names.contains(asked), "prediction \"\(p.says)\": variant \(asked) is not among \(names)")
        }
        try require(
          scale.seeds >= 4,
          "prediction \"\(p.says)\": \(p.measure.rawValue) needs at least 4 seeds, not \(scale.seeds)")
        try require(
          !p.measure.isSlope || variants.filter { $0.x != nil }.count >= 3,
          "prediction \"\(p.says)\": \(p.measure.rawValue) needs at least 3 variants with an x")
        try require(
          !p.measure.needsBaseline || p.baseline != nil,
          "prediction \"\(p.says)\": \(p.measure.rawValue) needs a baseline")
      }
    }
  }

  private static func text(of error: DecodingError) -> String {
    func place(_ context: DecodingError.Context) -> String {
      let path = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
      return path.isEmpty ? "the file" : path
    }
    return switch error {
    case .keyNotFound(let key, let context): "\(place(context)): \(key.stringValue) is missing"
    case .typeMismatch(let type, let context): "\(place(context)): not a \(type)"
    case .valueNotFound(let type, let context): "\(place(context)): a \(type) is missing"
    case .dataCorrupted(let context): "\(place(context)): \(context.debugDescription)"
    @unknown default: "\(error)"
    }
  }
}

public enum ScaleName: String, Codable, Sendable, CaseIterable { case quick, full }

/// An experiment file that cannot be run.
public struct ExperimentError: Error, CustomStringConvertible, Equatable {
  public let origin: String
  public let problem: String

  public init(origin: String, problem: String) { (self.origin, self.problem) = (origin, problem) }
  public var description: String { "\(origin): \(problem)" }
}
