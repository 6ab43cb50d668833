// A point at which expressions are evaluated: sizes, and one value for every name, drawn when it is first needed.

internal import ExactArithmetic
internal import RandomStreams

/// A domain whose elements can be drawn at random.
protocol DrawingDomain: ScalarDomain {
  /// An element for an entry that is free; `generator` is seeded by the entry's name. `spread` asks for readable values.
  func draw(_ generator: RandomGenerator, spread: Spread) throws(EvaluationError) -> Element
  /// The greater of two, by a domain that need not decide one sign for it; nil for all others.
  func maximum(_ a: Element, _ b: Element) -> Element?
}

/// How simple the rational numbers of a sample are.
enum Spread: Sendable {
  /// −2 … 2: for counterexamples that are to be read.
  case small
  /// p/q with |p| ≤ 30, q ≤ 7.
  case wide
  /// −1 … 1 in sixteenths: for dynamics that are simulated, which greater rates make stiff.
  case moderate
}

extension DrawingDomain {
  func maximum(_ a: Element, _ b: Element) -> Element? { nil }
  func draw(_ generator: RandomGenerator, spread: Spread) throws(EvaluationError) -> Element {
    try element(generator.rational(spread))
  }
}

extension RandomGenerator {
  func rational(_ spread: Spread) -> Rational {
    switch spread {
    case .small: Rational(uniform(below: 5) - 2)
    case .wide: Rational(uniform(below: 61) - 30, uniform(below: 7) + 1)
    case .moderate: Rational(uniform(below: 33) - 16, 16)
    }
  }
}

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
  let arithmetic: Arithmetic<D>
  let linear: LinearAlgebra<D>

  private(set) var values: [ValueKey: G] = [:]
  private(set) var spectra: [Spectrum] = []
  /// Numbers whose positive square root is known, because they were drawn as squares.
  private(set) var roots: [(square: Number<D.Element>, root: Number<D.Element>)]
  private(set) var matrixRoots: [(square: G, root: G)] = []

  init(
    _ theory: Theory, needs: ModelNeeds, dimensions: [String: Int], domain: D, seed: UInt64, spread: Spread,
    budget: WorkBudget
  ) throws(EvaluationError) {
    (self.theory, self.needs, self.dimensions, self.seed, self.spread) = (theory, needs, dimensions, seed, spread)
    arithmetic = try Arithmetic(domain, budget: budget)
    linear = LinearAlgebra(arithmetic: arithmetic, algebra: .scalars)
    roots = [(arithmetic.one, arithmetic.one)]
  }

  func generator(_ key: ValueKey, _ purpose: String = "value") -> RandomGenerator {
    RandomGenerator(stream: StreamName("model", key.name, key.indices.map(String.init).joined(separator: ","), purpose), seed: seed)
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
    case .time:
      // At most two units: exponentials of integrals stay readable.
      let source = generator(key)
      drawn = G(
        scalar: arithmetic.constant(
          arithmetic.domain is any ApproximatesReals
            ? try arithmetic.domain.element(Rational(source.uniform(below: 14) + 1, 7))
            : try arithmetic.domain.draw(source, spread: spread)))
    default: drawn = try draw(key, .none, rows, columns)
    }
    values[key] = drawn
    return drawn
  }

  /// Which member of a population the i-th draw is, outside any expectation.
  private func member(_ key: ValueKey, of population: String, _ replacement: Bool) throws(EvaluationError) -> Int {
    guard let range = theory.declarations[population]?.family.first else {
      throw .unsupported("a sample of \(population), which is no family")
    }
    let (low, high) = (try size(range.lower), try size(range.upper))
    guard high >= low else { throw .undefined("a sample of an empty family") }
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

  private func entries(_ key: ValueKey, _ rows: Int, _ columns: Int, _ purpose: String = "value") throws(EvaluationError)
    -> G
  {
    let source = generator(key, purpose)
    var result = linear.zeros(rows, columns)
    for i in result.entries.indices {
      result.entries[i] = arithmetic.constant(try arithmetic.domain.draw(source, spread: spread))
    }
    return result
  }

  private func draw(
    _ key: ValueKey, _ constraint: Declaration.Constraint, _ rows: Int, _ columns: Int
  ) throws(EvaluationError) -> G {
    if needs.spectral.contains(key.name) { return try withSpectrum(key, constraint, rows, columns) }
    let isPositive = constraint == .none && rows == 1 && columns == 1 && needs.positive.contains(key.name)
    switch isPositive ? .positive : constraint {
    case .none:
      guard rows == 1 && columns == 1 || columns == 1 && needs.normed.contains(key.name) else {
        return try entries(key, rows, columns)
      }
      return columns == 1 && rows > 1 ? try withNorm(key, rows) : try entries(key, rows, columns)
    case .positive, .nonnegative:
      // Drawn as squares, so that their square roots are exact in every domain.
      let root = Number<D.Element>(parts: [.constant(try nonzero(key, "root"))])
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
      // R = BBᵀ (+ I) is psd and R² has the root R.
      let b = try entries(key, rows, columns)
      var root = try linear.multiply(b, b.transposed)
      if constraint == .spd { root = linear.add(root, linear.identity(rows)) }
      let square = try linear.multiply(root, root)
      matrixRoots.append((square, root))
      return square
    case .orthogonal: return try orthogonal(key, rows, "value")
    case .unit: return try unit(key, rows)
    }
  }

  private func nonzero(_ key: ValueKey, _ purpose: String) throws(EvaluationError) -> D.Element {
    let source = generator(key, purpose)
    if arithmetic.domain is any ApproximatesReals {
      return try arithmetic.domain.element(source.positive(spread))
    }
    return try arithmetic.domain.draw(source, spread: spread)
  }

  /// Cayley's (I − S)(I + S)⁻¹ for a skew S, with one column's sign free.
  private func orthogonal(_ key: ValueKey, _ n: Int, _ purpose: String) throws(EvaluationError) -> G {
    let source = generator(key, purpose)
    var s = linear.zeros(n, n)
    for i in 0..<n {
      for j in 0..<i {
        let x = arithmetic.constant(try arithmetic.domain.draw(source, spread: spread))
        s[i, j] = x
        s[j, i] = arithmetic.negate(x)
      }
    }
    let one = linear.identity(n)
    return try linear.multiply(linear.subtract(one, s), try linear.inverse(linear.add(one, s)))
  }

  /// A column of an orthogonal matrix.
  private func unit(_ key: ValueKey, _ n: Int) throws(EvaluationError) -> G {
    try orthogonal(key, n, "direction").column(n - 1)
  }

  /// A vector with a norm in the domain.
  private func withNorm(_ key: ValueKey, _ n: Int) throws(EvaluationError) -> G {
    let length = Number<D.Element>(parts: [.constant(try nonzero(key, "length"))])
    roots.append((try linear.multiply(length, length), length))
    return try linear.scale(length, try unit(key, n))
  }

  /// A matrix made of its singular value decomposition; eigenvectors on both sides if it is to be symmetric.
  private func withSpectrum(
    _ key: ValueKey, _ constraint: Declaration.Constraint, _ rows: Int, _ columns: Int
  ) throws(EvaluationError) -> G {
    let left = try orthogonal(key, rows, "left")
    let source = generator(key, "singular values")
    let real = arithmetic.domain is any ApproximatesReals
    var steps: [Number<D.Element>] = []
    for _ in 0..<min(rows, columns) {
      let step = real ? try arithmetic.domain.element(source.positive(spread)) : try arithmetic.domain.draw(source, spread: spread)
      steps.append(arithmetic.constant(step))
    }
    // Sums of positive steps: distinct, descending and positive.
    var values = steps
    for i in values.indices.dropLast().reversed() { values[i] = arithmetic.add(values[i + 1], steps[i]) }
    var right: G
    switch constraint {
    case .none: right = try orthogonal(key, columns, "right")
    case .spd, .psd: right = left
    case .symmetric:
      right = left
      for j in 0..<columns where source.uniform(below: 2) == 1 {
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

extension RandomGenerator {
  func positive(_ spread: Spread) -> Rational {
    switch spread {
    case .small: Rational(uniform(below: 3) + 1)
    case .wide: Rational(uniform(below: 30) + 1, uniform(below: 7) + 1)
    case .moderate: Rational(uniform(below: 8) + 1, 8)
    }
  }
}

/// A domain of real numbers, where positive means something.
protocol ApproximatesReals {}

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
}
