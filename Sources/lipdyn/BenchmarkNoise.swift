// lipdyn benchmark noise: gradients and all noise statistics of one step, as the peers time them, and the ledger's price.

import ArgumentParser
import ArrayFiles
import DenseLinearAlgebra
import LipschitzDynamics
import NetworkTraining

extension Benchmark {
  struct NoiseStep: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "noise",
      abstract: "Gradients, μ, λ, κ, variances and the square-root factor of every layer, from one batch.",
      discussion: "Example: lipdyn benchmark noise --net mlp")

    @Option var net: BenchmarkProblem.Net = .mlp
    @Option var batch = 128
    @Option var threads = 2
    @Option var repeats = 11
    @Option(help: "ledger: μ, κ, λ at every SGD step beside the plain step; all: every statistic.") var work = "all"
    @Option(help: "Weights and batch from FILE.npz: the state dictionary, x and y.") var problem: String?

    func run() throws {
      try UsageError.require(work == "all" || work == "ledger", "--work \(work): use all or ledger")
      TrainingThreads.limit(to: threads)
      var problem = try BenchmarkProblem(net, batch: batch)
      if let file = self.problem { try problem.load(file) }
      let descent = SequentialDescent(try LearningRate(0.01))
      let rate = try LearningRate(1)
      let workspace = problem.workspace
      if work == "ledger" {
        let ledger = try SequentialLedger(for: workspace, learningRate: rate)
        let plain = try BenchmarkTimes(repeats: repeats) { for _ in 0..<10 { problem.step(descent) } }
        let both = try BenchmarkTimes(repeats: repeats) {
          for _ in 0..<10 {
            problem.network.forward(workspace, .training(step: 0))
            problem.network.backward(workspace)
            _ = try ledger.row(problem.network, workspace)
            descent.descend(&problem.network, workspace, step: 0)
          }
        }
        print(
          both.json(
            job: "ledger", parameters: "\"net\": \"\(net)\", \"batch\": \(batch), \"threads\": \(threads)", work: 10,
            unit: "steps",
            check:
              "\"plain_step_s\": \(plain.median / 10), \"overhead\": \((both.median - plain.median) / plain.median)"))
        return
      }
      let moments = workspace.architecture.linearUnits.map { GradientMoments(for: workspace, layer: $0) }
      let ledger = try SequentialLedger(for: workspace, learningRate: rate)
      let roots = Roots(moments)
      var found: SequentialLedger<Float>.Row?
      var traces: [Double] = []
      let times = try BenchmarkTimes(repeats: repeats) {
        problem.network.run(workspace, .training(step: 0))
        problem.network.backward(workspace)
        for m in moments { m.update(workspace) }
        // Cold: nothing is carried over from the last repetition.
        ledger.forget()
        found = try ledger.row(problem.network, workspace, beside: roots.tasks)
        traces = moments.map(\.totalSumOfSquares)
      }
      let weight = 1 / Double(batch * (batch - 1))
      let rows = (found?.layers ?? []).enumerated().map { k, layer in
        let top = weight * Double(roots.values[k]?.first ?? .nan)
        return "[\(weight * traces[k]), \(top), \(layer.coefficients?.lambdaSquared.squareRoot() ?? .nan), "
          + "\(layer.coefficients?.kappa ?? .nan), \(Double(layer.triplet.sigma))]"
      }
      print(
        times.json(
          job: net == .mlp ? "J3" : "J4",
          parameters: "\"net\": \"\(net)\", \"batch\": \(batch), \"threads\": \(threads), \"factor\": \"implicit\"",
          work: 1,
          unit: "steps", check: "\"trace_top_lambda_kappa_sigma\": [\(rows.joined(separator: ", "))]"))
    }
  }
}

/// Square-root factors of several layers, a task each.
private final class Roots: @unchecked Sendable {
  private let moments: [GradientMoments<Float>]
  private let found: UnsafeMutableBufferPointer<(values: [Float], vectors: Matrix<Float>)?>

  init(_ moments: [GradientMoments<Float>]) {
    self.moments = moments
    found = .allocate(capacity: moments.count)
    found.initialize(repeating: nil)
  }

  deinit {
    found.deinitialize()
    found.deallocate()
  }

  var tasks: [() -> Void] { moments.indices.map { i in { self.found[i] = try? self.moments[i].squareRoot() } } }
  var values: [[Float]?] { found.map { $0?.values } }
}

extension BenchmarkProblem {
  /// The peers' weights, images (NCHW) and labels.
  mutating func load(_ file: String) throws {
    var archive = try ArrayArchive(readingNPZ: file)
    let (x, y) = (try archive.array(named: "x").scalars(Float.self), try archive.array(named: "y").integers())
    archive["x"] = nil
    archive["y"] = nil
    try network.load(archive)
    let (shape, classes) = (network.architecture.input, network.architecture.classes)
    let count = workspace.sampleCount
    try UsageError.require(
      x.count == count * shape.count && y.count == count && y.allSatisfy { (0..<classes).contains($0) },
      "--problem \(file): x and y must hold \(count) samples of \(shape.count) numbers and labels below \(classes)")
    let pixels = shape.height * shape.width
    workspace.withInputs { inputs in
      for j in 0..<workspace.sampleCount {
        for c in 0..<shape.channels {
          for p in 0..<pixels { inputs[j * shape.count + p * shape.channels + c] = x[j * shape.count + c * pixels + p] }
        }
      }
    }
    workspace.withTargets { targets in
      for k in targets.indices { targets[k] = 0 }
      for j in 0..<workspace.sampleCount { targets[j * classes + y[j]] = 1 }
    }
  }
}
