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
}
