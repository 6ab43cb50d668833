// lipdyn plot and simulate --plot: every kind of file, with gnuplot and without.

import Foundation
import Testing

@Suite("Figures") struct PlotTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func written(_ file: String, by arguments: [String]) throws -> String {
    let path = directory.path(file)
    let run = try ToolRun(arguments: arguments + [path])
    #expect(run.status == 0, "\(run.errors)")
    return path
  }

  @Test("ledgers, simulations and the JSON of other commands become figures")
  func kinds() throws {
    let small = ["--samples", "40", "--model", "64-8-10", "--runs", "60"]
    let cases: [(file: String, by: [String], words: [String])] = [
      (
        "l.csv", ["train", "--steps", "8", "--model", "64-8-10", "--ledger"],
        ["Z_", "predicted ± 2 sd", "observed", "|κ|", "layer 1"]
      ),
      (
        "n.csv",
        [
          "train-network", "--network", "linear(8) tanh linear(10)", "--data", "digits", "--epochs", "1",
          "--batch-size",
          "256", "--terms", "independent", "--term-images", "64", "--ledger",
        ], ["one step", "discrete step", "layer 0"]
      ),
      ("g.csv", ["simulate", "gbm", "--paths", "50", "--steps", "20", "--output"], ["5 to 95 %", "predicted mean"]),
      ("v.json", ["variance", "--time", "1", "--batch-size", "4"] + small + ["--json"], ["linear response", "M = 4"]),
      ("s.json", ["svag", "--steps", "2", "--substeps", "8"] + small + ["--json"], ["SVAG(8)", "SDE of order 2"]),
      ("k.json", ["verify", "OperatorNormJacobian", "--json"], ["OperatorNormJacobian", "6/6", "roundOff"]),
    ]
    for (file, arguments, words) in cases {
      let path = try written(file, by: arguments)
      let script = directory.path(file + ".gp")
      let run = try ToolRun(arguments: ["plot", path, "--output", script])
      #expect(run.status == 0 && run.output.contains(script), "\(file): \(run.errors)")
      let text = try String(contentsOfFile: script, encoding: .utf8)
      for word in words where word != "Z_" { #expect(text.contains(word), "\(file) lacks \(word)") }
    }
  }

  @Test("the ladders of a verification, with the claimed slopes")
  func slopes() throws {
    let record = try written("r.json", by: ["verify", "OperatorNormJacobian", "SpectralGapAmplification", "--json"])
    let script = directory.path("slopes.gp")
    #expect(try ToolRun("plot", record, "--slopes", "--output", script).status == 0)
    let text = try String(contentsOfFile: script, encoding: .utf8)
    #expect(text.contains("OperatorNormJacobian") && text.contains("SpectralGapAmplification"))
    #expect(text.contains("set logscale xy") && text.contains("with points"))
    // Of a first derivative the remainder falls with the square of the step, and its points lie on the dashed line.
    let json = try #require(
      try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: record))) as? [String: Any])
    let claims = try #require(json["claims"] as? [[String: Any]])
    let checks = claims.flatMap { $0["checks"] as? [[String: Any]] ?? [] }
    let ladders = checks.compactMap { $0["ladder"] as? [String: Any] }
    #expect(ladders.count >= 2)
    for ladder in ladders {
      let rungs = try #require(ladder["rungs"] as? [[String: Double]])
      #expect(rungs.count >= 4 && rungs.allSatisfy { ($0["step"] ?? 0) > 0 && ($0["error"] ?? 0) > 0 })
    }
    let none = try written("n.json", by: ["verify", "VarianceCovarianceSplit", "--json"])
    try ToolRun("plot", none, "--slopes").expectRefusal(naming: "none of its checks", "n.json")
    try ToolRun("plot", script, "--slopes").expectRefusal(naming: "slopes.gp", "--slopes")
  }

  @Test("a simulation is drawn with paths and quantiles, and its table is the same")
  func fan() throws {
    let (plain, script) = (["simulate", "gbm", "--paths", "50", "--steps", "20"], directory.path("fan.gp"))
    let (table, drawn) = (try ToolRun(arguments: plain), try ToolRun(arguments: plain + ["--plot", script]))
    #expect(
      drawn.status == 0
        && drawn.output == table.output + "figure: gnuplot's script \(script), which writes figure.svg\n")
    let text = try String(contentsOfFile: script, encoding: .utf8)
    #expect(text.contains("title \"paths\"") && text.contains("predicted mean ± 1 sd"))
    // Twenty paths, the band, the mean, the predicted mean and its two bounds.
    #expect(text.components(separatedBy: "<< EOD").count - 1 == 25)
  }

  @Test("without gnuplot the script is left, and the line says what to do")
  func withoutGnuplot() throws {
    let image = directory.path("fan.svg")
    let run = try ToolRun(
      arguments: ["simulate", "ou", "--paths", "50", "--steps", "20", "--plot", image],
      environment: ["PATH": directory.path("")])
    #expect(run.status == 0 && run.output.contains("install gnuplot-nox"), "\(run.errors)")
    #expect(!FileManager.default.fileExists(atPath: image))
    #expect(try String(contentsOfFile: directory.path("fan.gp"), encoding: .utf8).contains("set output \"fan.svg\""))
  }

  @Test func refusals() throws {
    let csv = directory.path("other.csv")
    try "a,b\n1,2\n".write(toFile: csv, atomically: true, encoding: .utf8)
    try ToolRun("plot", csv).expectRefusal(naming: "other.csv", "ledger")
    let ragged = directory.path("ragged.csv")
    try "a,b\n1\n".write(toFile: ragged, atomically: true, encoding: .utf8)
    try ToolRun("plot", ragged).expectRefusal(naming: "row 1")
    for (head, missing) in [("time,Z_observed", "Z_predicted"), ("mean,q05", "time"), ("Z,mu_Z", "time")] {
      try "\(head)\n1,2\n".write(toFile: ragged, atomically: true, encoding: .utf8)
      try ToolRun("plot", ragged).expectRefusal(naming: "ragged.csv", "column \(missing)")
    }
    let json = directory.path("other.json")
    try String(repeating: "[", count: 513).write(toFile: json, atomically: true, encoding: .utf8)
    try ToolRun("plot", json).expectRefusal(naming: "other.json", "level 65")
    try "{}".write(toFile: json, atomically: true, encoding: .utf8)
    try ToolRun("plot", json).expectRefusal(naming: "other.json", "verify")
    try ToolRun("plot", csv, "--output", "x.pdf").expectRefusal(naming: "x.pdf", ".svg")
    try ToolRun("plot", directory.path("none.csv")).expectRefusal(naming: "no such file")
    try ToolRun("simulate", "gbm", "--plot", "x.jpg").expectRefusal(naming: "x.jpg")
  }
}
