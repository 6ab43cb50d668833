// Taylor coefficients of the elementary functions, from their values and the recurrences that their derivatives obey.

internal import ExactArithmetic

extension ScalarDomain {
  /// f(a), f′(a), …, f⁽ⁿ⁾(a)/n!, where `value` gives f(a) itself; for sin and cos it is asked for both.
  func coefficients(
    of f: ElementaryFunction, at a: Element, order: Int,
    value: (ElementaryFunction) throws(EvaluationError) -> Element
  ) throws(EvaluationError) -> [Element] {
    if case .power(let q) = f, isZero(a) {
      guard q > Rational(order) else { throw .undefined(refusal(f, "0")) }
      return [Element](repeating: a, count: order + 1)
    }
    var c = [try value(f)]
    guard order > 0 else { return c }
    c.reserveCapacity(order + 1)
    func scaled(_ x: Element, by q: Rational) throws(EvaluationError) -> Element { multiply(x, try element(q)) }

    switch f {
    case .exp:
      for k in 1...order { c.append(try scaled(c[k - 1], by: Rational(1, k))) }
    case .log:
      let reciprocal = try inverse(a)
      var power = reciprocal
      for k in 1...order {
        c.append(try scaled(power, by: Rational(1, k)))
        power = negate(multiply(power, reciprocal))
      }
    case .sin, .cos:
      let slope = f == .sin ? try value(.cos) : negate(try value(.sin))
      let cycle = [c[0], slope, negate(c[0]), negate(slope)]
      var factorial = Rational(1)
      for k in 1...order {
        factorial = factorial * Rational(k)
        c.append(try scaled(cycle[k % 4], by: 1 / factorial))
      }
    case .tanh:
      // tanh′ = 1 − tanh².
      for k in 1...order {
        var rest = try element(k == 1 ? 1 : 0)
        for i in 0..<k { rest = subtract(rest, multiply(c[i], c[k - 1 - i])) }
        c.append(try scaled(rest, by: Rational(1, k)))
      }
    case .power(let q):
      let reciprocal = try inverse(a)
      for k in 1...order {
        let factor = (q - Rational(k - 1)) / Rational(k)
        c.append(try scaled(multiply(c[k - 1], reciprocal), by: factor))
      }
    }
    return c
  }

  /// The words in which every domain says that f has no value at x.
  func refusal(_ f: ElementaryFunction, _ x: String) -> String {
    switch f {
    case .power(let q) where q == Rational(1, 2): "square root of \(x)"
    case .power(let q): "power \(q) of \(x)"
    default: "\(f) of \(x)"
    }
  }

  /// Whether everything off the diagonal is exactly zero.
  func isDiagonal(_ a: [[Element]]) -> Bool {
    a.indices.allSatisfy { i in a.indices.allSatisfy { $0 == i || isZero(a[i][$0]) } }
  }

  /// The matrix with the diagonal given and zeros elsewhere.
  func diagonalMatrix(_ d: [Element]) throws(EvaluationError) -> [[Element]] {
    let zero = try element(0)
    return d.indices.map { i in d.indices.map { $0 == i ? d[i] : zero } }
  }
}
