// Integrals over time, of a function or against a Brownian motion, in closed form.

internal import ExactArithmetic

extension Evaluator {

  func integral(
    _ time: String, _ from: Expression, _ to: Expression, _ body: Expression, _ env: Env
  ) throws(EvaluationError) -> G {
    // Of a process only the present value is known here, not its path.
    for name in body.names(in: model.theory, derived: derived).sorted() where body.variableOccurs(name) {
      switch model.theory.declarations[name]?.nature {
      case .process, .brownian, .adapted:
        throw .unsupported("an integral over time of \(name), of which only the present value is known here")
      default: break
      }
    }
    let (a, b) = (try scalar(from, env), try scalar(to, env))
    let stride = env.algebra.size
    var inner = renewed(env)
    inner.algebra = try env.algebra.extended(brownianMotions: brownian.count)
    inner.itoStride = stride
    let variable = formal.time()
    inner.locals[time] = G(scalar: formalNumber(variable))
    let form = try evaluate(body, inner)
    var result = form
    for (place, entry) in form.entries.enumerated() {
      var sum = try integrate(part(entry, from: stride, count: stride), variable, a, b, env)
      for (component, index) in brownian {
        let integrand = part(entry, from: (2 + index) * stride, count: stride)
        if arithmetic.isZero(integrand) { continue }
        sum = arithmetic.add(
          sum, try wiener(integrand, variable, component, index, a, b, env))
      }
      result.entries[place] = sum
    }
    return result
  }

  /// Replaces each term c·s^k·e^{rs}·(rest) by its integral over s from a to b.
  private func integrate(_ n: N, _ s: Int, _ a: N, _ b: N, _ env: Env) throws(EvaluationError) -> N {
    try replacing(s, in: n, env) { (power, rate) throws(EvaluationError) in
      try timeIntegral(power, rate, a, b, env)
    }
  }

  /// ∫ₐᵇ sᵏ e^{rs} ds.
  func timeIntegral(
    _ power: Int, _ rate: D.Element?, _ a: N, _ b: N, _ env: Env
  ) throws(EvaluationError) -> N {
    guard let rate, !arithmetic.domain.isZero(rate) else { return try powerIntegral(power, a, b, env) }
    return arithmetic.subtract(
      try exponentialPrimitive(power, rate, at: b, env), try exponentialPrimitive(power, rate, at: a, env))
  }

  /// ∫ₐᵇ sᵏ ds.
  private func powerIntegral(_ k: Int, _ from: N, _ to: N, _ env: Env) throws(EvaluationError) -> N {
    let difference = arithmetic.subtract(
      try arithmetic.power(to, k + 1, in: env.algebra), try arithmetic.power(from, k + 1, in: env.algebra))
    let weight = arithmetic.constant(try arithmetic.domain.element(Rational(1, k + 1)))
    return try arithmetic.multiply(weight, difference, in: env.algebra)
  }

  /// ∫ s^k e^{rs} ds = e^{rs} Σⱼ (−1)^{k−j} k!/j! s^j / r^{k−j+1}.
  private func exponentialPrimitive(_ k: Int, _ rate: D.Element, at x: N, _ env: Env) throws(EvaluationError) -> N {
    let reciprocal = try arithmetic.domain.inverse(rate)
    var factor = arithmetic.constant(reciprocal)
    var sum = arithmetic.zero
    for j in stride(from: k, through: 0, by: -1) {
      let term = try arithmetic.multiply(factor, try arithmetic.power(x, j, in: env.algebra), in: env.algebra)
      sum = arithmetic.add(sum, term)
      let next = try arithmetic.multiply(try integer(-j), arithmetic.constant(reciprocal), in: env.algebra)
      factor = try arithmetic.multiply(factor, next, in: env.algebra)
    }
    let exponent = try arithmetic.multiply(arithmetic.constant(rate), x, in: env.algebra)
    return try arithmetic.multiply(sum, try arithmetic.apply(.exp, exponent, in: env.algebra), in: env.algebra)
  }

  private func replacing(
    _ s: Int, in n: N, _ env: Env, _ value: (Int, D.Element?) throws(EvaluationError) -> N
  ) throws(EvaluationError) -> N {
    var result = arithmetic.zero
    for (i, part) in n.parts.enumerated() {
      let before = Array(repeating: Coefficient.constant(arithmetic.zeroElement), count: i)
      for term in part.terms where !arithmetic.domain.isZero(term.coefficient) {
        let power = term.powers.first { $0.variable == s }?.power ?? 0
        let rate = term.exponent.first { $0.variable == s }?.factor
        var rest = term
        rest.powers.removeAll { $0.variable == s }
        rest.exponent.removeAll { $0.variable == s }
        let remaining: Coefficient<D.Element> =
          rest.powers.isEmpty && rest.exponent.isEmpty ? .constant(rest.coefficient) : .formal([rest])
        result = arithmetic.add(
          result,
          try arithmetic.multiply(try value(power, rate), N(parts: before + [remaining]), in: env.algebra))
      }
    }
    return result
  }

  /// Whether two rates are equal for certain, or different for certain. Errors: undecided.
  private func isSameRate(_ a: D.Element, _ b: D.Element) throws(EvaluationError) -> Bool {
    if arithmetic.domain.isSame(a, b) { return true }
    guard arithmetic.domain is any ApproximatesReals else { return false }
    guard let sign = try arithmetic.domain.sign(arithmetic.domain.subtract(a, b)) else {
      throw .undecided("two exponents that may be equal")
    }
    return sign == 0
  }

  /// An Itô integral from a to b is one for a ≤ b only: its variance would come out negative.
  private func requireForward(_ lower: N, _ upper: N) throws(EvaluationError) {
    guard arithmetic.domain is any ApproximatesReals, case .constant(let a) = lower.parts[0],
      case .constant(let b) = upper.parts[0]
    else { return }
    guard let sign = try arithmetic.domain.sign(arithmetic.domain.subtract(b, a)) else {
      throw .undecided("limits of an Itô integral that may be equal")
    }
    if sign < 0 { throw .undefined("an Itô integral whose upper limit is below its lower") }
  }

  /// ∫ₐᵇ f dB for f of powers and exponentials: a linear form in the Wiener integrals of sᵏ e^{rs}. They are Gaussian inside E[·], free numbers
  /// outside; if the upper limit carries dt, the integral's own increment f(b) dB is added.
  private func wiener(
    _ integrand: N, _ s: Int, _ component: ValueKey, _ index: Int, _ from: N, _ to: N, _ env: Env
  ) throws(EvaluationError) -> N {
    if sampler != nil && env.isDrawn { throw .unsupported("an Itô integral by Monte Carlo") }
    let (lower, upper) = (N(parts: [from.parts[0]]), N(parts: [to.parts[0]]))
    try requireForward(lower, upper)
    let group = try formal.group(.init(key: component, isWiener: true)) { () throws(EvaluationError) in
      .wiener(from: lower, to: upper)
    }
    // Integrals over intervals that overlap depend on each other, and those over neighbours add up.
    guard case .wiener(let first, let last) = formal.groups[group], arithmetic.isSame(first, lower),
      arithmetic.isSame(last, upper), !presentMotions.contains(component.name)
    else { throw .unsupported("\(component.name) over different intervals") }
    let value = try replacing(s, in: integrand, env) { (power, rate) throws(EvaluationError) in
      let place = try formal.wiener(power, rate, in: group, isSameRate)
      if env.isAveraging { return formalNumber(formal.gaussian(group, place)) }
      let key = ValueKey(name: component.name, indices: component.indices + [place])
      return arithmetic.constant(try model.source(key, "Wiener integral").element())
    }
    guard to.parts.count > 1 || from.parts.count > 1 else { return value }
    guard let stride = env.shiftStride, to.parts.count == stride + 1, from.parts.count == 1,
      case .constant(let c) = to.parts[stride],
      arithmetic.domain.isZero(arithmetic.domain.subtract(c, arithmetic.oneElement))
    else { throw .unsupported("an Itô integral whose limits depend on more than time") }
    let atUpper = try replacing(s, in: integrand, env) { (power, rate) throws(EvaluationError) in
      let value = try arithmetic.power(upper, power, in: env.algebra)
      guard let rate else { return value }
      let exponent = try arithmetic.multiply(arithmetic.constant(rate), upper, in: env.algebra)
      return try arithmetic.multiply(value, try arithmetic.apply(.exp, exponent, in: env.algebra), in: env.algebra)
    }
    var outer = env
    outer.itoStride = stride
    let increment = try arithmetic.multiply(atUpper, try differentialElement(2 + index, outer), in: env.algebra)
    return arithmetic.add(value, increment)
  }
}

extension Expression {
  /// Whether an integral against a Brownian motion, or another process, occurs.
  var hasItoIntegrals: Bool {
    if case .integral(_, _, _, let body) = node, body.movesByChance { return true }
    return children.contains(where: \.hasItoIntegrals)
  }

  private var movesByChance: Bool {
    switch node {
    case .brownianDifferential, .differential: true
    default: children.contains(where: \.movesByChance)
    }
  }

  /// Whether the value of a name, not only its increment, occurs.
  fileprivate func variableOccurs(_ name: String) -> Bool {
    if case .variable(name, _) = node { return true }
    return children.contains { $0.variableOccurs(name) }
  }
}
