// The command line: parse, call, print. No mathematics lives here.

import ArgumentParser
import DenseLinearAlgebra
import Glibc
import Reporting

@main
struct Lipdyn: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lipdyn",
    abstract: "Verifies, simulates and measures the dynamics of Lipschitz constants under SGD.",
    discussion: """
      Three things to do first:
        lipdyn verify                      check every claim of the theory, and that the checks can fail
        lipdyn simulate gbm --paths 1000   simulate synthetic paths beside their closed form
        lipdyn train --steps 500           train on real data with the theory's terms beside the observed norm
      """,
    subcommands: [Verify.self, Calibrate.self, Claims.self, Show.self, Simulate.self, Train.self, Layer.self])

  static func main() {
    // Parallelism is ours: BLAS's own threads would only compete with it, and would change bits.
    BLASThreads.limit(to: 1)
    // A reader that went away (`lipdyn … | head`) ends the program quietly at the next write.
    signal(SIGPIPE, SIG_DFL)
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      end(with: error)
    }
  }

  /// Help and version go where they belong; every failure is one line on standard error.
  private static func end(with error: any Error) -> Never {
    let code = exitCode(for: error)
    if code == .success || error is ExitCode { exit(withError: error) }
    let line = message(for: error).split(separator: "\n", omittingEmptySubsequences: true).joined(separator: " ")
    Progress.write("lipdyn: \(line)\n")
    Glibc.exit(code == .validationFailure ? code.rawValue : 1)
  }
}

/// A refusal of the command line itself.
struct UsageError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }

  static func require(_ condition: Bool, _ description: @autoclosure () -> String) throws {
    guard condition else { throw UsageError(description()) }
  }
}
