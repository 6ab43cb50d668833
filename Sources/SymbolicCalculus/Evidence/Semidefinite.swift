// Covariances: expressions that are positive semidefinite by their form, and matrices that are definite at a point.

internal import ExactArithmetic

extension Expression {
  /// Whether the form alone shows that this is a covariance: R Rᵀ, R S Rᵀ, sums, and multiples that are not negative.
  func isSemidefinite(in theory: Theory) -> Bool {
    switch node {
    case .identity, .zero, .variance: return true
    case .variable(let name, _):
      guard case .parameter(let constraint)? = theory.declarations[name]?.nature else { return false }
      return constraint == .psd || constraint == .spd
    case .defined(_, _, let e), .transpose(let e): return e.isSemidefinite(in: theory)
    case .add(let terms): return terms.allSatisfy { $0.isSemidefinite(in: theory) }
    case .sum(_, let e), .expectation(let e): return e.isSemidefinite(in: theory)
    case .scale(let a, let m): return a.isNonnegative(in: theory) && m.isSemidefinite(in: theory)
    case .divide(let m, let a): return a.isNonnegative(in: theory) && m.isSemidefinite(in: theory)
    case .apply(.inverse, let a), .apply(.pseudoInverse, let a), .apply(.squareRoot, let a):
      return a[0].isSemidefinite(in: theory)
    case .apply(.kron, let a), .apply(.hadamard, let a): return a.allSatisfy { $0.isSemidefinite(in: theory) }
    case .multiply:
      var factors = self.factors[...]
      while factors.count > 1, let first = factors.popFirst(), let last = factors.popLast() {
        guard first.isTransposed(last) else { return false }
      }
      return factors.first.map { $0.isSemidefinite(in: theory) } ?? true
    default: return false
    }
  }

  /// Whether the form alone shows that this scalar is not negative.
  private func isNonnegative(in theory: Theory) -> Bool {
    switch node {
    case .number(let q): return q >= 0
    // A size may be n − 5; what it is at the point decides.
    case .variance: return true
    case .variable(let name, _):
      guard case .parameter(let constraint)? = theory.declarations[name]?.nature else { return false }
      return constraint == .positive || constraint == .nonnegative
    case .defined(_, _, let e): return e.isNonnegative(in: theory)
    case .add(let terms): return terms.allSatisfy { $0.isNonnegative(in: theory) }
    case .scale(let a, let b), .divide(let a, let b):
      return a.isNonnegative(in: theory) && b.isNonnegative(in: theory)
    case .power(let a, let exponent):
      if case .number(let q) = exponent.node, (q / 2).isInteger { return true }
      return a.isNonnegative(in: theory)
    case .apply(.norm, _), .apply(.operatorNorm, _), .apply(.exp, _), .apply(.abs, _), .apply(.sqrt, _): return true
    default: return false
    }
  }

  /// The factors of a product, whatever its brackets.
  private var factors: [Expression] {
    if case .multiply(let a, let b) = node { return a.factors + b.factors }
    return [self]
  }

  private func isTransposed(_ other: Expression) -> Bool {
    if case .transpose(let a) = node, a == other { return true }
    if case .transpose(let b) = other.node, b == self { return true }
    return false
  }
}

extension Evaluator {
  /// Whether a matrix is symmetric with positive pivots for every value of its indices; nil if that is not certain.
  func isPositiveDefinite(_ matrix: Expression, _ ranges: [Expression.Range]) throws(EvaluationError) -> Bool? {
    var isOpen = false
    for indices in try Self.members(ranges[...], model) {
      var env = Env(algebra: .scalars)
      for (range, index) in zip(ranges, indices) { env.indices[range.index] = index }
      var a = try linear(env).base(try evaluate(matrix, env), for: "a covariance")
      let n = a.count
      for i in 0..<n {
        for j in 0..<i where try arithmetic.domain.sign(arithmetic.domain.subtract(a[i][j], a[j][i])) ?? 0 != 0 {
          return false
        }
      }
      for k in 0..<n {
        guard let sign = try arithmetic.domain.sign(a[k][k]) else {
          isOpen = true
          break
        }
        if sign <= 0 { return false }
        let reciprocal = try arithmetic.domain.inverse(a[k][k])
        for i in k + 1..<n {
          let factor = arithmetic.domain.multiply(a[i][k], reciprocal)
          for j in k + 1..<n {
            a[i][j] = arithmetic.domain.subtract(a[i][j], arithmetic.domain.multiply(factor, a[k][j]))
          }
        }
      }
    }
    return isOpen ? nil : true
  }
}
