// lipdyn variance: ladders, reproducibility, and what has no spread.

import Foundation
import Testing

@Suite("Ensembles")
struct VarianceTests {
  private struct Record: Decodable {
    struct Ratio: Decodable { let value, lower99, upper99: Double }
    struct Row: Decodable {
      let learningRate, time, observed: Double
      let batchSize, step, runs: Int
      let overLinearResponse, overTheorem17, overExactDiffusion: Ratio
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
    for (large, small) in zip(one.rows, one.rows.dropFirst(5)) { #expect(4 * large.observed < small.observed) }
  }

  @Test("SGD on all samples at once, without replacement, does not vary at all")
  func noNoise() throws {
    try ToolRun(
      "variance", "--samples", "60", "--sampling", "withoutReplacement", "--batch-size", "60", "--runs", "50", "--time",
      "1"
    ).expectRefusal(naming: "batch size")
  }
}
