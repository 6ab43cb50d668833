// One product in normal form: a number, scalars with exponents and a word of matrices, perhaps under sums.

internal import ExactArithmetic

/// coefficient · Σ (ranges) Π base^exponent · word.
struct Term {
  var coefficient: Rational = 1
  /// Ranges of the sums around the product, outermost first.
  var ranges: [Expression.Range] = []
  /// Scalar factors in the order in which they appeared; every base once.
  var scalars: [Scalar] = []
  /// Matrices to be multiplied; empty for a scalar, and for the identity.
  var word: [Expression] = []
  var shape: Shape = .scalar

  struct Scalar: Hashable {
    var base: Expression
    var exponent: Rational
  }

  /// What like terms share.
  struct Key: Hashable {
    var ranges: [Expression.Range]
    var scalars: Set<Scalar>
    var word: [Expression]
  }

  var key: Key { Key(ranges: ranges, scalars: Set(scalars), word: word) }

  /// The term that is one indivisible expression.
  init(atom e: Expression) {
    shape = e.shape
    if e.shape.isScalar { multiply(by: e, 1) } else { word = [e] }
  }

  init(number: Rational) { coefficient = number }

  /// A word of the given shape, in normal form.
  init(word: [Expression], _ shape: Shape) {
    (self.word, self.shape) = (word, shape)
    normalise()
  }

  mutating func multiply(by base: Expression, _ exponent: Rational) {
    if let k = scalars.firstIndex(where: { $0.base == base }) {
      scalars[k].exponent = scalars[k].exponent + exponent
      if scalars[k].exponent == 0 { scalars.remove(at: k) }
    } else {
      scalars.append(Scalar(base: base, exponent: exponent))
    }
  }

  static func * (a: Term, b: Term) -> Term {
    var product = a
    product.coefficient = a.coefficient * b.coefficient
    product.ranges += b.ranges
    for scalar in b.scalars { product.multiply(by: scalar.base, scalar.exponent) }
    product.word += b.word
    product.shape =
      a.shape.isScalar ? b.shape : b.shape.isScalar ? a.shape : Shape(a.shape.rows, b.shape.columns)
    product.normalise()
    return product
  }

  /// The term to an integer power, or its reciprocal; only for scalars without sums around.
  func power(_ n: Int) -> Term {
    var result = self
    let value = (0..<n.magnitude).reduce(Rational(1)) { product, _ in product * coefficient }
    result.coefficient = n < 0 ? 1 / value : value
    result.scalars = scalars.map { Scalar(base: $0.base, exponent: $0.exponent * Rational(n)) }
    return result
  }

  var transposed: Term {
    var result = self
    result.word = word.transposedWord
    result.shape = shape.transposed
    return result
  }

  /// Identities go, A⁻¹A cancels, and where the word passes through dimension 1 the scalars in it are taken out.
  mutating func normalise() {
    var reduced: [Expression] = []
    for factor in word where !factor.isIdentity {
      if let last = reduced.last, last.isInverse(of: factor) || factor.isInverse(of: last) {
        reduced.removeLast()
      } else {
        reduced.append(factor)
      }
    }
    word = []
    var segment: [Expression] = []
    func isScalar(_ segment: [Expression]) -> Bool {
      segment.first?.shape.rows == .one && segment.last?.shape.columns == .one
    }
    for (k, factor) in reduced.enumerated() {
      segment.append(factor)
      if factor.shape.columns == .one || k == reduced.count - 1 {
        if isScalar(segment) { multiply(by: segment.canonicalScalar, 1) } else { word += segment }
        segment = []
      }
    }
  }

  /// The tree: numbers in front, then what does not depend on the sums' indices, differentials at the end.
  var expression: Expression {
    if coefficient == 0 { return .zeros(shape) }
    let bound = Set(ranges.map(\.index))
    let isInside = { (scalar: Scalar) in !bound.isDisjoint(with: scalar.base.names) }
    let matrix = shape.isScalar ? 1 : word.isEmpty ? Expression.identity(shape.rows) : word.product
    if ranges.isEmpty { return .number(coefficient) * Self.product(scalars, matrix) }
    let outside = scalars.filter { !isInside($0) }
    var body = Self.product(scalars.filter(isInside), matrix)
    for range in ranges.reversed() { body = .sum(range, body) }
    let differentials = outside.filter { $0.base.isDifferential && $0.exponent == 1 }
    let front = Self.product(outside.filter { !differentials.contains($0) }, 1)
    return .number(coefficient) * Self.product(differentials, front * body)
  }

  private static func product(_ scalars: [Scalar], _ matrix: Expression) -> Expression {
    var numerator = Expression.number(1)
    var denominator = Expression.number(1)
    var differentials: [Expression] = []
    for scalar in scalars {
      if scalar.base.isDifferential, scalar.exponent == 1 {
        differentials.append(scalar.base)
      } else if scalar.exponent > 0 {
        numerator = numerator * scalar.base.readable(to: scalar.exponent)
      } else {
        denominator = denominator * scalar.base.readable(to: -scalar.exponent)
      }
    }
    return differentials.reduce(numerator * matrix / denominator) { $0 * $1 }
  }
}

extension Array where Element == Expression {
  /// The matrix product from left to right.
  var product: Expression { dropFirst().reduce(self[0]) { $0 * $1 } }

  /// (A B)ᵀ = Bᵀ Aᵀ.
  var transposedWord: [Expression] { reversed().map(\.transposed) }

  private var transposeCount: Int {
    reduce(0) { if case .transpose = $1.node { $0 + 1 } else { $0 } }
  }

  func isBefore(_ other: [Expression]) -> Bool {
    let (p, q) = (transposeCount, other.transposeCount)
    return p != q ? p < q : map(\.description).lexicographicallyPrecedes(other.map(\.description))
  }

  /// xᵀy and yᵀx are one number: the form with fewer transposes, then the first in alphabetical order.
  var canonicalScalar: Expression {
    let other = transposedWord
    return other.isBefore(self) ? other.product : product
  }

  /// tr(A B) = tr(B A) = tr(Bᵀ Aᵀ): the first of these in the same sense.
  var canonicalTrace: [Expression] {
    var best = self
    for word in [self, transposedWord] {
      for k in word.indices {
        let rotated = Array(word[k...] + word[..<k])
        if rotated.isBefore(best) { best = rotated }
      }
    }
    return best
  }
}

extension Expression {
  /// Whether this is written as the inverse of `a`.
  fileprivate func isInverse(of a: Expression) -> Bool {
    switch node {
    case .apply(.inverse, let b): b[0] == a
    case .power(let b, let exponent): exponent.constant == -1 && b == a
    default: false
    }
  }

  /// The factors of a matrix product.
  var wordFactors: [Expression] {
    if case .multiply(let a, let b) = node { return a.wordFactors + b.wordFactors }
    return [self]
  }

  /// base^exponent as people write it: eᵢᵀx is x[i], x^(1/2) is sqrt(x).
  fileprivate func readable(to exponent: Rational) -> Expression {
    var base = self
    var word = wordFactors
    if word.count > 1 {
      if case .transpose(let a) = word[0].node, case .basis = a.node { word = word.transposedWord }
      if case .basis(let i) = word[word.count - 1].node {
        let inner = Array(word.dropLast())
        if case .transpose(let a) = inner[0].node, case .basis(let j) = a.node {
          base = inner.count == 1 ? Expression.identity(a.shape.rows)[i, j] : Array(inner.dropFirst()).product[j, i]
        } else {
          base = inner.transposedWord.product[i]
        }
      }
    }
    return exponent == Rational(1, 2) ? sqrt(base) : base.power(.number(exponent))
  }
}
