// Expectations by exact moments, and integrals over time: both integrate formal variables out of polynomial-exponentials.

internal import ExactArithmetic

/// Names for the formal variables of one evaluation.
struct FormalVariables<Element: Sendable> {
  enum Kind {
    /// Component of a centred Gaussian vector.
    case gaussian(group: Int, component: Int)
    /// An entry of a member of an independent family.
    case member(ValueKey, entry: Int)
    case time
  }

  /// The covariance of a centred Gaussian vector.
  enum Group {
    case covariance(Grid<Element>)
    /// Component k ≥ 0 is the Wiener integral of sᵏ from a to b; see ``FormalVariables/wiener(_:_:in:_:)`` for k < 0.
    case wiener(from: Number<Element>, to: Number<Element>)
  }

  /// A declared law has one group, a Brownian component one for its Wiener integrals.
  struct GroupKey: Hashable {
    var key: ValueKey
    var isWiener = false
  }

  private(set) var kinds: [Kind] = []
  private(set) var groups: [Group] = []
  private var groupOf: [GroupKey: Int] = [:]
  private var components: [[Int]: Int] = [:]
  private var members: [ValueKey: Int] = [:]
  private var exponentials: [Int: [(power: Int, rate: Element)]] = [:]

  mutating func time() -> Int {
    kinds.append(.time)
    return kinds.count - 1
  }

  mutating func member(_ key: ValueKey, entry: Int) -> Int {
    let place = ValueKey(name: key.name, indices: key.indices + [entry])
    if let known = members[place] { return known }
    kinds.append(.member(key, entry: entry))
    members[place] = kinds.count - 1
    return kinds.count - 1
  }

  mutating func group(_ key: GroupKey, _ make: () throws(EvaluationError) -> Group) throws(EvaluationError) -> Int {
    if let known = groupOf[key] { return known }
    groups.append(try make())
    groupOf[key] = groups.count - 1
    return groups.count - 1
  }

  mutating func gaussian(_ group: Int, _ component: Int) -> Int {
    if let known = components[[group, component]] { return known }
    kinds.append(.gaussian(group: group, component: component))
    components[[group, component]] = kinds.count - 1
    return kinds.count - 1
  }

  /// The component of a group that is the Wiener integral of sᵏ e^{rs}; `isSame` compares rates.
  mutating func wiener(
    _ power: Int, _ rate: Element?, in group: Int, _ isSame: (Element, Element) throws(EvaluationError) -> Bool
  ) throws(EvaluationError) -> Int {
    guard let rate else { return power }
    let known = exponentials[group] ?? []
    for (place, other) in known.enumerated() where other.power == power {
      if try isSame(other.rate, rate) { return -1 - place }
    }
    exponentials[group] = known + [(power, rate)]
    return -1 - known.count
  }

  /// k and r of sᵏ e^{rs}.
  func integrand(_ component: Int, in group: Int) -> (power: Int, rate: Element?) {
    guard component < 0, let known = exponentials[group], known.indices.contains(-1 - component) else {
      return (component, nil)
    }
    return (known[-1 - component].power, known[-1 - component].rate)
  }

  func integrates(_ motion: String) -> Bool { groupOf.keys.contains { $0.isWiener && $0.key.name == motion } }

  func isRandom(_ variable: Int) -> Bool {
    if case .time = kinds[variable] { return false }
    return true
  }
}

extension Evaluator {
  func formalNumber(_ variable: Int) -> N {
    N(parts: [.formal([FormalTerm(coefficient: arithmetic.oneElement, powers: [(variable, 1)])])])
  }

  // MARK: Random names inside an expectation

  func randomVariable(_ key: ValueKey, _ declaration: Declaration, _ env: Env) throws(EvaluationError) -> G {
    // A law mentions declared names only; what else varies with chance in its mean varies here too.
    var outside = renewed(env)
    (outside.locals, outside.itoStride, outside.shiftStride) = ([:], nil, nil)
    for (range, index) in zip(declaration.family, key.indices) { outside.indices[range.index] = index }
    let (rows, columns) = (try size(declaration.shape.rows, outside), try size(declaration.shape.columns, outside))
    switch declaration.nature {
    case .independentFamily:
      return G(
        rows: rows, columns: columns, entries: (0..<rows * columns).map { formalNumber(formal.member(key, entry: $0)) })
    case .normal(let mean, let covariance):
      let center = try evaluate(mean, outside)
      outside = renewed(outside)
      outside.isAveraging = false
      guard covariance.randomNames(in: model.theory, derived: derived).isEmpty else {
        throw .unsupported("the law of \(key.name), whose covariance is random")
      }
      let spread = try evaluate(covariance, outside)
      let count = rows * columns
      let group = try formal.group(.init(key: key)) { () throws(EvaluationError) in
        let isotropic = covariance.shape.isScalar && count != 1
        return .covariance(
          isotropic ? G(rows: count, columns: count) { $0 == $1 ? spread[0, 0] : arithmetic.zero } : spread)
      }
      let noise = G(rows: rows, columns: columns, entries: (0..<count).map { formalNumber(formal.gaussian(group, $0)) })
      return linear(env).add(center, noise)
    default: throw .unsupported("the law of \(key.name)")
    }
  }

  // MARK: Expectation

  /// What follows an unknown law cannot be averaged over it.
  func requireLaws(_ body: Expression) throws(EvaluationError) {
    let laws = body.randomNames(in: model.theory, derived: derived).compactMap { name -> Expression? in
      if case .normal(let mean, _)? = model.theory.declarations[name]?.nature { mean } else { nil }
    }
    if ([body] + laws).contains(where: { $0.isAdapted(in: model.theory, derived: derived) }) {
      throw .unsupported("the law of a process")
    }
  }

  func expectation(_ body: Expression, _ env: Env) throws(EvaluationError) -> G {
    try requireLaws(body)
    var inner = renewed(env)
    inner.isAveraging = true
    let samples = body.randomNames(in: model.theory, derived: derived).sorted().filter {
      if case .sample? = model.theory.declarations[$0]?.nature { true } else { false }
    }
    return try average(body, samples[...], inner)
  }

  /// The mean over every assignment of the samples, then over the formal variables.
  private func average(_ body: Expression, _ samples: ArraySlice<String>, _ env: Env) throws(EvaluationError) -> G {
    guard let name = samples.first else {
      let value = try evaluate(body, env)
      var result = value
      for i in value.entries.indices { result.entries[i] = try mean(value.entries[i], env) }
      return result
    }
    guard let declaration = model.theory.declarations[name],
      case .sample(let population, let replacement) = declaration.nature,
      let members = model.theory.declarations[population]
    else { throw .unsupported("a sample without a population") }
    let draws = try Self.members(declaration.family[...], model)
    let choices = try Self.members(members.family[...], model)
    let assignments = Self.assignments(draws.count, choices.count, replacement)
    guard assignments.count <= 4_096 else { throw .tooLarge("\(assignments.count) possible samples") }
    guard !assignments.isEmpty else {
      throw .undefined("\(draws.count) draws without replacement from \(choices.count)")
    }
    let algebra = linear(env)
    var sum: G?
    for assignment in assignments {
      var inner = renewed(env)
      for (draw, choice) in zip(draws, assignment) {
        let member = ValueKey(name: population, indices: choices[choice])
        inner.assignment[ValueKey(name: name, indices: draw)] =
          members.isRandom ? try randomVariable(member, members, env) : try model.value(member)
      }
      let value = try average(body, samples.dropFirst(), inner)
      sum = sum.map { algebra.add($0, value) } ?? value
    }
    let weight = arithmetic.constant(try arithmetic.domain.element(Rational(1, assignments.count)))
    return try algebra.scale(weight, sum ?? algebra.zeros(1, 1))
  }

  private static func assignments(_ draws: Int, _ choices: Int, _ replacement: Bool) -> [[Int]] {
    guard draws < 12 else { return [] }
    var all: [[Int]] = [[]]
    for _ in 0..<draws {
      all = all.flatMap { head in (0..<choices).filter { replacement || !head.contains($0) }.map { head + [$0] } }
      if all.count > 4_096 { return all }
    }
    return all
  }

  /// The mean over the random formal variables of one number; time variables stay.
  private func mean(_ n: N, _ env: Env) throws(EvaluationError) -> N {
    var result = arithmetic.zero
    for (i, part) in n.parts.enumerated() {
      let before = Array(repeating: Coefficient.constant(arithmetic.zeroElement), count: i)
      guard case .formal(let terms) = part else {
        result = arithmetic.add(result, N(parts: before + [part]))
        continue
      }
      for term in terms {
        var rest = FormalTerm(coefficient: term.coefficient)
        rest.powers = term.powers.filter { !formal.isRandom($0.variable) }
        rest.exponent = term.exponent.filter { !formal.isRandom($0.variable) }
        let moment = try moment(
          term.powers.filter { formal.isRandom($0.variable) }, term.exponent.filter { formal.isRandom($0.variable) },
          env)
        let remaining: Coefficient<D.Element> =
          rest.powers.isEmpty && rest.exponent.isEmpty ? .constant(rest.coefficient) : .formal([rest])
        result = arithmetic.add(
          result, try arithmetic.multiply(moment, N(parts: before + [remaining]), in: env.algebra))
      }
    }
    return result
  }

  private func moment(
    _ powers: [(variable: Int, power: Int)], _ exponent: [(variable: Int, factor: D.Element)], _ env: Env
  ) throws(EvaluationError) -> N {
    var product = arithmetic.one
    var gaussian: [(variable: Int, power: Int)] = []
    var byMember: [ValueKey: [Int: Int]] = [:]
    for (variable, power) in powers {
      if case .member(let key, let entry) = formal.kinds[variable] {
        byMember[key, default: [:]][entry] = power
      } else {
        gaussian.append((variable, power))
      }
    }
    for (variable, _) in exponent {
      if case .member = formal.kinds[variable] { throw .unsupported("exp of a variable whose law is unknown") }
    }
    for (key, exponents) in byMember {
      product = try arithmetic.multiply(product, try lawMoment(key.name, exponents), in: env.algebra)
    }
    return try arithmetic.multiply(product, try gaussianMoment(gaussian, exponent, env), in: env.algebra)
  }

  /// E[z^p e^{ℓ·z}] by Stein's identity E[zᵢ f(z)] = Σⱼ Sᵢⱼ E[∂ⱼf(z)]; without ℓ this is Isserlis' theorem.
  private func gaussianMoment(
    _ powers: [(variable: Int, power: Int)], _ exponent: [(variable: Int, factor: D.Element)], _ env: Env
  ) throws(EvaluationError) -> N {
    guard let (first, power) = powers.first else {
      guard !exponent.isEmpty else { return arithmetic.one }
      var variance = arithmetic.zero
      for (i, x) in exponent {
        for (j, y) in exponent {
          let factor = arithmetic.constant(arithmetic.domain.multiply(x, y))
          variance = arithmetic.add(
            variance, try arithmetic.multiply(factor, try covariance(i, j, env), in: env.algebra))
        }
      }
      let half = arithmetic.constant(try arithmetic.domain.element(Rational(1, 2)))
      return try arithmetic.apply(.exp, try arithmetic.multiply(half, variance, in: env.algebra), in: env.algebra)
    }
    var rest = powers
    if power == 1 { rest.removeFirst() } else { rest[0].power -= 1 }
    var sum = arithmetic.zero
    for (place, (variable, count)) in rest.enumerated() {
      let c = try covariance(first, variable, env)
      if arithmetic.isZero(c) { continue }
      var fewer = rest
      if count == 1 { fewer.remove(at: place) } else { fewer[place].power -= 1 }
      let term = try arithmetic.multiply(c, try gaussianMoment(fewer, exponent, env), in: env.algebra)
      sum = arithmetic.add(sum, try arithmetic.multiply(try integer(count), term, in: env.algebra))
    }
    for (variable, factor) in exponent {
      let c = try arithmetic.multiply(
        arithmetic.constant(factor), try covariance(first, variable, env), in: env.algebra)
      if arithmetic.isZero(c) { continue }
      sum = arithmetic.add(sum, try arithmetic.multiply(c, try gaussianMoment(rest, exponent, env), in: env.algebra))
    }
    return sum
  }

  private func covariance(_ i: Int, _ j: Int, _ env: Env) throws(EvaluationError) -> N {
    guard case .gaussian(let p, let a) = formal.kinds[i], case .gaussian(let q, let b) = formal.kinds[j], p == q else {
      return arithmetic.zero
    }
    switch formal.groups[p] {
    case .covariance(let matrix): return matrix[a, b]
    case .wiener(let from, let to):
      let (x, y) = (formal.integrand(a, in: p), formal.integrand(b, in: p))
      let rate = x.rate.map { r in y.rate.map { arithmetic.domain.add(r, $0) } ?? r } ?? y.rate
      return try timeIntegral(x.power + y.power, rate, from, to, env)
    }
  }

  /// ∫ₐᵇ sᵏ e^{rs} ds.
  private func timeIntegral(
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

  /// E of a monomial in one member's entries. Over the reals the law is uniform on five points, so that every moment is a
  /// moment of something; in a prime field moments are free, which is the general case of a polynomial identity.
  private func lawMoment(_ name: String, _ exponents: [Int: Int]) throws(EvaluationError) -> N {
    let flat = exponents.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value] }
    let key = ValueKey(name: name, indices: flat)
    if let known = lawMoments[key] { return arithmetic.constant(known) }
    let moment: D.Element
    if arithmetic.domain is any ApproximatesReals {
      var sum = arithmetic.zeroElement
      for point in 0..<Self.lawPoints {
        var product = arithmetic.oneElement
        for (entry, power) in exponents {
          let x = try model.source(ValueKey(name: name, indices: [point, entry]), "law").element()
          for _ in 0..<power { product = arithmetic.domain.multiply(product, x) }
        }
        sum = arithmetic.domain.add(sum, product)
      }
      moment = arithmetic.domain.multiply(sum, try arithmetic.domain.element(Rational(1, Self.lawPoints)))
    } else {
      moment = try model.source(key, "moment").element()
    }
    lawMoments[key] = moment
    return arithmetic.constant(moment)
  }

  static var lawPoints: Int { 5 }

  // MARK: Integrals over time

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

  /// ∫ₐᵇ f dB for f of powers and exponentials: a linear form in the Wiener integrals of sᵏ e^{rs}. They are Gaussian inside E[·], free numbers
  /// outside; if the upper limit carries dt, the integral's own increment f(b) dB is added.
  private func wiener(
    _ integrand: N, _ s: Int, _ component: ValueKey, _ index: Int, _ from: N, _ to: N, _ env: Env
  ) throws(EvaluationError) -> N {
    if sampler != nil && env.isDrawn { throw .unsupported("an Itô integral by Monte Carlo") }
    let (lower, upper) = (N(parts: [from.parts[0]]), N(parts: [to.parts[0]]))
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
  /// Whether the value of a name, not only its increment, occurs.
  fileprivate func variableOccurs(_ name: String) -> Bool {
    if case .variable(name, _) = node { return true }
    return children.contains { $0.variableOccurs(name) }
  }

  /// Random names that occur, also through names that an assumption defines, and in the laws of others.
  func randomNames(in theory: Theory, derived: [String: Expression] = [:]) -> Set<String> {
    var found: Set<String> = []
    var open = [self]
    while let e = open.popLast() {
      for name in e.names(in: theory, derived: derived) where theory.declarations[name]?.isRandom ?? false {
        guard found.insert(name).inserted, case .normal(let mean, let covariance)? = theory.declarations[name]?.nature
        else { continue }
        open += [mean, covariance]
      }
    }
    return found
  }

  /// Every declared name that occurs, also through derived names, but not through laws and differentials.
  func names(in theory: Theory, derived: [String: Expression] = [:]) -> Set<String> {
    var found: Set<String> = []
    func visit(_ e: Expression) {
      switch e.node {
      case .variable(let name, _), .call(let name, _), .brownianDifferential(let name, _):
        if found.insert(name).inserted, let meaning = derived[name] { visit(meaning) }
      default: break
      }
      e.children.forEach(visit)
    }
    visit(self)
    return found
  }

  /// Whether a value that an adapted process has at some time occurs; an increment dW does not count.
  func isAdapted(in theory: Theory, derived: [String: Expression]) -> Bool {
    switch node {
    case .variable(let name, _), .call(let name, _):
      if let meaning = derived[name] { return meaning.isAdapted(in: theory, derived: derived) }
      switch theory.declarations[name]?.nature {
      case .adapted, .process, .timeFunction(adapted: true), .brownian: return true
      default: break
      }
    // Averaged over simulated paths.
    case .processValue(_, let time): return time.isAdapted(in: theory, derived: derived)
    default: break
    }
    return children.contains { $0.isAdapted(in: theory, derived: derived) }
  }
}
