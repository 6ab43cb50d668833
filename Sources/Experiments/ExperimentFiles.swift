// What an experiment leaves for people and programs: rows as CSV, the figure's numbers, and a gnuplot script.

internal import ArrayFiles
private import Foundation

/// The files of one outcome.
public enum ExperimentFiles {
  /// Writes `result.json`, `rows.csv`, `figure.gp` and its data; each whole or not at all.
  ///
  /// - Returns: the path of the gnuplot script, which writes `figure.svg` beside itself.
  public static func write(
    _ outcome: Outcome, _ campaign: Campaign, _ records: [[TrialRecord]], machine: some Encodable & Sendable
  ) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .throw
    let folder = campaign.folder
    try AtomicFile.write(
      Array(try encoder.encode(Record(outcome: outcome, machine: machine))) + [10], to: folder + "/result.json")
    try AtomicFile.write(rows(records), to: folder + "/rows.csv")
    try AtomicFile.write(paths(records), to: folder + "/figure-paths.dat")
    try AtomicFile.write(second(campaign, records), to: folder + "/figure-panel.dat")
    try AtomicFile.write(script(outcome, campaign, records), to: folder + "/figure.gp")
    return folder + "/figure.gp"
  }

  private struct Record<Machine: Encodable & Sendable>: Encodable {
    let outcome: Outcome
    let machine: Machine
  }

  private static func rows(_ records: [[TrialRecord]]) -> String {
    var out = "variant,seed," + TrialRow.names.joined(separator: ",") + ",predicted_Z\n"
    for run in records.flatMap({ $0 }) {
      for (row, predicted) in zip(run.rows, run.predictedPath) {
        let cells = (row.values + [predicted]).map { $0.isFinite ? "\($0)" : "" }
        out += "\"\(run.variant)\",\(run.seed)," + cells.joined(separator: ",") + "\n"
      }
    }
    return out
  }

  /// A block a variant: t, mean Z − Z(0), its standard deviation over seeds, predicted mean, μ, κ, ½Σ‖λ‖², Var Z, ∫λ² so far.
  private static func paths(_ records: [[TrialRecord]]) -> String {
    records.map { runs in
      "\"\(runs[0].variant)\"\n"
        + runs[0].rows.indices.map { k in
          func mean(_ f: (TrialRecord) -> Double) -> Double { runs.reduce(0) { $0 + f($1) } / Double(runs.count) }
          let z = runs.map { $0.rows[k].logNorm - $0.rows[0].logNorm }
          let variance = runs.count > 1 ? Statistics.variance(z) : 0
          let values = [
            runs[0].rows[k].step * runs[0].learningRate, mean { $0.rows[k].logNorm - $0.rows[0].logNorm },
            variance.squareRoot(),
            mean { $0.predictedPath[k] - $0.rows[0].logNorm }, mean { $0.rows[k].mu }, mean { $0.rows[k].kappa },
            mean { $0.rows[k].lambdaSquaredLayerwise / 2 }, variance,
            mean { run in
              TrialRecord(
                variant: "", seed: 0, learningRate: run.learningRate, rows: Array(run.rows[...k])
              ).integral(\.lambdaSquared)
            },
          ]
          return values.map { $0.isFinite ? "\($0)" : "?" }.joined(separator: " ")
        }.joined(separator: "\n")
    }.joined(separator: "\n\n\n") + "\n"
  }

  /// x, mean ΔZ with its interval, standard deviation with its interval, predicted standard deviation; a line a variant.
  private static func second(_ campaign: Campaign, _ records: [[TrialRecord]]) -> String {
    // In the order of x, so that lines join neighbours.
    zip(campaign.variants, records).enumerated().sorted {
      ($0.element.0.x ?? Double($0.offset)) < ($1.element.0.x ?? Double($1.offset))
    }.map { place, pair in
      let (v, runs) = pair
      let change = Statistics.mean(runs.map(\.change))
      let spread = Statistics.jackknife(runs.map(\.finalLogNorm)) { Statistics.variance($0).squareRoot() }
      let predicted = runs.reduce(0) { $0 + $1.integral(\.lambdaSquared) } / Double(runs.count)
      let values = [
        v.x ?? Double(place), change?.value, change?.lower, change?.upper, spread?.value, spread?.lower, spread?.upper,
        predicted.squareRoot(),
      ].map { $0.map { $0.isFinite ? "\($0)" : "?" } ?? "?" }
      return "\"\(v.name)\" " + values.joined(separator: " ")
    }.joined(separator: "\n") + "\n"
  }

  private static func script(_ outcome: Outcome, _ campaign: Campaign, _ records: [[TrialRecord]]) -> String {
    let count = records.count
    let colours = ["#1b6ca8", "#b2182b", "#1b7837", "#e08214", "#762a83", "#5b5b5b", "#c51b7d", "#01665e", "#8c510a"]
    func colour(_ k: Int) -> String { "lc rgb \"\(colours[k % colours.count])\"" }
    let hasSeveral = campaign.scale.seeds > 1
    var first: [String] = []
    for k in 0..<count {
      if hasSeveral {
        first.append(
          "\"figure-paths.dat\" index \(k) using 1:($2-$3):($2+$3) with filledcurves fs transparent solid 0.12 noborder \(colour(k)) notitle"
        )
      }
      first.append("\"figure-paths.dat\" index \(k) using 1:2 with lines lw 1.6 \(colour(k)) title columnheader(1)")
      first.append("\"figure-paths.dat\" index \(k) using 1:4 with lines lw 1.2 dt 2 \(colour(k)) notitle")
    }
    let panel: String
    switch campaign.document.figure {
    case .terms:
      panel = """
        set title "terms of \(campaign.variants[0].name), per unit of time"
        set xlabel "t = ηk"
        plot "figure-paths.dat" index 0 using 1:5 with lines lw 1.6 \(colour(0)) title "μ", \\
          "" index 0 using 1:6 with lines lw 1.6 \(colour(1)) title "κ", \\
          "" index 0 using 1:7 with lines lw 1.6 \(colour(2)) title "½Σλ²"
        """
    case .spread:
      let isLog = campaign.variants.allSatisfy { ($0.x ?? 0) > 0 } && count > 2
      panel = """
        set title "sd of Z(T) over seeds; line: √∫λ_Z² dt"
        set xlabel "\(campaign.document.figureAxis ?? "x")"
        \(isLog ? "set logscale xy" : "set offsets graph 0.06, graph 0.06, graph 0.04, graph 0.04")
        plot "figure-panel.dat" using 2:6:7:8 with yerrorbars pt 7 \(colour(0)) title "observed, 99 %", \\
          "" using 2:9 with linespoints pt 6 dt 2 \(colour(1)) title "predicted"
        """
    case .sweep:
      let hasNames = campaign.variants.contains { $0.x == nil }
      panel = """
        set title "change of Z over the run, 99 % intervals"
        set xlabel "\(campaign.document.figureAxis ?? "x")"
        set offsets graph 0.06, graph 0.06, graph 0.04, graph 0.04
        plot "figure-panel.dat" using 2:3:4:5\(hasNames ? ":xtic(1)" : "") with yerrorbars pt 7 \(colour(0)) notitle
        """
    }
    return """
      # \(outcome.title). Run by gnuplot in this folder; writes figure.svg.
      set terminal svg size 900,380 font "Helvetica,12" background "white"
      set output "figure.svg"
      set datafile missing "?"
      set multiplot layout 1,2
      set grid lc rgb "#dddddd"
      set key top left reverse Left samplen 1 spacing 1.0 font ",10"
      set title "change of Z = Σ log σ₁; dashed: predicted\(hasSeveral ? "; band: ± 1 sd over seeds" : "")"
      set xlabel "t = ηk"
      plot \(first.joined(separator: ", \\\n  "))
      unset logscale
      set key top right noreverse Right
      \(panel)
      unset multiplot

      """
  }
}
