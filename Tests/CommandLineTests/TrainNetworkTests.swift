// lipdyn train-network as its users run it: every regulariser, files in and out, refusals.

import ArrayFiles
import Foundation
import Testing

@Suite("train-network") struct TrainNetworkTests {
  static let small = ["--data", "digits", "--epochs", "1", "--batch-size", "100", "--every", "5"]

  @Test(
    "learns the digits under every regulariser, and says what a sample's gradient then is",
    arguments: [
      ("linear(32) relu linear(10)", ["mixup(alpha=0.2)"], "per-pair"),
      ("linear(32) relu linear(10)", ["label-smoothing(epsilon=0.1)", "weight-decay(0.001)"], "deterministic-shift"),
      ("linear(32) relu linear(10)", ["fgsm(epsilon=0.03)"], "adversarial-example"),
      ("linear(32) relu linear(10)", ["gradient-scaling(alpha=0.9,gaussian,s=0.01)"], "added-isotropic-noise"),
      ("linear(32) dropout(0.1) relu linear(10)", [], "conditional-on-mask"),
      ("conv(8,padding=1) batch-norm relu maxpool(2) flatten linear(10)", ["auto-augment(cifar10)"], "coupled"),
      ("conv(8,padding=1) relu maxpool(2) flatten linear(10)", ["label-corruption(p=0.2,fixed)"], "independent"),
    ])
  func regularizers(network: String, regularizers: [String], meaning: String) throws {
    let options = regularizers.flatMap { ["--regularizer", $0] }
    let run = try ToolRun(arguments: ["train-network", "--network", network] + Self.small + options)
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.contains(meaning))
    let line = try #require(run.output.split(separator: "\n").first { $0.contains("test accuracy") })
    let numbers = line.split { !($0.isNumber || $0 == ".") }.compactMap { Double($0) }
    // First and last loss, steps between them, first and last accuracy: chance is 0.1.
    #expect(try #require(numbers.last) > 0.3, "\(line)")
  }

  @Test("weights and ledger are whole, and the same run gives the same bytes")
  func files() throws {
    let directory = try TemporaryDirectory()
    func run(_ name: String) throws -> (ledger: String, weights: Data) {
      let (ledger, weights) = (directory.path("\(name).csv"), directory.path("\(name).safetensors"))
      let network = ["--network", "conv(4,padding=1) relu maxpool(2) flatten linear(10)"]
      let tool = try ToolRun(
        arguments: ["train-network"] + network + Self.small + ["--ledger", ledger, "--save-weights", weights])
      #expect(tool.status == 0, "\(tool.errors)")
      return (
        try String(contentsOfFile: ledger, encoding: .utf8), try Data(contentsOf: URL(fileURLWithPath: weights))
      )
    }
    let (a, b) = (try run("a"), try run("b"))
    #expect(a == b)
    let rows = a.ledger.split(separator: "\n").filter { !$0.hasPrefix("#") }.map {
      $0.split(separator: ",", omittingEmptySubsequences: false)
    }
    #expect(rows.map { $0[0] } == ["step", "0", "5", "10", "14"])
    #expect(rows.allSatisfy { $0.count == rows[0].count && $0.allSatisfy { !$0.isEmpty } })
    let archive = try ArrayArchive(readingSafetensors: directory.path("a.safetensors"))
    #expect(archive["0.weight"]?.shape == [4, 1, 3, 3] && archive["4.weight"]?.shape == [10, 64])
  }

  @Test("killed at any moment, the same command continues to the same bytes", arguments: [1, 3, 6])
  func killed(_ moment: Int) throws {
    let directory = try TemporaryDirectory()
    func command(_ name: String) -> [String] {
      [
        "train-network", "--data", "digits", "--batch-size", "50", "--epochs", "8", "--sampling", "withReplacement",
        "--network", "conv(6,padding=1) batch-norm relu maxpool(2) dropout(0.1) flatten linear(10)", "--every", "7",
        "--terms", "independent", "--term-images", "100", "--norms-every", "3", "--regularizer", "mixup(alpha=0.2)",
        "--checkpoint-every", "10", "--checkpoint", directory.path("\(name).npz"), "--ledger",
        directory.path("\(name).csv"), "--save-weights", directory.path("\(name).safetensors"),
      ]
    }
    let whole = try ToolRun(arguments: command("whole"))
    #expect(whole.status == 0, "\(whole.errors)")
    // After so many checkpoints, as its step says, or wherever it then is.
    var seen = 0
    var last: Date?
    let cut = try ToolRun(
      arguments: command("cut"),
      killedWhen: {
        let attributes = try? FileManager.default.attributesOfItem(atPath: directory.path("cut.npz"))
        let date = attributes?[.modificationDate] as? Date
        if let date, date != last {
          seen += 1
          last = date
        }
        return seen >= moment
      })
    #expect(cut.status == SIGKILL && !FileManager.default.fileExists(atPath: directory.path("cut.csv")))
    let rest = try ToolRun(arguments: command("cut"))
    #expect(rest.status == 0 && rest.output.contains("continued from step"), "\(rest.errors)")
    for end in ["csv", "safetensors"] {
      let files = try ["whole", "cut"].map {
        try Data(contentsOf: URL(fileURLWithPath: directory.path("\($0).\(end)")))
      }
      #expect(files[0] == files[1], "\(end)")
    }
    let other = try ToolRun(arguments: command("cut") + ["--seed", "2"])
    #expect(other.status != 0 && other.errors.contains("belongs to another run"))
  }

  @Test("terms that the step's noise is not in predict ΔZ: z is a standard normal's")
  func scores() throws {
    let directory = try TemporaryDirectory()
    let run = try ToolRun(
      arguments: [
        "train-network", "--data", "digits", "--network", "linear(16) tanh linear(10)", "--batch-size", "16",
        "--learning-rate", "0.02", "--epochs", "2", "--sampling", "withReplacement", "--terms", "full", "--every", "1",
        "--ledger", directory.path("l.csv"),
      ])
    #expect(run.status == 0, "\(run.errors)")
    let rows = try Self.rows(of: directory.path("l.csv"))
    let place = try #require(rows[0].firstIndex(of: "z"))
    let z = rows.dropFirst().compactMap { Double($0[place]) }
    #expect(z.count == 185)
    let mean = z.reduce(0, +) / Double(z.count)
    let square = z.reduce(0) { $0 + $1 * $1 } / Double(z.count)
    // Five standard errors of 185 normals.
    #expect(abs(mean) < 0.37 && abs(square - 1) < 0.52, "\(mean), \(square)")
  }

  private static func rows(of ledger: String) throws -> [[String]] {
    try String(contentsOfFile: ledger, encoding: .utf8).split(separator: "\n").filter { !$0.hasPrefix("#") }
      .map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
  }

  @Test("rows by the logarithm, and norms between them")
  func schedule() throws {
    let directory = try TemporaryDirectory()
    let run = try ToolRun(
      arguments: [
        "train-network", "--data", "digits", "--network", "conv(4,padding=1) relu flatten linear(10)", "--every",
        "log:2",
        "--batch-size", "15", "--epochs", "1", "--norms-every", "2", "--ledger", directory.path("l.csv"),
      ])
    #expect(run.status == 0, "\(run.errors)")
    let rows = try Self.rows(of: directory.path("l.csv"))
    #expect(rows.map { $0[0] } == ["step", "0", "1", "4", "10", "32", "99"])
    let place = try #require(rows[0].firstIndex(of: "log_product_bound"))
    #expect(rows.dropFirst().map { $0[place].isEmpty } == [false, true, false, true, false, true])
  }

  @Test(arguments: [
    (["--every", "often"], "--every"), (["--every", "log:0"], "rows a decade"), (["--terms", "mine"], "--terms"),
    (["--norms-every", "-1"], "--norms-every"), (["--checkpoint", "c.bin"], ".npz"),
    (["--checkpoint-every", "5"], "--checkpoint FILE"),
    (["--network", "lineer(10)"], "no such layer"), (["--network", "linear(11)"], "digits"),
    (["--regularizer", "dropout(rate=0.1)"], "among the layers"), (["--regularizer", "mixing(2)"], "mixing"),
    (["--batch-size", "0"], "batch size"),
    (["--learning-rate", "-1"], "learning rate"),
    (["--epochs", "0"], "--epochs"),
    (["--data", "mnist", "--data-folder", "/nowhere"], "lipdyn data fetch"), (["--batch-norm", "both"], "conditional"),
    (["--save-weights", "w.pt"], ".safetensors"),
    (["--regularizer", "weight-decay(0.1)", "--learning-rate", "1e9"], "diverged"),
  ])
  func refusals(options: [String], reason: String) throws {
    let run = try ToolRun(
      arguments: ["train-network", "--data", "digits", "--network", "linear(10)", "--epochs", "1"] + options)
    #expect(run.status != 0 && run.errors.contains(reason), "\(run.errors)\(run.output)")
    #expect(run.errors.split(separator: "\n").count == 1)
  }
}
