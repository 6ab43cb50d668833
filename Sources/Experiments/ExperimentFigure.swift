// An experiment's picture: Z along the runs of every variant, and what its document wants beside it.

public import Plotting

extension Outcome {
  /// Two panels: the change of Z beside its prediction, and terms, spreads or changes.
  public func figure(_ campaign: Campaign, _ records: [[TrialRecord]]) -> Figure {
    Figure([paths(campaign, records), second(campaign, records)])
  }

  private func paths(_ campaign: Campaign, _ records: [[TrialRecord]]) -> Figure.Panel {
    let hasSeveral = campaign.scale.seeds > 1
    let series = records.enumerated().flatMap { k, runs -> [Figure.Series] in
      func mean(_ row: Int, _ f: (TrialRecord) -> Double) -> Double {
        runs.reduce(0) { $0 + f($1) } / Double(runs.count)
      }
      let rows = Array(runs[0].rows.indices)
      let t = rows.map { runs[0].rows[$0].step * runs[0].learningRate }
      let z = rows.map { k in mean(k) { $0.rows[k].logNorm - $0.rows[0].logNorm } }
      let predicted = rows.map { k in mean(k) { $0.predictedPath[k] - $0.rows[0].logNorm } }
      let spread = rows.map { k in
        hasSeveral ? Statistics.variance(runs.map { $0.rows[k].logNorm - $0.rows[0].logNorm }).squareRoot() : 0
      }
      let band = Figure.Series(.band, [t, zip(z, spread).map { $0 - $1 }, zip(z, spread).map { $0 + $1 }], colour: k)
      return (hasSeveral ? [band] : []) + [
        Figure.Series(.line(width: 1.6), [t, z], title: runs[0].variant, colour: k),
        Figure.Series(.dashes, [t, predicted], colour: k),
      ]
    }
    return Figure.Panel(
      "change of Z = Σ log σ₁; dashed: predicted" + (hasSeveral ? "; band: ± 1 sd over seeds" : ""), x: "t = ηk", series
    )
  }

  private func second(_ campaign: Campaign, _ records: [[TrialRecord]]) -> Figure.Panel {
    // In the order of x, so that lines join neighbours.
    let groups = zip(campaign.variants, records).enumerated().map { place, pair in
      (x: pair.0.x ?? Double(place), name: pair.0.name, runs: pair.1)
    }.sorted { $0.x < $1.x }
    let hasNames = campaign.variants.contains { $0.x == nil }
    let names = hasNames ? campaign.variants.map(\.name) : []
    let x = groups.map(\.x)
    func intervals(_ estimates: [Estimate?], title: String? = nil) -> Figure.Series {
      Figure.Series(
        .intervals,
        [x] + [\Estimate.value, \.lower, \.upper].map { part in estimates.map { $0?[keyPath: part] ?? .nan } },
        title: title)
    }
    let axis = hasNames ? "" : campaign.document.figureAxis ?? "x"
    switch campaign.document.figure {
    case .terms:
      let runs = records[0]
      let t = runs[0].rows.map { $0.step * runs[0].learningRate }
      func mean(_ f: (TrialRow) -> Double) -> [Double] {
        t.indices.map { k in runs.reduce(0) { $0 + f($1.rows[k]) } / Double(runs.count) }
      }
      return Figure.Panel(
        "terms of \(campaign.variants[0].name), per unit of time", x: "t = ηk",
        [
          Figure.Series(.line(width: 1.6), [t, mean(\.mu)], title: "μ", colour: 0),
          Figure.Series(.line(width: 1.6), [t, mean(\.kappa)], title: "κ", colour: 1),
          Figure.Series(.line(width: 1.6), [t, mean { $0.lambdaSquaredLayerwise / 2 }], title: "½Σλ²", colour: 2),
        ])
    case .spread:
      let spreads = groups.map { group in
        Statistics.jackknife(group.runs.map(\.finalLogNorm)) { Statistics.variance($0).squareRoot() }
      }
      let predicted = groups.map { group in
        (group.runs.reduce(0) { $0 + $1.integral(\.lambdaSquared) } / Double(group.runs.count)).squareRoot()
      }
      return Figure.Panel(
        "sd of Z(T) over seeds; line: √∫λ_Z² dt", x: axis, logarithmic: x.count > 2 && x[0] > 0 ? .both : .none,
        xNames: names,
        [
          intervals(spreads, title: "observed, 99 %"),
          Figure.Series(.dashes, [x, predicted], title: "predicted", colour: 1),
          Figure.Series(.points, [x, predicted], colour: 1),
        ])
    case .sweep:
      return Figure.Panel(
        "change of Z over the run, 99 % intervals", x: axis, hasKey: false, xNames: names,
        [intervals(groups.map { Statistics.mean($0.runs.map(\.change)) })])
    }
  }
}
