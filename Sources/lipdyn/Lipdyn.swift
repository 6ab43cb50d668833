// The command line: parse, call, print. No mathematics lives here.

import ArgumentParser
import ArrayFiles
import DenseLinearAlgebra
import Derivations
import Foundation
import Reporting

@main
struct Lipdyn: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lipdyn",
    abstract: "Verifies, simulates and measures the dynamics of Lipschitz constants under SGD.",
    discussion: "Examples, a job each:\n" + jobs + "\nExit statuses and JSON: Documentation/command-line.md.",
    version: "0.1.0",
    subcommands: [
      Verify.self, Calibrate.self, Claims.self, Show.self, Graph.self, ReportCommand.self, Simulate.self, Train.self,
      TrainNetwork.self,
      Layer.self, Regularizers.self, Variance.self, VarianceAmplification.self, Check.self, NewDerivation.self,
      ExperimentCommand.self, PlotCommand.self, DataCommand.self, NotebookCommand.self, Benchmark.self,
      FuzzCommand.self,
    ])

  /// What the program is for.
  private static let jobs = """
      Verify the theory: every claim, and that its checks can fail.
        lipdyn verify
      Simulate: paths of the theory's equations beside their closed forms.
        lipdyn simulate gbm --paths 1000
      Check a derivation of your own, step by step.
        lipdyn new-derivation MyLemma && lipdyn check MyLemma.md
    """

  /// Without a command: what there is to do, and where the rest stands.
  func run() {
    print("\(Self.configuration.abstract)\n")
    print(Self.jobs)
    print("\nAll commands: lipdyn --help; one of them: lipdyn train --help. Each has an example.")
  }

  static func main() {
    // A reader that went away (`lipdyn … | head`) ends the program quietly at the next write.
    signal(SIGPIPE, SIG_DFL)
    do {
      try AddressSpace.prepare()
      // Parallelism is ours: BLAS's own threads would only compete with it, and would change bits.
      BLASThreads.limit(to: 1)
      try Ranks.start()
      var command = try parse(Array(CommandLine.arguments.dropFirst()))
      try Ranks.requireShared(command)
      try command.run()
      let status = Ranks.end(status: 0)
      if status != 0 { Foundation.exit(status) }
    } catch {
      end(with: error)
    }
  }

  /// The command that an argument list means.
  ///
  /// The parser's time grows with the square of the list's length: 10,000 arguments take it seconds.
  static func parse(_ arguments: [String]) throws -> any ParsableCommand {
    try UsageError.require(
      arguments.count <= 4096, "\(arguments.count) arguments are more than the 4096 that are read; name fewer files")
    if let first = arguments.first, !first.hasPrefix("-") {
      let commands = configuration.subcommands.map { $0._commandName }
      guard commands.contains(first) || first == "help" else {
        let near = Spelling.nearest(to: first, among: commands)
        throw ValidationError("no command \(first); \(near.map { "did you mean \($0)?" } ?? "lipdyn --help lists all")")
      }
    }
    return try parseAsRoot(arguments)
  }

  /// Help and version go where they belong; every failure is one line on standard error.
  private static func end(with error: any Error) -> Never {
    let code = exitCode(for: error)
    let isSilent = code == .success || error is ExitCode
    let line = message(for: error).split(separator: "\n", omittingEmptySubsequences: true).joined(separator: " ")
    if !isSilent { Progress.write("lipdyn: \(line)\n") }
    let status = Ranks.end(
      status: isSilent || code == .validationFailure ? code.rawValue : 1, message: isSilent ? nil : line)
    if isSilent && status == code.rawValue { exit(withError: error) }
    Foundation.exit(status)
  }
}

/// A refusal of the command line itself.
struct UsageError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }

  static func require(_ condition: Bool, _ description: @autoclosure () -> String) throws {
    guard condition else { throw UsageError(description()) }
  }

  /// Refuses work whose main buffers would not fit into three quarters of the machine's memory.
  static func requireMemory(_ gigabytes: Double, for work: String) throws {
    let available = Double(sysconf(Int32(_SC_PHYS_PAGES))) * Double(sysconf(Int32(_SC_PAGESIZE))) / 1e9
    try require(
      gigabytes < 0.75 * available,
      "\(work) needs some \(rounded(gigabytes)) GB, but this machine has \(rounded(available)); choose smaller sizes")
  }

  /// Refuses, before any work is done, output paths that cannot be written or that name one file twice.
  static func requireWritable(_ paths: [String?]) throws {
    // Rank 0 writes, so it is rank 0 that must be able to.
    guard Ranks.isRoot else { return }
    let paths = paths.compactMap { $0 }
    for (index, path) in paths.enumerated() {
      try require(
        !paths[..<index].contains(path), "\(path) is named as output twice; give each output a file of its own")
      do { try AtomicFileWriter(path: path).discard() } catch {
        throw UsageError("\(path) cannot be written: \(error); choose a file in a folder of your own")
      }
    }
  }
}

/// Six significant digits for tables; files keep all of them.
func rounded(_ x: Double) -> String {
  // Minus zero is zero to a reader.
  String(format: "%.6g", x == 0 ? 0 : x)
}
