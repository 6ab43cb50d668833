// What an experiment leaves for people and programs: verdicts, rows as CSV, and a gnuplot script.

internal import ArrayFiles
private import Foundation
internal import Plotting

/// The files of one outcome.
public enum ExperimentFiles {
  /// Writes `result.json`, `rows.csv` and `figure.gp`; each whole or not at all.
  public static func write(
    _ outcome: Outcome, _ campaign: Campaign, _ records: [[TrialRecord]], machine: some Encodable & Sendable
  ) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .throw
    let folder = campaign.folder
    try AtomicFile.write(
      Array(try encoder.encode(Record(outcome: outcome, machine: machine))) + [10], to: folder + "/result.json")
    try AtomicFile.write(rows(records), to: folder + "/rows.csv")
    try AtomicFile.write(
      outcome.figure(campaign, records).script(writing: "figure.svg", as: .svg), to: folder + "/figure.gp")
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
}
