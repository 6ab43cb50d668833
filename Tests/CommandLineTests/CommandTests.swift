// The commands do what their help says, and agree with computations written out here.

import ArrayFiles
import DenseLinearAlgebra
import Foundation
import Testing

@Suite("Commands")
struct CommandTests {
  @Test("verify prints a row a claim and writes JSON of schema 3 with machine and libraries")
  func verify() throws {
    let directory = try TemporaryDirectory()
    let file = directory.path("results.json")
    let run = try ToolRun(
      "verify", "OperatorNormJacobian", "--claim", "lognormalmgf", "--seed", "5", "--json", file, "--mutants",
      "--details")
    #expect(run.status == 0)
    #expect(run.output.contains("OperatorNormJacobian") && run.output.contains("kill") == false)
    #expect(run.output.contains("[monteCarlo] samples of e^{sZ}: n = 20000, p = "))
    let json = try #require(
      try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: file))) as? [String: Any])
    #expect(json["schema"] as? Int == 3 && json["seed"] as? Int == 5)
    let machine = try #require(json["machine"] as? [String: Any])
    let libraries = try #require(machine["libraries"] as? [String: String])
    for name in ["OpenBLAS", "GSL", "FLINT", "libzip"] { #expect(libraries[name]?.isEmpty == false) }
    let claims = try #require(json["claims"] as? [[String: Any]])
    #expect(claims.map { $0["claim"] as? String } == ["OperatorNormJacobian", "LogNormalMGF"])
    for claim in claims {
      #expect(claim["verdict"] as? String == "holds")
      #expect(claim["mutantsPlanted"] as? Int == claim["mutantsKilled"] as? Int)
      for key in ["number", "evidence", "budgetUsed", "seconds"] { #expect(claim[key] != nil) }
    }
  }

  @Test("the same seed gives the same digits, another seed others, whatever the number of threads")
  func seeds() throws {
    func simulate(_ seed: String, _ threads: String) throws -> String {
      try ToolRun("simulate", "gbm", "--paths", "5000", "--steps", "50", "--seed", seed, "--threads", threads).output
    }
    let once = try simulate("3", "1")
    #expect(try simulate("3", "2") == once)
    #expect(try simulate("4", "2") != once)
  }

  @Test("claims and show describe every claim")
  func descriptions() throws {
    let claims = try ToolRun("claims").output
    #expect(try ToolRun("show", "theorem 17").output == ToolRun("show", "LipschitzStatistics").output)
    for slug in ["UnbiasedNoiseEstimator", "LipschitzStatistics"] {
      #expect(claims.contains(slug))
      let text = try ToolRun("show", slug).output
      for heading in ["source:", "hypotheses:", "checks:", "wrong versions"] { #expect(text.contains(heading)) }
    }
    let page = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../Documentation/regularizers.md")
    #expect(try ToolRun("regularizers").output == String(contentsOf: page.standardized, encoding: .utf8))
  }

  @Test("simulate writes files that agree with its closed form")
  func simulate() throws {
    let directory = try TemporaryDirectory()
    let file = directory.path("paths.npz")
    #expect(
      try ToolRun(
        "simulate", "ou", "--paths", "20000", "--steps", "400", "--rate", "2", "--volatility", "0.5", "--output", file
      ).status == 0)
    let archive = try ArrayArchive(readingNPZ: file)
    let terminal = try archive.array(named: "terminal").doubles
    let mean = terminal.reduce(0, +) / Double(terminal.count)
    // e^{-2} and the standard error of 20,000 paths of variance 0.0614; Euler's bias is 0.0007.
    #expect(abs(mean - 0.1353352832) < 6 * 0.00175 + 0.001)
    #expect(try archive.array(named: "time").doubles.last == 1)
    for (command, output) in [("gbm", "a.csv"), ("matrix", "b.csv")] {
      let path = directory.path(output)
      #expect(try ToolRun("simulate", command, "--paths", "50", "--steps", "20", "--output", path).status == 0)
      let lines = try String(contentsOfFile: path, encoding: .utf8).split(whereSeparator: \.isNewline)
      #expect(lines.count >= 10 && lines[0].hasPrefix("time,mean,mean_se"))
    }
  }

  @Test("simulate takes tabulated coefficients")
  func coefficients() throws {
    let directory = try TemporaryDirectory()
    var archive = ArrayArchive()
    archive["time"] = NumericArray(shape: [2], [0.0, 1.0])
    archive["mu"] = NumericArray(shape: [2], [0.0, 1.0])
    archive["kappa"] = NumericArray(shape: [2], [0.2, 0.0])
    archive["lambda"] = NumericArray(shape: [2], [0.1, 0.3])
    let file = directory.path("coefficients.npz")
    try archive.writeNPZ(to: file)
    let run = try ToolRun(
      "simulate", "gbm", "--coefficients", file, "--paths", "100", "--steps", "10", "--observations", "1")
    // E K(1) = e^{0.5 + 0.1}
    #expect(run.output.contains("1.82212"))
  }

  @Test("layer agrees with the definitions written out, in every dtype and order")
  func layer() throws {
    let directory = try TemporaryDirectory()
    let theta = Matrix<Double>([[3, 0, 0], [0, 1, 0]])
    let samples = (0..<4).map { k in
      Matrix<Double>(rows: 2, columns: 3) { i, j in Double((k * 7 + i * 5 + j * 3) % 11) / 8 - 0.5 }
    }
    let (w, g, j) = (directory.path("W.npy"), directory.path("G.npy"), directory.path("J.npy"))
    try NumericArray(theta).writeNPY(to: w)
    try NumericArray(stack: samples).writeNPY(to: g)
    let run = try ToolRun(
      "layer", "--weights", w, "--gradients", g, "--learning-rate", "0.1", "--json", "--jacobian", j)
    let json = try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
    func value(_ key: String) throws -> Double { try #require(json[key] as? Double, "\(key)") }
    // σ₁ = 3, σ₂ = 1, u₁ = e₁, v₁ = e₁; the Hessian's entries are 3/8, 1/8 and 1/3 by Lemma 13.
    let mean = samples.dropFirst().reduce(samples[0], +) / 4
    let centred = samples.map { $0 - mean }
    let spread = centred.reduce(0) { $0 + $1[0, 0] * $1[0, 0] } / 12
    var curvature = 0.0
    for e in centred {
      let (a, b, c) = (e[1, 0], e[0, 1], e[0, 2])
      curvature += (3 * (a * a + b * b) + 2 * a * b) / 8 + c * c / 3
    }
    curvature /= 12
    #expect(abs(try value("sigma1") - 3) < 1e-14)
    #expect(abs(try value("sigma2") - 1) < 1e-14)
    #expect(abs(try value("mu") - -mean[0, 0] / 3) < 1e-14)
    #expect(abs(try value("lambdaSquared") - 0.1 * spread / 9) < 1e-15)
    for key in ["kappa", "kappaKronecker", "kappaSpectral"] {
      #expect(abs(try value(key) - 0.05 * curvature / 3) < 1e-15, "\(key)")
    }
    let jacobian: Matrix<Double> = try NumericArray(readingNPY: j).matrix()
    #expect((jacobian.map(abs) - Vector<Double>([1, 0]).outer([1, 0, 0])).frobeniusNorm < 1e-14)
    // The same numbers from single precision and Fortran order, where they are exact.
    try NumericArray(Matrix<Float>(rows: 2, columns: 3) { Float(theta[$0, $1]) }).writeNPY(to: w)
    try AtomicFile.write(NumericArray(stack: samples).npy(fortranOrder: true), to: g)
    let again = try ToolRun("layer", "--weights", w, "--gradients", g, "--learning-rate", "0.1", "--json")
    #expect(again.output == run.output)
  }

  @Test("layer takes the factors of gradients, of a sum or of a mean, at one position or several")
  func layerFactors() throws {
    let directory = try TemporaryDirectory()
    func number(_ k: Int, _ i: Int, _ j: Int) -> Double {
      let remainder: Int = (k * 7 + i * 5 + j * 3) % 11
      return Double(remainder) / 8 - 0.5
    }
    let theta = Matrix<Double>([[3, 0.5, 0], [0.25, 1, 0.5]])
    let (w, g, j) = (directory.path("W.npy"), directory.path("G.npy"), directory.path("J.npy"))
    try NumericArray(theta).writeNPY(to: w)
    func terms(_ arguments: String...) throws -> [String: Any] {
      let run = try ToolRun(arguments: ["layer", "--learning-rate", "0.1", "--json"] + arguments)
      return try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any], "\(run)")
    }
    for positions in [1, 3] {
      // Samples [positions, width]; G_i = Σ_t δ_it x_itᵀ.
      let deltas = (0..<4).map { k in Matrix<Double>(rows: positions, columns: 2) { number(k, $0, $1) } }
      let inputs = (0..<4).map { k in Matrix<Double>(rows: positions, columns: 3) { number(2 * k + 1, $0, $1) } }
      try NumericArray(stack: zip(deltas, inputs).map { $0.transposed * $1 }).writeNPY(to: g)
      let expected = try terms("--weights", w, "--gradients", g, "--jacobian", j)
      func array(_ x: [Matrix<Double>]) -> NumericArray {
        positions > 1
          ? NumericArray(stack: x) : NumericArray(Matrix(rows: x.count, columns: x[0].columns) { x[$0][0, $1] })
      }
      var archive = ArrayArchive()
      archive["weight"] = NumericArray(theta)
      archive["sum"] = array(deltas)
      archive["mean"] = array(deltas.map { $0 / 4 })
      let (npz, x) = (directory.path("layer.npz"), directory.path("x.npy"))
      try archive.writeNPZ(to: npz)
      try array(inputs).writeNPY(to: x)
      for reduction in ["sum", "mean"] {
        let found = try terms(
          "--weights", npz + ":weight", "--output-gradients", npz + ":" + reduction, "--activations", x,
          "--reduction", reduction)
        for (key, value) in expected where !(value is String) && key != "machine" {
          let (a, b) = (try #require(found[key] as? Double), try #require(value as? Double))
          #expect(abs(a - b) <= 1e-12 * max(abs(b), 1e-3), "\(positions), \(reduction), \(key): \(a), \(b)")
        }
        #expect(found["gradients"] as? String == "outer products of a \(reduction)")
      }
      #expect(expected["gradients"] as? String == "per-sample" && expected["schema"] as? Int == 1)
      let machine = try #require(expected["machine"] as? [String: Any])
      #expect((machine["libraries"] as? [String: String])?["OpenBLAS"]?.isEmpty == false)
    }
  }

  @Test("train keeps a ledger, replays to the bit from saved weights and batches, and resumes")
  func train() throws {
    let directory = try TemporaryDirectory()
    let (first, second) = (directory.path("a.csv"), directory.path("b.csv"))
    let (weights, order) = (directory.path("w.npz"), directory.path("order.npy"))
    let common = ["--model", "64-16-10", "--learning-rate", "0.1", "--batch-size", "8", "--seed", "4"]
    func run(_ extra: String...) throws -> ToolRun { try ToolRun(arguments: ["train"] + common + extra) }
    #expect(
      try run(
        "--steps", "20", "--every", "10", "--ledger", first, "--save-weights", weights, "--save-batch-order", order
      )
      .status == 0)
    #expect(try run("--steps", "20", "--every", "10", "--ledger", second, "--batch-order", order).status == 0)
    let ledger = try String(contentsOfFile: first, encoding: .utf8)
    #expect(try String(contentsOfFile: second, encoding: .utf8) == ledger)
    let rows = ledger.split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    #expect(rows.map { $0[0] } == ["step", "0", "10", "19"])
    let (half, rest) = (directory.path("half.npz"), directory.path("rest.npz"))
    #expect(try run("--steps", "7", "--save-weights", half).status == 0)
    #expect(
      try run("--first-step", "7", "--steps", "13", "--initial-weights", half, "--save-weights", rest).status == 0)
    #expect(
      try ArrayArchive(readingNPZ: rest) == ArrayArchive(readingNPZ: weights),
      "7 + 13 steps are not the same as 20")
  }

  @Test("a mean to a requested accuracy, with its cost beside plain Monte Carlo's; schemes by name")
  func multilevel() throws {
    let run = try ToolRun("simulate", "gbm", "--multilevel", "0.002", "--scheme", "milstein")
    #expect(run.status == 0 && run.output.contains("times as many"), "\(run.errors)")
    let line = try #require(run.output.split(separator: "\n").first { $0.hasPrefix("mean at t") })
    let numbers = line.split(whereSeparator: { !($0.isNumber || $0 == "." || $0 == "e" || $0 == "-") }).compactMap {
      Double($0)
    }
    // t, mean, standard error, bias, exact.
    #expect(numbers.count == 5 && abs(numbers[1] - numbers[4]) < 0.01, "\(line)")
    let weak = try ToolRun("simulate", "ou", "--scheme", "weakOrderTwo", "--paths", "1000", "--steps", "20")
    #expect(weak.status == 0 && weak.output.contains("weak order 2"), "\(weak.errors)")
    try ToolRun("simulate", "gbm", "--multilevel", "-1").expectRefusal(naming: "accuracy", "-1.0")
    let unknown = try ToolRun("simulate", "gbm", "--scheme", "euler")
    #expect(unknown.status != 0 && unknown.errors.contains("milstein"), "\(unknown.errors)")
  }

  @Test("the fuzzer of the command line's own readers finds nothing in a short run")
  func fuzz() throws {
    let directory = try TemporaryDirectory()
    let run = try ToolRun(in: directory, "fuzz", "plot", "arguments", "--inputs", "1000", "--seed", "5")
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.split(separator: "\n").count == 2 && directory.contents.isEmpty)
  }
}
