// lipdyn fuzz: random damage through every reader, in child processes whose deaths are findings.

import ArgumentParser
import ArrayFiles
import Foundation
import Plotting
import RandomStreams
import ReaderFuzzing
import Reporting

struct FuzzCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fuzz", abstract: "Give damaged inputs to a reader; prints one JSON line a reader.",
    discussion: """
      Every input must end in a value or a typed error within 1 s of CPU time and 1 GiB. One that does not is written to \
      the folder of --findings. The same seed makes the same inputs.
      Example: lipdyn fuzz npy idx --inputs 10000 --seed 1
      """, shouldDisplay: false)

  @Argument(help: "Readers; all if none is named.") var readers: [String] = []
  @Option(help: "Inputs a reader.") var inputs = 10_000
  @Option(help: "The number of the first input.") var first = 0
  @Option(help: "Seed of the inputs.") var seed: UInt64 = 1
  @Option(help: "Where inputs go that are bugs.") var findings = "fuzz-findings"
  @Option(help: .hidden) var journal: String?

  static let all = FuzzedReader.arrays + FuzzedReader.images + FuzzedReader.documents + [table, arguments]

  func run() throws {
    try UsageError.require(inputs >= 1 && inputs <= 1_000_000_000, "--inputs \(inputs): use from 1 to 1000000000")
    try UsageError.require(first >= 0 && first <= 1 << 40, "--first \(first): use from 0 to 2^40")
    let chosen = try readers.isEmpty ? Self.all : readers.map(Self.reader)
    if let journal { return try inProcess(chosen[0], journal) }
    var count = 0
    for reader in chosen { count += try supervise(reader) }
    if count > 0 { throw ExitCode(1) }
  }

  private static func reader(_ name: String) throws -> FuzzedReader {
    guard let reader = all.first(where: { $0.name == name }) else {
      throw UsageError("no reader \(name): use one of \(all.map(\.name).joined(separator: ", "))")
    }
    return reader
  }

  /// The child: reads inputs one after the other until one is a finding.
  private func inProcess(_ reader: FuzzedReader, _ path: String) throws {
    guard let journal = FuzzJournal(path: path) else { throw UsageError("--journal \(path): cannot be written") }
    FuzzRun.limitMemory(bytes: 1 << 30)
    let tally = try FuzzRun(reader, seed: seed).run(first..<first + inputs) { index in
      journal.index = index
      FuzzRun.limitTime(seconds: 1)
    }
    FuzzRun.limitTime(seconds: 0)
    print(tally.values, tally.refusals)
  }

  /// The parent: starts children until all inputs are done; batches are small enough that a death loses little.
  private func supervise(_ reader: FuzzedReader) throws -> Int {
    let start = ContinuousClock.now
    let journalPath = FileManager.default.temporaryDirectory.appendingPathComponent("fuzz-\(UUID().uuidString)").path
    guard let journal = FuzzJournal(path: journalPath) else { throw UsageError("\(journalPath): cannot be written") }
    defer { try? FileManager.default.removeItem(atPath: journalPath) }
    let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let progress = Progress()
    var (next, values, refusals, found) = (first, 0, 0, 0)
    while next < first + inputs {
      let batch = min(20_000, first + inputs - next)
      let child = Process()
      child.executableURL = URL(fileURLWithPath: program)
      child.arguments = [
        "fuzz", reader.name, "--first", "\(next)", "--inputs", "\(batch)", "--seed", "\(seed)", "--journal",
        journalPath,
      ]
      let (output, errors) = (Pipe(), Pipe())
      (child.standardOutput, child.standardError) = (output, errors)
      journal.index = -1
      try child.run()
      let printed = output.fileHandleForReading.readDataToEndOfFile()
      let complaint = errors.fileHandleForReading.readDataToEndOfFile()
      child.waitUntilExit()
      if child.terminationReason == .exit && child.terminationStatus == 0 {
        let counts = String(decoding: printed, as: UTF8.self).split(whereSeparator: \.isWhitespace).compactMap {
          Int($0)
        }
        guard counts.count == 2 else { throw UsageError("\(reader.name): the child printed no tally") }
        (values, refusals, next) = (values + counts[0], refusals + counts[1], next + batch)
      } else {
        guard journal.index >= next else {
          throw UsageError(
            "\(reader.name): the child failed before its first input: \(String(decoding: complaint, as: UTF8.self))")
        }
        found += 1
        try keep(reader, journal.index, child, complaint)
        next = journal.index + 1
      }
      progress.now("\(reader.name): \(next - first) of \(inputs) inputs, \(found) findings")
      if found >= 20 { break }
    }
    progress.clear()
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    print(
      """
      {"reader": "\(reader.name)", "seed": \(seed), "first": \(first), "inputs": \(next - first), "values": \(values), \
      "refusals": \(refusals), "findings": \(found), "seconds": \(rounded(seconds))}
      """)
    return found
  }

  private func keep(_ reader: FuzzedReader, _ index: Int, _ child: Process, _ complaint: Data) throws {
    try FileManager.default.createDirectory(atPath: findings, withIntermediateDirectories: true)
    let path = "\(findings)/\(reader.name)-\(seed)-\(index)"
    try AtomicFile.write(reader.input(index, seed: seed), to: path)
    let ending = child.terminationReason == .exit ? "status" : "signal"
    let reason = String(decoding: complaint, as: UTF8.self).split(separator: "\n").prefix(2).joined(separator: " ")
    Progress.write("finding: \(path): \(ending) \(child.terminationStatus): \(reason.prefix(300))\n")
  }

  // MARK: The command line's own readers

  private static let ladderText: String = {
    let law =
      #"{"name": "a", "mean": 1, "meanError": 0.1, "standardDeviation": 1, "standardDeviationError": 0}"#
    return #"{"outcome": {"descents": [\#(law)], "largeSteps": [\#(law), \#(law)], "diffusion": \#(law), "#
      + #""coarseDiffusion": \#(law), "secondOrder": \#(law)}}"#
  }()

  /// Tables and records that `lipdyn plot` draws.
  static let table = FuzzedReader(
    "plot",
    corpus: [
      "time,Z_observed,Z_predicted,Z_predicted_sd,mu_Z,layer1_mu,layer1_kappa\n0,2,0.69,0.1,0.2,1,1\n1,2,0.7,0,0,1,1\n",
      "time,Z,mu_Z,kappa_Z,observed_dZ,predicted_dZ,sd_dZ,log_lower_bound\n1,2,3,4,5,1,1,1\n2,2,3,4,5,1,nan,1\n",
      "time,mean,q05,q25,q95,mean_exact,variance_exact\n0,1,1,1,1,1,0\n0.5,1.1,0.9,1,1.1,1.2,1.3\n", ladderText,
    ].map { Array($0.utf8) },
    words: [
      ",", "\n", "\r\n", "#", "\"", "Z_observed", "layer", "_mu_Z", "mean", "q05", "observed_dZ", "step", "time", "nan",
      "{", "}",
    ]
      + ["0", "-1", "1e308", "1e309", "-inf", "9223372036854775808", ""]
  ) { bytes in
    do {
      let text = String(decoding: bytes, as: UTF8.self)
      let figure =
        try bytes.first == 0x7B ? PlotCommand.json(text, file: "input") : PlotCommand.csv(text, file: "input")
      let script = figure.script(writing: "figure.svg", as: .svg)
      try FuzzedReader.HalfResult.require(!script.isEmpty, "a figure without a script")
      return .value
    } catch let error as UsageError {
      return error.description.isEmpty ? .value : .refusal
    } catch let error as ArrayFileError { return error.description.isEmpty ? .value : .refusal }
  }

  /// Argument lists, one argument a line, through the parser and its messages; nothing is run.
  static let arguments = FuzzedReader(
    "arguments",
    corpus: [
      "verify\n--tier\nquick\n--seed\n3\n--json\nout.json", "simulate\ngbm\n--paths\n1000\n--steps\n100\n--seed\n1",
      "simulate\ndocument\nP.md\n--process\nK\n--set\nmu=0.1\nx=[1, 2]", "train\n--steps\n500\n--ledger\nl.csv",
      "train-network\n--data\ndigits\n--network\nlinear(10)\n--regularizer\nmixup(alpha=0.2)", "check\na.md\n--watch",
      "layer\n--weights\nw.npy\n--gradients\ng.npy\n--learning-rate\n0.1", "plot\nl.csv\n--output\nf.svg", "claims",
      "data\nfetch\nmnist\n--mirror\nhttp://x", "experiment\nrun\ndepth\n--scale\nquick", "show\nP05", "--help",
      "--version",
    ].map { Array($0.utf8) },
    words: [
      "\n", "--", "-", "=", "--help", "--seed", "--threads", "--steps", "--paths", "--json", "verify", "simulate",
      "gbm",
    ]
      + ["train", "layer", "--generate-completion-script", "--experimental-dump-help", "\u{0}", "é", "--learning-rate"]
      + ["0", "-1", "1e309", "nan", "9223372036854775808", "18446744073709551616", ""]
  ) { bytes in
    let list = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
    do {
      _ = try Lipdyn.parse(list.map(String.init))
      return .value
    } catch {
      let message = Lipdyn.fullMessage(for: error)
      try FuzzedReader.HalfResult.require(
        Lipdyn.exitCode(for: error) == .success || !message.isEmpty, "a refusal without a message")
      return .refusal
    }
  }
}
