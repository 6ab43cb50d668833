// The pictures of simulate, train, train-network, variance, svag and verify.

import Foundation
import LipschitzDynamics
import Plotting
import Reporting
import StochasticCalculus
import VerificationKit

extension Figure {
  /// Paths in front of the quantiles of all of them, with the mean and what was predicted of it.
  static func fan(
    _ summaries: [EnsembleSummary], title: String, exact: (Double) -> (mean: Double, variance: Double)?
  ) -> Panel {
    let t = summaries.map(\.time)
    var series: [Series] = []
    if summaries.allSatisfy({ $0.quantiles.count == 3 }) {
      series.append(band(t, summaries.map { $0.quantiles[0].value }, summaries.map { $0.quantiles[2].value }))
    }
    series += single((summaries.first?.paths.indices ?? 0..<0).map { i in summaries.map { $0.paths[i] } }, t)
    series.append(mean(t, summaries.map(\.moments.mean)))
    let closed = summaries.compactMap { exact($0.time) }
    if closed.count == summaries.count && !closed.isEmpty {
      series += predicted(t, closed.map(\.mean), closed.map(\.variance))
    }
    return Panel(title, x: "t", series)
  }

  /// The same of one entry of a document's process, of which nothing is predicted.
  ///
  /// - Parameters:
  ///   - sample: shape [times][paths].
  ///   - t: the times.
  ///   - title: above the panel.
  static func fan(_ sample: [[Double]], at t: [Double], title: String) -> Panel {
    let quantiles = sample.map { QuantileEstimate.estimates(of: [0.05, 0.95], from: $0).map(\.value) }
    let kept = min(20, sample.first?.count ?? 0)
    return Panel(
      title, x: "t",
      [band(t, quantiles.map { $0[0] }, quantiles.map { $0[1] })]
        + single((0..<kept).map { i in sample.map { $0[i] } }, t)
        + [mean(t, sample.map { RunningMoments($0).mean })])
  }

  /// The same from a file, without single paths: a panel, or one for each entry of a document's process.
  static func fan(_ table: NumberTable) throws -> Figure {
    let entries = table.has("entry") ? table.distinct("entry") : [""]
    try UsageError.require(
      entries.count <= mostPanels, "\(table.file): \(entries.count) entries; \(mostPanels) panels are the most")
    return try Figure(
      entries.map { entry in
        let rows = entry.isEmpty ? table : table.rows(where: "entry", is: entry)
        let t = try rows["time"]
        var series = try [band(t, rows["q05"], rows["q95"]), mean(t, rows["mean"])]
        if rows.has("mean_exact"), try rows["mean_exact"].contains(where: \.isFinite) {
          series += try predicted(t, rows["mean_exact"], rows["variance_exact"])
        }
        return Panel(entry.isEmpty ? "paths by their quantiles" : entry, x: "t", series)
      })
  }

  /// Of one picture: more could not be read.
  static let mostPanels = 12

  private static func band(_ t: [Double], _ low: [Double], _ high: [Double]) -> Series {
    Series(.band, [t, low, high], title: "5 to 95 %", colour: 0)
  }

  private static func single(_ paths: [[Double]], _ t: [Double]) -> [Series] {
    paths.enumerated().map { i, path in
      Series(.line(width: 0.4), [t, path], title: i == 0 ? "paths" : nil, colour: 5)
    }
  }

  private static func mean(_ t: [Double], _ values: [Double]) -> Series {
    Series(.line(width: 2), [t, values], title: "mean", colour: 0)
  }

  private static func predicted(_ t: [Double], _ mean: [Double], _ variance: [Double]) -> [Series] {
    [Series(.dashes, [t, mean], title: "predicted mean", colour: 1)]
      + [-1.0, 1].map { sign in
        Series(
          .dashes, [t, zip(mean, variance).map { $0 + sign * $1.squareRoot() }],
          title: sign < 0 ? "predicted mean ± 1 sd" : nil, colour: 3)
      }
  }

  /// Z beside its prediction, what moves it, and both terms layer by layer.
  static func ledger(_ table: NumberTable) throws -> Figure {
    let (t, predicted, deviation) = try (table["time"], table["Z_predicted"], table["Z_predicted_sd"])
    func band(_ sign: Double) -> [Double] { zip(predicted, deviation).map { $0 + sign * 2 * $1 } }
    return try Figure(
      [
        Panel(
          "Z = Σ log σ₁", x: "t = ηk",
          [
            Series(.band, [t, band(-1), band(1)], title: "predicted ± 2 sd", colour: 0),
            Series(.dashes, [t, predicted], title: "predicted", colour: 0),
            Series(.line(width: 1.8), [t, table["Z_observed"]], title: "observed", colour: 1),
          ])
      ] + terms(table))
  }

  /// Z, its terms, and each step's change against the predicted one.
  static func stepwiseLedger(_ table: NumberTable) throws -> Figure {
    let t = try table["time"]
    var bounds = [try Series(.line(width: 1.8), [t, table["Z"]], title: "Z = Σ log σ₁", colour: 0)]
    for (k, (name, title)) in [
      ("log_lower_bound", "lower bound of log K"), ("log_product_bound", "product of operator norms"),
      ("log_kernel_product_bound", "bound by the kernels"),
    ].enumerated() where table.has(name) {
      bounds.append(try Series(.dashes, [t, table[name]], title: title, colour: k + 1))
    }
    var panels = [Panel("Z and bounds", x: "t = ηk", bounds)]
    if table.has("observed_dZ") {
      let (observed, predicted, deviation) = try (table["observed_dZ"], table["predicted_dZ"], table["sd_dZ"])
      let rows = predicted.indices.filter { predicted[$0].isFinite && observed[$0].isFinite }
      let x = rows.map { predicted[$0] }
      let y = rows.map { observed[$0] }
      let sd = rows.map { deviation[$0] }
      let ends = [x.min() ?? 0, x.max() ?? 0]
      panels.append(
        Panel(
          "one step's ΔZ; bars: ± 2 sd", x: "predicted", y: "observed", hasKey: false,
          [
            Series(.intervals, [x, y, zip(y, sd).map { $0 - 2 * $1 }, zip(y, sd).map { $0 + 2 * $1 }], colour: 0),
            Series(.dashes, [ends, ends], colour: 1),
          ]))
    }
    return try Figure(panels + terms(table))
  }

  private static func terms(_ table: NumberTable) throws -> [Panel] {
    let t = try table["time"]
    func magnitudes(_ name: String) throws -> [Double] { try table[name].map { $0 == 0 ? .nan : abs($0) } }
    let network = [
      ("mu_Z", "|μ|"), ("kappa_Z", "|κ|"), ("lambda2_Z_exact", "λ²"), ("discrete_step_Z", "|discrete step|"),
    ].enumerated().filter { table.has($0.element.0) }
    let series = try network.map { k, item in
      try Series(.line(width: 1.5), [t, magnitudes(item.0)], title: item.1, colour: k)
    }
    func layers(_ name: String) throws -> [Series] {
      try table.layers(name).enumerated().map { k, l in
        try Series(.line(width: 1.5), [t, magnitudes("layer\(l)_\(name)")], title: "layer \(l)", colour: k)
      }
    }
    return try [
      Panel("what moves Z, per unit of time", x: "t = ηk", logarithmic: .y, series),
      Panel("|μ| by layer", x: "t = ηk", logarithmic: .y, layers("mu")),
      Panel("|κ| by layer", x: "t = ηk", logarithmic: .y, layers("kappa")),
    ]
  }

  /// Observed over predicted variances with their intervals, a panel a rung.
  static func variance(_ record: VarianceRecord) -> Figure {
    var rungs: [(title: String, rows: [VarianceRecord.Row])] = []
    for row in record.rows {
      let title = "observed/predicted variance, η = \(row.learningRate), M = \(row.batchSize)"
      if rungs.last?.title != title { rungs.append((title, [])) }
      rungs[rungs.count - 1].rows.append(row)
    }
    return Figure(
      rungs.map { rung in
        let t = rung.rows.map(\.time)
        func ratios(_ title: String, _ colour: Int, _ ratio: (VarianceRecord.Row) -> VarianceRecord.Ratio) -> Series {
          let values = rung.rows.map(ratio)
          // Beside each other, or they would hide each other.
          let place = t.map { $0 + Double(colour - 2) * 0.015 * (t.last ?? 1) }
          return Series(
            .intervals, [place, values.map(\.value), values.map(\.lower99), values.map(\.upper99)], title: title,
            colour: colour)
        }
        return Panel(
          rung.title, x: "t",
          [
            Series(.dashes, [[0, t.last ?? 1], [1, 1]], colour: 5), ratios("linear response", 2, \.overLinearResponse),
            ratios("Theorem 17, as printed", 1, \.overTheorem17),
            ratios("Theorem 17, exact λ_Z²", 3, \.overExactDiffusion),
          ])
      })
  }

  /// Means and spreads of Z by law, each less the SDE's.
  static func ladder(_ outcome: LadderFile.Outcome) -> Figure {
    let laws = outcome.descents + [outcome.secondOrder] + outcome.largeSteps
    let x = laws.indices.map(Double.init)
    let reference = outcome.diffusion
    func panel(
      _ title: String, _ value: (LadderFile.Law) -> Double, _ error: (LadderFile.Law) -> Double
    ) -> Panel {
      let differences = laws.map { value($0) - value(reference) }
      let widths = laws.map { 2.5758 * (error($0) * error($0) + error(reference) * error(reference)).squareRoot() }
      return Panel(
        title, hasKey: false, xNames: laws.map(\.name),
        [
          Series(.dashes, [[-0.5, x[x.count - 1] + 0.5], [0, 0]], colour: 5),
          Series(
            .intervals,
            [x, differences, zip(differences, widths).map { $0 - $1 }, zip(differences, widths).map { $0 + $1 }]),
        ])
    }
    return Figure([
      panel("mean of ΔZ less the SDE's, 99 %", \.mean, \.meanError),
      panel("sd of ΔZ less the SDE's, 99 %", \.standardDeviation, \.standardDeviationError),
    ])
  }

  /// Mutants killed of those planted, by claim and kind of evidence.
  static func killMatrix(_ record: VerificationRecord) -> Figure {
    let kinds = Evidence.allCases.map(\.rawValue).filter { kind in
      record.claims.contains { $0.checks.contains { $0.evidence == kind } }
    }
    var (x, y, share, texts) = ([Double](), [Double](), [Double](), [String]())
    for (row, claim) in record.claims.enumerated() {
      for (column, kind) in kinds.enumerated() {
        let checks = Set(claim.checks.filter { $0.evidence == kind }.map(\.name))
        let killed = claim.mutants.count { !checks.isDisjoint(with: $0.killedBy) }
        x.append(Double(column))
        y.append(Double(row))
        share.append(checks.isEmpty || claim.mutants.isEmpty ? 0 : Double(killed) / Double(claim.mutants.count))
        texts.append(checks.isEmpty ? "" : "\(killed)/\(claim.mutants.count)")
      }
    }
    var figure = Figure([
      Panel(
        "wrong versions killed, by claim and evidence", hasKey: false, xNames: kinds,
        yNames: record.claims.map(\.claim),
        [Series(.cells, [x, y, share], texts: texts)])
    ])
    (figure.panelWidth, figure.panelHeight) = (760, 120 + 20 * record.claims.count)
    return figure
  }

  /// Errors over steps in logarithms, a panel a claim; dashed what is claimed of each, through its smallest error.
  static func slopes(_ record: VerificationRecord) -> Figure {
    var panels: [Panel] = []
    for claim in record.claims {
      var series: [Series] = []
      for (colour, check) in claim.checks.filter({ $0.ladder != nil }).enumerated() {
        guard let ladder = check.ladder, let smallest = ladder.rungs.min(by: { $0.error < $1.error }) else { continue }
        let steps = ladder.rungs.map(\.step)
        let claimed = steps.map { smallest.error * pow($0 / smallest.step, ladder.expected) }
        let words = check.name.count > 34 ? "\(check.name.prefix(33))\u{2026}" : check.name
        series += [
          Series(.dashes, [steps, claimed], colour: colour),
          Series(
            .points, [steps, ladder.rungs.map(\.error)], title: "\(words): \(rounded(ladder.slope))", colour: colour),
        ]
      }
      if !series.isEmpty {
        panels.append(Panel(claim.claim, x: "step", y: "error", logarithmic: .both, series))
      }
    }
    return Figure(panels)
  }
}
