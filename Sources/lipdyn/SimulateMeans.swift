// lipdyn simulate … --multilevel and --variance-reduction: a mean at the final time, and what it costs.

import ArgumentParser
import RandomStreams
import Reporting
import StochasticCalculus

/// What lipdyn simulate --json writes of a mean, in schema version 1: by multilevel Monte Carlo, or by several estimators.
struct MeanRecord: Encodable {
  struct Level: Encodable {
    let steps, paths: Int
    let mean, variance, cost: Double
  }

  struct Multilevel: Encodable {
    let mean, standardError, biasBound, cost, plainCost: Double
    let levels: [Level]
  }

  struct Estimator: Encodable {
    let name: String
    let mean, standardError: Double
    let paths: Int
  }

  var schema = 1
  let machine = VerificationRecord.Machine.current
  let scheme: String
  let time: Double
  let seed: UInt64
  /// By the closed form, where there is one.
  let exact: Double?
  var multilevel: Multilevel?
  var estimators: [Estimator]?

  init(_ ensemble: EnsembleOptions, by scheme: String, exact: Double?) {
    (self.scheme, self.exact, time, seed) = (scheme, exact, ensemble.horizon, ensemble.seed)
  }
}

/// Only the mean at the final time, by methods that plain Monte Carlo is compared with.
struct MeanOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: "Only the mean at T, to this root-mean-square error, and what it costs on a ladder of steps.")
  var multilevel: Double?

  @Flag(help: "Only the mean at T, from --paths paths: plain, by antithetic and by control variates.")
  var varianceReduction = false

  var areWanted: Bool { multilevel != nil || varianceReduction }

  func validate() throws {
    try UsageError.require(
      multilevel == nil || !varianceReduction, "--multilevel and --variance-reduction: give one of them")
    if let multilevel {
      try UsageError.require(
        multilevel > 0 && multilevel.isFinite, "--multilevel \(multilevel): an accuracy to reach, positive and finite")
    }
  }

  /// The mean of a scalar process.
  func report<Process: ScalarItoProcess>(
    _ process: Process, from initial: Double, scheme: ItoScheme, _ ensemble: EnsembleOptions, stream: StreamName,
    exact: Double
  ) throws {
    try requireNoOutput(ensemble)
    if let multilevel {
      let means = try MultilevelMonteCarlo(
        process, from: initial, horizon: ensemble.horizon, scheme: scheme, stream: "simulate/multilevel",
        seed: ensemble.seed)
      return try report(means, to: multilevel, ensemble, by: "\(scheme)", exact: exact)
    }
    let grid = try ensemble.grid()
    func terminal<P: ScalarItoProcess>(_ process: P, from initial: Double, isMirrored: Bool = false) throws -> [Double]
    {
      try ScalarEnsemble(
        process, from: initial, paths: ensemble.paths, on: grid, scheme: scheme, isMirrored: isMirrored,
        stream: stream, seed: ensemble.seed
      ).simulate(threads: ensemble.threads, control: ensemble.control()).terminal
    }
    try report(
      try terminal(process, from: initial), mirrored: try terminal(process, from: initial, isMirrored: true),
      brownian: [try terminal(BrownianMotion(), from: 0)], ensemble, by: "\(scheme)", exact: exact)
  }

  func requireNoOutput(_ ensemble: EnsembleOptions) throws {
    try UsageError.require(
      ensemble.output == nil, "--output: a mean by --multilevel or --variance-reduction has no observations to write")
    try UsageError.require(
      ensemble.plot == nil, "--plot: a mean by --multilevel or --variance-reduction has no paths to draw")
  }

  /// Prints a mean by multilevel Monte Carlo with the cost of every level, and that of plain Monte Carlo.
  func report(
    _ means: MultilevelMonteCarlo, to accuracy: Double, _ ensemble: EnsembleOptions, by scheme: String, exact: Double?
  ) throws {
    let progress = Progress()
    let found = try means.estimate(to: accuracy, threads: ensemble.threads, sharing: Ranks.sharing) { level, paths in
      progress.now("\(paths) paths of \(1 << level) steps")
    }
    progress.clear()
    guard Ranks.isRoot else { return }
    var record = MeanRecord(ensemble, by: scheme, exact: exact)
    record.multilevel = .init(
      mean: found.mean, standardError: found.standardError, biasBound: found.biasBound, cost: found.cost,
      plainCost: found.plainCost,
      levels: found.levels.map {
        .init(steps: $0.steps, paths: $0.paths, mean: $0.mean, variance: $0.variance, cost: $0.cost)
      })
    try ensemble.record.write(record)
    var table = TextTable([
      ("steps", .right), ("paths", .right), ("mean of the difference", .right), ("variance", .right),
      ("steps in all", .right),
    ])
    for level in found.levels {
      table.append([
        "\(level.steps)", "\(level.paths)", rounded(level.mean), rounded(level.variance), rounded(level.cost),
      ])
    }
    for line in table.lines { print(line) }
    print(
      "mean at t = \(rounded(ensemble.horizon)) by \(scheme): \(rounded(found.mean)) ± \(rounded(found.standardError)), "
        + "bias at most \(rounded(found.biasBound))" + (exact.map { "; exact \(rounded($0))" } ?? ""))
    print(
      "\(rounded(found.cost)) steps; plain Monte Carlo with \(found.levels.last?.steps ?? 1) steps a path takes "
        + "\(rounded(found.plainCost)) for the same standard error, \(rounded(found.plainCost / found.cost)) times as many"
    )
  }

  /// Prints one mean by every way of reducing its variance.
  ///
  /// - Parameters:
  ///   - values: along paths driven by W, shape [paths].
  ///   - mirrored: along the same paths driven by −W.
  ///   - brownian: W at the final time, shape [Brownian motions][paths].
  func report(
    _ values: [Double], mirrored: [Double], brownian: [[Double]], _ ensemble: EnsembleOptions, by scheme: String,
    exact: Double?
  ) throws {
    try UsageError.require(
      values.allSatisfy(\.isFinite) && mirrored.allSatisfy(\.isFinite),
      "some paths leave the floating-point numbers: use more --steps or smaller coefficients")
    let squares = brownian.map { w in w.map { $0 * $0 - ensemble.horizon } }
    try UsageError.require(
      values.count > 2 * brownian.count + 1,
      "--paths \(values.count): \(2 * brownian.count) control variates need at least \(2 * brownian.count + 2) paths")
    let plain = MeanEstimate(values)
    let pairs = zip(values, mirrored).map { ($0 + $1) / 2 }
    guard Ranks.isRoot else { return }
    var table = TextTable([
      ("estimator", .left), ("mean", .right), ("± s.e.", .right), ("paths", .right), ("efficiency", .right),
    ])
    var estimators: [MeanRecord.Estimator] = []
    for (name, estimate, cost) in [
      ("plain", plain, 1), ("antithetic: W and −W", MeanEstimate(values, mirrored: mirrored), 2),
      ("controls W(T), W(T)² − T", try MeanEstimate(values, controls: brownian + squares), 1),
      ("antithetic with control W(T)² − T", try MeanEstimate(pairs, controls: squares), 2),
    ] {
      estimators.append(
        .init(
          name: name, mean: estimate.mean, standardError: estimate.standardError, paths: cost * values.count))
      let gain = plain.variance / (estimate.variance * Double(cost))
      table.append([
        name, rounded(estimate.mean), rounded(estimate.standardError), "\(cost * values.count)",
        // Beyond that it is the round-off of an exact mean.
        gain < 1e12 ? rounded(gain) : "exact",
      ])
    }
    var record = MeanRecord(ensemble, by: scheme, exact: exact)
    record.estimators = estimators
    try ensemble.record.write(record)
    print("mean at t = \(rounded(ensemble.horizon)) by \(scheme)" + (exact.map { ", exact \(rounded($0))" } ?? ""))
    for line in table.lines { print(line) }
    print("efficiency: how many times as many plain paths give the same standard error")
  }
}
