// lipdyn simulate: synthetic paths of the theory's equations, beside their closed forms.

public import ArgumentParser
import ArrayFiles
import DenseLinearAlgebra
import Foundation
import LipschitzDynamics
import Plotting
import RandomStreams
import Reporting
import StochasticCalculus

struct Simulate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Simulate synthetic SDE paths beside their closed forms, or a process of a document.",
    discussion: "Example: lipdyn simulate Proofs/IntegralDynamics.md --process K --set μ=0.1 κ=0 λ=0.3 K0=1",
    subcommands: [GBM.self, OU.self, MatrixSDE.self, SimulateDocument.self],
    defaultSubcommand: SimulateDocument.self)
}

extension ItoScheme: ExpressibleByArgument {}

/// What every simulation is told.
struct EnsembleOptions: ParsableArguments {
  @Option(parsing: .unconditional, help: "Number of paths.")
  var paths = 10_000

  @Option(parsing: .unconditional, help: "Number of time steps.")
  var steps = 1_000

  @Option(parsing: .unconditional, help: "Final time T.")
  var horizon = 1.0

  @Option(help: "Seed; path i is the same in an ensemble of any size and on any number of threads.")
  var seed: UInt64 = 1

  @Option(parsing: .unconditional, help: "Threads; no digit of the result depends on it.")
  var threads = 2

  @Option(parsing: .unconditional, help: "Observation times besides t = 0, equally spaced; the last is T.")
  var observations = 10

  @Option(help: "Write observations (.csv) or observations and terminal values (.npz).")
  var output: String?

  @Option(help: "Draw paths, quantiles and the predicted law into FILE.svg, .png or .gp.")
  var plot: String?

  @OptionGroup var record: JSONOutput

  func validate() throws {
    try plot.map { _ = try FigureFile.format(of: $0) }
    try UsageError.require(paths >= 2, "--paths \(paths): use at least 2, so that there is a standard error")
    try UsageError.require(steps >= 1, "--steps \(steps): use at least 1")
    try UsageError.require(horizon > 0 && horizon.isFinite, "--horizon \(horizon): must be positive and finite")
    try UsageError.require(threads >= 1, "--threads \(threads): use at least 1")
    try UsageError.require(
      observations >= 1 && observations <= steps, "--observations \(observations): use from 1 to --steps \(steps)")
    if let output {
      try UsageError.require(
        output.hasSuffix(".csv") || output.hasSuffix(".npz"), "--output \(output): the name must end in .csv or .npz")
    }
    try UsageError.requireMemory(
      (Double(paths) * Double(2 * min(max(observations, plot == nil ? 0 : 100), 1 << 40) + 4) + Double(observations)
        * 16) * 8e-9,
      for: "--paths \(paths) with --observations \(observations)")
  }

  /// The time grid; the output path is tried now, because nobody wants to learn of it after the work.
  func grid() throws -> UniformTimeGrid {
    try UsageError.requireWritable([output, plot])
    return try UniformTimeGrid(end: horizon, steps: steps)
  }

  func recording(_ grid: UniformTimeGrid) -> Recording {
    var recording = Recording.evenly(observations, of: grid, quantiles: [0.05, 0.5, 0.95])
    guard plot != nil else { return recording }
    // A picture has more points than a table.
    recording.steps += Recording.evenly(100, of: grid).steps
    recording.pathsKept = 20
    return recording
  }

  func control() -> EnsembleControl {
    let progress = Progress()
    return EnsembleControl(
      progress: { done, total in
        if done < total { progress.now("\(done) of \(total) paths") } else { progress.clear() }
      }, sharing: Ranks.sharing)
  }

  /// Prints the table of observations and writes the output file.
  func report(
    _ result: EnsembleResult, title: String, exact closedForm: (Double) -> (mean: Double, variance: Double)?
  ) throws {
    // Beyond the floating-point numbers there is nothing to compare with.
    func exact(_ t: Double) -> (mean: Double, variance: Double)? {
      closedForm(t).flatMap { $0.mean.isFinite && $0.variance.isFinite ? $0 : nil }
    }
    if let lost = result.nonFinite {
      throw UsageError("\(lost): choose a smaller volatility or drift, or more --steps")
    }
    guard Ranks.isRoot else { return }
    print(title)
    let summaries = Array(result.summaries.prefix(min(observations, steps) + 1))
    try record.write(
      SimulationRecord(
        title, self,
        summaries.map { .init($0.moments, at: $0.time, exact: exact($0.time), quantiles: $0.quantiles) }))
    var table = TextTable([
      ("t", .right), ("mean", .right), ("± s.e.", .right), ("exact", .right), ("z", .right), ("variance", .right),
      ("± s.e.", .right), ("exact", .right), ("z", .right),
    ])
    for summary in summaries {
      let (m, closed) = (summary.moments, exact(summary.time))
      func z(_ value: Double, _ target: Double?, _ error: Double) -> String {
        guard let target, error > 0 else { return "–" }
        return rounded((value - target) / error)
      }
      table.append([
        rounded(summary.time), rounded(m.mean), rounded(m.standardErrorOfMean),
        closed.map { rounded($0.mean) } ?? "–", z(m.mean, closed?.mean, m.standardErrorOfMean),
        rounded(m.variance), rounded(m.standardErrorOfVariance), closed.map { rounded($0.variance) } ?? "–",
        z(m.variance, closed?.variance, m.standardErrorOfVariance),
      ])
    }
    for line in table.lines { print(line) }
    if let plot {
      let fan = Figure.fan(Array(result.summaries.dropFirst(summaries.count)), title: title, exact: exact)
      print(try FigureFile.write(Figure([fan]), to: plot))
    }
    guard let output else { return }
    if output.hasSuffix(".csv") {
      try writeCSV(summaries, exact, to: output)
    } else {
      try writeNPZ(summaries, result.terminal, to: output)
    }
    print("written: \(output)")
  }

  private func writeCSV(
    _ summaries: [EnsembleSummary], _ exact: (Double) -> (mean: Double, variance: Double)?, to path: String
  ) throws {
    let file = try CSVWriter(
      path: path,
      columns: [
        "time", "mean", "mean_se", "mean_exact", "variance", "variance_se", "variance_exact", "q05", "q05_se", "q50",
        "q50_se", "q95", "q95_se",
      ])
    for summary in summaries {
      let (m, closed) = (summary.moments, exact(summary.time))
      var row: [CSVField] = [
        .number(summary.time), .number(m.mean), .number(m.standardErrorOfMean),
        closed.map { .number($0.mean) } ?? .text(""), .number(m.variance), .number(m.standardErrorOfVariance),
        closed.map { .number($0.variance) } ?? .text(""),
      ]
      for quantile in summary.quantiles { row += [.number(quantile.value), .number(quantile.standardError)] }
      try file.write(row)
    }
    try file.commit()
  }

  private func writeNPZ(_ summaries: [EnsembleSummary], _ terminal: [Double], to path: String) throws {
    var archive = ArrayArchive()
    let count = summaries.count
    archive["time"] = NumericArray(shape: [count], summaries.map(\.time))
    archive["mean"] = NumericArray(shape: [count], summaries.map(\.moments.mean))
    archive["mean_se"] = NumericArray(shape: [count], summaries.map(\.moments.standardErrorOfMean))
    archive["variance"] = NumericArray(shape: [count], summaries.map(\.moments.variance))
    archive["variance_se"] = NumericArray(shape: [count], summaries.map(\.moments.standardErrorOfVariance))
    archive["quantiles"] = NumericArray(
      shape: [count, 3], summaries.flatMap { $0.quantiles.map(\.value) })
    archive["terminal"] = NumericArray(shape: [terminal.count], terminal)
    try archive.writeNPZ(to: path)
  }
}

extension Simulate {
  struct GBM: SharedCommand {
    static let configuration = CommandConfiguration(
      commandName: "gbm",
      abstract: "dK/K = (μ + κ)dt + λdW, the equation of Theorems 14–17.",
      discussion: "Example: lipdyn simulate gbm --mu 0.05 --kappa 0.02 --lambda 0.3 --paths 100000 --output paths.csv")

    @Option(parsing: .unconditional, help: "Optimisation-induced drift.") var mu = 0.05
    @Option(parsing: .unconditional, help: "Noise-curvature entropy production.") var kappa = 0.02
    @Option(parsing: .unconditional, help: "Diffusion-modulation intensity.") var lambda = 0.3
    @Option(parsing: .unconditional, help: "K(0), positive.") var initial = 1.0
    @Option(help: "The scheme.") var scheme: ItoScheme = .eulerMaruyama
    @OptionGroup var means: MeanOptions
    @Option(help: "Time-dependent coefficients: .npz with arrays time, mu, kappa, lambda; linear in between.")
    var coefficients: String?
    @OptionGroup var ensemble: EnsembleOptions

    func run() throws {
      try UsageError.require(initial > 0 && initial.isFinite, "--initial \(initial): must be positive and finite")
      let grid = try ensemble.grid()
      let process = try process()
      if means.areWanted {
        return try means.report(
          process, from: initial, scheme: scheme, ensemble, stream: "simulate/gbm",
          exact: process.mean(initial: initial, at: ensemble.horizon))
      }
      let result = try ScalarEnsemble(
        process, from: initial, paths: ensemble.paths, on: grid, scheme: scheme, stream: "simulate/gbm",
        seed: ensemble.seed
      ).simulate(threads: ensemble.threads, recording: ensemble.recording(grid), control: ensemble.control())
      try ensemble.report(
        result,
        title: "K(t), \(ensemble.paths) paths by \(scheme), exact: Theorem 17 for deterministic coefficients"
      ) { t in (process.mean(initial: initial, at: t), process.variance(initial: initial, at: t)) }
    }

    private func process() throws -> GeometricBrownianMotion {
      guard let coefficients else {
        return GeometricBrownianMotion(
          drift: try TimeFunction(constant: mu) + TimeFunction(constant: kappa),
          volatility: try TimeFunction(constant: lambda))
      }
      let archive = try ArrayArchive(readingNPZ: coefficients)
      let times = try archive.array(named: "time").vector(as: Double.self).elements
      try UsageError.require(
        times.first.map { $0 <= 0 } ?? false && times.last.map { $0 >= ensemble.horizon } ?? false,
        "\(coefficients), array 'time': must cover 0 to --horizon \(ensemble.horizon)")
      func table(_ name: String) throws -> TimeFunction {
        do {
          return try TimeFunction(times: times, values: try archive.array(named: name).doubles)
        } catch let error as TimeFunctionError {
          throw UsageError("\(coefficients), array '\(name)': \(error)")
        }
      }
      return GeometricBrownianMotion(drift: try table("mu") + table("kappa"), volatility: try table("lambda"))
    }
  }

  struct OU: SharedCommand {
    static let configuration = CommandConfiguration(
      commandName: "ou",
      abstract: "dX = rate (mean − X)dt + volatility dW.",
      discussion: "Example: lipdyn simulate ou --rate 2 --volatility 0.5 --horizon 3")

    @Option(parsing: .unconditional, help: "Rate of return, per unit of time.") var rate = 1.0
    @Option(parsing: .unconditional, help: "Level of return.") var mean = 0.0
    @Option(parsing: .unconditional, help: "Volatility.") var volatility = 1.0
    @Option(parsing: .unconditional, help: "X(0).") var initial = 1.0
    @Option(help: "The scheme.") var scheme: ItoScheme = .eulerMaruyama
    @OptionGroup var means: MeanOptions
    @OptionGroup var ensemble: EnsembleOptions

    func run() throws {
      let grid = try ensemble.grid()
      try UsageError.require(
        rate * grid.step < 2,
        "--rate \(rate) with a step of \(grid.step): Euler–Maruyama is unstable from rate · step = 2 on; use more --steps"
      )
      let process = try OrnsteinUhlenbeck(rate: rate, mean: mean, volatility: volatility)
      if means.areWanted {
        return try means.report(
          process, from: initial, scheme: scheme, ensemble, stream: "simulate/ou",
          exact: process.mean(initial: initial, at: ensemble.horizon))
      }
      let result = try ScalarEnsemble(
        process, from: initial, paths: ensemble.paths, on: grid, scheme: scheme, stream: "simulate/ou",
        seed: ensemble.seed
      ).simulate(threads: ensemble.threads, recording: ensemble.recording(grid), control: ensemble.control())
      try ensemble.report(result, title: "X(t), \(ensemble.paths) paths by \(scheme)") { t in
        (process.mean(initial: initial, at: t), process.variance(at: t))
      }
    }
  }

  struct MatrixSDE: SharedCommand {
    static let configuration = CommandConfiguration(
      commandName: "matrix",
      abstract: "d vec θ = −a vec(θ − θ*)dt + √η Ω dB (Definition 4), observed through log σ₁(θ).",
      discussion: """
        θ(0) and θ* are Gaussian matrices with entries of variance 1/n, Ω a Gaussian factor of the given rank.
        Example: lipdyn simulate matrix --rows 16 --columns 32 --rank 8 --paths 2000 --steps 200
        """)

    @Option(parsing: .unconditional, help: "m.") var rows = 8
    @Option(parsing: .unconditional, help: "n.") var columns = 16
    @Option(parsing: .unconditional, help: "Rank of the noise.") var rank = 4
    @Option(parsing: .unconditional, help: "a, per unit of time.") var curvature = 1.0
    @Option(parsing: .unconditional, help: "η.") var learningRate = 0.1
    @Option(parsing: .unconditional, help: "Standard deviation of Ω's entries.") var noise = 0.2
    @Option(help: "The scheme; heun and weakOrderTwo are one scheme for a noise that does not depend on θ.")
    var scheme: ItoScheme = .eulerMaruyama
    @OptionGroup var ensemble: EnsembleOptions

    func run() throws {
      for (name, value) in [("rows", rows), ("columns", columns), ("rank", rank)] {
        try UsageError.require(value >= 1 && value <= 4096, "--\(name) \(value): use from 1 to 4096")
      }
      let eta = try checkedLearningRate(learningRate)
      try UsageError.require(
        noise >= 0 && noise <= 1e100, "--noise \(noise): a standard deviation between 0 and 1e100")
      try UsageError.requireMemory(
        Double(rows) * Double(columns) * Double(rank + 8) * 8e-9, for: "noise of rank \(rank) in \(rows) x \(columns)")
      try UsageError.require(
        curvature.isFinite && curvature * ensemble.horizon / Double(ensemble.steps) < 2,
        "--curvature \(curvature): \(scheme) is unstable from curvature · step = 2 on; use more --steps")
      let grid = try ensemble.grid()
      let problem = MatrixProblem(rows: rows, columns: columns, rank: rank, noise: noise, seed: ensemble.seed)
      let process = try MatrixLinearSDE(
        rows: rows, columns: columns,
        curvature: .entrywise([Double](repeating: curvature, count: rows * columns)),
        equilibrium: problem.equilibrium.elements, learningRate: eta, noiseFactor: problem.factor.elements)
      let (recording, control) = (ensemble.recording(grid), ensemble.control())
      let result: EnsembleResult
      if scheme == .eulerMaruyama {
        result = try MatrixLinearEnsemble(
          process, from: problem.start.elements, paths: ensemble.paths, on: grid, stream: "simulate/matrix",
          seed: ensemble.seed
        ).simulate(threads: ensemble.threads, recording: recording, control: control, observable: { log($0) })
      } else {
        result = try VectorEnsemble(
          process, from: problem.start.elements, paths: ensemble.paths, on: grid, scheme: scheme,
          stream: "simulate/matrix", seed: ensemble.seed
        ).simulate(threads: ensemble.threads, recording: recording, control: control) { _, x in problem.logNorm(x) }
      }
      let prediction = try problem.initialPrediction(curvature: curvature, learningRate: eta)
      try ensemble.report(
        result, title: "log σ₁(θ(t)), \(ensemble.paths) paths by \(scheme); no closed form exists",
        exact: { _ in nil })
      print(
        "Theorem 14 at t = 0: μ \(rounded(prediction.mu)), κ \(rounded(prediction.kappa)), "
          + "λ² \(rounded(prediction.lambdaSquared)): d E[log σ₁]/dt = \(rounded(prediction.logDrift)), "
          + "d Var[log σ₁]/dt = \(rounded(prediction.lambdaSquared))")
    }
  }
}
