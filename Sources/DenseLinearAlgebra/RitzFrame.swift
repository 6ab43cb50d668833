// The numerical steps of the tracker on memory that it owns: a basis Q, its images AᵀQ and AAᵀQ, and Ritz pairs.

/// The leading Ritz pair of AAᵀ on a basis, in units of the scaled matrix.
struct RitzPair<Scalar: BLASScalar> {
  /// The leading Ritz value, σ_1² from below.
  var value: Scalar
  var second: Scalar
  /// ‖AAᵀx − value x‖ / value.
  var residual: Scalar
  /// 1 − second / value.
  var innerGap: Scalar
  /// 1 − √(third / value): how far the values outside the leading two are from the first.
  var outerGap: Scalar
}

/// Views into the tracker's storage; m x n is the shape of the matrices.
struct RitzFrame<Scalar: BLASScalar> {
  /// Vectors that the basis can hold, and those that a full one is reduced to.
  static var capacity: Int { 16 }
  private static var compressed: Int { 6 }
  /// Ritz vectors kept from matrix to matrix; with the generic vector they start a basis of four.
  private static var kept: Int { 3 }
  /// Beyond this many sweeps a fresh start is cheaper.
  static var sweepLimit: Int { 64 }
  private static var workCount: Int { 64 * capacity }

  static func size(_ m: Int, _ n: Int) -> Int {
    m * (2 * capacity + kept + 3) + n * (capacity + 1) + max(m, n) * compressed + 2 * capacity * capacity
      + 2 * capacity + workCount
  }

  private let m: Int
  private let n: Int
  /// Q and AAᵀQ, shapes [m, capacity]; AᵀQ, shape [n, capacity].
  private let q: UnsafeMutablePointer<Scalar>
  private let y: UnsafeMutablePointer<Scalar>
  private let w: UnsafeMutablePointer<Scalar>
  /// The vectors kept for the next matrix, shape [m, kept]; the generic vector and its image; a residual.
  private let x: UnsafeMutablePointer<Scalar>
  private let generic: UnsafeMutablePointer<Scalar>
  private let genericImage: UnsafeMutablePointer<Scalar>
  private let r: UnsafeMutablePointer<Scalar>
  /// Aᵀ generic of the former matrix.
  private let sketch: UnsafeMutablePointer<Scalar>
  private let spare: UnsafeMutablePointer<Scalar>
  /// QᵀAAᵀQ and its eigenvectors, leading dimension = order for the latter; eigenvalues ascending.
  private let g: UnsafeMutablePointer<Scalar>
  private let c: UnsafeMutablePointer<Scalar>
  private let values: UnsafeMutablePointer<Scalar>
  private let coefficients: UnsafeMutablePointer<Scalar>
  private let work: UnsafeMutablePointer<Scalar>

  /// - Parameter storage: of the size ``size(_:_:)``.
  init(_ storage: UnsafeMutableBufferPointer<Scalar>, rows m: Int, columns n: Int) {
    precondition(storage.count >= Self.size(m, n), "the tracker's storage is too small")
    guard var next = storage.baseAddress else { preconditionFailure("the tracker's storage is empty") }
    func take(_ count: Int) -> UnsafeMutablePointer<Scalar> {
      defer { next += count }
      return next
    }
    (self.m, self.n) = (m, n)
    q = take(m * Self.capacity)
    y = take(m * Self.capacity)
    w = take(n * Self.capacity)
    x = take(m * Self.kept)
    generic = take(m)
    genericImage = take(m)
    r = take(m)
    sketch = take(n)
    spare = take(max(m, n) * Self.compressed)
    g = take(Self.capacity * Self.capacity)
    c = take(Self.capacity * Self.capacity)
    values = take(Self.capacity)
    coefficients = take(Self.capacity)
    work = take(Self.workCount)
  }

  /// Forgets all former matrices; the vectors beside the leading one start generic.
  func begin(leading: UnsafeBufferPointer<Scalar>) {
    for i in 0..<m { x[i] = leading[i] }
    for k in 1...Self.kept {
      let direction = TopSingularTriplet<Scalar>.pseudoRandomDirection(m, number: UInt64(k))
      let target = k == Self.kept ? generic : x + k * m
      for i in 0..<m { target[i] = direction[i] }
    }
  }

  /// Ritz values of a new matrix on the generic and the kept vectors.
  ///
  /// - Returns: ‖ΔA‖_F² as estimated from the generic vector's image, and the order of the basis.
  func start(_ a: UnsafeBufferPointer<Scalar>, scale: Scalar) -> (move: Scalar, order: Int) {
    q.update(from: generic, count: m)
    var order = 1
    for k in 0..<Self.kept {
      r.update(from: x + k * m, count: m)
      // A kept vector inside the span of the others adds nothing.
      if appendOrthonormal(order: order) { order += 1 }
    }
    multiply(a, scale: scale, from: 0, count: order)
    genericImage.update(from: y, count: m)
    var move: Scalar = 0
    for j in 0..<n {
      let change = w[j] - sketch[j]
      move += change * change
      sketch[j] = w[j]
    }
    for k in 0..<order { fillRow(k, order: k + 1) }
    return (move * Scalar(m), order)
  }

  /// One round of subspace iteration with Rayleigh–Ritz on the kept vectors.
  @discardableResult
  func subspaceStep(_ a: UnsafeBufferPointer<Scalar>, scale: Scalar) -> Scalar {
    let (move, order) = start(a, scale: scale)
    guard solve(order: order) != nil else { return .nan }
    combine(q, m, order: order, column: order - 1, into: x)
    retain(order: order)
    return move
  }

  /// The Ritz pairs of the basis, and the residual of the leading one; nil if numbers left their range.
  func solve(order: Int) -> RitzPair<Scalar>? {
    for j in 0..<order { for i in j..<order { c[j * order + i] = g[j * Self.capacity + i] } }
    let trace = (0..<order).reduce(Scalar(0)) { $0 + g[$1 * Self.capacity + $1] }
    guard trace.isFinite, Scalar.syev(order, c, values, work, Self.workCount) == 0 else { return nil }
    let value = values[order - 1]
    guard value > 0 else { return nil }
    let leading = c + (order - 1) * order
    Scalar.gemv(false, m, order, 1, y, m, leading, 0, r)
    Scalar.gemv(false, m, order, -value, q, m, leading, 1, r)
    let second = order > 1 ? max(0, values[order - 2]) : 0
    let third = order > 2 ? max(0, values[order - 3]) : 0
    return RitzPair(
      value: value, second: second, residual: norm(r, m) / value, innerGap: 1 - second / value,
      outerGap: 1 - (third / value).squareRoot())
  }

  /// Adds the residual of the leading pair to the basis; false if it adds no direction.
  func expand(_ a: UnsafeBufferPointer<Scalar>, scale: Scalar, order: Int) -> Bool {
    guard appendOrthonormal(order: order) else { return false }
    multiply(a, scale: scale, from: order, count: 1)
    fillRow(order, order: order + 1)
    return true
  }

  /// Reduces the basis to its leading Ritz vectors, which are solved already; the residual stays.
  func compress(order: Int) -> Int {
    let size = min(Self.compressed, order)
    let leading = c + (order - size) * order
    for (block, height) in [(q, m), (y, m), (w, n)] {
      Scalar.gemm(false, false, height, size, order, 1, block, height, leading, order, 0, spare, height)
      block.update(from: spare, count: height * size)
    }
    for j in 0..<size {
      for i in 0..<size { g[j * Self.capacity + i] = i == j ? values[order - size + i] : 0 }
    }
    return size
  }

  /// Writes the leading pair of vectors, with the sign that is nearest to the former u; returns the scaled σ_1.
  func extract(
    order: Int, u: UnsafeMutableBufferPointer<Scalar>, v: UnsafeMutableBufferPointer<Scalar>
  ) -> Scalar {
    combine(q, m, order: order, column: order - 1, into: x)
    combine(w, n, order: order, column: order - 1, into: spare)
    let sign: Scalar = Scalar.dot(UnsafeBufferPointer(start: x, count: m), UnsafeBufferPointer(u)) < 0 ? -1 : 1
    let (length, sigma) = (norm(x, m), norm(spare, n))
    for i in 0..<m {
      x[i] *= sign / length
      u[i] = x[i]
    }
    for j in 0..<n { v[j] = spare[j] * (sign / sigma) }
    return sigma / length
  }

  /// Keeps AAᵀ times the second and third Ritz vectors beside the leading vector, which is kept already.
  ///
  /// The multiplication costs no sweep and amplifies what rises; the generic vector's share in the last one gives
  /// every direction a start.
  func retain(order: Int) {
    guard order > 2 else { return }
    combine(y, m, order: order, column: order - 2, into: x + m)
    combine(y, m, order: order, column: order - 3, into: x + 2 * m)
    let share = Scalar(0.1) * norm(x + 2 * m, m) / max(norm(genericImage, m), .leastNormalMagnitude)
    for i in 0..<m { x[2 * m + i] += share * genericImage[i] }
  }

  /// Appends the direction of ``r`` outside the basis; false if there is none to working precision.
  private func appendOrthonormal(order: Int) -> Bool {
    for _ in 0..<2 {
      let before = norm(r, m)
      guard before > 0, before.isFinite else { return false }
      for i in 0..<m { r[i] /= before }
      Scalar.gramProduct(m, order, 1, 1, q, r, coefficients, q + order * m)
      for i in 0..<m { r[i] -= q[order * m + i] }
    }
    let rest = norm(r, m)
    guard rest > Scalar(0.5) else { return false }
    for i in 0..<m { q[order * m + i] = r[i] / rest }
    return true
  }

  private func multiply(_ a: UnsafeBufferPointer<Scalar>, scale: Scalar, from first: Int, count: Int) {
    guard let a = a.baseAddress else { return }
    Scalar.gramProduct(m, n, count, scale, a, q + first * m, w + first * n, y + first * m)
  }

  /// Row k of QᵀAAᵀQ up to the diagonal; the lower triangle is what is read.
  private func fillRow(_ k: Int, order: Int) {
    Scalar.gemv(true, m, order, 1, q, m, y + k * m, 0, coefficients)
    for j in 0..<order { g[j * Self.capacity + k] = coefficients[j] }
  }

  private func combine(
    _ block: UnsafeMutablePointer<Scalar>, _ height: Int, order: Int, column: Int,
    into target: UnsafeMutablePointer<Scalar>
  ) {
    Scalar.gemv(false, height, order, 1, block, height, c + column * order, 0, target)
  }

  private func norm(_ x: UnsafeMutablePointer<Scalar>, _ count: Int) -> Scalar {
    Scalar.nrm2(UnsafeBufferPointer(start: x, count: count))
  }
}
