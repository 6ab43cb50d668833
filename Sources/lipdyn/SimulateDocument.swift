// lipdyn simulate FILE.md: a process of one's own, as its document declares it.

import ArgumentParser
import ArrayFiles
import Derivations
import ExactArithmetic
import Foundation
import Reporting
import SymbolicCalculus

extension Simulate {
  struct Document: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "document",
      abstract: "A process that a derivation document declares, at values of your own.",
      discussion: """
        Euler–Maruyama, for a process that is declared positive of its logarithm; Brownian motions by bridges on randomly \
        shifted lattices, so that means are more exact than those of as many independent paths. Standard errors come from \
        independent replicates of \(ProcessSimulation.replicate) paths.
        Example: lipdyn simulate Proofs/examples/LawOfGeometricBrownianMotion.md --process K --set mu=0.1 --set lambda=0.3 \
        --set k0=1
        """)

    @Argument(help: "A Markdown document with ```derivation blocks.") var file: String
    @Option(help: "The process; the document's only one if not given.") var process: String?
    @Option(
      name: .customLong("set"), parsing: .unconditionalSingleValue,
      help: "name=value for every size and parameter: 0.1, 3/7, or '1, 0; 0, 1' with rows between semicolons.")
    var settings: [String] = []
    @Option(parsing: .unconditional, help: "Where a process starts that the document gives no start.")
    var initial: String?
    @Option(parsing: .unconditional, help: "At least so many paths.") var paths = 16_312
    @Option(parsing: .unconditional, help: "At least so many time steps.") var steps = 320
    @Option(parsing: .unconditional, help: "Final time T.") var horizon = 1.0
    @Option(parsing: .unconditional, help: "Observation times besides t = 0, equally spaced; the last is T.")
    var observations = 10
    @Option(help: "Seed of all paths.") var seed: UInt64 = 1
    @Option(help: "Write the observations to FILE.csv.") var output: String?

    func run() throws {
      try UsageError.require(paths >= 1 && paths <= 10_000_000, "--paths \(paths): use from 1 to 10000000")
      try UsageError.require(steps >= 1 && steps <= 1_000_000, "--steps \(steps): use from 1 to 1000000")
      try UsageError.require(horizon > 0 && horizon.isFinite, "--horizon \(horizon): must be positive and finite")
      try UsageError.require(
        observations >= 1 && observations <= 10_000, "--observations \(observations): use from 1 to 10000")
      try UsageError.require(output?.hasSuffix(".csv") ?? true, "--output \(output ?? ""): the name must end in .csv")
      try UsageError.requireWritable([output])
      let document = try Folder.read(file)
      if let error = document.renderedErrors.first {
        throw UsageError("\(file): \(error.split(separator: "\n").joined(separator: " ")); see lipdyn check \(file)")
      }
      let (theory, name) = try theory(of: document)
      let start = try initial.map { text in
        guard let value = Rational(text) else { throw UsageError("--initial \(text): use a number") }
        return value
      }
      let simulation = try ProcessSimulation(theory, process: name, values: try values(), start: start, seed: seed)
      let progress = Progress()
      defer { progress.clear() }
      let result = try simulation.run(
        horizon: horizon, observations: observations, steps: steps, paths: paths,
        progress: { progress.now("\(Int(100 * $0)) % of the paths") })
      progress.clear()
      try report(name, result)
    }

    /// The first section that declares the process.
    private func theory(of document: DerivationDocument) throws -> (Theory, String) {
      let theories = document.sections.map(\.scope.theory) + document.claims.map(\.theory)
      var declared: [String] = []
      for theory in theories {
        for name in theory.order {
          if case .process? = theory.declarations[name]?.nature, !declared.contains(name) { declared.append(name) }
        }
      }
      let list = declared.isEmpty ? "none" : declared.joined(separator: ", ")
      guard let name = process ?? (declared.count == 1 ? declared[0] : nil) else {
        throw UsageError("--process: \(file) declares \(list); say which")
      }
      let found = theories.first { theory in
        switch theory.declarations[name]?.nature {
        case .process, .brownian: true
        default: false
        }
      }
      guard let theory = found else {
        throw UsageError("--process \(name): \(file) declares \(list)")
      }
      return (theory, name)
    }

    private func values() throws -> [String: [[Rational]]] {
      var values: [String: [[Rational]]] = [:]
      for setting in settings {
        let parts = setting.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
        try UsageError.require(parts.count == 2, "--set \(setting): write name=value")
        try UsageError.require(values[parts[0]] == nil, "--set \(parts[0]): given twice")
        values[parts[0]] = try parts[1].split(separator: ";").map { row in
          try row.split(separator: ",").map { text in
            let text = text.trimmingCharacters(in: .whitespaces)
            guard let value = Rational(text) else {
              throw UsageError("--set \(setting): \(text) is no number; write 0.1, 3/7, or '1, 0; 0, 1'")
            }
            return value
          }
        }
      }
      return values
    }

    private func report(
      _ name: String, _ result: (observations: [ProcessSimulation.Observation], steps: Int, paths: Int)
    ) throws {
      print("\(name)(t), \(result.paths) paths of \(result.steps) steps by Euler–Maruyama")
      var table = TextTable([
        ("t", .right), ("entry", .left), ("mean", .right), ("± s.e.", .right), ("s.d.", .right), ("5 %", .right),
        ("50 %", .right), ("95 %", .right),
      ])
      for o in result.observations {
        table.append(
          [
            rounded(o.time), o.entry, rounded(o.mean), o.standardError.map(rounded) ?? "–",
            rounded(o.standardDeviation),
          ]
            + o.quantiles.map(rounded))
      }
      for line in table.lines { print(line) }
      guard let output else { return }
      let file = try CSVWriter(
        path: output, columns: ["time", "entry", "mean", "mean_se", "sd", "q05", "q50", "q95"])
      for o in result.observations {
        try file.write(
          [
            .number(o.time), .text(o.entry), .number(o.mean), o.standardError.map { .number($0) } ?? .text(""),
            .number(o.standardDeviation),
          ] + o.quantiles.map { .number($0) })
      }
      try file.commit()
      print("written: \(output)")
    }
  }
}
