// lipdyn variance: ladders, reproducibility, and what has no spread.

import Foundation
import Testing

@Suite("Ensembles")
struct VarianceTests {
  private struct Record: Decodable {
    struct Ratio: Decodable { let value, lower99, upper99: Double }
    struct Prediction: Decodable { let mean, noiseFreeMean: Double }
    struct Row: Decodable {
      let learningRate, time, observed: Double
      let batchSize, step, runs: Int
      let overLinearResponse, overTheorem17, overExactDiffusion: Ratio
      let mean, skewness, excessKurtosis: Ratio
      let predicted: Prediction
    }
    let schema: Int
    let rows: [Row]
  }

  private func record(_ arguments: [String]) throws -> (Record, String) {
    let directory = try TemporaryDirectory()
    let file = directory.path("v.json")
    let run = try ToolRun(
      arguments: ["variance", "--samples", "60", "--model", "64-8-10", "--json", file] + arguments)
    #expect(run.status == 0, "\(run.errors)")
    let data = try Data(contentsOf: URL(fileURLWithPath: file))
    return (try JSONDecoder().decode(Record.self, from: data), run.output)
  }

  @Test("a ladder has five times a rung, the same digits on any number of threads, and a spread that falls with M")
  func ladder() throws {
    let arguments = ["--runs", "200", "--time", "2", "--learning-rate", "0.1", "--batch-size", "32", "2", "--threads"]
    let (one, text) = try record(arguments + ["1"])
    let (two, same) = try record(arguments + ["2"])
    #expect(text == same)
    #expect(one.schema == 1 && one.rows.count == 10 && one.rows.map(\.observed) == two.rows.map(\.observed))
    #expect(one.rows.map(\.step) == [4, 8, 12, 16, 20, 4, 8, 12, 16, 20])
    for row in one.rows {
      for ratio in [row.overLinearResponse, row.overTheorem17, row.overExactDiffusion] {
        #expect(0 < ratio.lower99 && ratio.lower99 < ratio.value && ratio.value < ratio.upper99)
      }
    }
    for row in one.rows where row.batchSize == 32 {
      // Θ(η) of μ's discretisation and of the noise is left; Itô's terms are not.
      let unit = abs(row.predicted.mean)
      #expect(abs(row.mean.value - row.predicted.mean) < 0.05 * unit + row.mean.upper99 - row.mean.lower99)
      #expect(abs(row.predicted.noiseFreeMean - row.predicted.mean) < 0.2 * unit && unit > 0)
      #expect(row.skewness.lower99 < 0 && row.skewness.upper99 > 0)
    }
    for (large, small) in zip(one.rows, one.rows.dropFirst(5)) { #expect(4 * large.observed < small.observed) }
  }

  @Test("SGD on all samples at once, without replacement, does not vary at all")
  func noNoise() throws {
    try ToolRun(
      "variance", "--samples", "60", "--sampling", "withoutReplacement", "--batch-size", "60", "--runs", "50", "--time",
      "1"
    ).expectRefusal(naming: "batch size")
  }

  @Test("the ladder from SGD to its SDE: laws, distances, the same digits on any number of threads")
  func amplification() throws {
    struct Law: Decodable { let name: String, runs: Int, mean, meanError, standardDeviation: Double }
    struct Outcome: Decodable {
      let descents, largeSteps: [Law]
      let diffusion, coarseDiffusion, secondOrder: Law
      let initialNoiseToSignal: Double
    }
    struct Record: Decodable { let schema: Int, outcome: Outcome }
    let directory = try TemporaryDirectory()
    let file = directory.path("svag.json")
    let arguments = [
      "svag", "--runs", "64", "--samples", "40", "--model", "64-8-10", "--steps", "3", "--learning-rate", "0.8",
      "--amplification", "1", "2", "--substeps", "16", "--json", file, "--threads",
    ]
    let run = try ToolRun(arguments: arguments + ["2"])
    #expect(run.status == 0, "\(run.errors)")
    let outcome = try JSONDecoder().decode(Record.self, from: Data(contentsOf: URL(fileURLWithPath: file))).outcome
    #expect(outcome.descents.map(\.name) == ["SGD", "SVAG(2)"] && outcome.descents.allSatisfy { $0.runs == 64 })
    #expect(outcome.largeSteps.map(\.name) == ["SDE, step η", "SDE, step η/4"])
    #expect(outcome.initialNoiseToSignal > 0)
    for law in outcome.descents + [outcome.diffusion, outcome.secondOrder] {
      #expect(law.standardDeviation > 0 && law.meanError > 0 && run.output.contains(law.name))
    }
    #expect(run.output.contains("energy distance") && run.output.contains("with η and with η/4"))
    #expect(try ToolRun(arguments: arguments + ["1"]).output == run.output)
    // Half of the runs first, then all: the same numbers; and nobody else's runs.
    let kept = ["--checkpoint", directory.path("runs.npz")]
    let half = try ToolRun(arguments: arguments + ["2", "--runs", "50"] + kept)
    #expect(half.status == 0 && half.output != run.output, "\(half.errors)")
    #expect(try ToolRun(arguments: arguments + ["2"] + kept).output == run.output)
    try ToolRun(arguments: arguments + ["2", "--seed", "5"] + kept).expectRefusal(naming: "another ladder")
    for (options, word) in [
      (["--amplification", "2", "4"], "amplifications"), (["--substeps", "6"], "a multiple of 4"),
      (["--runs", "3"], "runs"), (["--learning-rate", "0"], "learning rate"), (["--samples", "1"], "--samples 1"),
      (["--warm-up", "-1"], "--warm-up"),
    ] {
      try ToolRun(arguments: ["svag"] + options).expectRefusal(naming: word)
    }
  }
}
