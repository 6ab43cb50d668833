// lipdyn simulate FILE.md: processes as documents declare them, against laws known in closed form.

import Foundation
import Testing

@Suite("simulate a document's process") struct SimulateDocumentTests {
  /// Columns of the CSV by time and entry.
  private static func rows(_ path: String) throws -> [[String: String]] {
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(whereSeparator: \.isNewline)
    let names = lines[0].split(separator: ",").map(String.init)
    return lines.dropFirst().map { line in
      Dictionary(
        uniqueKeysWithValues: zip(names, line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)))
    }
  }

  @Test("constants stand in for adapted processes, and a start is given")
  func scalar() throws {
    let directory = try TemporaryDirectory()
    let (file, out) = (directory.path("two.md"), directory.path("k.csv"))
    let text = """
      ```derivation
      let mu, kappa, lambda : adapted scalar
      brownian W
      process K : positive scalar, dK = K (mu + kappa) dt + K lambda dW
      ```
      """
    try text.write(toFile: file, atomically: true, encoding: .utf8)
    let run = try ToolRun(
      arguments: [
        "simulate", file, "--process", "K", "--set", "mu=0.1", "kappa=0.05", "lambda=0.4", "K(0)=2",
        "--horizon", "2", "--observations", "2", "--output", out,
      ])
    #expect(run.status == 0, "\(run.errors)")
    let rows = try Self.rows(out)
    #expect(rows.count == 3)
    for row in rows.dropFirst() {
      let t = try #require(row["time"].flatMap(Double.init))
      let (mean, error) = (
        try #require(row["mean"].flatMap(Double.init)), try #require(row["mean_se"].flatMap(Double.init))
      )
      let deviation = try #require(row["variance"].flatMap(Double.init)).squareRoot()
      let exact = 2 * exp(0.15 * t)
      #expect(abs(mean - exact) < 5 * error, "\(t): \(mean) ± \(error), \(exact)")
      #expect(abs(deviation / (exact * (exp(0.16 * t) - 1).squareRoot()) - 1) < 0.06)
      let median = try #require(row["q50"].flatMap(Double.init))
      #expect(abs(median / (2 * exp(0.15 * t - 0.08 * t)) - 1) < 0.02)
    }
  }

  @Test("vectors, entry by entry: an Ornstein–Uhlenbeck process with a matrix of noise")
  func vector() throws {
    let directory = try TemporaryDirectory()
    let (file, out) = (directory.path("ou.md"), directory.path("x.csv"))
    let text = """
      ```derivation
      let n : dimension
      let a : positive scalar
      let R : matrix[n, n]
      let start : vector[n]
      brownian B : vector[n]
      process X : vector[n], dX = -a X dt + R dB, X(0) = start
      ```
      """
    try text.write(toFile: file, atomically: true, encoding: .utf8)
    let run = try ToolRun(
      arguments: [
        "simulate", file, "--process", "X", "--set", "n=2", "a=1.5", "R=[[0.3, 0.4], [0, 0.2]]", "start=[1, -2]",
        "--observations", "2", "--steps", "256", "--output", out,
      ])
    #expect(run.status == 0, "\(run.errors)")
    let rows = try Self.rows(out)
    #expect(rows.map { $0["entry"] } == ["X[1]", "X[1]", "X[1]", "X[2]", "X[2]", "X[2]"])
    for row in rows where row["time"] != "0.0" {
      let t = try #require(row["time"].flatMap(Double.init))
      let isFirst = row["entry"] == "X[1]"
      let mean = try #require(row["mean"].flatMap(Double.init))
      let deviation = try #require(row["variance"].flatMap(Double.init)).squareRoot()
      // The steps' own mean, (1 − ah)^k.
      #expect(abs(mean - (isFirst ? 1 : -2) * pow(1 - 1.5 / 256, 256 * t)) < 0.02, "\(row)")
      let power = isFirst ? 0.25 : 0.04
      #expect(abs(deviation / (power * (1 - exp(-3 * t)) / 3).squareRoot() - 1) < 0.05, "\(row)")
    }
  }

  @Test("a family, whose index is also a size elsewhere in its document")
  func family() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().path
    let run = try ToolRun(
      arguments: [
        "simulate", root + "/Proofs/NetworkLogDynamics.md", "--process", "K", "--set", "L=2", "k=1", "μ=[0.1, 0.2]",
        "κ=[0, 0]", "λ=[[0.1], [0.2]]", "K(0)=[1, 2]", "--steps", "20", "--observations", "1",
      ])
    #expect(run.status == 0 && run.output.contains("K[2]"), "\(run.errors)")
  }

  @Test("a document of the package, and what it is not told")
  func refusals() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().path
    let file = root + "/Proofs/examples/LawOfGeometricBrownianMotion.md"
    let good = ["simulate", file, "--process", "K", "--set", "mu=0.1", "lambda=0.3"]
    let run = try ToolRun(arguments: good + ["k0=1", "--paths", "2039", "--observations", "2"])
    #expect(run.status == 0 && run.output.contains("2039 paths"), "\(run.errors)")
    for (options, word) in [
      (good, "give --set 'k0"), (good + ["k0=-1"], "positive"), (good + ["k0=1", "q=1"], "does not depend on q"),
      (good + ["k0=one"], "number"), (good + ["k0=1", "--horizon", "-1"], "--horizon"), (good + ["k0"], "name=value"),
      (["simulate", file, "--process", "J", "--set", "a=1"], "declares W, K"),
      (["simulate", root + "/none.md", "--process", "K"], "no such file"), (good + ["k0=[1, 2]"], "one finite number"),
    ] {
      let run = try ToolRun(arguments: options)
      #expect(run.status != 0 && run.errors.contains(word), "\(options.suffix(2)): \(run.errors)")
      #expect(run.errors.split(separator: "\n").count == 1)
    }
  }

  /// E K = K(0) e^{(μ+κ)T} by levels of steps and by variates, each within what it says of itself.
  @Test("a mean by multilevel Monte Carlo and by reduced variance")
  func means() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().path
    let good = [
      "simulate", root + "/Proofs/IntegralDynamics.md", "--process", "K", "--set", "μ=0.1", "κ=0", "λ=0.3", "K0=1",
    ]
    func numbers(_ line: Substring) -> [Double] {
      line.split(whereSeparator: { $0 == " " || $0 == "," || $0 == ";" }).compactMap { Double($0) }
    }
    let multilevel = try ToolRun(arguments: good + ["--multilevel", "0.01"])
    #expect(multilevel.status == 0, "\(multilevel.errors)")
    let line = try #require(multilevel.output.split(separator: "\n").first { $0.hasPrefix("mean at t") })
    let (mean, error, bias) = (numbers(line)[1], numbers(line)[2], numbers(line)[3])
    #expect(abs(mean - exp(0.1)) < 5 * error + bias && error < 0.0072 && bias < 0.0072, "\(line)")
    #expect(try ToolRun(arguments: good + ["--multilevel", "0.01", "--threads", "1"]).output == multilevel.output)

    let reduced = try ToolRun(arguments: good + ["--variance-reduction", "--paths", "3000", "--steps", "16"])
    #expect(reduced.status == 0, "\(reduced.errors)")
    let rows = reduced.output.split(separator: "\n").filter { $0.hasPrefix("plain") || $0.hasPrefix("antithetic") }
    #expect(rows.count == 3)
    for row in rows {
      let found = numbers(row).suffix(4).map { $0 }
      #expect(abs(found[0] - exp(0.1)) < 5 * found[1], "\(row)")
      #expect(row.hasPrefix("plain") == (found[3] == 1) && found[3] >= 1, "\(row)")
    }
    let vector = [
      "simulate", root + "/Proofs/NearConvergenceGrowth.md", "--process", "x", "--set", "P=2", "q=0.1",
      "center=[0, 1]", "x(0)=[1, 1]",
    ]
    for (options, word) in [
      (vector + ["--multilevel", "0.1"], "x[1], x[2]"), (vector + ["--entry", "x[3]", "--multilevel", "0.1"], "x[3]"),
      (good + ["--entry", "K"], "--entry"), (good + ["--multilevel", "0"], "--multilevel 0"),
      (good + ["--multilevel", "0.1", "--variance-reduction"], "give one of them"),
      (good + ["--multilevel", "0.1", "--output", "x.csv"], "--output"),
    ] {
      let run = try ToolRun(arguments: options)
      #expect(run.status != 0 && run.errors.contains(word), "\(options.suffix(2)): \(run.errors)")
    }
  }

  /// A damped oscillator: its two processes mention each other.
  private static let oscillator = """
    ```derivation
    let g, k, s : positive scalar
    brownian W
    process x : dx = v dt, x(0) = 1
    process v : dv = -g v dt - k x dt + s dW, v(0) = 0
    ```
    """

  @Test("coupled processes, drawn entry by entry, with the table that they have without a picture")
  func coupled() throws {
    let directory = try TemporaryDirectory()
    let (file, script, table) = (directory.path("x.md"), directory.path("x.gp"), directory.path("x.csv"))
    try Self.oscillator.write(toFile: file, atomically: true, encoding: .utf8)
    let call = [
      "simulate", file, "--process", "x", "--set", "g=0.5", "k=1", "s=0.3", "--paths", "2000", "--horizon", "2",
      "--output",
      table,
    ]
    let (plain, drawn) = (try ToolRun(arguments: call), try ToolRun(arguments: call + ["--plot", script]))
    #expect(plain.status == 0 && drawn.status == 0, "\(drawn.errors)")
    let figure = "figure: gnuplot's script \(script), which writes figure.svg\n"
    #expect(drawn.output.replacing(figure, with: "") == plain.output)
    #expect(try String(contentsOfFile: script, encoding: .utf8).contains("title \"paths\""))
    // Noise does not move the mean, which is the undisturbed oscillator's: e^{-t/4} (cos ωt + sin ωt/(4ω)), ω² = 15/16.
    let last = try #require(try Self.rows(table).last)
    let (mean, error) = (
      try #require(last["mean"].flatMap(Double.init)), try #require(last["mean_se"].flatMap(Double.init))
    )
    let omega = (15.0 / 16).squareRoot()
    let exact = exp(-0.5) * (cos(2 * omega) + sin(2 * omega) / (4 * omega))
    #expect(abs(mean - exact) < 5 * error + 0.002, "\(mean) ± \(error), \(exact)")
    let again = directory.path("again.gp")
    #expect(try ToolRun("plot", table, "--output", again).status == 0)
    #expect(try String(contentsOfFile: again, encoding: .utf8).contains("set title \"x\""))
    try ToolRun(arguments: call + ["--multilevel", "0.01"]).expectRefusal(naming: "--output")
    try ToolRun("simulate", "gbm", "--multilevel", "0.01", "--plot", script).expectRefusal(naming: "--plot")
  }

  @Test("a step too long is said so, and paths beyond the floating-point numbers are no result")
  func unstable() throws {
    let directory = try TemporaryDirectory()
    let file = directory.path("x.md")
    try Self.oscillator.write(toFile: file, atomically: true, encoding: .utf8)
    func run(_ g: String, _ steps: String) throws -> ToolRun {
      try ToolRun(
        "simulate", file, "--process", "v", "--set", "g=\(g)", "k=1", "s=0.3", "--paths", "100", "--steps", steps,
        "--json",
        directory.path("x.json"))
    }
    let stable = try run("5", "100")
    #expect(stable.status == 0 && !stable.output.contains("too long"), "\(stable.errors)")
    let coarse = try run("300", "100")
    #expect(coarse.status == 0 && coarse.output.contains("the step is too long: v ends at"), "\(coarse.output)")
    try run("100000", "200").expectRefusal(naming: "v", "use more --steps")
  }

  @Test("matrices as they are printed, and what is mistyped")
  func spelling() throws {
    let directory = try TemporaryDirectory()
    let file = directory.path("x.md")
    let text = """
      ```derivation
      let n : dimension
      let A : spd matrix[n, n]
      brownian B : vector[n]
      process X : vector[n], dX = -A X dt + dB, X(0) = zeros[n]
      ```
      """
    try text.write(toFile: file, atomically: true, encoding: .utf8)
    let call = ["simulate", file, "--process", "X", "--paths", "20", "--steps", "20", "--set", "n=2"]
    let lists = try ToolRun(arguments: call + ["A=[[3, 1], [1, 2]]"])
    let rows = try ToolRun(arguments: call + ["A=[3, 1; 1, 2]"])
    #expect(lists.status == 0 && lists.output == rows.output, "\(rows.errors)")
    try ToolRun("simulate", file).expectRefusal(naming: "--process is missing", "X")
    try ToolRun("simulate", "gbn").expectRefusal(naming: "gbn", "did you mean gbm?")
    let command = try ToolRun("verfy")
    #expect(command.status == 64 && command.errors.contains("did you mean verify?"), "\(command.errors)")
    try ToolRun("verify", "LipschitzStatistic").expectRefusal(naming: "did you mean 'LipschitzStatistics'?")
  }
}
