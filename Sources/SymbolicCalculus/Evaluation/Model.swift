// A point at which expressions are evaluated: sizes, and one value for every name, drawn when it is first needed.

internal import ExactArithmetic
internal import RandomStreams

/// The value of a name, or of one member of a family.
struct ValueKey: Hashable, Sendable {
  var name: String
  var indices: [Int] = []
}

/// One point: every free name has a value that satisfies its constraint. Values are functions of seed and name, not of the
/// order of use, so that the same seed gives the same point in every domain of rational numbers.
final class Model<D: DrawingDomain> {
  typealias G = Grid<D.Element>

  /// Singular vectors and values of a matrix that was built from them.
  struct Spectrum {
    var matrix: G
    /// m × m and n × n orthogonal; columns are the singular vectors.
    var left: G
    var right: G
    /// Descending.
    var values: [Number<D.Element>]
  }

  let theory: Theory
  let needs: ModelNeeds
  let dimensions: [String: Int]
  let seed: UInt64
  let spread: Spread
  private let moves: [Move]
  let arithmetic: Arithmetic<D>
  let linear: LinearAlgebra<D>

  private(set) var values: [ValueKey: G] = [:]
  private(set) var spectra: [Spectrum] = []
  /// Those that were asked for.
  var triplets: [Triplet] = []
  /// Numbers whose positive square root is known, because they were drawn as squares.
  private(set) var roots: [(square: Number<D.Element>, root: Number<D.Element>)]
  private(set) var matrixRoots: [(square: G, root: G)] = []

  init(
    _ theory: Theory, needs: ModelNeeds, dimensions: [String: Int], domain: D, seed: UInt64, spread: Spread,
    moves: [Move], budget: WorkBudget
  ) throws(EvaluationError) {
    (self.theory, self.needs, self.dimensions, self.seed, self.spread) = (theory, needs, dimensions, seed, spread)
    self.moves = moves
    arithmetic = try Arithmetic(domain, budget: budget)
    linear = LinearAlgebra(arithmetic: arithmetic, algebra: .scalars)
    roots = [(arithmetic.one, arithmetic.one)]
  }

  func generator(_ key: ValueKey, _ purpose: String = "value") -> RandomGenerator {
    RandomGenerator(
      stream: StreamName("model", key.name, key.indices.map(String.init).joined(separator: ","), purpose), seed: seed)
  }

  func source(_ key: ValueKey, _ purpose: String = "value") -> Source<D> {
    Source(
      domain: arithmetic.domain, spread: spread, generator: generator(key, purpose),
      moves: moves.map { move in
        let stream = StreamName("move", key.name, key.indices.map(String.init).joined(separator: ","), purpose)
        return (RandomGenerator(stream: stream, seed: move.seed), Rational(2).power(-move.exponent))
      })
  }

  func setValue(_ value: G, for key: ValueKey) { values[key] = value }

  func size(_ d: Dimension, _ indices: [String: Int] = [:]) throws(EvaluationError) -> Int {
    guard let value = d.value({ indices[$0] ?? dimensions[$0] }) else { throw .unsupported("the size \(d)") }
    return value
  }

  /// Rows and columns, within what is evaluated at all.
  func extent(_ s: Shape, _ indices: [String: Int] = [:]) throws(EvaluationError) -> (rows: Int, columns: Int) {
    let (m, n) = (try size(s.rows, indices), try size(s.columns, indices))
    guard m >= 0 && n >= 0 else { throw .undefined("a matrix of \(m) x \(n)") }
    guard m <= 1_024 && n <= 1_024 && m * n <= 4_096 else { throw .tooLarge("a matrix of \(m) x \(n)") }
    return (m, n)
  }

  // MARK: Drawing

  /// The value of a free name; nil if its value is the evaluator's business (functions, definitions).
  func value(_ key: ValueKey) throws(EvaluationError) -> G {
    if let known = values[key] { return known }
    guard let declaration = theory.declarations[key.name] else { throw .unsupported("the undeclared name \(key.name)") }
    var bound: [String: Int] = [:]
    for (range, index) in zip(declaration.family, key.indices) {
      bound[range.index] = index
      let (low, high) = (try size(range.lower, bound), try size(range.upper, bound))
      guard index >= low && index <= high else {
        throw .undefined("\(key.name)[\(index)], whose index runs from \(low) to \(high)")
      }
    }
    let (rows, columns) = try extent(declaration.shape, bound)
    let drawn: G
    switch declaration.nature {
    case .parameter(let constraint): drawn = try draw(key, constraint, rows, columns)
    case .sample(let population, let replacement):
      drawn = try value(ValueKey(name: population, indices: [try member(key, of: population, replacement)]))
    case .time: drawn = G(scalar: arithmetic.constant(try time(key)))
    default: drawn = try draw(key, .none, rows, columns)
    }
    values[key] = drawn
    return drawn
  }

  /// Positive; mostly at most two units, so that exponentials of integrals stay readable.
  private func time(_ key: ValueKey) throws(EvaluationError) -> D.Element {
    let unit = try source(key, "time").positive()
    guard arithmetic.domain is any ApproximatesReals, spread == .wide else { return unit }
    return arithmetic.domain.multiply(unit, try arithmetic.domain.element(Rational(1, 15)))
  }

  /// Which member of a population the i-th draw is, outside any expectation.
  private func member(_ key: ValueKey, of population: String, _ replacement: Bool) throws(EvaluationError) -> Int {
    guard let range = theory.declarations[population]?.family.first else {
      throw .unsupported("a sample of \(population), which is no family")
    }
    let (low, high) = (try size(range.lower), try size(range.upper))
    guard high >= low else { throw .undefined("a sample of an empty family") }
    guard low > Int.min / 4, high < Int.max / 4, high - low < 10_000 else {
      throw .tooLarge("a family from \(low) to \(high)")
    }
    if replacement { return low + generator(key).uniform(below: high - low + 1) }
    // One permutation for all members of the sample.
    let order = generator(ValueKey(name: key.name), "permutation").choose(high - low + 1, of: high - low + 1)
    guard let first = key.indices.first, first - 1 < order.count else {
      throw .undefined("more draws without replacement than the family has members")
    }
    var shuffled = order
    generator(ValueKey(name: key.name), "permutation").shuffle(&shuffled)
    return low + shuffled[first - 1]
  }

  private func entries(_ key: ValueKey, _ rows: Int, _ columns: Int, _ purpose: String = "value")
    throws(EvaluationError)
    -> G
  {
    let source = source(key, purpose)
    var result = linear.zeros(rows, columns)
    for i in result.entries.indices { result.entries[i] = arithmetic.constant(try source.element()) }
    return result
  }

  private func draw(
    _ key: ValueKey, _ constraint: Declaration.Constraint, _ rows: Int, _ columns: Int
  ) throws(EvaluationError) -> G {
    if needs.spectral.contains(key.name) { return try withSpectrum(key, constraint, rows, columns) }
    var constraint = constraint
    if constraint == .none && rows == 1 && columns == 1 {
      if needs.nonnegative.contains(key.name) { constraint = .nonnegative }
      if needs.positive.contains(key.name) { constraint = .positive }
    }
    switch constraint {
    case .none:
      guard rows == 1 && columns == 1 || columns == 1 && needs.normed.contains(key.name) else {
        return try entries(key, rows, columns)
      }
      return columns == 1 && rows > 1 ? try withNorm(key, rows) : try entries(key, rows, columns)
    case .positive, .nonnegative:
      // Drawn as squares, so that their square roots are exact in every domain.
      let root = Number<D.Element>(parts: [
        .constant(try source(key, "root").positive(orZero: constraint == .nonnegative))
      ])
      let square = try linear.multiply(root, root)
      roots.append((square, root))
      return G(scalar: square)
    case .symmetric:
      let a = try entries(key, rows, columns)
      return G(rows: rows, columns: columns) { $0 <= $1 ? a[$0, $1] : a[$1, $0] }
    case .diagonal:
      let a = try entries(key, rows, columns)
      return G(rows: rows, columns: columns) { $0 == $1 ? a[$0, $1] : arithmetic.zero }
    case .skew:
      let a = try entries(key, rows, columns)
      return G(rows: rows, columns: columns) {
        $0 == $1 ? arithmetic.zero : $0 < $1 ? a[$0, $1] : arithmetic.negate(a[$1, $0])
      }
    case .psd, .spd:
      // R = BBᵀ (+ c I) is psd and R² has the root R.
      let b = try entries(key, rows, columns)
      var root = try linear.multiply(b, b.transposed)
      if constraint == .spd {
        let shift = Number<D.Element>(parts: [.constant(try source(key, "shift").positive())])
        root = linear.add(root, try linear.scale(shift, linear.identity(rows)))
      }
      let square = try linear.multiply(root, root)
      matrixRoots.append((square, root))
      return square
    case .orthogonal: return try orthogonal(key, rows, "value")
    case .unit: return try unit(key, rows)
    }
  }

  /// Cayley's (I − S)(I + S)⁻¹ for a skew S, which has determinant 1, and the last column's sign at random.
  private func orthogonal(_ key: ValueKey, _ n: Int, _ purpose: String) throws(EvaluationError) -> G {
    let source = source(key, purpose)
    var s = linear.zeros(n, n)
    for i in 0..<n {
      for j in 0..<i {
        let x = arithmetic.constant(try source.element())
        s[i, j] = x
        s[j, i] = arithmetic.negate(x)
      }
    }
    let one = linear.identity(n)
    var q = try linear.multiply(linear.subtract(one, s), try linear.inverse(linear.add(one, s)))
    if n > 0 && generator(key, purpose + " sign").uniform(below: 2) == 1 {
      for i in 0..<n { q[i, n - 1] = arithmetic.negate(q[i, n - 1]) }
    }
    return q
  }

  /// Gives a name columns of an orthogonal matrix. Errors: undefined if it has more columns than rows.
  func makeOrthonormal(_ key: ValueKey) throws(EvaluationError) {
    guard let shape = theory.declarations[key.name]?.shape else { return }
    let (rows, columns) = try extent(shape)
    guard columns <= rows else { throw .undefined("\(columns) orthonormal columns of length \(rows)") }
    let whole = try orthogonal(key, rows, "columns")
    // The last column has a sign of its own, so that both determinants occur.
    setValue(G(rows: rows, columns: columns) { whole[$0, rows - columns + $1] }, for: key)
  }

  /// A column of an orthogonal matrix.
  private func unit(_ key: ValueKey, _ n: Int) throws(EvaluationError) -> G {
    try orthogonal(key, n, "direction").column(n - 1)
  }

  /// A vector with a norm in the domain.
  private func withNorm(_ key: ValueKey, _ n: Int) throws(EvaluationError) -> G {
    let length = Number<D.Element>(parts: [.constant(try source(key, "length").positive(orZero: true))])
    roots.append((try linear.multiply(length, length), length))
    return try linear.scale(length, try unit(key, n))
  }

  /// A matrix made of its singular value decomposition; eigenvectors on both sides if it is to be symmetric.
  private func withSpectrum(
    _ key: ValueKey, _ constraint: Declaration.Constraint, _ rows: Int, _ columns: Int
  ) throws(EvaluationError) -> G {
    let left = try orthogonal(key, rows, "left")
    let source = source(key, "singular values")
    var steps: [Number<D.Element>] = []
    for k in 0..<min(rows, columns) {
      let isRegular = constraint == .spd && k == min(rows, columns) - 1 || needs.simple.contains(key.name) && k == 0
      steps.append(arithmetic.constant(try source.positive(orZero: !isRegular)))
    }
    // Sums of positive steps: distinct, descending and positive, except where the draw is degenerate.
    var values = steps
    for i in values.indices.dropLast().reversed() { values[i] = arithmetic.add(values[i + 1], steps[i]) }
    var right: G
    switch constraint {
    case .none: right = try orthogonal(key, columns, "right")
    case .spd, .psd: right = left
    case .symmetric:
      right = left
      let signs = generator(key, "signs of eigenvalues")
      for j in 0..<columns where signs.uniform(below: 2) == 1 {
        for i in 0..<rows { right[i, j] = arithmetic.negate(right[i, j]) }
      }
    default: throw .unsupported("singular vectors of \(key.name), declared \(constraint.rawValue)")
    }
    let middle = G(rows: rows, columns: columns) { $0 == $1 ? values[$0] : arithmetic.zero }
    let matrix = try linear.multiply(try linear.multiply(left, middle), right.transposed)
    spectra.append(Spectrum(matrix: matrix, left: left, right: right, values: values))
    for value in values { roots.append((try linear.multiply(value, value), value)) }
    return matrix
  }

  func spectrum(of matrix: G) -> Spectrum? { spectra.first { linear.isEqual($0.matrix, matrix) } }
  func root(of square: Number<D.Element>) -> Number<D.Element>? {
    roots.first { arithmetic.isSame($0.square, square) }?.root
  }
  func root(of square: G) -> G? { matrixRoots.first { linear.isEqual($0.square, square) }?.root }
}

/// Names that must be drawn in a special way for the expressions at hand.
struct ModelNeeds: Sendable {
  /// Every name that matters at all.
  var names: Set<String> = []
  /// Matrices whose singular values or vectors are used.
  var spectral: Set<String> = []
  /// Vectors whose norm is used.
  var normed: Set<String> = []
  /// Scalars that a hypothesis says to be positive, all members of a family.
  var positive: Set<String> = []
  /// The same for not negative.
  var nonnegative: Set<String> = []
  /// Matrices whose largest singular value a hypothesis says to be simple.
  var simple: Set<String> = []
  /// Degrees of the polynomials that stand for declared functions.
  var degrees: [String: Int] = [:]
}
