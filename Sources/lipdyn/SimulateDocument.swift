// lipdyn simulate FILE.md: paths of a process that a derivation document declares.

import ArgumentParser
import ArrayFiles
import Derivations
import DistributedWork
import Foundation
import Plotting
import Reporting
import StochasticCalculus
import SymbolicCalculus

struct SimulateDocument: SharedCommand {
  static let configuration = CommandConfiguration(
    commandName: "document",
    abstract: "A process declared in a derivation document, at values of its parameters (the default).",
    discussion: """
      Euler–Maruyama, for processes declared positive on their logarithm. Functions of time and adapted coefficients are \
      constant. Vectors, matrices and families are lists: --set 'v=[1, 2]' 'A=[[1, 0], [0, 1]]'. A process without a \
      start takes one: --set 'K(0)=1'.
      Examples: lipdyn simulate Proofs/IntegralDynamics.md --process K --set μ=0.1 κ=0 λ=0.3 K0=1
                lipdyn simulate Proofs/NearConvergenceGrowth.md --process x --set P=2 q=0.1 'center=[0, 1]' 'x(0)=[1, 1]'
      """)

  @Argument(help: "Markdown document with ```derivation blocks.") var file: String
  @Option(help: "The process; of several sections that declare it the first, unless --section names one.")
  var process: String?
  @Option(help: "The section that declares it.") var section: String?
  @Option(parsing: .upToNextOption, help: "Values, as name=value: numbers or lists of numbers.")
  var set: [String] = []
  @Option(help: "The entry whose mean --multilevel or --variance-reduction estimate, as 'x[1]'.") var entry: String?
  @OptionGroup var means: MeanOptions
  @OptionGroup var ensemble: EnsembleOptions

  func run() throws {
    let grid = try ensemble.grid()
    let (process, simulation) = try simulation()
    if means.areWanted { return try reportMean(simulation, of: process) }
    try UsageError.require(entry == nil, "--entry: only --multilevel and --variance-reduction are of one entry")
    try UsageError.require(
      ensemble.plot == nil || simulation.entries.count <= Figure.mostPanels,
      "--plot: \(process) has \(simulation.entries.count) entries; \(Figure.mostPanels) panels are the most")
    let (observed, pictured) = (evenly(ensemble.observations), ensemble.plot == nil ? [] : evenly(100))
    let steps = ensemble.steps
    let all = Set(observed + pictured).sorted()
    try UsageError.requireMemory(
      Double(ensemble.paths) * Double(all.count) * Double(simulation.entries.count) * 24e-9,
      for: "--paths \(ensemble.paths) of \(simulation.entries.count) entries")
    let (horizon, seed) = (ensemble.horizon, ensemble.seed)
    let parts = try inChunks { paths throws(ProcessSimulationError) in
      try simulation.paths(paths, horizon: horizon, steps: steps, observed: all, seed: seed)
    }
    guard Ranks.isRoot else { return }
    /// All paths' values of an entry after the k-th of `all`.
    func sample(_ entry: Int, _ k: Int) -> [Double] { parts.flatMap { $0[k][entry] } }
    var rows: [Row] = []
    var archive = ArrayArchive()
    var panels: [Figure.Panel] = []
    for (entry, name) in simulation.entries.enumerated() {
      for (k, step) in all.enumerated() where observed.contains(step) {
        let values = sample(entry, k)
        let row = Row(entry: name, time: grid.time(after: step), values)
        let lost = values.count { !$0.isFinite }
        try UsageError.require(
          row.moments.standardErrorOfVariance.isFinite,
          "\(name) leaves the floating-point numbers before t = \(rounded(row.time)) on "
            + "\(lost == 0 ? "the way to a variance" : "\(lost) of \(values.count) paths"): use more --steps or smaller "
            + "coefficients")
        rows.append(row)
        if step == steps { archive[name] = NumericArray(shape: [values.count], values) }
      }
      guard !pictured.isEmpty else { continue }
      let places = all.indices.filter { pictured.contains(all[$0]) }
      panels.append(
        Figure.fan(
          places.map { sample(entry, $0) }, at: places.map { grid.time(after: all[$0]) }, title: "\(name) of \(file)"))
    }
    print("\(process) of \(file), \(ensemble.paths) paths by Euler–Maruyama with step \(rounded(grid.step))")
    for line in table(rows).lines { print(line) }
    try ensemble.record.write(
      SimulationRecord(
        "\(process) of \(file)", ensemble,
        rows.map { .init($0.moments, at: $0.time, entry: $0.entry, quantiles: $0.quantiles) }))
    if let warning = coarseness(simulation) { print(warning) }
    if let plot = ensemble.plot { print(try FigureFile.write(Figure(panels), to: plot)) }
    guard let output = ensemble.output else { return }
    if output.hasSuffix(".csv") {
      try writeCSV(rows, to: output)
    } else {
      archive["time"] = NumericArray(shape: [observed.count], observed.map(grid.time(after:)))
      for (name, values) in [
        ("mean", rows.map(\.moments.mean)), ("mean_se", rows.map(\.moments.standardErrorOfMean)),
        ("variance", rows.map(\.moments.variance)),
      ] {
        archive[name] = NumericArray(shape: [simulation.entries.count, observed.count], values)
      }
      try archive.writeNPZ(to: output)
    }
    print("written: \(output)")
  }

  /// The parts of all paths, in order.
  private func inChunks<Part: Sendable & Codable>(
    _ simulate: @escaping @Sendable (Range<Int>) throws(ProcessSimulationError) -> Part
  ) throws -> [Part] {
    let (chunk, count, progress) = (1_024, ensemble.paths, Progress())
    defer { progress.clear() }
    return try Ranks.sharing.map((count + chunk - 1) / chunk, threads: ensemble.threads) {
      (index) throws(ProcessSimulationError) in
      progress.now("paths from \(index * chunk) of \(count)")
      return try simulate(index * chunk..<min(count, (index + 1) * chunk))
    }
  }

  /// The mean of one entry at the final time.
  private func reportMean(_ simulation: ProcessSimulation, of process: String) throws {
    try means.requireNoOutput(ensemble)
    let names = simulation.entries
    guard let index = entry.map({ names.firstIndex(of: $0) }) ?? (names.count == 1 ? 0 : nil) else {
      throw UsageError("--entry \(entry ?? "is missing"): \(process) has \(names.joined(separator: ", "))")
    }
    let (horizon, seed, steps) = (ensemble.horizon, ensemble.seed, ensemble.steps)
    if let accuracy = means.multilevel {
      let multilevel = MultilevelMonteCarlo { level, paths in
        let pair = try simulation.coupledPaths(paths, horizon: horizon, level: level, seed: seed)
        return MultilevelMonteCarlo.Pairs(fine: pair.fine[index], coarse: level > 0 ? pair.coarse[index] : [])
      }
      return try means.report(multilevel, to: accuracy, ensemble, by: ItoScheme.eulerMaruyama.description, exact: nil)
    }
    func terminal(isMirrored: Bool) throws -> [Double] {
      try inChunks { paths throws(ProcessSimulationError) in
        try simulation.paths(
          paths, horizon: horizon, steps: steps, observed: [steps], isMirrored: isMirrored, seed: seed)[0][index]
      }.flatMap { $0 }
    }
    let motions = try inChunks { paths throws(ProcessSimulationError) in
      try simulation.brownianMotion(paths, horizon: horizon, steps: steps, seed: seed)
    }
    let brownian = (motions.first?.indices ?? 0..<0).map { j in motions.flatMap { $0[j] } }
    try means.report(
      try terminal(isMirrored: false), mirrored: try terminal(isMirrored: true), brownian: brownian, ensemble,
      by: ItoScheme.eulerMaruyama.description, exact: nil)
  }

  /// One entry at one time.
  private struct Row {
    let entry: String
    let time: Double
    let moments: RunningMoments
    let quantiles: [QuantileEstimate]

    init(entry: String, time: Double, _ sample: [Double]) {
      (self.entry, self.time) = (entry, time)
      moments = RunningMoments(sample)
      quantiles = QuantileEstimate.estimates(of: [0.05, 0.5, 0.95], from: sample)
    }
  }

  /// After how many steps to look: equally spaced, from 0 on.
  private func evenly(_ count: Int) -> [Int] {
    let count = min(count, ensemble.steps)
    return (0...count).map { $0 * ensemble.steps / count }
  }

  /// A line if the step is so long that the paths would end elsewhere with about half of it, on the same Brownian motions.
  private func coarseness(_ simulation: ProcessSimulation) -> String? {
    let level = Int(log2(Double(ensemble.steps)).rounded(.up))
    guard level > 0 else { return nil }
    // Where half as many steps lose a path, the line below could not say where it ends.
    guard
      let pair = try? simulation.coupledPaths(
        0..<min(64, ensemble.paths), horizon: ensemble.horizon, level: level, seed: ensemble.seed)
    else {
      return "the step is too long: paths leave the floating-point numbers with about half as many; use more --steps"
    }
    for (entry, name) in simulation.entries.enumerated() {
      let (fine, coarse) = (RunningMoments(pair.fine[entry]), RunningMoments(pair.coarse[entry]))
      let scale = max(abs(fine.mean), fine.standardDeviation)
      if abs(fine.mean - coarse.mean) <= 0.25 * scale { continue }
      return "the step is too long: \(name) ends at \(rounded(coarse.mean)) with \(1 << (level - 1)) steps and at "
        + "\(rounded(fine.mean)) with \(1 << level) (means of \(pair.fine[entry].count) paths); use more --steps"
    }
    return nil
  }

  private func simulation() throws -> (process: String, ProcessSimulation) {
    // A mistyped command is taken for a document.
    let commands = Simulate.configuration.subcommands.map { $0._commandName }
    try UsageError.require(
      file.hasSuffix(".md") || FileManager.default.fileExists(atPath: file),
      "\(file): none of \(commands.joined(separator: ", ")), and no such document"
        + (Spelling.nearest(to: file, among: commands).map { "; did you mean \($0)?" } ?? ""))
    let document = try Folder.read(file)
    try UsageError.require(document.errors.isEmpty, "\(file): \(document.renderedErrors.first ?? "not readable")")
    var sections = document.sections
    if let section {
      sections = sections.filter { $0.name == section }
      try UsageError.require(
        !sections.isEmpty,
        "--section \(section): the document has \(document.sections.compactMap(\.name).joined(separator: ", "))")
    }
    guard
      let process,
      let theory = sections.map(\.scope.theory).first(where: {
        ProcessSimulation.processes(of: $0).contains(process)
      })
    else {
      var known: [String] = []
      for name in sections.flatMap({ ProcessSimulation.processes(of: $0.scope.theory) }) where !known.contains(name) {
        known.append(name)
      }
      throw UsageError(
        "--process \(process ?? "is missing"): \(file) declares "
          + "\(known.isEmpty ? "no process" : known.joined(separator: ", "))")
    }
    return (process, try ProcessSimulation(process, in: theory, settings: try settings()))
  }

  private func settings() throws -> [String: NestedNumbers] {
    var settings: [String: NestedNumbers] = [:]
    for text in set {
      let parts = text.split(separator: "=", maxSplits: 1).map { String($0).trimmingCharacters(in: .whitespaces) }
      // As `lipdyn check` prints matrices: rows are parted by semicolons.
      let isMatrix = parts.last?.contains(";") ?? false
      let written = parts.last.map { isMatrix ? "[\($0.replacing(";", with: "],["))]" : $0 } ?? ""
      guard parts.count == 2, (try? JSONNesting.requireShallow(Array(written.utf8), file: text)) != nil,
        let value = try? JSONDecoder().decode(NestedNumbers.self, from: Data(written.utf8))
      else {
        throw UsageError(
          "--set \(text): write name=value with a number, as 0.1, a vector, as [1, 2], or a matrix, as [[1, 2], [3, 4]]"
        )
      }
      try UsageError.require(settings[parts[0]] == nil, "--set \(parts[0]): given twice")
      settings[parts[0]] = value
    }
    return settings
  }

  private func table(_ rows: [Row]) -> TextTable {
    var table = TextTable([
      ("entry", .left), ("t", .right), ("mean", .right), ("± s.e.", .right), ("sd", .right), ("5 %", .right),
      ("median", .right), ("95 %", .right),
    ])
    for row in rows {
      let m = row.moments
      table.append(
        [
          row.entry, rounded(row.time), rounded(m.mean), rounded(m.standardErrorOfMean), rounded(m.standardDeviation),
        ] + row.quantiles.map { rounded($0.value) })
    }
    return table
  }

  private func writeCSV(_ rows: [Row], to path: String) throws {
    let file = try CSVWriter(
      path: path,
      columns: [
        "entry", "time", "mean", "mean_se", "variance", "variance_se", "q05", "q05_se", "q50", "q50_se", "q95",
        "q95_se",
      ])
    for row in rows {
      let m = row.moments
      var fields: [CSVField] = [
        .text(row.entry), .number(row.time), .number(m.mean), .number(m.standardErrorOfMean), .number(m.variance),
        .number(m.standardErrorOfVariance),
      ]
      for quantile in row.quantiles { fields += [.number(quantile.value), .number(quantile.standardError)] }
      try file.write(fields)
    }
    try file.commit()
  }
}
