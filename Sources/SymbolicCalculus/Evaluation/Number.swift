// What an expression's entries evaluate to: nilpotent parts, each a polynomial-exponential in formal variables.

internal import ExactArithmetic

/// c · z₁^p₁ z₂^p₂ ⋯ · exp(ℓ·z), with formal variables z named by integers.
struct FormalTerm<Element: Sendable>: Sendable {
  var coefficient: Element
  /// Sorted by variable; powers positive.
  var powers: [(variable: Int, power: Int)] = []
  /// Sorted by variable.
  var exponent: [(variable: Int, factor: Element)] = []
}

/// One nilpotent part: a constant almost always, else a sum of formal terms.
enum Coefficient<Element: Sendable>: Sendable {
  case constant(Element)
  case formal([FormalTerm<Element>])

  var terms: [FormalTerm<Element>] {
    switch self {
    case .constant(let c): [FormalTerm(coefficient: c)]
    case .formal(let terms): terms
    }
  }
}

/// An element of a ``NilpotentAlgebra`` over a domain: its leading parts; those that are left out are zero.
public struct Number<Element: Sendable>: Sendable {
  var parts: [Coefficient<Element>]
}

/// Arithmetic of ``Number``s over one domain, with a budget.
struct Arithmetic<D: ScalarDomain>: Sendable {
  typealias N = Number<D.Element>
  typealias C = Coefficient<D.Element>

  let domain: D
  let zeroElement: D.Element
  let oneElement: D.Element
  let budget: WorkBudget

  init(_ domain: D, budget: WorkBudget) throws(EvaluationError) {
    self.domain = domain
    self.budget = budget
    zeroElement = try domain.element(0)
    oneElement = try domain.element(1)
  }

  /// Charges singular values, eigenvalues or a square root: some sweeps of rotations, and the proof of what they found.
  func chargeDecomposition(_ m: Int, _ n: Int) throws(EvaluationError) {
    let (long, short) = (max(m, n), min(m, n))
    let work = 5 * short * short * (9 * long + 4 * short) + 6 * long * long * long
    // Numbers of the machine are multiplied many times faster than balls.
    try budget.spend(domain is BallDomain ? work : work / 16)
  }

  var zero: N { N(parts: [.constant(zeroElement)]) }
  var one: N { N(parts: [.constant(oneElement)]) }
  func constant(_ e: D.Element) -> N { N(parts: [.constant(e)]) }

  // MARK: Formal coefficients

  private func isZero(_ c: C) -> Bool {
    switch c {
    case .constant(let e): domain.isZero(e)
    case .formal(let terms): terms.isEmpty
    }
  }

  private func sameMonomial(_ a: FormalTerm<D.Element>, _ b: FormalTerm<D.Element>) -> Bool {
    a.powers.count == b.powers.count && a.exponent.count == b.exponent.count
      && zip(a.powers, b.powers).allSatisfy { $0 == $1 }
      && zip(a.exponent, b.exponent).allSatisfy {
        $0.variable == $1.variable && domain.isSame($0.factor, $1.factor)
      }
  }

  private func collected(_ terms: [FormalTerm<D.Element>]) -> C {
    var result: [FormalTerm<D.Element>] = []
    // Buckets by powers keep this near linear; only equal powers are compared further.
    var buckets: [[Int]: [Int]] = [:]
    for term in terms where !domain.isZero(term.coefficient) {
      let key = term.powers.flatMap { [$0.variable, $0.power] }
      if let found = buckets[key]?.first(where: { sameMonomial(result[$0], term) }) {
        result[found].coefficient = domain.add(result[found].coefficient, term.coefficient)
      } else {
        buckets[key, default: []].append(result.count)
        result.append(term)
      }
    }
    result.removeAll { domain.isZero($0.coefficient) }
    if result.isEmpty { return .constant(zeroElement) }
    if result.count == 1, result[0].powers.isEmpty, result[0].exponent.isEmpty {
      return .constant(result[0].coefficient)
    }
    return .formal(result)
  }

  func add(_ a: C, _ b: C) -> C {
    if case .constant(let x) = a, case .constant(let y) = b { return .constant(domain.add(x, y)) }
    return collected(a.terms + b.terms)
  }

  func negate(_ a: C) -> C {
    switch a {
    case .constant(let x): .constant(domain.negate(x))
    case .formal(let terms):
      .formal(
        terms.map {
          var t = $0
          t.coefficient = domain.negate(t.coefficient)
          return t
        })
    }
  }

  private func multiply(_ a: FormalTerm<D.Element>, _ b: FormalTerm<D.Element>) -> FormalTerm<D.Element> {
    var term = FormalTerm(coefficient: domain.multiply(a.coefficient, b.coefficient))
    term.powers = merged(a.powers, b.powers, by: \.variable) { ($0.variable, $0.power + $1.power) }
    term.exponent = merged(a.exponent, b.exponent, by: \.variable) {
      ($0.variable, domain.add($0.factor, $1.factor))
    }.filter { !domain.isZero($0.factor) }
    return term
  }

  private func merged<T>(_ a: [T], _ b: [T], by variable: KeyPath<T, Int>, _ combine: (T, T) -> T) -> [T] {
    if a.isEmpty { return b }
    if b.isEmpty { return a }
    var result: [T] = []
    var (i, j) = (0, 0)
    while i < a.count && j < b.count {
      let (p, q) = (a[i][keyPath: variable], b[j][keyPath: variable])
      if p == q {
        result.append(combine(a[i], b[j]))
        (i, j) = (i + 1, j + 1)
      } else if p < q {
        result.append(a[i])
        i += 1
      } else {
        result.append(b[j])
        j += 1
      }
    }
    return result + a[i...] + b[j...]
  }

  func multiply(_ a: C, _ b: C) throws(EvaluationError) -> C {
    if case .constant(let x) = a, case .constant(let y) = b {
      try budget.spend(1)
      let product = domain.multiply(x, y)
      if domain.isTooLarge(product) { throw .tooLarge("numbers of too many digits") }
      return .constant(product)
    }
    let (p, q) = (a.terms, b.terms)
    try budget.spend(4 * p.count * q.count)
    var products: [FormalTerm<D.Element>] = []
    products.reserveCapacity(p.count * q.count)
    for x in p { for y in q { products.append(multiply(x, y)) } }
    return collected(products)
  }

  // MARK: Numbers

  func add(_ a: N, _ b: N) -> N {
    let (long, short) = a.parts.count >= b.parts.count ? (a, b) : (b, a)
    var sum = long
    for i in short.parts.indices { sum.parts[i] = add(long.parts[i], short.parts[i]) }
    return sum
  }

  func negate(_ a: N) -> N { N(parts: a.parts.map(negate)) }
  func subtract(_ a: N, _ b: N) -> N { add(a, negate(b)) }

  func multiply(_ a: N, _ b: N, in algebra: NilpotentAlgebra) throws(EvaluationError) -> N {
    if a.parts.count == 1 && b.parts.count == 1 {
      return N(parts: [try multiply(a.parts[0], b.parts[0])])
    }
    var product = [C](repeating: .constant(zeroElement), count: algebra.size)
    var last = 0
    let present = b.parts.indices.filter { !isZero(b.parts[$0]) }
    for i in a.parts.indices where !isZero(a.parts[i]) {
      for j in present {
        let k = algebra.product(i, j)
        guard k >= 0 else { continue }
        product[k] = add(product[k], try multiply(a.parts[i], b.parts[j]))
        last = max(last, k)
      }
    }
    product.removeLast(product.count - last - 1)
    return N(parts: product)
  }

  /// Whether two numbers without formal variables are the same value, part by part.
  func isSame(_ a: N, _ b: N) -> Bool {
    for i in 0..<max(a.parts.count, b.parts.count) {
      let (x, y) = (
        i < a.parts.count ? a.parts[i] : .constant(zeroElement), i < b.parts.count ? b.parts[i] : .constant(zeroElement)
      )
      guard case .constant(let p) = x, case .constant(let q) = y, domain.isSame(p, q) else { return false }
    }
    return true
  }

  func isZero(_ a: N) -> Bool { a.parts.allSatisfy(isZero) }

  /// The part without infinitesimals, if it has no formal variable.
  func base(_ a: N, for what: String) throws(EvaluationError) -> D.Element {
    guard case .constant(let c) = a.parts[0] else {
      throw .unsupported("\(what) of a random or time-dependent expression that is no polynomial")
    }
    return c
  }

  /// c₀ + c₁ n + c₂ n² + … for the nilpotent part n of a.
  private func series(_ coefficients: [D.Element], _ a: N, in algebra: NilpotentAlgebra) throws(EvaluationError) -> N {
    var nilpotent = a
    nilpotent.parts[0] = .constant(zeroElement)
    var sum = constant(coefficients[coefficients.count - 1])
    for c in coefficients.dropLast().reversed() {
      sum = add(try multiply(sum, nilpotent, in: algebra), constant(c))
    }
    return sum
  }

  private func hasInfinitesimals(_ a: N) -> Bool { a.parts.dropFirst().contains { !isZero($0) } }

  func inverse(_ a: N, in algebra: NilpotentAlgebra) throws(EvaluationError) -> N {
    let reciprocal = try domain.inverse(try base(a, for: "the inverse"))
    guard hasInfinitesimals(a) else { return constant(reciprocal) }
    var coefficients = [reciprocal]
    for _ in 1..<algebra.order { coefficients.append(domain.negate(domain.multiply(coefficients.last!, reciprocal))) }
    return try series(coefficients, a, in: algebra)
  }

  func apply(_ f: ElementaryFunction, _ a: N, in algebra: NilpotentAlgebra) throws(EvaluationError) -> N {
    if case .exp = f, case .formal(let terms) = a.parts[0] { return try exponential(terms, a, in: algebra) }
    let point = try base(a, for: "a function")
    let order = hasInfinitesimals(a) ? algebra.order - 1 : 0
    return try series(try domain.taylor(f, at: point, order: order), a, in: algebra)
  }

  /// exp of c + ℓ·z + nilpotent: an exponential term times a polynomial in the nilpotent part.
  private func exponential(
    _ terms: [FormalTerm<D.Element>], _ a: N, in algebra: NilpotentAlgebra
  ) throws(EvaluationError) -> N {
    var level = zeroElement
    var linear: [(variable: Int, factor: D.Element)] = []
    for term in terms {
      guard term.exponent.isEmpty else { throw .unsupported("exp of exp of a random or time-dependent expression") }
      if term.powers.isEmpty {
        level = domain.add(level, term.coefficient)
      } else if term.powers.count == 1 && term.powers[0].power == 1 {
        linear.append((term.powers[0].variable, term.coefficient))
      } else {
        throw .unsupported("exp of an expression that is not linear in its random variables or in time")
      }
    }
    linear.sort { $0.variable < $1.variable }
    let factor = try domain.taylor(.exp, at: level, order: 0)[0]
    let leading = N(parts: [.formal([FormalTerm(coefficient: factor, exponent: linear)])])
    var coefficients = [oneElement]
    for k in 1..<max(algebra.order, 2) {
      coefficients.append(domain.multiply(coefficients[k - 1], try domain.inverse(try domain.element(Rational(k)))))
    }
    return try multiply(leading, try series(coefficients, a, in: algebra), in: algebra)
  }

  func power(_ a: N, _ n: Int, in algebra: NilpotentAlgebra) throws(EvaluationError) -> N {
    guard n.magnitude <= 64 else { throw .tooLarge("the power \(n)") }
    var result = one
    let factor = n < 0 ? try inverse(a, in: algebra) : a
    for _ in 0..<abs(n) { result = try multiply(result, factor, in: algebra) }
    return result
  }
}
