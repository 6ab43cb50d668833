// Many runs from one initial point that differ only in the batches they draw, in parallel and reproducibly.

public import DenseLinearAlgebra
private import Dispatch
private import Glibc
private import Synchronization

/// What one run of an ensemble left behind.
public struct EnsembleRun<Scalar: BLASScalar, State: Sendable>: Sendable {
  /// The network after the last step.
  public let network: MultilayerPerceptron<Scalar>
  /// What the observer made of the run.
  public let state: State
}

/// Independent runs r = 0, …, R − 1 of stochastic gradient descent from one initial network.
///
/// Every run is a function of r alone and of nothing that another run does, so the results are the same bits
/// for every number of threads.
public struct SGDEnsemble<Scalar: BLASScalar, Source: BatchSource>: Sendable {
  public let descent: StochasticGradientDescent<Scalar>
  public let initial: MultilayerPerceptron<Scalar>
  private let batches: @Sendable (Int) -> Source

  /// - Parameters:
  ///   - descent: learning rate and data, common to all runs.
  ///   - initial: θ_0 of every run.
  ///   - batches: the batches of run r; a function of r only.
  public init(
    _ descent: StochasticGradientDescent<Scalar>, from initial: MultilayerPerceptron<Scalar>,
    batches: @escaping @Sendable (_ run: Int) -> Source
  ) {
    self.descent = descent
    self.initial = initial
    self.batches = batches
  }

  /// Runs R runs and lets an observer fold each into a state of its own.
  ///
  /// - Parameter runs: R.
  /// - Parameter steps: steps of each run.
  /// - Parameter workers: threads; by default one a processor.
  /// - Parameter state: the state of run r before its first step.
  /// - Parameter observe: called before each step with the run's own state; may run on any thread.
  /// - Returns: R results, in the order of r.
  public func run<State: Sendable>(
    _ runs: Int, steps: Int, workers: Int? = nil, state: @Sendable (_ run: Int) -> State,
    observe: @Sendable (inout State, TrainingStep<Scalar>) -> Void
  ) -> [EnsembleRun<Scalar, State>] {
    parallel(runs, workers) { r in
      var network = initial
      var state = state(r)
      descent.train(&network, batches: batches(r), steps: 0..<steps) { observe(&state, $0) }
      return EnsembleRun(network: network, state: state)
    }
  }

  /// A number of the network, such as log K, along every run.
  ///
  /// - Parameters:
  ///   - runs: R ≥ 1.
  ///   - steps: of every run.
  ///   - workers: threads at most; as many as the machine has cores if nil. The result does not depend on it.
  ///   - value: a function of the network only.
  /// - Returns: shape [steps + 1, R]; entry (k, r) is the value at θ_k of run r.
  public func trajectories(
    _ runs: Int, steps: Int, workers: Int? = nil, of value: @Sendable (MultilayerPerceptron<Scalar>) -> Double
  ) -> Matrix<Double> {
    let columns = parallel(runs, workers) { r in
      var network = initial
      var column: [Double] = []
      column.reserveCapacity(steps + 1)
      descent.train(&network, batches: batches(r), steps: 0..<steps) { column.append(value($0.network)) }
      column.append(value(network))
      return column
    }
    return Matrix(rows: steps + 1, columns: runs, columnMajor: columns.flatMap { $0 })
  }

  private func parallel<Result: Sendable>(
    _ runs: Int, _ workers: Int?, _ body: @Sendable (Int) -> Result
  ) -> [Result] {
    precondition(runs >= 0, "an ensemble of \(runs) runs is none")
    guard runs > 0 else { return [] }
    let workers = min(runs, max(1, workers ?? Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))))
    return BLASThreads.withOne { onThreads(workers, runs, body) }
  }

  private func onThreads<Result: Sendable>(
    _ workers: Int, _ runs: Int, _ body: @Sendable (Int) -> Result
  ) -> [Result] {
    // A run that happens to be slow must not hold up a fixed share of others: workers take the next one.
    let next = Atomic<Int>(0)
    let slots = UnsafeMutablePointer<Result?>.allocate(capacity: runs)
    slots.initialize(repeating: nil, count: runs)
    defer {
      slots.deinitialize(count: runs)
      slots.deallocate()
    }
    // Every slot is written by the one worker that took its number, and read after all have returned.
    nonisolated(unsafe) let results = slots
    DispatchQueue.concurrentPerform(iterations: workers) { _ in
      while true {
        let r = next.add(1, ordering: .relaxed).oldValue
        guard r < runs else { return }
        results[r] = body(r)
      }
    }
    return (0..<runs).map { slots[$0]! }
  }
}
