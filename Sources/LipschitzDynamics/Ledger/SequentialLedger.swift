// The terms of Theorems 14 and 15 for every layer of a sequential network from one batch, fast enough for every step.
//
// The sample that the workspace holds is the step's own batch, an independent one, or the whole population, as the noise
// model says. Only the own batch's terms hold the noise of the step: they describe a run and predict nothing.
//
// The work of a layer is one symmetric product, one Cholesky factor, one product and one triangular solve in memory that
// is planned once; what a layer does is cut into tasks that all threads share.

public import DenseLinearAlgebra
private import Glibc
public import NetworkTraining
private import VerificationKit

/// Tracks μ, κ, λ of all linear units of a sequential network.
public final class SequentialLedger<Scalar: NetworkScalar> {
  /// What one layer's row says.
  public struct Layer: Sendable {
    /// The layer's position in the architecture.
    public let layer: Int
    /// σ₁ with its vectors; of a convolution, those of the reshaped kernel R.
    public let triplet: TopSingularTriplet<Scalar>
    /// nil where the gap is below round-off.
    public let coefficients: LayerCoefficients?
  }

  /// The terms at one step.
  public struct Row: Sendable {
    /// One entry a linear unit, input first.
    public let layers: [Layer]
    /// Z = Σ log σ₁.
    public let logNorm: Double
    /// nil where some layer's gap is below round-off.
    public let network: NetworkCoefficients?
  }

  /// How the batch stands for the noise.
  public let noise: NoiseModel
  /// η, which is also the time that a step takes.
  public let learningRate: Double
  private let units: [Unit]

  /// - Parameters:
  ///   - workspace: that the steps use; its batches are what rows are of.
  ///   - noise: what the sample that the workspace holds stands for; not a factor, which has no mean.
  ///   - learningRate: η; a step takes the time η.
  /// - Throws: `HypothesisViolation` if the sample is too small for the model.
  public init(
    for workspace: SequentialWorkspace<Scalar>, noise: NoiseModel = .batchEstimate, learningRate: LearningRate
  ) throws {
    try HypothesisViolation.require(
      noise.isCentred, field: "noise", value: "factor", "a network's samples are gradients: a batch or a population")
    _ = try noise.weight(sampleCount: workspace.sampleCount)
    self.noise = noise
    self.learningRate = learningRate.value
    units = workspace.architecture.linearUnits.map { Unit($0, workspace) }
    workspace.keepImages()
  }

  /// The row of the step that the workspace holds, after its backward pass and before the update.
  ///
  /// - Parameters:
  ///   - network: with the weights that the passes used.
  ///   - workspace: that the steps use; its batches are what rows are of.
  ///   - tasks: further work for the same threads, such as eigenvalues of Gram matrices.
  /// - Throws: `LinearAlgebraError` if a weight is not finite or zero.
  public func row(
    _ network: SequentialNetwork<Scalar>, _ workspace: SequentialWorkspace<Scalar>, beside tasks: [() -> Void] = []
  ) throws -> Row {
    let weights = network.linearUnits.map(\.weight)
    // A triplet from scratch iterates on the Gram matrix, which the resolvent needs in any case.
    run(over: weights) { $0.gramTasks($1) }
    // The largest unit keeps one thread busy in this phase, and more briefly in the next but one.
    let split = (2 * tasks.count + 2) / 3
    try decompose(weights, beside: Array(tasks[..<split]))
    for (unit, theta) in zip(units, weights) {
      guard let triplet = unit.triplet else { continue }
      guard triplet.sigma > 0 else {
        throw LinearAlgebraError.gapTooSmall(sigma1: 0, sigma2: 0, minimumRelativeGap: 0)
      }
      unit.multiply(workspace, triplet, theta)
    }
    run(over: weights, beside: Array(tasks[split...])) { unit, _ in [unit.factorize] }
    run(over: weights) { $0.solveTasks($1) }
    return try assemble(workspace.sampleCount)
  }

  /// Forgets the last step's triplets: the next row starts from scratch.
  public func forget() {
    for unit in units { unit.forget() }
  }

  /// All units' triplets, the previous step's near.
  private func decompose(_ weights: [Matrix<Scalar>], beside tasks: [() -> Void]) throws {
    let failures = Failures()
    let order = units.indices.sorted { weights[$0].count > weights[$1].count }
    TrainingThreads.forEach(order.count + tasks.count) { k in
      guard k < order.count else { return tasks[k - order.count]() }
      do { try self.units[order[k]].track(weights[order[k]]) } catch { failures.first(error) }
    }
    if let error = failures.error { throw error }
  }

  /// Runs all units' tasks of one phase on all threads, the largest units first.
  private func run(
    over weights: [Matrix<Scalar>], beside others: [() -> Void] = [],
    _ tasks: (Unit, Matrix<Scalar>) -> [() -> Void]
  ) {
    let order = units.indices.sorted { weights[$0].count > weights[$1].count }
    let all = order.flatMap { tasks(units[$0], weights[$0]) } + others
    TrainingThreads.forEach(all.count) { all[$0]() }
  }

  private func assemble(_ count: Int) throws -> Row {
    let weight = try noise.weight(sampleCount: count)
    var scores = [Double](repeating: 0, count: count)
    var (layers, logNorm, isComplete) = ([Layer](), 0.0, true)
    var (mu, kappa, lambdaSquared, discrete) = (0.0, 0.0, 0.0, 0.0)
    for unit in units {
      guard let triplet = unit.triplet else { continue }
      logNorm += log(Double(triplet.sigma))
      let coefficients = unit.isSimple ? unit.coefficients(weight, noise, eta: learningRate) : nil
      layers.append(Layer(layer: unit.layer, triplet: triplet, coefficients: coefficients))
      guard let c = coefficients else {
        isComplete = false
        continue
      }
      for j in scores.indices { scores[j] += unit.scores[j] }
      mu += c.mu
      kappa += c.kappa
      lambdaSquared += c.lambdaSquared
      discrete += c.logDiscreteStep(learningRate: learningRate)
    }
    let mean = scores.reduce(0, +) / Double(count)
    let exact = learningRate * weight * scores.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return Row(
      layers: layers, logNorm: logNorm,
      network: isComplete
        ? NetworkCoefficients(
          mu: mu, kappa: kappa, layerwiseLambdaSquared: lambdaSquared, exactLambdaSquared: exact,
          logDiscreteStep: discrete) : nil)
  }

  /// The first error of several threads.
  private final class Failures: @unchecked Sendable {
    private(set) var error: (any Error)?
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    init() { pthread_mutex_init(lock, nil) }
    deinit {
      pthread_mutex_destroy(lock)
      lock.deallocate()
    }
    func first(_ found: any Error) {
      pthread_mutex_lock(lock)
      if error == nil { error = found }
      pthread_mutex_unlock(lock)
    }
  }
}

extension SequentialLedger {
  /// One linear unit's memory. With θ̂ = θ/σ₁, p = (I − uuᵀ)Ev/σ₁ and q = (I − vvᵀ)Eᵀu/σ₁ for a perturbation E:
  /// σ₁ D²σ₁[E, E]/σ₁² = ‖q‖² + ‖L⁻¹(p + θ̂q)‖² with LLᵀ = I − θ̂θ̂ᵀ + uuᵀ, on the smaller side of θ.
  fileprivate final class Unit: @unchecked Sendable {
    let layer: Int
    let (m, n): (Int, Int)
    let count: Int
    private(set) var triplet: TopSingularTriplet<Scalar>?
    private var tracker: TopSingularTripletTracker<Scalar>
    /// Columns E_j v and E_jᵀu of the samples, and of their mean at the end.
    ///
    /// Plain memory, because several threads write parts of it at once.
    private let right: UnsafeMutablePointer<Scalar>
    private let left: UnsafeMutablePointer<Scalar>
    private let gram: UnsafeMutablePointer<Scalar>
    private let forms: UnsafeMutablePointer<Double>
    private var gramScale: Scalar = 1
    /// ⟨J, G_j⟩/σ₁.
    private(set) var scores: [Double]
    private(set) var isSimple = false
    private var meanScore = 0.0

    init(_ layer: Int, _ workspace: SequentialWorkspace<Scalar>) {
      self.layer = layer
      (m, n) = workspace.architecture.weightShape(of: layer) ?? (0, 0)
      count = workspace.sampleCount
      // Vectors are what the terms need: a residual of 64 units of round-off.
      tracker = TopSingularTripletTracker(rows: m, columns: n, tolerance: .residual(64 * Scalar.ulpOfOne))
      func memory<Number: BinaryFloatingPoint>(_ count: Int) -> UnsafeMutablePointer<Number> {
        let pointer = UnsafeMutablePointer<Number>.allocate(capacity: count)
        pointer.initialize(repeating: 0, count: count)
        return pointer
      }
      (right, left) = (memory(m * (count + 1)), memory(n * (count + 1)))
      gram = memory(min(m, n) * min(m, n))
      forms = memory(count + 1)
      scores = [Double](repeating: 0, count: count)
    }

    deinit {
      right.deallocate()
      left.deallocate()
      gram.deallocate()
      forms.deallocate()
    }

    /// θ̂(I − vvᵀ) = (I − uuᵀ)θ̂, so that θ̂q comes from θx, which the forward pass has computed.
    private var hasImages = false
    private var isWide: Bool { m <= n }
    private var order: Int { min(m, n) }

    func forget() {
      tracker = TopSingularTripletTracker(rows: m, columns: n, tolerance: tracker.tolerance)
    }

    func track(_ theta: Matrix<Scalar>) throws(LinearAlgebraError) {
      try tracker.update(theta, gram: GramMatrix(lower: gram, scale: gramScale))
      triplet = tracker.triplet
    }

    /// Fills p, q and the scores; where θx is at hand, p + θ̂q in place of p.
    func multiply(
      _ workspace: SequentialWorkspace<Scalar>, _ triplet: TopSingularTriplet<Scalar>, _ theta: Matrix<Scalar>
    ) {
      triplet.v.elements.withUnsafeBufferPointer { v in
        triplet.u.elements.withUnsafeBufferPointer { u in
          workspace.gradientProducts(
            ofLayer: layer, right: v, left: u, into: UnsafeMutableBufferPointer(start: right, count: m * count),
            UnsafeMutableBufferPointer(start: left, count: n * count))
          for j in 0..<count {
            let column = UnsafeBufferPointer(start: right + j * m, count: m)
            scores[j] = Double(Scalar.dot(u, column) / triplet.sigma)
          }
          hasImages = workspace.holdsImages(ofLayer: layer)
          if hasImages { workspace.addImages(ofLayer: layer, left: u, scale: 1 / triplet.sigma, to: right) }
          LedgerKernel.project(right, u.baseAddress!, m, count, 1 / triplet.sigma)
          LedgerKernel.project(left, v.baseAddress!, n, count, 1 / triplet.sigma)
        }
      }
      meanScore = scores.reduce(0, +) / Double(count)
    }

    /// s²θθᵀ, lower triangle: in halves, so that two threads share it.
    func gramTasks(_ theta: Matrix<Scalar>) -> [() -> Void] {
      let (k, inner) = (order, max(m, n))
      // A power of two near 1/σ₁, so that squares stay in range.
      let size = tracker.sigma > 0 ? tracker.sigma : theta.elements.withUnsafeBufferPointer { Scalar.nrm2($0) }
      gramScale = size.isFinite && size > 0 ? Scalar(1).scaled(byExponent: -Int(size.exponent)) : 1
      let scale = gramScale * gramScale
      let half = k >= 128 ? k / 2 : k
      let fill: (Range<Int>, Range<Int>) -> Void = { rows, columns in
        theta.elements.withUnsafeBufferPointer { a in
          let a = a.baseAddress!
          // Row i of the wide matrix, or column i of the tall one.
          let (x, y) =
            self.isWide
            ? (a + rows.lowerBound, a + columns.lowerBound)
            : (a + rows.lowerBound * self.m, a + columns.lowerBound * self.m)
          let c = self.gram + columns.lowerBound * k + rows.lowerBound
          if rows == columns {
            Scalar.syrk(!self.isWide, rows.count, inner, scale, x, self.m, 0, c, k)
          } else {
            Scalar.gemm(
              !self.isWide, self.isWide, rows.count, columns.count, inner, scale, x, self.m, y, self.m, 0, c, k)
          }
        }
      }
      guard half < k else { return [{ fill(0..<k, 0..<k) }] }
      return [
        { fill(half..<k, 0..<half) },
        {
          fill(0..<half, 0..<half)
          fill(half..<k, half..<k)
        },
      ]
    }

    /// The Cholesky factor; it exists exactly if σ₁ is simple.
    func factorize() {
      guard let triplet, (try? triplet.requireSimple()) != nil else {
        isSimple = false
        return
      }
      let (k, u) = (order, isWide ? triplet.u : triplet.v)
      let scale = 1 / (gramScale * triplet.sigma)
      u.elements.withUnsafeBufferPointer { LedgerKernel.resolvent($0.baseAddress!, k, -scale * scale, gram) }
      isSimple = Scalar.potrf(k, gram) == 0
    }

    /// The quadratic forms, in strips of samples.
    func solveTasks(_ theta: Matrix<Scalar>) -> [() -> Void] {
      guard isSimple, let sigma = triplet?.sigma else { return [] }
      let total = count + 1
      let parts = order >= 128 ? 4 : 1
      let width = (total + parts - 1) / parts
      return (0..<parts).map { part in
        {
          let columns = part * width..<min(total, (part + 1) * width)
          guard !columns.isEmpty else { return }
          theta.elements.withUnsafeBufferPointer { a in self.solve(a.baseAddress!, 1 / sigma, columns) }
        }
      }
    }

    private func solve(_ theta: UnsafePointer<Scalar>, _ scale: Scalar, _ columns: Range<Int>) {
      let (k, far) = (order, max(m, n))
      let (near, other) = isWide ? (right, left) : (left, right)
      let (w, q) = (near + columns.lowerBound * k, other + columns.lowerBound * far)
      if !hasImages { Scalar.gemm(!isWide, false, k, columns.count, far, scale, theta, m, q, far, 1, w, k) }
      Scalar.trsm(false, k, columns.count, gram, k, w, k)
      for j in columns {
        forms[j] = LedgerKernel.squaredNorm(near + j * k, k) + LedgerKernel.squaredNorm(other + j * far, far)
      }
    }

    /// What of ⟨J, ḡ⟩² and ḡᵀHḡ is the mean's own noise is taken off.
    func coefficients(_ weight: Double, _ model: NoiseModel, eta: Double) -> LayerCoefficients {
      let noise = weight * scores.reduce(0) { $0 + ($1 - meanScore) * ($1 - meanScore) }
      let curvature = weight * (0..<count).reduce(0) { $0 + forms[$1] }
      let own = model.noiseOfMean(sampleCount: count)
      return LayerCoefficients(
        mu: -meanScore, kappa: eta / 2 * curvature, lambdaSquared: eta * noise,
        discreteStep: eta / 2 * (forms[count] - own * curvature),
        relativeGradientSquared: meanScore * meanScore - own * noise)
    }
  }
}

/// The ledger's loops.
private enum LedgerKernel {
  /// Columns x_j become (I − wwᵀ)(x_j − x̄)s, and column `count` becomes (I − wwᵀ)x̄s.
  @specialized(where S == Double) @specialized(where S == Float)
  static func project<S: BLASScalar>(
    _ x: UnsafeMutablePointer<S>, _ w: UnsafePointer<S>, _ length: Int, _ count: Int, _ s: S
  ) {
    let mean = x + count * length
    mean.update(repeating: 0, count: length)
    for j in 0..<count { for i in 0..<length { mean[i] += x[j * length + i] } }
    let scale = 1 / S(count)
    for i in 0..<length { mean[i] *= scale }
    for j in 0...count {
      let y = x + j * length
      if j < count { for i in 0..<length { y[i] -= mean[i] } }
      let along = S.dot(UnsafeBufferPointer(start: y, count: length), UnsafeBufferPointer(start: w, count: length))
      for i in 0..<length { y[i] = s * (y[i] - along * w[i]) }
    }
  }

  /// A ← I + tA + uuᵀ, lower triangle.
  @specialized(where S == Double) @specialized(where S == Float)
  static func resolvent<S: BLASScalar>(_ u: UnsafePointer<S>, _ k: Int, _ t: S, _ a: UnsafeMutablePointer<S>) {
    for j in 0..<k {
      for i in j..<k { a[j * k + i] = t * a[j * k + i] + u[i] * u[j] }
      a[j * k + j] += 1
    }
  }

  @specialized(where S == Double) @specialized(where S == Float)
  static func squaredNorm<S: BLASScalar>(_ x: UnsafePointer<S>, _ count: Int) -> Double {
    let v = UnsafeBufferPointer(start: x, count: count)
    return Double(S.dot(v, v))
  }
}
