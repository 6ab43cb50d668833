// lipdyn experiment as its users run it: files of their own, a power cut, refusals.

import Foundation
import Testing

@Suite("experiment") struct ExperimentCommandTests {
  static let document = """
    {
      "schema": 1, "name": "mine", "title": "Mine", "paper": "none", "figure": "spread", "figureAxis": "M",
      "variants": [
        {"name": "M = 8", "x": 8}, {"name": "M = 16", "x": 16, "batchSize": 16},
        {"name": "M = 32", "x": 32, "batchSize": 32}
      ],
      "predictions": [
        {"says": "Var Z(T) falls like 1/M", "source": "paper", "measure": "logVarianceSlope",
          "expects": {"value": -1, "tolerance": 0.5}},
        {"says": "a step moves Z as the terms say", "source": "paper", "measure": "stepSlope", "variant": "M = 32",
          "expects": {"value": 1, "tolerance": 0.3}}
      ],
      "quick": {
        "data": "digits", "images": 400, "network": "linear(16) tanh linear(10)", "batchSize": 8, "learningRate": 0.05, "steps": 100,
        "seeds": 8, "sharesInitialWeights": true, "rows": 20, "termImages": 0
      },
      "full": {
        "data": "mnist", "network": "paper-mlp", "batchSize": 8, "learningRate": 0.05, "steps": 100, "seeds": 8,
        "sharesInitialWeights": true, "rows": 10, "termImages": 500
      }
    }
    """

  @Test("a file of one's own: verdicts, rows and a figure; killed, it goes on to the same bytes")
  func own() throws {
    let directory = try TemporaryDirectory()
    let file = directory.path("mine.json")
    try Self.document.write(toFile: file, atomically: true, encoding: .utf8)
    func command(_ place: String) -> [String] {
      ["experiment", "run", file, "--output", directory.path(place), "--state-every", "0"]
    }
    let whole = try ToolRun(arguments: command("whole"))
    #expect(whole.status == 0, "\(whole.errors)")
    #expect(whole.output.contains("Var Z(T) falls like 1/M") && whole.output.contains("agrees"))
    // After some runs, while others are under way.
    let runs = directory.path("cut") + "/quick/mine/runs"
    let cut = try ToolRun(
      arguments: command("cut"),
      killedWhen: { (try? FileManager.default.contentsOfDirectory(atPath: runs).count) ?? 0 >= 9 })
    #expect(cut.status == SIGKILL)
    #expect(!FileManager.default.fileExists(atPath: directory.path("cut") + "/quick/mine/result.json"))
    let rest = try ToolRun(arguments: command("cut"))
    #expect(rest.status == 0, "\(rest.errors)")
    for name in ["result.json", "rows.csv", "figure.gp"] {
      let bytes = try ["whole", "cut"].map {
        try Data(contentsOf: URL(fileURLWithPath: directory.path($0) + "/quick/mine/" + name))
      }
      #expect(bytes[0] == bytes[1], "\(name)")
    }
  }

  @Test("says what there is, and what a run would take")
  func list() throws {
    let list = try ToolRun("experiment", "list")
    #expect(list.status == 0 && list.output.contains("batch-size") && list.output.contains("near-convergence"))
    let directory = try TemporaryDirectory()
    let estimate = try ToolRun(in: directory, "experiment", "run", "gradient-noise", "--estimate")
    #expect(estimate.status == 0 && estimate.output.contains("minutes"), "\(estimate.errors)")
  }

  @Test(arguments: [
    (["run", "nothing"], "batch-size"), (["run"], "--all"), (["run", "batch-size", "--all"], "--all"),
    (["run", "batch-size", "--scale", "huge"], "quick"), (["run", "none.json"], "no such file"),
    (["run", "depth", "--state-every", "-1"], "--state-every"),
    (["run", "depth", "--scale", "full", "--data-folder", "/nowhere"], "lipdyn data fetch"),
  ])
  func refusals(_ options: [String], _ word: String) throws {
    let directory = try TemporaryDirectory()
    let run = try ToolRun(arguments: ["experiment"] + options, directory: directory.url)
    #expect(run.status != 0 && run.errors.contains(word), "\(run.errors)")
    #expect(run.errors.split(separator: "\n").count == 1)
  }

  @Test("an estimate says what it would take, and leaves nothing")
  func estimate() throws {
    let directory = try TemporaryDirectory()
    let run = try ToolRun(in: directory, "experiment", "run", "width", "--estimate")
    #expect(run.status == 0 && run.output.contains("minutes"), "\(run.errors)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.url.path).isEmpty)
  }
}
