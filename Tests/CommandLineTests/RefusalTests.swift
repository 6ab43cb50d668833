// Bad input: one clear line on standard error, a status other than zero, and no partial output file.

import ArrayFiles
import DenseLinearAlgebra
import Foundation
import Testing

@Suite("Refusals of the command line")
struct CommandRefusalTests {
  let directory: TemporaryDirectory
  let weights: String
  let gradients: String

  init() throws {
    directory = try TemporaryDirectory()
    (weights, gradients) = (directory.path("W.npy"), directory.path("G.npy"))
    let theta = Matrix<Double>([[3, 0, 0], [0, 1, 0]])
    try NumericArray(theta).writeNPY(to: weights)
    try NumericArray(stack: [theta, -theta]).writeNPY(to: gradients)
  }

  private func layer(_ weights: String, _ gradients: String, _ rate: String = "0.1") throws -> ToolRun {
    try ToolRun("layer", "--weights", weights, "--gradients", gradients, "--learning-rate", rate)
  }

  @Test("the command line itself")
  func usage() throws {
    try ToolRun("bogus").expectRefusal(naming: "bogus")
    try ToolRun(arguments: ["check"] + [String](repeating: "a.md", count: 5_000)).expectRefusal(naming: "5001", "4096")
    try ToolRun("fuzz", "nothing").expectRefusal(naming: "no reader nothing", "npy")
    try ToolRun("verify", "NoSuchClaim").expectRefusal(naming: "NoSuchClaim", "OperatorNormHessian")
    try ToolRun("show", "NoSuchClaim").expectRefusal(naming: "NoSuchClaim")
    try ToolRun("verify", "--tier", "huge").expectRefusal(naming: "huge", "quick")
    try ToolRun("verify", "--threads", "0").expectRefusal(naming: "--threads 0")
    try ToolRun("verify", "--all", "--claim", "LogNormalMGF").expectRefusal(naming: "--all", "LogNormalMGF")
    try ToolRun("graph", "--output", "g.png").expectRefusal(naming: "g.png", ".svg")
    try ToolRun("graph", "--results", weights).expectRefusal(naming: "W.npy", "--json")
    try ToolRun("graph", "--results", directory.path("none.json")).expectRefusal(naming: "none.json")
    let results = directory.path("results.json")
    for (text, word) in [
      ("{\"claims\": []}", "no claims"), ("{\"claims\": [{\"claim\": \"Nope\", \"verdict\": \"holds\"}]}", "Nope"),
      ("{\"claims\": [{\"claim\": \"LogNormalMGF\", \"verdict\": \"maybe\"}]}", "maybe"),
    ] {
      try Data(text.utf8).write(to: URL(fileURLWithPath: results))
      try ToolRun("graph", "--results", results).expectRefusal(naming: "results.json", word)
    }
    try ToolRun("verify", "--seed", "-1").expectRefusal(naming: "-1", "--seed")
    try ToolRun("variance", "--runs", "7").expectRefusal(naming: "--runs 7")
    try ToolRun("variance", "--time", "0.1").expectRefusal(naming: "--time 0.1")
    try ToolRun("variance", "--samples", "1").expectRefusal(naming: "--samples 1")
    try ToolRun("variance", "--learning-rate", "0").expectRefusal(naming: "--learning-rate 0")
    try ToolRun("variance", "--batch-size", "0").expectRefusal(naming: "batch size", "0")
    try ToolRun("variance", "--sampling", "epochShuffling").expectRefusal(naming: "epochShuffling")
    try ToolRun("variance", "--model", "100-10").expectRefusal(naming: "64 inputs")
    try ToolRun("simulate", "gbm", "--paths", "0").expectRefusal(naming: "--paths 0")
    try ToolRun("simulate", "gbm", "--paths", "-5").expectRefusal(naming: "--paths -5")
    try ToolRun("simulate", "gbm", "--horizon", "nan").expectRefusal(naming: "--horizon")
    try ToolRun("simulate", "gbm", "--initial", "-1").expectRefusal(naming: "--initial")
    try ToolRun("simulate", "ou", "--output", "x.txt").expectRefusal(naming: ".csv")
    try ToolRun("train", "--steps", "0").expectRefusal(naming: "--steps 0")
    try ToolRun("train", "--learning-rate", "-1").expectRefusal(naming: "learning rate", "-1")
    try ToolRun("train", "--model", "64-x-10").expectRefusal(naming: "64-x-10")
    try ToolRun("train", "--model", "100-10").expectRefusal(naming: "64 inputs")
    try ToolRun("train", "--batch-size", "1", "--estimate", "batch").expectRefusal(naming: "batch size")
    try ToolRun("train", "--learning-rate", "1e300", "--steps", "50", "--every", "50").expectRefusal(naming: "diverged")
  }

  @Test("files of a layer")
  func files() throws {
    try layer(directory.path("none.npy"), gradients).expectRefusal(naming: "none.npy")
    try layer(weights, gradients, "0").expectRefusal(naming: "--learning-rate 0")
    try layer(gradients, weights).expectRefusal()
    let whole = try Data(contentsOf: URL(fileURLWithPath: gradients))
    let cut = directory.path("cut.npy")
    try whole.dropLast(9).write(to: URL(fileURLWithPath: cut))
    try layer(weights, cut).expectRefusal(naming: "cut.npy")
    try Data("not numpy".utf8).write(to: URL(fileURLWithPath: cut))
    try layer(weights, cut).expectRefusal(naming: "cut.npy")
  }

  @Test("factors of a layer's gradients")
  func factors() throws {
    let (deltas, inputs) = (directory.path("d.npy"), directory.path("x.npz"))
    try NumericArray(Matrix<Double>([[1, 2], [3, 4], [5, 6]])).writeNPY(to: deltas)
    var archive = ArrayArchive()
    archive["x"] = NumericArray(Matrix<Double>([[1, 2, 3], [3, 4, 5], [5, 6, 8]]))
    archive["short"] = NumericArray(Matrix<Double>([[1, 2, 3]]))
    archive["bad"] = NumericArray(Matrix<Double>([[1, 2, 3], [3, .nan, 5], [5, 6, 8]]))
    try archive.writeNPZ(to: inputs)
    func layer(_ extra: String...) throws -> ToolRun {
      try ToolRun(arguments: ["layer", "--weights", weights, "--learning-rate", "0.1"] + extra)
    }
    func factors(_ d: String, _ x: String) throws -> ToolRun {
      try layer("--output-gradients", d, "--activations", x, "--reduction", "mean")
    }
    #expect(try factors(deltas, inputs + ":x").status == 0)
    try layer().expectRefusal(naming: "--gradients", "--output-gradients")
    try layer("--output-gradients", deltas).expectRefusal(naming: "--activations")
    try layer("--gradients", gradients, "--activations", inputs).expectRefusal(naming: "either")
    try layer("--gradients", gradients, "--reduction", "mean").expectRefusal(naming: "--reduction")
    try layer("--output-gradients", deltas, "--activations", inputs + ":x").expectRefusal(naming: "--reduction mean")
    try factors(deltas, inputs).expectRefusal(naming: "3 arrays", "x.npz:x")
    try factors(deltas, inputs + ":y").expectRefusal(naming: "\"y\"", "short")
    try factors(deltas, deltas).expectRefusal(naming: "--activations", "[3, 2]", "[M, 3]")
    try factors(deltas, inputs + ":short").expectRefusal(naming: "[3, 2]", "[1, 3]", "must agree")
    try factors(deltas, inputs + ":bad").expectRefusal(naming: "x.npz:bad", "nan")
  }

  @Test("numbers of a layer: NaN is named with its place, one sample and a closed gap are refused")
  func numbers() throws {
    var theta = Matrix<Double>([[3, 0, 0], [0, 1, 0]])
    let bad = directory.path("bad.npy")
    try NumericArray(stack: [theta]).writeNPY(to: bad)
    try layer(weights, bad).expectRefusal(naming: "batch size M = 1")
    theta[1, 2] = .nan
    try NumericArray(theta).writeNPY(to: bad)
    try layer(bad, gradients).expectRefusal(naming: "bad.npy", "[1, 2]", "nan")
    try NumericArray(Matrix<Double>.diagonal([1, 1 - 1e-14], rows: 2, columns: 3)).writeNPY(to: bad)
    try layer(bad, gradients).expectRefusal(naming: "relative gap 9.9")
    try NumericArray(Matrix<Double>.zeros(2, 3)).writeNPY(to: bad)
    try layer(bad, gradients).expectRefusal(naming: "not simple")
  }

  @Test("a refused run leaves no output file, not even a temporary one")
  func noPartialOutput() throws {
    let before = Set(directory.contents)
    let ledger = directory.path("ledger.csv")
    try ToolRun("train", "--learning-rate", "1e300", "--steps", "50", "--ledger", ledger).expectRefusal(
      naming: "diverged")
    try ToolRun("train", "--ledger", directory.path("no/such/ledger.csv")).expectRefusal(naming: "/no/such")
    try ToolRun("simulate", "gbm", "--paths", "10", "--steps", "10", "--output", directory.path("no/such.csv"))
      .expectFailure(naming: "/no/")
    #expect(Set(directory.contents) == before)
  }

  @Test("replay files that do not fit are refused with the place")
  func replay() throws {
    let order = directory.path("order.npy")
    try NumericArray(shape: [2, 2], [0, 1, 2, 5000]).writeNPY(to: order)
    try ToolRun("train", "--steps", "2", "--batch-order", order).expectRefusal(naming: "5000")
    try NumericArray(shape: [2, 2], [0, 1, 2, 3]).writeNPY(to: order)
    try ToolRun("train", "--steps", "3", "--batch-order", order).expectRefusal(naming: "--steps 3")
    var archive = ArrayArchive()
    archive["0.weight"] = NumericArray(Matrix<Double>.zeros(10, 63))
    let npz = directory.path("w.npz")
    try archive.writeNPZ(to: npz)
    try ToolRun("train", "--model", "64-10", "--initial-weights", npz).expectRefusal(naming: "w.npz")
  }
}

extension ToolRun {
  /// As ``expectRefusal(naming:sourceLocation:)`` for a failure after results were printed.
  func expectFailure(naming word: String, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(status != 0, sourceLocation: sourceLocation)
    #expect(
      errors.split(separator: "\n").count == 1 && errors.contains(word), "\(errors)", sourceLocation: sourceLocation)
  }
}
