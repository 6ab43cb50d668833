// Products as they are written: a row of factors from left to right, which reading must put together to the same value.

internal import ExactArithmetic

/// One factor of a written product.
struct ChainFactor {
  var divides: Bool
  var factor: Expression
}

extension Expression {
  /// The factors of a tree of products and quotients, to be read from left to right; the expression itself if it is no product.
  ///
  /// A right operand is taken apart only if the flat row still has the same sizes everywhere; products being associative, it
  /// then has the same value.
  var productChain: [ChainFactor] {
    switch node {
    case .scale(let s, let a) where s.isDifferential && !a.isDifferential:
      return a.productChain + [ChainFactor(divides: false, factor: s)]
    case .multiply(let a, let b), .scale(let a, let b):
      let left = a.productChain
      let flat = left + b.productChain
      let lefts = ChainFactor.shape(of: left)
      return lefts != nil && ChainFactor.shape(of: flat) == shape
        ? flat : left + [ChainFactor(divides: false, factor: b)]
    case .divide(let a, let b):
      return a.productChain + [ChainFactor(divides: true, factor: b)]
    default:
      return [ChainFactor(divides: false, factor: self)]
    }
  }

  /// Whether this is dX, dt or dW itself: what a form is a multiple of, and is written last.
  var isDifferential: Bool {
    switch node {
    case .differential, .timeDifferential, .brownianDifferential: true
    default: false
    }
  }

  /// The sign in front and what it stands in front of.
  var signed: (isNegative: Bool, magnitude: Expression) {
    switch node {
    case .negate(let a):
      let inner = a.signed
      return (!inner.isNegative, inner.magnitude)
    case .number(let value) where value < 0: return (true, .number(-value))
    case .scale(let s, let a):
      let inner = s.signed
      if !inner.isNegative { return (false, self) }
      return (true, inner.magnitude.isOne ? a : Expression(.scale(inner.magnitude, a), shape))
    case .multiply(let a, let b):
      let inner = a.signed
      return inner.isNegative ? (true, Expression(.multiply(inner.magnitude, b), shape)) : (false, self)
    case .divide(let a, let b):
      let inner = a.signed
      return inner.isNegative ? (true, Expression(.divide(inner.magnitude, b), shape)) : (false, self)
    default: return (false, self)
    }
  }

  /// Nested sums over one body, outermost range first.
  var nestedRanges: (ranges: [Range], body: Expression) {
    guard case .sum(let range, let body) = node else { return ([], self) }
    let inner = body.nestedRanges
    return ([range] + inner.ranges, inner.body)
  }
}

extension ChainFactor {
  /// The shape that reading from left to right finds, or nil if the sizes do not fit.
  static func shape(of chain: [ChainFactor]) -> Shape? {
    var left = Shape.scalar
    for item in chain {
      let right = item.factor.shape
      if item.divides {
        guard right.isScalar else { return nil }
      } else if left.isScalar {
        left = right
      } else if !right.isScalar {
        guard left.columns == right.rows else { return nil }
        left = Shape(left.rows, right.columns)
      }
    }
    return left
  }
}
