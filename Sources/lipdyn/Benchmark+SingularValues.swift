// The jobs of `lipdyn benchmark` on singular values: sigma_1 along an SGD path, and dense Hessians of all of them.

import ArgumentParser
import ArrayFiles
import DenseLinearAlgebra
import Foundation
import LipschitzDynamics
import NetworkTraining

extension Benchmark {
  struct Sigma1: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "sigma1",
      abstract: "sigma_1, u_1 and v_1 of a layer's weights at every step of SGD; only the tracker is timed.",
      discussion: """
        The network is 784-512-10 with ReLU on the 5,000 embedded MNIST images, plain SGD with batches of 32 and learning \
        rate 0.1, from initial weights and in an order that Benchmarks/peers/sigma1_track.py repeats.
        Example: lipdyn benchmark sigma1 --steps 1000
        """)

    @Option var steps = 1_000
    @Option(help: "double or float.") var dtype = "double"
    @Option(help: "value or residual: what the tolerance is for.") var goal = "residual"
    @Option var tolerance = 1e-6
    @Option var repeats = 3
    @Option(help: "Compare with the full decomposition at every so many steps, in a run of its own; 0 for never.")
    var checkEvery = 0

    func run() throws {
      try UsageError.require((1...100_000).contains(steps), "--steps \(steps): use from 1 to 100000")
      try UsageError.require((1...100).contains(repeats), "--repeats \(repeats): use from 1 to 100")
      try UsageError.require(checkEvery >= 0, "--check-every \(checkEvery): use 0 or more")
      try UsageError.require(["value", "residual"].contains(goal), "--goal \(goal): use value or residual")
      try UsageError.require(tolerance > 0 && tolerance < 1, "--tolerance \(tolerance): use a number between 0 and 1")
      switch dtype {
      case "double": try job(Double.self)
      case "float": try job(Float.self)
      default: throw UsageError("--dtype \(dtype): use double or float")
      }
    }

    private func job<Scalar: BLASScalar>(_: Scalar.Type) throws {
      let least = Double(Scalar.ulpOfOne) * (goal == "value" ? 8 : 64)
      try UsageError.require(tolerance >= least, "--tolerance \(tolerance): \(dtype) resolves \(least)")
      BLASThreads.limit(to: 1)
      let path = try DescentOfALayer(steps: steps)
      func tracker() -> TopSingularTripletTracker<Scalar> {
        TopSingularTripletTracker(
          rows: 512, columns: 784,
          tolerance: goal == "value" ? .value(Scalar(tolerance)) : .residual(Scalar(tolerance)))
      }
      var timing = Timing()
      var (sum, sweeps, coldStarts, largestResidual) = (0.0, 0, 0, 0.0)
      for _ in 0..<repeats {
        var track = tracker()
        (sum, sweeps, largestResidual) = (0, 0, 0)
        timing.begin()
        try path.run { _, theta in
          let weights = Matrix<Scalar>(rows: 512, columns: 784, columnMajor: theta.elements.map { Scalar($0) })
          try timing.measure { try track.update(weights) }
          sum += Double(track.sigma)
          sweeps += track.sweeps
          largestResidual = max(largestResidual, Double(track.residual))
        }
        coldStarts = track.coldStarts
      }
      var check = ""
      if checkEvery > 0 {
        var track = tracker()
        var (error, angle) = (0.0, 0.0)
        try path.run { step, theta in
          try track.update(Matrix(rows: 512, columns: 784, columnMajor: theta.elements.map { Scalar($0) }))
          guard step % checkEvery == 0 else { return }
          let svd = try SingularValueDecomposition(theta)
          let v = Vector(track.v.elements.map { Double($0) })
          error = max(error, abs(Double(track.sigma) / svd.values[0] - 1))
          angle = max(angle, (v - v.dot(svd.v(0)) * svd.v(0)).norm)
        }
        check = ", \"max_rel_err\": \(error), \"max_sine_v\": \(angle), \"check_every\": \(checkEvery)"
      }
      print(
        """
        {"job": "J6-track", "tool": "lipdyn", "params": {"m": 512, "n": 784, "steps": \(steps), "dtype": "\(dtype)", \
        "goal": "\(goal)", "tol": \(tolerance), "threads": 1}, \(timing.json(work: steps, unit: "steps/s")), \
        "checksum": {"sigma1_sum": \(sum), "residual": \(largestResidual), "sweeps_per_step": \
        \(Double(sweeps) / Double(steps)), "cold_starts": \(coldStarts)\(check)}}
        """)
    }
  }

  struct Hessian: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "hessian", abstract: "The dense Hessians of all singular values of many small matrices.",
      discussion: "Example: lipdyn benchmark hessian --trials 500")

    @Option(help: "Matrices, shape [trials, m, n] (.npy); else random ones of 6 x 10.") var matrices: String?
    @Option var trials = 500
    @Option var threads = 2
    @Option var repeats = 21
    @Option(help: "Write the Hessians of the last round here, shape [trials min(m, n), mn, mn] (.npy).")
    var write: String?

    func run() throws {
      try UsageError.require((1...10_000).contains(repeats), "--repeats \(repeats): use from 1 to 10000")
      try UsageError.require((1...64).contains(threads), "--threads \(threads): use from 1 to 64")
      try UsageError.require((1...100_000).contains(trials), "--trials \(trials): use from 1 to 100000")
      BLASThreads.limit(to: 1)
      let thetas: [Matrix<Double>] =
        if let matrices {
          try NumericArray(readingNPY: matrices).stack()
        } else {
          (0..<trials).map { t in
            let entries = DescentOfALayer.uniforms(60, seed: UInt64(t))
            return Matrix(rows: 6, columns: 10, columnMajor: entries.map { 2 * $0 - 1 })
          }
        }
      let (m, n, rank) = (thetas[0].rows, thetas[0].columns, min(thetas[0].rows, thetas[0].columns))
      var timing = Timing()
      var norm = 0.0
      for round in 0..<(repeats + 2) {
        // Two warm-up rounds, as the peers have.
        if round >= 2 { timing.begin() }
        let hessians = try timing.measure(if: round >= 2) { try SingularValueHessians(thetas, threads: threads) }
        guard round == repeats + 1 else { continue }
        norm = Vector(hessians.elements).norm
        if let write {
          try NumericArray(shape: [thetas.count * rank, m * n, m * n], hessians.elements).writeNPY(to: write)
        }
      }
      print(
        """
        {"job": "J5", "tool": "lipdyn", "params": {"m": \(m), "n": \(n), "trials": \(thetas.count), \
        "threads": \(threads)}, \(timing.json(work: thetas.count * rank, unit: "hessians/s")), \
        "checksum": {"norm": \(norm)}}
        """)
    }
  }
}

/// Wall and processor time of the measured pieces, round by round.
private struct Timing {
  private var wall: [Double] = []
  private var processor: [Double] = []

  mutating func begin() {
    wall.append(0)
    processor.append(0)
  }

  mutating func measure<Result>(if isCounted: Bool = true, _ body: () throws -> Result) rethrows -> Result {
    let (start, before) = (ContinuousClock.now, clock())
    let result = try body()
    if isCounted, let last = wall.indices.last {
      wall[last] += (ContinuousClock.now - start) / .seconds(1)
      processor[last] += Double(clock() - before) / Double(CLOCKS_PER_SEC)
    }
    return result
  }

  /// The peers' fields; `work` is what one round does.
  func json(work: Int, unit: String) -> String {
    let (times, cpu) = (wall.sorted(), processor.sorted())
    let median = times[times.count / 2]
    return """
      "seconds": \(median), "min_s": \(times[0]), "max_s": \(times[times.count - 1]), "k": \(times.count), \
      "cpu_s": \(cpu[cpu.count / 2]), "throughput": \(Double(work) / median), "unit": "\(unit)"
      """
  }
}

/// A path of SGD that other languages can repeat: initial weights from SplitMix64, samples in steps of 617.
private struct DescentOfALayer {
  let steps: Int
  private let samples: Samples<Double>
  private let initial: MultilayerPerceptron<Double>
  private let batch = 32

  init(steps: Int) throws {
    self.steps = steps
    samples = try DataSet.mnist5k().samples()
    let architecture = try Architecture(widths: [784, 512, 10])
    var parameters = NetworkParameters<Double>(zerosFor: architecture)
    for l in 0..<2 {
      let bound = (6 / Double(architecture.widths[l])).squareRoot()
      let entries = Self.uniforms(parameters.weights[l].count, seed: UInt64(l + 1))
      parameters.weights[l].elements = entries.map { (2 * $0 - 1) * bound }
    }
    initial = MultilayerPerceptron(architecture, parameters: parameters)
  }

  /// Calls the body with the first layer's weights before every step.
  func run(_ body: (Int, Matrix<Double>) throws -> Void) throws {
    var network = initial
    let workspace = Workspace<Double>(for: network.architecture, sampleCount: batch)
    let rate = try LearningRate(0.1)
    for step in 0..<steps {
      try body(step, network.weights[0])
      workspace.load((0..<batch).map { 617 * (step * batch + $0) % samples.count }, of: samples)
      network.forward(workspace)
      network.backward(workspace)
      network.descend(rate, workspace)
    }
  }

  /// Uniform on [0, 1), the first numbers of SplitMix64 with this seed.
  static func uniforms(_ count: Int, seed: UInt64) -> [Double] {
    (1...UInt64(count)).map { i in
      var z = seed &+ i &* 0x9E37_79B9_7F4A_7C15
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return Double((z ^ (z >> 31)) >> 11) * 0x1p-53
    }
  }
}
