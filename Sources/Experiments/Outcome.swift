// The verdicts of an experiment: what each prediction said, what was measured, and what follows.

/// An experiment's result, as it is written to `result.json` (schema 1).
public struct Outcome: Codable, Sendable {
  /// One prediction beside its measurement.
  public struct Finding: Codable, Sendable {
    public let says: String
    public let source: String
    public let measure: Measure
    public let variant: String?
    public let expects: ExpectedRange
    /// With its 99 % interval; absent if the runs do not have what is measured.
    public let measured: Estimate?
    public let verdict: ExperimentVerdict
  }

  /// Means over the runs of a variant.
  public struct Group: Codable, Sendable {
    public let variant: String
    public let runs: Int
    public let change: Estimate?
    public let predictedChange: Double?
    public let standardDeviation: Double?
    public let predictedStandardDeviation: Double?
    public let finalAccuracy: Double?
  }

  public var schema = 1
  public let name: String
  public let title: String
  public let paper: String
  public let scale: ScaleName
  public let settings: ExperimentDocument.Scale
  public let findings: [Finding]
  public let groups: [Group]

  /// Judges the runs of a campaign.
  public init(_ campaign: Campaign, _ records: [[TrialRecord]]) {
    let (document, variants) = (campaign.document, campaign.variants)
    func position(_ name: String?) -> Int { variants.firstIndex { $0.name == name } ?? 0 }
    let groups = zip(variants, records).compactMap { v, runs in
      v.x.map { (x: $0, batchSize: Double(campaign.batchSize(v)), runs: runs) }
    }
    name = document.name
    title = document.title
    paper = document.paper
    scale = campaign.scaleName
    settings = campaign.scale
    findings = document.predictions.map { p in
      let v = position(p.variant)
      let measured = p.measure.estimate(
        records[v], baseline: records[position(p.baseline)], groups: groups,
        batchSize: Double(campaign.batchSize(variants[v])))
      let finite = measured.flatMap { $0.isFinite ? $0 : nil }
      return Finding(
        says: p.says, source: p.source, measure: p.measure, variant: p.measure.isSlope ? nil : variants[v].name,
        expects: p.expects, measured: finite,
        verdict: ExperimentVerdict(finite, against: p.expects, isSigned: p.measure.isSigned))
    }
    self.groups = zip(variants, records).map { v, runs in
      func mean(_ f: (TrialRecord) -> Double) -> Double? {
        let value = runs.reduce(0) { $0 + f($1) } / Double(runs.count)
        return value.isFinite ? value : nil
      }
      return Group(
        variant: v.name, runs: runs.count, change: Statistics.mean(runs.map(\.change)),
        predictedChange: mean { ($0.predictedPath.last ?? .nan) - $0.rows[0].logNorm },
        standardDeviation: runs.count > 1 ? Statistics.variance(runs.map(\.finalLogNorm)).squareRoot() : nil,
        predictedStandardDeviation: mean { $0.integral(\.lambdaSquared) }.map { $0.squareRoot() },
        finalAccuracy: mean { $0.rows.last?.accuracy ?? .nan })
    }
  }
}
