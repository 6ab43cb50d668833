// Floating point for many draws at once: an expression is walked once, and every operation runs over all of them.

internal import ExactArithmetic
internal import Glibc

/// One number for each of many draws; a single number stands for all of them.
struct Lanes: Sendable {
  var values: [Double]

  init(_ values: [Double]) { self.values = values }
  init(_ value: Double) { values = [value] }

  /// The value that all draws have, if they are known to have one.
  var common: Double? { values.count == 1 ? values[0] : nil }
  var mean: Double { values.reduce(0, +) / Double(values.count) }

  func map(_ f: (Double) -> Double) -> Lanes { Lanes(values.map(f)) }

  @inline(__always) func combined(_ b: Lanes, _ f: (Double, Double) -> Double) -> Lanes {
    if let y = b.common { return map { f($0, y) } }
    if let x = common { return b.map { f(x, $0) } }
    let n = min(values.count, b.values.count)
    return Lanes(
      [Double](unsafeUninitializedCapacity: n) { out, count in
        for i in 0..<n { out.initializeElement(at: i, to: f(values[i], b.values[i])) }
        count = n
      })
  }
}

/// `Double`s, lane by lane. A decision, such as a sign, holds for every lane or is none.
struct LanesDomain: ScalarDomain {
  private let one = FloatingDomain()

  func element(_ value: Rational) -> Lanes { Lanes(value.approximation) }

  func add(_ a: Lanes, _ b: Lanes) -> Lanes {
    if a.common == 0 { return b }
    if b.common == 0 { return a }
    return a.combined(b) { $0 + $1 }
  }

  func subtract(_ a: Lanes, _ b: Lanes) -> Lanes { b.common == 0 ? a : a.combined(b) { $0 - $1 } }

  func multiply(_ a: Lanes, _ b: Lanes) -> Lanes {
    if a.common == 0 || b.common == 1 { return a }
    if b.common == 0 || a.common == 1 { return b }
    return a.combined(b) { $0 * $1 }
  }

  func negate(_ a: Lanes) -> Lanes { a.map { -$0 } }

  func inverse(_ a: Lanes) throws(EvaluationError) -> Lanes {
    if a.values.contains(0) { throw .undefined("division by zero") }
    return a.map { 1 / $0 }
  }

  func isZero(_ a: Lanes) -> Bool { a.values.allSatisfy { $0 == 0 } }
  func isSame(_ a: Lanes, _ b: Lanes) -> Bool {
    if let x = a.common { return b.values.allSatisfy { $0 == x } }
    if let y = b.common { return a.values.allSatisfy { $0 == y } }
    return a.values == b.values
  }
  func pivotQuality(_ a: Lanes) -> Double { a.values.reduce(.infinity) { min($0, one.pivotQuality($1)) } }

  func sign(_ a: Lanes) -> Int? {
    guard let sign = one.sign(a.values[0]) else { return nil }
    return a.values.allSatisfy { one.sign($0) == sign } ? sign : nil
  }

  func taylor(_ f: ElementaryFunction, at a: Lanes, order: Int) throws(EvaluationError) -> [Lanes] {
    if order == 0, let function = Self.function(f, of: a) { return [a.map(function)] }
    var all = Array(repeating: Lanes([]), count: order + 1)
    for k in all.indices { all[k].values.reserveCapacity(a.values.count) }
    for x in a.values {
      for (k, coefficient) in try one.taylor(f, at: x, order: order).enumerated() { all[k].values.append(coefficient) }
    }
    return all
  }

  /// The function itself, where it has a value in every lane and no derivative is asked for.
  private static func function(_ f: ElementaryFunction, of a: Lanes) -> ((Double) -> Double)? {
    switch f {
    case .exp: return { exp($0) }
    case .sin: return { sin($0) }
    case .cos: return { cos($0) }
    case .tanh: return { tanh($0) }
    case .log, .power:
      guard a.values.allSatisfy({ $0 > 0 }) else { return nil }
      guard case .power(let q) = f else { return { log($0) } }
      return q == Rational(1, 2) ? { $0.squareRoot() } : { [q = q.approximation] in pow($0, q) }
    }
  }

  func largestEigenvalue(_ a: [[Lanes]]) throws(EvaluationError) -> Lanes {
    var values: [Double] = []
    for matrix in lanes(of: a) { values.append(try one.largestEigenvalue(matrix)) }
    return Lanes(values)
  }

  func squareRoot(_ a: [[Lanes]]) throws(EvaluationError) -> [[Lanes]] {
    var root = a.map { $0.map { _ in Lanes([]) } }
    for matrix in lanes(of: a) {
      for (i, row) in try one.squareRoot(matrix).enumerated() {
        for (j, x) in row.enumerated() { root[i][j].values.append(x) }
      }
    }
    return root
  }

  private func lanes(of a: [[Lanes]]) -> [[[Double]]] {
    let count = a.joined().map(\.values.count).max() ?? 0
    return (0..<count).map { lane in a.map { $0.map { $0.common ?? $0.values[lane] } } }
  }
}

extension LanesDomain: DrawingDomain, ApproximatesReals {
  func maximum(_ a: Lanes, _ b: Lanes) -> Lanes? { a.combined(b) { $0.isNaN || $1.isNaN ? .nan : max($0, $1) } }
}
