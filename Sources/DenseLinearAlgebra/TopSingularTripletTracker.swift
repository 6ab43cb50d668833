// σ_1 and its vectors along a path of matrices, such as the weights of a layer under SGD: one warm step per matrix.

/// A Gram matrix in memory of the caller's.
public struct GramMatrix<Scalar: BLASScalar> {
  /// Lower triangle of s²AAᵀ if A is wide or square, else of s²AᵀA; column-major, of the shorter side's order.
  public let lower: UnsafePointer<Scalar>
  /// s, such that nothing over- or underflows.
  public let scale: Scalar

  public init(lower: UnsafePointer<Scalar>, scale: Scalar) {
    (self.lower, self.scale) = (lower, scale)
  }
}

/// The largest singular value and its vectors of a matrix that changes a little from call to call.
///
/// Every ``update(_:gram:)`` is a Rayleigh–Ritz step on the former leading left vectors and one fixed generic vector,
/// followed by residuals of the leading Ritz vector (Davidson's expansion) until it is accurate to the tolerance.
/// Both products of a vector, Aᵀx and A(Aᵀx), come from one sweep over A. No step allocates once the first has.
///
/// - Accuracy: ``residual`` is measured on the matrix itself. σ is accurate to residual²/(2 gap) relative, the
///   vectors to residual / gap, with the gap 1 − (σ_2/σ_1)².
/// - Crossings: singular values that change places among the leading three are in the basis together. A direction from
///   outside is found from the generic vector, which is amplified from call to call, and whose image also measures
///   how far the matrix moved: a move out of proportion to the former ones, or to the gap, starts from scratch
///   with ``TopSingularTriplet``. So does every ``recheckInterval``-th call, which bounds how long a small rise of a
///   direction that was nowhere in the basis can stay unseen.
public struct TopSingularTripletTracker<Scalar: BLASScalar>: Sendable {
  /// When to stop.
  public enum Tolerance: Sendable {
    /// σ_1 to this relative error, by the residual and the estimated gap: a bound that is rarely sharp.
    case value(Scalar)
    /// max(‖Av − σu‖, ‖Aᵀu − σv‖) ≤ this · σ_1.
    case residual(Scalar)
  }

  /// Shape of the matrices.
  public let rows: Int
  public let columns: Int
  public let tolerance: Tolerance
  /// After how many warm steps a cold one follows.
  public let recheckInterval: Int

  /// σ_1 of the latest matrix; zero before the first.
  public private(set) var sigma: Scalar = 0
  /// The largest Ritz value beside σ_1: never above σ_2, and below it by its own residual squared over its gap.
  public private(set) var sigma2: Scalar = 0
  /// max(‖Av − σu‖, ‖Aᵀu − σv‖) / σ_1.
  public private(set) var residual: Scalar = 0
  /// u_1, of length m and norm 1; continuous along a path without crossings, else of arbitrary sign.
  public private(set) var u: Vector<Scalar>
  /// v_1, of length n and norm 1, with σ_1 v_1 = Aᵀu_1 to round-off.
  public private(set) var v: Vector<Scalar>
  /// Sweeps over the matrix that the latest update needed, a sweep with four vectors counted once.
  public private(set) var sweeps = 0
  /// How many updates started from scratch.
  public private(set) var coldStarts = 0

  private var storage: [Scalar] = []
  private var isWarm = false
  /// A triplet from scratch around which no basis has been built yet.
  private var awaitsBasis = false
  /// A power of two that brings σ_1 near one, so that squares stay in range.
  private var scale: Scalar = 1
  private var warmSteps = 0
  /// A recent ‖ΔA‖_F² in units of σ_1², estimated.
  private var usualMove: Scalar = 0

  /// - Parameters:
  ///   - rows: m, of every matrix to come.
  ///   - columns: n, of every matrix to come.
  ///   - tolerance: at least 64 units of round-off as a residual. The default residual √u leaves σ_1 with an error of
  ///     round-off over the gap.
  ///   - recheckInterval: warm steps between two cold ones.
  public init(
    rows: Int, columns: Int, tolerance: Tolerance = .residual(Scalar.ulpOfOne.squareRoot()), recheckInterval: Int = 512
  ) {
    precondition(rows > 0 && columns > 0, "a tracker needs matrices with entries, not \(rows) x \(columns)")
    precondition(recheckInterval > 0, "a recheck interval counts at least one step, not \(recheckInterval)")
    switch tolerance {
    case .value(let bound): precondition(bound >= 8 * Scalar.ulpOfOne, "a tolerance below 8 ulp cannot be met")
    case .residual(let bound): precondition(bound >= 64 * Scalar.ulpOfOne, "a residual below 64 ulp cannot be met")
    }
    self.rows = rows
    self.columns = columns
    self.tolerance = tolerance
    self.recheckInterval = recheckInterval
    u = .zeros(rows)
    v = .zeros(columns)
  }

  /// The latest result as a value of its own.
  public var triplet: TopSingularTriplet<Scalar> {
    TopSingularTriplet(sigma, u, v, sigma2: sigma2, residual: residual)
  }

  /// Moves to the next matrix.
  ///
  /// - Parameters:
  ///   - theta: shape [rows, columns], finite.
  ///   - gram: what ``GramMatrix`` says of theta, if the caller needs it anyway: cold steps are then much faster.
  /// - Throws: ``LinearAlgebraError`` on another shape or non-finite entries; the tracker then starts from scratch.
  @specialized(where Scalar == Double) @specialized(where Scalar == Float)
  public mutating func update(_ theta: Matrix<Scalar>, gram: GramMatrix<Scalar>? = nil) throws(LinearAlgebraError) {
    guard theta.rows == rows, theta.columns == columns else {
      throw .shapeMismatch(operation: "singular triplet tracker", found: theta.shape, expected: "\(rows) x \(columns)")
    }
    sweeps = 0
    // Below this order the full decomposition is cheaper, and exact about everything.
    guard Swift.min(rows, columns) > 48 else { return adopt(try TopSingularTriplet(theta)) }
    if awaitsBasis { isWarm = refineBasis(theta) }
    if isWarm, warmSteps < recheckInterval {
      switch warmStep(theta) {
      case .accepted where sigma.isFinite:
        warmSteps += 1
        return
      case .nonFinite: try theta.requireFinite("singular triplet tracker")
      // Beyond the range of numbers, a start from scratch says so.
      case .accepted, .lost: break
      }
    }
    try coldStep(theta, gram)
  }

  private mutating func adopt(_ triplet: TopSingularTriplet<Scalar>) {
    coldStarts += 1
    (sigma, sigma2, residual, u, v) = (triplet.sigma, triplet.sigma2, triplet.residual, triplet.u, triplet.v)
  }

  /// A certified triplet; the basis around it waits for the next matrix, which may never come.
  private mutating func coldStep(_ theta: Matrix<Scalar>, _ gram: GramMatrix<Scalar>?) throws(LinearAlgebraError) {
    (isWarm, awaitsBasis) = (false, false)
    let bound =
      switch tolerance {
      case .residual(let bound): bound
      case .value: 64 * Scalar.ulpOfOne
      }
    if let gram,
      let found = TopSingularTriplet(
        theta, gram: gram.lower, scale: gram.scale, tolerance: Swift.max(64 * Scalar.ulpOfOne, bound))
    {
      adopt(found)
    } else {
      adopt(try TopSingularTriplet(theta))
    }
    guard sigma > 0 else { return }
    if storage.isEmpty { storage = [Scalar](repeating: 0, count: RitzFrame<Scalar>.size(rows, columns)) }
    scale = Scalar(1).scaled(byExponent: -Int(sigma.exponent))
    let leading = u
    withFrame(theta) { frame, a, scale in
      leading.elements.withUnsafeBufferPointer { frame.begin(leading: $0) }
      frame.subspaceStep(a, scale: scale)
    }
    awaitsBasis = true
  }

  /// Rounds of subspace iteration that make the basis leading, put off until a second matrix shows that it is needed.
  ///
  /// - Returns: false if that matrix is too far away for the triplet to stay the leading one.
  private mutating func refineBasis(_ theta: Matrix<Scalar>) -> Bool {
    awaitsBasis = false
    let move = withFrame(theta) { frame, a, scale in frame.subspaceStep(a, scale: scale) }
    let size = sigma * scale
    guard move.isFinite, isUsual(move / (size * size), gap: 1 - sigma2 / sigma) else { return false }
    withFrame(theta) { frame, a, scale in
      for _ in 0..<7 { frame.subspaceStep(a, scale: scale) }
    }
    warmSteps = 0
    return true
  }

  private mutating func withFrame<R>(
    _ theta: Matrix<Scalar>, _ body: (RitzFrame<Scalar>, UnsafeBufferPointer<Scalar>, Scalar) -> R
  ) -> R {
    let (m, n, scale) = (rows, columns, scale)
    return storage.withUnsafeMutableBufferPointer { storage in
      theta.elements.withUnsafeBufferPointer { body(RitzFrame(storage, rows: m, columns: n), $0, scale) }
    }
  }

  private enum Outcome { case accepted, lost, nonFinite }

  private mutating func warmStep(_ theta: Matrix<Scalar>) -> Outcome {
    // Taken out of self, so that the rest of self stays accessible while they are borrowed; nothing is copied.
    var memory: [Scalar] = []
    swap(&memory, &storage)
    defer { swap(&memory, &storage) }
    return memory.withUnsafeMutableBufferPointer { memory in
      theta.elements.withUnsafeBufferPointer { a in
        warmStep(a, RitzFrame(memory, rows: rows, columns: columns))
      }
    }
  }

  private mutating func warmStep(_ a: UnsafeBufferPointer<Scalar>, _ frame: RitzFrame<Scalar>) -> Outcome {
    var (move, order) = frame.start(a, scale: scale)
    sweeps = 1
    guard move.isFinite, var pair = frame.solve(order: order) else { return .nonFinite }
    guard isUsual(move / pair.value, gap: pair.outerGap) else { return .lost }
    while !isConverged(pair) {
      guard sweeps < RitzFrame<Scalar>.sweepLimit else { return .lost }
      if order == RitzFrame<Scalar>.capacity { order = frame.compress(order: order) }
      guard frame.expand(a, scale: scale, order: order) else { return .lost }
      order += 1
      sweeps += 1
      guard let next = frame.solve(order: order) else { return .nonFinite }
      pair = next
    }
    var (left, right) = (Vector<Scalar>([]), Vector<Scalar>([]))
    swap(&left, &u)
    swap(&right, &v)
    sigma =
      left.elements.withUnsafeMutableBufferPointer { left in
        right.elements.withUnsafeMutableBufferPointer { frame.extract(order: order, u: left, v: $0) }
      } / scale
    swap(&left, &u)
    swap(&right, &v)
    sigma2 = pair.second.squareRoot() / scale
    residual = pair.residual
    frame.retain(order: order)
    return .accepted
  }

  private func isConverged(_ pair: RitzPair<Scalar>) -> Bool {
    switch tolerance {
    case .residual(let bound): return pair.residual <= bound
    case .value(let bound):
      let quadratic = pair.innerGap > 0 ? pair.residual * pair.residual / pair.innerGap : pair.residual
      return Swift.min(pair.residual, quadratic) / 2 <= bound || pair.residual <= 16 * Scalar.ulpOfOne
    }
  }

  /// Whether a move ‖ΔA‖_F²/σ_1² leaves the order of the tracked values to the tracked basis.
  private mutating func isUsual(_ move: Scalar, gap: Scalar) -> Bool {
    // By Weyl nothing can cross half the gap to what is not tracked unless ‖ΔA‖ exceeds it; the factor 16 covers
    // the spread of the estimate, whose standard deviation is below the estimate itself.
    let isUsual = move <= Swift.max(gap * gap / 16, 16 * usualMove)
    usualMove = isUsual ? Swift.max(move, usualMove * Scalar(0.9)) : move
    return isUsual
  }
}
