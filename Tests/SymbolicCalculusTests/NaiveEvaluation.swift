// The plainest evaluation of a tree in Double: matrices of arrays, singular vectors by Jacobi, derivatives by differences.

import ExactArithmetic
import Glibc
import SymbolicCalculus

struct Grid: Equatable {
  var rows: Int
  var columns: Int
  var entries: [Double]

  init(_ rows: Int, _ columns: Int, _ value: (Int, Int) -> Double) {
    (self.rows, self.columns) = (rows, columns)
    entries = (0..<rows).flatMap { i in (0..<columns).map { value(i, $0) } }
  }
  static func scalar(_ x: Double) -> Grid { Grid(1, 1) { _, _ in x } }
  static func identity(_ n: Int) -> Grid { Grid(n, n) { $0 == $1 ? 1 : 0 } }

  subscript(i: Int, j: Int) -> Double {
    get { entries[i * columns + j] }
    set { entries[i * columns + j] = newValue }
  }
  var value: Double { entries[0] }
  var transposed: Grid { Grid(columns, rows) { self[$1, $0] } }
  var isScalar: Bool { rows == 1 && columns == 1 }
  func map(_ f: (Double) -> Double) -> Grid { Grid(rows, columns) { f(self[$0, $1]) } }
  var largest: Double { entries.map { $0.magnitude }.max() ?? 0 }

  static func + (a: Grid, b: Grid) -> Grid {
    precondition(a.rows == b.rows && a.columns == b.columns)
    return Grid(a.rows, a.columns) { a[$0, $1] + b[$0, $1] }
  }
  static func - (a: Grid, b: Grid) -> Grid { a + b.map { -$0 } }
  static func * (a: Double, b: Grid) -> Grid { b.map { a * $0 } }
  static func * (a: Grid, b: Grid) -> Grid {
    precondition(a.columns == b.rows)
    return Grid(a.rows, b.columns) { i, j in (0..<a.columns).reduce(0) { $0 + a[i, $1] * b[$1, j] } }
  }

  /// Gauss-Jordan elimination with pivoting: the determinant and the inverse.
  var eliminated: (determinant: Double, inverse: Grid) {
    var (a, b, det) = (self, Grid.identity(rows), 1.0)
    for k in 0..<rows {
      let pivot = (k..<rows).max { a[$0, k].magnitude < a[$1, k].magnitude } ?? k
      if pivot != k { det = -det }
      for j in 0..<rows {
        (a[k, j], a[pivot, j]) = (a[pivot, j], a[k, j])
        (b[k, j], b[pivot, j]) = (b[pivot, j], b[k, j])
      }
      let p = a[k, k]
      det *= p
      for j in 0..<rows { (a[k, j], b[k, j]) = (a[k, j] / p, b[k, j] / p) }
      for i in 0..<rows where i != k {
        let factor = a[i, k]
        for j in 0..<rows {
          a[i, j] -= factor * a[k, j]
          b[i, j] -= factor * b[k, j]
        }
      }
    }
    return (det, b)
  }

  /// Eigenvalues in descending order with vectors in columns, of a symmetric matrix, by Jacobi's rotations.
  var symmetricEigen: (values: [Double], vectors: Grid) {
    var (a, v) = (self, Grid.identity(rows))
    for _ in 0..<60 {
      for p in 0..<rows {
        for q in (p + 1)..<max(rows, p + 1) where a[p, q].magnitude > 1e-300 {
          let theta = (a[q, q] - a[p, p]) / (2 * a[p, q])
          let t = (theta < 0 ? -1 : 1) / (theta.magnitude + (theta * theta + 1).squareRoot())
          let c = 1 / (t * t + 1).squareRoot()
          var rotation = Grid.identity(rows)
          (rotation[p, p], rotation[q, q], rotation[p, q], rotation[q, p]) = (c, c, t * c, -t * c)
          a = rotation.transposed * a * rotation
          v = v * rotation
        }
      }
    }
    let order = (0..<rows).sorted { a[$0, $0] > a[$1, $1] }
    return (order.map { a[$0, $0] }, Grid(rows, rows) { v[$0, order[$1]] })
  }

  /// σᵢ, and all of U and V; columns beyond min(m, n) belong to σ = 0.
  var singular: (values: [Double], left: Grid, right: Grid) {
    if rows > columns {
      let other = transposed.singular
      return (other.values, other.right, other.left)
    }
    var (values, left) = (self * transposed).symmetricEigen
    values = values.map { max($0, 0).squareRoot() }
    // Signs that do not jump between neighbouring matrices.
    for j in 0..<rows where (0..<rows).reduce(0, { $0 + left[$1, j] * Double($1 + 3).squareRoot() }) < 0 {
      for i in 0..<rows { left[i, j] = -left[i, j] }
    }
    var right = (transposed * transposed.transposed).symmetricEigen.vectors
    for j in 0..<rows {
      let column = transposed * Grid(rows, 1) { i, _ in left[i, j] }
      for i in 0..<columns { right[i, j] = column[i, 0] / values[j] }
    }
    return (values, left, right)
  }
}

/// Values of names, functions and index bounds.
struct NaiveEvaluation {
  var variables: [String: Grid] = [:]
  var sizes: [String: Int] = [:]
  var functions: [String: @Sendable (Grid) -> Grid] = [:]
  /// Values that a random variable takes with equal probability.
  var random: [String: [Grid]] = [:]

  func size(_ d: Dimension) -> Int { d.value { sizes[$0] } ?? { preconditionFailure("no value for \(d)") }() }

  func with(_ name: String, _ value: Grid) -> Self {
    var copy = self
    copy.variables[name] = value
    return copy
  }
  func with(_ index: String, _ value: Int) -> Self {
    var copy = self
    copy.sizes[index] = value
    return copy
  }

  /// (f(x + h e) − f(x − h e)) / 2h, with one step of Richardson's extrapolation.
  func difference(_ x: Grid, _ e: Grid, _ f: (Grid) -> Grid, step: Double = 2e-3) -> Grid {
    func central(_ h: Double) -> Grid { 1 / (2 * h) * (f(x + h * e) - f(x - h * e)) }
    return 4.0 / 3 * central(step / 2) - 1.0 / 3 * central(step)
  }

  func values(_ range: Expression.Range) -> [Self] {
    let (lower, upper) = (size(range.lower), size(range.upper))
    let skipped = range.excluding.map(size)
    return lower > upper ? [] : (lower...upper).filter { !skipped.contains($0) }.map { with(range.index, $0) }
  }

  /// Every draw of the random variables that have no value yet.
  private var draws: [Self] {
    random.reduce([self]) { all, item in
      all.flatMap { world in world.variables[item.key] != nil ? [world] : item.value.map { world.with(item.key, $0) } }
    }
  }
  private func mean(_ f: (Self) -> Grid) -> Grid {
    let values = draws.map(f)
    return 1 / Double(values.count) * values.dropFirst().reduce(values[0], +)
  }

  func callAsFunction(_ e: Expression) -> Grid {
    let (m, n) = (size(e.shape.rows), size(e.shape.columns))
    switch e.node {
    case .number(let value): return .scalar(value.approximation)
    case .size(let d): return .scalar(Double(size(d)))
    case .variable(let name, let list):
      let key = name + list.map { "[\(size($0))]" }.joined()
      return variables[key] ?? { preconditionFailure("no value for \(key)") }()
    case .defined(_, _, let meaning): return self(meaning)
    case .identity: return .identity(m)
    case .zero: return Grid(m, n) { _, _ in 0 }
    case .ones: return Grid(m, n) { _, _ in 1 }
    case .basis(let i):
      let k = size(i) - 1
      return Grid(m, 1) { row, _ in row == k ? 1 : 0 }
    case .add(let terms): return terms.dropFirst().reduce(self(terms[0])) { $0 + self($1) }
    case .negate(let a): return -1 * self(a)
    case .multiply(let a, let b): return self(a) * self(b)
    case .scale(let a, let b): return self(a).value * self(b)
    case .divide(let a, let b): return (1 / self(b).value) * self(a)
    case .power(let a, let b):
      let (base, exponent) = (self(a), self(b).value)
      if base.isScalar { return .scalar(power(base.value, exponent)) }
      let step = exponent < 0 ? base.eliminated.inverse : base
      return (0..<Int(exponent.magnitude)).reduce(.identity(m)) { product, _ in product * step }
    case .transpose(let a): return self(a).transposed
    case .apply(let f, let arguments): return apply(f, arguments.map { self($0) }, m, n)
    case .entry(let a, let list):
      return .scalar(self(a)[size(list[0]) - 1, list.count > 1 ? size(list[1]) - 1 : 0])
    case .singular(let part, let a, let index):
      let (triplets, k) = (self(a).singular, size(index) - 1)
      switch part {
      case .value: return .scalar(k < triplets.values.count ? triplets.values[k] : 0)
      case .left: return Grid(m, 1) { i, _ in triplets.left[i, k] }
      case .right: return Grid(m, 1) { i, _ in triplets.right[i, k] }
      }
    case .sum(let range, let body):
      return values(range).reduce(Grid(m, n) { _, _ in 0 }) { $0 + $1(body) }
    case .product(let range, let body): return .scalar(values(range).reduce(1) { $0 * $1(body).value })
    case .derivative(let f, let x, let directions): return derivative(f, self(x), directions.map { self($0) })
    case .gradient(let f, let x):
      let point = self(x)
      return Grid(point.rows, point.columns) { i, j in
        derivative(f, point, [Grid(point.rows, point.columns) { $0 == i && $1 == j ? 1 : 0 }]).value
      }
    case .hessian(let f, let x):
      let point = self(x)
      func unit(_ k: Int) -> Grid { Grid(point.rows, point.columns) { $0 + point.rows * $1 == k ? 1 : 0 } }
      return Grid(m, m) { derivative(f, point, [unit($0), unit($1)]).value }
    case .call(let name, let x): return functions[name]!(self(x))
    case .expectation(let x): return mean { $0(x) }
    case .variance(let x): return self(covariance(x, x))
    case .covariance(let x, let y):
      let (a, b) = (mean { $0(x) }, mean { $0(y) })
      return mean { ($0(x) - a) * ($0(y) - b).transposed }
    case .integral(let name, let a, let b, let body):
      // Gauss' rule with three nodes on forty pieces.
      let (start, end) = (self(a).value, self(b).value)
      let h = (end - start) / 40
      let nodes = [(-0.6.squareRoot(), 5.0 / 9), (0, 8.0 / 9), (0.6.squareRoot(), 5.0 / 9)]
      return (0..<40).reduce(Grid(m, n) { _, _ in 0 }) { sum, k in
        nodes.reduce(sum) { sum, node in
          let s = start + (Double(k) + 0.5 + node.0 / 2) * h
          return sum + (h * node.1 / 2) * with(name, .scalar(s))(body)
        }
      }
    case .timeDifferential: return variables["dt"] ?? .scalar(1)
    case .brownianDifferential(let name, let list): return self(.variable("d" + name, e.shape, list))
    case .differential(let x): return self(.variable("d(\(x))", e.shape))
    case .processValue: return self(.variable("\(e)", e.shape))
    }
  }

  private func derivative(_ f: Expression.Lambda, _ x: Grid, _ directions: [Grid]) -> Grid {
    guard let first = directions.first else { return with(f.parameter, x)(f.body) }
    return difference(x, first) { derivative(f, $0, Array(directions.dropFirst())) }
  }

  private func power(_ x: Double, _ p: Double) -> Double {
    p == p.rounded() ? (0..<Int(p.magnitude)).reduce(1) { y, _ in p < 0 ? y / x : y * x } : exp(p * log(x))
  }

  private func apply(_ f: Expression.Function, _ a: [Grid], _ m: Int, _ n: Int) -> Grid {
    let x = a[0]
    switch f {
    case .trace: return .scalar((0..<x.rows).reduce(0) { $0 + x[$1, $1] })
    case .vec, .unvec: return Grid(m, n) { i, j in x[(i + m * j) % x.rows, (i + m * j) / x.rows] }
    case .kron: return Grid(m, n) { x[$0 / a[1].rows, $1 / a[1].columns] * a[1][$0 % a[1].rows, $1 % a[1].columns] }
    case .hadamard: return Grid(m, n) { x[$0, $1] * a[1][$0, $1] }
    case .diag: return Grid(m, n) { $0 == $1 ? x[$0, 0] : 0 }
    case .diagonal: return Grid(m, 1) { i, _ in x[i, i] }
    case .inverse: return x.eliminated.inverse
    case .pseudoInverse:
      let (values, left, right) = x.singular
      return values.enumerated().filter { $1 > 1e-8 }.reduce(Grid(m, n) { _, _ in 0 }) { sum, item in
        let (k, value) = item
        return sum + Grid(m, n) { right[$0, k] * left[$1, k] / value }
      }
    case .squareRoot:
      let (values, vectors) = x.symmetricEigen
      return vectors * Grid(m, m) { $0 == $1 ? values[$0].squareRoot() : 0 } * vectors.transposed
    case .determinant: return .scalar(x.eliminated.determinant)
    case .norm: return .scalar(x.entries.reduce(0) { $0 + $1 * $1 }.squareRoot())
    case .operatorNorm: return .scalar(x.singular.values[0])
    case .exp: return .scalar(exp(x.value))
    case .log: return .scalar(log(x.value))
    case .sqrt: return .scalar(x.value.squareRoot())
    case .abs: return .scalar(x.value.magnitude)
    case .sin: return .scalar(sin(x.value))
    case .cos: return .scalar(cos(x.value))
    case .tanh: return .scalar(tanh(x.value))
    case .minimum: return .scalar(min(x.value, a[1].value))
    case .maximum: return .scalar(max(x.value, a[1].value))
    }
  }
}
