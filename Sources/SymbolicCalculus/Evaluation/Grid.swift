// Small matrices of numbers, and the linear algebra that works over every domain and every nilpotent extension of it.

/// A matrix of numbers, stored column after column as vec stacks them.
public struct Grid<Element: Sendable>: Sendable {
  public let rows: Int
  public let columns: Int
  var entries: [Number<Element>]

  init(rows: Int, columns: Int, entries: [Number<Element>]) {
    (self.rows, self.columns, self.entries) = (rows, columns, entries)
  }

  init(rows: Int, columns: Int, _ entry: (Int, Int) throws -> Number<Element>) rethrows {
    (self.rows, self.columns) = (rows, columns)
    entries = []
    entries.reserveCapacity(rows * columns)
    for j in 0..<columns { for i in 0..<rows { entries.append(try entry(i, j)) } }
  }

  init(scalar: Number<Element>) { self.init(rows: 1, columns: 1, entries: [scalar]) }

  subscript(i: Int, j: Int) -> Number<Element> {
    get { entries[j * rows + i] }
    set { entries[j * rows + i] = newValue }
  }

  var isSquare: Bool { rows == columns }
  var transposed: Grid { Grid(rows: columns, columns: rows) { self[$1, $0] } }
  func column(_ j: Int) -> Grid { Grid(rows: rows, columns: 1, entries: Array(entries[j * rows..<(j + 1) * rows])) }
}

/// Linear algebra over one nilpotent algebra.
struct LinearAlgebra<D: ScalarDomain> {
  typealias N = Number<D.Element>
  typealias G = Grid<D.Element>

  let arithmetic: Arithmetic<D>
  let algebra: NilpotentAlgebra

  func multiply(_ a: N, _ b: N) throws(EvaluationError) -> N { try arithmetic.multiply(a, b, in: algebra) }

  func identity(_ n: Int) -> G { G(rows: n, columns: n) { $0 == $1 ? arithmetic.one : arithmetic.zero } }
  func zeros(_ m: Int, _ n: Int) -> G { G(rows: m, columns: n) { _, _ in arithmetic.zero } }

  func add(_ a: G, _ b: G) -> G {
    G(rows: a.rows, columns: a.columns, entries: zip(a.entries, b.entries).map { arithmetic.add($0, $1) })
  }
  func subtract(_ a: G, _ b: G) -> G {
    G(rows: a.rows, columns: a.columns, entries: zip(a.entries, b.entries).map { arithmetic.subtract($0, $1) })
  }
  func negate(_ a: G) -> G { G(rows: a.rows, columns: a.columns, entries: a.entries.map(arithmetic.negate)) }

  func scale(_ s: N, _ a: G) throws(EvaluationError) -> G {
    var result = a
    for i in a.entries.indices { result.entries[i] = try multiply(s, a.entries[i]) }
    return result
  }

  func multiply(_ a: G, _ b: G) throws(EvaluationError) -> G {
    var result = zeros(a.rows, b.columns)
    for j in 0..<b.columns {
      for i in 0..<a.rows {
        var sum = arithmetic.zero
        for k in 0..<a.columns { sum = arithmetic.add(sum, try multiply(a[i, k], b[k, j])) }
        result[i, j] = sum
      }
    }
    return result
  }

  func trace(_ a: G) -> N {
    (0..<a.rows).reduce(arithmetic.zero) { arithmetic.add($0, a[$1, $1]) }
  }

  func hadamard(_ a: G, _ b: G) throws(EvaluationError) -> G {
    var result = a
    for i in a.entries.indices { result.entries[i] = try multiply(a.entries[i], b.entries[i]) }
    return result
  }

  func kron(_ a: G, _ b: G) throws(EvaluationError) -> G {
    guard a.entries.count * b.entries.count <= 65_536 else { throw .tooLarge("a Kronecker product of that size") }
    var result = zeros(a.rows * b.rows, a.columns * b.columns)
    for i in 0..<a.rows {
      for j in 0..<a.columns {
        for k in 0..<b.rows {
          for l in 0..<b.columns {
            result[i * b.rows + k, j * b.columns + l] = try multiply(a[i, j], b[k, l])
          }
        }
      }
    }
    return result
  }

  /// xᵀx over all entries.
  func squaredNorm(_ a: G) throws(EvaluationError) -> N {
    var sum = arithmetic.zero
    for x in a.entries { sum = arithmetic.add(sum, try multiply(x, x)) }
    return sum
  }

  func power(_ a: G, _ n: Int) throws(EvaluationError) -> G {
    guard n.magnitude <= 64 else { throw .tooLarge("the power \(n)") }
    var result = identity(a.rows)
    let factor = n < 0 ? try inverse(a) : a
    for _ in 0..<abs(n) { result = try multiply(result, factor) }
    return result
  }

  /// The pivot of column j among the rows from `row` on, by the base parts; nil if all are zero for certain.
  private func pivot(_ a: G, column j: Int, from row: Int) throws(EvaluationError) -> Int? {
    var best: (row: Int, quality: Double)?
    var certain = true
    for i in row..<a.rows {
      let base = try arithmetic.base(a[i, j], for: "elimination")
      let quality = arithmetic.domain.pivotQuality(base)
      if quality > 0, quality > (best?.quality ?? 0) { best = (i, quality) }
      if quality == 0 && !arithmetic.isZero(a[i, j]) { certain = false }
    }
    if best == nil && !certain { throw .undecided("a pivot that may be zero") }
    return best?.row
  }

  /// X with A X = B by Gauss–Jordan elimination.
  func solve(_ a: G, _ b: G) throws(EvaluationError) -> G {
    try arithmetic.budget.require(a.rows * a.rows * (a.columns / 2 + b.columns))
    var (a, x) = (a, b)
    for k in 0..<a.rows {
      guard let p = try pivot(a, column: k, from: k) else { throw .undefined("the inverse of a singular matrix") }
      if p != k {
        for j in 0..<a.columns { (a[k, j], a[p, j]) = (a[p, j], a[k, j]) }
        for j in 0..<x.columns { (x[k, j], x[p, j]) = (x[p, j], x[k, j]) }
      }
      let scale = try arithmetic.inverse(a[k, k], in: algebra)
      for j in k..<a.columns { a[k, j] = try multiply(scale, a[k, j]) }
      for j in 0..<x.columns { x[k, j] = try multiply(scale, x[k, j]) }
      for i in 0..<a.rows where i != k && !arithmetic.isZero(a[i, k]) {
        let factor = arithmetic.negate(a[i, k])
        for j in k..<a.columns { a[i, j] = arithmetic.add(a[i, j], try multiply(factor, a[k, j])) }
        for j in 0..<x.columns { x[i, j] = arithmetic.add(x[i, j], try multiply(factor, x[k, j])) }
      }
    }
    return x
  }

  func inverse(_ a: G) throws(EvaluationError) -> G { try solve(a, identity(a.rows)) }

  func determinant(_ a: G) throws(EvaluationError) -> N {
    if a.rows <= 3 { return try cofactors(a) }
    try arithmetic.budget.require(a.rows * a.rows * a.rows / 3)
    var (a, det) = (a, arithmetic.one)
    for k in 0..<a.rows {
      guard let p = try pivot(a, column: k, from: k) else {
        throw .unsupported("det of a singular matrix of order > 3")
      }
      if p != k {
        for j in 0..<a.columns { (a[k, j], a[p, j]) = (a[p, j], a[k, j]) }
        det = arithmetic.negate(det)
      }
      det = try multiply(det, a[k, k])
      let reciprocal = try arithmetic.inverse(a[k, k], in: algebra)
      for i in k + 1..<a.rows {
        let factor = arithmetic.negate(try multiply(a[i, k], reciprocal))
        for j in k..<a.columns { a[i, j] = arithmetic.add(a[i, j], try multiply(factor, a[k, j])) }
      }
    }
    return det
  }

  /// Expansion along the first column: needs no division, so it also serves random and singular matrices.
  private func cofactors(_ a: G) throws(EvaluationError) -> N {
    if a.rows == 0 { return arithmetic.one }
    if a.rows == 1 { return a[0, 0] }
    var sum = arithmetic.zero
    for i in 0..<a.rows {
      let minor = G(rows: a.rows - 1, columns: a.rows - 1) { a[$0 < i ? $0 : $0 + 1, $1 + 1] }
      let term = try multiply(a[i, 0], try cofactors(minor))
      sum = i.isMultiple(of: 2) ? arithmetic.add(sum, term) : arithmetic.subtract(sum, term)
    }
    return sum
  }

  /// A⁺ = Cᵀ(CCᵀ)⁻¹(BᵀB)⁻¹Bᵀ from a full-rank factorisation A = BC: B are the pivot columns of A, C the rows of its
  /// reduced echelon form. Infinitesimal parts must keep the rank, else A⁺ is not differentiable.
  func pseudoInverse(_ a: G) throws(EvaluationError) -> G {
    var r = a
    var pivots: [Int] = []
    for j in 0..<r.columns where pivots.count < r.rows {
      let k = pivots.count
      guard let p = try pivot(r, column: j, from: k) else {
        guard (k..<r.rows).allSatisfy({ arithmetic.isZero(r[$0, j]) }) else {
          throw .undefined("the derivative of a pseudo-inverse where the rank changes")
        }
        continue
      }
      for c in 0..<r.columns { (r[k, c], r[p, c]) = (r[p, c], r[k, c]) }
      let scale = try arithmetic.inverse(r[k, j], in: algebra)
      for c in 0..<r.columns { r[k, c] = try multiply(scale, r[k, c]) }
      for i in 0..<r.rows where i != k {
        let factor = arithmetic.negate(r[i, j])
        for c in 0..<r.columns { r[i, c] = arithmetic.add(r[i, c], try multiply(factor, r[k, c])) }
      }
      pivots.append(j)
    }
    if pivots.isEmpty { return zeros(a.columns, a.rows) }
    let b = G(rows: a.rows, columns: pivots.count) { a[$0, pivots[$1]] }
    let c = G(rows: pivots.count, columns: a.columns) { r[$0, $1] }
    let left = try solve(try multiply(b.transposed, b), b.transposed)
    let right = try inverse(try multiply(c, c.transposed))
    return try multiply(c.transposed, try multiply(right, left))
  }

  func base(_ a: G, for what: String) throws(EvaluationError) -> [[D.Element]] {
    var rows: [[D.Element]] = []
    for i in 0..<a.rows {
      var row: [D.Element] = []
      for j in 0..<a.columns { row.append(try arithmetic.base(a[i, j], for: what)) }
      rows.append(row)
    }
    return rows
  }

  /// The matrix without its infinitesimal parts.
  func basePart(_ a: G) -> G {
    G(rows: a.rows, columns: a.columns, entries: a.entries.map { N(parts: [$0.parts[0]]) })
  }

  func isConstant(_ a: G) -> Bool {
    a.entries.allSatisfy { arithmetic.isZero(N(parts: Array($0.parts.dropFirst()))) }
  }

  func isZero(_ a: G) -> Bool { a.entries.allSatisfy(arithmetic.isZero) }
  func isEqual(_ a: G, _ b: G) -> Bool {
    a.rows == b.rows && a.columns == b.columns && zip(a.entries, b.entries).allSatisfy { arithmetic.isSame($0, $1) }
  }
}
